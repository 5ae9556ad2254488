/** The keyboard. One list, for what happens and for what `?` shows. */

import { goTo, shiftSpeed, step, togglePlay } from "./actions";
import { COLOURS, layerKey, LAYERS } from "./link";
import { copyLink } from "./state/address";
import { orbiting } from "./orbit";
import { goLive, markLoop, onlyRecorded, replaying, replayTime } from "./state/replay";
import { dockOpen, tab, theme, themeChoice, type Tab } from "./state/prefs";
import { store } from "./state/store";
import {
  colourBy,
  dialog,
  follow,
  following,
  hovered,
  onStage,
  placing,
  scene,
  selected,
  show,
  toast,
  toggleLayer,
  viewMenu,
} from "./state/ui";
import { holdTour, leaveTour, nextStop, toggleTour, tour } from "./tour";

interface Key {
  group: "Run" | "Map" | "Objects" | "Page";
  shown: string[];
  /** `KeyboardEvent.key`, lower case. */
  keys: string[];
  words: string;
  run: (key: string, held: boolean) => void;
  /** Does it again and again while it is held down; all others do it once. */
  repeats?: true;
}

/** Share of the canvas that an arrow key moves. */
const PAN = 0.15;
const TURN = 15;

function openTab(which: Tab): void {
  if (dockOpen.value && tab.value === which) dockOpen.value = false;
  else {
    tab.value = which;
    dockOpen.value = true;
  }
}

function toggleFollow(): void {
  const ref = selected.value;
  if (following.value) follow(null);
  else if (ref?.startsWith("vehicle/")) follow(ref);
  else toast("Select a vehicle to follow it.");
}

/** The topmost thing that is open; with nothing open, what is followed and selected. */
function escape(): void {
  hovered.value = null;
  if (dialog.value) dialog.value = null;
  else if (placing.value) placing.value = null;
  else if (viewMenu.value) viewMenu.value = false;
  else if (tour.value) leaveTour();
  else if (onStage.value) onStage.value = false;
  else {
    follow(null);
    selected.value = null;
  }
}

/** A field to type in, outside of all that Escape closes: there it leaves the field. */
function typing(target: EventTarget | null): target is HTMLElement {
  return (
    target instanceof HTMLElement &&
    target.matches("textarea, input:not([type=checkbox], [type=radio], [type=range])") &&
    !target.closest("dialog, .viewmenu")
  );
}

function nextVehicle(by: 1 | -1): void {
  const stations = scene.value?.stations() ?? [];
  if (!stations.length) return;
  const now = stations.findIndex((station) => selected.value === `vehicle/${station}`);
  show(`vehicle/${stations[(now + by + stations.length) % stations.length]!}`);
}

function turn(by: number): void {
  const view = scene.value?.view();
  if (view) scene.value?.setView({ bearing: (view.bearing + by + 360) % 360 });
}

function pan(key: string): void {
  const [right, up] = { arrowleft: [-1, 0], arrowright: [1, 0], arrowup: [0, 1], arrowdown: [0, -1] }[key] ?? [0, 0];
  const span = scene.value?.view().span ?? 0;
  scene.value?.pan(right! * span * PAN, up! * span * PAN);
}

