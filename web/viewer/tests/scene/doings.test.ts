import { describe, expect, it } from "vitest";
import { Fleet } from "../../src/fleet";
import type { Marks } from "../../src/protocol";
import type { Ending } from "../../src/scene/air";
import type { Layer } from "../../src/scene/api";
import { Doings } from "../../src/scene/doings";
import { outlines } from "../../src/scene/fields";
import { LINE_LIFE } from "../../src/scene/lines";
import { shared } from "../../src/scene/materials";
import { shapeOf } from "../../src/scene/style";
import { words } from "../../src/scene/tag";
import { Trails } from "../../src/scene/trails";
import { motionUniforms } from "../../src/scene/vehicles";
import { contains } from "../../src/scene/geometry/shapes";

const ALL = new Set<Layer>(["sensing", "hazards", "requests", "advice", "hops"]);
const unit = (number: number): Ending | null => (number < 3 ? { x: 10 * number, y: 0, slot: -1 } : null);

/** Vehicles 7 and 8 are there. */
function town(): Fleet {
  const fleet = new Fleet(shapeOf, 100, 50);
  fleet.takeNames([], [[0, "car", "passenger", 4.5, 1.8, 1.5]]);
  const two = (a: number, b: number) => [a, b];
  fleet.take(
    {
      count: 2,
      id: Uint32Array.from(two(7, 8)),
      x: Int32Array.from(two(0, 0)),
      y: Int32Array.from(two(0, 0)),
      angle: new Uint16Array(2),
      speed: new Uint8Array(2),
      flags: new Uint8Array(2),
    },
    1,
    "jump",
  );
  return fleet;
}

function drawn(news: Partial<Marks>, layers: ReadonlySet<Layer> = ALL): Record<string, number> {
  const common = shared();
  const doings = new Doings(common, motionUniforms());
  const fleet = town();
  doings.restyle("light", layers, fleet, unit);
  doings.take(1, news, fleet, unit, unit);
  doings.update(1, 0.2, fleet);
  const [ways, rings, asking, hops, tracks] = doings.group.children;
  const count = (mesh: (typeof doings.group.children)[number]) =>
    mesh.visible ? (mesh as unknown as { geometry: { drawRange: { count: number } } }).geometry.drawRange.count : 0;
  const found = {
    ways: ways.visible ? ways.children.length : 0,
    rings: count(rings) / (3 * (64 - 1 + 2 * 64)),
    asking: count(asking) / 6,
    hops: count(hops) / 6,
    tracks: count(tracks) / 6,
  };
  common.uBeat.value = LINE_LIFE + 0.1;
  doings.update(2, 0.2, fleet);
  expect(count(hops)).toBe(0);
  doings.dispose();
  return found;
}

const hazard = { cause: "roadworks", x: 120, y: 60, radius: null, ways: [[130, 60, 150, 60]], count: 2 };

describe("what applications do", () => {
  it("costs nothing where there is nothing", () => {
    expect(drawn({})).toEqual({ ways: 0, rings: 0, asking: 0, hops: 0, tracks: 0 });
  });

  it("is drawn of who is there, each once, and only in its layer", () => {
    const news: Partial<Marks> = {
      // 7 and 8 know, 8 slows down; 9 has gone.
      hazards: [{ ...hazard, warned: [7, 8, 9], acting: [8] }],
      requests: [
        { vehicle: "vehicle/7", light: "light/1", role: "publicTransport", status: "granted", arrives: 9 },
        { vehicle: "vehicle/9", light: "light/1", role: "publicTransport", status: "processing", arrives: 9 },
      ],
      advice: [[8, 10]],
      tracks: [
        [100, 50, 1, 0, 5, 0],
        [101, 50, 1, 0, 1, 1],
      ],
      hops: [
        [2, 1, 0, 1, 1],
        [3, 1, 1, 0, 99],
      ],
    };
    expect(drawn(news)).toEqual({ ways: 1, rings: 1 + 2 + 1 + 1, asking: 1, hops: 1, tracks: 2 });
    for (const layer of ALL) {
      const only = drawn(news, new Set([layer]));
      const mine = { sensing: ["tracks"], hazards: ["ways", "rings"], requests: ["asking", "rings"] };
      const expected = { ...mine, advice: ["rings"], hops: ["hops"] }[layer as "hops"];
      expect(
        Object.keys(only)
          .filter((name) => only[name] > 0)
          .sort(),
      ).toEqual([...expected].sort());
    }
  });

  it("keeps what is not told anew", () => {
    const doings = new Doings(shared(), motionUniforms());
    const fleet = town();
    doings.take(1, { hazards: [{ ...hazard, warned: [], acting: [] }] }, fleet, unit, unit);
    doings.take(2, { advice: [[7, 5]], hops: [[2, 1, 0, 1, 1]] }, fleet, unit, unit);
    expect(doings.marks.hazards).toHaveLength(1);
    expect(doings.marks.advice).toHaveLength(1);
    expect(doings.marks.hops).toBeUndefined();
    expect([...doings.seen]).toEqual(["hazards", "advice", "hops"]);
    doings.clear();
    expect(doings.marks.hazards).toHaveLength(0);
  });
});

