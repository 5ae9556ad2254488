/** Where the names of streets may be written: along the middle of the road, one for each stretch between junctions. */

import type { World } from "../protocol";
import { along, cleaned, lengthOf, offset } from "./geometry/shapes";
import type { Atlas } from "./overlays";

export interface StreetName {
  text: string;
  /** Relative to the origin. */
  x: number;
  y: number;
  /** Unit vector along the road, and how much of it is nearly straight around the middle [m]. */
  dx: number;
  dy: number;
  length: number;
}

/** How far a name may stray from the road that it stands on, m. */
const STRAIGHT = 2.5;

export function streetNames(world: World, atlas: Atlas): StreetName[] {
  const out: StreetName[] = [];
  world.edges.names.forEach((text, edge) => {
    if (!text || world.edges.internal[edge]) return;
    const lanes = atlas.lanes(edge).filter((lane) => world.lanes.kind[lane] !== "foot");
    const leftmost = lanes[lanes.length - 1];
    if (leftmost === undefined) return;
    const shape = cleaned(atlas.here(world.lanes.shapes[leftmost]));
    if (shape.length < 4) return;
    const line = offset(shape, world.lanes.width[leftmost] / 2);
    const length = lengthOf(line);
    const middle = along(line, length / 2);
    let straight = length;
    while (straight > 8) {
      const a = along(line, (length - straight) / 2);
      const b = along(line, (length + straight) / 2);
      const away = Math.hypot((a.x + b.x) / 2 - middle.x, (a.y + b.y) / 2 - middle.y);
      if (away < STRAIGHT) {
        const chord = Math.hypot(b.x - a.x, b.y - a.y) || 1;
        out.push({
          text,
          x: (a.x + b.x + 2 * middle.x) / 4,
          y: (a.y + b.y + 2 * middle.y) / 4,
          dx: (b.x - a.x) / chord,
          dy: (b.y - a.y) / chord,
          length: straight,
        });
        return;
      }
      straight *= 0.75;
    }
  });
  // The longest of a street's stretches bear its name first.
  return out.sort((a, b) => b.length - a.length);
}
