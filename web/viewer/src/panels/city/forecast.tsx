/** What a policy itself expects; where it expects nothing, that is said. */

import { duration, sentence } from "../../format";
import { list, num, record, text } from "../bits";

/** How far ahead it tells, s; empty: not at all. */
export function aheadOf(forecast: unknown): number[] {
  return list<number>(record(forecast)?.["ahead_s"]).filter((ahead) => num(ahead) !== null);
}

/** Why there is none, as a sentence. */
export function NoForecast({ of, policy }: { of: unknown; policy: unknown }) {
  const forecast = record(of);
  if (!forecast || aheadOf(forecast).length) return null;
  const name = text(policy).replace(/^.*[:.]/, "");
  return (
    <p class="said">
      No forecast: {text(forecast["words"]) || "none is told"}
      {policy ? ` (${name})` : ""}.
    </p>
  );
}

/** "in 5 min 0 s" shortened to whole minutes where it is some. */
export function inWords(seconds: number): string {
  return seconds % 60 === 0 ? `In ${seconds / 60}\u00a0min` : sentence(`in ${duration(seconds)}`);
}