describe("a search for a bay", () => {
  it("is kept of who searches, also when it is over, and not of who has left", () => {
    const fleet = town();
    const trails = new Trails();
    const state = (time: number, id: number[], x: number, flags: number) => ({
      rows: {
        count: id.length,
        id: Uint32Array.from(id),
        x: Int32Array.from(id, () => 100 * x),
        y: new Int32Array(id.length),
        angle: new Uint16Array(id.length),
        speed: new Uint8Array(id.length),
        flags: new Uint8Array(id.length).fill(flags),
      },
      time,
    });
    for (const { rows, time } of [
      state(2, [7], 10, 0),
      state(3, [7], 20, 1 << 1),
      state(4, [7], 21, 1 << 1),
      state(5, [7], 30, 1 << 1),
      state(6, [7], 40, 2 << 1),
    ]) {
      fleet.take(rows, time, "next");
      trails.take(fleet);
    }
    // Relative to the origin; a metre is no new point, and who is guided does not search.
    expect(trails.get(7)).toEqual([20 - 100, -50, 30 - 100, -50]);
    expect(trails.get(8)).toBeNull();
    const { rows, time } = state(7, [8], 0, 0);
    fleet.take(rows, time, "next");
    trails.take(fleet);
    expect(trails.get(7)).toBeNull();
  });
});

describe("a field of view", () => {
  it("is what its sectors cover, clockwise from north", () => {
    const [north, south] = outlines(0, 0, 100, [
      [300, 120],
      [120, 120],
    ]);
    expect(contains(north, 0, 90)).toBe(true);
    expect(contains(north, 70, 50)).toBe(true);
    expect(contains(north, 90, -5)).toBe(false);
    expect(contains(north, 0, -50)).toBe(false);
    expect(contains(south, 0, -90)).toBe(true);
    expect(contains(south, 0, 90)).toBe(false);
  });

  it("is a circle without any", () => {
    const [all] = outlines(5, 5, 10, []);
    for (const [x, y] of [
      [5, 14],
      [14, 5],
      [5, -4],
      [-4, 5],
    ])
      expect(contains(all, x, y)).toBe(true);
    expect(contains(all, 16, 5)).toBe(false);
  });
});

describe("the light ahead", () => {
  const light = { state: "red", ends: 20, atLeast: false, advised: 9.9, warned: false };

  it("counts down with the time that is drawn", () => {
    expect(words(light, 10.2)).toBe("10\u00a0s · 36\u00a0km/h");
    expect(words(light, 25)).toBe("0\u00a0s · 36\u00a0km/h");
    expect(words({ ...light, atLeast: true, advised: null }, 10)).toBe("≥ 10\u00a0s");
    expect(words({ ...light, ends: null, advised: null }, 10)).toBe("");
    expect(words({ ...light, ends: null, advised: null, warned: true }, 10)).toBe("red: brake!");
  });
});
