/** Which bay somebody stands in. */

import type { Bay } from "../../protocol";

/** Farther from a bay's middle than this, nobody stands in it, m. */
const WITHIN = 4;

/** Its place among `bays`, for who stands with the front at x, y [m] and a heading [degrees]; null: in none of them. */
export function bayOf(
  bays: readonly Bay[],
  at: { x: number; y: number; heading: number },
  length: number,
): number | null {
  const angle = (at.heading * Math.PI) / 180;
  const [x, y] = [at.x - (Math.sin(angle) * length) / 2, at.y - (Math.cos(angle) * length) / 2];
  let [found, nearest]: [number | null, number] = [null, WITHIN];
  bays.forEach(([bx, by], place) => {
    const far = Math.hypot(bx - x, by - y);
    if (far < nearest) [found, nearest] = [place, far];
  });
  return found;
}
