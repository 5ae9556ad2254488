/** What applications do at this moment: hazards and who knows of them, requests, advice, tracks, hops. */

import { Group } from "three";
import type { Marks } from "../protocol";
import type { Fleet } from "../fleet";
import type { Ending } from "./air";
import type { Layer } from "./api";
import { Triangles } from "./geometry/mesh";
import { strip } from "./geometry/shapes";
import { type Line, Lines } from "./lines";
import type { Shared, Uniforms } from "./materials";
import { Overlay } from "./overlays";
import { type Ring, Rings } from "./rings";
import { type Emphasis, PLAIN, strength } from "./emphasis";
import { hopColour, MARKS, rgb, type Theme } from "./style";
import { Tracks } from "./tracks";
import { Trails } from "./trails";

/** Of a ring around a vehicle, pixels at least; and from afar. */
const AROUND = 9;
const AROUND_FAR = 4.5;
/** From afar, metres per pixel, who is advised a speed is not told apart. */
const FAR = 2.5;
/** Of the place of a hazard, m and pixels at least. */
const PLACE = 5;
/** How wide a way that leads to a hazard is drawn, m. */
const WAY = 3;

export const NO_MARKS: Marks = { hazards: [], requests: [], advice: [], tracks: [], helped: [], drawings: [] };

export class Doings {
  readonly group = new Group();
  /** As they stand; of each list the last that has come. */
  marks: Marks = NO_MARKS;
  private readonly trails = new Trails();
  private readonly trail: Overlay;
  private followed: number | null = null;
  private drawnPoints = 0;
  private readonly ways: Overlay;
  private readonly rings: Rings;
  private readonly asking: Lines;
  private readonly hops: Lines;
  private readonly tracks: Tracks;
  /** Layers that have had anything so far: their legend stays. */
  readonly seen = new Set<Layer>();
  private far = false;
  private theme: Theme = "light";
  private shown: ReadonlySet<Layer> = new Set();
  private emphasis: Emphasis = PLAIN;

  constructor(
    private readonly shared: Shared,
    motion: Uniforms,
  ) {
    this.ways = new Overlay(shared, 26.5);
    this.trail = new Overlay(shared, 26.6);
    this.rings = new Rings(shared, motion, 29.5);
    this.asking = new Lines(shared, motion, 38);
    this.hops = new Lines(shared, motion, 39);
    this.tracks = new Tracks(shared, 31);
    this.group.add(this.ways.group, this.rings.mesh, this.asking.mesh, this.hops.mesh, this.tracks.mesh);
    this.group.add(this.trail.group);
  }

  /** What has changed at a time [s]. `ending`, `light`: where a station and a light are, or null. */
  take(
    time: number,
    news: Partial<Marks>,
    fleet: Fleet,
    ending: (number: number, isUnit: boolean) => Ending | null,
    light: (number: number) => Ending | null,
  ): void {
    this.marks = { ...this.marks, ...only(news) };
    if (news.tracks) this.tracks.set(time, news.tracks, fleet.originX, fleet.originY);
    for (const layer of ["hazards", "requests", "advice", "hops"] as const)
      if (news[layer]?.length) this.seen.add(layer);
    if (news.hops && this.shown.has("hops")) this.hop(news.hops, ending);
    if (news.hazards) this.lead(fleet);
    this.renew(fleet, light);
  }

  /** A new state has come: where who searches is now. */
  came(fleet: Fleet): void {
    this.trails.take(fleet);
    this.showTrail();
  }

  /** Whose search is drawn: a station, or null. */
  select(station: number | null): void {
    this.followed = station;
    this.drawnPoints = -1;
    this.showTrail();
  }

  restyle(
    theme: Theme,
    shown: ReadonlySet<Layer>,
    fleet: Fleet,
    light: (number: number) => Ending | null,
    emphasis: Emphasis = PLAIN,
  ): void {
    this.theme = theme;
    this.shown = shown;
    this.emphasis = emphasis;
    const colours = MARKS[theme];
    const strong = (key: string) => strength(emphasis, key);
    this.tracks.restyle(rgb(colours.sensed), rgb(colours.both), strong("sensing.alone"), strong("sensing.both"));
    this.ways.restyle(colours.hazard, (theme === "dark" ? 0.4 : 0.35) * strong("hazards.place"), 1.2);
    this.trail.restyle(colours.search, 0.8 * strong("search"), 1.3);
    this.trail.group.visible = shown.has("parks");
    this.ways.group.visible = shown.has("hazards");
    if (!shown.has("hops")) this.hops.clear();
    this.renew(fleet, light);
  }

  /** Before drawing, at the time that is drawn [s]; `metres`: per pixel. */
  update(drawn: number, metres: number, fleet: Fleet): void {
    if (this.far !== metres > FAR) {
      this.far = !this.far;
      this.encircle(fleet);
    }
    this.tracks.update(drawn, this.shown.has("sensing"));
    this.hops.busy(this.shared.uBeat.value);
  }

  resize(width: number, height: number): void {
    this.asking.resize(width, height);
    this.hops.resize(width, height);
  }

  hide(behind: boolean): void {
    this.ways.hide(behind);
    this.trail.hide(behind);
    this.rings.hide(behind);
  }

  /** Time has leapt: what was on its way is void. */
  jumped(): void {
    this.hops.clear();
  }

