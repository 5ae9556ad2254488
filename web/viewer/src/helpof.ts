/** What the details of a vehicle say of how it is helped: where it is led, and what was rejected. */

import { measured } from "./format";
import { isRef, parseRef } from "./refs";
import type { Ref } from "./protocol";
import type { Help } from "./scene/help";

type Details = Record<string, unknown>;

const record = (value: unknown): Details | null =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Details) : null;

/** Null where it is led to no place. */
export function helpOf(details: Details | null | undefined): Help | null {
  const [parking, charging] = [record(details?.["parking"]), record(details?.["charging"])];
  const [bay, pile] = [parking?.["assigned"], charging?.["state"] === "bound" ? charging["site"] : null];
  const said = isRef(pile) ? charging! : parking;
  const place: Ref | null = isRef(pile) ? pile : isRef(bay) && parking?.["state"] === "guided" ? bay : null;
  if (!details || !place) return null;
  const on = parseRef(details["edge"]);
  const ahead = Array.isArray(details["way"]) ? details["way"].filter((edge) => typeof edge === "number") : [];
  const decision = record(said?.["decision"]);
  const unit = record(decision?.["measure"])?.["unit"];
  const candidates = Array.isArray(decision?.["candidates"]) ? decision["candidates"] : [];
  return {
    way: on ? [on.number, ...ahead] : ahead,
    place,
    rejected: candidates.flatMap((one: unknown) => {
      const candidate = record(one);
      const [ref, cost] = [candidate?.["ref"], candidate?.["cost"]];
      if (!candidate || candidate["chosen"] === true || !isRef(ref) || ref === place || typeof cost !== "number")
        return [];
      return [{ place: ref, cost: measured(cost, typeof unit === "string" ? unit : "") }];
    }),
  };
}
