import { describe, expect, it } from "vitest";
import type { ColourBy } from "../../src/scene/api";
import {
  COLOURINGS,
  fillColour,
  legend,
  losses,
  messageColour,
  onScale,
  palette,
  PALETTE_WIDTH,
  rgb,
  SHAPES,
  shapeOf,
  signalColour,
  STYLES,
  type Theme,
} from "../../src/scene/style";

const THEMES: Theme[] = ["dark", "light"];

const linear = (c: number) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);

/** WCAG 2.2, "relative luminance" and "contrast ratio". */
function luminance(hex: string): number {
  const [r, g, b] = rgb(hex).map(linear);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p);
  return (x + 0.05) / (y + 0.05);
}

/** How a person without green-sensitive (deutan) or red-sensitive (protan) cones sees a colour: Viénot, Brettel and
 * Mollon (Color Research and Application 24, 1999), linear RGB. */
function seenBy(hex: string, who: "deutan" | "protan"): number[] {
  const [r, g, b] = rgb(hex).map(linear);
  return who === "deutan"
    ? [0.29275 * r + 0.70725 * g, 0.29275 * r + 0.70725 * g, -0.02234 * r + 0.02234 * g + b]
    : [0.11238 * r + 0.88762 * g, 0.11238 * r + 0.88762 * g, 0.00401 * r - 0.00401 * g + b];
}

/** Contrast as somebody sees it. */
function seenContrast(a: string, b: string, who: "deutan" | "protan" | null): number {
  const light = (hex: string) => {
    const [r, g, b] = who ? seenBy(hex, who) : rgb(hex).map(linear);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
  };
  const [x, y] = [light(a), light(b)];
  return Math.max(x, y) / Math.min(x, y);
}

/** Distance in CIELAB (1976) between two colours as somebody sees them. */
function apart(a: string, b: string, who: "deutan" | "protan" | null): number {
  const lab = (hex: string) => {
    const [r, g, b] = who ? seenBy(hex, who) : rgb(hex).map(linear);
    const f = (t: number) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
    const x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047);
    const y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
    const z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883);
    return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
  };
  const [p, q] = [lab(a), lab(b)];
  return Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
}

