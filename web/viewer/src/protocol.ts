/** What comes over the wire, as docs/live.md specifies it. Types only. */

import type { ColourBy, Layer } from "./scene/api";

export type Ref = `${"vehicle" | "unit" | "park" | "site" | "light" | "edge" | "parking" | "charging"}/${number}`;

/** x0, y0, x1, y1, ... in m. */
export type Shape = number[];

/** Middle x, y [m], heading of a car in it [degrees clockwise from north], length, width [m]. */
export type Bay = [number, number, number, number, number];

export type LaneKind = "road" | "bus" | "cycle" | "foot" | "rail";

export interface Head {
  lane: number;
  x: number;
  y: number;
  heading: number;
  /** Places in the light's state that this head shows. */
  links: number[];
}

export interface World {
  run: string;
  scenario: string;
  title: string;
  bounds: [number, number, number, number];
  kinds: string[];
  /** 1 of kinds that are said all the time, whatever happens. */
  routine: number[];
  range: number;
  /** Whether the radio loses packets within its range. */
  losses: boolean;
  edges: { ids: string[]; names: string[]; internal: number[] };
  lanes: { ids: string[]; edge: number[]; width: number[]; kind: LaneKind[]; shapes: Shape[] };
  junctions: { ids: string[]; shapes: Shape[] };
  lights: { id: string; x: number; y: number; heads: Head[] }[];
  buildings: { shape: Shape; height: number; kind: string }[];
  areas: { shape: Shape; kind: string }[];
  parks: {
    id: string;
    name: string;
    kind: string;
    x: number;
    y: number;
    edge: number;
    capacity: number;
    price_per_hour: number;
    bays: Bay[];
  }[];
  sites: {
    id: string;
    x: number;
    y: number;
    limit_w: number | null;
    groups: {
      id: string;
      piles: number;
      power_w: number;
      price_per_kwh: number;
      x: number;
      y: number;
      edge: number;
      bays: Bay[];
    }[];
  }[];
  units: { id: string; x: number; y: number; apps: string[]; light: number; sensor?: SensorField | null }[];
  types: VehicleTypeRow[];
}

/** How far a unit's sensor sees [m], and where: begin and width of each sector [degrees from north]; none: all around. */
export type SensorField = { range: number; sectors: [number, number][] };

/** number, id, kind (SUMO's vClass), length, width, height [m] */
export type VehicleTypeRow = [number, string, string, number, number, number];

/** station, id, type number, equipped, electric */
export type VehicleRow = [number, string, number, 0 | 1, 0 | 1];

/** number, occupied, reserved */
export type ParkRow = [number, number, number];

/** number, occupied, reserved, queue, power [W] */
export type SiteRow = [number, number, number, number, number];

/** number, on, vehicles known */
export type UnitRow = [number, 0 | 1, number];

/** Drivers are warned of it: where it is [m], how near it counts where no ways lead to it, who knows and of them who
 * slows down (stations). */
export interface Hazard {
  cause: string;
  x: number;
  y: number;
  radius: number | null;
  ways: Shape[];
  count: number;
  warned: number[];
  acting: number[];
}

/** A vehicle asks a light for priority; `arrives` [s]. */
export interface PriorityRequest {
  vehicle: Ref;
  light: Ref;
  role: string;
  status: string;
  arrives: number | null;
}

/** x, y [m], vx, vy [m/s], station type, whether it is heard too */
export type TrackRow = [number, number, number, number, number, number];

/** hop; whether a unit sent it on the hop before, and its number; the same of who forwards it */
export type HopRow = [number, number, number, number, number];

/** Station, when it parked [s], s that it searched, s less than those without a unit on the mean; null: there are none. */
export type HelpedRow = [number, number, number, number | null];

/** What a plug-in shows under a kind of its own: points, lines, areas [m], labels. */
export interface Drawn {
  /** The plug-in's name, and the unit where it is an application's. */
  by: string;
  unit: string;
  kind: string;
  points: Shape[];
  lines: Shape[];
  areas: Shape[];
  labels: [number, number, string][];
}

/** What applications do. */
export interface Marks {
  hazards: Hazard[];
  requests: PriorityRequest[];
  /** station, m/s */
  advice: [number, number][];
  tracks: TrackRow[];
  helped: HelpedRow[];
  drawings: Drawn[];
  hops?: HopRow[];
}

/** `recorded`: there is no run, but a recording of one. */
export type RunState = "loading" | "running" | "paused" | "ended" | "died" | "none" | "recorded";

export interface Hello {
  type: "hello";
  protocol: 1;
  rights: ("view" | "control")[];
  server: string;
  client: string;
}

