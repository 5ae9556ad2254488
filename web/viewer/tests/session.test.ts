import { beforeEach, describe, expect, it, vi } from "vitest";
import { FrameError } from "../src/frames";
import { Session } from "../src/state/session";
import { Store } from "../src/state/store";
import { goal, toasts } from "../src/state/ui";
import { run, scene, world } from "./doubles";
import type { World } from "../src/protocol";

function set() {
  const store = new Store();
  const stage = scene();
  const given: { resolve: (world: World) => void; reject: (error: Error) => void; signal: AbortSignal }[] = [];
  const load = (signal: AbortSignal) =>
    new Promise<World>((resolve, reject) => given.push({ resolve, reject, signal }));
  const session = new Session(store, load, () => stage);
  const sent: unknown[] = [];
  session.connection = { send: (message) => sent.push(message) > 0 };
  const say = (message: object) => session.takeText(JSON.stringify(message));
  return { store, stage, given, session, sent, say };
}

const settle = () => new Promise((resolve) => setTimeout(resolve));

beforeEach(() => {
  toasts.value = [];
});

describe("a session", () => {
  it("keeps what comes before the world, and hands it on in order", async () => {
    const { store, stage, given, session, sent, say } = set();
    say(run());
    say({ type: "names", vehicles: [[7, "veh7", 0, 1, 0]], types: [] });
    session.takeFrame(new ArrayBuffer(48));
    expect(stage.setWorld).not.toHaveBeenCalled();
    expect(sent).toEqual([]);
    given[0]!.resolve(world());
    await settle();
    expect(stage.setWorld).toHaveBeenCalledOnce();
    const order = [stage.setWorld, stage.takeNames, stage.takeFrame].map(
      (method) => vi.mocked(method).mock.invocationCallOrder[0]!,
    );
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(sent).toEqual([{ type: "ack", sequence: 48 }]);
    expect(store.label("vehicle/7")).toBe("veh7");
  });

  it("says so and goes on when a frame cannot be read", async () => {
    const { stage, given, session, sent, say } = set();
    say(run());
    given[0]!.resolve(world());
    await settle();
    vi.mocked(stage.takeFrame).mockImplementationOnce(() => {
      throw new FrameError("frame of 3 bytes: shorter than its header");
    });
    session.takeFrame(new ArrayBuffer(3));
    expect(sent).toEqual([]);
    expect(toasts.value[0]!.text).toContain("frame of 3 bytes");
    session.takeFrame(new ArrayBuffer(48));
    expect(sent).toHaveLength(1);
  });

  it("fetches the world once per run", async () => {
    const { given, say } = set();
    say(run({ state: "loading" }));
    expect(given).toHaveLength(0);
    say(run());
    given[0]!.resolve(world());
    await settle();
    say(run({ state: "paused" }));
    say(run());
    expect(given).toHaveLength(1);
  });

  it("forgets all at a new run and fetches its world", async () => {
    const { store, given, say } = set();
    say(run());
    given[0]!.resolve(world());
    await settle();
    say({ type: "events", events: [{ time: 1, level: "info", text: "x", refs: [] }] });
    say(run({ run: "r2", state: "loading" }));
    expect(store.world.value).toBeNull();
    expect(store.events.value).toEqual([]);
    say(run({ run: "r2" }));
    expect(given).toHaveLength(2);
    given[1]!.resolve(world("r2"));
    await settle();
    expect(store.world.value?.run).toBe("r2");
  });

  it("does not take the world of a run that is over", async () => {
    const { store, given, say } = set();
    say(run());
    say(run({ run: "r2" }));
    expect(given[0]!.signal.aborted).toBe(true);
    given[0]!.resolve(world());
    await settle();
    expect(store.world.value).toBeNull();
  });

  it("asks again when the connection was lost while the world was on its way", async () => {
    const { given, session, say } = set();
    say(run());
    session.lost();
    say(run());
    expect(given).toHaveLength(2);
  });

  it("watches again after a reconnect", () => {
    const { session, sent } = set();
    session.watch(["vehicle/3"]);
    session.opened();
    expect(sent).toEqual([
      { type: "watch", refs: ["vehicle/3"] },
      { type: "watch", refs: ["vehicle/3"] },
    ]);
  });

  it("tells the scene how the run goes", async () => {
    const { stage, given, session, say } = set();
    say(run({ speed: 5 }));
    given[0]!.resolve(world());
    await settle();
    expect(stage.setRunning).toHaveBeenLastCalledWith("running", 5);
    say(run({ state: "paused", speed: null }));
    expect(stage.setRunning).toHaveBeenLastCalledWith("paused", null);
    say(run({ state: "died" }));
    expect(stage.setRunning).toHaveBeenLastCalledWith("stopped", 1);
    session.lost();
    expect(stage.setRunning).toHaveBeenLastCalledWith("stopped", null);
  });

  it("gives a scene that comes late all that is known", async () => {
    const { stage, given, session, say } = set();
    say(run());
    given[0]!.resolve(world());
    await settle();
    say({ type: "names", vehicles: [[7, "veh7", 0, 1, 0]], types: [] });
    const late = scene();
    session.stageReady(late);
    expect(late.setWorld).toHaveBeenCalledOnce();
    expect(late.takeNames).toHaveBeenCalledWith([[7, "veh7", 0, 1, 0]], expect.anything());
    expect(stage).not.toBe(late);
  });

  it("knows when it is where it was sent", () => {
    const { say } = set();
    const health = {
      type: "health",
      step_ms: 1,
      edge_ms: 1,
      pack_ms: 1,
      real_time_factor: 9,
      frames_per_second: 10,
      clients: 1,
      vehicles: 1,
    };
    goal.value = 100;
    say(run({ state: "loading", time: 0 }));
    say(run({ time: 10 }));
    say({ ...health, time: 90 });
    expect(goal.value).toBe(100);
    say({ ...health, time: 100 });
    expect(goal.value).toBeNull();
    goal.value = 200;
    say(run({ state: "paused", time: 150 }));
    expect(goal.value).toBeNull();
  });

  it("says in words what it cannot read or what was refused", () => {
    const { session, say } = set();
    session.takeText("{");
    say({ type: "refused", reason: "too many" });
    expect(toasts.value.map((toast) => toast.text)).toEqual([
      "The server sent something that is not JSON.",
      "The server refused a message: too many",
    ]);
  });
});
