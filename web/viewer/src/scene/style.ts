/** Colours: the city in two themes, and the palettes of vehicles and messages. Classes are Okabe and Ito's eight colours
 * (jfly.uni-koeln.de/color, 2008), scales go by lightness first: all can be told apart by colour-blind people. */

import { Fate } from "../frames";
import type { ColourBy, Legend, LossLegend, MarkLegend } from "./api";
import { type Emphasis, PLAIN, strength, vehicleKey } from "./emphasis";

export type Theme = "dark" | "light";

export interface Style {
  ground: string;
  water: string;
  shore: string;
  park: string;
  parkEdge: string;
  otherArea: string;
  /** Roads seen from afar and from near. */
  roadFar: string;
  road: string;
  casing: string;
  bus: string;
  cycle: string;
  foot: string;
  rail: string;
  marking: string;
  bay: string;
  bayLine: string;
  chargeBay: string;
  roof: string;
  roofEdge: string;
  wall: string;
  /** Opacity of shadows. */
  shadow: number;
  text: string;
  faint: string;
  halo: string;
  plate: string;
  select: string;
  closed: string;
  outline: string;
}

export const STYLES: Record<Theme, Style> = {
  light: {
    ground: "#edefea",
    water: "#b3d1e4",
    shore: "#9dc0d8",
    park: "#d2e1c5",
    parkEdge: "#c2d5b2",
    otherArea: "#e4e5df",
    roadFar: "#ffffff",
    road: "#bfc5cd",
    casing: "#ccd0d3",
    bus: "#c2b7bf",
    cycle: "#cdb4a6",
    foot: "#dfdbd2",
    rail: "#a3a8af",
    marking: "#ffffff",
    bay: "#cfd3d8",
    bayLine: "#f7f8f9",
    chargeBay: "#bcdccf",
    roof: "#e2ddd3",
    roofEdge: "#b9b2a5",
    wall: "#cdc7bb",
    shadow: 0.13,
    text: "#27313d",
    faint: "#5d6977",
    halo: "#f6f7f4",
    plate: "#ffffff",
    select: "#111820",
    closed: "#d55e00",
    outline: "#1a222c",
  },
  dark: {
    ground: "#10161d",
    water: "#0d2537",
    shore: "#16384f",
    park: "#14251f",
    parkEdge: "#1b3329",
    otherArea: "#151c24",
    roadFar: "#3d4a59",
    road: "#2b3541",
    casing: "#1b232d",
    bus: "#372f3d",
    cycle: "#3d302c",
    foot: "#242b33",
    rail: "#4a525c",
    marking: "#8995a3",
    bay: "#262f3a",
    bayLine: "#5a6675",
    chargeBay: "#1d4038",
    roof: "#212c38",
    roofEdge: "#3b4a5a",
    wall: "#18212b",
    shadow: 0.36,
    text: "#d6dfe8",
    faint: "#8d9bab",
    halo: "#0c1117",
    plate: "#18212b",
    select: "#ffffff",
    closed: "#ff8a3d",
    outline: "#05080b",
  },
};

const BLACK = "#000000";
const ORANGE = "#e69f00";
const SKY = "#56b4e9";
const GREEN = "#009e73";
const YELLOW = "#f0e442";
const BLUE = "#0072b2";
const VERMILION = "#d55e00";
const PURPLE = "#cc79a7";

/** In which shape and class a vehicle is drawn: the place in this list, below 16. */
export const SHAPES = ["car", "taxi", "bus", "truck", "van", "emergency", "cycle", "person", "rail", "other"] as const;
export type ShapeName = (typeof SHAPES)[number];

const OF_KIND: Record<string, ShapeName> = {
  passenger: "car",
  private: "car",
  evehicle: "car",
  hov: "car",
  vip: "car",
  ignoring: "car",
  custom1: "car",
  custom2: "car",
  taxi: "taxi",
  bus: "bus",
  coach: "bus",
  truck: "truck",
  trailer: "truck",
  army: "truck",
  delivery: "van",
  emergency: "emergency",
  authority: "emergency",
  motorcycle: "cycle",
  moped: "cycle",
  bicycle: "cycle",
  scooter: "cycle",
  pedestrian: "person",
  wheelchair: "person",
  tram: "rail",
  rail: "rail",
  rail_urban: "rail",
  rail_electric: "rail",
  rail_fast: "rail",
  subway: "rail",
  cable_car: "rail",
};

