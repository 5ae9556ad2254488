/** Buildings: shadows on the ground, footprints from above, blocks with light and shade when tilted. */

import { BufferAttribute, BufferGeometry, Color, Group, LessDepth, Mesh, type RawShaderMaterial } from "three";
import type { Shape, World } from "../protocol";
import { Triangles } from "./geometry/mesh";
import { faces, ring, STRIP, strip } from "./geometry/shapes";
import { paint, stripGeometry, stripMaterial } from "./ground";
import { material, type Shared } from "./materials";
import { rgb, type Style } from "./style";

/** Where shadows fall, m per m of height: the sun stands in the south-west. */
const SHADOW: readonly [number, number] = [0.42, 0.3];
const TALLEST_SHADOW = 60;

/** x, y, z, normal (0, 0 for roofs), shade of this building */
const WALL = 6;
/** x, y and how far its shadow is cast, m */
const CAST = 3;

const BLOCK_VERTEX = `
in vec3 position;
in vec3 facing;
uniform vec3 uRoof;
uniform vec3 uWall;
uniform float uNight;
out vec3 vColour;
out vec3 vPlace;
void main() {
  float high = height(position.z);
  gl_Position = seen(vec3(position.xy, high));
  bool roof = dot(facing.xy, facing.xy) < 0.25;
  float sun = dot(facing.xy, vec2(-0.81, -0.58));
  float low = exp(-high * 0.12);
  vec3 wall = uWall * (1.0 + 0.13 * sun) * (1.0 - 0.16 * low);
  vColour = (roof ? uRoof : wall) * (1.0 + facing.z);
  // Along the wall and up it, for the windows; none on roofs.
  vPlace = vec3(dot(position.xy, vec2(-facing.y, facing.x)), high, roof ? 0.0 : 1.0);
}
`;

/** Windows: rows of storeys, some of them lit at night; they fade where they would be too small to see. */
const BLOCK = `
in vec3 vColour;
in vec3 vPlace;
uniform float uNight;
uniform float uMetres;
float random(vec2 p) { return fract(sin(dot(p, vec2(12.9898, 78.233))) * 43758.5453); }
void main() {
  vec3 c = vColour;
  float visible = vPlace.z * (1.0 - smoothstep(0.35, 1.1, uMetres));
  if (visible > 0.01) {
    vec2 at = vec2(vPlace.x / 2.6, (vPlace.y - 0.6) / 3.2);
    vec2 in_ = fract(at);
    float pane = step(0.22, in_.x) * step(in_.x, 0.78) * step(0.3, in_.y) * step(in_.y, 0.8) * step(0.0, at.y);
    float lit = step(0.72, random(floor(at)));
    vec3 glass = mix(c * 0.86, mix(c * 0.8, vec3(0.78, 0.66, 0.42), 0.55 * lit), uNight);
    c = mix(c, glass, pane * visible);
  }
  colour = vec4(c, 1.0);
}
`;

/** All shadows at one depth, drawn only where there is none yet: where two overlap it gets no darker. */
const SHADOW_VERTEX = `
in vec3 position;
uniform vec2 uSun;
void main() {
  vec4 p = seen(vec3(position.xy + uSun * min(position.z, 0.6 * uTallest), 0.0));
  gl_Position = vec4(p.xy, 0.5 * p.w, p.w);
}
`;

const SHADOW_FRAGMENT = `
uniform float uAlpha;
void main() { colour = vec4(0.0, 0.0, 0.0, uAlpha); }
`;

/** Walls and roof of one building, at heights 0 and \`height\`; triangles face outwards. */
export function block(out: Triangles, points: Shape, height: number, shade: number): void {
  for (let i = 0, j = points.length - 2; i < points.length; j = i, i += 2) {
    const [ax, ay, bx, by] = [points[j], points[j + 1], points[i], points[i + 1]];
    const length = Math.hypot(bx - ax, by - ay) || 1;
    const [nx, ny] = [(by - ay) / length, -(bx - ax) / length];
    const a = out.vertex(ax, ay, 0, nx, ny, shade);
    const b = out.vertex(bx, by, 0, nx, ny, shade);
    const c = out.vertex(bx, by, height, nx, ny, shade);
    const d = out.vertex(ax, ay, height, nx, ny, shade);
    out.quad(a, b, c, d);
  }
  const first = out.count;
  const roof = faces(points);
  for (let i = 0; i < points.length; i += 2) out.vertex(points[i], points[i + 1], height, 0, 0, shade);
  for (const [a, b, c] of roof) out.triangle(first + a, first + b, first + c);
}

