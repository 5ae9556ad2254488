/** What lies flat: areas, junctions, lanes and their markings, bays. Built once per city. */

import {
  BufferAttribute,
  BufferGeometry,
  Color,
  Group,
  InterleavedBuffer,
  InterleavedBufferAttribute,
  Mesh,
  type RawShaderMaterial,
} from "three";
import type { LaneKind, Shape, World } from "../protocol";
import { Triangles } from "./geometry/mesh";
import { contains, faces, rectangle, ring, STRIP, strip } from "./geometry/shapes";
import { markings } from "./geometry/markings";
import { Grid } from "./grid";
import { material, type Shared } from "./materials";
import { rgb, type Style } from "./style";

/** Order of drawing on the ground. */
const ORDER = { area: 0, edge: 1, casing: 2, junction: 3, lane: 4, bay: 6, marking: 7 };
/** Roads are cut into squares of this many to a side, so that what is out of sight is not drawn. */
const TILES = 6;
/** Above the roofs, for bays within buildings. */
const ROOF_BAYS = 25;
const BAY_LINES = 30;

const STRIP_VERTEX = `
in vec3 position;
in vec2 side;
in float reach;
in float way;
uniform float uGrow;    // metres added on each side
uniform float uLeast;   // half width at least, pixels
out float vWay;
out float vMetres;
void main() {
  vec4 middle = seen(vec3(position.xy, height(position.z)));
  float pixel = pixelAt(middle);
  float half_ = max(reach + uGrow, uLeast * pixel);
  gl_Position = seen(vec3(position.xy + side * half_, height(position.z)));
  // Edges of roofs lie in them: a little nearer to the eye.
  if (position.z > 0.0) gl_Position.z -= 0.0008 * gl_Position.w;
  vWay = way;
  vMetres = pixel;
}
`;

const PLAIN = `
uniform vec3 uColour;
uniform float uAlpha;
void main() { colour = vec4(uColour * uAlpha, uAlpha); }
`;

/** Dashes of 3 m with gaps of 6 m, fading into a faint line where they are too small to see. */
const DASHED = `
in float vWay;
in float vMetres;
uniform vec3 uColour;
uniform float uAlpha;
void main() {
  float at = mod(vWay, 9.0);
  float edge = max(vMetres, 1e-3);
  float on = clamp((3.0 - at) / edge + 0.5, 0.0, 1.0) * clamp(at / edge + 0.5, 0.0, 1.0);
  float alpha = uAlpha * mix(on, 0.33, smoothstep(0.4, 1.2, edge));
  colour = vec4(uColour * alpha, alpha);
}
`;

const FLAT_VERTEX = `
in vec3 position;
void main() { gl_Position = seen(position); }
`;

/** A geometry of strips. */
export function stripGeometry(triangles: Triangles): BufferGeometry {
  const buffer = new InterleavedBuffer(triangles.data(), STRIP);
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", new InterleavedBufferAttribute(buffer, 3, 0));
  geometry.setAttribute("side", new InterleavedBufferAttribute(buffer, 2, 3));
  geometry.setAttribute("reach", new InterleavedBufferAttribute(buffer, 1, 5));
  geometry.setAttribute("way", new InterleavedBufferAttribute(buffer, 1, 6));
  geometry.setIndex(new BufferAttribute(triangles.index(), 1));
  geometry.computeBoundingSphere();
  if (geometry.boundingSphere) geometry.boundingSphere.radius += 20;
  return geometry;
}

export function flatGeometry(triangles: Triangles): BufferGeometry {
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", new BufferAttribute(triangles.data(), 3));
  geometry.setIndex(new BufferAttribute(triangles.index(), 1));
  geometry.computeBoundingSphere();
  return geometry;
}

export function stripMaterial(shared: Shared, dashed = false): RawShaderMaterial {
  return material(
    shared,
    { uColour: { value: new Color() }, uAlpha: { value: 1 }, uGrow: { value: 0 }, uLeast: { value: 0 } },
    STRIP_VERTEX,
    dashed ? DASHED : PLAIN,
    { blend: true },
  );
}

export function flatMaterial(shared: Shared): RawShaderMaterial {
  return material(shared, { uColour: { value: new Color() }, uAlpha: { value: 1 } }, FLAT_VERTEX, PLAIN, {
    blend: true,
  });
}

export function paint(target: RawShaderMaterial, hex: string, alpha = 1): void {
  (target.uniforms.uColour.value as Color).setRGB(...rgb(hex));
  target.uniforms.uAlpha.value = alpha;
}

/** A polygon's triangles at height 0. */
export function polygon(out: Triangles, shape: Shape): void {
  const points = ring(shape);
  const first = out.count;
  const all = faces(points);
  if (all.length === 0) return;
  for (let i = 0; i < points.length; i += 2) out.vertex(points[i], points[i + 1], 0);
  for (const [a, b, c] of all) out.triangle(first + a, first + b, first + c);
}

