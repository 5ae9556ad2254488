/** The one legend: all that is drawn by its kind. Click one to leave it out or back in, point at one to lift it out. */

import type { ComponentChildren } from "preact";
import { kindName } from "../format";
import { legendOpen, theme } from "../state/prefs";
import { store } from "../state/store";
import { colourBy, hiddenKinds, hiddenMarks, layers, litMark, scene, toggleLayer } from "../state/ui";
import { vehicleKey } from "../scene/emphasis";
import { COLOUR_NAMES, nextColour } from "./viewmenu";
import type { Layer, MarkLegend } from "../scene/api";

/** What stands in the city, with the layer that shows it. */
const PLACES: readonly { layer: Layer; key: string; label: string; many: "parks" | "sites" | "units" | "lights" }[] = [
  { layer: "parks", key: "place.park", label: "Car park, free bays", many: "parks" },
  { layer: "sites", key: "place.site", label: "Charging site, power", many: "sites" },
  { layer: "units", key: "place.unit", label: "Roadside unit", many: "units" },
  { layer: "signals", key: "place.signal", label: "Traffic light", many: "lights" },
];

export function Legend() {
  // Its colours follow the theme, its entries what has come so far.
  void [theme.value, store.rows.value, layers.value];
  const now = scene.value;
  const legend = now?.legend(colourBy.value);
  if (!now || !legend) return null;
  const { entries, scale, besides } = legend;
  return (
    <div class={`legend${legendOpen.value ? "" : " closed"}`} role="group" aria-label="Legend">
      <button
        type="button"
        class="legendhead"
        aria-expanded={legendOpen.value}
        onClick={() => (legendOpen.value = !legendOpen.value)}
      >
        Legend <span aria-hidden="true">{legendOpen.value ? "▾" : "▴"}</span>
      </button>
      {legendOpen.value && (
        <div class="entries" tabIndex={-1}>
          <button type="button" class="reference" title="Next colouring (C)" onClick={nextColour}>
            {COLOUR_NAMES[colourBy.value]}
          </button>
          {scale && (
            <div class="scale">
              <span class="ramp" style={{ background: `linear-gradient(90deg, ${scale.join(", ")})` }} />
              <div class="ends">
                {entries.map((entry) => (
                  <span key={entry.label}>{entry.label}</span>
                ))}
              </div>
            </div>
          )}
          <ul>
            {[...(scale ? [] : entries), ...besides].map(({ label, colour, column }) =>
              column === undefined ? (
                <li key={label}>
                  <span class="swatch" style={{ background: colour }} />
                  {label}
                </li>
              ) : (
                <Entry
                  key={label}
                  name={vehicleKey(colourBy.value, column)}
                  label={label}
                  shown={!hiddenMarks.value.has(vehicleKey(colourBy.value, column))}
                  turn={() => turnMark(vehicleKey(colourBy.value, column))}
                >
                  <span class="swatch" style={{ background: colour }} />
                </Entry>
              ),
            )}
          </ul>
          <Marks of={now.marks()} />
          <Places />
          <Kinds />
          <Losses />
        </div>
      )}
    </div>
  );
}

export function turnMark(key: string): void {
  const hidden = new Set(hiddenMarks.value);
  if (!hidden.delete(key)) hidden.add(key);
  hiddenMarks.value = hidden;
}

/** A row that is clicked and pointed at; by keyboard, who has the focus is pointed at. */
function Entry(props: { name: string; label: string; shown: boolean; turn: () => void; children: ComponentChildren }) {
  const { name, label, shown, turn, children } = props;
  const point = (at: boolean) => {
    if (at && shown) litMark.value = name;
    else if (litMark.value === name) litMark.value = null;
  };
  return (
    <li>
      <button
        type="button"
        class="entry"
        aria-pressed={shown}
        title={shown ? `Leave out: ${label}` : `Show again: ${label}`}
        onClick={() => {
          litMark.value = null;
          turn();
        }}
        // A finger points at nothing: it would stay lit.
        onPointerEnter={(event) => event.pointerType === "mouse" && point(true)}
        onPointerLeave={() => point(false)}
        onFocus={(event) => event.currentTarget.matches(":focus-visible") && point(true)}
        onBlur={() => point(false)}
      >
        {children}
        <span>{label}</span>
      </button>
    </li>
  );
}

/** How that is drawn which applications do and draw, as far as there has been any. */
function Marks({ of: signs }: { of: readonly MarkLegend[] }) {
  if (!signs.length) return null;
  return (
    <details open>
      <summary>Applications</summary>
      <ul>
        {signs.map((one) => (
          <Entry
            key={one.key}
            name={one.key}
            label={one.label}
            shown={!hiddenMarks.value.has(one.key)}
            turn={() => turnMark(one.key)}
          >
            <Sign of={one} />
          </Entry>
        ))}
      </ul>
    </details>
  );
}

