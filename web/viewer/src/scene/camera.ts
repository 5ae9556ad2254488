/** The camera: a view of api.ts and what follows from it. Positions relative to the city's origin. */

import { Matrix4, PerspectiveCamera, Vector3 } from "three";
import type { View } from "./api";

/** Angle across the canvas' shorter side, degrees. */
const FIELD = 34;
export const MIN_SPAN = 25;
const MAX_TILT = 68;

export interface Size {
  width: number;
  height: number;
}

const tangent = Math.tan((FIELD * Math.PI) / 360);

/** The steepest tilt at which no horizon comes into the picture. */
export function maxTilt(size: Size): number {
  const half = (Math.atan((tangent * size.height) / Math.min(size.width, size.height)) * 180) / Math.PI;
  return Math.min(MAX_TILT, 84 - half);
}

/** A view within its limits; bearing in 0..360. `largest`: the widest span that makes sense. */
export function bounded(view: View, size: Size, largest: number): View {
  return {
    x: view.x,
    y: view.y,
    span: Math.min(Math.max(view.span, MIN_SPAN), largest),
    tilt: Math.min(Math.max(view.tilt, 0), maxTilt(size)),
    bearing: ((view.bearing % 360) + 360) % 360,
  };
}

/** Whether two views show the same. */
export function same(a: View, b: View): boolean {
  return a.x === b.x && a.y === b.y && a.span === b.span && a.tilt === b.tilt && a.bearing === b.bearing;
}

/** Distance of the eye from the point looked at, m. */
export function distanceOf(view: View): number {
  return view.span / 2 / tangent;
}

/** Metres per CSS pixel at the point looked at. */
export function metresPerPixel(view: View, size: Size): number {
  return view.span / Math.min(size.width, size.height);
}

/** Set a three.js camera; `margin` widens the picture by that factor on every side's half. */
export function aim(camera: PerspectiveCamera, view: View, size: Size, margin = 1): void {
  const shorter = Math.min(size.width, size.height);
  const tilt = (view.tilt * Math.PI) / 180;
  const bearing = (view.bearing * Math.PI) / 180;
  const distance = distanceOf(view);
  const [ux, uy] = [Math.sin(bearing), Math.cos(bearing)];
  const back = distance * Math.sin(tilt);
  const high = distance * Math.cos(tilt);
  camera.fov = (2 * Math.atan((tangent * margin * size.height) / shorter) * 180) / Math.PI;
  camera.aspect = size.width / size.height;
  camera.near = distance * 0.12;
  camera.far = distance * 14;
  camera.position.set(view.x - ux * back, view.y - uy * back, high);
  // Looking straight down, "up" is the bearing; tilted, the same vector still lies in the picture's middle plane.
  camera.up.set(ux * Math.cos(tilt), uy * Math.cos(tilt), Math.sin(tilt));
  camera.lookAt(view.x, view.y, 0);
  camera.updateProjectionMatrix();
  camera.updateMatrixWorld();
}

const scratch = new Vector3();

/** CSS pixels of a point of the world, or null if it lies behind the eye. */
export function project(camera: PerspectiveCamera, size: Size, x: number, y: number, z = 0): [number, number] | null {
  scratch.set(x, y, z).applyMatrix4(camera.matrixWorldInverse);
  if (scratch.z >= -camera.near) return null;
  scratch.applyMatrix4(camera.projectionMatrix);
  return [((scratch.x + 1) / 2) * size.width, ((1 - scratch.y) / 2) * size.height];
}

const inverse = new Matrix4();

/** The point at height `z` under a pixel, or null above the horizon. */
export function unproject(
  camera: PerspectiveCamera,
  size: Size,
  left: number,
  top: number,
  z = 0,
): [number, number] | null {
  inverse.copy(camera.projectionMatrixInverse).premultiply(camera.matrixWorld);
  scratch.set((left / size.width) * 2 - 1, 1 - (top / size.height) * 2, 0.5).applyMatrix4(inverse);
  const { x, y, z: eye } = camera.position;
  const down = scratch.z - eye;
  if (down >= 0) return null;
  const f = (z - eye) / down;
  return [x + (scratch.x - x) * f, y + (scratch.y - y) * f];
}

/** The view that shows a rectangle as a whole, from straight above and with north at the top. */
export function fitting(bounds: readonly [number, number, number, number], size: Size): View {
  const [x0, y0, x1, y1] = bounds;
  const shorter = Math.min(size.width, size.height);
  const wide = ((x1 - x0) * shorter) / size.width;
  const high = ((y1 - y0) * shorter) / size.height;
  return { x: (x0 + x1) / 2, y: (y0 + y1) / 2, span: Math.max(wide, high, MIN_SPAN) * 1.06, tilt: 0, bearing: 0 };
}

/** A flight between two views: after van Wijk and Nuij, "Smooth and efficient zooming and panning" (InfoVis 2003).
 * `at` in 0..1; `seconds` is how long it should take. */
export interface Flight {
  seconds: number;
  at(f: number): View;
}

const RHO = 1.3;

export function flight(from: View, to: View): Flight {
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  const way = Math.hypot(dx, dy);
  const turn = ((to.bearing - from.bearing + 540) % 360) - 180;
  const rho2 = RHO * RHO;
  let path: number;
  let span: (s: number) => number;
  let moved: (s: number) => number;
  if (way < 1e-3 * Math.min(from.span, to.span)) {
    path = Math.log(to.span / from.span) / RHO;
    const direction = Math.sign(path) || 1;
    path = Math.abs(path);
    span = (s) => from.span * Math.exp(direction * RHO * s);
    moved = (s) => (path > 0 ? s / path : 1);
  } else {
    const b = (w: number, sign: number) =>
      (to.span ** 2 - from.span ** 2 + sign * rho2 ** 2 * way ** 2) / (2 * w * rho2 * way);
    const r = (v: number) => Math.log(Math.sqrt(v * v + 1) - v);
    const r0 = r(b(from.span, 1));
    const r1 = r(b(to.span, -1));
    path = (r1 - r0) / RHO;
    span = (s) => (from.span * Math.cosh(r0)) / Math.cosh(RHO * s + r0);
    moved = (s) => ((from.span / rho2) * (Math.cosh(r0) * Math.tanh(RHO * s + r0) - Math.sinh(r0))) / way;
  }
  const other = Math.abs(to.tilt - from.tilt) / 60 + Math.abs(turn) / 120;
  const seconds = Math.min(2.4, Math.max(0.3, 0.55 * path, 0.6 * Math.min(1, other)));
  return {
    seconds,
    at(f) {
      if (f >= 1) return { ...to };
      const eased = f * f * (3 - 2 * f);
      const s = path * eased;
      const m = path > 0 ? moved(s) : eased;
      return {
        x: from.x + dx * m,
        y: from.y + dy * m,
        span: path > 0 ? span(s) : from.span + (to.span - from.span) * eased,
        tilt: from.tilt + (to.tilt - from.tilt) * eased,
        bearing: (from.bearing + turn * eased + 360) % 360,
      };
    },
  };
}
