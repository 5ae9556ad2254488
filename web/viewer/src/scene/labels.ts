/** Words and badges on a 2D canvas above the city: street names, car parks, charging sites, units. What would overlap
 * something more important is left out. */

import type { PerspectiveCamera } from "three";
import type { Marks, ParkRow, Ref, SiteRow, UnitRow, World } from "../protocol";
import { words } from "../format";
import { project, type Size } from "./camera";
import type { MapWords } from "./help";
import { type Landmark, landmarks } from "./landmarks";
import type { Atlas } from "./overlays";
import { streetNames, type StreetName } from "./streets";
import { fillColour, MARKS, SITE, type Style, type Theme, UNIT } from "./style";
import { bolt, mast, pill, plain, sign, type Pen } from "./badges";

const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif';

export interface Shown {
  parks: boolean;
  sites: boolean;
  units: boolean;
  hazards: boolean;
  requests: boolean;
  labels: boolean;
}

interface Badge {
  /** Null: nothing that could be opened. */
  ref: Ref | null;
  x: number;
  y: number;
  /** The larger goes first. */
  weight: number;
  draw: "park" | "site" | "unit" | "hazard" | "request";
  number: number;
  /** Of what applications do. */
  main?: string;
  name?: string;
  /** Pixels by which it is drawn higher, off what stands there. */
  lift?: number;
}

interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

const LANDMARK = `italic 500 12px ${FONT}`;
/** Landmarks are named below this scale, metres per pixel. */
const LANDMARKS = 2.4;
/** How often it is decided anew what is shown while the camera moves, s. */
const ANEW = 0.18;

export class Labels {
  readonly canvas = document.createElement("canvas");
  readonly parks = new Map<number, ParkRow>();
  readonly sites = new Map<number, SiteRow>();
  readonly units = new Map<number, UnitRow>();
  selected: Ref | null = null;
  /** Drawn over all else. */
  notes: readonly MapWords[] = [];
  /** What is pointed at in the legend; all else steps back. */
  lit: string | null = null;
  dirty = true;
  private readonly pen: Pen;
  private size: Size = { width: 1, height: 1 };
  private world: World | null = null;
  private badges: Badge[] = [];
  /** Of what applications do. */
  private marks: Badge[] = [];
  private streets: StreetName[] = [];
  private widths = new Map<string, number>();
  private shownBadges: Badge[] = [];
  private shownStreets: StreetName[] = [];
  private landmarks: Landmark[] = [];
  private shownLandmarks: Landmark[] = [];
  private hits: { box: Box; ref: Ref }[] = [];
  private decided = -Infinity;

  constructor() {
    this.canvas.style.cssText = "position:absolute;inset:0;pointer-events:none";
    this.canvas.setAttribute("aria-hidden", "true");
    const context = this.canvas.getContext("2d");
    if (!context) throw new Error("no 2D canvas");
    this.pen = context;
  }

  setWorld(world: World, atlas: Atlas): void {
    this.world = world;
    this.parks.clear();
    this.sites.clear();
    this.units.clear();
    const badge = (draw: "park" | "site" | "unit", number: number, x: number, y: number, weight: number) =>
      this.badges.push({ ref: `${draw}/${number}`, draw, number, x: x - atlas.originX, y: y - atlas.originY, weight });
    this.badges = [];
    world.sites.forEach((one, i) => badge("site", i, one.x, one.y, 2000 + (one.limit_w ?? 0) / 1e3));
    world.parks.forEach((one, i) => badge("park", i, one.x, one.y, 1000 + one.capacity));
    world.units.forEach((one, i) => badge("unit", i, one.x, one.y, 500));
    this.badges.sort((a, b) => b.weight - a.weight);
    this.marks = [];
    this.streets = streetNames(world, atlas);
    this.landmarks = landmarks(world, atlas);
    this.dirty = true;
  }

  /** What applications do now. `light`: where a light is. */
  mark(marks: Marks, light: (number: number) => { x: number; y: number } | null, origin: [number, number]): void {
    const had = this.marks.length;
    this.marks = marks.hazards.map(({ cause, x, y, count }, number) => ({
      ref: null,
      draw: "hazard",
      number,
      x: x - origin[0],
      y: y - origin[1],
      weight: 0,
      main: `${count}`,
      name: words(cause),
    }));
    for (const [number, asked] of asking(marks)) {
      const at = light(number);
      if (!at) continue;
      const granted = asked.filter((one) => one.status === "granted").length;
      this.marks.push({
        ref: `light/${number}`,
        draw: "request",
        number,
        x: at.x,
        y: at.y,
        weight: 0,
        lift: 30,
        main: granted ? "granted" : `${asked.length}`,
        name: [...new Set(asked.map((one) => words(one.role)))].join(", "),
      });
    }
    this.dirty ||= had > 0 || this.marks.length > 0;
  }

