import { describe, expect, it } from "vitest";
import { saved } from "../../src/panels/city/saved";
import { bar, rowsOf, type Nodes } from "../../src/panels/city/tree";
import { bayOf } from "../../src/panels/inspector/bays";
import { helpOf } from "../../src/helpof";
import type { Bay } from "../../src/protocol";

const figures =
  (values: Record<string, number>) =>
  (name: string): number | null =>
    values[`parking.${name.slice("parking.".length)}`] ?? null;

describe("what guidance has saved", () => {
  const both = {
    "parking.equipped.searches": 40,
    "parking.equipped.search_time_s": 90,
    "parking.equipped.cruising_m": 100,
    "parking.unequipped.searches": 60,
    "parking.unequipped.search_time_s": 150,
    "parking.unequipped.cruising_m": 350,
  };

  it("is the difference of the means, for each search with a unit", () => {
    expect(saved(figures(both))).toEqual({
      guided: { searches: 40, seconds: 90 },
      blind: { searches: 60, seconds: 150 },
      each: 60,
      total: 2400,
      metres: 10_000,
    });
  });

  it("may be a loss, and is said as one", () => {
    expect(saved(figures({ ...both, "parking.unequipped.search_time_s": 80 })).total).toBe(-400);
  });

  it("is not made up where there is nobody to compare with", () => {
    const alone = { "parking.equipped.searches": 5, "parking.equipped.search_time_s": 30 };
    for (const values of [alone, { ...alone, "parking.unequipped.searches": 0 }, {}]) {
      const found = saved(figures(values));
      expect([found.each, found.total, found.metres]).toEqual([null, null, null]);
    }
  });
});

describe("the tree of limits", () => {
  // Sites 0 to 3; 4 feeds 0 and 1, 5 feeds 4 and 2; nothing feeds 3.
  const parent = [4, 4, 5, -1, 5, -1];

  it("is rows from the roots down, each below what feeds it", () => {
    const rows = rowsOf(parent, () => false);
    expect(rows.map(({ node, depth }) => [node, depth])).toEqual([
      [5, 0],
      [2, 1],
      [4, 1],
      [0, 2],
      [1, 2],
      [3, 0],
    ]);
    expect(rows.map((row) => row.feeds)).toEqual([2, 0, 2, 0, 0, 0]);
    expect(rows.filter((row) => row.depth === 1).map((row) => row.last)).toEqual([false, true]);
    expect(rows[3]!.trail).toEqual([true]);
  });

  it("leaves out what is below a closed node", () => {
    expect(rowsOf(parent, (node) => node === 4).map((row) => row.node)).toEqual([5, 2, 4, 3]);
    expect(rowsOf(parent, (_, feeds) => feeds > 1).map((row) => row.node)).toEqual([5, 3]);
    expect(rowsOf([], () => false)).toEqual([]);
  });

  it("shows what is drawn and granted against the limit", () => {
    const nodes: Nodes = {
      names: ["a", "b", "c", "d"],
      parent: [-1, -1, -1, -1],
      limit_w: [100, null, 0, 100],
      drawn_w: [50, 30, 0, 101],
      granted_w: [80, 60, 0, 100],
    };
    expect(bar(nodes, 0)).toEqual({ drawn: 0.5, granted: 0.8, over: false });
    expect(bar(nodes, 1)).toEqual({ drawn: 0.5, granted: 1, over: false });
    expect(bar(nodes, 2)).toEqual({ drawn: 0, granted: 0, over: false });
    expect(bar(nodes, 3)).toEqual({ drawn: 1, granted: 1, over: true });
  });
});

describe("the bay of who stands in a car park", () => {
  const bays: Bay[] = [
    [0, 0, 90, 5, 2.5],
    [0, 3, 90, 5, 2.5],
    [0, 6, 90, 5, 2.5],
  ];

  it("is the nearest to its middle, which lies behind its front", () => {
    expect(bayOf(bays, { x: 2.2, y: 3.2, heading: 90 }, 4.4)).toBe(1);
    expect(bayOf(bays, { x: 0, y: 8.2, heading: 0 }, 4.4)).toBe(2);
    expect(bayOf(bays, { x: 30, y: 3, heading: 90 }, 4.4)).toBeNull();
    expect(bayOf([], { x: 0, y: 0, heading: 0 }, 4)).toBeNull();
  });
});

describe("help as details tell it", () => {
  const decision = {
    measure: { name: "walk", unit: "m" },
    candidates: [
      { ref: "park/2", cost: 100, chosen: true },
      { ref: "park/3", cost: 250, chosen: false },
      { ref: "park/4", cost: null, chosen: false },
      { ref: "nonsense", cost: 1, chosen: false },
    ],
  };
  const guided = { edge: "edge/7", way: [8, 9], parking: { state: "guided", assigned: "park/2", decision } };

  it("is the way, the place and what was rejected with its cost", () => {
    expect(helpOf(guided)).toEqual({
      way: [7, 8, 9],
      place: "park/2",
      rejected: [{ place: "park/3", cost: "250\u00a0m" }],
    });
  });

  it("is nothing of who is led nowhere", () => {
    for (const details of [
      null,
      undefined,
      {},
      { ...guided, parking: { ...guided.parking, state: "searching" } },
      { ...guided, parking: { ...guided.parking, assigned: null } },
      { edge: "edge/7", charging: { state: "plugged", site: "site/1" } },
    ])
      expect(helpOf(details)).toBeNull();
  });

  it("leads to the pile where one is promised, and does without a way that is not told", () => {
    const charging = { state: "bound", site: "site/1", decision: null };
    expect(helpOf({ edge: "edge/1", way: null, charging })).toEqual({ way: [1], place: "site/1", rejected: [] });
  });
});
