/** What units' sensors look at, on the ground: sectors, or a circle. They belong to the layer that is kept. */

import { Group, Mesh, type BufferGeometry, type RawShaderMaterial } from "three";
import type { Shape, World } from "../protocol";
import { Triangles } from "./geometry/mesh";
import { STRIP, strip } from "./geometry/shapes";
import { flatGeometry, flatMaterial, paint, polygon, stripGeometry, stripMaterial } from "./ground";
import type { Shared } from "./materials";
import { MARKS, type Theme } from "./style";

/** Degrees from one corner to the next, about. */
const STEP = 6;

/** Outlines of a field of view around x, y: one for each sector. */
export function outlines(x: number, y: number, range: number, sectors: readonly [number, number][]): Shape[] {
  const around: readonly [number, number][] = sectors.length ? sectors : [[0, 360]];
  return around.map(([begin, width]) => {
    const whole = width >= 360;
    const n = Math.max(2, Math.ceil(width / STEP));
    const shape: Shape = whole ? [] : [x, y];
    for (let i = 0; i < (whole ? n : n + 1); i++) {
      const angle = ((begin + (width * i) / n) * Math.PI) / 180;
      shape.push(x + range * Math.sin(angle), y + range * Math.cos(angle));
    }
    return shape;
  });
}

export class Fields {
  readonly group = new Group();
  /** Units that are off see nothing. */
  private off = "";
  private readonly fill: RawShaderMaterial;
  private readonly rim: RawShaderMaterial;

  constructor(
    shared: Shared,
    private readonly world: World,
    private readonly originX: number,
    private readonly originY: number,
  ) {
    this.fill = flatMaterial(shared);
    this.rim = stripMaterial(shared);
    this.build(new Set());
  }

  restyle(theme: Theme): void {
    const colour = MARKS[theme].sensed;
    paint(this.fill, colour, theme === "dark" ? 0.08 : 0.06);
    paint(this.rim, colour, 0.5);
    this.rim.uniforms.uLeast.value = 1;
  }

  /** True where that has changed what is seen. */
  without(off: readonly number[]): boolean {
    if (off.join() === this.off) return false;
    this.off = off.join();
    this.build(new Set(off));
    return true;
  }

  dispose(): void {
    this.empty();
    this.fill.dispose();
    this.rim.dispose();
  }

  private build(off: ReadonlySet<number>): void {
    this.empty();
    const [faces, lines] = [new Triangles(3), new Triangles(STRIP)];
    this.world.units.forEach((unit, number) => {
      if (!unit.sensor || off.has(number)) return;
      const [x, y] = [unit.x - this.originX, unit.y - this.originY];
      for (const shape of outlines(x, y, unit.sensor.range, unit.sensor.sectors)) {
        polygon(faces, shape);
        strip(lines, [...shape, shape[0], shape[1]], 0.2);
      }
    });
    if (faces.count === 0) return;
    this.add(new Mesh(flatGeometry(faces), this.fill), 9);
    this.add(new Mesh(stripGeometry(lines), this.rim), 9.1);
  }

  private add(mesh: Mesh<BufferGeometry, RawShaderMaterial>, order: number): void {
    mesh.renderOrder = order;
    mesh.matrixAutoUpdate = false;
    this.group.add(mesh);
  }

  private empty(): void {
    for (const mesh of [...this.group.children]) {
      (mesh as Mesh<BufferGeometry>).geometry.dispose();
      this.group.remove(mesh);
    }
  }
}