/** A sea that is drawn to well beyond the net goes on there: its shape ends somewhere, the sea does not. */
export function beyond(shape: Shape, [x0, y0, x1, y1]: World["bounds"]): Shape {
  const margin = 0.05 * Math.max(x1 - x0, y1 - y0);
  const far = (value: number, low: number, high: number) =>
    value + 40 * (Math.max(0, value - high - margin) - Math.max(0, low - margin - value));
  return shape.map((value, i) => (i % 2 === 0 ? far(value, x0, x1) : far(value, y0, y1)));
}

const AREA_KINDS = ["water", "park", "other"] as const;
type AreaKind = (typeof AREA_KINDS)[number];
const LANE_KINDS: LaneKind[] = ["foot", "cycle", "bus", "road", "rail"];

/** Builds the meshes; `restyle` before they are drawn, and when metres per pixel or the theme change. */
export class Ground {
  readonly group = new Group();
  /** Bays within buildings: painted on their roofs as long as these lie flat. */
  readonly garages = new Group();
  private readonly areas: Record<AreaKind, RawShaderMaterial>;
  private readonly edges: Record<AreaKind, RawShaderMaterial>;
  private readonly casing: RawShaderMaterial;
  private readonly lanes: Record<LaneKind, RawShaderMaterial>;
  private readonly junctions: RawShaderMaterial;
  private readonly bays: RawShaderMaterial;
  private readonly chargeBays: RawShaderMaterial;
  private readonly bayLines: RawShaderMaterial;
  private readonly solid: RawShaderMaterial;
  private readonly dashed: RawShaderMaterial;
  private readonly garageBays: RawShaderMaterial;
  private readonly garageLines: RawShaderMaterial;
  private readonly near = new Group();
  private readonly garagesNear = new Group();

  constructor(
    shared: Shared,
    world: World,
    private readonly originX: number,
    private readonly originY: number,
  ) {
    const flat = () => flatMaterial(shared);
    const line = () => stripMaterial(shared);
    this.areas = { water: flat(), park: flat(), other: flat() };
    this.edges = { water: line(), park: line(), other: line() };
    this.casing = line();
    this.lanes = { road: line(), bus: line(), cycle: line(), foot: line(), rail: line() };
    this.junctions = flat();
    this.bays = flat();
    this.chargeBays = flat();
    this.bayLines = line();
    this.garageBays = flat();
    this.garageLines = line();
    this.solid = line();
    this.dashed = stripMaterial(shared, true);
    this.buildAreas(world);
    this.buildRoads(world);
    this.buildBays(world);
    this.group.add(this.near);
  }

  restyle(style: Style, metres: number): void {
    const near = 1 - Math.min(1, Math.max(0, (metres - 0.35) / 1.6));
    const mixed = (a: string, b: string) => {
      const [p, q] = [rgb(a), rgb(b)];
      return `#${p
        .map((c, i) =>
          Math.round(255 * (c + (q[i] - c) * near))
            .toString(16)
            .padStart(2, "0"),
        )
        .join("")}`;
    };
    const road = mixed(style.roadFar, style.road);
    paint(this.areas.water, style.water);
    paint(this.areas.park, style.park);
    paint(this.areas.other, style.otherArea);
    paint(this.edges.water, style.shore);
    paint(this.edges.park, style.parkEdge);
    paint(this.edges.other, style.otherArea);
    for (const kind of AREA_KINDS) this.edges[kind].uniforms.uLeast.value = 0.6;
    paint(this.casing, style.casing);
    this.casing.uniforms.uGrow.value = Math.min(1.6, 0.35 + metres * 0.9);
    this.casing.uniforms.uLeast.value = 1.5;
    const least: Record<LaneKind, number> = { road: 0.75, bus: 0.75, cycle: 0.3, foot: 0.25, rail: 0.5 };
    for (const kind of LANE_KINDS) {
      const own = kind === "road" ? road : kind === "bus" ? mixed(style.roadFar, style.bus) : style[kind];
      paint(this.lanes[kind], own);
      this.lanes[kind].uniforms.uLeast.value = least[kind];
    }
    paint(this.junctions, road);
    paint(this.bays, style.bay);
    paint(this.chargeBays, style.chargeBay);
    const marks = 1 - Math.min(1, Math.max(0, (metres - 0.3) / 0.35));
    this.near.visible = this.garagesNear.visible = marks > 0.02;
    paint(this.bayLines, style.bayLine, marks);
    paint(this.garageLines, style.roofEdge, marks);
    paint(this.garageBays, style.chargeBay);
    paint(this.solid, style.marking, 0.85 * marks);
    paint(this.dashed, style.marking, 0.8 * marks);
    for (const one of [this.bayLines, this.garageLines, this.solid, this.dashed]) one.uniforms.uLeast.value = 0.4;
  }

  /** Once the buildings stand, what is in them cannot be seen. */
  hide(behind: boolean): void {
    this.garages.visible = !behind;
  }

  dispose(): void {
    for (const group of [this.group, this.garages])
      group.traverse((one) => {
        if (!(one instanceof Mesh)) return;
        (one.geometry as BufferGeometry).dispose();
        (one.material as RawShaderMaterial).dispose();
      });
  }