/** Number of the shape of one of SUMO's vehicle classes. */
export function shapeOf(kind: string): number {
  return SHAPES.indexOf(OF_KIND[kind] ?? "other");
}

const KINDS: Record<Theme, Record<ShapeName, string>> = {
  light: {
    car: "#1272c4",
    taxi: YELLOW,
    bus: GREEN,
    truck: ORANGE,
    van: "#9a6a00",
    emergency: VERMILION,
    cycle: PURPLE,
    person: "#7a1f5c",
    rail: BLACK,
    other: "#5d6977",
  },
  dark: {
    car: SKY,
    taxi: YELLOW,
    bus: "#1fc796",
    truck: ORANGE,
    van: "#d8b365",
    emergency: VERMILION,
    cycle: PURPLE,
    person: "#f3d3e4",
    rail: "#4f9fd8",
    other: "#98a5b3",
  },
};

const LABELS: Record<ShapeName, string> = {
  car: "Car",
  taxi: "Taxi",
  bus: "Bus",
  truck: "Truck",
  van: "Delivery van",
  emergency: "Emergency",
  cycle: "Two-wheeler",
  person: "On foot",
  rail: "Rail",
  other: "Other",
};

/** From what matters to what does not: who stands, an empty battery. Contrast with the road falls all the way, for
 * colour-blind people too: bright on dark roads, dark on light ones. */
const SPEEDS: Record<Theme, string[]> = {
  light: ["#7a0019", "#b3332e", "#c06a4a", "#7f97b5", "#8fabc6"],
  dark: ["#ffd84a", "#ff9a4d", "#cf7662", "#667894", "#51708f"],
};
const CHARGES: Record<Theme, string[]> = {
  light: ["#9c0020", "#b34a2b", "#a98440", "#7da199", "#86aeb2"],
  dark: ["#ff8478", "#cf7a48", "#857348", "#58736b", "#496c70"],
};
/** Where the scale of speeds ends, m/s: 60 km/h. It goes by the square root: a queue is told from slow traffic. */
const FAST = 60 / 3.6;

/** States of the theme "parking", by column of the palette. */
const PARKING = ["Driving", "Searching", "Guided to a bay", "Parked", "Bound for a pile", "Charging"];

export function rgb(hex: string): [number, number, number] {
  const value = parseInt(hex.slice(1, 7), 16);
  return [(value >> 16) / 255, ((value >> 8) & 255) / 255, (value & 255) / 255];
}

function hex(colour: number[]): string {
  return `#${colour
    .map((c) =>
      Math.round(255 * c)
        .toString(16)
        .padStart(2, "0"),
    )
    .join("")}`;
}

/** A colour of a scale, `at` in 0..1. */
export function onScale(stops: string[], at: number): string {
  const place = Math.min(Math.max(at, 0), 1) * (stops.length - 1);
  const i = Math.min(Math.floor(place), stops.length - 2);
  const [a, b] = [rgb(stops[i]), rgb(stops[i + 1])];
  return hex(a.map((c, k) => c + (b[k] - c) * (place - i)));
}

const speedColour = (theme: Theme, speed: number) => onScale(SPEEDS[theme], Math.sqrt(speed / FAST));
const chargeColour = (theme: Theme, soc: number) => onScale(CHARGES[theme], soc);

const QUIET: Record<Theme, string> = { light: "#7d8894", dark: "#66737f" };
/** Quieter than anything a scale says: parked, or without a battery. */
const ASIDE: Record<Theme, string> = { light: "#a3abb4", dark: "#46515d" };
const connectedColour = (theme: Theme, equipped: boolean) =>
  equipped ? (theme === "dark" ? SKY : BLUE) : QUIET[theme];
const parkingColours = (theme: Theme) => [
  QUIET[theme],
  theme === "dark" ? ORANGE : "#c77f00",
  theme === "dark" ? SKY : BLUE,
  ASIDE[theme],
  theme === "dark" ? YELLOW : "#8a7d00",
  theme === "dark" ? "#1fc796" : GREEN,
];

export const COLOURINGS: ColourBy[] = ["kind", "speed", "charge", "connected", "parking"];
export const PALETTE_WIDTH = 256;

/** RGBA bytes, one row of 256 for each of COLOURINGS: by shape; by 1/4 m/s (255: parked); by 1/250 of charge (255: no
 * battery); by equipped; by state of parking. Alpha says how strongly: 0 of who is left out. */
