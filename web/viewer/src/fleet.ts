/** The vehicles as arrays by slot. A slot belongs to one station while it is there, and to nobody for a few frames
 * after, until no state that is still drawn speaks of it. */

import { applied, type Charge, type Delta, type Frame, type Keyframe, type Rows } from "./frames";
import type { Advance } from "./clock";
import { ABSENT, place, type Placed, WIDTH } from "./motion";
import type { VehicleRow, VehicleTypeRow } from "./protocol";

/** States kept: the drawn time lies up to 2.5 intervals back. */
export const STATES = 5;
/** A freed slot is given to nobody for so many states: what is still drawn of its vehicle (arcs, rings) runs out. */
export const REST = STATES + 15;
/** Slots in a row of the textures that hold the arrays. */
export const ACROSS = 512;
const NO_BATTERY = 255;

export interface State {
  /** Simulation time, s; -Infinity: empty. */
  time: number;
  data: Float32Array<ArrayBuffer>;
}

export interface Identity {
  id: string;
  type: number;
  equipped: boolean;
  electric: boolean;
}

export interface VehicleType {
  kind: string;
  length: number;
  width: number;
  height: number;
}

const UNKNOWN: VehicleType = { kind: "passenger", length: 4.5, width: 1.8, height: 1.5 };

/** Which two states enclose a time, and where between them it is. */
export interface Between {
  a: State;
  b: State;
  into: number;
  span: number;
}

export class Fleet {
  capacity = ACROSS;
  /** Slots that are or were in use: the arrays matter up to here. */
  high = 0;
  /** Changes whenever the arrays are new ones. */
  generation = 0;
  /** Newest last. */
  states: State[] = [];
  /** Per slot: length, width, height [m], and shape + 16 * equipped + 32 * electric + 64 * charge [1/250, 255: none]. */
  look = new Float32Array(ACROSS * WIDTH);
  lookChanged = true;
  stations = new Int32Array(ACROSS).fill(-1);
  charge = new Uint8Array(ACROSS).fill(NO_BATTERY);
  /** Who has left may come again, in a recording: names stay. */
  recalls = false;
  readonly slots = new Map<number, number>();
  readonly identities = new Map<number, Identity>();
  readonly types = new Map<number, VehicleType>();

  private keyframes: Keyframe[] = [];
  private seen = new Int32Array(ACROSS);
  private stamp = 0;
  private free: number[] = [];
  /** Freed slots with the count of frames at which they may be used again, oldest first. */
  private resting: { slot: number; until: number }[] = [];

  /** `shapeOf`: number of the shape in which a kind is drawn, below 16. Positions are kept relative to the origin. */
  constructor(
    private readonly shapeOf: (kind: string) => number,
    readonly originX = 0,
    readonly originY = 0,
  ) {
    for (let i = 0; i < STATES; i++) this.states.push({ time: -Infinity, data: absent(this.capacity) });
  }

  /** The rows that a keyframe or delta stands for. Null: its keyframe has not come. */
  rows(frame: Keyframe | Delta): Rows | null {
    if (frame.type === "keyframe") {
      this.keyframes = [...this.keyframes.slice(-1), frame];
      return frame.rows;
    }
    const keyframe = this.keyframe(frame);
    return keyframe ? applied(keyframe, frame) : null;
  }

  /** Take in the state at `time`. */
  take(rows: Rows, time: number, advance: Advance): void {
    this.stamp++;
    while (this.resting.length > 0 && this.resting[0].until <= this.stamp) this.free.push(this.resting.shift()!.slot);
    const slots = new Int32Array(rows.count);
    for (let i = 0; i < rows.count; i++) slots[i] = this.slots.get(rows.id[i] >>> 0) ?? this.enter(rows.id[i]);
    const state = this.next(time, advance);
    const data = state.data;
    for (let s = 0; s < this.high; s++) data[s * WIDTH + 3] = ABSENT;
    const { originX, originY, seen, stamp } = this;
    for (let i = 0; i < rows.count; i++) {
      const slot = slots[i];
      const at = slot * WIDTH;
      data[at] = rows.x[i] / 100 - originX;
      data[at + 1] = rows.y[i] / 100 - originY;
      data[at + 2] = (rows.angle[i] * Math.PI) / 32768;
      data[at + 3] = rows.speed[i] + 256 * rows.flags[i];
      seen[slot] = stamp;
    }
    if (this.slots.size > rows.count) this.leave();
    if (advance === "jump") for (const other of this.states) if (other !== state) this.empty(other);
  }

