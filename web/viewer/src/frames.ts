/** Binary frames of docs/live.md, decoded into columns. Nothing is believed: lengths, types and places are checked. */

const MAGIC = 0x31595357;
const HEADER = 32;
const ROW = 16;
const TURN = 65536;

/** A frame that breaks docs/live.md. */
export class FrameError extends Error {
  override name = "FrameError";
}

interface Head {
  sequence: number;
  /** Simulation time, s. */
  time: number;
  /** Wall clock of the server when it was packed, s since 1970. */
  packed: number;
  paused: boolean;
}

/** Vehicles, column by column; `x`, `y` in cm, `angle` in 1/65536 of a turn, `speed` in 1/4 m/s. */
export interface Rows {
  count: number;
  id: Uint32Array;
  x: Int32Array;
  y: Int32Array;
  angle: Uint16Array;
  speed: Uint8Array;
  flags: Uint8Array;
}

export interface Keyframe extends Head {
  type: "keyframe";
  rows: Rows;
}

export interface Delta extends Head {
  type: "delta";
  /** Sequence of the keyframe that it is relative to. */
  reference: number;
  /** For the first `count` rows of the keyframe: cm, 1/256 of a turn, 1/4 m/s. */
  count: number;
  dx: Int16Array;
  dy: Int16Array;
  turn: Int8Array;
  speed: Uint8Array;
  full: Rows;
  gone: Uint32Array;
}

export interface Charge extends Head {
  type: "charge";
  reference: number;
  /** 250: full; 255: no battery. */
  charge: Uint8Array;
}

export interface Packets extends Head {
  type: "packets";
  count: number;
  sender: Uint32Array;
  x: Int32Array;
  y: Int32Array;
  atVehicles: Uint16Array;
  atUnits: Uint16Array;
  kind: Uint8Array;
  /** Bit 0: sent by a unit. */
  flags: Uint8Array;
  /** Packets sent in all since the last such frame. */
  sent: number;
  arcs: {
    count: number;
    packet: Uint16Array;
    receiver: Uint32Array;
    /** Bit 0: the receiver is a unit; bit 1: lost on the way; bits 2 to 4: what became of it there (`Fate`). */
    flags: Uint8Array;
  };
}

/** What becomes of a packet at a receiver. */
export enum Fate {
  Received = 0,
  HalfDuplex = 1,
  /** Of unicasts alone, and of those of which the radio does not tell more. */
  BelowSensitivity = 2,
  Busy = 3,
  Propagation = 4,
  Collision = 5,
}

/** Of an arc's flags; null where the packet has arrived. */
export function lost(flags: number): Fate | null {
  return (flags & 2) !== 0 ? (flags >> 2) & 7 : null;
}

export type Frame = Keyframe | Delta | Charge | Packets;

export const OFF_ROAD = 1;
export const BRAKE = 32;
export const LEFT = 64;
export const RIGHT = 128;

/** Reads columns one after the other; they need not be aligned. */
class Reader {
  at = 0;
  constructor(private readonly bytes: ArrayBuffer) {}

  private take(length: number): ArrayBuffer {
    const begin = this.at;
    this.at += length;
    return this.bytes.slice(begin, this.at);
  }
  u32 = (n: number) => new Uint32Array(this.take(4 * n));
  i32 = (n: number) => new Int32Array(this.take(4 * n));
  u16 = (n: number) => new Uint16Array(this.take(2 * n));
  i16 = (n: number) => new Int16Array(this.take(2 * n));
  u8 = (n: number) => new Uint8Array(this.take(n));
  i8 = (n: number) => new Int8Array(this.take(n));

  rows(count: number): Rows {
    return {
      count,
      id: this.u32(count),
      x: this.i32(count),
      y: this.i32(count),
      angle: this.u16(count),
      speed: this.u8(count),
      flags: this.u8(count),
    };
  }
}

