/** Roads and bays picked out: closed roads, and the outline of what is selected or hovered. */

import { Group, Mesh, type BufferGeometry, type RawShaderMaterial } from "three";
import type { Ref, Shape, World } from "../protocol";
import { Triangles } from "./geometry/mesh";
import { along, lengthOf, rectangle, STRIP, strip } from "./geometry/shapes";
import { paint, stripGeometry, stripMaterial } from "./ground";
import type { Shared } from "./materials";

/** Strips drawn in one colour, replaced as a whole. */
export class Overlay {
  readonly group = new Group();
  private readonly look: RawShaderMaterial;
  private mesh: Mesh<BufferGeometry, RawShaderMaterial> | null = null;

  constructor(
    shared: Shared,
    private readonly order: number,
  ) {
    this.look = stripMaterial(shared);
  }

  restyle(colour: string, alpha: number, least: number, grow = 0): void {
    paint(this.look, colour, alpha);
    this.look.uniforms.uLeast.value = least;
    this.look.uniforms.uGrow.value = grow;
  }

  hide(behind: boolean): void {
    this.look.depthTest = behind;
  }

  set(build: (out: Triangles) => void): void {
    if (this.mesh) {
      this.group.remove(this.mesh);
      this.mesh.geometry.dispose();
      this.mesh = null;
    }
    const triangles = new Triangles(STRIP);
    build(triangles);
    if (triangles.count === 0) return;
    this.mesh = new Mesh(stripGeometry(triangles), this.look);
    this.mesh.renderOrder = this.order;
    this.mesh.matrixAutoUpdate = false;
    this.group.add(this.mesh);
  }

  dispose(): void {
    this.set(() => {});
    this.look.dispose();
  }
}

/** Where things of the world are, relative to its origin. */
export class Atlas {
  private readonly lanesOf = new Map<number, number[]>();

  constructor(
    readonly world: World,
    readonly originX: number,
    readonly originY: number,
  ) {
    world.lanes.edge.forEach((edge, lane) => {
      const list = this.lanesOf.get(edge);
      if (list) list.push(lane);
      else this.lanesOf.set(edge, [lane]);
    });
  }

  here(shape: Shape): Shape {
    return shape.map((value, i) => value - (i % 2 === 0 ? this.originX : this.originY));
  }

  lanes(edge: number): number[] {
    return this.lanesOf.get(edge) ?? [];
  }

  /** The middle of what stands still, and how far it reaches [m]. */
  middle(kind: string, number: number): { x: number; y: number; reach: number } | null {
    const { world } = this;
    const at = (one: { x: number; y: number } | undefined, reach: number) =>
      one ? { x: one.x - this.originX, y: one.y - this.originY, reach } : null;
    switch (kind) {
      case "unit":
        return at(world.units[number], 4);
      // Their bays are outlined, or their badge is.
      case "park":
        return at(world.parks[number], 0);
      case "site":
        return at(world.sites[number], 0);
      case "light": {
        const light = world.lights[number];
        if (!light) return null;
        const reach = light.heads.map((head) => Math.hypot(head.x - light.x, head.y - light.y) + 3);
        return at(light, Math.min(60, Math.max(8, ...reach)));
      }
      case "edge": {
        const lanes = this.lanes(number);
        if (lanes.length === 0) return null;
        const shape = world.lanes.shapes[lanes[lanes.length >> 1]];
        return at(along(shape, lengthOf(shape) / 2), 0);
      }
      default:
        return null;
    }
  }

  /** The outline of a place as strips: the lanes of an edge, the bays of a car park or site. */
  outline(ref: Ref, out: Triangles): void {
    const [kind, text] = ref.split("/");
    const number = Number(text);
    const bays =
      kind === "park"
        ? (this.world.parks[number]?.bays ?? [])
        : kind === "site"
          ? (this.world.sites[number]?.groups.flatMap((group) => group.bays) ?? [])
          : [];
    for (const [x, y, heading, length, width] of bays) {
      const points = rectangle(x - this.originX, y - this.originY, heading, length, width);
      strip(out, [...points, points[0], points[1]], 0.22);
    }
    if (kind === "edge") this.road(number, out);
  }

  road(edge: number, out: Triangles): void {
    for (const lane of this.lanes(edge))
      strip(out, this.here(this.world.lanes.shapes[lane]), this.world.lanes.width[lane]);
  }
}
