/** Straight lines on the ground between two places, either of which may be a vehicle that moves. */

import { Mesh, type RawShaderMaterial } from "three";
import type { Ending } from "./air";
import { MOTION } from "./glsl";
import { material, type Shared, type Uniforms } from "./materials";
import { numbered, Table } from "./table";

const ROOM = 256;
/** How long one with a birth is seen, s. */
export const LINE_LIFE = 1.8;

const VERTEX = `
uniform sampler2D uLines;
uniform float uBeat;
uniform vec2 uScreen;   // pixels
out vec4 vColour;
out float vAlong;       // pixels
flat out float vDash;
${MOTION}
vec2 ending(vec4 e) {
  if (e.z < 0.0) return e.xy;
  Placed v = placed(int(e.z + 0.5));
  return v.there ? v.at : e.xy;
}
void main() {
  int line = gl_VertexID / 4;
  int corner = gl_VertexID - line * 4;
  vec4 from = texelFetch(uLines, ivec2(line, 0), 0);    // x, y, slot or -1, birth; below 0: it stays
  vec4 to = texelFetch(uLines, ivec2(line, 1), 0);      // x, y, slot or -1, dash [pixels], 0: a whole line
  vec4 paint = texelFetch(uLines, ivec2(line, 2), 0);   // colour, opacity
  float age = from.w < 0.0 ? 0.0 : (uBeat - from.w) / ${LINE_LIFE.toFixed(2)};
  gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
  if (age < 0.0 || age >= 1.0 || paint.w <= 0.0) return;
  vec4 a = seen(vec3(ending(from), 0.0));
  vec4 b = seen(vec3(ending(to), 0.0));
  if (a.w <= 0.0 || b.w <= 0.0) return;
  vec2 way = (b.xy / b.w - a.xy / a.w) * uScreen * 0.5;
  float far = max(length(way), 1e-5);
  vec2 across = vec2(-way.y, way.x) / far;
  vec4 p = corner < 2 ? a : b;
  p.xy += across * (corner == 0 || corner == 3 ? 1.3 : -1.3) / uScreen * 2.0 * p.w;
  gl_Position = p;
  vDash = to.w;
  vAlong = corner < 2 ? 0.0 : far;
  float alpha = paint.w * (1.0 - smoothstep(0.5, 1.0, age));
  vColour = vec4(paint.rgb * alpha, alpha);
}
`;

const FRAGMENT = `
in vec4 vColour;
in float vAlong;
flat in float vDash;
void main() {
  if (vDash > 0.0 && mod(vAlong, 2.0 * vDash) > vDash) discard;
  colour = vColour;
}
`;

export interface Line {
  from: Ending;
  to: Ending;
  colour: [number, number, number];
  opacity: number;
  /** Pixels; 0: a whole line. */
  dash?: number;
}

export class Lines {
  readonly mesh: Mesh;
  readonly table = new Table(ROOM, 3);
  private readonly look: RawShaderMaterial;
  private next = 0;
  private busyUntil = -1;

  constructor(shared: Shared, motion: Uniforms, order: number) {
    const own = { ...motion, uLines: { value: this.table.texture }, uScreen: { value: [1, 1] } };
    this.look = material(shared, own, VERTEX, FRAGMENT, { blend: true });
    this.mesh = numbered(ROOM, 4, [0, 1, 2, 0, 2, 3], this.look, order);
    this.clear();
  }

  /** All that are to be there, for as long as nothing else is said; of too many the first. */
  set(lines: readonly Line[]): void {
    const n = Math.min(lines.length, ROOM);
    for (let i = 0; i < n; i++) this.put(i, lines[i], -1);
    this.draw(n);
  }

  /** More of them that fade; of too many the last. `beat`: the clock of `uBeat`. */
  add(lines: readonly Line[], beat: number): void {
    for (const line of lines.slice(-ROOM)) this.put(this.next++ % ROOM, line, beat);
    if (lines.length === 0) return;
    this.busyUntil = beat + LINE_LIFE;
    this.draw(Math.min(this.next, ROOM));
  }

  /** Whether any still fades; none of those drawn then costs nothing. */
  busy(beat: number): boolean {
    const busy = beat < this.busyUntil;
    if (!busy && this.busyUntil >= 0) this.clear();
    return busy;
  }

  resize(width: number, height: number): void {
    this.look.uniforms.uScreen.value = [width, height];
  }

  clear(): void {
    this.next = 0;
    this.busyUntil = -1;
    this.draw(0);
  }

  dispose(): void {
    this.mesh.geometry.dispose();
    this.look.dispose();
    this.table.dispose();
  }

  private put(place: number, line: Line, birth: number): void {
    const { from, to } = line;
    this.table.set(place, 0, from.x, from.y, from.slot, birth);
    this.table.set(place, 1, to.x, to.y, to.slot, line.dash ?? 0);
    this.table.set(place, 2, ...line.colour, line.opacity);
  }

  private draw(n: number): void {
    this.mesh.geometry.setDrawRange(0, 6 * n);
    this.mesh.visible = n > 0;
  }
}
