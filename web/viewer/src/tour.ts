/** A tour: stops one after the other, each a camera, layers, a caption, and something that happens. Its words come from a
 * file (docs/viewer.md); what a stop has in view is looked for when it begins. */

import { signal } from "@preact/signals";
import { attempt, runHindrance } from "./actions";
import { figure } from "./format";
import { api, ApiError } from "./net/rest";
import { orbiting } from "./orbit";
import { parseRef, ref, type Kind } from "./refs";
import type { Ref } from "./protocol";
import type { Scene, View } from "./scene/api";
import { figureOf } from "./panels/series";
import { onlyRecorded } from "./state/replay";
import { store } from "./state/store";
import { colourBy, follow, layers, scene, selected, toast } from "./state/ui";
import type { Told, TourStop } from "./protocol";

/** So long a stop's camera flies there; turned meanwhile, it would stop half-way, s. */
const FLIGHT = 2.5;
/** How often the tour looks at its clock, ms. */
const BEAT = 100;
/** Of a vehicle: on its way to a bay that is reserved, or to a pile. */
const BOUND = { guided: 2, charging: 1 } as const;

export interface Place {
  title: string;
  stops: readonly TourStop[];
  at: number;
  /** With its figures filled in. */
  caption: string;
  /** What it has in view. */
  ref: Ref | null;
  /** Of its time, 0..1. */
  share: number;
  held: boolean;
}

/** Null: there is no tour under way. */
export const tour = signal<Place | null>(null);

let timer: ReturnType<typeof setInterval> | null = null;
let before: { layers: typeof layers.value; colour: typeof colourBy.value } | null = null;
/** The unit that a stop has switched off. */
let off: number | null = null;

/** A caption with its figures, `{parking.reserved}`; null where one of them is not known (yet). */
export function filled(caption: string, last: (name: string) => number | null): string | null {
  let known = true;
  const text = caption.replace(/\{([a-z0-9_.]+)\}/g, (_, name: string) => {
    const value = last(name);
    if (value === null) known = false;
    return value === null ? "" : figure(value);
  });
  return known ? text : null;
}

/** The latest value of a key figure, as panels show it. */
function last(name: string): number | null {
  const value = figureOf(name).values(store.history)?.findLast(Number.isFinite);
  return value === undefined || !Number.isFinite(value) ? null : value;
}

/** The object that a stop wants in view: of a kind the one where most happens; null where there is none. */
export function found(see: string, stage: Scene): Ref | null {
  const { units, parks, sites } = store.places.value;
  const world = store.world.value;
  if (!world) return null;
  const most = (kind: Kind, rows: Iterable<readonly number[]>, of: (row: readonly number[]) => number): Ref | null => {
    let best: readonly number[] | null = null;
    for (const row of rows) if (!best || of(row) > of(best)) best = row;
    return best && ref(kind, best[0]!);
  };
  const on = [...units.values()].filter((row) => row[1]);
  const [word = "", ...rest] = see.split(" ");
  if (rest.length) return named(word, rest.join(" "));
  switch (word) {
    case "unit":
      return most("unit", on, (row) => row[2]!);
    case "light": {
      const lit = on.filter((row) => (world.units[row[0]]?.light ?? -1) >= 0);
      const at = parseRef(most("unit", lit, (row) => row[2]!));
      return at ? ref("light", world.units[at.number]!.light) : world.lights.length ? ref("light", 0) : null;
    }
    case "park":
      return most("park", parks.values(), (row) => row[2]! * 1000 + row[1]!);
    case "site":
      return most("site", sites.values(), (row) => row[3]! * 1000 + row[1]!);
    case "guided":
    case "charging": {
      const bound = stage.stations().find((station) => {
        const vehicle = stage.vehicle(station);
        return vehicle && !vehicle.parked && (word === "guided" ? vehicle.parking : vehicle.charging) === BOUND[word];
      });
      return bound === undefined ? null : ref("vehicle", bound);
    }
  }
  return null;
}

function named(kind: string, id: string): Ref | null {
  const world = store.world.value!;
  if (kind === "vehicle") return store.vehicleById(id);
  const ids =
    kind === "road"
      ? world.edges.ids
      : { unit: world.units, light: world.lights, park: world.parks, site: world.sites }[kind]?.map((one) => one.id);
  const number = ids?.indexOf(id) ?? -1;
  return number < 0 ? null : ref(kind === "road" ? "edge" : (kind as Kind), number);
}

/** Why a stop cannot be shown now; empty where it can. */
function lacks(stop: TourStop, stage: Scene): string {
  if (stop.action && runHindrance()) return "may not act";
  if (filled(stop.caption, last) === null) return "a figure is not known yet";
  if (stop.see && stop.see !== "city" && !backOn(stop) && !found(stop.see, stage)) return "nothing to see";
  return "";
}

