/** Rings on the ground, around a place or a vehicle: what is selected or hovered, and how far units reach. */

import { Mesh, type RawShaderMaterial } from "three";
import { MOTION } from "./glsl";
import { material, type Shared, type Uniforms } from "./materials";
import { numbered, ribbon, Table } from "./table";

const ROOM = 512;
const SEGMENTS = 64;

const VERTEX = `
uniform sampler2D uRings;
out vec4 vColour;
${MOTION}
void main() {
  int ring = gl_VertexID / ${3 * (SEGMENTS + 1)};
  int corner = gl_VertexID - ring * ${3 * (SEGMENTS + 1)};
  vec4 place = texelFetch(uRings, ivec2(ring, 0), 0);   // x, y, slot or -1, radius [m]
  vec4 paint = texelFetch(uRings, ivec2(ring, 1), 0);   // colour, opacity of the ring
  vec4 look = texelFetch(uRings, ivec2(ring, 2), 0);    // least radius, width [pixels], opacity within, metres back
  gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
  if (place.w <= 0.0) return;
  vec2 middle = place.xy;
  if (place.z >= 0.0) {
    Placed v = placed(int(place.z + 0.5));
    if (!v.there) return;
    middle = v.at - vec2(sin(v.heading), cos(v.heading)) * look.w;
  }
  float pixel = pixelAt(seen(vec3(middle, 0.0)));
  float radius = max(place.w, look.x * pixel);
  float inner = radius - look.y * pixel;
  bool within = corner < ${SEGMENTS + 1};
  int along = within ? corner : (corner - ${SEGMENTS + 1}) / 2;
  bool outer = !within && ((corner - ${SEGMENTS + 1}) % 2 == 1);
  float angle = 2.0 * PI * float(along) / ${SEGMENTS}.0;
  vec2 p = middle + vec2(sin(angle), cos(angle)) * (outer ? radius : inner);
  gl_Position = seen(vec3(p, 0.0));
  float alpha = within ? look.z : paint.w;
  vColour = vec4(paint.rgb * alpha, alpha);
}
`;

const FRAGMENT = `
in vec4 vColour;
void main() { colour = vColour; }
`;

export interface Ring {
  x: number;
  y: number;
  /** Follow this vehicle; `back`: metres from its front. */
  slot?: number;
  back?: number;
  /** m; and pixels at least. */
  radius: number;
  least?: number;
  /** Pixels. */
  width: number;
  colour: [number, number, number];
  opacity: number;
  within?: number;
}

export class Rings {
  readonly mesh: Mesh;
  private readonly table = new Table(ROOM, 3);
  private readonly look: RawShaderMaterial;

  constructor(shared: Shared, motion: Uniforms, order: number) {
    this.look = material(shared, { ...motion, uRings: { value: this.table.texture } }, VERTEX, FRAGMENT, {
      blend: true,
    });
    const fan: number[] = [];
    for (let i = 1; i < SEGMENTS; i++) fan.push(0, i, i + 1);
    this.mesh = numbered(ROOM, 3 * (SEGMENTS + 1), [...fan, ...ribbon(SEGMENTS + 1, SEGMENTS + 1)], this.look, order);
    this.set([]);
  }

  /** All that are to be there; of too many the first. */
  set(rings: Ring[]): void {
    const n = Math.min(rings.length, ROOM);
    for (let i = 0; i < n; i++) {
      const ring = rings[i];
      this.table.set(i, 0, ring.x, ring.y, ring.slot ?? -1, Math.max(ring.radius, 1e-3));
      this.table.set(i, 1, ...ring.colour, ring.opacity);
      this.table.set(i, 2, ring.least ?? 0, ring.width, ring.within ?? 0, ring.back ?? 0);
    }
    this.mesh.geometry.setDrawRange(0, n * 3 * (SEGMENTS - 1 + 2 * SEGMENTS));
    this.mesh.visible = n > 0;
  }

  hide(behind: boolean): void {
    this.look.depthTest = behind;
  }

  dispose(): void {
    this.mesh.geometry.dispose();
    this.look.dispose();
    this.table.dispose();
  }
}
