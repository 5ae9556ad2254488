import { describe, expect, it } from "vitest";
import { differences, onto, soFar } from "../src/differences";
import { foremost, gains } from "../src/gains";
import { History } from "../src/state/history";
import type { Pairs } from "../src/protocol";

const errand = (table: string) => ({ table, who: "drivers", sooner: "came sooner", each: "way", counted: "" });

const PAIRS: Pairs = {
  arms: ["with", "without"],
  errands: [errand("charging"), errand("parking"), errand("vehicles")],
  rows: [
    [1, 10, 30, 500],
    [1, 20, -4, -100],
    [2, 25, 1, 0],
    [1, 30, 0.9, 50],
    [2, 31, 5, 1],
    [2, 32, 5, 1],
    [2, 33, 5, 1],
  ],
  counts: [
    [0, 0],
    [3, 5],
    [4, 4],
  ],
  study: null,
};

describe("what two runs differ in", () => {
  it("is counted over the pairs of a kind of errand, up to a time", () => {
    const [parking, trips] = gains(PAIRS);
    expect(parking).toMatchObject({ pairs: 3, sooner: 1, later: 1, metres: 450 });
    expect(parking!.seconds).toBeCloseTo(26.9 / 3);
    expect(trips).toMatchObject({ pairs: 4, sooner: 4, later: 0 });
    expect(gains(PAIRS, 20)).toHaveLength(1);
    expect(gains(PAIRS, 9)).toEqual([]);
  });

  it("puts what a service helps with in front, and trips where there is nothing else", () => {
    expect(foremost(gains(PAIRS), PAIRS)!.errand.table).toBe("parking");
    const trips = { ...PAIRS, rows: PAIRS.rows.filter(([place]) => place === 2) };
    expect(foremost(gains(trips), trips)!.errand.table).toBe("vehicles");
    expect(foremost([], PAIRS)).toBeNull();
  });
});

describe("a figure of two runs", () => {
  it("is brought to the times of the first", () => {
    const other = new History();
    for (const [time, value] of [
      [0, 0],
      [10, 100],
      [20, 0],
    ] as const)
      other.push(time, { a: value });
    const column = onto([-1, 0, 5, 10, 15, 21], other, other.column("a")!);
    expect(column).toEqual([NaN, 0, 50, 100, 50, NaN]);
    expect(differences([1, 1], [3, NaN])).toEqual([-2, NaN]);
  });

  it("has a difference that comes to something", () => {
    expect(soFar([0, 3600], [2, 2], "kW", true)).toEqual({ value: 2, unit: "kWh", what: "sum" });
    expect(soFar([0, 3600, 7200], [2, 2, NaN], "", true)).toEqual({ value: 2, unit: "h", what: "sum" });
    expect(soFar([0, 10, 20], [1, 3, 3], "km/h", true)).toEqual({ value: 2.5, unit: "km/h", what: "mean" });
    expect(soFar([0, 10], [1, 3], "s", false)).toEqual({ value: 3, unit: "s", what: "total" });
    expect(soFar([0], [1], "kW", true).value).toBeNaN();
  });
});
