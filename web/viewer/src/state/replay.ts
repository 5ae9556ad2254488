/** Looking at a recording instead of what comes from a run: which moment, how fast, over and over. */

import { computed, signal } from "@preact/signals";
import { Player, type Screen } from "../film/player";
import { Reel } from "../film/reel";
import { served, type Source } from "../film/source";
import { inflate, lastBefore, lines } from "../film/unpack";
import { Notes } from "./notes";
import { store, type Store } from "./store";
import { scene, toast } from "./ui";
import type { ServerMessage } from "../protocol";
import type { Scene } from "../scene/api";

/** How often it is looked what more has been recorded of a run that goes on, ms. */
const LOOK = 2000;
/** How often figures and events follow while it plays, ms. */
const NOTES = 250;
/** What "as fast as possible" means here. */
const FASTEST = 200;

export const replaying = signal(false);
export const playing = signal(false);
/** Seconds of simulation a second. */
export const replaySpeed = signal<number | null>(1);
/** Time that is shown, s. */
export const replayTime = signal(Number.NaN);
/** A stretch that is played over and over; without its end, one that is being marked. */
export const loop = signal<{ from: number; to: number | null } | null>(null);
/** What a recording has been asked for and has not shown yet. */
export const fetching = signal(false);
const span = signal<[number, number] | null>(null);

/** From when to when one can go without running anew, s; null: nothing is recorded. */
export const recorded = computed(() => (replaying.value ? span.value : (store.health.value?.recorded ?? span.value)));
/** Whether there is nothing but a recording. */
export const onlyRecorded = computed(() => store.run.value?.state === "recorded");

/** A recording, and where it is shown. */
class Deck {
  readonly reel: Reel;
  readonly player: Player;
  readonly notes = new Notes();

  constructor(
    source: Source,
    readonly store: Store,
    readonly stage: () => Scene | null,
    /** Somebody wants the run itself again. */
    readonly leave: () => void,
  ) {
    this.reel = new Reel(source);
    this.player = new Player(this.reel, this.screen());
  }

  /** Names, figures and events of the whole run; false: another recording has taken its place. */
  async enter(): Promise<boolean> {
    const track = lines<ServerMessage>(await inflate(await this.reel.source.track()));
    if (!decks().includes(this)) return false;
    this.notes.take(track);
    for (const message of track) {
      if (message.type !== "names") continue;
      this.store.take(message);
      this.stage()?.takeNames(message.vehicles, message.types);
    }
    this.player.forget();
    return true;
  }

  live(): void {
    this.player.forget();
    this.stage()?.showAt(null);
    this.store.forgetMoment();
    this.leave();
  }

  private screen(): Screen {
    const { store, stage } = this;
    return {
      at: (time) => stage()?.showAt(time),
      begin: (begin, time) => {
        store.rewind(begin);
        stage()?.takeLights(time, begin.lights);
        stage()?.takePlaces(begin.parks, begin.sites, begin.units, begin.closed);
        stage()?.takeMarks(time, { hazards: [], requests: [], advice: [], tracks: [], helped: [], drawings: [] });
      },
      state: (frame, shown) => stage()?.takeRecorded(frame, shown),
      frame: (frame) => stage()?.takeRecorded(frame, true),
      message: (message) => {
        store.take(message);
        if (message.type === "lights") stage()?.takeLights(message.time, message.states);
        else if (message.type === "places")
          stage()?.takePlaces(message.parks, message.sites, message.units, message.closed);
        else if (message.type === "marks") {
          const { time, type: _, ...marks } = message;
          stage()?.takeMarks(time, marks);
        }
      },
    };
  }
}

let main = new Deck(
  served,
  store,
  () => scene.value,
  () => undefined,
);
/** Of a run beside it, which is shown at the same time. */
let other: Deck | null = null;
let entering: Promise<void> | null = null;
let request = 0;
let last = 0;
let looked = 0;
let noted = 0;

function decks(): Deck[] {
  return other ? [main, other] : [main];
}

/** Another run, or another source: `live` is called when somebody wants the run itself again. */
export function useRecording(source: Source, live: () => void): void {
  stop();
  main = new Deck(source, store, () => scene.value, live);
  replaying.value = false;
  loop.value = null;
  span.value = null;
}

/** The same of a run beside the first one. */
export function useOther(source: Source, of: Store, stage: () => Scene | null, live: () => void): void {
  other = new Deck(source, of, stage, live);
  if (replaying.value) join(other);
}

/** A recording that comes while another one is shown. */
function join(deck: Deck): void {
  void deck.reel
    .look()
    .then(() => deck.enter())
    .then((entered) => (entered ? show(replayTime.value, true) : undefined))
    .catch(told);
}

export function dropOther(): void {
  other = null;
}

function told(error: unknown): void {
  playing.value = false;
  toast(`The recording: ${error instanceof Error ? error.message : String(error)}`, "warning");
}

async function look(all = decks()): Promise<void> {
  looked = performance.now();
  // The other may have nothing to show yet.
  await Promise.all(all.map((deck) => (deck === main ? deck.reel.look() : deck.reel.look().catch(() => undefined))));
  const { begin, end } = all[0]!.reel.index;
  span.value = begin === null || end === null ? null : [begin, end];
  // Of two what both have; where one is over, the other goes on alone.
  const theirs = all[1]?.reel.index.begin ?? null;
  if (span.value && theirs !== null) span.value = [Math.max(begin!, theirs), end!];
}

