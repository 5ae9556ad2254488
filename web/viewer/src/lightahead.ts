/** What the details of a vehicle say of the light ahead. */

import type { LightAhead } from "./scene/tag";

const number = (value: unknown) => (typeof value === "number" && Number.isFinite(value) ? value : null);

/** Null where its unit has been told of none. */
export function lightAhead(details: Record<string, unknown> | null | undefined): LightAhead | null {
  const said = details?.["signal_advice"];
  const time = number(details?.["time"]);
  if (typeof said !== "object" || said === null || time === null) return null;
  const light = said as Record<string, unknown>;
  const [likely, earliest] = [number(light["likely"]), number(light["earliest"])];
  const left = likely ?? earliest;
  return {
    state: String(light["state"]),
    ends: left === null ? null : time + left,
    atLeast: likely === null,
    advised: number(light["advised"]),
    warned: light["warned"] === true,
  };
}
