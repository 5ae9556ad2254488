/** What applications, policies and observers draw: each kind in a colour of its own, told in the legend by its name. */

import { Group, Mesh, type BufferGeometry, type RawShaderMaterial } from "three";
import type { Drawn, Shape } from "../protocol";
import type { MarkLegend } from "./api";
import { type Emphasis, PLAIN, strength } from "./emphasis";
import { Triangles } from "./geometry/mesh";
import { strip } from "./geometry/shapes";
import { flatGeometry, flatMaterial, paint, polygon } from "./ground";
import type { MapWords } from "./help";
import type { Shared, Uniforms } from "./materials";
import { Overlay } from "./overlays";
import { type Ring, Rings } from "./rings";
import { DRAWN, rgb, type Theme } from "./style";

/** A point, m and pixels at least. */
const POINT = 2.5;
const POINT_LEAST = 5;
/** A line, m. */
const LINE = 1.2;

interface Kind {
  lines: Overlay;
  fill: RawShaderMaterial;
  faces: Mesh<BufferGeometry, RawShaderMaterial> | null;
}

export const drawingKey = (kind: string) => `drawing.${kind}`;

export class Drawings {
  readonly group = new Group();
  words: MapWords[] = [];
  private readonly rings: Rings;
  /** In the order of their first appearance, which says their colour. */
  private readonly kinds = new Map<string, Kind>();
  /** How each kind was drawn last: its legend stays. */
  private readonly signs = new Map<string, MarkLegend["sign"]>();
  private rows: readonly Drawn[] = [];
  private origin: [number, number] = [0, 0];
  private theme: Theme = "light";
  private emphasis: Emphasis = PLAIN;

  constructor(
    private readonly shared: Shared,
    motion: Uniforms,
  ) {
    this.rings = new Rings(shared, motion, 29.7);
    this.group.add(this.rings.mesh);
  }

  take(rows: readonly Drawn[], origin: [number, number]): void {
    this.rows = rows;
    this.origin = origin;
    for (const { kind } of rows) if (!this.kinds.has(kind)) this.kinds.set(kind, this.made());
    for (const [kind, drawn] of this.kinds) this.build(kind, drawn);
    this.renew();
  }

  restyle(theme: Theme, shown: boolean, emphasis: Emphasis): void {
    this.theme = theme;
    this.emphasis = emphasis;
    this.group.visible = shown;
    this.renew();
    if (!shown) this.words = [];
  }

  /** A row for each kind that there has been. */
  legend(): MarkLegend[] {
    return [...this.signs].map(([kind, sign]) => ({
      key: drawingKey(kind),
      label: kind,
      colour: this.colour(kind),
      sign,
      layer: "drawings",
    }));
  }

  hide(behind: boolean): void {
    this.rings.hide(behind);
    for (const { lines, fill } of this.kinds.values()) {
      lines.hide(behind);
      fill.depthTest = behind;
    }
  }

  clear(): void {
    for (const kind of this.kinds.values()) this.drop(kind);
    this.kinds.clear();
    this.signs.clear();
    this.rows = [];
    this.words = [];
    this.rings.set([]);
  }

  dispose(): void {
    this.clear();
    this.rings.dispose();
  }

  private made(): Kind {
    const kind: Kind = { lines: new Overlay(this.shared, 29.4), fill: flatMaterial(this.shared), faces: null };
    this.group.add(kind.lines.group);
    return kind;
  }

  private drop(kind: Kind): void {
    this.group.remove(kind.lines.group);
    if (kind.faces) {
      this.group.remove(kind.faces);
      kind.faces.geometry.dispose();
    }
    kind.lines.dispose();
    kind.fill.dispose();
  }

  private here(shape: Shape): Shape {
    return shape.map((value, i) => value - this.origin[i % 2]);
  }

  private build(kind: string, drawn: Kind): void {
    const mine = this.rows.filter((row) => row.kind === kind);
    const [lines, areas] = [mine.flatMap((row) => row.lines), mine.flatMap((row) => row.areas)];
    if (mine.length)
      this.signs.set(
        kind,
        areas.length ? "area" : lines.length ? "line" : mine.some((row) => row.points.length) ? "dot" : "words",
      );
    drawn.lines.set((out) => {
      for (const line of lines) strip(out, this.here(line), LINE);
      for (const area of areas) strip(out, this.here([...area, area[0], area[1]]), LINE / 2);
    });
    if (drawn.faces) {
      this.group.remove(drawn.faces);
      drawn.faces.geometry.dispose();
      drawn.faces = null;
    }
    const faces = new Triangles(3);
    for (const area of areas) polygon(faces, this.here(area));
    if (faces.count === 0) return;
    drawn.faces = new Mesh(flatGeometry(faces), drawn.fill);
    drawn.faces.renderOrder = 29.3;
    drawn.faces.matrixAutoUpdate = false;
    this.group.add(drawn.faces);
  }

  private colour(kind: string): string {
    const place = [...this.kinds.keys()].indexOf(kind);
    const colours = DRAWN[this.theme];
    return colours[Math.max(0, place) % colours.length];
  }

  private renew(): void {
    const rings: Ring[] = [];
    this.words = [];
    for (const [kind, { lines, fill }] of this.kinds) {
      const alpha = strength(this.emphasis, drawingKey(kind));
      const colour = this.colour(kind);
      lines.restyle(colour, 0.9 * alpha, 1);
      paint(fill, colour, 0.22 * alpha);
      if (!alpha) continue;
      for (const row of this.rows.filter((one) => one.kind === kind)) {
        for (const point of row.points) {
          const [x, y] = this.here(point);
          const look = { radius: POINT, least: POINT_LEAST, width: 1.6, opacity: alpha, within: 0.6 * alpha };
          rings.push({ x, y, colour: rgb(colour), ...look });
        }
        for (const [left, top, text] of row.labels) {
          const [x, y] = this.here([left, top]);
          this.words.push({ x, y, text, colour, lift: 0 });
        }
      }
    }
    this.rings.set(rings);
  }
}
