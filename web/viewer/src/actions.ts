/** What the buttons and keys do. A refusal becomes a line in the corner, never an exception. */

import { Gathered } from "./gathered";
import { api, ApiError } from "./net/rest";
import { store } from "./state/store";
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

export function togglePlay(): void {
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
  if (!held || store.run.value?.state === "paused") steps.ask(1);
}

const speeds = new Gathered<number | null>(
  async (speed) => {
    await attempt(`Speed ${factor(speed)}`, () => api.speed(speed));
    if (speedWish.value?.speed === speed) speedWish.value = null;
  },
  (_, last) => last,
);

export function setSpeed(speed: number | null): void {
  speedWish.value = { speed };
  speeds.ask(speed);
}

/** As it is, or is about to be. */
export function speedNow(): number | null {
  return speedWish.value ? speedWish.value.speed : (store.run.value?.speed ?? null);
}

/** One stop faster or slower. */
export function shiftSpeed(by: 1 | -1): void {
  if (!store.run.value) return;
  const stop = Math.min(SPEEDS.length - 1, Math.max(0, stopOf(speedNow()) + by));
  setSpeed(SPEEDS[stop]!);
}

export async function goTo(time: number): Promise<void> {
  goal.value = time;
  if (!(await attempt(`Go to ${clock(time)}`, () => api.goto(time)))) goal.value = null;
}

export function startAgain(): void {
  void attempt("Start again", () => api.restart(null));
}
