import { describe, expect, it } from "vitest";
import { makeWorld, Traffic } from "../../src/bench/city";
import { Fleet, isState } from "../../src/fleet";
import { decode } from "../../src/frames";
import { Grid } from "../../src/scene/grid";
import { outside, Places, vehicleAt } from "../../src/scene/pick";

function world() {
  const one = makeWorld(40);
  one.parks = [
    {
      id: "p",
      name: "P",
      kind: "",
      x: 55,
      y: 55,
      edge: 0,
      capacity: 2,
      price_per_hour: 0,
      bays: [[50, 50, 90, 5, 2.5]],
    },
  ];
  one.sites = [
    {
      id: "s",
      x: 60,
      y: 60,
      limit_w: null,
      groups: [
        { id: "g", piles: 1, power_w: 7000, price_per_kwh: 1, x: 60, y: 60, edge: 0, bays: [[60, 60, 0, 5, 2.5]] },
      ],
    },
  ];
  one.units = [{ id: "u", x: 0, y: 0, apps: [], light: -1 }];
  one.lights = [{ id: "l", x: 0, y: 0, heads: [{ lane: 0, x: 30, y: 1.6, heading: 90, links: [0] }] }];
  return one;
}

describe("what stands still", () => {
  const places = new Places(world(), 0, 0);

  it("is found exactly", () => {
    expect(places.at(52, 51, 0)).toBe("park/0");
    expect(places.at(52.6, 50, 0)).toBeNull();
    expect(places.at(60, 62.4, 0)).toBe("site/0");
    expect(places.at(1, 1, 0)).toBe("unit/0");
  });

  it("within reach, the more particular first", () => {
    expect(places.at(53.5, 50, 2)).toBe("park/0");
    expect(places.at(30, 1.6, 1)).toBe("light/0");
    expect(places.at(40, -1.8, 0)).toBe("edge/0");
    expect(places.at(40, 30, 4)).toBeNull();
  });

  it("is the same wherever the origin lies", () => {
    const moved = new Places(world(), 1000, -500);
    expect(moved.at(52 - 1000, 51 + 500, 0)).toBe("park/0");
  });
});

describe("vehicles", () => {
  it("end at their bumpers", () => {
    // Front at the origin, heading north: the body lies to the south.
    expect(outside(0, 0, 0, 4, 2, 0, -2)).toBeCloseTo(-1, 9);
    expect(outside(0, 0, 0, 4, 2, 0, 1)).toBeCloseTo(1, 9);
    expect(outside(0, 0, 0, 4, 2, 4, 3)).toBeCloseTo(Math.hypot(3, 3), 9);
    expect(outside(0, 0, Math.PI / 2, 4, 2, -3.9, 0.9)).toBeLessThan(0);
  });

  it("are found where they are drawn, all of them", () => {
    const city = makeWorld(400);
    const traffic = new Traffic(300, city);
    const fleet = new Fleet(() => 0, 100, 100);
    fleet.takeNames(traffic.names(), city.types);
    for (const advance of ["jump", "next"] as const) {
      const frame = decode(traffic.step());
      if (isState(frame)) fleet.take(fleet.rows(frame)!, frame.time, advance);
    }
    const between = fleet.around(0.15);
    for (const station of fleet.slots.keys()) {
      const at = fleet.at(station, 0.15)!;
      const [x, y] = [at.x - Math.sin(at.heading) * 2, at.y - Math.cos(at.heading) * 2];
      const found = vehicleAt(fleet, between, x, y, 0.05);
      const other = fleet.at(found, 0.15)!;
      // Two may stand in the same place in a made-up city.
      expect(outside(other.x, other.y, other.heading, 4.5, 1.8, x, y)).toBeLessThan(0.05);
    }
    expect(vehicleAt(fleet, between, -5000, 0, 3)).toBe(-1);
  });
});

describe("the grid", () => {
  it("keeps apart what lies apart, left of zero too", () => {
    const grid = new Grid<string>(10);
    grid.add(-15, -15, -12, -12, "a");
    grid.add(0, 0, 25, 5, "b");
    expect(grid.at(-13, -13)).toEqual(["a"]);
    expect(grid.at(22, 3)).toEqual(["b"]);
    expect(grid.at(500, 3)).toEqual([]);
  });
});
