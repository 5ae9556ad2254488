/** What lies at a point of the ground: vehicles exactly, then what stands still. Coordinates relative to the origin. */

import type { Between, Fleet } from "../fleet";
import { place } from "../motion";
import type { Ref, Shape, World } from "../protocol";
import type { Feed } from "./feed";
import { distance } from "./geometry/shapes";
import { Grid } from "./grid";

/** A vehicle within so many pixels of the pointer is meant, and anything else within so many. */
const NEAR = 5;
const NEAR_PLACE = 4;
/** Farther than this parked vehicles are hardly drawn, metres per pixel. */
const PARKED_SEEN = 2;

/** The object at a point: a vehicle's body, then a badge, then what is near. `metres`: per pixel; `shown`: of a
 * vehicle or person, whether its layer is. */
export function pick(
  feed: Pick<Feed, "fleet" | "between" | "parked">,
  places: Places,
  [x, y]: [number, number],
  metres: number,
  badge: () => Ref | null,
  shown: (station: number) => boolean = () => true,
): Ref | null {
  const between = feed.between();
  const seen = (station: number) => station >= 0 && shown(station) && !(metres > PARKED_SEEN && feed.parked(station));
  const exact = vehicleAt(feed.fleet, between, x, y, 0.05);
  if (seen(exact)) return `vehicle/${exact}`;
  const found = badge();
  if (found) return found;
  const near = vehicleAt(feed.fleet, between, x, y, NEAR * metres);
  return seen(near) ? `vehicle/${near}` : places.at(x, y, NEAR_PLACE * metres);
}

/** The station of the vehicle whose body holds the point, or the nearest within `reach` metres; -1: none. */
export function vehicleAt(fleet: Fleet, between: Between, x: number, y: number, reach: number): number {
  const { a, b, into, span } = between;
  let best = reach;
  let found = -1;
  for (let slot = 0; slot < fleet.high; slot++) {
    const station = fleet.stations[slot];
    if (station === -1) continue;
    // A cheap look first: where it was is not far from where it is.
    const at = slot * 4;
    const near = Math.abs(b.data[at] - x) < 200 && Math.abs(b.data[at + 1] - y) < 200;
    if (!near && b.data[at + 3] >= 0) continue;
    const one = place(a.data, b.data, slot, into, span);
    if (!one) continue;
    const gap = outside(one.x, one.y, one.heading, fleet.look[at], fleet.look[at + 1], x, y);
    if (gap < best) {
      best = gap;
      found = station >>> 0;
    }
  }
  return found;
}

/** How far a point lies outside a vehicle's body (front bumper, heading, length, width), m; inside it is negative. */
export function outside(
  frontX: number,
  frontY: number,
  heading: number,
  length: number,
  width: number,
  x: number,
  y: number,
): number {
  const [sin, cos] = [Math.sin(heading), Math.cos(heading)];
  const [dx, dy] = [x - frontX, y - frontY];
  const ahead = Math.abs(dx * sin + dy * cos + length / 2) - length / 2;
  const aside = Math.abs(dx * cos - dy * sin) - width / 2;
  return ahead > 0 && aside > 0 ? Math.hypot(ahead, aside) : Math.max(ahead, aside);
}

interface Thing {
  ref: Ref;
  /** 0 within it, else metres from it. */
  gap(x: number, y: number): number;
  /** The smaller goes first. */
  rank: number;
}

const CELL = 60;
/** Nothing is looked for farther off than this, m. */
const REACH = 30;

/** The index of what stands still. */
export class Places {
  private readonly grid = new Grid<Thing>(CELL);

  constructor(world: World, originX: number, originY: number) {
    const here = (shape: Shape) => shape.map((value, i) => value - (i % 2 === 0 ? originX : originY));
    const bay = (ref: Ref, [x, y, heading, length, width]: number[]) => {
      const angle = (heading * Math.PI) / 180;
      const [mx, my] = [x - originX, y - originY];
      const [fx, fy] = [mx + (Math.sin(angle) * length) / 2, my + (Math.cos(angle) * length) / 2];
      this.put(mx, my, mx, my, { ref, rank: 0, gap: (px, py) => outside(fx, fy, angle, length, width, px, py) });
    };
    world.sites.forEach((site, i) =>
      site.groups.forEach((group) => group.bays.forEach((one) => bay(`site/${i}`, one))),
    );
    world.parks.forEach((park, i) => park.bays.forEach((one) => bay(`park/${i}`, one)));
    const point = (ref: Ref, rank: number, x: number, y: number, size: number) => {
      const [px, py] = [x - originX, y - originY];
      this.put(px, py, px, py, { ref, rank, gap: (ax, ay) => Math.hypot(ax - px, ay - py) - size });
    };
    world.units.forEach((unit, i) => point(`unit/${i}`, 1, unit.x, unit.y, 2));
    world.lights.forEach((light, i) => light.heads.forEach((head) => point(`light/${i}`, 2, head.x, head.y, 1.6)));
    world.lanes.shapes.forEach((shape, i) => {
      if (shape.length < 4) return;
      const points = here(shape);
      const ref: Ref = `edge/${world.lanes.edge[i]}`;
      const half = world.lanes.width[i] / 2;
      const rank = world.edges.internal[world.lanes.edge[i]] ? 4 : 3;
      for (let k = 2; k + 1 < points.length; k += 2) {
        const piece = points.slice(k - 2, k + 2);
        const [x0, y0, x1, y1] = piece;
        this.put(Math.min(x0, x1), Math.min(y0, y1), Math.max(x0, x1), Math.max(y0, y1), {
          ref,
          rank,
          gap: (px, py) => distance(piece, px, py) - half,
        });
      }
    });
  }

  /** The first by rank, then by distance, among those within `reach` metres of a point. */
  at(x: number, y: number, reach: number): Ref | null {
    let best: Ref | null = null;
    let bestScore = Infinity;
    for (const thing of this.grid.at(x, y)) {
      const gap = thing.gap(x, y);
      if (gap > Math.min(reach, REACH)) continue;
      const score = thing.rank * 1000 + Math.max(0, gap);
      if (score < bestScore) {
        bestScore = score;
        best = thing.ref;
      }
    }
    return best;
  }

  private put(x0: number, y0: number, x1: number, y1: number, thing: Thing): void {
    this.grid.add(x0 - REACH, y0 - REACH, x1 + REACH, y1 + REACH, thing);
  }
}
