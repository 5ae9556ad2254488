/** Where a vehicle is between two states. `scene/glsl.ts` holds the same for the GPU; change both together. */

/** Faster than this is a teleport, m/s; and what a position may be off, m. */
export const TELEPORT = 40;
export const SLACK = 5;
/** States further apart are shown one after the other, s: a straight line would cut through houses. */
export const DISCRETE = 3;

/** What a state holds per slot: x, y [m], heading [rad clockwise from north], speed [1/4 m/s] + 256 * flags.
 * Absent: the last is -1. */
export const WIDTH = 4;
export const ABSENT = -1;

export interface Placed {
  x: number;
  y: number;
  /** Radians clockwise from north. */
  heading: number;
  /** m/s */
  speed: number;
  flags: number;
}

/** The shortest way from one angle to another, radians in [-pi, pi]. */
export function turn(from: number, to: number): number {
  const way = to - from;
  return way - 2 * Math.PI * Math.round(way / (2 * Math.PI));
}

/** Place of the vehicle in `slot`, `into` seconds after state `a`, `span` seconds before state `b`. Null: not there.
 * Between the two it follows the curve that its headings describe; after `b` it goes straight on. */
export function place(a: Float32Array, b: Float32Array, slot: number, into: number, span: number): Placed | null {
  const at = slot * WIDTH;
  const codeA = a[at + 3];
  const codeB = b[at + 3];
  if (codeA < 0 && (codeB < 0 || into < span)) return null;
  if (codeB < 0) return at0(a, at, span > DISCRETE ? 0 : Math.min(into, span));
  if (codeA < 0 || into >= span) return at0(b, at, Math.max(0, into - span));
  const dx = b[at] - a[at];
  const dy = b[at + 1] - a[at + 1];
  const way = Math.hypot(dx, dy);
  if (way > TELEPORT * span + SLACK || span > DISCRETE) return into < span ? at0(a, at, 0) : at0(b, at, 0);
  const f = into / span;
  const h0 = a[at + 2];
  const h1 = b[at + 2];
  const speed = (codeA % 256) + ((codeB % 256) - (codeA % 256)) * f;
  const [sx, sy] = bow(dx, dy, way, h0, h1, f);
  return {
    x: a[at] + sx,
    y: a[at + 1] + sy,
    heading: h0 + turn(h0, h1) * f,
    speed: speed / 4,
    flags: Math.floor((f < 0.5 ? codeA : codeB) / 256),
  };
}

/** A cubic Hermite curve over the chord (dx, dy) with its length along both headings as tangents; a straight line for
 * who moves against or across its heading. */
function bow(dx: number, dy: number, way: number, h0: number, h1: number, f: number): [number, number] {
  const along0 = dx * Math.sin(h0) + dy * Math.cos(h0);
  const along1 = dx * Math.sin(h1) + dy * Math.cos(h1);
  if (way < 0.01 || along0 < 0.5 * way || along1 < 0.5 * way) return [dx * f, dy * f];
  const g = 1 - f;
  const t0 = f * g * g * way;
  const t1 = -f * f * g * way;
  const p1 = f * f * (3 - 2 * f);
  return [p1 * dx + t0 * Math.sin(h0) + t1 * Math.sin(h1), p1 * dy + t0 * Math.cos(h0) + t1 * Math.cos(h1)];
}

/** The state itself, gone on straight for `after` seconds. */
function at0(state: Float32Array, at: number, after: number): Placed {
  const code = state[at + 3];
  const speed = (code % 256) / 4;
  const heading = state[at + 2];
  return {
    x: state[at] + Math.sin(heading) * speed * after,
    y: state[at + 1] + Math.cos(heading) * speed * after,
    heading,
    speed,
    flags: Math.floor(code / 256),
  };
}