  takeCharge(frame: Charge): void {
    const keyframe = this.keyframe(frame);
    if (!keyframe) return;
    const n = Math.min(frame.charge.length, keyframe.rows.count);
    for (let i = 0; i < n; i++) {
      const slot = this.slots.get(keyframe.rows.id[i]);
      if (slot === undefined || this.charge[slot] === frame.charge[i]) continue;
      this.charge[slot] = frame.charge[i];
      this.describe(slot);
    }
  }

  takeNames(vehicles: VehicleRow[], types: VehicleTypeRow[]): void {
    for (const [number, , kind, length, width, height] of types)
      this.types.set(number, { kind, length, width, height });
    for (const [station, id, type, equipped, electric] of vehicles) {
      this.identities.set(station, { id, type, equipped: equipped === 1, electric: electric === 1 });
      const slot = this.slots.get(station);
      if (slot !== undefined) this.describe(slot);
    }
  }

  /** The two states around `time`; both are the newest after it, the oldest before them. */
  around(time: number): Between {
    const { states } = this;
    let i = states.length - 1;
    while (i > 0 && states[i].time > time && states[i - 1].time > -Infinity) i--;
    const a = states[i];
    const b = states[Math.min(i + 1, states.length - 1)];
    return { a, b, into: Math.max(0, time - a.time), span: b.time - a.time || 0 };
  }

  /** Where a station is drawn at `time`, relative to the origin; null: it is not there. */
  at(station: number, time: number): Placed | null {
    const slot = this.slots.get(station);
    if (slot === undefined) return null;
    const { a, b, into, span } = this.around(time);
    return place(a.data, b.data, slot, into, span);
  }

  type(station: number): VehicleType {
    return this.types.get(this.identities.get(station)?.type ?? -1) ?? UNKNOWN;
  }

  /** Fraction, or null without a battery. */
  soc(station: number): number | null {
    const slot = this.slots.get(station);
    return slot === undefined || this.charge[slot] === NO_BATTERY ? null : this.charge[slot] / 250;
  }

  private keyframe(frame: { reference: number }): Keyframe | undefined {
    return this.keyframes.find((one) => one.sequence === frame.reference);
  }

  private enter(station: number): number {
    const slot = this.free.pop() ?? this.high++;
    if (slot >= this.capacity) this.grow();
    this.slots.set(station, slot);
    this.stations[slot] = station | 0;
    this.charge[slot] = NO_BATTERY;
    this.describe(slot);
    return slot;
  }

  /** Free the slots of those that the newest state does not speak of. */
  private leave(): void {
    for (const [station, slot] of this.slots) {
      if (this.seen[slot] === this.stamp) continue;
      this.slots.delete(station);
      if (!this.recalls) this.identities.delete(station);
      this.stations[slot] = -1;
      this.resting.push({ slot, until: this.stamp + REST });
    }
  }

  private describe(slot: number): void {
    const station = this.stations[slot] >>> 0;
    const type = this.type(station);
    const one = this.identities.get(station);
    const at = slot * WIDTH;
    this.look[at] = type.length;
    this.look[at + 1] = type.width;
    this.look[at + 2] = type.height;
    this.look[at + 3] =
      this.shapeOf(type.kind) + (one?.equipped ? 16 : 0) + (one?.electric ? 32 : 0) + 64 * this.charge[slot];
    this.lookChanged = true;
  }

  /** The state to write to: the oldest becomes the newest, or the newest is written again. */
  private next(time: number, advance: Advance): State {
    const newest = this.states[this.states.length - 1];
    if (advance === "same" && newest.time === time) return newest;
    const state = this.states.shift()!;
    state.time = time;
    this.states.push(state);
    return state;
  }

  private empty(state: State): void {
    state.time = -Infinity;
    for (let s = 0; s < this.high; s++) state.data[s * WIDTH + 3] = ABSENT;
  }

  private grow(): void {
    this.capacity *= 2;
    this.generation++;
    for (const state of this.states) {
      const data = absent(this.capacity);
      data.set(state.data);
      state.data = data;
    }
    const look = new Float32Array(this.capacity * WIDTH);
    look.set(this.look);
    this.look = look;
    const stations = new Int32Array(this.capacity).fill(-1);
    stations.set(this.stations);
    this.stations = stations;
    const charge = new Uint8Array(this.capacity).fill(NO_BATTERY);
    charge.set(this.charge);
    this.charge = charge;
    const seen = new Int32Array(this.capacity);
    seen.set(this.seen);
    this.seen = seen;
  }
}

export function isState(frame: Frame): frame is Keyframe | Delta {
  return frame.type === "keyframe" || frame.type === "delta";
}

function absent(capacity: number): Float32Array<ArrayBuffer> {
  const data = new Float32Array(capacity * WIDTH);
  for (let at = 3; at < data.length; at += WIDTH) data[at] = ABSENT;
  return data;
}
