// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Scene, View } from "../src/scene/api";
import { run, world } from "./doubles";

const AT = "run=town.1&at=500,400,140,0,0";

/** The page anew: its modules hold what the address was. */
async function page(fragment: string) {
  vi.resetModules();
  location.hash = fragment;
  const [{ keepAddress, writeAddress, copyLink }, { store }, ui] = await Promise.all([
    import("../src/state/address"),
    import("../src/state/store"),
    import("../src/state/ui"),
  ]);
  let view: View = { x: 1, y: 2, span: 900, tilt: 0, bearing: 0 };
  const made = {
    view: () => view,
    setView: vi.fn((to: Partial<View>) => (view = { ...view, ...to })),
    follow: vi.fn(),
  };
  ui.scene.value = made as unknown as Scene;
  keepAddress();
  const come = async () => {
    store.take(run());
    store.setWorld(world());
    await vi.advanceTimersByTimeAsync(1);
  };
  /** What the browser does after `location.hash = ...`: the event comes later. */
  const paste = (to: string) => (location.hash = to);
  const told = () => dispatchEvent(new Event("hashchange"));
  return { come, copyLink, made, paste, store, told, ui, writeAddress };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("the address", () => {
  it("stays as it was opened until its world has come, and is obeyed then", async () => {
    const { come, made, ui } = await page(`#${AT}&see=unit/0&colour=speed`);
    ui.view.value = made.view();
    await vi.advanceTimersByTimeAsync(4000);
    expect(location.hash).toBe(`#${AT}&see=unit/0&colour=speed`);
    await come();
    expect(made.view()).toMatchObject({ x: 500, span: 140 });
    expect([ui.selected.value, ui.colourBy.value]).toEqual(["unit/0", "speed"]);
    await vi.advanceTimersByTimeAsync(4000);
    expect(location.hash).toContain("at=500,400,140,0,0");
  });

  it("never overwrites a link before it is read", async () => {
    const { come, made, paste, told, ui, writeAddress } = await page("#");
    await come();
    writeAddress();
    expect(location.hash).toContain("at=1,2,900,0,0");
    paste(`#${AT}&see=unit/0`);
    // The writer's turn comes before the event.
    writeAddress();
    expect(made.view()).toMatchObject({ x: 500, y: 400, span: 140 });
    expect(ui.selected.value).toBe("unit/0");
    told();
    expect(made.setView).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(4000);
    expect(location.hash).toContain("at=500,400,140,0,0&see=unit/0");
  });

  it("obeys the last of the links that came before the world", async () => {
    const { come, made, paste, told } = await page("#run=town.1&at=9,9,77,0,0");
    paste(`#${AT}`);
    told();
    await come();
    expect(made.setView.mock.calls.map(([to]) => to.span)).toEqual([140]);
  });

  it("goes back to what was seen without a selection", async () => {
    const { come, paste, told, ui } = await page("#");
    await come();
    paste(`#${AT}&see=unit/0`);
    told();
    expect(ui.selected.value).toBe("unit/0");
    paste("#run=town.1&at=1,2,900,0,0");
    told();
    expect(ui.selected.value).toBeNull();
  });

  it("is copied as it is now, not as it was a moment ago", async () => {
    const { come, copyLink, made } = await page("#");
    await come();
    const copied = vi.fn((_: string) => Promise.resolve());
    vi.stubGlobal("navigator", { clipboard: { writeText: copied } });
    made.setView({ x: 700, span: 222 });
    await copyLink();
    expect(copied.mock.calls[0]![0]).toContain("at=700,2,222,0,0");
    vi.unstubAllGlobals();
  });

  it("keeps its token", async () => {
    const { come, writeAddress } = await page("#token=abc");
    await come();
    writeAddress();
    expect(location.hash).toMatch(/^#token=abc&run=town\.1/);
  });
});
