/** All vehicles in one mesh: plain triangles whose vertex shader fetches two states from float textures. */

import {
  BufferAttribute,
  BufferGeometry,
  DataTexture,
  FloatType,
  Mesh,
  NearestFilter,
  RGBAFormat,
  UnsignedByteType,
  type RawShaderMaterial,
} from "three";
import { ACROSS, type Between, type Fleet } from "../fleet";
import type { ColourBy } from "./api";
import type { Emphasis } from "./emphasis";
import { MOTION } from "./glsl";
import { material, type Shared, type Uniforms } from "./materials";
import { COLOURINGS, palette, PALETTE_WIDTH, rgb, STYLES, type Theme } from "./style";

/** Vertices per vehicle: a rectangle from above; its roof and four sides when tilted. */
const FLAT = 4;
const BLOCK = 20;
/** Farther than this, metres per pixel, a block is drawn flat, and a vehicle without its details. */
const BLOCK_METRES = 1.2;
const FAR_METRES = 0.42;

const VERTEX = `
uniform sampler2D uLook;
uniform sampler2D uPalette;
uniform int uColourBy;
uniform int uPersons;
uniform vec3 uGround;

out vec2 vLocal;         // from the middle: to the right, ahead [m]
out vec2 vHalf;          // half width, half length [m]
out vec3 vColour;
out float vPixel;
out float vShade;
flat out int vShape;
flat out int vFlags;
flat out int vSide;      // 0: seen from above, 1: a side
out float vUp;
${MOTION}
const vec2 WAYS[4] = vec2[4](vec2(-1.0, 1.0), vec2(-1.0, -1.0), vec2(1.0, -1.0), vec2(1.0, 1.0));
void main() {
  int slot = gl_VertexID / CORNERS;
  int corner = gl_VertexID - slot * CORNERS;
  Placed v = placed(slot);
  gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
  if (!v.there) return;
  vec4 look = texelFetch(uLook, cell(slot), 0);
  int code = int(look.w + 0.5);
  int shape = code & 15;
  int charge = code >> 6;
  if (shape == 7 && uPersons == 0) return;
  bool parked = (v.flags & 1) != 0;
  vec2 ahead = vec2(sin(v.heading), cos(v.heading));
  vec2 right = vec2(ahead.y, -ahead.x);
  float pixel = pixelAt(seen(vec3(v.at, 0.0)));
  // Parked ones leave the picture of the whole city to those that move.
  float far = parked ? 1.0 - smoothstep(1.4, 2.6, pixel) : 1.0;
  if (far <= 0.01) return;
  float least = (parked ? 0.9 : 1.55) * pixel;
  vec2 half_ = vec2(max(look.y * 0.5, least), max(look.x * 0.5, 1.3 * least));
  // A person on foot seen to scale would be missed.
  if (shape == 7) half_ = max(half_, vec2(0.42));
  vec2 middle = v.at - ahead * look.x * 0.5;
  int side = corner / 4;
  vec2 way = WAYS[corner - side * 4];
  float up = 0.0;
  vShade = 1.0;
#if CORNERS == ${FLAT}
  vec2 local = way * (half_ + 0.75 * pixel);
#else
  vec2 local = way * half_;
  if (side == 0) {
    // The roof is smaller than the body, by what the shape's windows slant.
    vec2 taper = shape < 2 ? vec2(0.84, way.y > 0.0 ? 0.34 : 0.74) : shape == 5 || shape == 4 ? vec2(0.9, way.y > 0.0 ? 0.7 : 0.95) : vec2(0.97);
    local = way * half_ * taper;
    up = look.z;
  } else if (side > 0) {
    // Sides: front, right, back, left; from below left to above left, seen from outside.
    vec2 n = side == 1 ? vec2(0.0, 1.0) : side == 2 ? vec2(1.0, 0.0) : side == 3 ? vec2(0.0, -1.0) : vec2(-1.0, 0.0);
    vec2 t = vec2(-n.y, n.x) * way.x;
    up = way.y > 0.0 ? look.z : 0.0;
    vec2 taper = vec2(1.0);
    vec2 on = n + t;
    if (up > 0.0) taper = shape < 2 ? vec2(0.84, on.y > 0.0 ? 0.34 : 0.74) : shape == 5 || shape == 4 ? vec2(0.9, on.y > 0.0 ? 0.7 : 0.95) : vec2(0.97);
    local = on * half_ * taper;
    vec2 facing = right * n.x + ahead * n.y;
    vShade = 0.78 + 0.16 * dot(facing, vec2(-0.81, -0.58));
  }
#endif
  vUp = up > 0.0 ? 1.0 : 0.0;
  gl_Position = seen(vec3(middle + right * local.x + ahead * local.y, up * uRise));
  vLocal = local;
  vHalf = half_;
  vPixel = pixel;
  vShape = parked ? shape | 16 : shape;
  vFlags = v.flags;
  vSide = side > 0 ? 1 : 0;
  int column = shape;
  if (uColourBy == 1) column = parked ? 255 : int(clamp(v.speed * 4.0 + 0.5, 0.0, 254.0));
  else if (uColourBy == 2) column = charge;
  else if (uColourBy == 3) column = (code >> 4) & 1;
  else if (uColourBy == 4) {
    int wish = (v.flags >> 1) & 3;
    int charging = (v.flags >> 3) & 3;
    column = charging > 0 ? 3 + charging : wish > 0 ? wish : parked ? 3 : 0;
  }
  vec4 paint = texelFetch(uPalette, ivec2(column, uColourBy), 0);
  if (paint.a <= 0.0) gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
  vColour = mix(uGround, paint.rgb, paint.a);
}
`;