/** One frame. FrameError in one line where it is not one. */
export function decode(bytes: ArrayBuffer): Frame {
  if (bytes.byteLength < HEADER) throw new FrameError(`frame of ${bytes.byteLength} bytes: shorter than its header`);
  const view = new DataView(bytes);
  const magic = view.getUint32(0, true);
  if (magic !== MAGIC) throw new FrameError(`frame begins with 0x${magic.toString(16)}, not with "WSY1"`);
  const type = view.getUint8(4);
  if (view.getUint8(5) > 1 || view.getUint16(6, true) !== 0)
    throw new FrameError(`frame of type ${type} has unknown flags`);
  const head: Head = {
    sequence: view.getUint32(8, true),
    time: view.getFloat64(16, true),
    packed: view.getFloat64(24, true),
    paused: view.getUint8(5) === 1,
  };
  if (!Number.isFinite(head.time) || !Number.isFinite(head.packed))
    throw new FrameError(`frame ${head.sequence}: its time is not a number`);
  const count = view.getUint32(12, true);
  const extra = { 1: 0, 2: 16, 3: 8, 4: 8 }[type];
  if (extra === undefined) throw new FrameError(`frame ${head.sequence} has the unknown type ${type}`);
  if (bytes.byteLength < HEADER + extra)
    throw new FrameError(`frame ${head.sequence} of type ${type}: ${bytes.byteLength} bytes, shorter than its header`);
  const u32 = (place: number) => view.getUint32(HEADER + 4 * place, true);
  const whole = (body: number) => {
    const wanted = HEADER + extra + body;
    if (bytes.byteLength !== wanted)
      throw new FrameError(
        `frame ${head.sequence} of type ${type} with ${count} rows: ${bytes.byteLength} bytes, not ${wanted}`,
      );
    const reader = new Reader(bytes);
    reader.at = HEADER + extra;
    return reader;
  };
  if (type === 1) return { type: "keyframe", ...head, rows: whole(ROW * count).rows(count) };
  if (type === 2) return delta(head, count, u32, whole);
  if (type === 3) {
    reserved(head, u32(1));
    return { type: "charge", ...head, reference: u32(0), charge: whole(count).u8(count) };
  }
  return packets(head, count, u32, whole);
}

function reserved(head: Head, value: number): void {
  if (value !== 0) throw new FrameError(`frame ${head.sequence}: a reserved field holds ${value}, not 0`);
}

function delta(head: Head, count: number, u32: (place: number) => number, whole: (body: number) => Reader): Delta {
  const [reference, full, gone] = [u32(0), u32(1), u32(2)];
  reserved(head, u32(3));
  const reader = whole(6 * count + ROW * full + 4 * gone);
  return {
    type: "delta",
    ...head,
    reference,
    count,
    dx: reader.i16(count),
    dy: reader.i16(count),
    turn: reader.i8(count),
    speed: reader.u8(count),
    full: reader.rows(full),
    gone: reader.u32(gone),
  };
}

function packets(head: Head, count: number, u32: (place: number) => number, whole: (body: number) => Reader): Packets {
  const [arcs, sent] = [u32(0), u32(1)];
  const reader = whole(18 * count + 7 * arcs);
  const frame: Packets = {
    type: "packets",
    ...head,
    count,
    sent,
    sender: reader.u32(count),
    x: reader.i32(count),
    y: reader.i32(count),
    atVehicles: reader.u16(count),
    atUnits: reader.u16(count),
    kind: reader.u8(count),
    flags: reader.u8(count),
    arcs: { count: arcs, packet: reader.u16(arcs), receiver: reader.u32(arcs), flags: reader.u8(arcs) },
  };
  for (const packet of frame.arcs.packet)
    if (packet >= count)
      throw new FrameError(`frame ${head.sequence}: an arc of packet ${packet}, but it has ${count} packets`);
  return frame;
}

/** The rows of all vehicles that are there after a delta: what the keyframe says, changed. FrameError where the two do
 * not fit together. Rows keep the keyframe's order; new ones follow. */
export function applied(keyframe: Keyframe, delta: Delta): Rows {
  const base = keyframe.rows;
  if (delta.reference !== keyframe.sequence)
    throw new FrameError(`frame ${delta.sequence} is relative to ${delta.reference}, not to ${keyframe.sequence}`);
  if (delta.count > base.count)
    throw new FrameError(`frame ${delta.sequence} changes ${delta.count} rows of a keyframe of ${base.count}`);
  // Replaced and gone rows are few: a set of them, and one pass over the rest.
  const leave = new Set<number>(delta.gone);
  for (const id of delta.full.id) leave.add(id);
  const most = base.count + delta.full.count;
  const rows: Rows = {
    count: 0,
    id: new Uint32Array(most),
    x: new Int32Array(most),
    y: new Int32Array(most),
    angle: new Uint16Array(most),
    speed: new Uint8Array(most),
    flags: new Uint8Array(most),
  };
  let n = 0;
  for (let i = 0; i < base.count; i++) {
    const id = base.id[i];
    if (leave.size > 0 && leave.has(id)) continue;
    const moved = i < delta.count;
    rows.id[n] = id;
    rows.x[n] = base.x[i] + (moved ? delta.dx[i] : 0);
    rows.y[n] = base.y[i] + (moved ? delta.dy[i] : 0);
    rows.angle[n] = base.angle[i] + (moved ? (delta.turn[i] * TURN) / 256 : 0);
    rows.speed[n] = moved ? delta.speed[i] : base.speed[i];
    rows.flags[n] = base.flags[i];
    n++;
  }
  const { full } = delta;
  rows.id.set(full.id, n);
  rows.x.set(full.x, n);
  rows.y.set(full.y, n);
  rows.angle.set(full.angle, n);
  rows.speed.set(full.speed, n);
  rows.flags.set(full.flags, n);
  rows.count = n + full.count;
  return rows;
}