export const KEYS: readonly Key[] = [
  { group: "Run", shown: ["Space"], keys: [" "], words: "play or pause", run: togglePlay },
  { group: "Run", shown: ["."], keys: ["."], words: "one step", run: (_, held) => step(held), repeats: true },
  { group: "Run", shown: ["["], keys: ["["], words: "slower", run: () => shiftSpeed(-1), repeats: true },
  { group: "Run", shown: ["]"], keys: ["]"], words: "faster", run: () => shiftSpeed(1), repeats: true },
  { group: "Run", shown: ["O"], keys: ["o"], words: "loop from here, up to here, not", run: markLoop },
  { group: "Run", shown: ["R"], keys: ["r"], words: "from the recording to live", run: goLive },
  { group: "Run", shown: ["G"], keys: ["g"], words: "go to a time", run: () => (dialog.value = "goto") },
  {
    group: "Run",
    shown: ["J"],
    keys: ["j"],
    words: "a minute on",
    run: () => void goTo((replaying.value ? replayTime.value : (store.run.value?.time ?? 0)) + 60),
  },
  { group: "Run", shown: ["S"], keys: ["s"], words: "start a scenario", run: () => (dialog.value = "start") },
  {
    group: "Run",
    shown: ["|"],
    keys: ["|"],
    words: "with and without, side by side",
    run: () => onlyRecorded.value || (dialog.value = "against"),
  },
  {
    group: "Map",
    shown: ["←", "→", "↑", "↓"],
    keys: ["arrowleft", "arrowright", "arrowup", "arrowdown"],
    words: "move",
    run: pan,
    repeats: true,
  },
  { group: "Map", shown: ["+"], keys: ["+", "="], words: "nearer", run: () => scene.value?.zoom(1.5), repeats: true },
  {
    group: "Map",
    shown: ["-"],
    keys: ["-", "_"],
    words: "further",
    run: () => scene.value?.zoom(1 / 1.5),
    repeats: true,
  },
  { group: "Map", shown: ["H"], keys: ["h"], words: "the whole city", run: () => scene.value?.fit() },
  {
    group: "Map",
    shown: ["D"],
    keys: ["d"],
    words: "tilt, or straight down",
    run: () => scene.value?.setView({ tilt: scene.value.view().tilt > 1 ? 0 : 50 }),
  },
  { group: "Map", shown: ["Q"], keys: ["q"], words: "turn left", run: () => turn(-TURN), repeats: true },
  { group: "Map", shown: ["W"], keys: ["w"], words: "turn right", run: () => turn(TURN), repeats: true },
  {
    group: "Map",
    shown: ["A"],
    keys: ["a"],
    words: "turn slowly around, or rest",
    run: () => (orbiting.value = !orbiting.value),
  },
  { group: "Map", shown: ["N"], keys: ["n"], words: "north up", run: () => scene.value?.setView({ bearing: 0 }) },
  {
    group: "Map",
    shown: ["1", "…", "0"],
    keys: LAYERS.slice(0, 10).map((_, place) => layerKey(place)),
    words: "layers, in the order of the view menu",
    run: (key) => toggleLayer(LAYERS[(Number(key) + 9) % 10]!),
  },
  {
    group: "Map",
    shown: ["C"],
    keys: ["c"],
    words: "next colouring",
    run: () => (colourBy.value = COLOURS[(COLOURS.indexOf(colourBy.value) + 1) % COLOURS.length]!),
  },
  {
    group: "Objects",
    shown: ["/"],
    keys: ["/"],
    words: "search",
    run: () => document.querySelector<HTMLElement>(".search input")?.focus(),
  },
  { group: "Objects", shown: ["F"], keys: ["f"], words: "follow the selected vehicle, or let go", run: toggleFollow },
  { group: "Objects", shown: [","], keys: [","], words: "next vehicle", run: () => nextVehicle(1), repeats: true },
  { group: "Objects", shown: [";"], keys: [";"], words: "vehicle before", run: () => nextVehicle(-1), repeats: true },
  {
    group: "Objects",
    shown: ["Z"],
    keys: ["z"],
    words: "go to what is selected",
    run: () => selected.value && show(selected.value, 150),
  },
  { group: "Objects", shown: ["Esc"], keys: ["escape"], words: "close, let go, select nothing", run: escape },
  { group: "Page", shown: ["K"], keys: ["k"], words: "key figures", run: () => openTab("figures") },
  { group: "Page", shown: ["Y"], keys: ["y"], words: "parking and charging", run: () => openTab("city") },
  { group: "Page", shown: ["M"], keys: ["m"], words: "messages", run: () => openTab("messages") },
  { group: "Page", shown: ["E"], keys: ["e"], words: "events", run: () => openTab("events") },
  { group: "Page", shown: ["B"], keys: ["b"], words: "table", run: () => openTab("table") },
  { group: "Page", shown: ["P"], keys: ["p"], words: "presenter's actions", run: () => openTab("stage") },
  { group: "Page", shown: ["V"], keys: ["v"], words: "view menu", run: () => (viewMenu.value = !viewMenu.value) },
  {
    group: "Page",
    shown: ["\\"],
    keys: ["\\"],
    words: "panels away, or back",
    run: () => (dockOpen.value = !dockOpen.value),
  },
  {
    group: "Page",
    shown: ["T"],
    keys: ["t"],
    words: "dark or light",
    run: () => (themeChoice.value = theme.value === "dark" ? "light" : "dark"),
  },
  { group: "Page", shown: ["U"], keys: ["u"], words: "a tour, or leave it", run: () => void toggleTour() },
  { group: "Page", shown: ["I"], keys: ["i"], words: "stay at a stop of the tour, or go on", run: holdTour },
  {
    group: "Page",
    shown: ["PgUp", "PgDn"],
    keys: ["pageup", "pagedown"],
    words: "stop of the tour before, next one",
    run: (key) => nextStop(key === "pagedown" ? 1 : -1),
  },
  {
    group: "Page",
    shown: ["X"],
    keys: ["x"],
    words: "the map alone, or all",
    run: () => (onStage.value = !onStage.value),
  },
  { group: "Page", shown: ["L"], keys: ["l"], words: "copy a link", run: () => void copyLink() },
  { group: "Page", shown: ["?"], keys: ["?"], words: "these keys", run: () => (dialog.value = "keys") },
];

/** Where a key means something else already. */
export function meansItself(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof Element)) return false;
  const element = target.closest("input, select, textarea, [contenteditable], button, a, summary, [role=option]");
  if (!element) {
    // A panel that scrolls keeps its arrows.
    return key.startsWith("arrow") && target.closest(".panel, dialog, table, pre") !== null;
  }
  if (element.matches("input[type=checkbox], input[type=radio], input[type=range]"))
    return key === " " || key.startsWith("arrow");
  if (element.matches("input, select, textarea, [contenteditable]")) return true;
  return key === " " || key === "enter";
}

export function listen(target: EventTarget = window): () => void {
  const onKeyDown = (event: Event) => {
    if (!(event instanceof KeyboardEvent) || event.ctrlKey || event.metaKey || event.altKey || event.isComposing)
      return;
    const pressed = event.key.toLowerCase();
    // A button presses itself again and again while Enter is held on it.
    if (event.repeat && pressed === "enter" && event.target instanceof HTMLButtonElement) event.preventDefault();
    if (pressed !== "escape" && (dialog.value !== null || meansItself(event.target, pressed))) return;
    const found = KEYS.find((key) => key.keys.includes(pressed));
    if (!found) return;
    event.preventDefault();
    if (pressed === "escape" && typing(event.target)) event.target.blur();
    else if (found.repeats || !event.repeat) found.run(pressed, event.repeat);
  };
  target.addEventListener("keydown", onKeyDown);
  return () => target.removeEventListener("keydown", onKeyDown);
}
