import { describe, expect, it } from "vitest";
import { figureOf } from "../src/panels/series";
import { History } from "../src/state/history";

describe("the history of key figures", () => {
  it("is thinned from its older half, and keeps its ends", () => {
    const history = new History(100);
    for (let time = 0; time < 1000; time += 1) history.push(time, { a: time * 2 });
    expect(history.times.length).toBeLessThanOrEqual(100);
    expect(history.times[0]).toBe(0);
    expect(history.times.at(-1)).toBe(999);
    expect(history.column("a")).toEqual(history.times.map((time) => time * 2));
    expect([...history.times].sort((a, b) => a - b)).toEqual(history.times);
  });

  it("leaves out what is not newer, and has NaN where there was nothing", () => {
    const history = new History();
    history.push(1, { a: 1 });
    history.push(1, { a: 7 });
    history.push(0.5, { a: 7 });
    history.push(2, { a: 2, b: 5 });
    history.push(3, { b: 6 });
    expect(history.times).toEqual([1, 2, 3]);
    expect(history.column("a")).toEqual([1, 2, Number.NaN]);
    expect(history.column("b")).toEqual([Number.NaN, 5, 6]);
    expect(history.last("a")).toBeNull();
    expect(history.column("c")).toBeNull();
  });

  it("gives what happens now out of running totals", () => {
    // Ten vehicles at 10 m/s for ten seconds, then twenty at 5 m/s; 40 bays, a half, then all of them occupied.
    const history = new History();
    history.push(10, {
      "vehicles.driven_km": 1,
      "vehicles.mean_speed_m_s": 10,
      "messages.sent": 100,
      "parking.bays": 40,
      "parking.occupancy": 0.5,
      "charging.energy_kwh": 1,
    });
    history.push(20, {
      "vehicles.driven_km": 2,
      "vehicles.mean_speed_m_s": 2000 / 300,
      "messages.sent": 300,
      "parking.bays": 40,
      "parking.occupancy": 0.75,
      "charging.energy_kwh": 1.5,
    });
    const now = (name: string) => figureOf(name).values(history)?.at(-1);
    expect(now("now.driving")).toBeCloseTo(20);
    expect(now("now.speed")).toBeCloseTo(18);
    expect(now("now.messages")).toBeCloseTo(20);
    expect(now("now.bays")).toBeCloseTo(40);
    expect(now("now.charging")).toBeCloseTo(180);
  });

  it("smooths what comes in jumps over a window", () => {
    const history = new History();
    for (let time = 0; time < 30; time += 1) history.push(time, { a: 10 * Math.floor(time / 5) });
    const rate = history.growth(history.column("a")!, 10);
    expect(rate[0]).toBeNaN();
    expect(rate.slice(15)).toEqual(rate.slice(15).map(() => 2));
    expect(history.growth(history.column("a")!)).toContain(10);
  });

  it("has words for any figure", () => {
    expect(figureOf("charging.peak_kw")).toMatchObject({ label: "Charging: peak", unit: "kW" });
    expect(figureOf("messages.cam.sent")).toMatchObject({ label: "Messages: cam sent", unit: "" });
    expect(figureOf("vehicles.driven_km").unit).toBe("km");
  });
});