const FRAGMENT = `
in vec2 vLocal;
in vec2 vHalf;
in vec3 vColour;
in float vPixel;
in float vShade;
flat in int vShape;
flat in int vFlags;
flat in int vSide;
in float vUp;
uniform vec3 uOutline;
uniform vec3 uGround;
uniform float uBeat;
uniform float uCalm;    // 1: nothing blinks
float box(vec2 p, vec2 half_, float r) {
  vec2 q = abs(p) - half_ + r;
  return length(max(q, 0.0)) + min(max(q.x, q.y), 0.0) - r;
}
void main() {
  int shape = vShape & 15;
  bool parked = vShape > 15;
  float near = 1.0 - smoothstep(0.16, 0.34, vPixel);
  vec3 c = vColour;
  if (parked) c = mix(c, uGround, 0.52);
  if (vSide == 1) {
    float glass = near * smoothstep(0.5, 0.58, vUp) * (1.0 - smoothstep(0.88, 0.94, vUp));
    if (shape < 6) c = mix(c, uOutline, 0.6 * glass);
    colour = vec4(c * vShade, 1.0);
    return;
  }
  bool round_ = shape == 6 || shape == 7;
  float small = min(vHalf.x, vHalf.y);
  float radius = vPixel > 0.6 ? small : round_ ? small : min(0.55, small * 0.6);
  float d = box(vLocal, vHalf, min(radius, small));
  float alpha = CORNERS == ${FLAT} ? clamp(0.5 - d / vPixel, 0.0, 1.0) : 1.0;
  if (alpha <= 0.0) discard;
  if (near > 0.0 && !round_) {
    vec2 p = vLocal / vHalf;                  // -1..1, ahead is +y
    float length_ = vHalf.y * 2.0;
    float front = vHalf.y - vLocal.y;         // m from the front
    float back = vLocal.y + vHalf.y;
    float inside = 1.0 - smoothstep(0.72, 0.86, abs(p.x));
    float glass = 0.0;
    float aa = vPixel;
    if (shape < 2 || shape == 5) {
      float w = smoothstep(0.24, 0.24 + aa / length_, front / length_) * (1.0 - smoothstep(0.38, 0.38 + aa / length_, front / length_));
      float r = smoothstep(0.1, 0.1 + aa / length_, back / length_) * (1.0 - smoothstep(0.2, 0.2 + aa / length_, back / length_));
      glass = max(w, r) * inside;
    } else if (shape == 4) {
      glass = smoothstep(0.9, 0.9 + aa, front) * (1.0 - smoothstep(1.6, 1.6 + aa, front)) * inside;
    } else if (shape == 2 || shape == 8) {
      glass = smoothstep(0.3, 0.3 + aa, front) * (1.0 - smoothstep(1.0, 1.0 + aa, front)) * inside;
      float hatch = box(vec2(vLocal.x, mod(vLocal.y, 4.2) - 2.1), vec2(vHalf.x * 0.42, 0.8), 0.1);
      c = mix(c, c * 0.86, near * (1.0 - smoothstep(-aa, aa, hatch)));
    } else if (shape == 3) {
      glass = smoothstep(0.5, 0.5 + aa, front) * (1.0 - smoothstep(1.1, 1.1 + aa, front)) * inside;
      float gap = smoothstep(2.1, 2.1 + aa, front) * (1.0 - smoothstep(2.45, 2.45 + aa, front));
      c = mix(c, uOutline, 0.55 * near * gap);
      c = mix(c, mix(c, vec3(1.0), 0.22), near * smoothstep(2.45, 2.45 + aa, front));
    } else glass = 0.0;
    c = mix(c, uOutline, 0.62 * near * glass);
    if (shape == 5) {
      float bar = 1.0 - smoothstep(0.0, aa, box(vLocal - vec2(0.0, -0.02 * length_), vec2(vHalf.x * 0.62, 0.17), 0.08));
      float flash = uCalm > 0.5 ? 0.5 : step(0.5, fract(uBeat * 2.2 + (vLocal.x > 0.0 ? 0.5 : 0.0)));
      c = mix(c, mix(vec3(0.1, 0.25, 0.7), vec3(0.45, 0.75, 1.0), flash), near * bar);
    }
    // Lights: brakes at the back, blinkers at the four corners.
    float corner = smoothstep(0.42, 0.5, abs(p.x));
    if ((vFlags & 32) != 0 && !parked) c = mix(c, vec3(1.0, 0.12, 0.08), corner * (1.0 - smoothstep(0.34, 0.34 + aa, back)));
    bool on = uCalm > 0.5 || fract(uBeat * 1.4) < 0.55;
    bool that = vLocal.x < 0.0 ? (vFlags & 64) != 0 : (vFlags & 128) != 0;
    if (on && that && !parked)
      c = mix(c, vec3(1.0, 0.7, 0.05), corner * (1.0 - smoothstep(0.42, 0.42 + aa, min(back, front))));
  }
  // A dark rim holds the shape together on any ground.
  float rim = smoothstep(-1.6, -0.4, d / vPixel) * (vPixel < 0.6 ? 0.55 : 0.25);
  if (CORNERS == ${FLAT}) c = mix(c, uOutline, rim * (parked ? 0.4 : 1.0));
  colour = vec4(c * alpha, alpha);
}
`;

