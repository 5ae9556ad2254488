/** What has come from the server and which moment of it is shown: the fleet, the clock, and what waits for its time. */

import { type Advance, createClock, frameCame, keepTime, setRunning, tick, type Clock } from "../clock";
import { Fleet, type Between } from "../fleet";
import { decode, OFF_ROAD, type Delta, type Keyframe, type Packets, type Rows } from "../frames";
import type { World } from "../protocol";
import type { Scene } from "./api";
import { shapeOf } from "./style";

/** What waits for its time to be drawn; more is a flood. */
const MOST_PENDING = 400;
/** Two states of a recording so far apart are not two of one motion, s. */
const LEAP = 10;

export interface Listener {
  /** Their time has come. */
  packets(frame: Packets): void;
  /** A state was written again in place. */
  touched(data: Float32Array): void;
  /** Time has leapt: what was on its way is void. */
  jumped(): void;
  charged(): void;
  came(): void;
}

export class Feed {
  fleet = new Fleet(shapeOf);
  clock: Clock = createClock();
  /** The drawn time is somebody's wish. */
  replays = false;
  /** Tells the time that a scene beside this one shows, s. */
  beside: (() => number) | null = null;
  private pending: { time: number; run: () => void }[] = [];
  private ticked = Number.NaN;

  /** `draws`: somebody moves the clock on; otherwise the newest state is shown. */
  constructor(
    private readonly listener: Listener,
    private readonly draws: () => boolean,
  ) {}

  reset(world: World, originX: number, originY: number): void {
    this.fleet = new Fleet(shapeOf, originX, originY);
    this.fleet.takeNames([], world.types);
    this.clock = { ...createClock(), state: this.clock.state };
    this.pending = [];
  }

  /** As Scene.takeFrame. */
  take(bytes: ArrayBuffer, now: number): number | null {
    const frame = decode(bytes);
    if (frame.type === "charge") {
      this.fleet.takeCharge(frame);
      this.listener.charged();
      return null;
    }
    if (frame.type === "packets") {
      this.later(frame.time, () => this.listener.packets(frame));
      return null;
    }
    this.takeState(frame, now);
    return frame.sequence;
  }

  setRunning(state: Clock["state"], speed: number | null, now: number): void {
    setRunning(this.clock, state, speed, now);
  }

  /** Do it when that time is drawn. */
  later(time: number, run: () => void): void {
    if (!(time > this.clock.drawn)) run();
    else this.pending.push({ time, run });
    if (this.pending.length > MOST_PENDING) this.pending.shift()?.run();
  }

  /** Move on; true if the drawn time has changed. */
  tick(now: number): boolean {
    let moved: boolean;
    if (this.replays) {
      moved = this.clock.drawn !== this.ticked;
      this.ticked = this.clock.drawn;
    } else {
      const before = this.clock.drawn;
      tick(this.clock, now);
      if (this.beside) keepTime(this.clock, this.beside());
      moved = this.clock.drawn !== before;
    }
    this.release();
    return moved;
  }

  /** The states around the drawn time. */
  between(): Between {
    return this.fleet.around(Number.isNaN(this.clock.drawn) ? -Infinity : this.clock.drawn);
  }

  at(station: number): ReturnType<Fleet["at"]> {
    return this.fleet.at(station, this.clock.drawn);
  }

  /** The middle of a vehicle, relative to the origin, and how far it reaches from there [m]. */
  middle(station: number): { x: number; y: number; reach: number } | null {
    const at = this.at(station);
    if (!at) return null;
    const back = this.fleet.type(station).length / 2;
    return { x: at.x - Math.sin(at.heading) * back, y: at.y - Math.cos(at.heading) * back, reach: back + 1.5 };
  }

  parked(station: number): boolean {
    return ((this.at(station)?.flags ?? 0) & OFF_ROAD) !== 0;
  }

  /** Who has come in the newest state may not be drawn yet. */
  stations(): number[] {
    return [...this.fleet.slots.keys()].filter((station) => this.at(station) !== null);
  }

  vehicle(station: number): ReturnType<Scene["vehicle"]> {
    const at = this.at(station);
    const one = this.fleet.identities.get(station);
    if (!at) return null;
    return {
      id: one?.id ?? "",
      kind: this.fleet.type(station).kind,
      x: at.x + this.fleet.originX,
      y: at.y + this.fleet.originY,
      speed: at.speed,
      heading: ((at.heading * 180) / Math.PI + 360) % 360,
      soc: this.fleet.soc(station),
      equipped: one?.equipped ?? false,
      electric: one?.electric ?? false,
      parked: (at.flags & OFF_ROAD) !== 0,
      parking: Math.min(2, (at.flags >> 1) & 3) as 0 | 1 | 2,
      charging: Math.min(2, (at.flags >> 3) & 3) as 0 | 1 | 2,
    };
  }

  /** As Scene.showAt. */
  showAt(time: number | null): void {
    if (time === null || !this.replays) {
      const { state } = this.clock;
      this.clock = { ...createClock(), state };
      this.pending = [];
      this.listener.jumped();
    }
    this.replays = this.fleet.recalls = time !== null;
    if (time !== null) this.clock.drawn = time;
  }

  /** As Scene.takeRecorded. */
  takeRecorded(bytes: ArrayBuffer, shown: boolean): void {
    const frame = decode(bytes);
    if (frame.type === "charge") {
      this.fleet.takeCharge(frame);
      this.listener.charged();
    } else if (frame.type === "packets") this.listener.packets(frame);
    else {
      const rows = this.fleet.rows(frame);
      if (!rows || !shown) return;
      const step = frame.time - this.clock.newest;
      this.clock.newest = frame.time;
      this.entered(rows, frame.time, step === 0 ? "same" : step > 0 && step < LEAP ? "next" : "jump");
    }
  }

  private takeState(frame: Keyframe | Delta, now: number): void {
    const rows = this.fleet.rows(frame);
    if (!rows) return;
    const advance = frameCame(this.clock, frame.time, frame.packed, frame.paused, now);
    this.entered(rows, frame.time, advance);
    if (!this.draws()) {
      this.clock.drawn = frame.time;
      this.release();
    }
  }

  private entered(rows: Rows, time: number, advance: Advance): void {
    this.fleet.take(rows, time, advance);
    if (advance === "same") this.listener.touched(this.fleet.states[this.fleet.states.length - 1].data);
    if (advance === "jump") {
      for (const one of this.pending) one.run();
      this.pending = [];
      this.listener.jumped();
    }
    this.listener.came();
  }

  private release(): void {
    if (this.pending.length === 0) return;
    const { drawn } = this.clock;
    const due = this.pending.filter((one) => one.time <= drawn);
    if (due.length === 0) return;
    this.pending = this.pending.filter((one) => one.time > drawn);
    for (const one of due) one.run();
  }
}
