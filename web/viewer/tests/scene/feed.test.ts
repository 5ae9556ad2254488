import { describe, expect, it } from "vitest";
import { makeWorld, Traffic } from "../../src/bench/city";
import { FrameError } from "../../src/frames";
import { Feed, type Listener } from "../../src/scene/feed";
import { Meter } from "../../src/scene/meter";

/** A frame of packets with one CAM at `time`. */
function packets(time: number): ArrayBuffer {
  const bytes = new ArrayBuffer(32 + 8 + 18);
  const view = new DataView(bytes);
  view.setUint32(0, 0x31595357, true);
  view.setUint8(4, 4);
  view.setUint32(12, 1, true);
  view.setFloat64(16, time, true);
  return bytes;
}

/** The same frame, packed at another time of the wall clock. */
function packed(frame: ArrayBuffer, time: number): ArrayBuffer {
  new DataView(frame).setFloat64(24, time, true);
  return frame;
}

function made(draws = true) {
  const told: string[] = [];
  const listener: Listener = {
    packets: (frame) => told.push(`packets ${frame.time.toFixed(1)}`),
    touched: () => told.push("touched"),
    jumped: () => told.push("jumped"),
    charged: () => told.push("charged"),
    came: () => told.push("came"),
  };
  const world = makeWorld(100);
  const traffic = new Traffic(20, world);
  const feed = new Feed(listener, () => draws);
  feed.reset(world, 100, 100);
  feed.fleet.takeNames(traffic.names(), []);
  return { feed, traffic, told, world };
}

describe("a recording", () => {
  it("is drawn at the time that is wished for, forwards and backwards, with the names of who has left", () => {
    const { feed, traffic } = made();
    const frames = Array.from({ length: 60 }, () => traffic.step());
    feed.take(packed(frames[59], 6), 6);
    feed.tick(6);
    feed.showAt(0.25);
    feed.fleet.takeNames(traffic.names(), []);
    feed.takeRecorded(frames[0], false);
    for (const frame of frames.slice(2, 4)) feed.takeRecorded(frame, true);
    expect(feed.tick(6.1)).toBe(true);
    expect(feed.tick(6.2)).toBe(false);
    expect(feed.clock.drawn).toBe(0.25);
    const stations = feed.stations();
    const before = stations.map((station) => feed.vehicle(station));
    expect(before.every((one) => one!.id !== "")).toBe(true);
    feed.showAt(4.05);
    feed.takeRecorded(frames[30], false);
    for (const frame of frames.slice(39, 42)) feed.takeRecorded(frame, true);
    feed.showAt(0.25);
    feed.takeRecorded(frames[0], false);
    for (const frame of frames.slice(2, 4)) feed.takeRecorded(frame, true);
    expect(feed.stations().map((station) => feed.vehicle(station))).toEqual(before);
    feed.showAt(null);
    expect(feed.clock.drawn).toBeNaN();
    expect(feed.take(packed(traffic.step(), 7), 7)).not.toBeNull();
  });
});

describe("what comes", () => {
  it("is acknowledged by its sequence where it is a state", () => {
    const { feed, traffic } = made();
    expect(feed.take(traffic.step(), 0)).toBe(1);
    expect(feed.take(traffic.step(), 0.1)).toBe(2);
    expect(feed.take(packets(0.1), 0.1)).toBeNull();
  });

  it("waits for its time to be drawn", () => {
    const { feed, traffic, told } = made();
    for (let i = 0; i < 10; i++) {
      feed.take(packed(traffic.step(), i / 10), i / 10);
      feed.tick(i / 10);
    }
    told.length = 0;
    feed.take(packets(1), 0.9);
    expect(told).toEqual([]);
    for (let now = 0.9; now < 1.3; now += 0.02) feed.tick(now);
    expect(feed.clock.drawn).toBeGreaterThan(1);
    expect(told).toEqual(["packets 1.0"]);
  });

  it("is not held for ever: a flood goes through, and a jump lets all go", () => {
    const { feed, traffic, told } = made();
    feed.take(traffic.step(), 0);
    for (let i = 0; i < 1000; i++) feed.take(packets(99), 0);
    expect(told.filter((one) => one === "packets 99.0").length).toBe(600);
    traffic.time = 5000;
    feed.take(traffic.step(), 0.1);
    expect(told.filter((one) => one === "packets 99.0").length).toBe(1000);
    expect(told).toContain("jumped");
  });

  it("is refused in one line where it is no frame", () => {
    expect(() => made().feed.take(new ArrayBuffer(3), 0)).toThrow(FrameError);
  });

  it("is told of as it is drawn", () => {
    const { feed, traffic, world } = made();
    feed.take(traffic.step(), 0);
    feed.tick(0.1);
    expect(feed.stations()).toHaveLength(20);
    const one = feed.vehicle(3)!;
    expect(one).toMatchObject({ id: "v3", kind: "passenger", equipped: true, parked: false, soc: null });
    expect(one.x).toBeCloseTo(traffic.x[3], 1);
    expect(one.x).toBeLessThan(world.bounds[2] + 1);
    expect(feed.vehicle(77)).toBeNull();
  });

  it("shows the newest where nobody draws", () => {
    const { feed, traffic, told } = made(false);
    feed.take(traffic.step(), 0);
    feed.take(packets(0.2), 0);
    feed.take(traffic.step(), 0.1);
    expect(feed.clock.drawn).toBeCloseTo(0.2, 9);
    expect(told).toContain("packets 0.2");
  });
});

it("frames are counted over the last second", () => {
  const meter = new Meter();
  for (let i = 0; i <= 30; i++) meter.drawn(i / 10);
  expect(meter.perSecond(3.05)).toBe(10);
  expect(meter.perSecond(10)).toBe(0);
  for (let i = 0; i < 100; i++) meter.worked(0.002);
  expect(meter.workMs).toBeCloseTo(2, 2);
});
