/** Signal heads at their stop lines: one field per link, told apart by shape as well as by colour (red a bar, amber
 * two dots, green an arrowhead). */

import { BufferAttribute, BufferGeometry, Color, Group, Mesh, type RawShaderMaterial } from "three";
import type { World } from "../protocol";
import { material, type Shared } from "./materials";
import { rgb, signalColour } from "./style";

const DEEP = 1.5;

const VERTEX = `
in vec3 position;       // middle of the field, number of the corner
in vec4 facing;         // unit vector ahead, half width [m], shape
in vec3 tint;
uniform float uFade;
out vec2 vAt;
out vec3 vTint;
out float vShape;
out float vSize;
void main() {
  int corner = int(position.z + 0.5);
  vAt = vec2(corner == 0 || corner == 3 ? -1.0 : 1.0, corner < 2 ? -1.0 : 1.0);
  vec2 ahead = facing.xy;
  vec2 right = vec2(ahead.y, -ahead.x);
  float pixel = pixelAt(seen(vec3(position.xy, 0.0)));
  float wide = max(facing.z, 2.0 * pixel);
  float deep = max(${(DEEP / 2).toFixed(2)}, 1.7 * pixel);
  gl_Position = seen(vec3(position.xy + right * vAt.x * wide + ahead * (vAt.y * deep + 0.4), 0.0));
  vTint = tint;
  vShape = facing.w;
  vSize = deep / pixel;
}
`;

const FRAGMENT = `
in vec2 vAt;
in vec3 vTint;
in float vShape;
in float vSize;
uniform float uFade;
void main() {
  vec2 p = abs(vAt);
  float on = 1.0;
  if (vSize > 3.5) {
    float soft = 0.5 / vSize;
    if (vShape < 0.5) on = 0.35;
    else if (vShape < 1.5) on = (1.0 - smoothstep(0.42 - soft, 0.42 + soft, p.y)) * (1.0 - smoothstep(0.92 - soft, 0.92 + soft, p.x));
    else if (vShape < 2.5) on = (1.0 - smoothstep(0.42 - soft, 0.42 + soft, p.y)) * smoothstep(0.14, 0.14 + soft, p.x) * (1.0 - smoothstep(0.86 - soft, 0.86 + soft, p.x));
    else on = (1.0 - smoothstep(-soft, soft, abs(vAt.y - 0.15 + 0.6 * p.x) - 0.36)) * (1.0 - smoothstep(0.92 - soft, 0.92 + soft, p.x));
  }
  float alpha = on * uFade;
  if (alpha < 0.02) discard;
  colour = vec4(vTint * alpha, alpha);
}
`;

interface Field {
  first: number;
  state: string;
  light: number;
  link: number;
}

export class Signals {
  readonly group = new Group();
  private readonly look: RawShaderMaterial;
  private readonly fields: Field[][] = [];
  private readonly facing: Float32Array<ArrayBuffer>;
  private readonly tint: Float32Array<ArrayBuffer>;
  private readonly mesh: Mesh;
  readonly states: string[];

  constructor(shared: Shared, world: World, originX: number, originY: number) {
    const fields = world.lights.reduce(
      (sum, light) => sum + light.heads.reduce((n, head) => n + head.links.length, 0),
      0,
    );
    const position = new Float32Array(fields * 12);
    this.facing = new Float32Array(fields * 16);
    this.tint = new Float32Array(fields * 12);
    const index = new Uint32Array(fields * 6);
    this.states = world.lights.map(() => "");
    let n = 0;
    world.lights.forEach((light, number) => {
      const own: Field[] = [];
      for (const head of light.heads) {
        const angle = (head.heading * Math.PI) / 180;
        const [fx, fy] = [Math.sin(angle), Math.cos(angle)];
        const lane = (world.lanes.width[head.lane] ?? 3.2) - 0.4;
        const wide = lane / head.links.length;
        head.links.forEach((link, place) => {
          // SUMO counts a lane's links from the right to the left.
          const across = lane / 2 - (place + 0.5) * wide;
          for (let corner = 0; corner < 4; corner++) {
            const v = n * 4 + corner;
            position.set([head.x - originX + fy * across, head.y - originY - fx * across, corner], v * 3);
            this.facing.set([fx, fy, (wide / 2) * 0.92, 0], v * 4);
          }
          index.set(
            [0, 1, 2, 0, 2, 3].map((corner) => n * 4 + corner),
            n * 6,
          );
          own.push({ first: n * 4, state: "", light: number, link });
          n++;
        });
      }
      this.fields.push(own);
    });
    const geometry = new BufferGeometry();
    geometry.setAttribute("position", new BufferAttribute(position, 3));
    geometry.setAttribute("facing", new BufferAttribute(this.facing, 4));
    geometry.setAttribute("tint", new BufferAttribute(this.tint, 3));
    geometry.setIndex(new BufferAttribute(index, 1));
    this.look = material(shared, { uFade: { value: 1 } }, VERTEX, FRAGMENT, { blend: true });
    this.mesh = new Mesh(geometry, this.look);
    this.mesh.frustumCulled = false;
    this.mesh.matrixAutoUpdate = false;
    this.mesh.renderOrder = 28;
    this.group.add(this.mesh);
    for (let light = 0; light < this.states.length; light++) this.set(light, "");
  }

  /** The state of a light; unknown ones are shown as off. */
  set(light: number, state: string): void {
    const fields = this.fields[light];
    if (!fields) return;
    this.states[light] = state;
    const colour = new Color();
    for (const field of fields) {
      const letter = state[field.link] ?? "O";
      if (letter === field.state) continue;
      field.state = letter;
      colour.setRGB(...rgb(signalColour(letter)));
      const shape = "Gg".includes(letter) ? 3 : "yYou".includes(letter) ? 2 : "rs".includes(letter) ? 1 : 0;
      for (let corner = 0; corner < 4; corner++) {
        const v = field.first + corner;
        this.tint.set([colour.r, colour.g, colour.b], v * 3);
        this.facing[v * 4 + 3] = shape;
      }
    }
    this.mesh.geometry.getAttribute("tint").needsUpdate = true;
    this.mesh.geometry.getAttribute("facing").needsUpdate = true;
  }

  restyle(metres: number, on: boolean): void {
    const fade = 1 - Math.min(1, Math.max(0, (metres - 1.3) / 0.9));
    this.look.uniforms.uFade.value = fade;
    this.group.visible = on && fade > 0.02;
  }

  hide(behind: boolean): void {
    this.look.depthTest = behind;
  }

  dispose(): void {
    this.mesh.geometry.dispose();
    this.look.dispose();
  }
}
