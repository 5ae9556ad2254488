import { describe, expect, it } from "vitest";
import type { World } from "../../src/protocol";
import { makeWorld } from "../../src/bench/city";
import { block } from "../../src/scene/buildings";
import { markings, ways } from "../../src/scene/geometry/markings";
import { Triangles } from "../../src/scene/geometry/mesh";
import {
  along,
  area,
  cleaned,
  contains,
  distance,
  faces,
  lengthOf,
  offset,
  rectangle,
  ring,
  STRIP,
  strip,
} from "../../src/scene/geometry/shapes";
import { beyond } from "../../src/scene/ground";
import { landmarks } from "../../src/scene/landmarks";
import { Atlas } from "../../src/scene/overlays";
import { streetNames } from "../../src/scene/streets";

/** Corner points of the triangles of a strip, with its own half width. */
function triangles(mesh: Triangles): [number, number][][] {
  const data = mesh.data();
  const at = (i: number): [number, number] => {
    const v = data.subarray(i * STRIP, i * STRIP + STRIP);
    return [v[0] + v[3] * v[5], v[1] + v[4] * v[5]];
  };
  const index = mesh.index();
  return Array.from({ length: index.length / 3 }, (_, t) => [0, 1, 2].map((k) => at(index[3 * t + k])));
}

const signed = ([a, b, c]: [number, number][]) => ((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])) / 2;

function stripArea(shape: number[], width: number): number {
  const mesh = new Triangles(STRIP);
  strip(mesh, shape, width);
  return triangles(mesh).reduce((sum, one) => sum + signed(one), 0);
}

const circle = (radius: number, n: number, turn = 2 * Math.PI) =>
  Array.from({ length: n + 1 }, (_, i) => (i / n) * turn).flatMap((t) => [radius * Math.cos(t), radius * Math.sin(t)]);

describe("strips", () => {
  it("cover length times width", () => {
    expect(stripArea([0, 0, 100, 0], 3.2)).toBeCloseTo(320, 3);
    expect(stripArea([0, 0, 30, 40, 60, 80], 3)).toBeCloseTo(300, 3);
    const bend = circle(50, 24, Math.PI);
    expect(stripArea(bend, 3.2) / (lengthOf(bend) * 3.2)).toBeCloseTo(1, 2);
  });

  it("run anticlockwise, whichever way they bend", () => {
    for (const shape of [circle(30, 12, Math.PI), circle(30, 12, -Math.PI), [0, 0, 10, 0, 10, 10, 20, 10]]) {
      const mesh = new Triangles(STRIP);
      strip(mesh, shape, 3);
      for (const one of triangles(mesh)) expect(signed(one)).toBeGreaterThan(0);
    }
  });

  it("keep their width round a corner", () => {
    const left = offset([0, 0, 10, 0, 10, 10], 1);
    expect(left).toEqual([0, 1, 9, 1, 9, 10].map((v) => expect.closeTo(v, 6)));
  });

  it("have no needles at hairpins and survive repeated points", () => {
    const mesh = new Triangles(STRIP);
    strip(mesh, [0, 0, 50, 0, 50, 0, 0, 0.1], 4);
    for (const [x, y] of triangles(mesh).flat()) expect(Math.hypot(x, y)).toBeLessThan(56);
    expect(cleaned([1, 1, 1, 1, 2, 2])).toEqual([1, 1, 2, 2]);
    const none = new Triangles(STRIP);
    strip(none, [5, 5, 5, 5], 3);
    strip(none, [], 3);
    expect(none.count).toBe(0);
  });

  it("grow beyond their first room", () => {
    const mesh = new Triangles(STRIP);
    for (let i = 0; i < 3000; i++) strip(mesh, [0, i, 10, i], 1);
    expect(mesh.count).toBe(12_000);
    expect(mesh.index()).toHaveLength(18_000);
    expect(mesh.data()[mesh.data().length - 1]).toBe(10);
  });
});

describe("polygons", () => {
  const square = [0, 0, 10, 0, 10, 10, 0, 10];

  it("are turned anticlockwise and lose their closing point", () => {
    expect(area(ring([0, 0, 0, 10, 10, 10, 10, 0, 0, 0]))).toBeCloseTo(100, 9);
    expect(ring([...square, 0, 0])).toEqual(square);
  });

  it("are filled exactly, concave ones too", () => {
    for (const shape of [square, [0, 0, 10, 0, 10, 10, 5, 2, 0, 10]]) {
      const points = ring(shape);
      const sum = faces(points).reduce(
        (total, one) => total + signed(one.map((i) => [points[2 * i], points[2 * i + 1]])),
        0,
      );
      expect(sum).toBeCloseTo(area(points), 9);
    }
    expect(faces([0, 0, 1, 1])).toEqual([]);
  });

  it("know what lies within, and how far a road is", () => {
    expect(contains(square, 5, 5)).toBe(true);
    expect(contains(square, 11, 5)).toBe(false);
    expect(distance([0, 0, 10, 0], 5, 3)).toBeCloseTo(3, 9);
    expect(distance([0, 0, 10, 0], 14, 3)).toBeCloseTo(5, 9);
  });

  it("of water go on beyond the net, and not before", () => {
    const bounds: World["bounds"] = [0, 0, 1000, 1000];
    expect(beyond([900, 500, 1040, 500], bounds)).toEqual([900, 500, 1040, 500]);
    expect(beyond([1200, 500], bounds)[0]).toBeGreaterThan(5000);
    expect(beyond([500, -200], bounds)[1]).toBeLessThan(-5000);
  });
});