export function palette(theme: Theme, emphasis: Emphasis = PLAIN): Uint8Array<ArrayBuffer> {
  const rows = [
    (i: number) => KINDS[theme][SHAPES[i] ?? "other"],
    (i: number) => (i > 254 ? ASIDE[theme] : speedColour(theme, i / 4)),
    (i: number) => (i > 250 ? ASIDE[theme] : chargeColour(theme, i / 250)),
    (i: number) => connectedColour(theme, i > 0),
    (i: number) => parkingColours(theme)[i] ?? QUIET[theme],
  ];
  const bytes = new Uint8Array(PALETTE_WIDTH * rows.length * 4);
  rows.forEach((colour, row) => {
    for (let i = 0; i < PALETTE_WIDTH; i++) {
      const [r, g, b] = rgb(colour(i));
      const alpha = Math.round(255 * strength(emphasis, vehicleKey(COLOURINGS[row], i)));
      bytes.set([255 * r, 255 * g, 255 * b, alpha], 4 * (row * PALETTE_WIDTH + i));
    }
  });
  return bytes;
}

/** What the colours mean; of kinds only those that are there, if told. */
export function legend(theme: Theme, what: ColourBy, there?: ReadonlySet<number>): Legend {
  const scale = (names: [string, string, string], stops: string[], besides: string) => ({
    scale: stops,
    entries: names.map((label, i) => ({ label, colour: onScale(stops, i / 2) })),
    besides: [{ label: besides, colour: ASIDE[theme] }],
  });
  switch (what) {
    case "kind":
      return {
        scale: null,
        besides: [],
        entries: SHAPES.flatMap((shape, column) =>
          !there || there.has(column) ? [{ label: LABELS[shape], colour: KINDS[theme][shape], column }] : [],
        ),
      };
    case "speed":
      return scale(["stands", "15\u00a0km/h", "60\u00a0km/h or more"], SPEEDS[theme], "Parked");
    case "charge":
      return scale(["empty", "50\u00a0%", "full"], CHARGES[theme], "No battery");
    case "connected":
      return {
        scale: null,
        besides: [],
        entries: [
          { label: "Connected", colour: connectedColour(theme, true), column: 1 },
          { label: "Not connected", colour: connectedColour(theme, false), column: 0 },
        ],
      };
    case "parking":
      return {
        scale: null,
        besides: [],
        entries: parkingColours(theme).map((colour, column) => ({ label: PARKING[column], colour, column })),
      };
  }
}

/** Colours of message kinds: quiet for the many CAMs, loud for warnings. */
export function messageColour(theme: Theme, kind: string): string {
  const dark = theme === "dark";
  const name = kind.toLowerCase();
  const has = (...parts: string[]) => parts.some((part) => name.includes(part));
  if (has("cam", "bsm")) return dark ? "#7fa7c9" : "#5b7f9f";
  if (has("denm", "rsi", "hazard")) return dark ? "#ff7a33" : VERMILION;
  if (has("map")) return dark ? "#a5e0cb" : "#4a8570";
  if (has("spat", "ivi", "signal")) return dark ? "#1fc796" : GREEN;
  if (has("park")) return dark ? ORANGE : "#c77f00";
  if (has("charg", "energy", "evcs")) return dark ? YELLOW : "#8a7d00";
  if (has("cpm", "rsm", "ssm", "percep")) return PURPLE;
  return dark ? SKY : BLUE;
}

/** Units: masts, their ranges. */
export const UNIT = { light: "#6a3fb5", dark: "#c9a6ff" } satisfies Record<Theme, string>;
export const SITE = { light: "#00805d", dark: "#1fc796" } satisfies Record<Theme, string>;

/** How packets are lost: colours, and dashes for who cannot tell them apart. Who is told no more than that comes last. */
const LOSSES: { label: string; light: string; dark: string; dash: number; gap: number }[] = [
  { label: "Collision", light: "#b3261e", dark: "#ff5c4d", dash: 5, gap: 4 },
  { label: "Too weak", light: "#7a6200", dark: YELLOW, dash: 2, gap: 4 },
  { label: "Receiver busy", light: "#93387a", dark: "#e39ac8", dash: 10, gap: 4 },
  { label: "Not received", light: "#5d6977", dark: "#98a5b3", dash: 3, gap: 7 },
];

export function losses(theme: Theme): LossLegend[] {
  return LOSSES.map(({ label, dash, gap, [theme]: colour }) => ({ label, colour, dash, gap }));
}

