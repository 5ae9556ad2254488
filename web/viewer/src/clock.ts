/** Which simulation time to draw: about 1.5 frame intervals behind the newest frame, so that there is mostly a later
 * state to interpolate towards. Pure functions over a plain object; every `now` is a wall clock in s, passed in. */

/** Behind the newest frame, in frame intervals. */
const BEHIND = 1.5;
/** Beyond the newest frame at most, s (of both clocks). */
export const EXTRAPOLATE = 0.3;
/** Frames over which rate and interval are measured. */
const WINDOW = 6;
/** A pace so many times another is not the same one, jittering. */
const OTHER = 2.5;
/** How fast the drawn time is drawn to where it should be, s. */
const SETTLE = 0.5;
/** How long a single step or the rest before a pause takes to be shown, s. */
const ARRIVE = 0.25;
/** A gap of simulation time that is a jump rather than a step, s, and in intervals. */
const JUMP = 10;

export interface Clock {
  /** Simulation time to draw, s; NaN before the first frame. */
  drawn: number;
  /** Of the newest frame, s. */
  newest: number;
  /** Simulation seconds per second of wall clock. */
  rate: number;
  /** Between two frames, s of simulation. */
  interval: number;
  stalled: boolean;
  state: "running" | "paused" | "stopped";
  framePaused: boolean;
  /** The last frames: simulation time and when they were packed, oldest first. */
  times: number[];
  packed: number[];
  /** Arrival minus packing, smoothed, s: carries the server's clock over to ours. */
  offset: number;
  /** When the newest frame should have come, by our clock. */
  due: number;
  ticked: number;
  /** Rate at which a paused clock runs to the newest frame. */
  closing: number;
}

export function createClock(): Clock {
  return {
    drawn: NaN,
    newest: NaN,
    rate: 1,
    interval: 0.1,
    stalled: false,
    state: "running",
    framePaused: false,
    times: [],
    packed: [],
    offset: NaN,
    due: NaN,
    ticked: NaN,
    closing: 0,
  };
}

/** What a frame means for what is kept of earlier ones: the next state, the same moment again, or a jump after which
 * nothing earlier is to be interpolated from. */
export type Advance = "next" | "same" | "jump";

export function frameCame(clock: Clock, time: number, packed: number, paused: boolean, now: number): Advance {
  const step = time - clock.newest;
  const delay = now - packed;
  if (!(Math.abs(delay - clock.offset) < 1)) clock.offset = delay;
  else clock.offset += 0.1 * (delay - clock.offset);
  if (paused || clock.framePaused) forget(clock);
  clock.framePaused = paused;
  if (step === 0) {
    if (paused) close(clock);
    return "same";
  }
  clock.due = packed + clock.offset;
  clock.newest = time;
  if (!(step > 0 && step < Math.max(JUMP, JUMP * clock.interval))) {
    forget(clock);
    remember(clock, time, packed);
    clock.drawn = time;
    return "jump";
  }
  renew(clock, step, packed);
  remember(clock, time, packed);
  const n = clock.times.length;
  if (n > 1) {
    clock.interval = (time - clock.times[0]) / (n - 1);
    const wall = packed - clock.packed[0];
    if (wall > 0) clock.rate = (time - clock.times[0]) / wall;
  }
  if (resting(clock)) close(clock);
  return "next";
}

/** What the run does now; `speed` null: as fast as possible. */
export function setRunning(clock: Clock, state: Clock["state"], speed: number | null, now: number): void {
  const wasResting = resting(clock);
  const changed = state !== clock.state || wasResting !== (state !== "running");
  clock.state = state;
  if (state === "running") clock.framePaused = false;
  if (changed || (speed !== null && Math.abs(speed - clock.rate) > 0.5 * speed)) {
    forget(clock);
    if (speed !== null) clock.rate = speed;
    if (wasResting) clock.due = now;
  }
  if (resting(clock)) close(clock);
}

/** Move on to `now`. True where the drawn time has changed. */
export function tick(clock: Clock, now: number): boolean {
  const passed = clock.ticked <= now ? now - clock.ticked : 0;
  clock.ticked = now;
  if (Number.isNaN(clock.newest)) return false;
  const before = clock.drawn;
  clock.drawn = resting(clock) ? rested(clock, passed) : running(clock, passed, now);
  return clock.drawn !== before;
}

/** While it runs, show the time that another clock shows, as far as frames allow. */
export function keepTime(clock: Clock, theirs: number): void {
  if (resting(clock) || !(Math.abs(theirs - clock.drawn) < Math.max(1, clock.rate))) return;
  clock.drawn = Math.min(theirs, clock.newest + Math.min(EXTRAPOLATE, EXTRAPOLATE * clock.rate));
}

/** The drawn time will not move until something comes. */
export function atRest(clock: Clock): boolean {
  return Number.isNaN(clock.newest) || clock.stalled || (resting(clock) && clock.drawn === clock.newest);
}

/** Of the drawn time behind the newest frame, s of wall clock. */
export function lag(clock: Clock): number {
  return Number.isNaN(clock.newest) ? 0 : (clock.newest - clock.drawn) / Math.max(clock.rate, 1e-3);
}

function rested(clock: Clock, passed: number): number {
  clock.stalled = false;
  if (clock.drawn >= clock.newest) return clock.newest;
  return Math.min(clock.newest, clock.drawn + passed * clock.closing);
}

function running(clock: Clock, passed: number, now: number): number {
  const wanted = clock.newest + clock.rate * (now - clock.due) - BEHIND * clock.interval;
  const error = wanted - clock.drawn;
  const measured = clock.times.length > 1;
  const most = clock.newest + (measured ? Math.min(EXTRAPOLATE, EXTRAPOLATE * clock.rate) : 0);
  const silent = now - clock.due - (BEHIND * clock.interval) / Math.max(clock.rate, 1e-3);
  const next =
    Math.abs(error) > Math.max(4 * clock.interval, clock.rate)
      ? wanted
      : clock.drawn + Math.max(0, clock.rate * passed + error * (1 - Math.exp(-passed / SETTLE)));
  // A wall clock of 1 s beside: a run that has only just begun or gone on has no rate yet.
  clock.stalled = next >= most && silent > (measured ? EXTRAPOLATE : 1);
  return Math.min(next, most);
}

function resting(clock: Clock): boolean {
  return clock.state !== "running" || clock.framePaused;
}

function close(clock: Clock): void {
  clock.closing = Math.max(clock.rate, (clock.newest - clock.drawn) / ARRIVE);
}

function forget(clock: Clock): void {
  clock.times.length = clock.packed.length = 0;
  if (!Number.isNaN(clock.newest) && !clock.framePaused) {
    clock.stalled = false;
  }
}

/** Another pace altogether (the end of a goto, say): what came before the last frame says nothing about it. */
function renew(clock: Clock, step: number, packed: number): void {
  const n = clock.times.length;
  if (n < 2) return;
  const pace = step / Math.max(1e-6, packed - clock.packed[n - 1]);
  if (pace > OTHER * clock.rate || pace * OTHER < clock.rate) {
    clock.times = clock.times.slice(-1);
    clock.packed = clock.packed.slice(-1);
  }
}

function remember(clock: Clock, time: number, packed: number): void {
  clock.times.push(time);
  clock.packed.push(packed);
  if (clock.times.length > WINDOW) {
    clock.times.shift();
    clock.packed.shift();
  }
}
