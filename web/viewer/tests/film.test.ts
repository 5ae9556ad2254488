import { deflateRawSync } from "node:zlib";
import { describe, expect, it, vi } from "vitest";
import { Player, type Screen } from "../src/film/player";
import { Reel } from "../src/film/reel";
import { inflate, lastBefore, lines, RecordingError, stretch } from "../src/film/unpack";
import { Notes } from "../src/state/notes";
import { Store } from "../src/state/store";
import type { RecordingIndex, Source } from "../src/film/source";

const BEGIN = { type: "snapshot", lights: {}, parks: [], sites: [], units: [], closed: [], messages: [] };

function record(kind: number, time: number, content: Uint8Array): Uint8Array {
  const head = new DataView(new ArrayBuffer(13));
  head.setUint32(0, content.length, true);
  head.setUint8(4, kind);
  head.setFloat64(5, time, true);
  return Buffer.concat([new Uint8Array(head.buffer), content]);
}

/** A frame of which only its type and a number matter here. */
function frame(type: number, time: number): Uint8Array {
  const content = new Uint8Array(40);
  content[4] = type;
  new DataView(content.buffer).setFloat64(32, time, true);
  return record(1, time, content);
}

const text = (message: object, time: number) => record(2, time, new TextEncoder().encode(JSON.stringify(message)));

/** Ten seconds with a state each half of one, a packets frame and a message each second. */
function made(begin: number): ArrayBuffer {
  const parts = [text(BEGIN, begin), frame(1, begin), frame(3, begin)];
  for (let half = 0; half < 20; half++) {
    const time = begin + half / 2;
    if (half > 0) parts.push(frame(2, time));
    if (half % 2 === 0) parts.push(frame(4, time), text({ type: "lights", time, states: { 0: `s${time}` } }, time));
  }
  const all = Buffer.concat(parts);
  return all.buffer.slice(all.byteOffset, all.byteOffset + all.length) as ArrayBuffer;
}

function squeezed(data: ArrayBuffer): ArrayBuffer {
  const out = deflateRawSync(new Uint8Array(data));
  return out.buffer.slice(out.byteOffset, out.byteOffset + out.length) as ArrayBuffer;
}

class Tape implements Source {
  asked: number[] = [];
  constructor(public rows: [number, number, number, number][]) {}
  index = (): Promise<RecordingIndex> => {
    const [begin, end] = [this.rows[0]![1], this.rows.at(-1)![2]];
    return Promise.resolve({ begin, end, whole: true, ended: null, stretches: this.rows });
  };
  stretch = (number: number) => {
    this.asked.push(number);
    return Promise.resolve(squeezed(made(this.rows.find((row) => row[0] === number)![1])));
  };
  track = () => Promise.resolve(new ArrayBuffer(0));
  reasons = () => Promise.resolve(new ArrayBuffer(0));
}

/** Writes down what is shown. */
class Paper implements Screen {
  time = NaN;
  begun: number[] = [];
  states: [number, boolean][] = [];
  frames: [number, number][] = [];
  lights: number[] = [];
  at = (time: number) => void (this.time = time);
  begin = (_: unknown, time: number) => void this.begun.push(time);
  state = (bytes: ArrayBuffer, shown: boolean) =>
    void this.states.push([new DataView(bytes).getFloat64(32, true), shown]);
  frame = (bytes: ArrayBuffer) => {
    const view = new DataView(bytes);
    this.frames.push([view.getUint8(4), view.getFloat64(32, true)]);
  };
  message = (message: { type: string; time?: number }) =>
    void (message.type === "lights" && this.lights.push(message.time!));
  clear(): void {
    this.begun = [];
    this.states = [];
    this.frames = [];
    this.lights = [];
  }
}

async function playing(): Promise<{ player: Player; paper: Paper; tape: Tape; reel: Reel }> {
  const tape = new Tape([
    [4, 40, 50, 100],
    [5, 50, 60, 100],
    [6, 60, 70, 100],
  ]);
  const reel = new Reel(tape);
  await reel.look();
  const paper = new Paper();
  return { player: new Player(reel, paper), paper, tape, reel };
}

describe("a stretch", () => {
  it("is sorted into states and news", async () => {
    const found = stretch(await inflate(squeezed(made(40))));
    expect(found.states.map(({ time }) => time)).toEqual(Array.from({ length: 20 }, (_, half) => 40 + half / 2));
    expect(new Set(found.states.map(({ keyframe }) => keyframe))).toEqual(new Set([0]));
    expect(found.news).toHaveLength(21);
  });

  it("is an error in a line where it is broken", async () => {
    const whole = made(40);
    expect(() => stretch(whole.slice(0, whole.byteLength - 3))).toThrow(RecordingError);
    expect(() => stretch(new ArrayBuffer(0))).toThrow("does not say how it begins");
    const strange = record(7, 1, new Uint8Array(1));
    expect(() => stretch(strange.buffer.slice(strange.byteOffset, strange.byteOffset + 14) as ArrayBuffer)).toThrow(
      "unknown kind 7",
    );
    await expect(inflate(new Uint8Array([1, 2, 3, 4, 5, 6, 7]).buffer)).rejects.toThrow(RecordingError);
  });
});

