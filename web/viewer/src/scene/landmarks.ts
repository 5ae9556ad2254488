/** What stands out in a city by its use: a word for each group of such buildings. */

import type { World } from "../protocol";
import { area } from "./geometry/shapes";
import type { Atlas } from "./overlays";

/** Uses worth a word; houses and offices are everywhere. */
const WORDS: Record<string, string> = {
  hospital: "Hospital",
  university: "University",
  school: "School",
  culture: "Culture",
  hotel: "Hotel",
  shopping: "Shopping",
  rescue: "Fire and rescue",
  station: "Station",
  stadium: "Stadium",
  airport: "Airport",
  terminal: "Terminal",
  townhall: "Town hall",
};
/** Buildings of the same use no farther apart than this are one landmark, m. */
const TOGETHER = 170;

export interface Landmark {
  text: string;
  /** Relative to the origin; the middle of its buildings, by their area. */
  x: number;
  y: number;
  /** m2 */
  size: number;
}

/** The largest first. */
export function landmarks(world: World, atlas: Atlas): Landmark[] {
  const found: Landmark[] = [];
  for (const building of world.buildings) {
    const text = WORDS[building.kind];
    if (!text || building.shape.length < 6) continue;
    const shape = atlas.here(building.shape);
    const size = Math.abs(area(shape)) || 1;
    let [x, y] = [0, 0];
    for (let i = 0; i < shape.length; i += 2) {
      x += shape[i] / (shape.length / 2);
      y += shape[i + 1] / (shape.length / 2);
    }
    const near = found.find((one) => one.text === text && Math.hypot(one.x - x, one.y - y) < TOGETHER);
    if (!near) {
      found.push({ text, x, y, size });
      continue;
    }
    const share = size / (near.size + size);
    near.x += (x - near.x) * share;
    near.y += (y - near.y) * share;
    near.size += size;
  }
  return found.sort((a, b) => b.size - a.size);
}
