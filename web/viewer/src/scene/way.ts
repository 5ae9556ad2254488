/** The way that a vehicle will drive, as a line. */

import type { Shape } from "../protocol";
import { lengthOf } from "./geometry/shapes";

/** How far along its way a vehicle is looked for, m: it may come by the same place again later. */
const AHEAD = 500;

/** The nearest point of a polyline within its first `reach` m: its segment, and how much of that lies before. */
function nearest(shape: Shape, x: number, y: number, reach: number): { segment: number; share: number } {
  let [found, best, gone] = [{ segment: 0, share: 0 }, Infinity, 0];
  for (let i = 2; i + 1 < shape.length && gone <= reach; i += 2) {
    const [dx, dy] = [shape[i] - shape[i - 2], shape[i + 1] - shape[i - 1]];
    const square = dx * dx + dy * dy;
    const at = square > 0 ? ((x - shape[i - 2]) * dx + (y - shape[i - 1]) * dy) / square : 0;
    const share = Math.min(1, Math.max(0, at));
    const far = Math.hypot(x - shape[i - 2] - dx * share, y - shape[i - 1] - dy * share);
    if (far < best) [found, best] = [{ segment: i - 2, share }, far];
    gone += Math.sqrt(square);
  }
  return found;
}

function point(shape: Shape, { segment, share }: { segment: number; share: number }): [number, number] {
  const [x, y, toX, toY] = shape.slice(segment, segment + 4);
  return toX === undefined ? [x, y] : [x + (toX - x) * share, y + (toY - y) * share];
}

/** What is left of a polyline behind the point nearest to x, y, beginning there. */
export function from(shape: Shape, x: number, y: number, reach = AHEAD): Shape {
  if (shape.length < 4) return [x, y, ...shape.slice(2)];
  const at = nearest(shape, x, y, reach);
  return [x, y, ...point(shape, at), ...shape.slice(at.segment + 2)];
}

/** A polyline up to the point nearest to x, y. */
export function upTo(shape: Shape, x: number, y: number): Shape {
  if (shape.length < 4) return shape;
  const at = nearest(shape, x, y, lengthOf(shape));
  return [...shape.slice(0, at.segment + 2), ...point(shape, at)];
}

/** Edges joined to one line: of each its middle lane. `lanes`: the shapes of an edge's lanes. */
export function joined(edges: readonly number[], lanes: (edge: number) => readonly Shape[]): Shape {
  return edges.flatMap((edge) => {
    const all = lanes(edge);
    return all.length ? all[all.length >> 1] : [];
  });
}

/** The way to a place: along the edges from the first on, up to the edge where it is; whole, where it is on none. */
export function toEdge(edges: readonly number[], edge: number | null): readonly number[] {
  const end = edge === null ? -1 : edges.indexOf(edge);
  return end < 0 ? edges : edges.slice(0, end + 1);
}
