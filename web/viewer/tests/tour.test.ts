// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { api } from "../src/net/rest";
import { store } from "../src/state/store";
import { colourBy, layers, scene, selected, toasts } from "../src/state/ui";
import { beginTour, filled, found, holdTour, leaveTour, nextStop, toggleTour, tour } from "../src/tour";
import { run, scene as stage, world } from "./doubles";
import type { TourStop } from "../src/protocol";

function stop(changes: Partial<TourStop>): TourStop {
  return { caption: "words", seconds: 10, select: false, follow: false, orbit: false, ...changes };
}

async function told(...stops: TourStop[]): Promise<void> {
  vi.spyOn(api, "tour").mockResolvedValue({ title: "Mine", stops });
  await beginTour();
}

beforeEach(() => {
  vi.useFakeTimers();
  store.setWorld(world());
  store.take(run({ state: "running" }));
  store.take({ type: "hello", rights: ["view", "control"] } as never);
  store.connection.value = { state: "open" };
  scene.value = stage();
  store.take({
    type: "places",
    time: 1,
    parks: [[0, 3, 1]],
    sites: [[0, 1, 0, 2, 5]],
    units: [[0, 1, 7]],
  } as never);
  vi.advanceTimersByTime(400);
});

afterEach(() => {
  leaveTour();
  vi.useRealTimers();
  vi.restoreAllMocks();
  store.forget();
  scene.value = null;
  toasts.value = [];
});

describe("a tour", () => {
  it("goes from stop to stop and puts everything back", async () => {
    const before = [layers.value, colourBy.value];
    await told(stop({ see: "unit", layers: ["units"], colour: "charge", select: true }), stop({ caption: "two" }));
    expect(tour.value).toMatchObject({ at: 0, ref: "unit/0", caption: "words" });
    expect([layers.value, colourBy.value, selected.value]).toEqual([["units"], "charge", "unit/0"]);
    vi.advanceTimersByTime(10_100);
    expect(tour.value).toMatchObject({ at: 1, caption: "two" });
    vi.advanceTimersByTime(10_100);
    expect(tour.value).toBeNull();
    expect([layers.value, colourBy.value, selected.value]).toEqual([...before, null]);
  });

  it("stays where it is held, goes back and on, and is left by its key", async () => {
    await told(stop({}), stop({ caption: "two" }));
    holdTour();
    vi.advanceTimersByTime(60_000);
    expect(tour.value?.at).toBe(0);
    nextStop(1);
    expect(tour.value).toMatchObject({ at: 1, held: false });
    nextStop(-1);
    expect(tour.value?.at).toBe(0);
    nextStop(-1);
    expect(tour.value?.at).toBe(0);
    await toggleTour();
    expect(tour.value).toBeNull();
  });

  it("passes over what cannot be shown", async () => {
    const surge = vi.spyOn(api, "act").mockResolvedValue({});
    store.take({ type: "hello", rights: ["view"] } as never);
    await told(
      stop({ see: "guided" }),
      stop({ see: "park nowhere" }),
      stop({ caption: "{no.such_figure} of them" }),
      stop({ action: [{ name: "surge", body: { count: 5 }, place: false }] }),
      stop({ caption: "the last" }),
    );
    expect(tour.value).toMatchObject({ at: 4, caption: "the last" });
    expect(surge).not.toHaveBeenCalled();
  });

  it("brings back the unit that it has switched off", async () => {
    const unit = vi.spyOn(api, "unit").mockResolvedValue({});
    const act = vi.spyOn(api, "act").mockResolvedValue({});
    await told(stop({ see: "unit", action: [{ name: "unit", body: { on: false }, place: false }] }), stop({}));
    expect(act).toHaveBeenLastCalledWith("unit", { on: false, unit: 0 });
    nextStop(1);
    leaveTour();
    await vi.waitFor(() => expect(unit).toHaveBeenLastCalledWith(0, true));
  });

  it("does things where it looks", async () => {
    const act = vi.spyOn(api, "act").mockResolvedValue({});
    vi.mocked(scene.value!.locate).mockReturnValue({ x: 3, y: 4 });
    await told(stop({ see: "park", action: [{ name: "concert", body: { count: 9 }, place: true }] }));
    expect(act).toHaveBeenLastCalledWith("concert", { count: 9, x: 3, y: 4 });
    await told(stop({ see: "road main_2", action: [{ name: "road", body: { closed: true }, place: false }] }));
    expect(act).toHaveBeenLastCalledWith("road", { closed: true, edge: 3 });
  });

  it("says that it needs a city", async () => {
    store.forget();
    await beginTour();
    expect(tour.value).toBeNull();
    expect(toasts.value.at(-1)?.text).toMatch(/needs a city/);
  });
});

describe("what a stop has in view", () => {
  it.each([
    ["unit", "unit/0"],
    ["light", "light/0"],
    ["park", "park/0"],
    ["site", "site/0"],
    ["guided", null],
    ["charging", null],
    ["road main_2", "edge/3"],
    ["park p0", "park/0"],
    ["unit nobody", null],
  ])("%s is %s", (see, ref) => expect(found(see, scene.value!)).toBe(ref));
});

describe("a caption", () => {
  const last = (name: string) => (name === "parking.reserved" ? 1234 : null);
  it("has its figures", () => expect(filled("{parking.reserved} bays", last)).toBe("1,234 bays"));
  it("is none without them", () => expect(filled("{parking.taken} bays", last)).toBeNull());
  it("keeps other braces", () => expect(filled("{A} {}", last)).toBe("{A} {}"));
});
