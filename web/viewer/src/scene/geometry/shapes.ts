/** From polylines and polygons to triangles. Flat arrays x0, y0, x1, y1, ... in m, y to the north; triangles run
 * anticlockwise seen from above. */

import { ShapeUtils, Vector2 } from "three";
import type { Shape } from "../../protocol";
import type { Triangles } from "./mesh";

/** The longest a mitre may be, in half widths. */
const MITRE = 2;

/** Points that lie closer together than this are one, m. */
const SAME = 0.01;

/** A polyline without points that repeat. */
export function cleaned(shape: Shape): Shape {
  const out: Shape = [];
  for (let i = 0; i + 1 < shape.length; i += 2) {
    const n = out.length;
    if (n > 0 && Math.hypot(shape[i] - out[n - 2], shape[i + 1] - out[n - 1]) < SAME) continue;
    out.push(shape[i], shape[i + 1]);
  }
  return out;
}

export function lengthOf(shape: Shape): number {
  let sum = 0;
  for (let i = 2; i + 1 < shape.length; i += 2) sum += Math.hypot(shape[i] - shape[i - 2], shape[i + 1] - shape[i - 1]);
  return sum;
}

/** Point and direction (unit vector) at `distance` along a polyline, clamped to its ends. */
export function along(shape: Shape, distance: number): { x: number; y: number; dx: number; dy: number } {
  let left = Math.max(0, distance);
  for (let i = 2; i + 1 < shape.length; i += 2) {
    const dx = shape[i] - shape[i - 2];
    const dy = shape[i + 1] - shape[i - 1];
    const length = Math.hypot(dx, dy);
    const last = i + 3 >= shape.length;
    if (left <= length || last) {
      const f = length > 0 ? Math.min(1, left / length) : 0;
      const unit = length || 1;
      return { x: shape[i - 2] + dx * f, y: shape[i - 1] + dy * f, dx: dx / unit, dy: dy / unit };
    }
    left -= length;
  }
  return { x: shape[0], y: shape[1], dx: 0, dy: 1 };
}

/** The polyline moved to the left by `distance` (to the right if negative), mitred. */
export function offset(shape: Shape, distance: number): Shape {
  const out: Shape = [];
  const normals = mitres(shape);
  for (let i = 0; i < shape.length; i += 2)
    out.push(shape[i] + normals[i] * distance, shape[i + 1] + normals[i + 1] * distance);
  return out;
}

/** Per point the normal to the left, lengthened so that a strip keeps its width round a corner. */
export function mitres(shape: Shape): Shape {
  const out: Shape = [];
  const n = shape.length / 2;
  for (let i = 0; i < n; i++) {
    const before = i > 0 ? normal(shape, i - 1) : null;
    const after = i + 1 < n ? normal(shape, i) : null;
    const [ax, ay] = before ?? after ?? [0, 0];
    const [bx, by] = after ?? before ?? [0, 0];
    const sx = ax + bx;
    const sy = ay + by;
    const dot = sx * ax + sy * ay || 1;
    const scale = 1 / dot;
    const length = Math.hypot(sx, sy) * Math.abs(scale);
    const cut = length > MITRE ? MITRE / length : 1;
    out.push(sx * scale * cut, sy * scale * cut);
  }
  return out;
}

function normal(shape: Shape, segment: number): [number, number] {
  const i = 2 * segment;
  const dx = shape[i + 2] - shape[i];
  const dy = shape[i + 3] - shape[i + 1];
  const length = Math.hypot(dx, dy) || 1;
  return [-dy / length, dx / length];
}

/** A strip along a polyline. Vertices of 7 floats: x, y, z, the mitred normal (to the side of the vertex), half width,
 * and the distance along. The shader may widen it. */
export const STRIP = 7;

export function strip(out: Triangles, shape: Shape, width: number, z = 0): void {
  const points = cleaned(shape);
  if (points.length < 4) return;
  const normals = mitres(points);
  let distance = 0;
  let left = -1;
  let right = -1;
  for (let i = 0; i < points.length; i += 2) {
    if (i > 0) distance += Math.hypot(points[i] - points[i - 2], points[i + 1] - points[i - 1]);
    const l = out.vertex(points[i], points[i + 1], z, normals[i], normals[i + 1], width / 2, distance);
    const r = out.vertex(points[i], points[i + 1], z, -normals[i], -normals[i + 1], width / 2, distance);
    if (i > 0) out.quad(left, right, r, l);
    left = l;
    right = r;
  }
}

/** Corners of a ring without its closing point, anticlockwise. */
export function ring(shape: Shape): Shape {
  let points = cleaned(shape);
  const n = points.length;
  if (n >= 6 && Math.hypot(points[0] - points[n - 2], points[1] - points[n - 1]) < SAME) points = points.slice(0, -2);
  if (area(points) >= 0) return points;
  const turned: Shape = [];
  for (let i = points.length - 2; i >= 0; i -= 2) turned.push(points[i], points[i + 1]);
  return turned;
}

/** Signed area, positive when anticlockwise, m2. */
export function area(points: Shape): number {
  let sum = 0;
  for (let i = 0, j = points.length - 2; i < points.length; j = i, i += 2)
    sum += points[j] * points[i + 1] - points[i] * points[j + 1];
  return sum / 2;
}

/** Triangles of a polygon, by place in `ring(shape)`; empty for less than three corners. */
export function faces(points: Shape): number[][] {
  if (points.length < 6) return [];
  const contour: Vector2[] = [];
  for (let i = 0; i < points.length; i += 2) contour.push(new Vector2(points[i], points[i + 1]));
  return ShapeUtils.triangulateShape(contour, []);
}

export function contains(points: Shape, x: number, y: number): boolean {
  let inside = false;
  for (let i = 0, j = points.length - 2; i < points.length; j = i, i += 2) {
    const yi = points[i + 1];
    const yj = points[j + 1];
    if (yi > y !== yj > y && x < ((points[j] - points[i]) * (y - yi)) / (yj - yi) + points[i]) inside = !inside;
  }
  return inside;
}

/** Distance of a point from a polyline, m. */
export function distance(shape: Shape, x: number, y: number): number {
  let best = Infinity;
  for (let i = 2; i + 1 < shape.length; i += 2) {
    const dx = shape[i] - shape[i - 2];
    const dy = shape[i + 1] - shape[i - 1];
    const square = dx * dx + dy * dy;
    const f = square > 0 ? Math.min(1, Math.max(0, ((x - shape[i - 2]) * dx + (y - shape[i - 1]) * dy) / square)) : 0;
    best = Math.min(best, Math.hypot(x - shape[i - 2] - dx * f, y - shape[i - 1] - dy * f));
  }
  return best;
}

/** Corners of a bay or vehicle: a rectangle around its middle, anticlockwise from the front left. */
export function rectangle(x: number, y: number, heading: number, length: number, width: number): Shape {
  const angle = (heading * Math.PI) / 180;
  const [fx, fy] = [(Math.sin(angle) * length) / 2, (Math.cos(angle) * length) / 2];
  const [rx, ry] = [(Math.cos(angle) * width) / 2, (-Math.sin(angle) * width) / 2];
  return [x + fx - rx, y + fy - ry, x - fx - rx, y - fy - ry, x - fx + rx, y - fy + ry, x + fx + rx, y + fy + ry];
}