export interface Run {
  type: "run";
  run: string;
  scenario: string;
  title: string;
  seed: number | null;
  state: RunState;
  time: number;
  begin: number;
  end: number | null;
  /** Factor of real time; null: as fast as possible. */
  speed: number | null;
  step_length: number;
  words: string;
  /** What the run beside it is; null: it is alone. */
  against?: string | null;
}

export interface Kpis {
  time: number;
  values: Record<string, number>;
}

export interface LogEvent {
  time: number;
  level: "info" | "notice" | "warning";
  text: string;
  refs: Ref[];
}

/** As the list has it. */
export interface V2xMessage {
  time: number;
  kind: string;
  from: Ref;
  to: Ref | null;
  at_vehicles: number;
  at_units: number;
  content: unknown;
  /** Of the packet, since the run's begin: by it the message is opened. */
  number: number;
  /** From being handed over to the end of reception; null where it was never sent. */
  delay_ms: number | null;
  /** At how many stations it was lost, by what became of it there. */
  lost: Record<string, number>;
  /** Of the message, octets; and of the packet, with all headers but the access layer's. */
  length: number;
  size: number;
  /** Whether anybody else could read it. */
  public: boolean;
}

/** What octets say: how deep, name, text. */
export type Line = [number, string, string];

export interface OpenedMessage extends V2xMessage {
  /** All that stands before the message in an Ethernet frame; octets are hexadecimal. */
  headers: { bytes: string; length: number; decoded: Line[] };
  /** The message's own octets, the first 1024 of them. */
  bytes: string;
  /** Null where they could not be read: then there is a problem. */
  decoded: Line[] | null;
  standard: string | null;
  problem: string | null;
}

export interface Snapshot {
  type: "snapshot";
  vehicles: VehicleRow[];
  /** All vehicle types seen so far. */
  types: VehicleTypeRow[];
  lights: Record<string, string>;
  parks: ParkRow[];
  sites: SiteRow[];
  units: UnitRow[];
  closed: number[];
  kpis: Kpis[];
  events: LogEvent[];
  messages: V2xMessage[];
}

export interface Health {
  time: number;
  step_ms: number;
  edge_ms: number;
  pack_ms: number;
  real_time_factor: number;
  frames_per_second: number;
  clients: number;
  vehicles: number;
  /** From when to when one can go back, s; null: it is not recorded. */
  recorded: [number, number] | null;
}

/** A kind of errand that drivers did in two runs, and words for it. */
export interface Errand {
  table: string;
  who: string;
  sooner: string;
  each: string;
  counted: string;
}

/** Errand (number), when it was done in both runs [s], how much shorter it was in the first [s], and how much less was
 * driven in it [m]. */
export type PairRow = [number, number, number, number];

/** What many replications say of a figure: the first arm less the second, with a 95 % interval. */
export interface StudyFigure {
  figure: string;
  difference: number;
  low: number;
  high: number;
  pairs: number;
}

/** What two runs side by side differ in. */
export interface Pairs {
  arms: [string, string];
  errands: Errand[];
  rows: PairRow[];
  /** Of each errand how many were done in each run. */
  counts: [number, number][];
  study: { path: string; replications: number; figures: StudyFigure[] } | null;
}

export type ServerMessage =
  | Hello
  | Run
  | Snapshot
  | { type: "names"; vehicles: VehicleRow[]; types: VehicleTypeRow[] }
  | { type: "lights"; time: number; states: Record<string, string> }
  | { type: "places"; time: number; parks: ParkRow[]; sites: SiteRow[]; units: UnitRow[]; closed?: number[] }
  | ({ type: "marks"; time: number } & Partial<Marks>)
  | ({ type: "kpis" } & Kpis)
  | { type: "events"; events: LogEvent[] }
  | { type: "messages"; messages: V2xMessage[] }
  | { type: "details"; ref: Ref; object: Record<string, unknown> | null }
  | ({ type: "health" } & Health)
  | ({ type: "pairs"; from: number } & Pick<Pairs, "rows" | "counts">)
  | { type: "missed"; frames: number }
  | { type: "refused"; reason: string };

export type ClientMessage = { type: "ack"; sequence: number } | { type: "watch"; refs: Ref[] } | { type: "snapshot" };

/** A tour, as `GET /api/tour` has it: docs/viewer.md. */
export interface Told {
  title: string;
  stops: TourStop[];
}

export interface TourStop {
  caption: string;
  seconds: number;
  see?: string;
  view?: { x?: number; y?: number; span?: number; tilt?: number; bearing?: number };
  select: boolean;
  follow: boolean;
  orbit: boolean;
  layers?: Layer[];
  colour?: ColourBy;
  /** `place`: x and y of what is seen belong into the body. */
  action?: { name: string; body: Record<string, unknown>; place: boolean }[];
}
