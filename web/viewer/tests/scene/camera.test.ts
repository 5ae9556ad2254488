import { PerspectiveCamera } from "three";
import { describe, expect, it } from "vitest";
import type { View } from "../../src/scene/api";
import { aim, bounded, fitting, flight, maxTilt, metresPerPixel, project, unproject } from "../../src/scene/camera";
import { Cameraman } from "../../src/scene/cameraman";

const SIZE = { width: 1200, height: 800 };
const flat: View = { x: 100, y: 50, span: 400, tilt: 0, bearing: 0 };
const shown = (view: View, size = SIZE) => {
  const camera = new PerspectiveCamera();
  aim(camera, view, size);
  return camera;
};

describe("the camera", () => {
  it("shows the span across the shorter side, north up", () => {
    const camera = shown(flat);
    expect(project(camera, SIZE, 100, 50)).toEqual([expect.closeTo(600, 6), expect.closeTo(400, 6)]);
    expect(project(camera, SIZE, 100, 250)![1]).toBeCloseTo(0, 3);
    expect(project(camera, SIZE, 400, 50)![0]).toBeCloseTo(1200, 3);
    expect(metresPerPixel(flat, SIZE)).toBe(0.5);
  });

  it("has its bearing at the top", () => {
    const at = project(shown({ ...flat, bearing: 90 }), SIZE, 200, 50)!;
    expect(at[0]).toBeCloseTo(600, 3);
    expect(at[1]).toBeLessThan(300);
  });

  it("finds the ground again from the picture, however it is turned", () => {
    for (const [tilt, bearing] of [
      [0, 0],
      [30, 45],
      [65, 200],
    ]) {
      const camera = shown({ ...flat, tilt, bearing });
      for (const [left, top] of [
        [600, 400],
        [100, 700],
        [1100, 300],
      ]) {
        const [x, y] = unproject(camera, SIZE, left, top)!;
        expect(project(camera, SIZE, x, y)).toEqual([expect.closeTo(left, 4), expect.closeTo(top, 4)]);
      }
    }
  });

  it("never shows the horizon", () => {
    for (const size of [SIZE, { width: 400, height: 900 }, { width: 2000, height: 400 }]) {
      const camera = shown({ ...flat, tilt: maxTilt(size) }, size);
      expect(unproject(camera, size, size.width / 2, 0)).not.toBeNull();
    }
    expect(bounded({ ...flat, tilt: 90, span: 1, bearing: -90 }, SIZE, 5000)).toEqual({
      ...flat,
      tilt: maxTilt(SIZE),
      span: 25,
      bearing: 270,
    });
  });

  it("fits the whole city", () => {
    for (const size of [SIZE, { width: 500, height: 900 }]) {
      const camera = shown(fitting([-1000, -500, 3000, 700], size), size);
      for (const [x, y] of [
        [-1000, -500],
        [3000, 700],
      ]) {
        const [left, top] = project(camera, size, x, y)!;
        expect(left).toBeGreaterThan(0);
        expect(left).toBeLessThan(size.width);
        expect(top).toBeGreaterThan(0);
        expect(top).toBeLessThan(size.height);
      }
    }
  });
});

describe("a flight", () => {
  it("begins and ends where it should, and rises on the way", () => {
    const to: View = { x: 4000, y: 3000, span: 200, tilt: 50, bearing: 350 };
    const way = flight(flat, to);
    expect(way.at(0)).toMatchObject({ x: expect.closeTo(100, 6), span: expect.closeTo(400, 6), bearing: 0 });
    expect(way.at(1)).toEqual(to);
    expect(way.at(0.5).span).toBeGreaterThan(800);
    // The short way round: 0 to 350 leads over 355.
    expect(way.at(0.5).bearing).toBeCloseTo(355, 6);
    expect(way.seconds).toBeLessThan(3);
  });

  it("is steady: no leap between two pictures", () => {
    const to: View = { ...flat, x: 900, span: 60 };
    const way = flight(flat, to);
    for (let i = 1; i <= 100; i++) {
      const [a, b] = [way.at((i - 1) / 100), way.at(i / 100)];
      expect(Math.hypot(b.x - a.x, b.y - a.y)).toBeLessThan(0.12 * Math.max(a.span, b.span));
      expect(Math.abs(Math.log(b.span / a.span))).toBeLessThan(0.12);
    }
  });

  it("only zooms, turns or stays where nothing else is asked for", () => {
    expect(flight(flat, { ...flat, span: 50 }).at(0.5).x).toBe(100);
    expect(flight(flat, { ...flat, tilt: 40 }).at(0.5).tilt).toBeCloseTo(20, 6);
    expect(flight(flat, flat).at(0.3)).toMatchObject({ x: 100, span: 400 });
  });
});

describe("who holds the camera", () => {
  const made = () => {
    const man = new Cameraman();
    man.resize(SIZE);
    man.setBounds([-2000, -1000, 2000, 1000]);
    return man;
  };

  it("fits the city at first and again when the window changes, until somebody has chosen", () => {
    const man = made();
    const first = man.view.span;
    man.resize({ width: 400, height: 800 });
    expect(man.view.span).not.toBe(first);
    man.go({ x: 10, y: 10, span: 100 }, 0, true);
    man.resize(SIZE);
    expect(man.view.span).toBe(100);
  });

  it("keeps the ground under the hand", () => {
    const man = made();
    man.go({ span: 500, tilt: 40, bearing: 30 }, 0, true);
    const before = unproject(shown(man.view), SIZE, 300, 500)!;
    man.drag([300, 500], [420, 450], 1);
    const after = unproject(shown(man.view), SIZE, 420, 450)!;
    expect(Math.hypot(after[0] - before[0], after[1] - before[1])).toBeLessThan(0.5);
  });

  it("zooms to the pointer", () => {
    const man = made();
    const before = unproject(shown(man.view), SIZE, 300, 200)!;
    man.zoom(2, [300, 200], 0, true);
    for (let i = 0; i < 120; i++) man.tick(1 / 60, i / 60, null);
    const after = unproject(shown(man.view), SIZE, 300, 200)!;
    expect(Math.hypot(after[0] - before[0], after[1] - before[1])).toBeLessThan(1);
    expect(man.busy(10)).toBe(false);
  });

  it("catches up with whom it follows, and lets the scale be", () => {
    const man = made();
    man.go({ span: 200 }, 0, true);
    man.follow();
    let now = 1;
    for (let i = 0; i < 180; i++) man.tick(1 / 60, (now += 1 / 60), { x: 300 + i * 0.2, y: 40 });
    expect(Math.abs(man.view.x - (300 + 179 * 0.2))).toBeLessThan(0.1);
    expect(man.view.span).toBe(200);
    expect(man.tick(1 / 60, now, { x: 300 + 179 * 0.2, y: 40 })).toBe(true);
  });

  it("jumps where motion is unwanted", () => {
    const man = made();
    man.reduced = true;
    man.go({ x: 500, span: 100 }, 0, false);
    expect(man.view).toMatchObject({ x: 500, span: 100 });
  });
});
