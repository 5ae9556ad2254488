/** The scene behind api.ts: what comes is kept, and drawn when there is something to be drawn. */

import { PerspectiveCamera } from "three";
import { atRest, lag } from "../clock";
import { DEFAULT_LAYERS } from "../link";
import type { Marks as MarkNews, ParkRow, Ref, SiteRow, UnitRow, VehicleRow, VehicleTypeRow, World } from "../protocol";
import { Air, type Ending, type Hearing } from "./air";
import type { ColourBy, Layer, Legend, LossLegend, MarkLegend, Scene, SceneStats, View } from "./api";
import { aim, metresPerPixel, project, same, type Size, unproject } from "./camera";
import { Cameraman } from "./cameraman";
import { City } from "./city";
import { Controls } from "./controls";
import { Doings } from "./doings";
import { Drawings } from "./drawings";
import { type Emphasis, PLAIN } from "./emphasis";
import { Feed } from "./feed";
import { hearing } from "./hearing";
import { type Help, HelpDrawn, type MapWords } from "./help";
import { Labels } from "./labels";
import { Meter } from "./meter";
import { isSoftware, LOST_CONTEXT, NO_WEBGL, Painter, rendererName } from "./painter";
import { pick } from "./pick";
import { Marks } from "./marks";
import { legend, losses, marks, messageColour, shapeOf, STYLES, type Theme } from "./style";
import { type LightAhead, Tag } from "./tag";
import { motionUniforms, Vehicles } from "./vehicles";

/** Numbers on badges follow what comes after this, s: rewriting them costs more than drawing a frame. */
const NUMBERS = 0.4;

const PERSON = shapeOf("pedestrian");

const wall = () => performance.now() / 1000;

function parse(ref: Ref): [string, number] {
  const [kind, number] = ref.split("/");
  return [kind, Number(number)];
}

export function createScene(host: HTMLElement): Scene {
  return new LiveScene(host);
}

class LiveScene implements Scene {
  onPick: Scene["onPick"] = () => {};
  onHover: Scene["onHover"] = () => {};
  onView: Scene["onView"] = () => {};
  onFollow: Scene["onFollow"] = () => {};
  onLook: Scene["onLook"] = () => {};
  onTrouble: Scene["onTrouble"] = () => {};

  private readonly painter: Painter | null;
  /** Where nothing can be drawn, places can still be asked for. */
  private readonly spare = new PerspectiveCamera();
  private readonly labels = new Labels();
  private readonly cameraman = new Cameraman();
  private readonly controls: Controls;
  private readonly watcher: ResizeObserver;
  private readonly motion = motionUniforms();
  private readonly feed = new Feed(
    {
      packets: (frame) => this.air?.take(frame, this.hearing(), this.painter?.shared.uBeat.value ?? 0),
      touched: (data) => this.vehicles?.touched(data),
      jumped: () => {
        this.air?.clear();
        this.doings?.jumped();
      },
      charged: () => this.colourBy === "charge" && this.renew(),
      came: () => {
        // A slot may have passed to somebody else.
        if (this.selected?.startsWith("vehicle/") || this.hovered?.startsWith("vehicle/")) this.showRings();
        this.doings?.came(this.feed.fleet);
        this.showHelp();
        this.renew();
      },
    },
    () => this.painter !== null,
  );
  private readonly vehicles: Vehicles | null = null;
  private readonly air: Air | null = null;
  private readonly marked: Marks | null = null;
  private readonly doings: Doings | null = null;
  private readonly helping: HelpDrawn | null = null;
  private readonly drawings: Drawings | null = null;
  private emphasis: Emphasis = PLAIN;
  private readonly tag = new Tag();
  private tagged: Ref | null = null;
  private world: World | null = null;
  private city: City | null = null;
  private origin: [number, number] = [0, 0];
  /** In pixels of the scene, of which each is `scale` CSS pixels wide. */
  private size: Size = { width: 1, height: 1 };
  private scale = 1;
  private drawnAt = 1;
  private theme: Theme = "light";
  private colourBy: ColourBy = "kind";
  private readonly layers = new Set<Layer>(DEFAULT_LAYERS);
  private kinds: ReadonlySet<number> | null = null;
  private closed: readonly number[] = [];
  private reduced = false;
  private selected: Ref | null = null;
  private hovered: Ref | null = null;
  private followed: Ref | null = null;
  private pointer: [number, number] | null = null;
  private request = 0;
  private last = 0;
  private drewLast = false;
  private dirty = true;
  private restyled = false;
  private viewTold = true;
  /** The view that was drawn last. */
  private looked: View | null = null;
  private hoverDue = 0;
  private labelsDue = 0;
  private readonly meter = new Meter();

