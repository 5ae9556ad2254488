import { describe, expect, it } from "vitest";
import { Fate, type Packets } from "../../src/frames";
import { Air, type Hearing } from "../../src/scene/air";
import { shared } from "../../src/scene/materials";
import { motionUniforms } from "../../src/scene/vehicles";

const CAM = 0;
const DENM = 1;

/** One packet per sender, all of a kind; each heard by unit 0, the second one lost. */
function frame(senders: number[], kind: number): Packets {
  const n = senders.length;
  return {
    type: "packets",
    sequence: 1,
    time: 0,
    packed: 0,
    paused: false,
    count: n,
    sender: Uint32Array.from(senders),
    x: Int32Array.from(senders, (_, i) => 100 * i),
    y: new Int32Array(n),
    atVehicles: new Uint16Array(n),
    atUnits: new Uint16Array(n),
    kind: new Uint8Array(n).fill(kind),
    flags: new Uint8Array(n),
    sent: n,
    arcs: {
      count: n,
      packet: Uint16Array.from(senders, (_, i) => i),
      receiver: new Uint32Array(n),
      flags: Uint8Array.from(senders, (_, i) => (i === 1 ? 3 : 1)),
    },
  };
}

const hearing = (changes: Partial<Hearing> = {}): Hearing => ({
  ending: (number, isUnit) => (isUnit ? { x: 5, y: 5, slot: -1 } : { x: number, y: 0, slot: number }),
  colour: () => [1, 0, 0],
  faint: (kind) => kind === CAM,
  shown: () => true,
  inSight: () => true,
  originX: 0,
  originY: 0,
  ...changes,
});

/** What the tables hold: births of pulses and arcs that are seen at some time. */
function seen(air: Air): { pulses: number; arcs: number; lost: number } {
  const [pulses, arcs] = [air.pulses, air.arcs];
  const count = (room: number, test: (i: number) => boolean) =>
    Array.from({ length: room }, (_, i) => test(i)).filter(Boolean).length;
  return {
    pulses: count(pulses.room, (i) => pulses.get(i, 0, 3) > 0),
    arcs: count(arcs.room, (i) => arcs.get(i, 2, 3) > 0 && arcs.get(i, 0, 3) >= 0),
    lost: count(arcs.room, (i) => arcs.get(i, 1, 3) > 0.5),
  };
}

const many = (n: number) => Array.from({ length: n }, (_, i) => i);
const made = () => new Air(shared(), motionUniforms());

describe("messages on the air", () => {
  it("are seen, arcs and losses apart", () => {
    const air = made();
    air.take(frame([7, 8, 9], DENM), hearing(), 10);
    expect(seen(air)).toEqual({ pulses: 3, arcs: 3, lost: 1 });
    expect(air.busy(10.5)).toBe(true);
    expect(air.busy(13)).toBe(false);
  });

  it("are lost in one way or another, each with its own dash", () => {
    const air = made();
    const lost = frame([1, 2, 3, 4, 5], DENM);
    const fates = [0, Fate.Collision, Fate.Propagation, Fate.Busy, Fate.HalfDuplex];
    lost.arcs.flags = Uint8Array.from(fates, (fate) => 2 | (fate << 2));
    air.take(lost, hearing(), 10);
    expect(fates.map((_, i) => air.arcs.get(i, 1, 3))).toEqual([4, 1, 2, 3, 3]);
  });

  it("do not let the city boil: frequent kinds are thinned, and nobody beats twice at once", () => {
    const air = made();
    air.take(frame(many(250), CAM), hearing(), 10);
    expect(seen(air).pulses).toBeLessThanOrEqual(40);
    expect(seen(air).arcs - seen(air).lost).toBeLessThanOrEqual(20);
    const other = made();
    for (let i = 0; i < 5; i++) other.take(frame([1], CAM), hearing(), 10 + i / 10);
    expect(seen(other).pulses).toBe(1);
    other.take(frame([1], DENM), hearing(), 10.5);
    expect(seen(other).pulses).toBe(2);
  });

  it("draw an arc that is repeated all the time once in its life", () => {
    const air = made();
    for (let i = 0; i < 10; i++) air.take(frame([7], DENM), hearing(), i / 10);
    expect(seen(air).arcs).toBe(1);
    air.take(frame([7], DENM), hearing(), 1.4);
    air.take(frame([8], DENM), hearing(), 1.4);
    expect(seen(air).arcs).toBe(3);
  });

  it("are left out where their kind is not wanted or nobody could see them", () => {
    const air = made();
    air.take(frame([1, 2], DENM), hearing({ shown: (kind) => kind !== DENM }), 10);
    air.take(frame([1, 2], DENM), hearing({ inSight: () => false }), 10);
    expect(seen(air)).toEqual({ pulses: 0, arcs: 0, lost: 0 });
  });

  it("make room for the newest, however many come", () => {
    const air = made();
    for (let i = 0; i < 20; i++)
      air.take(
        frame(
          many(200).map((k) => 1000 * i + k),
          DENM,
        ),
        hearing(),
        10 + i,
      );
    expect(seen(air).pulses).toBe(air.pulses.room);
    air.clear();
    expect(seen(air)).toEqual({ pulses: 0, arcs: 0, lost: 0 });
  });
});
