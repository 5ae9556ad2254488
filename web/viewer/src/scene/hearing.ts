/** What the messages on the air need to know of the rest. */

import type { Fleet } from "../fleet";
import type { World } from "../protocol";
import type { Hearing } from "./air";
import type { City } from "./city";

const GREY: [number, number, number] = [0.5, 0.5, 0.5];

/** `kinds` null: all are shown. */
export function hearing(
  world: World | null,
  city: City | null,
  fleet: Fleet,
  time: number,
  kinds: ReadonlySet<number> | null,
): Omit<Hearing, "inSight"> {
  const { originX, originY } = fleet;
  return {
    originX,
    originY,
    ending(number, isUnit) {
      if (isUnit) {
        const unit = world?.units[number];
        return unit ? { x: unit.x - originX, y: unit.y - originY, slot: -1 } : null;
      }
      const at = fleet.at(number, time);
      return at && { x: at.x, y: at.y, slot: fleet.slots.get(number) ?? -1 };
    },
    colour: (kind) => city?.colours[kind] ?? GREY,
    faint: (kind) => city?.faint[kind] ?? false,
    shown: (kind) => !kinds || kinds.has(kind),
  };
}
