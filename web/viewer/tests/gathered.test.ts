import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { setSpeed, shiftSpeed, speedNow, step } from "../src/actions";
import { Gathered, settled } from "../src/gathered";
import { api } from "../src/net/rest";
import { store } from "../src/state/store";
import { speedWish } from "../src/state/ui";
import { run } from "./doubles";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("calls of one kind", () => {
  it("are made one at a time, five a second, and lose nothing", async () => {
    const made: { at: number; what: number }[] = [];
    const began = Date.now();
    let [under, most] = [0, 0];
    const calls = new Gathered<number>(
      async (what) => {
        made.push({ at: Date.now() - began, what });
        most = Math.max(most, ++under);
        await new Promise((done) => setTimeout(done, 30));
        under--;
      },
      (before, more) => before + more,
    );
    for (let i = 0; i < 120; i++) {
      calls.ask(1);
      await vi.advanceTimersByTimeAsync(33);
    }
    await vi.advanceTimersByTimeAsync(1000);
    expect(made[0]).toEqual({ at: 0, what: 1 });
    expect(made.reduce((sum, { what }) => sum + what, 0)).toBe(120);
    expect(made.length).toBeLessThanOrEqual(21);
    expect(most).toBe(1);
    made.slice(1).forEach(({ at }, i) => expect(at - made[i]!.at).toBeGreaterThanOrEqual(200));
  });

  it("wait for a slow one", async () => {
    const made: number[] = [];
    const calls = new Gathered<number>(
      (what) => {
        made.push(what);
        return new Promise((done) => setTimeout(done, 5000));
      },
      (_, last) => last,
    );
    for (let i = 1; i < 90; i++) {
      calls.ask(i);
      await vi.advanceTimersByTimeAsync(33);
    }
    expect(made).toEqual([1]);
    await vi.advanceTimersByTimeAsync(5000);
    expect(made).toEqual([1, 89]);
  });

  it("happen once the hand rests", async () => {
    const seen: number[] = [];
    const go = settled((time: number) => seen.push(time), 300);
    for (const time of [3, 2, 1]) {
      go(time);
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(seen).toEqual([]);
    await vi.advanceTimersByTimeAsync(300);
    expect(seen).toEqual([1]);
  });
});

describe("a held key", () => {
  beforeEach(() => {
    store.connection.value = { state: "open" };
    store.take({ type: "hello", protocol: 1, rights: ["view", "control"], server: "s", client: "c" });
    store.take(run({ state: "paused" }));
    speedWish.value = null;
  });

  it("makes as many steps as it was pressed for, but asks for none while the last are being made", async () => {
    const call = vi.spyOn(api, "step").mockResolvedValue(undefined);
    step();
    step(true);
    step(true);
    await vi.advanceTimersByTimeAsync(200);
    expect(call.mock.calls).toEqual([[1], [2]]);
    store.take(run({ state: "running" }));
    step(true);
    step();
    await vi.advanceTimersByTimeAsync(1000);
    expect(call.mock.calls).toEqual([[1], [2], [1]]);
  });

  it("goes from speed to speed though the server answers late", async () => {
    const call = vi.spyOn(api, "speed").mockResolvedValue(undefined);
    for (let i = 0; i < 4; i++) shiftSpeed(1);
    expect(speedNow()).toBe(20);
    await vi.advanceTimersByTimeAsync(500);
    expect(call.mock.calls).toEqual([[2], [20]]);
    expect(speedWish.value).toBeNull();
    setSpeed(null);
    expect(speedNow()).toBeNull();
    await vi.advanceTimersByTimeAsync(500);
  });
});