  /** `scale`: CSS pixels in a pixel of the scene. */
  resize(size: Size, scale: number): void {
    this.size = size;
    const ratio = Math.min((window.devicePixelRatio || 1) * scale, 2);
    this.canvas.width = Math.round(size.width * ratio);
    this.canvas.height = Math.round(size.height * ratio);
    this.canvas.style.width = `${size.width * scale}px`;
    this.canvas.style.height = `${size.height * scale}px`;
    this.pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.dirty = true;
  }

  /** The badge at a point. */
  at(left: number, top: number): Ref | null {
    for (const { box, ref } of this.hits)
      if (left >= box.left && left <= box.right && top >= box.top && top <= box.bottom) return ref;
    return null;
  }

  /** `metres`: per pixel in the middle. `rests`: the camera does, so decide anew what is shown. */
  draw(
    camera: PerspectiveCamera,
    metres: number,
    theme: Theme,
    style: Style,
    shown: Shown,
    rests: boolean,
    now: number,
  ): void {
    const { pen, size } = this;
    pen.clearRect(0, 0, size.width, size.height);
    this.hits = [];
    this.dirty = false;
    if (!this.world) return;
    if (rests || now - this.decided > ANEW) {
      this.decide(camera, metres, shown);
      this.decided = now;
    }
    if (shown.labels) {
      for (const one of this.shownStreets) this.street(camera, one, metres, style);
      for (const one of this.shownLandmarks) {
        const at = this.onScreen(camera, one.x, one.y, 0);
        if (at) this.haloed(one.text, at[0], at[1], LANDMARK, style.faint, style.halo);
      }
    }
    for (let i = this.shownBadges.length - 1; i >= 0; i--)
      this.badge(camera, this.shownBadges[i], metres, theme, style, shown);
    this.hits.reverse();
    const said = this.say(camera, style);
    // A layer of the whole picture costs the browser something even where it is empty.
    this.canvas.hidden =
      !said && this.hits.length === 0 && (!shown.labels || this.shownStreets.length + this.shownLandmarks.length === 0);
  }

  private decide(camera: PerspectiveCamera, metres: number, shown: Shown): void {
    const taken: Box[] = [];
    const { width, height } = this.size;
    const whole = (box: Box) => box.left >= 0 && box.top >= 0 && box.right <= width && box.bottom <= height;
    const free = (box: Box) =>
      !taken.some((b) => box.left < b.right && box.right > b.left && box.top < b.bottom && box.bottom > b.top);
    const wanted = [...this.marks, ...this.badges].filter(
      (one) => shown[`${one.draw}s`] && (one.draw !== "unit" || metres < 12),
    );
    const first = wanted.find((one) => one.ref !== null && one.ref === this.selected);
    this.shownBadges = [];
    for (const one of first ? [first, ...wanted.filter((other) => other !== first)] : wanted) {
      const at = this.place(camera, one);
      if (!at) continue;
      const box = this.around(at, this.extent(one, metres, shown));
      if (!(whole(box) && free(box)) && one !== first) continue;
      taken.push(box);
      this.shownBadges.push(one);
    }
    this.shownStreets = [];
    this.shownLandmarks = [];
    if (!shown.labels || metres > 3) return;
    const words: { text: string; at: [number, number] }[] = [];
    for (const one of metres < LANDMARKS ? this.landmarks : []) {
      const at = this.onScreen(camera, one.x, one.y, 0);
      const box = at && this.around(at, [this.width(one.text, LANDMARK) + 8, 16]);
      // Not a word that is wider than what it stands for.
      if (!box || !whole(box) || !free(box) || Math.sqrt(one.size) / metres < 24) continue;
      if (words.some((other) => other.text === one.text && Math.hypot(other.at[0] - at[0], other.at[1] - at[1]) < 200))
        continue;
      words.push({ text: one.text, at });
      taken.push(box);
      this.shownLandmarks.push(one);
    }
    const named: { text: string; at: [number, number] }[] = [];
    for (const one of this.streets) {
      const at = this.onScreen(camera, one.x, one.y, 0);
      if (!at) continue;
      const width = this.width(one.text, this.streetFont(metres));
      if (one.length / metres < width + 16) continue;
      if (named.some((other) => other.text === one.text && Math.hypot(other.at[0] - at[0], other.at[1] - at[1]) < 340))
        continue;
      const ahead = project(camera, this.size, one.x + one.dx, one.y + one.dy);
      if (!ahead) continue;
      const [ex, ey] = [ahead[0] - at[0], ahead[1] - at[1]];
      const length = Math.hypot(ex, ey) || 1;
      if (length * one.length < width + 12) continue;
      const [w, h] = [(Math.abs(ex / length) * width) / 2 + 7, (Math.abs(ey / length) * width) / 2 + 7];
      const box = { left: at[0] - w, top: at[1] - h, right: at[0] + w, bottom: at[1] + h };
      if (!whole(box) || !free(box)) continue;
      taken.push(box);
      named.push({ text: one.text, at });
      this.shownStreets.push(one);
      if (named.length > 70) break;
    }
  }

