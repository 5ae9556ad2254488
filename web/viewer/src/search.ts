/** Search for anything that has an id or a name: exact before beginning before somewhere inside. */

import { KINDS, ref, type Kind } from "./refs";
import type { Ref, World } from "./protocol";

export interface Entry {
  ref: Ref;
  kind: Kind;
  id: string;
  name: string;
}

interface Indexed extends Entry {
  /** Lower case, once. */
  lowId: string;
  lowName: string;
}

export interface Group {
  kind: Kind;
  hits: Entry[];
  /** How many there are in all. */
  count: number;
}

export type Index = readonly Indexed[];

/** What stands in the world and never moves. Of a street's edges under one name, the first stands for all by name. */
export function index(world: World): Index {
  const entries: Indexed[] = [];
  const add = (kind: Kind, number: number, id: string, name: string) =>
    entries.push({ ref: ref(kind, number), kind, id, name, lowId: id.toLowerCase(), lowName: name.toLowerCase() });
  world.units.forEach((unit, number) => add("unit", number, unit.id, ""));
  world.parks.forEach((park, number) => add("park", number, park.id, park.name));
  world.sites.forEach((site, number) => add("site", number, site.id, ""));
  world.lights.forEach((light, number) => add("light", number, light.id, ""));
  const streets = new Set<string>();
  world.edges.ids.forEach((id, number) => {
    if (world.edges.internal[number]) return;
    const name = world.edges.names[number] ?? "";
    add("edge", number, id, streets.has(name) ? "" : name);
    streets.add(name);
  });
  return entries;
}

/** Lower is better; null: no match. */
export function score(wanted: string, id: string, name: string): number | null {
  if (id === wanted || name === wanted) return 0;
  if (id.startsWith(wanted)) return 1;
  if (name.startsWith(wanted)) return 2;
  const inside = name.indexOf(wanted);
  if (inside > 0 && /[\s_./-]/.test(name[inside - 1]!)) return 3;
  if (inside > 0 || id.includes(wanted)) return 4;
  return null;
}

/**
 * The best of each kind, kinds in the order of their best hit.
 *
 * `vehicles` is asked once per search: those that are there now.
 */
export function search(text: string, fixed: Index, vehicles: Iterable<readonly [number, string]>, each = 6): Group[] {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return [];
  const found = new Map<Kind, { entry: Entry; score: number }[]>();
  const take = (entry: Entry, points: number | null) => {
    if (points === null) return;
    const hits = found.get(entry.kind);
    if (hits) hits.push({ entry, score: points });
    else found.set(entry.kind, [{ entry, score: points }]);
  };
  for (const [station, id] of vehicles) {
    const points = score(wanted, id.toLowerCase(), "");
    if (points !== null) take({ ref: ref("vehicle", station), kind: "vehicle", id, name: "" }, points);
  }
  for (const entry of fixed) take(entry, score(wanted, entry.lowId, entry.lowName));
  const groups = [...found].map(([kind, hits]) => {
    hits.sort((a, b) => a.score - b.score || a.entry.id.length - b.entry.id.length || compare(a.entry.id, b.entry.id));
    return { kind, best: hits[0]!.score, count: hits.length, hits: hits.slice(0, each).map((hit) => hit.entry) };
  });
  groups.sort((a, b) => a.best - b.best || KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind));
  return groups.map(({ kind, hits, count }) => ({ kind, hits, count }));
}

const collator = new Intl.Collator("en", { numeric: true });

function compare(a: string, b: string): number {
  return collator.compare(a, b);
}
