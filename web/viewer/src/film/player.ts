/** Plays a recording: which of its states, messages and frames make a moment. It knows neither page nor network. */

import { lastBefore, type Stretch } from "./unpack";
import type { Reel } from "./reel";
import type { ServerMessage } from "../protocol";

/** What was sent longer ago is not shown when one comes to a moment from elsewhere, s. */
const RECENT = 1;
/** The next stretch is fetched so long before it is due, s of wall clock. */
const AHEAD = 4;

/** Where a moment is shown. */
export interface Screen {
  /** Draw this time; what is handed over from now on belongs to it or comes soon after. */
  at(time: number): void;
  /** Here a stretch begins: what was told before is void. */
  begin(begin: Stretch["begin"], time: number): void;
  /** A state; one that is not shown is only referred to. */
  state(frame: ArrayBuffer, shown: boolean): void;
  frame(frame: ArrayBuffer): void;
  message(message: ServerMessage): void;
}

export class Player {
  time = Number.NaN;
  private stretch: Stretch | null = null;
  private next: Stretch | null = null;
  private place = -1;
  /** Of the stretch: the last state and the count of news that are on the screen, and the keyframe it knows. */
  private fed = -1;
  private said = 0;
  private keyframe = -1;
  private nextFed = false;
  private wish = 0;

  constructor(
    readonly reel: Reel,
    private readonly screen: Screen,
  ) {}

  /** Nothing is on the screen any more. */
  forget(): void {
    this.stretch = this.next = null;
    this.time = Number.NaN;
    this.wish += 1;
  }

  /** Show a moment, at once where its stretch is there; true once it is shown, false where another was wished for
   * meanwhile. `rate`: how fast it is played, s of simulation per s. */
  async show(time: number, rate = 1): Promise<boolean> {
    const wish = ++this.wish;
    const place = this.reel.placeOf(time);
    if (place < 0) return false;
    if (!this.stretch || place !== this.place || this.grown(time)) {
      const found = place === this.place + 1 && this.next ? this.next : await this.reel.get(place);
      if (wish !== this.wish) return false;
      this.enter(found, place, time);
    } else if (time < this.time) this.enter(this.stretch, place, time);
    this.draw(time);
    this.lookAhead(time, rate);
    return true;
  }

  /** Time of the state after this one, s; null: it is the last. Of the one before, where `by` is -1. */
  neighbour(by: 1 | -1): number | null {
    const states = this.stretch?.states ?? [];
    const here = lastBefore(states, this.time);
    const other = by > 0 ? states[here + 1] : states[here - (states[here]?.time === this.time ? 1 : 0)];
    if (other) return other.time;
    const row = this.reel.index.stretches[this.place + by];
    return row ? (by > 0 ? row[1] : row[2]) : null;
  }

  private grown(time: number): boolean {
    const last = this.stretch!.states.at(-1)!.time;
    return time > last && (this.reel.index.stretches[this.place]?.[2] ?? 0) > last + 1;
  }

  private enter(stretch: Stretch, place: number, time: number): void {
    this.stretch = stretch;
    this.place = place;
    this.next = null;
    this.fed = this.keyframe = -1;
    this.said = 0;
    this.nextFed = false;
    this.screen.at(time);
    this.screen.begin(stretch.begin, stretch.states[0]!.time);
  }

  private draw(time: number): void {
    const { states, news } = this.stretch!;
    const came = !(Math.abs(time - this.time) <= RECENT);
    this.time = time;
    this.screen.at(time);
    const here = Math.max(0, lastBefore(states, time));
    for (const place of [here, here + 1]) if (place > this.fed && place < states.length) this.feed(place);
    const until = lastBefore(news, time) + 1;
    for (; this.said < until; this.said++) {
      const { time: when, frame, message } = news[this.said]!;
      const old = came && when < time - RECENT;
      if (message && !(old && message.type === "messages")) this.screen.message(message);
      // Charges hold on, packets are of their moment.
      if (frame && !(old && new DataView(frame).getUint8(4) === 4)) this.screen.frame(frame);
    }
    if (here === states.length - 1 && this.next && !this.nextFed) {
      this.screen.state(this.next.states[0]!.frame, true);
      this.nextFed = true;
    }
  }

  private feed(place: number): void {
    const { states } = this.stretch!;
    const { frame, keyframe } = states[place]!;
    if (keyframe !== this.keyframe && keyframe !== place) this.screen.state(states[keyframe]!.frame, false);
    this.keyframe = keyframe;
    this.screen.state(frame, true);
    this.fed = place;
  }

  private lookAhead(time: number, rate: number): void {
    const { place, stretch } = this;
    const last = stretch!.states.at(-1)!.time;
    if (this.next || place + 1 >= this.reel.index.stretches.length || last - time > AHEAD * Math.max(rate, 1)) return;
    void this.reel.get(place + 1).then(
      (next) => this.stretch === stretch && (this.next = next),
      // It is asked for again when it is due, and then told.
      () => undefined,
    );
  }
}
