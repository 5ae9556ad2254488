/** All that belongs to one world: its meshes, its index, what is picked out in it. */

import type { Ref, World } from "../protocol";
import type { Layer } from "./api";
import { Buildings } from "./buildings";
import { Fields } from "./fields";
import { Ground } from "./ground";
import { Overlay, Atlas } from "./overlays";
import type { Painter } from "./painter";
import { Places } from "./pick";
import { Signals } from "./signals";
import { messageColour, rgb, type Style, STYLES, type Theme } from "./style";

export class City {
  readonly atlas: Atlas;
  readonly places: Places;
  readonly signals: Signals;
  readonly closed: Overlay;
  readonly outline: Overlay;
  readonly hoverline: Overlay;
  colours: [number, number, number][] = [];
  faint: boolean[] = [];
  private readonly fields: Fields;
  private readonly ground: Ground;
  private readonly buildings: Buildings;
  private drawn = "";

  constructor(
    readonly world: World,
    private readonly painter: Painter,
    originX: number,
    originY: number,
  ) {
    const { shared } = painter;
    this.atlas = new Atlas(world, originX, originY);
    this.places = new Places(world, originX, originY);
    this.ground = new Ground(shared, world, originX, originY);
    this.buildings = new Buildings(shared, world, originX, originY);
    this.fields = new Fields(shared, world, originX, originY);
    this.signals = new Signals(shared, world, originX, originY);
    this.closed = new Overlay(shared, 27);
    this.outline = new Overlay(shared, 29);
    this.hoverline = new Overlay(shared, 28.5);
    painter.ground.add(this.ground.group, this.buildings.shadows, this.fields.group);
    painter.upright.add(this.buildings.blocks, this.ground.garages);
    painter.moving.add(this.closed.group, this.hoverline.group, this.outline.group, this.signals.group);
    this.faint = world.routine.map(Boolean);
    painter.version++;
  }

  /** Fit the looks to theme, layers and scale; the kept layer is only void where that shows. */
  restyle(theme: Theme, layers: ReadonlySet<Layer>, metres: number): void {
    const style: Style = STYLES[theme];
    // In steps of a sixteenth of an octave, or a flight would draw the city anew at every frame.
    const step = Math.round(Math.log2(metres) * 16);
    const now = `${theme} ${layers.has("buildings")} ${layers.has("sensing")} ${step}`;
    this.signals.restyle(metres, layers.has("signals"));
    if (now === this.drawn) return;
    if (this.drawn.split(" ")[0] !== theme) this.painter.clearColour(style.ground);
    const scale = 2 ** (step / 16);
    this.drawn = now;
    this.ground.restyle(style, scale);
    this.buildings.show(layers.has("buildings"));
    if (layers.has("buildings")) this.buildings.restyle(style, scale, theme === "dark");
    this.fields.restyle(theme);
    this.fields.group.visible = layers.has("sensing");
    this.closed.restyle(style.closed, 0.75, 1.4);
    this.outline.restyle(style.select, theme === "dark" ? 0.6 : 0.65, 0.5);
    this.hoverline.restyle(style.select, 0.3, 0.5);
    this.colours = this.world.kinds.map((kind) => rgb(messageColour(theme, kind)));
    this.painter.version++;
  }

  /** Among houses, what lies on the ground may be hidden. */
  hide(behind: boolean): void {
    this.ground.hide(behind);
    this.signals.hide(behind);
    for (const one of [this.closed, this.outline, this.hoverline]) one.hide(behind);
  }

  /** Units that are off: their sensors see nothing. */
  showOff(units: readonly number[]): void {
    if (this.fields.without(units)) this.painter.version++;
  }

  showClosed(edges: readonly number[]): void {
    this.closed.set((out) => edges.forEach((edge) => this.atlas.road(edge, out)));
  }

  showOutline(which: Overlay, ref: Ref | null): void {
    which.set((out) => ref && this.atlas.outline(ref, out));
  }

  dispose(): void {
    const { painter } = this;
    painter.ground.remove(this.ground.group, this.buildings.shadows, this.fields.group);
    painter.upright.remove(this.buildings.blocks, this.ground.garages);
    painter.moving.remove(this.closed.group, this.hoverline.group, this.outline.group, this.signals.group);
    this.fields.dispose();
    this.ground.dispose();
    this.buildings.dispose();
    this.signals.dispose();
    for (const one of [this.closed, this.outline, this.hoverline]) one.dispose();
  }
}
