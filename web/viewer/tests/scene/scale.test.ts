import { describe, expect, it } from "vitest";
import { finest } from "../../src/scene/painter";
import { Cameraman } from "../../src/scene/cameraman";
import { scaleFor } from "../../src/state/prefs";

describe("a large window", () => {
  it("has larger text, by its shorter side", () => {
    const sizes: [number, number][] = [
      [390, 844],
      [1280, 720],
      [1920, 1080],
      [2560, 1440],
      [3840, 2160],
      [3840, 1080],
      [15360, 8640],
    ];
    expect(sizes.map(([width, height]) => scaleFor(width, height))).toEqual([1, 1, 1, 1.375, 2, 1, 3]);
  });

  it("is drawn as finely as the screen is with a GPU, and with as many pixels as a small one without", () => {
    const pixels = (css: [number, number], scale: number, screen: number, software: boolean) => {
      const size = { width: css[0] / scale, height: css[1] / scale };
      return Math.round(size.width * size.height * finest(size, scale, screen, software) ** 2);
    };
    expect(pixels([1280, 720], 1, 1, true)).toBe(1280 * 720);
    for (const css of [
      [1920, 1080],
      [2560, 1440],
      [3840, 2160],
    ] as [number, number][]) {
      expect(pixels(css, scaleFor(...css), 1, true)).toBe(1280 * 720);
      expect(pixels(css, scaleFor(...css), 1, false)).toBe(css[0] * css[1]);
    }
    expect(pixels([1920, 1080], 1, 2, false)).toBe(3840 * 2160);
    expect(pixels([640, 360], 1, 2, true)).toBe(640 * 360);
  });
});

describe("the camera", () => {
  it("tells of every change, by a jump and by a drag as well", () => {
    const man = new Cameraman();
    man.resize({ width: 800, height: 600 });
    man.setBounds([-500, -500, 500, 500]);
    man.tick(0.1, 1, null);
    expect(man.tick(0.1, 1.1, null)).toBe(false);
    man.go({ x: 100, span: 200 }, 1.2, true);
    expect([man.tick(0.1, 1.3, null), man.tick(0.1, 1.4, null)]).toEqual([true, false]);
    man.drag([400, 300], [380, 300], 1.5);
    expect([man.tick(0.1, 1.6, null), man.tick(0.1, 1.7, null)]).toEqual([true, false]);
    man.reduced = true;
    man.zoom(2, null, 1.8, true);
    expect([man.tick(0.1, 1.9, null), man.tick(0.1, 2, null)]).toEqual([true, false]);
  });
});
