/** The stretches of a recording, fetched when they are needed; a few are kept. */

import { inflate, stretch, type Stretch } from "./unpack";
import type { RecordingIndex, Source } from "./source";

/** Stretches kept, around what is played. */
const KEPT = 8;

interface Held {
  /** Up to when it was recorded as it was fetched, s: the last one of a run that goes on still grows. */
  end: number;
  found: Promise<Stretch>;
}

export class Reel {
  index: RecordingIndex = { begin: null, end: null, whole: true, ended: null, stretches: [] };
  private readonly held = new Map<number, Held>();

  constructor(readonly source: Source) {}

  /** See what there is by now. */
  async look(): Promise<void> {
    this.index = await this.source.index();
  }

  /** The place in the index of the stretch for a time: the first, where that is before all of them; -1: none. */
  placeOf(time: number): number {
    const rows = this.index.stretches;
    let place = rows.length - 1;
    while (place > 0 && rows[place]![1] > time) place -= 1;
    return place;
  }

  get(place: number): Promise<Stretch> {
    const [number, , end] = this.index.stretches[place]!;
    const before = this.held.get(number);
    if (before && before.end >= end) return before.found;
    const found = this.source.stretch(number).then(inflate).then(stretch);
    const held = { end, found };
    this.held.delete(number);
    this.held.set(number, held);
    // Asked for again, it may come.
    found.catch(() => this.held.get(number) === held && this.held.delete(number));
    for (const oldest of this.held.keys()) {
      if (this.held.size <= KEPT) break;
      this.held.delete(oldest);
    }
    return found;
  }
}