function cast(out: Triangles, points: Shape, height: number): void {
  const reach = Math.min(height, TALLEST_SHADOW);
  const first = out.count;
  for (let i = 0; i < points.length; i += 2) {
    out.vertex(points[i], points[i + 1], 0);
    out.vertex(points[i], points[i + 1], reach);
  }
  const n = points.length / 2;
  for (let i = 0, j = n - 1; i < n; j = i++)
    out.quad(first + 2 * j, first + 2 * i, first + 2 * i + 1, first + 2 * j + 1);
  for (const [a, b, c] of faces(points)) out.triangle(first + 2 * a + 1, first + 2 * b + 1, first + 2 * c + 1);
}

export class Buildings {
  /** On the ground, and standing on it. */
  readonly shadows = new Group();
  readonly blocks = new Group();
  private readonly look: RawShaderMaterial;
  private readonly outline: RawShaderMaterial;
  private readonly shadow: RawShaderMaterial;
  private readonly lines: Mesh | null = null;

  constructor(shared: Shared, world: World, originX: number, originY: number) {
    this.look = material(
      shared,
      { uRoof: { value: new Color() }, uWall: { value: new Color() }, uNight: { value: 0 } },
      BLOCK_VERTEX,
      BLOCK,
      { depth: true },
    );
    this.outline = stripMaterial(shared);
    this.outline.depthTest = true;
    this.shadow = material(
      shared,
      { uSun: { value: SHADOW }, uAlpha: { value: 0.1 } },
      SHADOW_VERTEX,
      SHADOW_FRAGMENT,
      { blend: true, depth: true },
    );
    this.shadow.depthFunc = LessDepth;
    const walls = new Triangles(WALL);
    const shade = new Triangles(CAST);
    const edges = new Triangles(STRIP);
    world.buildings.forEach((one, i) => {
      const points = ring(one.shape.map((value, k) => value - (k % 2 === 0 ? originX : originY)));
      if (points.length < 6) return;
      const tone = (((i * 2654435761) >>> 0) / 2 ** 32 - 0.5) * 0.06;
      block(walls, points, one.height, tone);
      cast(shade, points, one.height);
      strip(edges, [...points, points[0], points[1]], 0.2, one.height);
    });
    if (walls.count === 0) return;
    const geometry = new BufferGeometry();
    const data = walls.data();
    geometry.setAttribute("position", new BufferAttribute(pick(data, WALL, 0), 3));
    geometry.setAttribute("facing", new BufferAttribute(pick(data, WALL, 3), 3));
    geometry.setIndex(new BufferAttribute(walls.index(), 1));
    add(this.blocks, geometry, this.look, 20);
    this.lines = add(this.blocks, stripGeometry(edges), this.outline, 21);
    const ground = new BufferGeometry();
    ground.setAttribute("position", new BufferAttribute(shade.data(), 3));
    ground.setIndex(new BufferAttribute(shade.index(), 1));
    add(this.shadows, ground, this.shadow, 8);
  }

  restyle(style: Style, metres: number, night: boolean): void {
    (this.look.uniforms.uRoof.value as Color).setRGB(...rgb(style.roof));
    (this.look.uniforms.uWall.value as Color).setRGB(...rgb(style.wall));
    this.look.uniforms.uNight.value = night ? 1 : 0;
    this.shadow.uniforms.uAlpha.value = style.shadow;
    const visible = 1 - Math.min(1, Math.max(0, (metres - 1.2) / 1.6));
    paint(this.outline, style.roofEdge, visible);
    this.outline.uniforms.uLeast.value = 0.5;
    if (this.lines) this.lines.visible = visible > 0.02;
    this.shadows.visible = metres < 6;
  }

  show(on: boolean): void {
    this.blocks.visible = this.shadows.visible = on;
  }

  dispose(): void {
    for (const group of [this.shadows, this.blocks])
      for (const one of group.children) {
        const mesh = one as Mesh<BufferGeometry, RawShaderMaterial>;
        mesh.geometry.dispose();
        mesh.material.dispose();
      }
  }
}

function pick(data: Float32Array, width: number, from: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array((data.length / width) * 3);
  for (let i = 0, at = from; i < out.length; i += 3, at += width) {
    out[i] = data[at];
    out[i + 1] = data[at + 1];
    out[i + 2] = data[at + 2];
  }
  return out;
}

function add(group: Group, geometry: BufferGeometry, look: RawShaderMaterial, order: number): Mesh {
  const mesh = new Mesh(geometry, look);
  mesh.renderOrder = order;
  mesh.matrixAutoUpdate = false;
  mesh.frustumCulled = false;
  group.add(mesh);
  return mesh;
}