  /** A shape relative to the origin. */
  private here(shape: Shape): Shape {
    return shape.map((value, i) => value - (i % 2 === 0 ? this.originX : this.originY));
  }

  private add(geometry: BufferGeometry, look: RawShaderMaterial, order: number, to = this.group): void {
    const mesh = new Mesh(geometry, look);
    mesh.renderOrder = order;
    mesh.matrixAutoUpdate = false;
    to.add(mesh);
  }

  private buildAreas(world: World): void {
    AREA_KINDS.forEach((kind, place) => {
      const fill = new Triangles(3);
      const line = new Triangles(STRIP);
      for (const one of world.areas) {
        if ((one.kind === "water" || one.kind === "park" ? one.kind : "other") !== kind) continue;
        const shape = kind === "water" ? beyond(one.shape, world.bounds) : one.shape;
        const points = ring(this.here(shape));
        polygon(fill, points);
        strip(line, [...points, points[0], points[1]], 0.3);
      }
      // Water lies over parks: lakes in parks, not the other way round; docks cut into anything.
      const order = ORDER.area + 0.1 * (AREA_KINDS.length - place);
      if (fill.count > 0) this.add(flatGeometry(fill), this.areas[kind], order);
      if (line.count > 0) this.add(stripGeometry(line), this.edges[kind], order + 0.05);
    });
  }

  private buildRoads(world: World): void {
    const [x0, y0, x1, y1] = world.bounds;
    const tile = (shape: Shape) => {
      const at = (value: number, from: number, to: number) =>
        Math.min(TILES - 1, Math.max(0, Math.floor(((value - from) / Math.max(to - from, 1)) * TILES)));
      return at(shape[0], x0, x1) * TILES + at(shape[1], y0, y1);
    };
    const gathered = new Map<string, Triangles>();
    const into = (name: string) => {
      let found = gathered.get(name);
      if (!found) gathered.set(name, (found = new Triangles(STRIP)));
      return found;
    };
    world.lanes.shapes.forEach((shape, i) => {
      if (shape.length < 4) return;
      strip(into(`${world.lanes.kind[i]} ${tile(shape)}`), this.here(shape), world.lanes.width[i]);
    });
    for (const [name, triangles] of gathered) {
      const kind = name.split(" ")[0] as LaneKind;
      const geometry = stripGeometry(triangles);
      if (kind !== "foot" && kind !== "rail") this.add(geometry, this.casing, ORDER.casing);
      this.add(geometry, this.lanes[kind], ORDER.lane + 0.1 * LANE_KINDS.indexOf(kind));
    }
    const junctions = new Triangles(3);
    for (const shape of world.junctions.shapes) polygon(junctions, this.here(shape));
    if (junctions.count > 0) this.add(flatGeometry(junctions), this.junctions, ORDER.junction);
    const { solid, dashed } = markings(world, (shape) => this.here(shape));
    if (solid.count > 0) this.add(stripGeometry(solid), this.solid, ORDER.marking, this.near);
    if (dashed.count > 0) this.add(stripGeometry(dashed), this.dashed, ORDER.marking, this.near);
  }

  private buildBays(world: World): void {
    const indoors = covered(world);
    for (const [inside, group] of [
      [false, this.group],
      [true, this.garages],
    ] as const) {
      const plain = new Triangles(3);
      const charge = new Triangles(3);
      const lines = new Triangles(STRIP);
      const bay = (out: Triangles, [x, y, heading, length, width]: number[]) => {
        if (indoors(x, y) !== inside) return;
        const [mx, my] = [x - this.originX, y - this.originY];
        // Bays in the lanes' own colour run together to one surface.
        polygon(out, rectangle(mx, my, heading, length + 0.8, width + 0.3));
        // Open towards the front as painted bays are: from the front left round the back to the front right.
        strip(lines, rectangle(mx, my, heading, length, width), 0.1);
      };
      for (const park of world.parks) for (const one of park.bays) bay(plain, one);
      for (const site of world.sites) for (const one of site.groups) for (const spot of one.bays) bay(charge, spot);
      const near = inside ? this.garagesNear : this.near;
      if (plain.count > 0 && !inside) this.add(flatGeometry(plain), this.bays, ORDER.bay, group);
      const [look, order] = inside ? [this.garageBays, ROOF_BAYS] : [this.chargeBays, ORDER.bay];
      if (charge.count > 0) this.add(flatGeometry(charge), look, order, group);
      if (lines.count > 0) this.add(stripGeometry(lines), inside ? this.garageLines : this.bayLines, BAY_LINES, near);
    }
    this.garages.add(this.garagesNear);
  }
}

/** Whether a point lies in a building. */
function covered(world: World): (x: number, y: number) => boolean {
  const grid = new Grid<Shape>(100);
  for (const { shape } of world.buildings) {
    const xs = shape.filter((_, i) => i % 2 === 0);
    const ys = shape.filter((_, i) => i % 2 === 1);
    if (shape.length >= 6) grid.add(Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys), shape);
  }
  return (x, y) => grid.at(x, y).some((shape) => contains(shape, x, y));
}
