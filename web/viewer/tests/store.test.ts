import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MOST_EVENTS, MOST_MESSAGES, Store } from "../src/state/store";
import { message as said, run, world } from "./doubles";
import type { LogEvent } from "../src/protocol";

const event = (time: number): LogEvent => ({ time, level: "info", text: `at ${time}`, refs: [] });
const message = (time: number) => said({ time });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("the store", () => {
  it("keeps the last events and messages only", () => {
    const store = new Store();
    for (let time = 0; time < 3 * MOST_EVENTS; time += 1) {
      store.take({ type: "events", events: [event(time)] });
      store.take({ type: "messages", messages: [message(time)] });
      if (time % 100 === 0) vi.advanceTimersByTime(300);
    }
    vi.advanceTimersByTime(300);
    expect(store.events.value).toHaveLength(MOST_EVENTS);
    expect(store.messages.value).toHaveLength(MOST_MESSAGES);
    expect(store.events.value.at(-1)?.time).toBe(3 * MOST_EVENTS - 1);
    expect(new Set(store.events.value.map((entry) => entry.key)).size).toBe(MOST_EVENTS);
  });

  it("hands lists on a few times a second, not with every message", () => {
    const store = new Store();
    let drawn = 0;
    store.events.subscribe(() => (drawn += 1));
    for (let time = 0; time < 100; time += 1) store.take({ type: "events", events: [event(time)] });
    expect(drawn).toBe(1);
    vi.advanceTimersByTime(1000);
    expect(drawn).toBe(2);
    expect(store.events.value).toHaveLength(100);
  });

  it("joins changes of places to what was there", () => {
    const store = new Store();
    store.take({ type: "places", time: 1, parks: [[0, 3, 1]], sites: [], units: [[0, 1, 5]], closed: [2] });
    store.take({ type: "places", time: 2, parks: [[1, 4, 0]], sites: [], units: [] });
    vi.advanceTimersByTime(300);
    expect([...store.places.value.parks.values()]).toEqual([
      [0, 3, 1],
      [1, 4, 0],
    ]);
    expect([...store.places.value.closed]).toEqual([2]);
    store.take({ type: "places", time: 3, parks: [], sites: [], units: [], closed: [] });
    vi.advanceTimersByTime(300);
    expect(store.places.value.closed.size).toBe(0);
  });

  it("takes a snapshot as the whole state", () => {
    const store = new Store();
    store.take({ type: "events", events: [event(1)] });
    vi.advanceTimersByTime(300);
    store.take({
      type: "snapshot",
      vehicles: [[4, "v4", 0, 1, 0]],
      types: [[0, "car", "passenger", 4.5, 1.8, 1.5]],
      lights: { "0": "Gr" },
      parks: [[0, 1, 0]],
      sites: [],
      units: [],
      closed: [1],
      kpis: [{ time: 1, values: { "messages.sent": 5 } }],
      events: [event(2)],
      messages: [message(2)],
    });
    expect(store.events.value.map((entry) => entry.time)).toEqual([2]);
    expect(store.messages.value).toHaveLength(1);
    expect(store.lights.get(0)).toBe("Gr");
    expect(store.history.last("messages.sent")).toBe(5);
    expect(store.label("vehicle/4")).toBe("v4");
  });

  it("names objects, or says what they are", () => {
    const store = new Store();
    store.setWorld(world());
    const refs = ["unit/0", "park/0", "edge/3", "edge/2", "light/0", "site/0", "vehicle/9", "unit/77"] as const;
    expect(refs.map((ref) => store.label(ref))).toEqual([
      "rsu_main",
      "Harbour",
      "Harbour Road",
      ":j_0",
      "j1",
      "s0",
      "Vehicle 9",
      "Roadside unit 77",
    ]);
  });

  it("knows who may act", () => {
    const store = new Store();
    expect(store.control.value).toBe(false);
    store.take({ type: "hello", protocol: 1, rights: ["view", "control"], server: "a", client: "c" });
    expect(store.control.value).toBe(true);
    store.take({ type: "hello", protocol: 1, rights: ["view"], server: "a", client: "c" });
    expect(store.control.value).toBe(false);
  });

  it("drops the details of what nobody looks at", () => {
    const store = new Store();
    store.take({ type: "details", ref: "unit/0", object: { on: true } });
    store.take({ type: "details", ref: "park/0", object: null });
    store.keepDetails(["park/0"]);
    expect([...store.details.value.keys()]).toEqual(["park/0"]);
  });

  it("forgets everything of a run", () => {
    const store = new Store();
    store.take(run());
    store.setWorld(world());
    store.take({ type: "places", time: 1, parks: [[0, 3, 1]], sites: [], units: [], closed: [2] });
    store.take({ type: "kpis", time: 1, values: { a: 1 } });
    store.forget();
    vi.advanceTimersByTime(300);
    expect(store.world.value).toBeNull();
    expect(store.places.value.parks.size + store.places.value.closed.size).toBe(0);
    expect(store.history.times).toEqual([]);
    expect(store.index).toEqual([]);
  });
});