/** Begin; a tour that is under way is left. */
export async function toggleTour(): Promise<void> {
  if (tour.value) leaveTour();
  else await beginTour();
}

/** As the server has it. */
export async function beginTour(): Promise<void> {
  if (!store.world.value || !scene.value) {
    toast("A tour needs a city: start a run first.");
    return;
  }
  let told: Told;
  try {
    told = await api.tour();
  } catch (error) {
    const nobody = onlyRecorded.value && error instanceof ApiError && error.status === 0;
    const reason = nobody ? "this page has no server to ask" : error instanceof Error ? error.message : String(error);
    toast(`The tour: ${reason}.`, "warning");
    return;
  }
  if (tour.value) leaveTour();
  before = { layers: layers.value, colour: colourBy.value };
  off = null;
  enter(told.title, told.stops, 0, 1);
}

/** Go on, or back; behind the last stop the tour ends. */
export function nextStop(by: 1 | -1): void {
  const now = tour.value;
  if (now) enter(now.title, now.stops, now.at + by, by);
}

/** Stay at a stop, or go on. */
export function holdTour(): void {
  if (tour.value) tour.value = { ...tour.value, held: !tour.value.held };
}

/** Everything as it was before, but for the camera. A unit that the tour has switched off comes back. */
export function leaveTour(): void {
  if (timer !== null) clearInterval(timer);
  timer = null;
  tour.value = null;
  orbiting.value = false;
  if (before) [layers.value, colourBy.value] = [before.layers, before.colour];
  before = null;
  if (off !== null && !runHindrance()) void attempt("Switch a roadside unit", api.unit.bind(null, off, true));
  off = null;
  follow(null);
  selected.value = null;
}

/** Show a stop, or the next in that direction that can be shown. */
function enter(title: string, stops: readonly TourStop[], at: number, by: 1 | -1): void {
  const stage = scene.value;
  while (stage && stops[at] && lacks(stops[at]!, stage)) at += by;
  const stop = stops[at];
  if (!stage || !stop) {
    // In front of the first there is nothing to go back to.
    if (by === 1 || !tour.value) leaveTour();
    return;
  }
  const seen = stop.see && stop.see !== "city" ? found(stop.see, stage) : null;
  if (stop.layers) layers.value = stop.layers;
  if (stop.colour) colourBy.value = stop.colour;
  follow(null);
  selected.value = stop.select ? seen : null;
  fly(stage, stop, seen);
  if (stop.follow && seen?.startsWith("vehicle/")) follow(seen);
  act(stop, seen, stage);
  tour.value = {
    title,
    stops,
    at,
    caption: filled(stop.caption, last) ?? stop.caption,
    ref: seen,
    share: 0,
    held: false,
  };
  run(stop.seconds, stop.orbit);
}

function fly(stage: Scene, stop: TourStop, seen: Ref | null): void {
  if (stop.see === "city") stage.fit();
  const to: Partial<View> = { ...(seen ? (stage.locate(seen) ?? {}) : {}), ...stop.view };
  if (Object.keys(to).length) stage.setView(to);
}

function act(stop: TourStop, seen: Ref | null, stage: Scene): void {
  const at = parseRef(seen);
  for (const { name, body, place } of stop.action ?? []) {
    const made = { ...body };
    if (name === "unit") {
      const unit = backOn(stop) && off !== null ? off : at?.kind === "unit" ? at.number : null;
      if (unit === null) continue;
      off = body["on"] === false ? unit : null;
      made["unit"] = unit;
    } else if (name === "road") {
      if (at?.kind !== "edge") continue;
      made["edge"] = at.number;
    } else if (place) {
      const { x, y } = (seen && stage.locate(seen)) ?? stage.view();
      Object.assign(made, { x, y });
    }
    void attempt(`The tour's action ${name}`, () => api.act(name, made));
  }
}

/** Whether a stop switches on again what an earlier one has switched off. */
function backOn(stop: TourStop): boolean {
  return (stop.action ?? []).some(({ name, body }) => name === "unit" && body["on"] === true);
}

/** Let a stop's time pass. */
function run(seconds: number, orbit: boolean): void {
  if (timer !== null) clearInterval(timer);
  orbiting.value = false;
  const begun = performance.now();
  let then = begun;
  timer = setInterval(() => {
    const now = performance.now();
    const passed = Math.min((now - then) / 1000, 1);
    then = now;
    const place = tour.value;
    if (!place) return;
    if (orbit && now - begun > FLIGHT * 1000) orbiting.value = true;
    if (place.held) return;
    const share = place.share + passed / seconds;
    if (share < 1) tour.value = { ...place, share };
    else nextStop(1);
  }, BEAT);
}