/** From afar: rounded dots with a dark rim. */
const FAR_FRAGMENT = `
in vec2 vLocal;
in vec2 vHalf;
in vec3 vColour;
in float vPixel;
flat in int vShape;
uniform vec3 uOutline;
uniform vec3 uGround;
void main() {
  vec2 q = max(abs(vLocal) - vHalf * 0.4, 0.0) / (vHalf * 0.6);
  float d = (length(q) - 1.0) * 0.6 * vHalf.x / vPixel;
  float alpha = clamp(0.5 - d, 0.0, 1.0);
  vec3 c = vShape > 15 ? mix(vColour, uGround, 0.52) : vColour;
  c = mix(c, uOutline, 0.22 * clamp(1.2 + d, 0.0, 1.0));
  colour = vec4(c * alpha, alpha);
}
`;

type Detail = "far" | "near" | "block";

/** Uniforms that place vehicles: shared by whatever follows them (arcs, rings). */
export function motionUniforms(): Uniforms {
  return { uStateA: { value: null }, uStateB: { value: null }, uInto: { value: 0 }, uSpan: { value: 0 } };
}

export class Vehicles {
  readonly mesh: Mesh<BufferGeometry, RawShaderMaterial>;
  private readonly looks: Record<Detail, RawShaderMaterial>;
  private readonly own: Uniforms;
  private readonly paletteTexture: DataTexture;
  private textures = new Map<Float32Array, DataTexture>();
  private lookTexture: DataTexture | null = null;
  private uploaded = new Map<Float32Array, number>();
  private drawn: { fleet: Fleet; generation: number } | null = null;
  private corners = FLAT;
  private room = 0;

  constructor(
    shared: Shared,
    private readonly motion: Uniforms,
  ) {
    this.paletteTexture = new DataTexture(
      palette("light"),
      PALETTE_WIDTH,
      COLOURINGS.length,
      RGBAFormat,
      UnsignedByteType,
    );
    this.own = {
      ...motion,
      uLook: { value: null },
      uPalette: { value: this.paletteTexture },
      uColourBy: { value: 0 },
      uPersons: { value: 1 },
      uOutline: { value: [0, 0, 0] },
      uGround: { value: [1, 1, 1] },
      uCalm: { value: 0 },
    };
    const look = (corners: number, far: boolean) => {
      const define = `#define CORNERS ${corners}\n${far ? "#define FAR\n" : ""}`;
      return material(shared, this.own, define + VERTEX, define + (far ? FAR_FRAGMENT : FRAGMENT), { blend: true });
    };
    this.looks = { far: look(FLAT, true), near: look(FLAT, false), block: look(BLOCK, false) };
    this.mesh = new Mesh(new BufferGeometry(), this.looks.far);
    this.mesh.frustumCulled = false;
    this.mesh.matrixAutoUpdate = false;
    this.mesh.renderOrder = 30;
  }

