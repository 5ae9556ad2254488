/** Rings around what is selected and hovered, and around units as far as their radio reaches. */

import { Group } from "three";
import type { Fleet } from "../fleet";
import type { Ref, World } from "../protocol";
import type { Shared, Uniforms } from "./materials";
import { type Ring, Rings } from "./rings";
import { rgb, STYLES, type Theme, UNIT } from "./style";

/** Radius at least, pixels. */
const VEHICLE = 11;
const PLACE = 15;

export class Marks {
  readonly group = new Group();
  private readonly rings: Rings;
  private readonly ranges: Rings;

  constructor(shared: Shared, motion: Uniforms) {
    this.rings = new Rings(shared, motion, 45);
    this.ranges = new Rings(shared, motion, 26);
    this.group.add(this.rings.mesh, this.ranges.mesh);
  }

  /** `middle`: where something is, relative to the origin, and its reach [m]; a reach of 0 gets no ring. */
  choose(
    fleet: Fleet,
    theme: Theme,
    middle: (ref: Ref) => { x: number; y: number; reach: number } | null,
    selected: Ref | null,
    hovered: Ref | null,
  ): void {
    const colour = rgb(STYLES[theme].select);
    const rings: Ring[] = [];
    const ring = (ref: Ref | null, opacity: number, width: number) => {
      const at = ref && middle(ref);
      if (!ref || !at || at.reach === 0) return;
      const station = ref.startsWith("vehicle/") ? Number(ref.slice(8)) : -1;
      rings.push({
        x: at.x,
        y: at.y,
        slot: fleet.slots.get(station),
        back: station >= 0 ? fleet.type(station).length / 2 : 0,
        radius: at.reach,
        least: station >= 0 ? VEHICLE : PLACE,
        width,
        colour,
        opacity,
        within: 0.1 * opacity,
      });
    };
    ring(selected, 0.95, 2.4);
    if (hovered !== selected) ring(hovered, 0.55, 1.6);
    this.rings.set(rings);
  }

  /** The radio range of all units, or of the selected one alone. */
  reach(
    world: World,
    origin: [number, number],
    theme: Theme,
    all: boolean,
    selected: Ref | null,
    on: (unit: number) => boolean,
  ): void {
    const rings: Ring[] = [];
    world.units.forEach((unit, i) => {
      const chosen = selected === `unit/${i}`;
      if (!chosen && !all) return;
      rings.push({
        x: unit.x - origin[0],
        y: unit.y - origin[1],
        radius: world.range,
        width: chosen ? 2 : 1.2,
        colour: rgb(on(i) ? UNIT[theme] : STYLES[theme].faint),
        opacity: chosen ? 0.8 : 0.4,
        within: on(i) ? (chosen ? 0.07 : 0.03) : 0.015,
      });
    });
    this.ranges.set(rings);
  }

  hide(behind: boolean): void {
    this.rings.hide(behind);
    this.ranges.hide(behind);
  }

  dispose(): void {
    this.rings.dispose();
    this.ranges.dispose();
  }
}
