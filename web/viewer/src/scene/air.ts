/** Messages on the air: a ring that spreads where one leaves, an arc to who received it; dashed, and with a cross at its
 * end, to who lost it. */

import { Group, type RawShaderMaterial } from "three";
import { lost, type Packets } from "../frames";
import { type Emphasis, PLAIN, strength } from "./emphasis";
import { MOTION } from "./glsl";
import { material, type Shared, type Uniforms } from "./materials";
import { losses, lossOf, rgb, type Theme } from "./style";
import { numbered, ribbon, Table } from "./table";

const PULSES = 384;
const ARCS = 384;
const ROUND = 40;
const STEPS = 18;
/** How long they are seen, s. */
const PULSE_LIFE = 1.1;
const ARC_LIFE = 1.3;
/** Of the most frequent kinds at most so many pulses and arcs per frame: the city must not boil. */
const OFTEN = 40;
const ARCS_AT_ONCE = 60;
const FAINT_ARCS = 20;
const FAINT_LOSSES = 20;
const MOST_BEGUN = 4096;
/** A sender is seen to send at most once in so long, s: of the frequent kinds and of the others. */
const AGAIN_FAINT = 1.4;
const AGAIN = 0.4;

const PULSE_VERTEX = `
uniform sampler2D uPulses;
uniform float uBeat;
uniform float uCalm;
out vec4 vColour;
void main() {
  int pulse = gl_VertexID / ${2 * (ROUND + 1)};
  int corner = gl_VertexID - pulse * ${2 * (ROUND + 1)};
  vec4 place = texelFetch(uPulses, ivec2(pulse, 0), 0);   // x, y, birth, reach [m]
  vec4 paint = texelFetch(uPulses, ivec2(pulse, 1), 0);   // colour, strength
  float age = (uBeat - place.z) / ${PULSE_LIFE.toFixed(2)};
  gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
  if (age < 0.0 || age >= 1.0 || place.w <= 0.0) return;
  float pixel = pixelAt(seen(vec3(place.xy, 0.0)));
  float spread = uCalm > 0.5 ? 0.35 : 1.0 - (1.0 - age) * (1.0 - age);
  float least = paint.w > 0.5 ? 26.0 : 9.0;
  float radius = max(place.w, least * pixel) * spread;
  float width = (paint.w > 0.5 ? 2.2 : 1.4) * pixel;
  float angle = 6.2831853 * float(corner / 2) / ${ROUND}.0;
  vec2 p = place.xy + vec2(sin(angle), cos(angle)) * max(0.0, radius - float(corner % 2) * width);
  gl_Position = seen(vec3(p, 0.0));
  float fade = uCalm > 0.5 ? 0.8 : (1.0 - age) * (1.0 - age);
  float alpha = paint.w * fade;
  vColour = vec4(paint.rgb * alpha, alpha);
}
`;

const LOSSES = losses("dark").length;

