import { describe, expect, it } from "vitest";
import { index, score, search } from "../src/search";
import { world } from "./doubles";

const fixed = index(world());
const vehicles: [number, string][] = [
  [1, "main.1"],
  [2, "bus_main"],
  [3, "MAIN"],
];

describe("search", () => {
  it("puts exact before beginning before somewhere inside", () => {
    expect(score("ab", "ab", "")).toBe(0);
    expect(score("ab", "abc", "")).toBe(1);
    expect(score("ab", "x", "abc")).toBe(2);
    expect(score("ab", "x", "the abc")).toBe(3);
    expect(score("ab", "xab", "")).toBe(4);
    expect(score("ab", "x", "cab")).toBe(4);
    expect(score("ab", "x", "y")).toBeNull();
  });

  it("finds by id and by name, whatever the case, grouped by kind", () => {
    const groups = search("main", fixed, vehicles);
    expect(groups.map((group) => group.kind)).toEqual(["vehicle", "edge", "unit"]);
    expect(groups[0]!.hits.map((hit) => hit.id)).toEqual(["MAIN", "main.1", "bus_main"]);
    expect(search("HARBOUR", fixed, []).map((group) => group.kind)).toEqual(["park", "edge"]);
  });

  it("names a street once, and leaves out the insides of junctions", () => {
    expect(search("main street", fixed, [])[0]!.hits.map((hit) => hit.id)).toEqual(["e0"]);
    expect(search("e1", fixed, [])[0]!.hits[0]!.ref).toBe("edge/1");
    expect(search(":j_0", fixed, [])).toEqual([]);
  });

  it("shows a few of each and counts all", () => {
    const many = Array.from({ length: 40 }, (_, n): [number, string] => [n, `car${n}`]);
    const [group] = search("car", [], many);
    expect(group!.hits.map((hit) => hit.id)).toEqual(["car0", "car1", "car2", "car3", "car4", "car5"]);
    expect(group!.count).toBe(40);
  });

  it("finds nothing for nothing", () => {
    expect(search("  ", fixed, vehicles)).toEqual([]);
  });
});
