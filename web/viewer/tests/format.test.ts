import { describe, expect, it } from "vitest";
import * as format from "../src/format";
import { hexRows, named } from "../src/panels/decoded";
import { parseOverrides } from "../src/overrides";
import { SPEEDS, stopOf } from "../src/actions";

describe("numbers as people read them", () => {
  it("shows clocks", () => {
    expect(format.clock(0)).toBe("0:00:00");
    expect(format.clock(3725.97)).toBe("1:02:05");
    expect(format.clock(3725.97, true)).toBe("1:02:05.9");
    expect(format.clock(0.3, true)).toBe("0:00:00.3");
    expect(format.clock(59.9999999, true)).toBe("0:01:00.0");
    expect(format.clock(Number.NaN)).toBe("-:--:--");
  });

  it("reads clocks", () => {
    expect(["90", "1:30", "1:02:03.5", " 0:15:00 "].map(format.parseClock)).toEqual([90, 90, 3723.5, 900]);
    expect(["", "x", "1:2:3:4", "-5", "1e3"].map(format.parseClock)).toEqual([null, null, null, null, null]);
  });

  it("says none where there is no number", () => {
    for (const write of [format.speed, format.power, format.energy, format.percent, format.distance, format.duration]) {
      expect(write(null)).toBe("none");
      expect(write("3")).toBe("none");
    }
    expect(format.decimal(Number.NaN)).toBe("none");
  });

  it("has units", () => {
    expect(format.speed(13.89)).toBe("50\u00a0km/h");
    expect(format.power(11_040)).toBe("11.0\u00a0kW");
    expect(format.power(150_000)).toBe("150\u00a0kW");
    expect(format.energy(42_350)).toBe("42.4\u00a0kWh");
    expect(format.percent(0.126)).toBe("13\u00a0%");
    expect(format.distance(1234)).toBe("1.23\u00a0km");
    expect(format.duration(200)).toBe("3\u00a0min 20\u00a0s");
    expect(format.duration(3900)).toBe("1\u00a0h 5\u00a0min");
    expect(format.measured(2425, "s")).toBe("40\u00a0min 25\u00a0s");
    expect(format.measured(180.4, "m")).toBe("180\u00a0m");
    expect(format.measured(3.14, "EUR")).toBe("3.1\u00a0EUR");
    expect(format.measured(12.3, "")).toBe("12");
    expect(format.factor(null)).toBe("max");
    expect(format.factor(0.1)).toBe("0.1×");
    expect([0, 7, 3.14159, 42.42, 512.7, 123_456].map(format.figure)).toEqual([
      "0",
      "7",
      "3.14",
      "42.4",
      "513",
      "123k",
    ]);
  });

  it("begins sentences", () => {
    expect(["the run was stopped", "7 cars", ""].map(format.sentence)).toEqual(["The run was stopped", "7 cars", ""]);
  });

  it("takes units out of names", () => {
    expect(named("speed_m_s")).toEqual({ name: "speed", unit: "m/s" });
    expect(named("validity_s")).toEqual({ name: "validity", unit: "s" });
    expect(named("min_end_time")).toEqual({ name: "min end time", unit: "" });
  });

  it("calls message kinds what people call them", () => {
    expect(["cam", "mapem", "bsm", "parking-request"].map(format.kindName)).toEqual([
      "CAM",
      "MAPEM",
      "BSM",
      "parking request",
    ]);
    expect([format.plural(1, "vehicle"), format.plural(1200, "vehicle")]).toEqual(["1 vehicle", "1,200 vehicles"]);
  });

  it("shows bytes eight to a row", () => {
    expect(hexRows("0102030405060708414243")).toEqual([
      { offset: "0000", bytes: "01 02 03 04 05 06 07 08", characters: "········" },
      { offset: "0008", bytes: "41 42 43", characters: "ABC" },
    ]);
  });
});

describe("what is typed", () => {
  it("is read as overrides of a scenario", () => {
    expect(parseOverrides('v2x.penetration = 0.3\n# a word\n\nparking.policy= nearest\nv2x.x = "a b"\n')).toEqual({
      "v2x.penetration": 0.3,
      "parking.policy": "nearest",
      "v2x.x": "a b",
    });
    expect(parseOverrides("v2x.penetration: 3")).toMatch(/^Line 1:/);
    expect(parseOverrides("seed = 3")).toMatch(/^Line 1:/);
    expect(parseOverrides("")).toEqual({});
  });

  it("finds the nearest stop of the speed slider", () => {
    for (const [place, speed] of SPEEDS.entries()) expect(stopOf(speed)).toBe(place);
    expect(SPEEDS[stopOf(3)]).toBe(2);
    expect(SPEEDS[stopOf(900)]).toBe(100);
  });
});