  clear(): void {
    this.marks = NO_MARKS;
    this.seen.clear();
    this.ways.set(() => {});
    this.trails.clear();
    this.select(null);
    this.rings.set([]);
    this.asking.set([]);
    this.hops.clear();
    this.tracks.set(0, [], 0, 0);
  }

  dispose(): void {
    for (const one of [this.ways, this.trail, this.rings, this.asking, this.hops, this.tracks]) one.dispose();
  }

  private showTrail(): void {
    const trail = this.followed === null ? null : this.trails.get(this.followed);
    const points = trail?.length ?? 0;
    // A trail that is full keeps its length while it moves on.
    const end = points ? trail![points - 2] + trail![points - 1] : 0;
    if (points + end === this.drawnPoints) return;
    this.drawnPoints = points + end;
    if (points > 0) this.seen.add("parks");
    this.trail.set((out) => trail && strip(out, trail, 1.2));
  }

  /** By the slots in which vehicles are now. */
  private renew(fleet: Fleet, light: (number: number) => Ending | null): void {
    this.encircle(fleet);
    this.ask(fleet, light);
  }

  /** The ways that lead to hazards. */
  private lead(fleet: Fleet): void {
    this.ways.set((out: Triangles) => {
      for (const { x, y, ways } of this.marks.hazards)
        for (const way of ways) {
          const shape = [x, y, ...way].map((value, i) => value - (i % 2 === 0 ? fleet.originX : fleet.originY));
          strip(out, shape, WAY);
        }
    });
  }

  /** Rings: places of hazards, and who was told what. */
  private encircle(fleet: Fleet): void {
    const { shown, marks } = this;
    const colours = MARKS[this.theme];
    const rings: Ring[] = [];
    const strong = (key: string) => strength(this.emphasis, key);
    const place = strong("hazards.place");
    if (shown.has("hazards") && place)
      for (const { x, y, radius } of marks.hazards)
        rings.push({
          x: x - fleet.originX,
          y: y - fleet.originY,
          radius: radius ?? PLACE,
          least: PLACE,
          width: 1.6,
          colour: rgb(colours.hazard),
          opacity: 0.9 * place,
          within: (radius === null ? 0.35 : 0.08) * place,
        });
    const around = (key: string, station: number, colour: string, wider: number, opacity = 0.9, within = 0) => {
      const slot = fleet.slots.get(station);
      const strong = strength(this.emphasis, key);
      if (slot === undefined || !strong) return;
      const { length } = fleet.type(station);
      rings.push({
        x: 0,
        y: 0,
        slot,
        back: length / 2,
        radius: length / 2 + 0.8 + wider * 0.5,
        least: this.far ? AROUND_FAR : AROUND + wider * 2.5,
        width: this.far ? 1.4 : 2,
        colour: rgb(colour),
        opacity: opacity * strong,
        within: within * strong,
      });
    };
    if (shown.has("requests"))
      for (const { vehicle, status } of marks.requests)
        around(requestKey(status), Number(vehicle.slice(8)), colours.request, 2);
    if (shown.has("hazards")) {
      const acting = new Set(marks.hazards.flatMap((one) => one.acting));
      for (const station of acting) around("hazards.acting", station, colours.hazard, 0, 1, 0.45);
      for (const station of new Set(marks.hazards.flatMap((one) => one.warned)))
        if (!acting.has(station)) around("hazards.warned", station, colours.hazard, 0, 0.6);
    }
    if (shown.has("advice") && !this.far)
      for (const [station] of marks.advice) around("advice", station, colours.advice, 1);
    this.rings.set(rings);
  }

  /** Lines from who asks to the light that is asked. */
  private ask(fleet: Fleet, light: (number: number) => Ending | null): void {
    const lines: Line[] = [];
    if (this.shown.has("requests"))
      for (const one of this.marks.requests) {
        const to = light(Number(one.light.slice(6)));
        const slot = fleet.slots.get(Number(one.vehicle.slice(8)));
        if (!to || slot === undefined) continue;
        const granted = one.status === "granted";
        const colour = rgb(MARKS[this.theme].request);
        const opacity = 0.85 * strength(this.emphasis, requestKey(one.status));
        if (opacity) lines.push({ from: { x: 0, y: 0, slot }, to, colour, opacity, dash: granted ? 0 : 5 });
      }
    this.asking.set(lines);
  }

  private hop(steps: NonNullable<Marks["hops"]>, ending: (number: number, isUnit: boolean) => Ending | null): void {
    const lines: Line[] = [];
    const opacity = 0.9 * strength(this.emphasis, "hops");
    for (const [hop, fromUnit, from, byUnit, by] of steps) {
      const a = ending(from, fromUnit === 1);
      const b = ending(by, byUnit === 1);
      if (a && b) lines.push({ from: a, to: b, colour: rgb(hopColour(this.theme, hop)), opacity });
    }
    this.hops.add(lines, this.shared.uBeat.value);
  }
}

const requestKey = (status: string) => (status === "granted" ? "requests.granted" : "requests.asked");

/** Without hops, which are of a moment. */
function only({ hazards, requests, advice, tracks, helped, drawings }: Partial<Marks>): Partial<Marks> {
  return {
    ...(hazards && { hazards }),
    ...(requests && { requests }),
    ...(advice && { advice }),
    ...(tracks && { tracks }),
    ...(helped && { helped }),
    ...(drawings && { drawings }),
  };
}