  constructor(private readonly host: HTMLElement) {
    if (getComputedStyle(host).position === "static") host.style.position = "relative";
    host.style.overflow = "hidden";
    this.painter = this.begin();
    // Not before who made the scene has had time to listen.
    if (!this.painter) setTimeout(() => this.onTrouble(NO_WEBGL));
    if (this.painter) {
      const { shared, moving } = this.painter;
      this.vehicles = new Vehicles(shared, this.motion);
      this.air = new Air(shared, this.motion);
      this.marked = new Marks(shared, this.motion);
      this.doings = new Doings(shared, this.motion);
      this.helping = new HelpDrawn(shared, this.motion);
      this.drawings = new Drawings(shared, this.motion);
      moving.add(this.marked.group, this.vehicles.mesh, this.air.group, this.doings.group);
      moving.add(this.helping.group, this.drawings.group);
      this.painter.canvas.style.cssText = "position:absolute;inset:0;display:block";
      host.append(this.painter.canvas);
    }
    host.append(this.labels.canvas, this.tag.element);
    this.controls = new Controls(host, {
      drag: (from, to) => {
        this.letGo();
        this.cameraman.drag(from, to, wall());
        this.wake();
      },
      zoom: (factor, about) => {
        this.cameraman.zoom(factor, this.followed ? null : about, wall(), true);
        this.wake();
      },
      turn: (bearing, tilt) => {
        this.cameraman.turn(bearing, tilt, wall());
        this.wake();
      },
      click: (at) => this.onPick(this.under(...at)),
      hover: (at) => {
        this.pointer = at;
        if (at) this.wake();
        else this.hover(null);
      },
      grab: (held) => {
        this.cameraman.grab(held, wall());
        this.wake();
      },
    });
    this.watcher = new ResizeObserver(() => this.resize());
    this.watcher.observe(host);
    this.resize();
  }

  setWorld(world: World): void {
    this.city?.dispose();
    this.world = world;
    const [x0, y0, x1, y1] = world.bounds;
    this.origin = [(x0 + x1) / 2, (y0 + y1) / 2];
    const [ox, oy] = this.origin;
    this.feed.reset(world, ox, oy);
    this.closed = [];
    this.air?.clear();
    this.doings?.clear();
    this.helping?.clear();
    this.drawings?.clear();
    this.setLightAhead(null, null);
    this.city = this.painter ? new City(world, this.painter, ox, oy) : null;
    if (this.city) this.labels.setWorld(world, this.city.atlas);
    this.cameraman.setBounds([x0 - ox, y0 - oy, x1 - ox, y1 - oy]);
    this.letGo();
    this.select(null);
    this.hover(null);
    this.restyle();
    this.viewTold = false;
  }

  takeFrame(bytes: ArrayBuffer): number | null {
    return this.feed.take(bytes, wall());
  }

  showAt(time: number | null): void {
    this.feed.showAt(time);
    this.wake();
  }

  takeRecorded(bytes: ArrayBuffer, shown: boolean): void {
    this.feed.takeRecorded(bytes, shown);
  }

  takeNames(vehicles: VehicleRow[], types: VehicleTypeRow[]): void {
    this.feed.fleet.takeNames(vehicles, types);
    this.wake();
  }

  takeLights(time: number, states: Record<string, string>): void {
    this.feed.later(time, () => {
      for (const [light, state] of Object.entries(states)) this.city?.signals.set(Number(light), state);
      this.wake();
    });
  }

