import { describe, expect, it } from "vitest";
import { Fleet } from "../../src/fleet";
import type { Drawn, World } from "../../src/protocol";
import { Drawings } from "../../src/scene/drawings";
import { PLAIN, strength, vehicleKey } from "../../src/scene/emphasis";
import { HelpDrawn, helpedWords } from "../../src/scene/help";
import { shared } from "../../src/scene/materials";
import { Atlas } from "../../src/scene/overlays";
import { COLOURINGS, palette, PALETTE_WIDTH, shapeOf } from "../../src/scene/style";
import { motionUniforms } from "../../src/scene/vehicles";
import { from, joined, toEdge, upTo } from "../../src/scene/way";
import { world } from "../doubles";

const CORNER = [0, 0, 100, 0, 100, 100];

describe("a way", () => {
  it("begins where its vehicle is, and leaves out what lies behind", () => {
    expect(from(CORNER, 40, 1)).toEqual([40, 1, 40, 0, 100, 0, 100, 100]);
    expect(from(CORNER, 99, 50)).toEqual([99, 50, 100, 50, 100, 100]);
    // By the same place once more, far later: it has not been there yet.
    const round = [0, 0, 1000, 0, 1000, 10, 0, 10];
    expect(from(round, 50, 9).slice(2, 4)).toEqual([50, 0]);
    expect(from([], 3, 4)).toEqual([3, 4]);
  });

  it("ends at its place", () => {
    expect(upTo(CORNER, 104, 30)).toEqual([0, 0, 100, 0, 100, 30]);
    expect(upTo([1, 1], 9, 9)).toEqual([1, 1]);
  });

  it("is the middle lanes of its edges, up to the edge of its place", () => {
    const lanes = (edge: number) =>
      edge === 9
        ? []
        : [
            [edge, 0],
            [edge, 1],
            [edge, 2],
          ];
    expect(joined([1, 9, 2], lanes)).toEqual([1, 1, 2, 1]);
    expect(toEdge([1, 2, 3, 2], 2)).toEqual([1, 2]);
    expect(toEdge([1, 2, 3], 7)).toEqual([1, 2, 3]);
    expect(toEdge([1, 2, 3], null)).toEqual([1, 2, 3]);
  });
});

/** Vehicle 7 stands at 100, 50; the city's origin is there too. */
function town(): { fleet: Fleet; atlas: Atlas } {
  const fleet = new Fleet(shapeOf, 100, 50);
  fleet.takeNames([], [[0, "car", "passenger", 4.5, 1.8, 1.5]]);
  const one = { count: 1, x: Int32Array.of(10_000), y: Int32Array.of(5000), angle: new Uint16Array(1) };
  fleet.take({ ...one, id: Uint32Array.of(7), speed: new Uint8Array(1), flags: new Uint8Array(1) }, 1, "jump");
  const city: World = {
    ...world(),
    lanes: {
      ids: ["a", "b"],
      edge: [0, 1],
      width: [3, 3],
      kind: ["road", "road"],
      shapes: [
        [100, 50, 200, 50],
        [200, 50, 200, 150],
      ],
    },
    parks: [
      { ...world().parks[0]!, x: 203, y: 100, edge: 1, bays: [[203, 100, 0, 5, 2.5]] },
      { ...world().parks[0]!, x: 0, y: 0 },
    ],
  };
  return { fleet, atlas: new Atlas(city, 100, 50) };
}

function counts(drawn: HelpDrawn): Record<string, number> {
  const [ribbon, place, rings, lines] = drawn.group.children as unknown as {
    visible: boolean;
    children: unknown[];
    geometry?: { drawRange: { count: number } };
  }[];
  const range = (mesh: typeof rings) => (mesh.visible ? mesh.geometry!.drawRange.count : 0);
  return {
    ribbon: ribbon.visible ? ribbon.children.length : 0,
    place: place.visible ? place.children.length : 0,
    rings: range(rings) / (3 * (64 - 1 + 2 * 64)),
    lines: range(lines) / 6,
  };
}

