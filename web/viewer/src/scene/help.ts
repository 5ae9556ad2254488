/** Help made visible: the way of a guided vehicle to its place, which is marked, and what was rejected with its cost;
 * and who has just been helped. */

import { Group } from "three";
import type { Fleet } from "../fleet";
import type { HelpedRow, Ref, Shape } from "../protocol";
import { duration } from "../format";
import { type Emphasis, PLAIN, strength } from "./emphasis";
import { strip } from "./geometry/shapes";
import { type Line, Lines } from "./lines";
import type { Shared, Uniforms } from "./materials";
import { type Atlas, Overlay } from "./overlays";
import { type Ring, Rings } from "./rings";
import { MARKS, rgb, type Theme } from "./style";
import { from, joined, toEdge, upTo } from "./way";

/** How wide a way is drawn, m. */
const WIDTH = 3;
/** Around the place, pixels at least. */
const PLACE = 22;

export interface Help {
  /** Edges from the one that it is on to the end of its route; empty: not known. */
  way: readonly number[];
  /** Where a bay or pile is reserved. */
  place: Ref | null;
  rejected: readonly { place: Ref; cost: string }[];
}

/** Words on the map, in m from the origin. */
export interface MapWords {
  x: number;
  y: number;
  text: string;
  colour: string;
  /** Pixels above the point. */
  lift: number;
}

type Middle = (ref: Ref) => { x: number; y: number } | null;

export class HelpDrawn {
  readonly group = new Group();
  /** What has been seen so far: its legend stays. */
  readonly seen = new Set<"help" | "helped">();
  words: MapWords[] = [];
  private readonly ribbon: Overlay;
  private readonly place: Overlay;
  private readonly rings: Rings;
  private readonly lines: Lines;
  private help: Help | null = null;
  private station = -1;
  private whole: Shape = [];
  /** Nothing of it is drawn. */
  private empty = true;
  private helped: readonly HelpedRow[] = [];
  private theme: Theme = "light";
  private shown = { help: true, helped: true };
  private emphasis: Emphasis = PLAIN;

  constructor(shared: Shared, motion: Uniforms) {
    this.ribbon = new Overlay(shared, 26.7);
    this.place = new Overlay(shared, 28.8);
    this.rings = new Rings(shared, motion, 29.6);
    this.lines = new Lines(shared, motion, 38.5);
    this.group.add(this.ribbon.group, this.place.group, this.rings.mesh, this.lines.mesh);
  }

  /** Of whom it is told; `atlas`: where edges and places are. */
  set(station: number, help: Help | null, atlas: Atlas | null): void {
    this.station = station;
    this.help = help;
    this.whole = [];
    if (help?.place && atlas) {
      const [kind, number] = [help.place.split("/")[0], Number(help.place.split("/")[1])];
      const { world } = atlas;
      const groups = kind === "site" ? (world.sites[number]?.groups.map((group) => group.edge) ?? []) : [];
      const edges = kind === "park" ? [world.parks[number]?.edge ?? -1] : groups;
      const edge = help.way.find((one) => edges.includes(one)) ?? null;
      const way = joined(toEdge(help.way, edge), (one) => atlas.lanes(one).map((lane) => world.lanes.shapes[lane]));
      const middle = atlas.middle(kind, number);
      this.whole = atlas.here(way);
      if (middle && edge !== null) this.whole = upTo(this.whole, middle.x, middle.y);
    }
    this.place.set((out) => this.help?.place && atlas && this.shown.help && atlas.outline(this.help.place, out));
  }

  takeHelped(rows: readonly HelpedRow[]): void {
    this.helped = rows;
    if (rows.length) this.seen.add("helped");
  }

  restyle(theme: Theme, shown: { help: boolean; helped: boolean }, emphasis: Emphasis): void {
    this.theme = theme;
    this.shown = shown;
    this.emphasis = emphasis;
    const colours = MARKS[theme];
    this.ribbon.restyle(colours.help, (theme === "dark" ? 0.6 : 0.5) * strength(emphasis, "help.way"), 2.2);
    this.place.restyle(colours.help, 0.95 * strength(emphasis, "help.place"), 1.4);
    this.ribbon.group.visible = this.place.group.visible = shown.help;
  }

  /** As vehicles are now. */
  renew(fleet: Fleet, middle: Middle): void {
    if (!this.help && !this.helped.length && this.empty) return;
    const colours = MARKS[this.theme];
    const [rings, lines, words]: [Ring[], Line[], MapWords[]] = [[], [], []];
    const slot = fleet.slots.get(this.station);
    const help = this.shown.help && slot !== undefined ? this.help : null;
    const at = help && middle(`vehicle/${this.station}`);
    const way = at && this.whole.length >= 4 ? from(this.whole, at.x, at.y) : null;
    this.ribbon.set((out) => way && strip(out, way, WIDTH));
    if (help && at) {
      this.seen.add("help");
      const place = help.place && middle(help.place);
      const marked = strength(this.emphasis, "help.place");
      if (place && marked)
        rings.push({
          x: place.x,
          y: place.y,
          radius: 6,
          least: PLACE,
          width: 2.4,
          colour: rgb(colours.help),
          opacity: 0.95 * marked,
          within: 0.15 * marked,
        });
      const faint = strength(this.emphasis, "help.rejected");
      for (const { place: ref, cost } of help.rejected) {
        const there = middle(ref);
        if (!there || !faint) continue;
        const ends = { from: { x: at.x, y: at.y, slot: slot! }, to: { x: there.x, y: there.y, slot: -1 } };
        lines.push({ ...ends, colour: rgb(colours.rejected), opacity: 0.55 * faint, dash: 4 });
        words.push({ x: there.x, y: there.y, text: cost, colour: colours.rejected, lift: -20 });
      }
    }
    const bright = this.shown.helped ? strength(this.emphasis, "helped") : 0;
    for (const [station, , searched, less] of bright ? this.helped : []) {
      const where = middle(`vehicle/${station}`);
      if (!where) continue;
      rings.push({
        x: where.x,
        y: where.y,
        radius: 4,
        least: 14,
        width: 2.2,
        colour: rgb(colours.helped),
        opacity: bright,
        within: 0.3 * bright,
      });
      words.push({ x: where.x, y: where.y, text: helpedWords(searched, less), colour: colours.helped, lift: 24 });
    }
    this.rings.set(rings);
    this.lines.set(lines);
    this.words = words;
    this.empty = !way && !rings.length;
  }

  resize(width: number, height: number): void {
    this.lines.resize(width, height);
  }

  hide(behind: boolean): void {
    for (const one of [this.ribbon, this.place, this.rings]) one.hide(behind);
  }

  clear(): void {
    this.set(-1, null, null);
    this.helped = [];
    this.seen.clear();
    this.words = [];
    this.ribbon.set(() => {});
    this.rings.set([]);
    this.lines.set([]);
  }

  dispose(): void {
    for (const one of [this.ribbon, this.place, this.rings, this.lines]) one.dispose();
  }
}

/** By how much: less than the mean of those without a unit; where there are none, how long it took. */
export function helpedWords(searched: number, less: number | null): string {
  if (less === null) return `found in ${duration(searched)}`;
  return `${duration(Math.abs(less))} ${less < 0 ? "longer" : "sooner"}`;
}