  takePlaces(parks: ParkRow[], sites: SiteRow[], units: UnitRow[], closed: number[] | undefined): void {
    for (const row of parks) this.labels.parks.set(row[0], row);
    for (const row of sites) this.labels.sites.set(row[0], row);
    for (const row of units) this.labels.units.set(row[0], row);
    if (closed && closed.join() !== this.closed.join()) {
      this.closed = [...closed];
      this.city?.showClosed(this.closed);
    }
    if (units.length > 0) {
      this.showRanges();
      this.city?.showOff([...this.labels.units.values()].flatMap(([unit, on]) => (on ? [] : [unit])));
    }
    this.labelsDue ||= wall() + NUMBERS;
    this.wake();
  }

  takeMarks(time: number, news: Partial<MarkNews>): void {
    this.feed.later(time, () => {
      this.doings?.take(time, news, this.feed.fleet, this.ending(), (light) => this.lightEnding(light));
      if (news.helped) this.helping?.takeHelped(news.helped);
      if (news.drawings) this.drawings?.take(news.drawings, this.origin);
      if (news.helped || news.drawings) this.showHelp();
      if (this.doings) this.labels.mark(this.doings.marks, (light) => this.lightEnding(light), this.origin);
      this.wake();
    });
  }

  setLightAhead(of: Ref | null, light: LightAhead | null): void {
    this.tagged = of;
    this.tag.light = light;
    this.wake();
  }

  setHelp(of: Ref | null, help: Help | null): void {
    this.helping?.set(of && help ? parse(of)[1] : -1, help, this.city?.atlas ?? null);
    this.showHelp();
    this.wake();
  }

  setEmphasis(emphasis: Emphasis): void {
    this.emphasis = emphasis;
    this.labels.lit = emphasis.lit;
    this.restyle();
  }

  /** Ribbons, rings and words of help, and of what is drawn. */
  private showHelp(): void {
    if (!this.helping || !this.drawings) return;
    this.helping.renew(this.feed.fleet, (ref) => this.middle(ref));
    const notes = [...this.helping.words, ...this.drawings.words];
    const same = (one: MapWords, place: number) => {
      const before = this.labels.notes[place];
      return (
        before && one.x === before.x && one.y === before.y && one.text === before.text && one.colour === before.colour
      );
    };
    if (notes.length !== this.labels.notes.length || !notes.every(same)) {
      this.labels.notes = notes;
      this.labels.dirty = true;
    }
    this.dirty = true;
  }

  setRunning(state: "running" | "paused" | "stopped", speed: number | null): void {
    this.feed.setRunning(state, speed, wall());
    this.wake();
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    this.restyle();
  }

  setColourBy(what: ColourBy): void {
    this.colourBy = what;
    this.restyle();
  }

  legend(what: ColourBy): Legend {
    const there = new Set<number>();
    for (const [station] of this.feed.fleet.slots) there.add(shapeOf(this.feed.fleet.type(station).kind));
    return legend(this.theme, what, there.size > 0 ? there : undefined);
  }

  losses(): LossLegend[] {
    return losses(this.theme);
  }

  marks(): MarkLegend[] {
    const sensed = this.world?.units.some((unit) => unit.sensor) ?? false;
    const seen = new Set<Layer>([...(this.doings?.seen ?? []), ...(this.helping?.seen ?? [])]);
    if (sensed) seen.add("sensing");
    const all = [...marks(this.theme).filter(({ layer }) => seen.has(layer)), ...(this.drawings?.legend() ?? [])];
    return all.filter(({ layer }) => this.layers.has(layer));
  }

  messageColour(kind: number): string {
    return messageColour(this.theme, this.world?.kinds[kind] ?? "");
  }

  setLayer(layer: Layer, on: boolean): void {
    if (on) this.layers.add(layer);
    else this.layers.delete(layer);
    this.restyle();
  }

  setKinds(kinds: ReadonlySet<number>): void {
    this.kinds = new Set(kinds);
  }

  setReducedMotion(reduced: boolean): void {
    this.reduced = this.cameraman.reduced = this.controls.reduced = reduced;
    this.restyle();
  }

  setScale(scale: number): void {
    this.scale = this.controls.scale = scale;
    this.resize();
  }

  view(): View {
    const { x, y, ...rest } = this.cameraman.target();
    return { ...rest, x: x + this.origin[0], y: y + this.origin[1] };
  }

