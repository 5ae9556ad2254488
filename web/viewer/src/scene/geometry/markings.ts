/** What is painted on roads: dashes between lanes, lines at their edges, stop lines, arrows. */

import type { Shape, World } from "../../protocol";
import { Triangles } from "./mesh";
import { cleaned, lengthOf, offset, STRIP, strip } from "./shapes";

const LINE = 0.14;
const STOP = 0.4;
/** Arrows begin so far before the end of a lane, m, and need a lane of this length. */
const BEFORE = 4;
const LONG = 18;

export interface Markings {
  solid: Triangles;
  dashed: Triangles;
}

/** `here` carries a shape over into the scene's coordinates. */
export function markings(world: World, here: (shape: Shape) => Shape): Markings {
  const solid = new Triangles(STRIP);
  const dashed = new Triangles(STRIP);
  const { lanes, edges } = world;
  const ofEdge = new Map<number, number[]>();
  lanes.edge.forEach((edge, lane) => {
    const kind = lanes.kind[lane];
    if (edges.internal[edge] || kind === "foot" || kind === "rail" || lanes.shapes[lane].length < 4) return;
    const list = ofEdge.get(edge);
    if (list) list.push(lane);
    else ofEdge.set(edge, [lane]);
  });
  // Lanes of an edge come from the right to the left (SUMO, "Simulation/Road Networks": index 0 is the rightmost).
  for (const list of ofEdge.values())
    list.forEach((lane, place) => {
      const shape = cleaned(here(lanes.shapes[lane]));
      if (shape.length < 4) return;
      const half = lanes.width[lane] / 2;
      if (place === 0) strip(solid, offset(shape, -half + 0.15), LINE);
      if (place === list.length - 1) strip(solid, offset(shape, half - 0.1), LINE);
      else strip(dashed, offset(shape, half), LINE);
    });
  stopLines(world, here, solid);
  arrows(world, here, solid);
  return { solid, dashed };
}

function stopLines(world: World, here: (shape: Shape) => Shape, out: Triangles): void {
  for (const light of world.lights)
    for (const head of light.heads) {
      const half = ((world.lanes.width[head.lane] ?? 3.2) - 0.3) / 2;
      const [x, y] = here([head.x, head.y]);
      const angle = (head.heading * Math.PI) / 180;
      const [rx, ry] = [Math.cos(angle) * half, -Math.sin(angle) * half];
      strip(out, [x - rx, y - ry, x + rx, y + ry], STOP);
    }
}

/** Which ways each lane goes on: radians to the right, from the shapes of the lanes across the junction. */
export function ways(world: World): Map<number, number[]> {
  const { lanes, edges } = world;
  const key = (x: number, y: number) => `${Math.round(x * 2)},${Math.round(y * 2)}`;
  const starts = new Map<string, number[]>();
  lanes.shapes.forEach((shape, lane) => {
    if (!edges.internal[lanes.edge[lane]] || shape.length < 4) return;
    const list = starts.get(key(shape[0], shape[1]));
    if (list) list.push(lane);
    else starts.set(key(shape[0], shape[1]), [lane]);
  });
  const heading = (shape: Shape, i: number) => Math.atan2(shape[i + 2] - shape[i], shape[i + 3] - shape[i + 1]);
  const out = new Map<number, number[]>();
  lanes.shapes.forEach((shape, lane) => {
    const n = shape.length;
    if (edges.internal[lanes.edge[lane]] || n < 4) return;
    const found = starts.get(key(shape[n - 2], shape[n - 1])) ?? [];
    const turns = found.map((one) => {
      const across = lanes.shapes[one];
      const way = heading(across, across.length - 4) - heading(shape, n - 4);
      return way - 2 * Math.PI * Math.round(way / (2 * Math.PI));
    });
    if (turns.length > 0) out.set(lane, turns);
  });
  return out;
}

/** Arrows before stop lines: a shaft and a head for each way a lane goes on. */
function arrows(world: World, here: (shape: Shape) => Shape, out: Triangles): void {
  const { lanes } = world;
  const signalled = new Set(world.lights.flatMap((light) => light.heads.map((head) => head.lane)));
  for (const [lane, turns] of ways(world)) {
    if (!signalled.has(lane) || lanes.kind[lane] !== "road") continue;
    const shape = cleaned(here(lanes.shapes[lane]));
    const n = shape.length;
    if (n < 4 || lengthOf(shape) < LONG) continue;
    const dx = shape[n - 2] - shape[n - 4];
    const dy = shape[n - 1] - shape[n - 3];
    const length = Math.hypot(dx, dy);
    if (length < BEFORE + 6) continue;
    const [fx, fy] = [dx / length, dy / length];
    // From here on (across, ahead) in m from the arrow's foot.
    const at = (across: number, ahead: number): [number, number] => [
      shape[n - 2] - fx * (BEFORE + 5 - ahead) + fy * across,
      shape[n - 1] - fy * (BEFORE + 5 - ahead) - fx * across,
    ];
    const shaft = (...points: [number, number][]) =>
      strip(
        out,
        points.flatMap(([a, b]) => at(a, b)),
        0.18,
      );
    const head = (x: number, y: number, angle: number) => {
      const p = (across: number, ahead: number) =>
        at(
          x + across * Math.cos(angle) + ahead * Math.sin(angle),
          y - across * Math.sin(angle) + ahead * Math.cos(angle),
        );
      tip(out, p(-0.5, 0), p(0.5, 0), p(0, 1.3));
    };
    const kinds = new Set(turns.map((t) => (t > 0.6 ? "right" : t < -2.4 ? "back" : t < -0.6 ? "left" : "on")));
    shaft([0, 0], [0, kinds.has("on") ? 3.2 : 2]);
    if (kinds.has("on")) head(0, 3.2, 0);
    if (kinds.has("right")) {
      shaft([0, 1.6], [0.6, 2.4]);
      head(0.5, 2.3, Math.PI / 2.6);
    }
    if (kinds.has("left")) {
      shaft([0, 1.6], [-0.6, 2.4]);
      head(-0.5, 2.3, -Math.PI / 2.6);
    }
  }
}

/** A triangle among strips: its vertices have no width of their own. */
function tip(out: Triangles, ...points: [number, number][]): void {
  const [a, b, c] = points.map(([x, y]) => out.vertex(x, y, 0, 0, 0, 0, 0));
  const left = (points[1][0] - points[0][0]) * (points[2][1] - points[0][1]);
  const right = (points[1][1] - points[0][1]) * (points[2][0] - points[0][0]);
  if (left > right) out.triangle(a, b, c);
  else out.triangle(a, c, b);
}
