/** What the buttons and keys do. A refusal becomes a line in the corner, never an exception. */

import { Gathered } from "./gathered";
import { api, ApiError } from "./net/rest";
import { store } from "./state/store";
import { goLive, isRecorded, onlyRecorded, play, playing, replaying, replaySpeed, seek, stepOn } from "./state/replay";
import { dialog, goal, speedWish, toast } from "./state/ui";
import { clock, factor } from "./format";

/** Factors of the speed slider; null: as fast as possible. */
export const SPEEDS: readonly (number | null)[] = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, null];

/** The stop nearest to a factor. */
export function stopOf(speed: number | null): number {
  if (speed === null) return SPEEDS.length - 1;
  let best = 0;
  SPEEDS.forEach((stop, place) => {
    if (stop !== null && Math.abs(Math.log(stop / speed)) < Math.abs(Math.log(SPEEDS[best]! / speed))) best = place;
  });
  return best;
}

/** Why this viewer may not act now; empty where it may. */
export function hindrance(): string {
  if (store.connection.value.state !== "open") return "There is no connection to the server.";
  if (!store.control.value) return "This link is for viewing. Control needs the other link that the server printed.";
  return "";
}

/** The same for what needs a run that goes on. */
export function runHindrance(): string {
  const state = store.run.value?.state;
  if (onlyRecorded.value) return "This is a recording.";
  if (replaying.value) return "This is the recording: go back to the live view first.";
  return hindrance() || (state === "running" || state === "paused" ? "" : "No run is under way.");
}

/** True where it was done. */
export async function attempt(what: string, call: () => Promise<unknown>): Promise<boolean> {
  const reason = hindrance();
  if (reason) {
    toast(reason, "warning");
    return false;
  }
  try {
    await call();
    return true;
  } catch (error) {
    toast(`${what}: ${error instanceof ApiError ? error.message : String(error)}`, "warning");
    return false;
  }
}

/** Why time cannot be steered; a recording is everybody's own. */
export function timeHindrance(): string {
  return replaying.value ? "" : runHindrance();
}

/** Whether what is shown moves on. */
export function moves(): boolean {
  return replaying.value ? playing.value : store.run.value?.state === "running";
}

export function togglePlay(): void {
  if (replaying.value) {
    play();
    return;
  }
  const run = store.run.value;
  if (run?.state === "running") void attempt("Pause", api.pause);
  else if (run?.state === "paused") void attempt("Play", api.resume);
  else dialog.value = "start";
}

const steps = new Gathered<number>(
  (count) => attempt("Step", () => api.step(count)),
  (before, more) => before + more,
);

/** `held`: by a key that repeats, which waits until the steps before are done. */
export function step(held = false): void {
  if (replaying.value) stepOn();
  else if (!held || store.run.value?.state === "paused") steps.ask(1);
}

const speeds = new Gathered<number | null>(
  async (speed) => {
    await attempt(`Speed ${factor(speed)}`, () => api.speed(speed));
    if (speedWish.value?.speed === speed) speedWish.value = null;
  },
  (_, last) => last,
);

export function setSpeed(speed: number | null): void {
  if (replaying.value) {
    replaySpeed.value = speed;
    return;
  }
  speedWish.value = { speed };
  speeds.ask(speed);
}

/** As it is, or is about to be. */
export function speedNow(): number | null {
  if (replaying.value) return replaySpeed.value;
  return speedWish.value ? speedWish.value.speed : (store.run.value?.speed ?? null);
}

/** One stop faster or slower. */
export function shiftSpeed(by: 1 | -1): void {
  if (!store.run.value) return;
  const stop = Math.min(SPEEDS.length - 1, Math.max(0, stopOf(speedNow()) + by));
  setSpeed(SPEEDS[stop]!);
}

/** To a time: at once where it is recorded, else the run goes there. */
export async function goTo(time: number): Promise<void> {
  const now = store.health.value?.time ?? store.run.value?.time ?? 0;
  if (onlyRecorded.value || (isRecorded(time) && time < now)) return seek(time);
  goLive();
  goal.value = time;
  if (!(await attempt(`Go to ${clock(time)}`, () => api.goto(time)))) goal.value = null;
}

export function startAgain(): void {
  void attempt("Start again", () => api.restart(null));
}