  /** Where the camera is now, on its way or not. */
  private drawnFrom(): View {
    const { x, y, ...rest } = this.cameraman.view;
    return { ...rest, x: x + this.origin[0], y: y + this.origin[1] };
  }

  setView(view: Partial<View>, atOnce = false): void {
    const to = { ...view };
    if (to.x !== undefined) to.x -= this.origin[0];
    if (to.y !== undefined) to.y -= this.origin[1];
    if (to.x !== undefined || to.y !== undefined) this.letGo();
    this.controls.stop();
    this.cameraman.go(to, wall(), atOnce);
    this.wake();
  }

  fit(atOnce = false): void {
    const { x, y, ...rest } = this.cameraman.fitted();
    this.setView({ ...rest, x: x + this.origin[0], y: y + this.origin[1] }, atOnce);
  }

  keepTime(time: () => number): void {
    this.feed.beside = time;
  }

  lookAs(view: View): void {
    this.setView(view, true);
    if (!this.request) return;
    cancelAnimationFrame(this.request);
    this.frame();
  }

  clip(from: number, to: number): void {
    this.painter?.clip(from, to);
    this.renew();
  }

  zoom(factor: number): void {
    this.cameraman.zoom(factor, null, wall(), true);
    this.wake();
  }

  pan(right: number, up: number): void {
    this.letGo();
    const { width, height } = this.size;
    const at = unproject(this.camera(), this.size, width / 2 + right, height / 2 - up);
    if (at) this.setView({ x: at[0] + this.origin[0], y: at[1] + this.origin[1] });
  }

  follow(ref: Ref | null): void {
    if (ref === this.followed) return;
    this.followed = ref?.startsWith("vehicle/") ? ref : null;
    this.cameraman.follow();
    this.onFollow(this.followed);
    this.wake();
  }

  following(): Ref | null {
    return this.followed;
  }

  select(ref: Ref | null): void {
    this.selected = this.labels.selected = ref;
    this.doings?.select(ref?.startsWith("vehicle/") ? parse(ref)[1] : null);
    if (this.city) this.city.showOutline(this.city.outline, ref);
    this.showRings();
    this.showRanges();
    this.labels.dirty = true;
    this.wake();
  }

  locate(ref: Ref): { x: number; y: number } | null {
    const at = this.middle(ref);
    return at && { x: at.x + this.origin[0], y: at.y + this.origin[1] };
  }

  project(x: number, y: number): { left: number; top: number } {
    const [left, top] = project(this.camera(), this.size, x - this.origin[0], y - this.origin[1]) ?? [NaN, NaN];
    return { left: left * this.scale, top: top * this.scale };
  }

  unproject(left: number, top: number): { x: number; y: number } | null {
    const at = unproject(this.camera(), this.size, left / this.scale, top / this.scale);
    return at && { x: at[0] + this.origin[0], y: at[1] + this.origin[1] };
  }

  pick(left: number, top: number): Ref | null {
    return this.under(left / this.scale, top / this.scale);
  }

  private under(left: number, top: number): Ref | null {
    const ground = unproject(this.camera(), this.size, left, top);
    if (!ground || !this.city) return null;
    const metres = metresPerPixel(this.cameraman.view, this.size);
    const { fleet } = this.feed;
    const shown = (station: number) => this.layers.has("persons") || shapeOf(fleet.type(station).kind) !== PERSON;
    return pick(this.feed, this.city.places, ground, metres, () => this.labels.at(left, top), shown);
  }

  stations(): number[] {
    return this.feed.stations();
  }

  vehicle(station: number): ReturnType<Scene["vehicle"]> {
    return this.feed.vehicle(station);
  }

  stats(): SceneStats {
    return {
      framesPerSecond: this.meter.perSecond(wall()),
      workMs: this.meter.workMs,
      time: this.feed.clock.drawn,
      lag: this.feed.replays ? 0 : lag(this.feed.clock),
      stalled: this.feed.clock.stalled,
      software: this.painter?.software ?? true,
      vehicles: this.feed.fleet.slots.size,
    };
  }

  destroy(): void {
    cancelAnimationFrame(this.request);
    this.watcher.disconnect();
    this.controls.dispose();
    this.city?.dispose();
    const { helping, drawings } = this;
    for (const one of [this.vehicles, this.air, this.marked, this.doings, helping, drawings, this.painter])
      one?.dispose();
    this.labels.canvas.remove();
    this.tag.element.remove();
  }