describe("help on the map", () => {
  const help = { way: [0, 1, 5], place: "park/0" as const, rejected: [{ place: "park/1" as const, cost: "250 m" }] };
  const middle = (atlas: Atlas) => (ref: string) =>
    ref === "vehicle/7"
      ? { x: 0, y: 0 }
      : ref.startsWith("vehicle")
        ? null
        : atlas.middle("park", Number(ref.slice(5)));

  it("is a ribbon to a marked place, and a thin line with its cost to what was rejected", () => {
    const { fleet, atlas } = town();
    const drawn = new HelpDrawn(shared(), motionUniforms());
    drawn.restyle("light", { help: true, helped: true }, PLAIN);
    drawn.set(7, help, atlas);
    drawn.renew(fleet, middle(atlas));
    expect(counts(drawn)).toEqual({ ribbon: 1, place: 1, rings: 1, lines: 1 });
    expect(drawn.words.map(({ text, x, y }) => [text, x, y])).toEqual([["250 m", -100, -50]]);
    expect([...drawn.seen]).toEqual(["help"]);
    // What the legend leaves out is not there, and nothing where the layer is off or it is led nowhere.
    drawn.restyle("light", { help: true, helped: true }, { hidden: new Set(["help.rejected"]), lit: null });
    drawn.renew(fleet, middle(atlas));
    expect(counts(drawn)["lines"]).toBe(0);
    drawn.restyle("light", { help: false, helped: true }, PLAIN);
    drawn.renew(fleet, middle(atlas));
    expect(counts(drawn)).toEqual({ ribbon: 0, place: 0, rings: 0, lines: 0 });
    drawn.restyle("light", { help: true, helped: true }, PLAIN);
    drawn.set(-1, null, atlas);
    drawn.renew(fleet, middle(atlas));
    expect(counts(drawn)).toEqual({ ribbon: 0, place: 0, rings: 0, lines: 0 });
    drawn.dispose();
  });

  it("tells who has just been helped, and by how much as far as that is known", () => {
    const { fleet, atlas } = town();
    const drawn = new HelpDrawn(shared(), motionUniforms());
    drawn.takeHelped([
      [7, 10, 70, 130],
      [9, 10, 70, 130],
    ]);
    drawn.renew(fleet, middle(atlas));
    expect(counts(drawn)["rings"]).toBe(1);
    expect(drawn.words.map((one) => one.text)).toEqual(["2\u00a0min 10\u00a0s sooner"]);
    expect(helpedWords(70, -20)).toBe("20\u00a0s longer");
    expect(helpedWords(70, null)).toBe("found in 1\u00a0min 10\u00a0s");
  });
});

describe("what plug-ins draw", () => {
  const nothing = { by: "m:A", unit: "", points: [], lines: [], areas: [], labels: [] };
  const rows: Drawn[] = [
    { ...nothing, kind: "queue", lines: [[100, 50, 120, 50]], labels: [[110, 50, "12 cars"]] },
    { ...nothing, kind: "fog", areas: [[100, 50, 120, 50, 120, 80]] },
    {
      ...nothing,
      kind: "queue",
      unit: "u2",
      points: [
        [101, 51],
        [102, 52],
      ],
    },
  ];

  it("stands in the legend under its own name, in a colour of its own", () => {
    const drawings = new Drawings(shared(), motionUniforms());
    expect(drawings.legend()).toEqual([]);
    drawings.take(rows, [100, 50]);
    drawings.restyle("dark", true, PLAIN);
    const legend = drawings.legend();
    expect(legend.map(({ key, label, sign }) => [key, label, sign])).toEqual([
      ["drawing.queue", "queue", "line"],
      ["drawing.fog", "fog", "area"],
    ]);
    expect(legend[0]!.colour).not.toBe(legend[1]!.colour);
    expect(drawings.words).toMatchObject([{ x: 10, y: 0, text: "12 cars" }]);
    // A kind that is gone keeps its colour and its row.
    drawings.take([rows[1]!], [100, 50]);
    expect(drawings.legend()).toEqual(legend);
    expect(drawings.words).toEqual([]);
    drawings.clear();
    expect(drawings.legend()).toEqual([]);
    drawings.dispose();
  });

  it("is left out by its kind", () => {
    const drawings = new Drawings(shared(), motionUniforms());
    drawings.take(rows, [100, 50]);
    drawings.restyle("dark", true, { hidden: new Set(["drawing.queue"]), lit: null });
    expect(drawings.words).toEqual([]);
    drawings.dispose();
  });
});

describe("emphasis", () => {
  it("leaves out, and lifts out by letting all else step back", () => {
    const lit = { hidden: new Set(["a"]), lit: "b" };
    expect([strength(lit, "a"), strength(lit, "b"), strength(PLAIN, "c")]).toEqual([0, 1, 1]);
    expect(strength(lit, "c")).toBeLessThan(0.3);
  });

  it("is the palette's alpha of vehicles", () => {
    const hidden = palette("dark", { hidden: new Set([vehicleKey("kind", 2)]), lit: null });
    const alpha = (bytes: Uint8Array, row: number, column: number) => bytes[4 * (row * PALETTE_WIDTH + column) + 3];
    expect([alpha(hidden, 0, 2), alpha(hidden, 0, 0), alpha(hidden, 4, 2)]).toEqual([0, 255, 255]);
    expect(
      palette("dark")
        .filter((_, i) => i % 4 === 3)
        .every((value) => value === 255),
    ).toBe(true);
    const pointed = palette("dark", { hidden: new Set(), lit: vehicleKey("parking", 1) });
    const row = COLOURINGS.indexOf("parking");
    expect(alpha(pointed, row, 1)).toBe(255);
    expect(alpha(pointed, row, 2)).toBeLessThan(80);
  });
});
