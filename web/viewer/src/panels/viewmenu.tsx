/** How the city is drawn: colours and their legend, layers, message kinds, and the page's own looks. */

import { COLOURS, layerKey, LAYERS } from "../link";
import { motionChoice, sizeChoice, themeChoice, type Choice, type Motion, type Size } from "../state/prefs";
import { colourBy, layers, toggleLayer, viewMenu } from "../state/ui";
import { Button, Section } from "./bits";
import { KindFilter } from "./messages";
import type { ColourBy, Layer } from "../scene/api";

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
  help: "Way to the reserved place, and what was rejected",
  helped: "Who has just been helped",
  drawings: "What applications draw",
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

export function nextColour(): void {
  colourBy.value = COLOURS[(COLOURS.indexOf(colourBy.value) + 1) % COLOURS.length]!;
}