  private begin(): Painter | null {
    const name = rendererName();
    if (name === null) return null;
    try {
      return new Painter(isSoftware(name), (lost) => {
        this.vehicles?.forget();
        this.onTrouble(lost ? LOST_CONTEXT : "");
        this.dirty = this.restyled = this.labels.dirty = true;
        this.wake();
      });
    } catch {
      return null;
    }
  }

  private hearing(): Hearing {
    const { width, height } = this.size;
    const camera = this.camera();
    return {
      ...hearing(this.world, this.city, this.feed.fleet, this.feed.clock.drawn, this.kinds),
      inSight: (x, y) => {
        const at = project(camera, this.size, x, y);
        return at !== null && at[0] > -80 && at[1] > -80 && at[0] < width + 80 && at[1] < height + 80;
      },
    };
  }

  private ending(): (number: number, isUnit: boolean) => Ending | null {
    return hearing(this.world, this.city, this.feed.fleet, this.feed.clock.drawn, this.kinds).ending;
  }

  private lightEnding(number: number): Ending | null {
    const light = this.world?.lights[number];
    return light ? { x: light.x - this.origin[0], y: light.y - this.origin[1], slot: -1 } : null;
  }

  /** What the light ahead tells who is looked at. */
  private showTag(): void {
    const at = this.tagged && this.tag.light && this.middle(this.tagged);
    const [left, top] = (at && project(this.camera(), this.size, at.x, at.y)) ?? [NaN, NaN];
    this.tag.show(Number.isNaN(left) ? null : [left * this.scale, top * this.scale], this.feed.clock.drawn);
  }

  private middle(ref: Ref): { x: number; y: number; reach: number } | null {
    const [kind, number] = parse(ref);
    return kind === "vehicle" ? this.feed.middle(number) : (this.city?.atlas.middle(kind, number) ?? null);
  }

  private camera() {
    if (!this.painter) aim(this.spare, this.cameraman.view, this.size);
    else this.painter.look(this.cameraman.view);
    return this.painter?.camera ?? this.spare;
  }

  private letGo(): void {
    if (!this.followed) return;
    this.followed = null;
    this.onFollow(null);
  }

  private hover(ref: Ref | null): void {
    if (ref !== this.hovered) {
      this.hovered = ref;
      this.host.style.cursor = ref ? "pointer" : "";
      if (this.city) this.city.showOutline(this.city.hoverline, ref);
      this.showRings();
      this.wake();
    }
    const [left, top] = this.pointer ?? [0, 0];
    this.onHover(ref, left * this.scale, top * this.scale);
  }

  private showRings(): void {
    this.marked?.choose(this.feed.fleet, this.theme, (ref) => this.middle(ref), this.selected, this.hovered);
  }

  private showRanges(): void {
    if (!this.world) return;
    const on = (unit: number) => (this.labels.units.get(unit)?.[1] ?? 1) === 1;
    this.marked?.reach(this.world, this.origin, this.theme, this.layers.has("ranges"), this.selected, on);
  }

  private restyle(): void {
    this.vehicles?.restyle(this.theme, this.colourBy, this.reduced, this.emphasis);
    this.air?.restyle(this.theme, this.reduced, this.emphasis);
    this.vehicles?.showPersons(this.layers.has("persons"));
    this.doings?.restyle(this.theme, this.layers, this.feed.fleet, (light) => this.lightEnding(light), this.emphasis);
    const helps = { help: this.layers.has("help"), helped: this.layers.has("helped") };
    this.helping?.restyle(this.theme, helps, this.emphasis);
    this.drawings?.restyle(this.theme, this.layers.has("drawings"), this.emphasis);
    this.showHelp();
    this.air?.show(this.layers.has("pulses"), this.layers.has("arcs"), this.layers.has("losses"));
    this.showRings();
    this.showRanges();
    this.restyled = true;
    this.labels.dirty = true;
    this.wake();
  }

