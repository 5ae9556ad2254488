/** How the city is drawn: colours and their legend, layers, message kinds, and the page's own looks. */

import { COLOURS, layerKey, LAYERS } from "../link";
import { motionChoice, sizeChoice, theme, themeChoice, type Choice, type Motion, type Size } from "../state/prefs";
import { store } from "../state/store";
import { colourBy, layers, scene, toggleLayer, viewMenu } from "../state/ui";
import { Button, Section } from "./bits";
import { KindFilter } from "./messages";
import type { ColourBy, Layer, MarkLegend } from "../scene/api";

export const COLOUR_NAMES: Record<ColourBy, string> = {
  kind: "Kind",
  speed: "Speed",
  charge: "Battery charge",
  connected: "V2X equipment",
  parking: "Looking for a bay",
};

export const LAYER_NAMES: Record<Layer, string> = {
  buildings: "Buildings",
  signals: "Signal heads",
  parks: "Car parks",
  sites: "Charging sites",
  units: "Roadside units",
  ranges: "Radio ranges",
  pulses: "Message pulses",
  arcs: "Message arcs",
  losses: "Lost messages",
  labels: "Labels",
  persons: "People on foot",
  sensing: "Sensors and what they see",
  hazards: "Hazards and who is warned",
  requests: "Requests for priority",
  advice: "Speeds advised",
  hops: "Forwarded messages, hop by hop",
};

export function ViewMenu() {
  if (!viewMenu.value) return null;
  return (
    <div class="viewmenu" role="dialog" aria-label="View">
      <header class="cardhead">
        <h2>View</h2>
        <Button label="Close" icon="close" keys="Esc" onPress={() => (viewMenu.value = false)} />
      </header>
      <div class="scroll">
        <Section title="Vehicles by colour">
          <div class="options" role="radiogroup" aria-label="Vehicles by colour">
            {COLOURS.map((what) => (
              <label key={what}>
                <input
                  type="radio"
                  name="colour"
                  checked={colourBy.value === what}
                  onChange={() => (colourBy.value = what)}
                />
                {COLOUR_NAMES[what]}
              </label>
            ))}
          </div>
        </Section>
        <Section title="Layers">
          <div class="options">
            {LAYERS.map((layer, place) => (
              <label key={layer}>
                <input type="checkbox" checked={layers.value.includes(layer)} onChange={() => toggleLayer(layer)} />
                {LAYER_NAMES[layer]}
                {layerKey(place) && <kbd>{layerKey(place)}</kbd>}
              </label>
            ))}
          </div>
        </Section>
        <Section title="Messages">
          <KindFilter />
        </Section>
        <Section title="Page">
          <label class="field">
            <span>Colours</span>
            <select
              value={themeChoice.value}
              onChange={(event) => (themeChoice.value = event.currentTarget.value as Choice)}
            >
              <option value="auto">as the system</option>
              <option value="dark">dark</option>
              <option value="light">light</option>
            </select>
          </label>
          <label class="field">
            <span>Size of text and signs</span>
            <select
              value={sizeChoice.value}
              onChange={(event) => (sizeChoice.value = event.currentTarget.value as Size)}
            >
              <option value="auto">as the window</option>
              <option value="small">small</option>
              <option value="medium">medium</option>
              <option value="large">large</option>
              <option value="huge">very large</option>
            </select>
          </label>
          <label class="field">
            <span>Motion</span>
            <select
              value={motionChoice.value}
              onChange={(event) => (motionChoice.value = event.currentTarget.value as Motion)}
            >
              <option value="auto">as the system</option>
              <option value="reduced">reduced</option>
              <option value="full">full</option>
            </select>
          </label>
        </Section>
      </div>
    </div>
  );
}

/** On the map: what the colours mean. */
export function Legend() {
  // Its colours follow the theme, its entries what has come so far.
  void [theme.value, store.rows.value];
  const legend = scene.value?.legend(colourBy.value);
  if (!legend) return null;
  const { entries, scale, besides } = legend;
  return (
    <div class="legend" role="group" aria-label={`Colours: ${COLOUR_NAMES[colourBy.value]}`}>
      <button type="button" class="reference" title="Next colouring (C)" onClick={nextColour}>
        {COLOUR_NAMES[colourBy.value]}
      </button>
      {scale ? (
        <div class="scale">
          <span class="ramp" style={{ background: `linear-gradient(90deg, ${scale.join(", ")})` }} />
          <div class="ends">
            {entries.map((entry) => (
              <span key={entry.label}>{entry.label}</span>
            ))}
          </div>
        </div>
      ) : (
        <Swatches of={entries} />
      )}
      {besides.length > 0 && <Swatches of={besides} />}
      <Doings />
      <Losses />
    </div>
  );
}

/** How that is drawn which applications do, as far as there has been any. */
function Doings() {
  void [theme.value, layers.value, store.rows.value];
  const signs = scene.value?.marks();
  if (!signs?.length) return null;
  return (
    <details open>
      <summary>Applications</summary>
      <ul>
        {signs.map((one) => (
          <li key={one.label}>
            <Sign of={one} />
            {one.label}
          </li>
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
      {sign === "line" &&
        lines.map((own, place) => <path key={own} d={`M${3 + part * place} 5h${part}`} style={{ stroke: own }} />)}
      {sign === "dashes" && <path d="M3 5H27" stroke-dasharray="5 5" />}
      {sign === "corners" && <path d="M10 3V1h3M17 1h3v2M20 7v2h-3M13 9h-3V7" />}
      {sign === "area" && <rect x="4" y="1" width="22" height="8" style={{ fill: `${colour}40` }} />}
    </svg>
  );
}

function Swatches({ of }: { of: { label: string; colour: string }[] }) {
  return (
    <ul>
      {of.map(({ label, colour }) => (
        <li key={label}>
          <span class="swatch" style={{ background: colour }} />
          {label}
        </li>
      ))}
    </ul>
  );
}

/** How lost messages are drawn, where the radio loses any. */
function Losses() {
  const kinds = scene.value?.losses();
  if (!kinds || !store.world.value?.losses || !layers.value.includes("losses")) return null;
  return (
    <>
      <h3>Lost messages</h3>
      <ul>
        {kinds.map(({ label, colour, dash, gap }) => (
          <li key={label}>
            <svg class="stroke" viewBox="0 0 30 10" aria-hidden="true" style={{ stroke: colour }}>
              <path d="M0 5H22" stroke-dasharray={`${dash} ${gap}`} />
              <path d="M23 2l6 6M29 2l-6 6" />
            </svg>
            {label}
          </li>
        ))}
      </ul>
    </>
  );
}

export function nextColour(): void {
  colourBy.value = COLOURS[(COLOURS.indexOf(colourBy.value) + 1) % COLOURS.length]!;
}