  private onScreen(camera: PerspectiveCamera, x: number, y: number, margin: number): [number, number] | null {
    const at = project(camera, this.size, x, y);
    if (!at) return null;
    const [left, top] = at;
    const { width, height } = this.size;
    return left < -margin || top < -margin || left > width + margin || top > height + margin ? null : at;
  }

  private place(camera: PerspectiveCamera, { x, y, lift = 0 }: Badge): [number, number] | null {
    const at = this.onScreen(camera, x, y, 60);
    return at && [at[0], at[1] - lift];
  }

  private around(at: [number, number], [width, height]: [number, number]): Box {
    return {
      left: at[0] - width / 2 - 2,
      top: at[1] - height / 2 - 2,
      right: at[0] + width / 2 + 2,
      bottom: at[1] + height / 2 + 2,
    };
  }

  /** How a badge is shown at this scale: a dot, a badge with a number, with its name. */
  private level(one: Badge, metres: number, shown: Shown): 0 | 1 | 2 {
    if (one.ref !== null && one.ref === this.selected) return 2;
    if (one.main !== undefined) return metres > 2.2 ? 0 : metres > 0.9 ? 1 : 2;
    const [numbers, names] = one.draw === "site" ? [3.2, 0.8] : one.draw === "park" ? [2.2, 0.55] : [1.1, 0.5];
    return !shown.labels || metres > numbers ? 0 : metres > names ? 1 : 2;
  }

  private words(one: Badge, level: 0 | 1 | 2): { main: string; name: string } {
    if (one.main !== undefined) return { main: one.main, name: level === 2 ? (one.name ?? "") : "" };
    const world = this.world!;
    if (one.draw === "park") {
      const park = world.parks[one.number];
      const [, occupied = 0, reserved = 0] = this.parks.get(one.number) ?? [];
      const free = Math.max(0, park.capacity - occupied - reserved);
      return { main: `${free}`, name: level === 2 ? park.name || park.id : "" };
    }
    if (one.draw === "site") {
      const site = world.sites[one.number];
      const [, , , queue = 0, power = 0] = this.sites.get(one.number) ?? [];
      const limit = site.limit_w === null ? "" : ` / ${Math.round(site.limit_w / 1000)}`;
      return {
        main: `${Math.round(power / 1000)}${level === 2 ? limit : ""} kW${queue > 0 ? ` +${queue}` : ""}`,
        name: level === 2 ? site.id : "",
      };
    }
    return { main: "", name: level === 2 ? world.units[one.number].id : "" };
  }

  private extent(one: Badge, metres: number, shown: Shown): [number, number] {
    const level = this.level(one, metres, shown);
    if (level === 0) return one.draw === "unit" ? [7, 7] : [9, 9];
    const { main, name } = this.words(one, level);
    const width = 22 + (main ? this.width(main, `600 11px ${FONT}`) + 8 : 0);
    return [Math.max(width, name ? this.width(name, `11px ${FONT}`) : 0), name ? 34 : 19];
  }