  private resize(): void {
    const box = this.host.getBoundingClientRect();
    const size = { width: Math.max(1, box.width / this.scale), height: Math.max(1, box.height / this.scale) };
    const { width, height } = this.size;
    if (size.width === width && size.height === height && this.scale === this.drawnAt) return;
    this.size = size;
    this.drawnAt = this.scale;
    this.painter?.resize(size, this.scale);
    this.labels.resize(size, this.scale);
    this.cameraman.resize(size);
    this.renew();
  }

  private renew(): void {
    this.dirty = true;
    this.wake();
  }

  private wake(): void {
    if (this.request === 0 && this.painter) this.request = requestAnimationFrame(() => this.frame());
  }

  private frame(): void {
    const began = wall();
    this.request = 0;
    const painter = this.painter!;
    const since = this.last > 0 ? began - this.last : 0;
    const passed = Math.min(0.25, since);
    this.last = began;
    const moved = this.feed.tick(began);
    const gliding = this.controls.tick(passed);
    const followed = this.followed && this.middle(this.followed);
    if (this.followed && !followed && this.feed.clock.drawn >= this.feed.clock.newest) this.letGo();
    const flown = this.cameraman.tick(passed, began, followed);
    if (flown || gliding) this.viewTold = false;
    const busy = this.cameraman.busy(began) || gliding;
    const resting = !busy && !flown;
    if (moved) painter.shared.uBeat.value += passed;
    const airy = this.air?.busy(painter.shared.uBeat.value) ?? false;
    const refine = resting && painter.coarse(this.cameraman.view);
    if (this.labelsDue > 0 && began >= this.labelsDue) {
      this.labelsDue = 0;
      this.labels.dirty = true;
    }
    const needed = this.dirty || this.restyled || moved || flown || gliding || refine || this.labels.dirty;
    // Between two that were drawn one right after the other, however long the first took.
    if (needed && this.drewLast && since > 0 && painter.timed(since, !resting)) this.dirty = true;
    this.drewLast = needed;
    if (needed) this.draw(!resting, flown || gliding, began);
    if (needed || this.tag.light) this.showTag();
    if (this.pointer && (moved || flown || began > this.hoverDue) && !busy) this.lookUnder(began);
    if (resting && !this.viewTold) {
      this.viewTold = true;
      this.onView(this.view());
    }
    if (needed) this.meter.worked(wall() - began);
    if (
      moved ||
      busy ||
      flown ||
      gliding ||
      !(this.feed.replays || atRest(this.feed.clock)) ||
      (airy && moved) ||
      !this.viewTold ||
      this.labelsDue > 0
    )
      this.wake();
    else this.last = 0;
  }

  private draw(moves: boolean, shifted: boolean, now: number): void {
    const painter = this.painter!;
    const { view } = this.cameraman;
    painter.look(view);
    if (!this.looked || !same(view, this.looked)) {
      this.looked = { ...view };
      this.onLook(this.drawnFrom());
    }
    const metres = metresPerPixel(view, this.size);
    this.city?.restyle(this.theme, this.layers, metres);
    this.vehicles?.update(this.feed.fleet, this.feed.between(), painter.shared.uRise.value, metres);
    for (const one of [this.city, this.air, this.marked, this.doings, this.helping, this.drawings])
      one?.hide(view.tilt > 0);
    this.air?.resize(this.size.width, this.size.height);
    this.doings?.resize(this.size.width, this.size.height);
    this.helping?.resize(this.size.width, this.size.height);
    this.doings?.update(this.feed.clock.drawn, metres, this.feed.fleet);
    painter.draw(view, moves);
    if (this.labels.dirty || shifted || this.restyled) {
      const { layers } = this;
      const shown = {
        parks: layers.has("parks"),
        sites: layers.has("sites"),
        units: layers.has("units"),
        hazards: layers.has("hazards"),
        requests: layers.has("requests"),
        labels: layers.has("labels"),
      };
      this.labels.draw(painter.camera, metres, this.theme, STYLES[this.theme], shown, !moves, now);
    }
    this.dirty = this.restyled = false;
    this.meter.drawn(now);
  }

  private lookUnder(now: number): void {
    if (!this.pointer || now < this.hoverDue) return;
    this.hoverDue = now + 0.06;
    this.hover(this.under(...this.pointer));
  }
}
