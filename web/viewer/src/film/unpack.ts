/** A recording's stretches and streams (docs/recordings.md), unpacked. Nothing is believed: what does not fit is told. */

import type { Snapshot, ServerMessage } from "../protocol";

/** Size of what follows, what it is, time. */
const RECORD = 13;
const FRAME = 1;
const TEXT = 2;
const KEYFRAME = 1;
const DELTA = 2;
/** Where in a frame its type stands. */
const TYPE_AT = 4;

export class RecordingError extends Error {
  override name = "RecordingError";
}

/** What one must know to begin at a stretch. */
export type Begin = Pick<Snapshot, "lights" | "parks" | "sites" | "units" | "closed" | "messages">;

export interface RecordedState {
  time: number;
  frame: ArrayBuffer;
  /** Place of the keyframe that it refers to, its own where it is one. */
  keyframe: number;
}

/** All that is no state: messages, and frames of charge and packets. */
export interface RecordedNews {
  time: number;
  frame: ArrayBuffer | null;
  message: ServerMessage | null;
}

export interface Stretch {
  begin: Begin;
  states: RecordedState[];
  news: RecordedNews[];
}

export async function inflate(data: ArrayBuffer): Promise<ArrayBuffer> {
  const stream = new Blob([data]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  try {
    return await new Response(stream).arrayBuffer();
  } catch {
    throw new RecordingError("a part of the recording cannot be unpacked");
  }
}

/** The records of a stretch, sorted out. */
export function stretch(data: ArrayBuffer): Stretch {
  const view = new DataView(data);
  const decoder = new TextDecoder();
  let begin: Begin | null = null;
  const states: RecordedState[] = [];
  const news: RecordedNews[] = [];
  let keyframe = -1;
  for (let at = 0; at < data.byteLength;) {
    if (at + RECORD > data.byteLength) throw new RecordingError("a stretch breaks off within a record");
    const size = view.getUint32(at, true);
    const kind = view.getUint8(at + 4);
    const time = view.getFloat64(at + 5, true);
    at += RECORD;
    if (at + size > data.byteLength || !Number.isFinite(time))
      throw new RecordingError("a stretch breaks off within a record");
    if (kind === FRAME) {
      const frame = data.slice(at, at + size);
      const type = new DataView(frame).getUint8(TYPE_AT);
      if (type === KEYFRAME) keyframe = states.length;
      if (type !== KEYFRAME && type !== DELTA) news.push({ time, frame, message: null });
      else if (keyframe < 0) throw new RecordingError("a stretch does not begin with all vehicles");
      else states.push({ time, frame, keyframe });
    } else if (kind === TEXT) {
      const message = JSON.parse(decoder.decode(new Uint8Array(data, at, size))) as ServerMessage;
      if (message.type === "snapshot") begin = message;
      else news.push({ time, frame: null, message });
    } else throw new RecordingError(`a record of the unknown kind ${kind}`);
    at += size;
  }
  if (!begin || !states.length) throw new RecordingError("a stretch does not say how it begins");
  return { begin, states, news };
}

/** JSON, a line each; the last may be broken off. */
export function lines<T>(data: ArrayBuffer): T[] {
  const found: T[] = [];
  for (const line of new TextDecoder().decode(data).split("\n")) {
    if (!line) continue;
    try {
      found.push(JSON.parse(line) as T);
    } catch {
      break;
    }
  }
  return found;
}

/** The last of a sorted list at or before a time; -1: none. */
export function lastBefore(list: readonly { time: number }[], time: number): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle]!.time <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
