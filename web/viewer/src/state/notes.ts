/** Figures and events of a whole recording, and those of them that belong to a moment. */

import { lastBefore } from "../film/unpack";
import type { Kpis, LogEvent, ServerMessage } from "../protocol";
import { MOST_EVENTS, type Store } from "./store";

export class Notes {
  readonly figures: Kpis[] = [];
  readonly events: LogEvent[] = [];
  private shown = Number.NaN;

  /** More of both; what is not newer than what is there is there. */
  take(messages: readonly ServerMessage[]): void {
    const [figures, events] = [this.figures.at(-1)?.time ?? -Infinity, this.events.at(-1)?.time ?? -Infinity];
    for (const message of messages) {
      if (message.type === "kpis" && message.time > figures) this.figures.push(message);
      else if (message.type === "events") this.events.push(...message.events.filter(({ time }) => time > events));
    }
    this.shown = Number.NaN;
  }

  /** Let the store know what was known at a time. */
  show(store: Store, time: number): void {
    const on = time >= this.shown;
    const figures = lastBefore(this.figures, time) + 1;
    const events = lastBefore(this.events, time) + 1;
    const told = on ? lastBefore(this.figures, this.shown) + 1 : 0;
    store.recall(this.figures.slice(told, figures), this.events.slice(Math.max(0, events - MOST_EVENTS), events), !on);
    this.shown = time;
  }
}