const ARC_VERTEX = `
uniform sampler2D uArcs;
uniform float uBeat;
uniform float uCalm;
uniform vec3 uLosses[${LOSSES}];
uniform vec2 uDashes[${LOSSES}];   // dash and gap, pixels
uniform float uStrong[${LOSSES}];  // how strongly each is drawn
uniform vec2 uShown;            // arcs, losses
uniform vec2 uScreen;           // pixels
out vec4 vColour;
out float vAlong;               // pixels, roughly
flat out vec2 vDash;            // of 0: a whole line
${MOTION}
vec2 ending(vec4 e) {
  if (e.z < 0.0) return e.xy;
  Placed v = placed(int(e.z + 0.5));
  return v.there ? v.at : e.xy;
}
vec3 bend(vec2 a, vec2 b, float t) {
  vec2 d = b - a;
  float h = 4.0 * t * (1.0 - t);
  return vec3(a + d * t + vec2(-d.y, d.x) * 0.10 * h, 0.12 * length(d) * h * uRise);
}
void main() {
  int arc = gl_VertexID / ${2 * STEPS};
  int corner = gl_VertexID - arc * ${2 * STEPS};
  vec4 from = texelFetch(uArcs, ivec2(arc, 0), 0);     // x, y, slot or -1, birth
  vec4 to = texelFetch(uArcs, ivec2(arc, 1), 0);       // x, y, slot or -1, 0 or how it was lost
  vec4 paint = texelFetch(uArcs, ivec2(arc, 2), 0);    // colour, strength
  float age = (uBeat - from.w) / ${ARC_LIFE.toFixed(2)};
  int lost = int(to.w + 0.5);
  gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
  if (age < 0.0 || age >= 1.0 || paint.w <= 0.0 || (lost > 0 ? uShown.y : uShown.x) < 0.5) return;
  vec2 a = ending(from);
  vec2 b = ending(to);
  float grown = uCalm > 0.5 ? 1.0 : min(1.0, age * 4.0);
  float t = grown * float(corner / 2) / ${STEPS - 1}.0;
  vec4 p = seen(bend(a, b, t));
  vec4 q = seen(bend(a, b, t + 0.02));
  vec2 way = (q.xy / q.w - p.xy / p.w) * uScreen;
  float length_ = max(length(way), 1e-5);
  vec2 across = vec2(-way.y, way.x) / length_;
  float wide = paint.w > 0.5 ? 1.1 : 0.8;
  p.xy += across * (corner % 2 == 0 ? wide : -wide) / uScreen * 2.0 * p.w;
  gl_Position = p;
  vDash = lost > 0 ? uDashes[lost - 1] : vec2(0.0);
  vAlong = length(b - a) * t / pixelAt(p);
  float alpha = paint.w * (1.0 - smoothstep(0.45, 1.0, age)) * mix(1.0, 0.35 + 0.65 * t / max(grown, 0.01), 0.6);
  vec3 c = lost > 0 ? uLosses[lost - 1] : paint.rgb;
  if (lost > 0) alpha *= uStrong[lost - 1];
  vColour = vec4(c * alpha, alpha);
}
`;

const ARC_FRAGMENT = `
in vec4 vColour;
in float vAlong;
flat in vec2 vDash;
void main() {
  if (vDash.x > 0.0 && mod(vAlong, vDash.x + vDash.y) > vDash.x) discard;
  colour = vColour;
}
`;

const CROSS_VERTEX = `
uniform sampler2D uArcs;
uniform float uBeat;
uniform float uCalm;
uniform vec3 uLosses[${LOSSES}];
uniform float uStrong[${LOSSES}];
uniform vec2 uShown;
out vec2 vAt;
out vec4 vColour;
${MOTION}
void main() {
  int arc = gl_VertexID / 4;
  int corner = gl_VertexID - arc * 4;
  vec4 from = texelFetch(uArcs, ivec2(arc, 0), 0);
  vec4 to = texelFetch(uArcs, ivec2(arc, 1), 0);
  vec4 paint = texelFetch(uArcs, ivec2(arc, 2), 0);
  float age = (uBeat - from.w) / ${ARC_LIFE.toFixed(2)};
  gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
  int lost = int(to.w + 0.5);
  if (lost == 0 || uShown.y < 0.5 || paint.w <= 0.0 || age >= 1.0 || age < (uCalm > 0.5 ? 0.0 : 0.25)) return;
  vec2 place = to.xy;
  if (to.z >= 0.0) {
    Placed v = placed(int(to.z + 0.5));
    if (v.there) place = v.at;
  }
  float pixel = pixelAt(seen(vec3(place, 0.0)));
  vAt = vec2(corner == 0 || corner == 3 ? -1.0 : 1.0, corner < 2 ? -1.0 : 1.0);
  gl_Position = seen(vec3(place + vAt * (paint.w > 0.5 ? 6.5 : 5.0) * pixel, 0.0));
  float alpha = (1.0 - smoothstep(0.6, 1.0, age)) * (paint.w > 0.5 ? 0.95 : 0.75) * uStrong[lost - 1];
  vColour = vec4(uLosses[lost - 1] * alpha, alpha);
}
`;

const CROSS_FRAGMENT = `
in vec2 vAt;
in vec4 vColour;
void main() {
  vec2 p = abs(vAt);
  float on = (1.0 - smoothstep(0.16, 0.34, abs(p.x - p.y))) * (1.0 - smoothstep(0.7, 0.95, max(p.x, p.y)));
  colour = vColour * on;
}
`;

