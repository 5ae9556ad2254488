/** What sensors have seen: open squares that move on as the tracks do until news of them comes. */

import { Mesh, type RawShaderMaterial } from "three";
import type { TrackRow } from "../protocol";
import { material, type Shared } from "./materials";
import { numbered, Table } from "./table";

const ROOM = 2048;
/** A track without news stops after so long, s. */
const LONGEST = 1;

const VERTEX = `
uniform sampler2D uTracks;
uniform float uSince;
uniform vec3 uAlone;
uniform vec3 uBoth;
uniform vec2 uStrong;   // who is sensed alone, who is heard too
out vec2 vAt;
flat out vec4 vColour;
void main() {
  int track = gl_VertexID / 4;
  int corner = gl_VertexID - track * 4;
  vec4 place = texelFetch(uTracks, ivec2(track, 0), 0);   // x, y [m], vx, vy [m/s]
  vec4 what = texelFetch(uTracks, ivec2(track, 1), 0);    // whether it is heard too, least size [m]
  vec2 at = place.xy + place.zw * uSince;
  float pixel = pixelAt(seen(vec3(at, 0.0)));
  vAt = vec2(corner == 0 || corner == 3 ? -1.0 : 1.0, corner < 2 ? -1.0 : 1.0);
  bool both = what.x > 0.5;
  gl_Position = seen(vec3(at + vAt * max(what.y, (both ? 5.0 : 6.5) * pixel), 0.0));
  vColour = both ? vec4(uBoth, 0.6 * uStrong.y) : vec4(uAlone, 0.95 * uStrong.x);
}
`;

/** The corners of a square; its sides are left open, so that who is inside can be seen. */
const FRAGMENT = `
in vec2 vAt;
flat in vec4 vColour;
void main() {
  vec2 p = abs(vAt);
  if (max(p.x, p.y) < 0.72 || min(p.x, p.y) < 0.4) discard;
  colour = vec4(vColour.rgb * vColour.a, vColour.a);
}
`;

export class Tracks {
  readonly mesh: Mesh;
  readonly table = new Table(ROOM, 2);
  count = 0;
  private readonly look: RawShaderMaterial;
  private time = 0;

  constructor(shared: Shared, order: number) {
    const own = {
      uTracks: { value: this.table.texture },
      uSince: { value: 0 },
      uAlone: { value: [1, 0, 0] },
      uBoth: { value: [1, 0, 0] },
      uStrong: { value: [1, 1] },
    };
    this.look = material(shared, own, VERTEX, FRAGMENT, { blend: true });
    this.mesh = numbered(ROOM, 4, [0, 1, 2, 0, 2, 3], this.look, order);
    this.set(0, [], 0, 0);
  }

  /** Colours, and how strongly each is drawn, 0..1. */
  restyle(alone: [number, number, number], both: [number, number, number], strongly = 1, bothStrongly = 1): void {
    this.look.uniforms.uStrong.value = [strongly, bothStrongly];
    this.look.uniforms.uAlone.value = alone;
    this.look.uniforms.uBoth.value = both;
  }

  /** As they were at a time [s]. */
  set(time: number, tracks: readonly TrackRow[], originX: number, originY: number): void {
    this.time = time;
    this.count = Math.min(tracks.length, ROOM);
    for (let i = 0; i < this.count; i++) {
      const [x, y, vx, vy, , heard] = tracks[i];
      this.table.set(i, 0, x - originX, y - originY, vx, vy);
      this.table.set(i, 1, heard, 1.6, 0, 0);
    }
    this.mesh.geometry.setDrawRange(0, 6 * this.count);
  }

  /** Move them on to the time that is drawn [s]; `shown`: the layer is on. */
  update(drawn: number, shown: boolean): void {
    this.mesh.visible = shown && this.count > 0;
    this.look.uniforms.uSince.value = Math.min(LONGEST, Math.max(-LONGEST, drawn - this.time)) || 0;
  }

  dispose(): void {
    this.mesh.geometry.dispose();
    this.look.dispose();
    this.table.dispose();
  }
}