/** What applications do. */
export const MARKS = {
  light: {
    sensed: "#a8327d",
    both: "#6d7885",
    hazard: VERMILION,
    request: BLUE,
    advice: "#00805d",
    search: "#c77f00",
    help: BLUE,
    rejected: "#5d6977",
    helped: "#00805d",
  },
  dark: {
    sensed: "#ff9ad5",
    both: "#8494a5",
    hazard: "#ff7a33",
    request: SKY,
    advice: "#1fc796",
    search: ORANGE,
    help: SKY,
    rejected: "#98a5b3",
    helped: "#1fc796",
  },
} satisfies Record<Theme, Record<string, string>>;

/** What plug-ins draw, kind by kind. */
export const DRAWN: Record<Theme, readonly string[]> = {
  light: ["#7a1f5c", "#0072b2", "#8a5300", "#00805d", "#b3261e", "#5b2a86"],
  dark: ["#e39ac8", "#56b4e9", "#e69f00", "#1fc796", "#ff8f6b", "#c9a6ff"],
};

/** By hop: the second, the third, all beyond. */
const HOPS: Record<Theme, [string, string, string]> = {
  light: ["#8a6d00", "#b3261e", "#5b2a86"],
  dark: [YELLOW, "#ff8f6b", "#c9a6ff"],
};

export function hopColour(theme: Theme, hop: number): string {
  return HOPS[theme][Math.min(Math.max(hop - 2, 0), 2)];
}

export function marks(theme: Theme): MarkLegend[] {
  const { sensed, both, hazard, request, advice, search, help, rejected, helped } = MARKS[theme];
  const [second, third, beyond] = HOPS[theme];
  const hops = [third, beyond];
  return [
    { key: "help.way", layer: "help", label: "Way to the reserved place", colour: help, sign: "line" },
    { key: "help.place", layer: "help", label: "Place that is reserved", colour: help, sign: "disc" },
    { key: "help.rejected", layer: "help", label: "Rejected, and its cost", colour: rejected, sign: "dashes" },
    { key: "helped", layer: "helped", label: "Just helped to a bay", colour: helped, sign: "disc" },
    { key: "search", layer: "parks", label: "Way of a search for a bay", colour: search, sign: "line" },
    { key: "sensing.field", layer: "sensing", label: "Sensor's field of view", colour: sensed, sign: "area" },
    { key: "sensing.alone", layer: "sensing", label: "Sensed, not heard", colour: sensed, sign: "corners" },
    { key: "sensing.both", layer: "sensing", label: "Sensed and heard", colour: both, sign: "corners" },
    { key: "hazards.place", layer: "hazards", label: "Hazard, way to it", colour: hazard, sign: "area" },
    { key: "hazards.warned", layer: "hazards", label: "Warned of it", colour: hazard, sign: "ring" },
    { key: "hazards.acting", layer: "hazards", label: "Slows down for it", colour: hazard, sign: "disc" },
    { key: "requests.asked", layer: "requests", label: "Asks for priority", colour: request, sign: "dashes" },
    { key: "requests.granted", layer: "requests", label: "Priority granted", colour: request, sign: "line" },
    { key: "advice", layer: "advice", label: "Advised a speed", colour: advice, sign: "ring" },
    { key: "hops", layer: "hops", label: "Forwarded: hop 2, 3, 4 and on", colour: second, more: hops, sign: "line" },
  ];
}

/** The place in `losses` of what became of a packet. */
export function lossOf(fate: Fate): number {
  if (fate === Fate.Collision) return 0;
  if (fate === Fate.Propagation) return 1;
  return fate === Fate.Busy || fate === Fate.HalfDuplex ? 2 : 3;
}

/** Of a car park or site: free, filling, full; light enough to tell apart without their hue. */
export function fillColour(theme: Theme, share: number): string {
  if (share >= 0.995) return theme === "dark" ? "#ff7a33" : VERMILION;
  if (share >= 0.85) return ORANGE;
  return theme === "dark" ? SKY : BLUE;
}

/** Signal colours by state character of SUMO. */
export function signalColour(state: string): string {
  switch (state) {
    case "G":
    case "g":
      return "#19c98f";
    case "y":
    case "Y":
      return "#ffd11a";
    case "u":
      return "#ff9d2e";
    case "r":
      return "#ff4b33";
    case "s":
      return "#ff9d2e";
    default:
      return "#8894a2";
  }
}
