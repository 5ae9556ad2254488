/** What the light ahead tells the vehicle that is looked at, beside it: the time to the change and the speed advised. */

import { signalColour } from "./style";

/** What an on-board unit has been told; times in s of the simulation, the speed in m/s. */
export interface LightAhead {
  state: string;
  /** When what it shows ends: expected, or where that is not told, at the earliest. */
  ends: number | null;
  atLeast: boolean;
  advised: number | null;
  warned: boolean;
}

const LETTERS: Record<string, string> = { red: "r", yellow: "y", green: "G" };

/** Its words at a time [s]. */
export function words(light: LightAhead, now: number): string {
  const parts: string[] = [];
  if (light.ends !== null && Number.isFinite(now))
    parts.push(`${light.atLeast ? "≥ " : ""}${Math.max(0, Math.ceil(light.ends - now))}\u00a0s`);
  if (light.advised !== null) parts.push(`${Math.round(light.advised * 3.6)}\u00a0km/h`);
  if (light.warned) parts.push("red: brake!");
  return parts.join(" · ");
}

export class Tag {
  readonly element = document.createElement("div");
  light: LightAhead | null = null;
  private said = "";

  constructor() {
    this.element.className = "maptag";
    this.element.setAttribute("aria-hidden", "true");
    this.element.hidden = true;
  }

  /** `at`: where its vehicle is, CSS pixels; null: not in sight. */
  show(at: [number, number] | null, now: number): void {
    const { light, element } = this;
    const text = light && at ? words(light, now) : "";
    element.hidden = text === "";
    if (!light || !at || element.hidden) return;
    const said = `${light.state} ${light.warned} ${text}`;
    if (said !== this.said) {
      this.said = said;
      const lamp = document.createElement("span");
      lamp.className = "lamp";
      lamp.style.background = signalColour(LETTERS[light.state] ?? "");
      element.classList.toggle("warned", light.warned);
      element.replaceChildren(lamp, text);
    }
    element.style.transform = `translate(${at[0].toFixed(1)}px, ${at[1].toFixed(1)}px) translate(-50%, -3.6rem)`;
  }
}
