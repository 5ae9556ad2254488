/** References to objects, as docs/live.md has them. */

import type { Ref } from "./protocol";

export const KINDS = ["vehicle", "unit", "park", "site", "light", "edge"] as const;
export type Kind = (typeof KINDS)[number];

/** What people call them. */
export const TITLES: Record<Kind, { one: string; many: string }> = {
  vehicle: { one: "Vehicle", many: "Vehicles" },
  unit: { one: "Roadside unit", many: "Roadside units" },
  park: { one: "Car park", many: "Car parks" },
  site: { one: "Charging site", many: "Charging sites" },
  light: { one: "Traffic light", many: "Traffic lights" },
  edge: { one: "Road", many: "Roads" },
};

/** Its kind and number; null where the text is no reference. */
export function parseRef(text: unknown): { kind: Kind; number: number } | null {
  if (typeof text !== "string") return null;
  const match = /^(vehicle|unit|park|site|light|edge)\/(\d{1,10})$/.exec(text);
  return match ? { kind: match[1] as Kind, number: Number(match[2]) } : null;
}

export function isRef(text: unknown): text is Ref {
  return parseRef(text) !== null;
}

export function ref(kind: Kind, number: number): Ref {
  return `${kind}/${number}`;
}