/** Where a sender or receiver is: a slot to follow, or a place. */
export interface Ending {
  x: number;
  y: number;
  slot: number;
}

export interface Hearing {
  ending(number: number, isUnit: boolean): Ending | null;
  colour(kind: number): [number, number, number];
  /** Kinds sent so often that they are drawn faintly. */
  faint(kind: number): boolean;
  shown(kind: number): boolean;
  /** Whether a place is in the picture or not far from it. */
  inSight(x: number, y: number): boolean;
  originX: number;
  originY: number;
}

export class Air {
  readonly group = new Group();
  readonly pulses = new Table(PULSES, 2);
  readonly arcs = new Table(ARCS, 3);
  private readonly pulseLook: RawShaderMaterial;
  private readonly arcLook: RawShaderMaterial;
  private readonly crossLook: RawShaderMaterial;
  private readonly pulseMesh;
  private readonly arcMesh;
  private readonly crossMesh;
  /** When each sender was last seen to send. */
  private readonly last = new Map<number, number>();
  /** When each arc was last begun, by its ends and kind: what is repeated all the time is drawn once. */
  private readonly begun = new Map<string, number>();
  private nextPulse = 0;
  private nextArc = 0;
  /** By the clock of `uBeat`: until then there is something to be seen. */
  private busyUntil = -1;

  constructor(shared: Shared, motion: Uniforms) {
    const own = {
      uCalm: { value: 0 },
      uLosses: { value: losses("dark").flatMap(() => [1, 0, 0]) },
      uDashes: { value: losses("dark").flatMap(({ dash, gap }) => [dash, gap]) },
      uStrong: { value: losses("dark").map(() => 1) },
      uShown: { value: [1, 1] },
      uScreen: { value: [1, 1] },
    };
    const [pulses, arcs] = [{ value: this.pulses.texture }, { value: this.arcs.texture }];
    const look = (table: Uniforms, vertex: string, fragment: string) =>
      material(shared, { ...motion, ...own, ...table }, vertex, fragment, { blend: true });
    this.pulseLook = look({ uPulses: pulses }, PULSE_VERTEX, "in vec4 vColour;\nvoid main() { colour = vColour; }");
    this.arcLook = look({ uArcs: arcs }, ARC_VERTEX, ARC_FRAGMENT);
    this.crossLook = look({ uArcs: arcs }, CROSS_VERTEX, CROSS_FRAGMENT);
    this.pulseMesh = numbered(PULSES, 2 * (ROUND + 1), ribbon(ROUND + 1), this.pulseLook, 40);
    this.arcMesh = numbered(ARCS, 2 * STEPS, ribbon(STEPS), this.arcLook, 41);
    this.crossMesh = numbered(ARCS, 4, [0, 1, 2, 0, 2, 3], this.crossLook, 42);
    this.group.add(this.pulseMesh, this.arcMesh, this.crossMesh);
    this.clear();
  }

  restyle(theme: Theme, calm: boolean, emphasis: Emphasis = PLAIN): void {
    for (const look of [this.pulseLook, this.arcLook, this.crossLook]) {
      look.uniforms.uStrong.value = losses(theme).map(({ label }) => strength(emphasis, `loss.${label}`));
      look.uniforms.uLosses.value = losses(theme).flatMap(({ colour }) => rgb(colour));
      look.uniforms.uCalm.value = calm ? 1 : 0;
    }
  }

  hide(behind: boolean): void {
    this.pulseLook.depthTest = behind;
  }

  show(pulses: boolean, arcs: boolean, losses: boolean): void {
    this.pulseMesh.visible = pulses;
    this.arcMesh.visible = arcs || losses;
    this.crossMesh.visible = losses;
    for (const look of [this.arcLook, this.crossLook]) look.uniforms.uShown.value = [arcs ? 1 : 0, losses ? 1 : 0];
  }

  resize(width: number, height: number): void {
    this.arcLook.uniforms.uScreen.value = [width, height];
  }

  clear(): void {
    for (let i = 0; i < PULSES; i++) this.pulses.set(i, 0, 0, 0, -1e6, 0);
    for (let i = 0; i < ARCS; i++) {
      this.arcs.set(i, 0, 0, 0, -1, -1e6);
      this.arcs.set(i, 1, 0, 0, -1, 0);
    }
    this.last.clear();
    this.begun.clear();
    this.busyUntil = -1;
  }