  private badge(camera: PerspectiveCamera, one: Badge, metres: number, theme: Theme, style: Style, shown: Shown): void {
    const at = this.place(camera, one);
    if (!at || !shown[`${one.draw}s`]) return;
    const level = this.level(one, metres, shown);
    const [left, top] = at;
    const { pen } = this;
    pen.globalAlpha = this.lit !== null && this.lit !== `place.${one.draw}` ? 0.25 : 1;
    const world = this.world!;
    const on = one.draw === "unit" ? (this.units.get(one.number)?.[1] ?? 1) === 1 : true;
    let share = 0;
    let colour = style.faint;
    if (one.draw === "park") {
      const [, occupied = 0, reserved = 0] = this.parks.get(one.number) ?? [];
      share = (occupied + reserved) / Math.max(1, world.parks[one.number].capacity);
      colour = fillColour(theme, share);
    } else if (one.draw === "site") {
      const site = world.sites[one.number];
      const most = site.limit_w ?? site.groups.reduce((sum, group) => sum + group.piles * group.power_w, 0);
      share = (this.sites.get(one.number)?.[4] ?? 0) / Math.max(1, most);
      colour = SITE[theme];
    } else if (one.draw === "hazard" || one.draw === "request") colour = MARKS[theme][one.draw];
    else colour = on ? UNIT[theme] : style.faint;
    if (level === 0) {
      if (one.draw === "hazard" || one.draw === "request") sign(pen, one.draw, left, top, colour, style.plate);
      else plain(pen, one.draw, left, top, colour, style, share, on);
      if (one.ref) this.hits.push({ box: this.around(at, [12, 12]), ref: one.ref });
      return;
    }
    const { main, name } = this.words(one, level);
    pen.font = `600 11px ${FONT}`;
    const width = 22 + (main ? this.width(main, pen.font) + 8 : 0);
    const y = name ? top - 7 : top;
    const chosen = one.ref !== null && one.ref === this.selected;
    if (one.draw === "unit") mast(pen, left, y, colour, style, on);
    else pill(pen, left - width / 2, y - 9, width, 18, colour, style, share, chosen);
    if (one.draw === "park") {
      pen.fillStyle = "#ffffff";
      pen.textAlign = "center";
      pen.textBaseline = "middle";
      pen.font = `700 11px ${FONT}`;
      pen.fillText("P", left - width / 2 + 10, y + 0.5);
    } else if (one.draw === "site") bolt(pen, left - width / 2 + 10, y);
    else if (one.draw !== "unit") sign(pen, one.draw, left - width / 2 + 9.5, y, "#ffffff", colour);
    if (main) {
      pen.font = `600 11px ${FONT}`;
      pen.textAlign = "left";
      pen.textBaseline = "middle";
      pen.fillStyle = style.text;
      pen.fillText(main, left - width / 2 + 24, y + 0.5);
    }
    if (name) this.haloed(name, left, y + 18, `11px ${FONT}`, on ? style.text : style.faint, style.halo);
    if (one.ref) this.hits.push({ box: this.around(at, this.extent(one, metres, shown)), ref: one.ref });
  }

  /** Words beside what they tell of; whether there are any in sight. */
  private say(camera: PerspectiveCamera, style: Style): boolean {
    let said = false;
    this.pen.globalAlpha = 1;
    for (const { x, y, text, colour, lift } of this.notes) {
      const at = this.onScreen(camera, x, y, 40);
      if (!at) continue;
      this.haloed(text, at[0], at[1] - lift, `600 11px ${FONT}`, colour, style.halo);
      said = true;
    }
    return said;
  }

  private street(camera: PerspectiveCamera, one: StreetName, metres: number, style: Style): void {
    const at = this.onScreen(camera, one.x, one.y, 0);
    const ahead = at && project(camera, this.size, one.x + one.dx * 4, one.y + one.dy * 4);
    if (!at || !ahead) return;
    let angle = Math.atan2(ahead[1] - at[1], ahead[0] - at[0]);
    if (angle > Math.PI / 2) angle -= Math.PI;
    else if (angle < -Math.PI / 2) angle += Math.PI;
    const { pen } = this;
    pen.save();
    pen.translate(at[0], at[1]);
    pen.rotate(angle);
    this.haloed(one.text, 0, 0.5, this.streetFont(metres), style.text, style.halo);
    pen.restore();
  }

  private streetFont(metres: number): string {
    return `500 ${metres < 0.5 ? 13 : metres < 1.4 ? 12 : 11}px ${FONT}`;
  }

  private haloed(text: string, left: number, top: number, font: string, colour: string, halo: string): void {
    const { pen } = this;
    pen.font = font;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.lineJoin = "round";
    pen.lineWidth = 3.5;
    pen.strokeStyle = halo;
    pen.globalAlpha = 0.85;
    pen.strokeText(text, left, top);
    pen.globalAlpha = 1;
    pen.fillStyle = colour;
    pen.fillText(text, left, top);
  }

  private width(text: string, font: string): number {
    const key = `${font} ${text}`;
    let width = this.widths.get(key);
    if (width === undefined) {
      this.pen.font = font;
      width = this.pen.measureText(text).width;
      if (this.widths.size > 5000) this.widths.clear();
      this.widths.set(key, width);
    }
    return width;
  }
}

/** Requests by the number of the light that is asked. */
function asking(marks: Marks): Map<number, Marks["requests"]> {
  const found = new Map<number, Marks["requests"]>();
  for (const one of marks.requests) {
    const light = Number(one.light.slice(6));
    found.set(light, [...(found.get(light) ?? []), one]);
  }
  return found;
}
