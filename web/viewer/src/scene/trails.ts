/** Where drivers have looked for a bay: kept of all who search, drawn of who is selected. */

import type { Fleet } from "../fleet";
import { WIDTH } from "../motion";
import type { Shape } from "../protocol";

const SEARCHING = 1;
/** From one point to the next, m; and points of one trail, the oldest of which go first. */
const APART = 4;
const MOST_POINTS = 600;

export class Trails {
  private readonly of = new Map<number, Shape>();

  /** A new state has come, the newest of the fleet's. */
  take(fleet: Fleet): void {
    const { data } = fleet.states[fleet.states.length - 1];
    for (const [station, slot] of fleet.slots) {
      const code = data[slot * WIDTH + 3];
      // Of flags (docs/live.md) bits 1 and 2; below 0: it is not there.
      if (code < 0 || ((code >> 9) & 3) !== SEARCHING) continue;
      const [x, y] = [data[slot * WIDTH], data[slot * WIDTH + 1]];
      const trail = this.of.get(station) ?? [];
      const n = trail.length;
      if (n > 0 && Math.hypot(x - trail[n - 2], y - trail[n - 1]) < APART) continue;
      trail.push(x, y);
      if (trail.length > 2 * MOST_POINTS) trail.splice(0, 2);
      this.of.set(station, trail);
    }
    for (const station of this.of.keys()) if (!fleet.slots.has(station)) this.of.delete(station);
  }

  /** Relative to the origin; null of who has not searched since it was first seen. */
  get(station: number): Shape | null {
    return this.of.get(station) ?? null;
  }

  clear(): void {
    this.of.clear();
  }
}