it("lines end where they break off", () => {
  const bytes = new TextEncoder().encode('{"time":1}\n{"time":2}\n{"ti').buffer as ArrayBuffer;
  expect(lines(bytes)).toEqual([{ time: 1 }, { time: 2 }]);
});

it("finds the last at or before a time", () => {
  const list = [1, 2, 2, 5].map((time) => ({ time }));
  expect([0, 1, 2, 4.9, 5, 9].map((time) => lastBefore(list, time))).toEqual([-1, 0, 2, 2, 3, 3]);
});

describe("a player", () => {
  it("shows a moment between the two states around it, with all that holds there", async () => {
    const { player, paper } = await playing();
    expect(await player.show(53.2)).toBe(true);
    expect(paper.time).toBe(53.2);
    expect(paper.begun).toEqual([50]);
    expect(paper.states).toEqual([
      [50, false],
      [53, true],
      [53.5, true],
    ]);
    expect(paper.lights).toEqual([50, 51, 52, 53]);
    // The charge holds on; of packets only the last second's are shown.
    expect(paper.frames).toEqual([
      [3, 50],
      [4, 53],
    ]);
  });

  it("goes on without beginning anew, and tells each thing once", async () => {
    const { player, paper } = await playing();
    await player.show(53.2);
    paper.clear();
    await player.show(53.3);
    expect(paper.states).toEqual([]);
    await player.show(54.1);
    expect(paper.begun).toEqual([]);
    expect(paper.states).toEqual([
      [54, true],
      [54.5, true],
    ]);
    expect(paper.lights).toEqual([54]);
  });

  it("goes back within a stretch and to another one", async () => {
    const { player, paper, tape } = await playing();
    await player.show(53.2);
    paper.clear();
    await player.show(51.6);
    expect(paper.begun).toEqual([50]);
    expect(paper.states.filter(([, shown]) => shown)).toEqual([
      [51.5, true],
      [52, true],
    ]);
    expect(paper.lights).toEqual([50, 51]);
    expect(tape.asked).toEqual([5]);
    await player.show(44);
    expect(paper.time).toBe(44);
    expect(tape.asked).toEqual([5, 4]);
    await player.show(53.2);
    expect(tape.asked).toEqual([5, 4]);
  });

  it("knows the next stretch before it is due", async () => {
    const { player, paper, tape } = await playing();
    await player.show(49.2);
    expect(tape.asked).toEqual([4, 5]);
    // Towards its first state, as soon as it has come.
    await vi.waitFor(async () => {
      await player.show(49.7);
      expect(paper.states.at(-1)).toEqual([50, true]);
    });
    paper.clear();
    await player.show(50.2);
    expect(paper.begun).toEqual([50]);
  });

  it("shows only the last of many wishes", async () => {
    const { player, paper } = await playing();
    const shown = await Promise.all([player.show(45), player.show(65), player.show(55)]);
    expect(shown).toEqual([false, false, true]);
    expect(paper.begun).toEqual([50]);
  });

  it("steps from state to state, over the ends of stretches", async () => {
    const { player } = await playing();
    await player.show(49.5);
    expect(player.neighbour(1)).toBe(50);
    expect(player.neighbour(-1)).toBe(49);
    await player.show(49.2);
    expect(player.neighbour(1)).toBe(49.5);
    expect(player.neighbour(-1)).toBe(49);
  });

  it("fetches anew what has grown meanwhile", async () => {
    const { player, tape, reel } = await playing();
    tape.rows = [[4, 40, 45, 50]];
    await reel.look();
    await player.show(44);
    tape.rows = [[4, 40, 50, 100]];
    await reel.look();
    await player.show(49);
    expect(player.time).toBe(49);
  });
});

describe("notes", () => {
  const figures = [0, 5, 10].map((time) => ({ type: "kpis" as const, time, values: { a: time } }));
  const event = (time: number) => ({ time, level: "info" as const, text: `e${time}`, refs: [] });

  it("are those of the moment", () => {
    const notes = new Notes();
    notes.take([...figures, { type: "events", events: [event(1), event(7)] }]);
    const store = new Store();
    notes.show(store, 6);
    expect(store.history.times).toEqual([0, 5]);
    expect(store.events.value.map(({ text }) => text)).toEqual(["e1"]);
    notes.show(store, 10);
    expect(store.history.times).toEqual([0, 5, 10]);
    expect(store.events.value.map(({ text }) => text)).toEqual(["e1", "e7"]);
    notes.show(store, 4);
    expect(store.history.times).toEqual([0]);
    expect(store.events.value.map(({ text }) => text)).toEqual(["e1"]);
  });

  it("are not taken twice", () => {
    const notes = new Notes();
    notes.take(figures);
    notes.take(figures);
    expect(notes.figures).toHaveLength(3);
  });
});
