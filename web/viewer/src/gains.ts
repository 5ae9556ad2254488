/** What two runs of one demand differ in, in a line: pure functions of the pairs that the server counts. */

import type { Errand, Pairs } from "./protocol";

/** Differences of less are none, s. */
const LEAST = 1;

export interface Gain {
  errand: Errand;
  /** Errands done in both runs, and in how many of them the first was faster, and slower. */
  pairs: number;
  sooner: number;
  later: number;
  /** How much shorter they were in the first run, mean [s]; negative: longer. */
  seconds: number;
  /** How much less was driven in them, sum [m]. */
  metres: number;
}

/** Of each kind of errand, up to a time; those of which there are none are left out. */
export function gains(of: Pairs, until = Infinity): Gain[] {
  const found = of.errands.map((errand) => ({ errand, pairs: 0, sooner: 0, later: 0, seconds: 0, metres: 0 }));
  for (const [place, time, seconds, metres] of of.rows) {
    const gain = found[place];
    if (!gain || time > until) continue;
    gain.pairs += 1;
    if (seconds >= LEAST) gain.sooner += 1;
    else if (seconds <= -LEAST) gain.later += 1;
    gain.seconds += seconds;
    gain.metres += metres;
  }
  for (const gain of found) gain.seconds /= gain.pairs || 1;
  return found.filter((gain) => gain.pairs > 0);
}

/** The one for a headline: what a service helps with, that of most drivers; trips where there is nothing else. */
export function foremost(all: readonly Gain[], of: Pairs): Gain | null {
  const trips = of.errands.at(-1);
  const helped = all.filter((gain) => gain.errand !== trips);
  return helped.toSorted((a, b) => b.pairs - a.pairs)[0] ?? all[0] ?? null;
}
