import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Connection, type LinkState, type Options } from "../src/net/connection";
import { FakeSocket } from "./doubles";

const states: LinkState[] = [];
const texts: string[] = [];
const frames: ArrayBuffer[] = [];

function connect(changes: Partial<Options> = {}): Connection {
  const connection = new Connection({
    url: "ws://host/api/stream",
    token: null,
    onText: (text) => texts.push(text),
    onFrame: (frame) => frames.push(frame),
    onState: (state) => states.push(state),
    probe: () => Promise.resolve(null),
    open: (url, protocols) => new FakeSocket(url, protocols),
    random: () => 0.5,
    ...changes,
  });
  connection.connect();
  return connection;
}

const last = () => FakeSocket.all.at(-1)!;

beforeEach(() => {
  vi.useFakeTimers();
  for (const list of [states, texts, frames, FakeSocket.all]) list.length = 0;
});
afterEach(() => vi.useRealTimers());

describe("a connection", () => {
  it("offers its protocol, and the token where there is one", () => {
    connect();
    expect(last().protocols).toEqual(["wayside.1"]);
    connect({ token: "secret" });
    expect(last().protocols).toEqual(["wayside.1", "token.secret"]);
    expect(last().binaryType).toBe("arraybuffer");
  });

  it("tells text from frames", () => {
    connect();
    last().open();
    last().say("{}");
    last().say(new ArrayBuffer(4));
    expect(texts).toEqual(["{}"]);
    expect(frames[0]?.byteLength).toBe(4);
  });

  it("sends only when open", () => {
    const connection = connect();
    expect(connection.send({ type: "ack", sequence: 1 })).toBe(false);
    last().open();
    expect(connection.send({ type: "ack", sequence: 2 })).toBe(true);
    expect(last().sent).toEqual(['{"type":"ack","sequence":2}']);
  });

  it("comes back by itself, waiting longer each time, at most five seconds", () => {
    connect();
    last().open();
    const waits: number[] = [];
    for (let round = 0; round < 7; round += 1) {
      last().fail();
      const state = states.at(-1)!;
      expect(state.state).toBe("lost");
      if (state.state === "lost") waits.push(state.wait);
      const before = FakeSocket.all.length;
      vi.advanceTimersByTime(waits.at(-1)! - 1);
      expect(FakeSocket.all.length).toBe(before);
      vi.advanceTimersByTime(2);
      expect(FakeSocket.all.length).toBe(before + 1);
    }
    expect(waits).toEqual([400, 800, 1600, 3200, 5000, 5000, 5000]);
    last().open();
    last().fail();
    expect(states.at(-1)).toEqual({ state: "lost", attempts: 1, wait: 400 });
  });

  it("gives up an attempt that neither opens nor fails", () => {
    connect();
    const first = last();
    vi.advanceTimersByTime(8000);
    expect(first.closed).toBe(true);
    expect(states.at(-1)?.state).toBe("lost");
  });

  it("stops where the server refuses", async () => {
    connect({ probe: () => Promise.resolve("a wrong token") });
    last().fail();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(states.at(-1)).toEqual({ state: "refused", reason: "a wrong token" });
    expect(FakeSocket.all).toHaveLength(1);
  });

  it("goes on where nobody answers at all", async () => {
    connect({ probe: () => Promise.reject(new Error("down")) });
    last().fail();
    await vi.advanceTimersByTimeAsync(1000);
    expect(FakeSocket.all.length).toBeGreaterThan(1);
  });

  it("takes a long silence for a loss, where something should come", () => {
    let running = false;
    connect({ expects: () => running });
    last().open();
    vi.advanceTimersByTime(60_000);
    expect(states.at(-1)).toEqual({ state: "open" });
    running = true;
    for (let second = 0; second < 30; second += 1) {
      vi.advanceTimersByTime(1000);
      last().say("{}");
    }
    expect(states.at(-1)).toEqual({ state: "open" });
    const silent = last();
    vi.advanceTimersByTime(26_000);
    expect(silent.closed).toBe(true);
    expect(FakeSocket.all.length).toBe(2);
  });

  it("says nothing more once it is closed", async () => {
    const connection = connect();
    const socket = last();
    connection.close();
    const said = states.length;
    socket.fail();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(states).toHaveLength(said);
    expect(FakeSocket.all).toHaveLength(1);
  });
});
