import { describe, expect, it } from "vitest";
import type { Delta, Keyframe, Rows } from "../src/frames";
import { Fleet, REST } from "../src/fleet";
import { place, turn } from "../src/motion";

/** id, x [m], y [m], heading [degrees], speed [m/s], flags */
type One = [number, number, number, number, number, number];

function rows(...all: One[]): Rows {
  return {
    count: all.length,
    id: Uint32Array.from(all, (v) => v[0]),
    x: Int32Array.from(all, (v) => v[1] * 100),
    y: Int32Array.from(all, (v) => v[2] * 100),
    angle: Uint16Array.from(all, (v) => (v[3] * 65536) / 360),
    speed: Uint8Array.from(all, (v) => v[4] * 4),
    flags: Uint8Array.from(all, (v) => v[5]),
  };
}

const head = (sequence: number, time: number) => ({ sequence, time, packed: time, paused: false });
const fleet = () => new Fleet(() => 0, 1000, 2000);

describe("slots", () => {
  it("are stable for a station and kept from others for a while after it", () => {
    const all = fleet();
    all.take(rows([7, 0, 0, 0, 0, 0], [9, 0, 0, 0, 0, 0]), 0, "jump");
    const slot = all.slots.get(9)!;
    all.take(rows([9, 1, 0, 0, 0, 0]), 0.1, "next");
    expect(all.slots.get(9)).toBe(slot);
    expect(all.slots.has(7)).toBe(false);
    all.take(rows([9, 1, 0, 0, 0, 0], [11, 0, 0, 0, 0, 0]), 0.2, "next");
    expect(all.slots.get(11)).toBe(2);
    for (let i = 3; i < 2 + REST; i++) all.take(rows([9, 1, 0, 0, 0, 0], [11, 0, 0, 0, 0, 0]), i / 10, "next");
    all.take(rows([9, 1, 0, 0, 0, 0], [11, 0, 0, 0, 0, 0], [12, 0, 0, 0, 0, 0]), 9, "next");
    expect(all.slots.get(12)).toBe(0);
  });

  it("grow with the fleet and lose nobody", () => {
    const all = fleet();
    const many = (time: number): One[] => Array.from({ length: 3000 }, (_, i) => [i, i + time, 0, 90, 1, 0]);
    all.take(rows(...many(0)), 0, "jump");
    all.take(rows(...many(1)), 1, "next");
    expect(all.capacity).toBeGreaterThanOrEqual(3000);
    for (const station of [0, 511, 512, 2999]) expect(all.at(station, 0.5)!.x).toBeCloseTo(station + 0.5 - 1000, 2);
  });

  it("take station numbers beyond 2^31", () => {
    const all = fleet();
    all.take(rows([4_000_000_000, 1, 2, 0, 0, 0]), 0, "jump");
    all.takeNames([[4_000_000_000, "far", 3, 1, 0]], [[3, "lorry", "truck", 12, 2.5, 4]]);
    expect(all.type(4_000_000_000).length).toBe(12);
    expect(all.look[0]).toBe(12);
    expect(all.at(4_000_000_000, 0)).not.toBeNull();
  });
});

describe("frames", () => {
  const keyframe: Keyframe = { type: "keyframe", ...head(1, 0), rows: rows([1, 0, 0, 0, 10, 0], [2, 5, 5, 0, 0, 1]) };
  const delta: Delta = {
    type: "delta",
    ...head(2, 0.1),
    reference: 1,
    count: 1,
    dx: Int16Array.of(0),
    dy: Int16Array.of(100),
    turn: Int8Array.of(0),
    speed: Uint8Array.of(40),
    full: rows(),
    gone: new Uint32Array(0),
  };

  it("wait for a keyframe that has not come", () => expect(fleet().rows(delta)).toBeNull());

  it("keep the keyframe before the last one, for deltas and charges on the way", () => {
    const all = fleet();
    all.take(all.rows(keyframe)!, 0, "jump");
    all.take(all.rows({ ...keyframe, sequence: 5 })!, 0.2, "next");
    expect(all.rows(delta)!.count).toBe(2);
    all.takeCharge({ type: "charge", ...head(6, 0.2), reference: 1, charge: Uint8Array.of(125, 255) });
    expect(all.soc(1)).toBe(0.5);
    expect(all.soc(2)).toBeNull();
    all.takeCharge({ type: "charge", ...head(6, 0.2), reference: 77, charge: Uint8Array.of(1, 1) });
    expect(all.soc(1)).toBe(0.5);
  });
});

