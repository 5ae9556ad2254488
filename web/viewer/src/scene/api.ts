/** What the panels know of the scene: everything that is drawn lies behind this. */

import type { Marks, ParkRow, Ref, SiteRow, UnitRow, VehicleRow, VehicleTypeRow, World } from "../protocol";
import type { Help } from "./help";
import type { Emphasis } from "./emphasis";
import type { LightAhead } from "./tag";

export type ColourBy = "kind" | "speed" | "charge" | "connected" | "parking";

/** Layers that can be switched; all are on at first but `ranges`. */
export type Layer =
  | "buildings"
  | "signals"
  | "parks"
  | "sites"
  | "units"
  | "ranges"
  | "pulses"
  | "arcs"
  | "losses"
  | "labels"
  | "persons"
  | "sensing"
  | "hazards"
  | "requests"
  | "advice"
  | "hops"
  | "help"
  | "helped"
  | "drawings";

/** The point looked at [m], metres across the canvas' shorter side, tilt from straight down [degrees], bearing of
 * the top of the picture [degrees clockwise from north]. */
export interface View {
  x: number;
  y: number;
  span: number;
  tilt: number;
  bearing: number;
}

export interface SceneStats {
  framesPerSecond: number;
  /** Main-thread work per drawn frame, ms. */
  workMs: number;
  /** Simulation time drawn, s; NaN before the first frame. */
  time: number;
  /** How far the drawn time is behind the newest frame, s of wall clock. */
  lag: number;
  /** No new frame though the run is not paused. */
  stalled: boolean;
  /** Drawn by software, not by a GPU. */
  software: boolean;
  /** Vehicles drawn. */
  vehicles: number;
}

export interface Legend {
  /** One entry per colour, or the two ends and the middle of a scale. */
  entries: { label: string; colour: string; column?: number }[];
  /** The colours of a scale (continuous), evenly spaced; null: there are classes. */
  scale: string[] | null;
  /** Beside a scale: who has no place on it. */
  besides: { label: string; colour: string; column?: number }[];
}

/** How an arc of a lost packet is drawn: its colour, and how long its dashes and the gaps between are, pixels. */
export interface LossLegend {
  label: string;
  colour: string;
  dash: number;
  gap: number;
}

/** How something that applications do is drawn. */
export interface MarkLegend {
  /** By which it is left out or lifted out. */
  key: string;
  label: string;
  colour: string;
  /** Of a line that is drawn in several. */
  more?: string[];
  sign: "ring" | "disc" | "line" | "dashes" | "corners" | "area" | "dot" | "words";
  layer: Layer;
}

export interface Scene {
  /** A new run: drop everything and build the city. */
  setWorld(world: World): void;
  /** A binary frame of whatever type; the keyframe or delta sequence to acknowledge, or null. Throws FrameError for
   * one that breaks docs/live.md. */
  takeFrame(frame: ArrayBuffer): number | null;
  /** Of a recording, the time to be drawn [s]: states come by `takeRecorded`. Null: live again, nothing has come. */
  showAt(time: number | null): void;
  /** A frame of a recording. A state that is not `shown` is only referred to by others. Throws FrameError. */
  takeRecorded(frame: ArrayBuffer, shown: boolean): void;
  takeNames(vehicles: VehicleRow[], types: VehicleTypeRow[]): void;
  takeLights(time: number, states: Record<string, string>): void;
  takePlaces(parks: ParkRow[], sites: SiteRow[], units: UnitRow[], closed: number[] | undefined): void;
  /** What applications do; only what has changed. */
  takeMarks(time: number, marks: Partial<Marks>): void;
  /** What the light ahead tells a vehicle, to be shown beside it; null: nothing. */
  setLightAhead(of: Ref | null, light: LightAhead | null): void;
  /** Where a guided vehicle is led, and what was rejected; null: nothing. */
  setHelp(of: Ref | null, help: Help | null): void;
  /** What the legend leaves out, and what it lifts out of all else. */
  setEmphasis(emphasis: Emphasis): void;
  /** What the run does now: the clock's rate follows it. Speed null: as fast as possible. */
  setRunning(state: "running" | "paused" | "stopped", speed: number | null): void;

  setTheme(theme: "dark" | "light"): void;
  setColourBy(what: ColourBy): void;
  legend(what: ColourBy): Legend;
  losses(): LossLegend[];
  /** Of what there has been in this run. */
  marks(): MarkLegend[];
  /** The colour in which messages of a kind (its number) are drawn, "#rrggbb". */
  messageColour(kind: number): string;
  setLayer(layer: Layer, on: boolean): void;
  /** Message kinds (numbers) whose pulses and arcs are shown. */
  setKinds(kinds: ReadonlySet<number>): void;
  setReducedMotion(reduced: boolean): void;
  /** How many CSS pixels a pixel of the scene is: words and signs grow with it, and fewer are drawn of a large window. */
  setScale(scale: number): void;

  view(): View;
  /** Flies there, or jumps under reduced motion or with `at once`. */
  setView(view: Partial<View>, atOnce?: boolean): void;
  /** Be where another scene is: drawn at once, so that both pictures move together. */
  lookAs(view: View): void;
  /** Show the moments that another scene shows, as far as what has come allows: `time` tells them, s. */
  keepTime(time: () => number): void;
  /** Draw only this part of the width, 0 to 1: the rest lies under another scene. */
  clip(from: number, to: number): void;
  /** The whole city. */
  fit(atOnce?: boolean): void;
  zoom(factor: number): void;
  pan(right: number, up: number): void;
  /** Keep a vehicle in the middle; null: let go. Dragging lets go too. */
  follow(ref: Ref | null): void;
  following(): Ref | null;
  /** Highlight an object. */
  select(ref: Ref | null): void;
  /** Where an object is drawn now [m], or null if it is not there. */
  locate(ref: Ref): { x: number; y: number } | null;
  /** The same in CSS pixels of the canvas; for tests and tooltips. */
  project(x: number, y: number): { left: number; top: number };
  /** The point of the ground under a point of the canvas [m], or null above the horizon. */
  unproject(left: number, top: number): { x: number; y: number } | null;
  /** The object at a point of the canvas, CSS pixels. */
  pick(left: number, top: number): Ref | null;
  /** Vehicles there now, for the table: station numbers. */
  stations(): number[];
  vehicle(station: number): {
    id: string;
    kind: string;
    x: number;
    y: number;
    speed: number;
    heading: number;
    soc: number | null;
    equipped: boolean;
    electric: boolean;
    parked: boolean;
    parking: 0 | 1 | 2;
    charging: 0 | 1 | 2;
  } | null;

  stats(): SceneStats;
  /** Called after a click on the canvas (null: on nothing), when the camera rests, and when following ends. */
  onPick: (ref: Ref | null) => void;
  onHover: (ref: Ref | null, left: number, top: number) => void;
  onView: (view: View) => void;
  onFollow: (ref: Ref | null) => void;
  /** Called whenever it is drawn from somewhere else, and by `lookAs` not. */
  onLook: (view: View) => void;
  /** One that can be shown: WebGL2 is missing, the context was lost. Empty: that is over. */
  onTrouble: (words: string) => void;
  destroy(): void;
}

/** Made by `scene/index.ts`: `createScene(host)` puts its canvases into `host` and follows its size. */
export type CreateScene = (host: HTMLElement) => Scene;