describe.each(THEMES)("in %s", (theme) => {
  const style = STYLES[theme];

  it("words can be read", () => {
    for (const ground of [style.ground, style.plate, style.halo]) {
      expect(contrast(style.text, ground)).toBeGreaterThan(7);
      expect(contrast(style.faint, ground)).toBeGreaterThan(4.5);
    }
  });

  it("vehicles stand out from the road by their colour or their rim", () => {
    for (const what of COLOURINGS)
      for (const { label, colour } of legend(theme, what).entries)
        for (const road of [style.road, style.roadFar]) {
          const best = Math.max(contrast(colour, road), contrast(style.outline, road) * (theme === "light" ? 1 : 0));
          expect(best, `${what}: ${label} on ${road}`).toBeGreaterThan(label === "Parked" ? 1 : 1.5);
        }
  });

  it("markings can be told from the road, signals from each other", () => {
    expect(contrast(style.marking, style.road)).toBeGreaterThan(1.5);
    for (const who of [null, "deutan", "protan"] as const)
      expect(apart(signalColour("G"), signalColour("r"), who)).toBeGreaterThan(20);
  });

  it("classes can be told apart by colour-blind people", () => {
    const telling: [ColourBy, string[]][] = [
      ["kind", ["Car", "Taxi", "Bus", "Truck", "Emergency"]],
      ["connected", ["Connected", "Not connected"]],
      ["parking", ["Driving", "Searching", "Guided to a bay", "Charging"]],
    ];
    for (const [what, labels] of telling) {
      const entries = legend(theme, what).entries.filter((one) => labels.includes(one.label));
      expect(entries).toHaveLength(labels.length);
      for (const who of [null, "deutan", "protan"] as const)
        for (const a of entries)
          for (const b of entries)
            if (a !== b) expect(apart(a.colour, b.colour, who), `${a.label}, ${b.label}, ${who}`).toBeGreaterThan(12);
    }
  });

  it("who stands and who is empty stand out most, for everybody and on every road", () => {
    for (const what of ["speed", "charge"] as const) {
      const { scale, besides } = legend(theme, what);
      const all = [...scale!, besides[0].colour];
      for (const road of [style.road, style.roadFar])
        for (const who of [null, "deutan", "protan"] as const) {
          const out = all.map((colour) => seenContrast(colour, road, who));
          out.slice(1).forEach((later, i) => expect(out[i], `${what} ${i} on ${road}, ${who}`).toBeGreaterThan(later));
          expect(out[0]).toBeGreaterThan(3);
          expect(out[0] / out.at(-2)!).toBeGreaterThan(1.8);
        }
    }
  });

  it("an empty battery is red", () => {
    const [r, g, b] = rgb(legend(theme, "charge").entries[0].colour);
    expect(r).toBeGreaterThan(1.5 * Math.max(g, b));
  });

  it("the palette says what the legend says", () => {
    const bytes = palette(theme);
    expect(bytes).toHaveLength(4 * PALETTE_WIDTH * COLOURINGS.length);
    const at = (what: ColourBy, column: number) => {
      const place = 4 * (COLOURINGS.indexOf(what) * PALETTE_WIDTH + column);
      return `#${[0, 1, 2].map((i) => bytes[place + i].toString(16).padStart(2, "0")).join("")}`;
    };
    const kinds = legend(theme, "kind").entries;
    SHAPES.forEach((_, i) => expect(at("kind", i)).toBe(kinds[i].colour));
    expect(at("speed", 0)).toBe(legend(theme, "speed").entries[0].colour);
    expect(at("speed", Math.round(4 * (15 / 3.6)))).toBe(
      onScale(legend(theme, "speed").scale!, Math.sqrt(17 / 4 / (60 / 3.6))),
    );
    expect(at("speed", 254)).toBe(legend(theme, "speed").entries[2].colour);
    expect(at("speed", 255)).toBe(legend(theme, "speed").besides[0].colour);
    expect(at("charge", 0)).toBe(legend(theme, "charge").entries[0].colour);
    expect(at("charge", 125)).toBe(legend(theme, "charge").entries[1].colour);
    expect(at("charge", 250)).toBe(legend(theme, "charge").entries[2].colour);
    expect(at("charge", 255)).toBe(legend(theme, "charge").besides[0].colour);
    expect(at("connected", 1)).toBe(legend(theme, "connected").entries[0].colour);
    legend(theme, "parking").entries.forEach((one, i) => expect(at("parking", i)).toBe(one.colour));
  });

  it("messages, fills and places have colours that are seen on the ground", () => {
    for (const kind of [
      "cam",
      "denm",
      "spatem",
      "saem",
      "mapem",
      "bsm",
      "rsi",
      "spat",
      "map",
      "parking-request",
      "charging-response",
      "new",
    ])
      expect(contrast(messageColour(theme, kind), style.ground), kind).toBeGreaterThan(2.5);
    for (const { label, colour } of losses(theme)) expect(contrast(colour, style.ground), label).toBeGreaterThan(3);
    for (const share of [0, 0.5, 1]) expect(contrast(fillColour(theme, share), style.ground)).toBeGreaterThan(2.5);
  });
});

it("every vehicle class of SUMO has a shape; unknown ones are other", () => {
  expect(SHAPES[shapeOf("passenger")]).toBe("car");
  expect(SHAPES[shapeOf("bicycle")]).toBe("cycle");
  expect(SHAPES[shapeOf("container")]).toBe("other");
  expect(SHAPES.length).toBeLessThanOrEqual(16);
});

it("the legend names only the kinds that are there", () => {
  const there = new Set([shapeOf("bus"), shapeOf("passenger")]);
  expect(legend("dark", "kind", there).entries.map((one) => one.label)).toEqual(["Car", "Bus"]);
});

it("scales begin and end with their stops", () => {
  expect(onScale(["#000000", "#ffffff"], -1)).toBe("#000000");
  expect(onScale(["#000000", "#ffffff"], 0.5)).toBe("#808080");
  expect(onScale(["#000000", "#ffffff"], 2)).toBe("#ffffff");
});