describe("motion", () => {
  const moved = (from: One, to: One | null, at: number, span = 0.1) => {
    const all = fleet();
    all.take(rows(from), 0, "jump");
    all.take(to ? rows(to) : rows(), span, "next");
    return all.at(from[0], at);
  };

  it("is even between two states", () => {
    const seen = moved([1, 0, 0, 90, 10, 0], [1, 1, 0, 90, 10, 0], 0.025)!;
    expect(seen.x + 1000).toBeCloseTo(0.25, 3);
    expect(seen.y + 2000).toBeCloseTo(0, 3);
    expect(seen.speed).toBe(10);
  });

  it("turns the short way round", () => {
    expect(turn(6.2, 0.1)).toBeCloseTo(0.1 - 6.2 + 2 * Math.PI, 9);
    const seen = moved([1, 0, 0, 350, 0, 0], [1, 0, 0, 10, 0, 0], 0.05)!;
    expect(turn(seen.heading, 0)).toBeCloseTo(0, 3);
  });

  it("follows the curve of a turn, and ends where the states are", () => {
    const from: One = [1, 0, 0, 0, 10, 0];
    const to: One = [1, 6, 6, 90, 10, 0];
    const middle = moved(from, to, 0.5, 1)!;
    // On a quarter circle of radius 6 around (6, 0) the middle is at 6 - 6 / sqrt(2) = 1.757, 4.243.
    expect(Math.hypot(middle.x + 1000 - 1.757, middle.y + 2000 - 4.243)).toBeLessThan(0.4);
    expect(moved(from, to, 1, 1)!.x + 1000).toBeCloseTo(6, 3);
  });

  it("is straight for who backs into a bay", () => {
    const seen = moved([1, 0, 0, 0, 1, 0], [1, 0, -4, 0, 1, 0], 0.5, 1)!;
    expect(seen.y + 2000).toBeCloseTo(-2, 3);
  });

  it("does not smear a teleport across the city", () => {
    const before = moved([1, 0, 0, 0, 10, 0], [1, 500, 0, 0, 10, 0], 0.09)!;
    expect(before.x + 1000).toBe(0);
    expect(moved([1, 0, 0, 0, 10, 0], [1, 500, 0, 0, 10, 0], 0.1)!.x + 1000).toBe(500);
  });

  it("does not cut through houses between states far apart in time", () => {
    expect(moved([1, 0, 0, 0, 10, 0], [1, 100, 0, 0, 10, 0], 5, 10)!.x + 1000).toBe(0);
  });

  it("goes on straight after the newest state", () => {
    const seen = moved([1, 0, 0, 90, 10, 0], [1, 1, 0, 90, 10, 0], 0.3)!;
    expect(seen.x + 1000).toBeCloseTo(3, 3);
  });

  it("shows who has come from its first state on, and who has left up to its last frame", () => {
    const all = fleet();
    all.take(rows([1, 0, 0, 90, 10, 0]), 0, "jump");
    all.take(rows([2, 0, 0, 90, 10, 0]), 0.1, "next");
    expect(all.at(2, 0.05)).toBeNull();
    expect(all.at(2, 0.1)).not.toBeNull();
    const { a, b, into, span } = all.around(0.05);
    expect(place(a.data, b.data, 0, into, span)!.x + 1000).toBeCloseTo(0.5, 3);
    expect(place(b.data, b.data, 0, 0, 0)).toBeNull();
  });

  it("forgets what was before a jump", () => {
    const all = fleet();
    all.take(rows([1, 0, 0, 90, 10, 0]), 100, "jump");
    all.take(rows([1, 5, 0, 90, 10, 0]), 10, "jump");
    expect(all.at(1, 50)!.x).toBeLessThan(5 + 2000);
    expect(all.around(5).a.time).toBe(10);
  });
});