/** Whether a time can be shown without running anew. */
export function isRecorded(time: number): boolean {
  const [begin, end] = recorded.value ?? [Infinity, -Infinity];
  return time >= begin && time <= end;
}

/** Show a moment of the recording; from a run that goes on too. */
export async function seek(time: number): Promise<void> {
  try {
    // Of many wishes in a row the first opens the recording for all.
    if (!replaying.value) await (entering ??= enter().finally(() => (entering = null)));
    if (!replaying.value) return;
    const [begin, end] = span.value ?? [0, 0];
    await show(Math.min(end, Math.max(begin, time)), true);
  } catch (error) {
    told(error);
  }
}

async function enter(): Promise<void> {
  const all = decks();
  await look(all);
  const entered = await Promise.all(
    all.map((deck) => (deck === main ? deck.enter() : deck.enter().catch(() => false))),
  );
  if (!entered[0]) return;
  playing.value = false;
  replaying.value = true;
  if (other && !all.includes(other)) join(other); // it has come meanwhile
}

async function show(time: number, atOnce = false): Promise<void> {
  fetching.value = true;
  replayTime.value = time;
  const rate = playing.value ? (replaySpeed.value ?? FASTEST) : 1;
  const shown = await Promise.all(decks().map((deck) => deck.player.show(time, rate)));
  if (!shown[0]) return;
  fetching.value = false;
  const now = performance.now();
  if (!atOnce && now - noted < NOTES) return;
  noted = now;
  for (const deck of decks()) deck.notes.show(deck.store, time);
}

/** What comes of the run meanwhile; true: it is not for the page that looks at a recording. */
export function withheld(message: ServerMessage, of = store): boolean {
  if (!replaying.value) return false;
  const deck = decks().find((one) => one.store === of);
  if (message.type === "events" || message.type === "kpis") deck?.notes.take([message]);
  return ["snapshot", "lights", "places", "marks", "messages", "details", "events", "kpis"].includes(message.type);
}

export function play(on = !playing.value): void {
  if (!replaying.value || on === playing.value) return;
  const [begin, end] = span.value ?? [0, 0];
  playing.value = on;
  last = 0;
  if (on && replayTime.value >= end - 0.01 && onlyRecorded.value) void seek(begin);
  if (on && !request) request = requestAnimationFrame(tick);
}

/** One state on. */
export function stepOn(by: 1 | -1 = 1): void {
  playing.value = false;
  const time = main.player.neighbour(by);
  if (time !== null) void seek(time);
}

function stop(): void {
  if (request) cancelAnimationFrame(request);
  request = 0;
  playing.value = false;
}

function tick(now: number): void {
  request = 0;
  if (!playing.value || !replaying.value) return;
  request = requestAnimationFrame(tick);
  const passed = last ? Math.min(0.25, (now - last) / 1000) : 0;
  last = now;
  // One that waits for its stretch does not run on.
  if (fetching.value) return;
  const goesOn = !onlyRecorded.value && !main.reel.index.ended;
  if (goesOn && now - looked > LOOK) void look().catch(told);
  const over = loop.value?.to != null ? loop.value : null;
  let time = replayTime.value + passed * (replaySpeed.value ?? FASTEST);
  if (over && (time >= over.to! || time < over.from)) time = over.from;
  const end = span.value?.[1] ?? 0;
  if (time >= end) {
    time = end;
    if (goesOn) {
      goLive();
      return;
    }
    playing.value = false;
  }
  void show(time).catch(told);
}

/** Mark the begin of a stretch to be played over and over, then its end, then let go of it. */
export function markLoop(): void {
  const now = replaying.value ? replayTime.value : Number.NaN;
  if (Number.isNaN(now)) toast("Go back in the recording first: then a stretch can be looped.");
  else if (!loop.value) loop.value = { from: now, to: null };
  else if (loop.value.to === null && Math.abs(now - loop.value.from) >= 0.5) {
    const [from, to] = [loop.value.from, now].sort((a, b) => a - b) as [number, number];
    loop.value = { from, to };
    void seek(from).then(() => play(true));
  } else loop.value = null;
}

/** The run itself again. */
export function goLive(): void {
  if (!replaying.value || onlyRecorded.value) return;
  stop();
  loop.value = null;
  replaying.value = false;
  for (const deck of decks()) deck.live();
}

/** Warnings and notices, for marks on the scale. */
export function marked(): readonly { time: number; text: string; level: string }[] {
  return main.notes.events.filter((event) => event.level === "warning");
}

/** A decision that was recorded. */
export interface Reason {
  time: number;
  vehicle: number;
  service: string;
  decision: Record<string, unknown>;
}

let reasons: { of: Source; from: number; found: Promise<Reason[]> } | null = null;

/** The last decision on a vehicle of each service, up to the time that is shown. */
export async function reasonsOf(station: number): Promise<Reason[]> {
  // Of a run that goes on more come; they are fetched again after a while.
  const { reel } = main;
  const stale = reasons && !reel.index.ended && !onlyRecorded.value && performance.now() - reasons.from > 10 * LOOK;
  if (!reasons || reasons.of !== reel.source || stale) {
    const found = reel.source
      .reasons()
      .then(inflate)
      .then((data) => lines<Reason>(data));
    reasons = { of: reel.source, from: performance.now(), found };
    found.catch(() => (reasons = null));
  }
  const all = await reasons.found;
  const until = lastBefore(all, replayTime.value);
  const latest = new Map<string, Reason>();
  for (let place = 0; place <= until; place++) {
    const one = all[place]!;
    if (one.vehicle === station) latest.set(one.service, one);
  }
  return [...latest.values()];
}