  restyle(theme: Theme, colourBy: ColourBy, calm: boolean, emphasis: Emphasis): void {
    this.paletteTexture.image.data = palette(theme, emphasis);
    this.paletteTexture.needsUpdate = true;
    this.own.uColourBy.value = COLOURINGS.indexOf(colourBy);
    this.own.uOutline.value = rgb(STYLES[theme].outline);
    this.own.uGround.value = rgb(STYLES[theme].bay);
    this.own.uCalm.value = calm ? 1 : 0;
  }

  showPersons(on: boolean): void {
    this.own.uPersons.value = on ? 1 : 0;
  }

  /** Before drawing: which states, and whether as blocks. */
  update(fleet: Fleet, between: Between, rise: number, metres: number): void {
    if (this.drawn?.fleet !== fleet || this.drawn.generation !== fleet.generation) {
      this.drawn = { fleet, generation: fleet.generation };
      this.drop();
    }
    this.motion.uStateA.value = this.texture(between.a.data, between.a.time);
    this.motion.uStateB.value = this.texture(between.b.data, between.b.time);
    this.motion.uInto.value = Math.min(between.into, 1e6);
    this.motion.uSpan.value = between.span;
    if (!this.lookTexture) this.lookTexture = floats(fleet.look);
    if (fleet.lookChanged) {
      this.lookTexture.needsUpdate = true;
      fleet.lookChanged = false;
    }
    this.own.uLook.value = this.lookTexture;
    const detail: Detail = rise > 0.05 && metres < BLOCK_METRES ? "block" : metres > FAR_METRES ? "far" : "near";
    const corners = detail === "block" ? BLOCK : FLAT;
    if (corners !== this.corners || fleet.capacity !== this.room) this.rebuild(corners, fleet.capacity);
    this.mesh.geometry.setDrawRange(0, (fleet.high * corners * 6) / 4);
    // Among houses they may stand before and behind; from above nothing hides them.
    const look = this.looks[detail];
    look.depthTest = rise > 0;
    look.depthWrite = detail === "block";
    this.mesh.material = look;
  }

  /** States change in place: their textures are uploaded again when their time has changed. */
  touched(data: Float32Array): void {
    this.uploaded.delete(data);
  }

  /** What a lost context held. */
  forget(): void {
    this.drop();
    for (const look of Object.values(this.looks)) look.dispose();
  }

  dispose(): void {
    this.drop();
    this.mesh.geometry.dispose();
    for (const look of Object.values(this.looks)) look.dispose();
    this.paletteTexture.dispose();
  }

  private drop(): void {
    for (const one of this.textures.values()) one.dispose();
    this.lookTexture?.dispose();
    this.lookTexture = null;
    this.textures.clear();
    this.uploaded.clear();
  }

  private texture(data: Float32Array<ArrayBuffer>, time: number): DataTexture {
    let texture = this.textures.get(data);
    if (!texture) this.textures.set(data, (texture = floats(data)));
    if (this.uploaded.get(data) !== time) {
      texture.needsUpdate = true;
      this.uploaded.set(data, time);
    }
    return texture;
  }

  private rebuild(corners: number, capacity: number): void {
    this.corners = corners;
    this.room = capacity;
    const index = new Uint32Array((capacity * corners * 6) / 4);
    for (let quad = 0, at = 0; at < index.length; quad += 4)
      for (const corner of [0, 1, 2, 0, 2, 3]) index[at++] = quad + corner;
    this.mesh.geometry.dispose();
    this.mesh.geometry = new BufferGeometry();
    this.mesh.geometry.setIndex(new BufferAttribute(index, 1));
  }
}

function floats(data: Float32Array<ArrayBuffer>): DataTexture {
  const texture = new DataTexture(data, ACROSS, data.length / 4 / ACROSS, RGBAFormat, FloatType);
  texture.minFilter = texture.magFilter = NearestFilter;
  texture.needsUpdate = true;
  return texture;
}