function Sign({ of: { colour, more, sign } }: { of: MarkLegend }) {
  const lines = [colour, ...(more ?? [])];
  const part = 24 / lines.length;
  return (
    <svg class="stroke" viewBox="0 0 30 10" aria-hidden="true" style={{ stroke: colour }}>
      {sign === "ring" && <circle cx="15" cy="5" r="4" />}
      {sign === "disc" && <circle cx="15" cy="5" r="4" style={{ fill: `${colour}70` }} />}
      {sign === "dot" && <circle cx="15" cy="5" r="2.5" style={{ fill: `${colour}a0` }} />}
      {sign === "words" && <path d="M10 8.5 15 1.5l5 7M12 6h6" />}
      {sign === "line" &&
        lines.map((own, place) => <path key={own} d={`M${3 + part * place} 5h${part}`} style={{ stroke: own }} />)}
      {sign === "dashes" && <path d="M3 5H27" stroke-dasharray="5 5" />}
      {sign === "corners" && <path d="M10 3V1h3M17 1h3v2M20 7v2h-3M13 9h-3V7" />}
      {sign === "area" && <rect x="4" y="1" width="22" height="8" style={{ fill: `${colour}40` }} />}
    </svg>
  );
}

function Places() {
  const world = store.world.value;
  const there = PLACES.filter(({ many }) => (world?.[many].length ?? 0) > 0);
  if (!there.length) return null;
  return (
    <details>
      <summary>Places</summary>
      <ul>
        {there.map(({ layer, key, label }) => (
          <Entry
            key={key}
            name={key}
            label={label}
            shown={layers.value.includes(layer)}
            turn={() => toggleLayer(layer)}
          >
            <svg class={`stroke ${key.replace(".", "-")}`} viewBox="0 0 30 10" aria-hidden="true">
              {layer === "parks" && <path d="M11 1h8v8h-8zM14 7.5v-5h1.4a1.5 1.5 0 0 1 0 3H14" />}
              {layer === "sites" && <path d="M15 0.5 19.5 5 15 9.5 10.5 5z" />}
              {layer === "units" && <path d="M12.5 9.5 15 3.5l2.5 6M11 1.5a4 4 0 0 0 0 4M19 1.5a4 4 0 0 1 0 4" />}
              {layer === "signals" && <path d="M13 .8h4v8.4h-4zM15 2.8v.1M15 5v.1M15 7.2v.1" />}
            </svg>
          </Entry>
        ))}
      </ul>
    </details>
  );
}

/** Pulses and arcs, by the kind of the message. */
function Kinds() {
  const kinds = store.world.value?.kinds ?? [];
  if (!kinds.length) return null;
  const turn = (kind: string) => {
    const hidden = new Set(hiddenKinds.value);
    if (!hidden.delete(kind)) hidden.add(kind);
    hiddenKinds.value = hidden;
  };
  return (
    <details>
      <summary>Messages</summary>
      <ul>
        {kinds.map((kind, number) => (
          <Entry
            key={kind}
            name={`message.${kind}`}
            label={kindName(kind)}
            shown={!hiddenKinds.value.has(kind)}
            turn={() => turn(kind)}
          >
            <svg
              class="stroke"
              viewBox="0 0 30 10"
              aria-hidden="true"
              style={{ stroke: scene.value?.messageColour(number) }}
            >
              <path d="M3 9Q15-5 27 9" />
            </svg>
          </Entry>
        ))}
      </ul>
    </details>
  );
}

/** How lost messages are drawn, where the radio loses any. */
function Losses() {
  const kinds = scene.value?.losses();
  if (!kinds || !store.world.value?.losses) return null;
  return (
    <details open>
      <summary>Lost messages</summary>
      <ul>
        {kinds.map(({ label, colour, dash, gap }) => (
          <Entry
            key={label}
            name={`loss.${label}`}
            label={label}
            shown={layers.value.includes("losses") && !hiddenMarks.value.has(`loss.${label}`)}
            turn={() => (layers.value.includes("losses") ? turnMark(`loss.${label}`) : toggleLayer("losses"))}
          >
            <svg class="stroke" viewBox="0 0 30 10" aria-hidden="true" style={{ stroke: colour }}>
              <path d="M0 5H22" stroke-dasharray={`${dash} ${gap}`} />
              <path d="M23 2l6 6M29 2l-6 6" />
            </svg>
          </Entry>
        ))}
      </ul>
    </details>
  );
}
