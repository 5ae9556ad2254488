/** The link: what the page's fragment holds, so that a copied address shows the same thing. */

import { isRef } from "./refs";
import type { Ref } from "./protocol";
import type { ColourBy, Layer, View } from "./scene/api";

export const COLOURS: readonly ColourBy[] = ["kind", "speed", "charge", "connected", "parking"];
export const LAYERS: readonly Layer[] = [
  "buildings",
  "signals",
  "parks",
  "sites",
  "units",
  "ranges",
  "pulses",
  "arcs",
  "losses",
  "labels",
  "persons",
  "sensing",
  "hazards",
  "requests",
  "advice",
  "hops",
  "help",
  "helped",
  "drawings",
];
/** Of a layer's place: 1 to 9, then 0; those after have none. */
export const layerKey = (place: number): string => (place < 10 ? String((place + 1) % 10) : "");
export const DEFAULT_LAYERS: readonly Layer[] = LAYERS.filter((layer) => layer !== "ranges");

export interface Link {
  token: string | null;
  /** Scenario and seed that the rest belongs to: `lingang.1`. */
  run: string | null;
  time: number | null;
  view: View | null;
  selected: Ref | null;
  following: boolean;
  colour: ColourBy;
  layers: readonly Layer[];
}

export const NOTHING: Link = {
  token: null,
  run: null,
  time: null,
  view: null,
  selected: null,
  following: false,
  colour: "kind",
  layers: DEFAULT_LAYERS,
};

/** Without the `#`. What is as it is by default is left out. */
export function encode(link: Link): string {
  const fields = new URLSearchParams();
  if (link.token) fields.set("token", link.token);
  if (link.run) fields.set("run", link.run);
  if (link.time !== null) fields.set("t", String(Math.round(link.time)));
  if (link.view) {
    const { x, y, span, tilt, bearing } = link.view;
    fields.set("at", [x, y, span, tilt, bearing].map((value) => String(Math.round(value * 10) / 10)).join(","));
  }
  if (link.selected) fields.set("see", link.selected);
  if (link.selected && link.following) fields.set("follow", "1");
  if (link.colour !== NOTHING.colour) fields.set("colour", link.colour);
  if (LAYERS.some((layer) => link.layers.includes(layer) !== DEFAULT_LAYERS.includes(layer))) {
    fields.set("layers", LAYERS.filter((layer) => link.layers.includes(layer)).join(","));
  }
  return fields.toString().replaceAll("%2C", ",").replaceAll("%2F", "/");
}

/** Whatever is not understood is as if it were not there. */
export function decode(fragment: string): Link {
  const fields = new URLSearchParams(fragment.replace(/^#/, ""));
  const selected = fields.get("see");
  const colour = fields.get("colour") as ColourBy;
  const layers = fields.get("layers");
  return {
    token: fields.get("token") || null,
    run: fields.get("run") || null,
    time: number(fields.get("t")),
    view: view(fields.get("at")),
    selected: isRef(selected) ? selected : null,
    following: isRef(selected) && fields.get("follow") === "1",
    colour: COLOURS.includes(colour) ? colour : NOTHING.colour,
    layers: layers === null ? DEFAULT_LAYERS : LAYERS.filter((layer) => layers.split(",").includes(layer)),
  };
}

function number(text: string | null): number | null {
  const value = text?.trim() ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : null;
}

function view(text: string | null): View | null {
  const values = (text ?? "").split(",").map(number);
  const [x, y, span, tilt, bearing] = values;
  if (values.length !== 5 || values.includes(null) || !(span! > 0)) return null;
  return { x: x!, y: y!, span: span!, tilt: tilt!, bearing: bearing! };
}