  /** Something can be seen at that time. */
  busy(beat: number): boolean {
    return beat < this.busyUntil && (this.pulseMesh.visible || this.arcMesh.visible);
  }

  take(frame: Packets, hearing: Hearing, beat: number): void {
    let often = 0;
    if (this.last.size > 20_000) this.last.clear();
    for (let i = 0; i < frame.count; i++) {
      const kind = frame.kind[i];
      if (!hearing.shown(kind)) continue;
      const x = frame.x[i] / 100 - hearing.originX;
      const y = frame.y[i] / 100 - hearing.originY;
      if (!hearing.inSight(x, y)) continue;
      const faint = hearing.faint(kind);
      const unit = (frame.flags[i] & 1) !== 0;
      const sender = 4 * frame.sender[i] + (unit ? 2 : 0) + (faint ? 1 : 0);
      if (beat - (this.last.get(sender) ?? -Infinity) < (faint ? AGAIN_FAINT : AGAIN)) continue;
      if (faint && ++often > OFTEN) continue;
      this.last.set(sender, beat);
      const place = this.nextPulse++ % PULSES;
      // Spread over the tenth of a second that a frame stands for, or they would beat in time.
      const birth = beat + ((i * 0.618) % 1) * 0.1;
      this.pulses.set(place, 0, x, y, birth, unit ? 55 : faint ? 12 : 34);
      this.pulses.set(place, 1, ...hearing.colour(kind), faint ? 0.4 : 0.95);
      this.busyUntil = Math.max(this.busyUntil, birth + PULSE_LIFE);
    }
    this.takeArcs(frame, hearing, beat);
  }

  private takeArcs(frame: Packets, hearing: Hearing, beat: number): void {
    let taken = 0;
    let [faint, faintLosses] = [0, 0];
    for (let i = 0; i < frame.arcs.count && taken < ARCS_AT_ONCE; i++) {
      const packet = frame.arcs.packet[i];
      const kind = frame.kind[packet];
      if (!hearing.shown(kind)) continue;
      const to = hearing.ending(frame.arcs.receiver[i], (frame.arcs.flags[i] & 1) !== 0);
      if (!to) continue;
      const from = hearing.ending(frame.sender[packet], (frame.flags[packet] & 1) !== 0) ?? {
        x: frame.x[packet] / 100 - hearing.originX,
        y: frame.y[packet] / 100 - hearing.originY,
        slot: -1,
      };
      if (!hearing.inSight(from.x, from.y) && !hearing.inSight(to.x, to.y)) continue;
      const fate = lost(frame.arcs.flags[i]);
      const key = `${frame.sender[packet]} ${frame.flags[packet]} ${frame.arcs.receiver[i]} ${frame.arcs.flags[i]} ${kind}`;
      if (beat < (this.begun.get(key) ?? -Infinity) + ARC_LIFE) continue;
      const often = hearing.faint(kind);
      if (often && (fate === null ? ++faint > FAINT_ARCS : ++faintLosses > FAINT_LOSSES)) continue;
      taken++;
      if (this.begun.size > MOST_BEGUN) this.begun.clear();
      this.begun.set(key, beat);
      const place = this.nextArc++ % ARCS;
      const birth = beat + ((i * 0.618) % 1) * 0.1;
      this.arcs.set(place, 0, from.x, from.y, from.slot, birth);
      this.arcs.set(place, 1, to.x, to.y, to.slot, fate === null ? 0 : 1 + lossOf(fate));
      this.arcs.set(place, 2, ...hearing.colour(kind), !often ? 0.95 : fate === null ? 0.4 : 0.55);
      this.busyUntil = Math.max(this.busyUntil, birth + ARC_LIFE);
    }
  }

  dispose(): void {
    for (const mesh of [this.pulseMesh, this.arcMesh, this.crossMesh]) mesh.geometry.dispose();
    for (const look of [this.pulseLook, this.arcLook, this.crossLook]) look.dispose();
    this.pulses.dispose();
    this.arcs.dispose();
  }
}