describe("buildings", () => {
  it("have walls that face outwards and a roof of the footprint's size", () => {
    const mesh = new Triangles(6);
    const points = ring([0, 0, 0, 8, 12, 8, 12, 0]);
    block(mesh, points, 20, 0);
    const data = mesh.data();
    const index = mesh.index();
    let roof = 0;
    for (let t = 0; t < index.length; t += 3) {
      const [a, b, c] = [0, 1, 2].map((k) => data.subarray(index[t + k] * 6, index[t + k] * 6 + 6));
      const u = [b[0] - a[0], b[1] - a[1], b[2] - a[2]];
      const v = [c[0] - a[0], c[1] - a[1], c[2] - a[2]];
      const normal = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
      if (a[3] === 0 && a[4] === 0) {
        roof += normal[2] / 2;
        continue;
      }
      // The normal that the shader sees is the triangle's own, and leads away from the middle.
      expect(normal[0] * a[3] + normal[1] * a[4]).toBeGreaterThan(0);
      expect((a[0] - 6) * a[3] + (a[1] - 4) * a[4]).toBeGreaterThan(0);
    }
    expect(roof).toBeCloseTo(96, 4);
  });
});

describe("along a polyline", () => {
  it("finds point and direction, clamped to the ends", () => {
    const shape = [0, 0, 10, 0, 10, 10];
    expect(along(shape, 15)).toEqual({ x: 10, y: 5, dx: 0, dy: 1 });
    expect(along(shape, 99)).toMatchObject({ x: 10, y: 10 });
    expect(along(shape, -1)).toMatchObject({ x: 0, y: 0, dx: 1 });
  });

  it("turns bays as the cars in them stand", () => {
    const [x, y] = rectangle(0, 0, 90, 5, 2.5);
    expect([x, y]).toEqual([expect.closeTo(2.5, 9), expect.closeTo(1.25, 9)]);
    expect(area(rectangle(3, 4, 33, 5, 2.5))).toBeCloseTo(12.5, 9);
  });
});

/** Two lanes to the north, a light at their end; the left one turns left, the right one goes on. */
function crossing(): World {
  const world = makeWorld(0);
  world.bounds = [0, 0, 100, 200];
  world.edges = { ids: ["in", "left", "on"], names: ["High Street", "", ""], internal: [0, 1, 1] };
  world.lanes = {
    ids: ["in_0", "in_1", "left_0", "on_0"],
    edge: [0, 0, 1, 2],
    width: [3, 3, 3, 3],
    kind: ["road", "road", "road", "road"],
    shapes: [
      [51.5, 0, 51.5, 100],
      [48.5, 0, 48.5, 100],
      [48.5, 100, 48, 105, 40, 106],
      [51.5, 100, 51.5, 120],
    ],
  };
  world.lights = [{ id: "t", x: 50, y: 110, heads: [{ lane: 0, x: 51.5, y: 100, heading: 0, links: [0] }] }];
  return world;
}

describe("markings", () => {
  it("are solid at the road's edges, dashed between its lanes, and a bar where one stops", () => {
    const { solid, dashed } = markings(crossing(), (shape) => shape);
    const xs = (mesh: Triangles) => Array.from({ length: mesh.count }, (_, i) => mesh.data()[i * STRIP]);
    expect(Math.min(...xs(dashed))).toBeCloseTo(50, 6);
    expect(Math.max(...xs(dashed))).toBeCloseTo(50, 6);
    expect(xs(solid).some((x) => Math.abs(x - 47.1) < 0.01)).toBe(true);
    expect(xs(solid).some((x) => Math.abs(x - 52.85) < 0.01)).toBe(true);
    const stop = Array.from({ length: solid.count }, (_, i) => solid.data().subarray(i * STRIP, i * STRIP + 7)).filter(
      (v) => Math.abs(v[1] - 100) < 1e-6 && v[5] > 0.15,
    );
    expect(stop).toHaveLength(4);
  });

  it("point where the lanes go on", () => {
    const found = ways(crossing());
    expect(found.get(0)![0]).toBeCloseTo(0, 6);
    expect(found.get(1)![0]).toBeLessThan(-1);
    expect(found.has(2)).toBe(false);
  });
});

describe("landmarks", () => {
  it("are named once for the buildings that belong together", () => {
    const world = crossing();
    const box = (x: number, kind: string, side = 20) => ({
      shape: [x, 0, x + side, 0, x + side, side, x, side],
      height: 10,
      kind,
    });
    world.buildings = [box(0, "housing"), box(0, "hospital"), box(60, "hospital"), box(900, "hospital", 40)];
    const found = landmarks(world, new Atlas(world, 0, 0));
    expect(found.map((one) => [one.text, one.size])).toEqual([
      ["Hospital", 1600],
      ["Hospital", 800],
    ]);
    expect(found[1].x).toBeCloseTo(40, 9);
  });
});

describe("names of streets", () => {
  it("stand along the middle of roads that have one", () => {
    const world = crossing();
    const names = streetNames(world, new Atlas(world, 0, 0));
    expect(names).toHaveLength(1);
    expect(names[0]).toMatchObject({ text: "High Street", dx: expect.closeTo(0, 9), dy: expect.closeTo(1, 9) });
    // Between the two ways: at the left border of the leftmost lane.
    expect(names[0].x).toBeCloseTo(47, 6);
    expect(names[0].y).toBeCloseTo(50, 6);
  });
});
