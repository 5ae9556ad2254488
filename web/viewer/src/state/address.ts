/** The page's address follows what is shown, and is obeyed when it is opened. */

import { effect } from "@preact/signals";
import { decode, encode, type Link } from "../link";
import { store } from "./store";
import { colourBy, follow, following, layers, scene, selected, toast, view } from "./ui";
import { clock } from "../format";
import { goTo } from "../actions";

/** The address is written at most this often, ms: browsers count. */
const PERIOD = 1500;
/** A link less than this ahead of the run is as good as there, s. */
const NEAR = 5;

/** Scenario and seed. */
function runName(): string | null {
  const run = store.run.value;
  return run?.scenario ? `${run.scenario}.${run.seed ?? ""}` : null;
}

/** Keep the fragment up to date without a step in the browser's history. */
export function keepAddress(token: string | null): void {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const write = () => {
    timer = null;
    // Until its world is there, the address stays as it was opened.
    if (!store.world.peek()) return;
    const link: Link = {
      token,
      run: runName(),
      time: store.health.peek()?.time ?? store.run.peek()?.time ?? null,
      view: view.peek(),
      selected: selected.peek(),
      following: following.peek() !== null && following.peek() === selected.peek(),
      colour: colourBy.peek(),
      layers: layers.peek(),
    };
    const fragment = encode(link);
    if (`#${fragment}` !== location.hash) history.replaceState(null, "", fragment ? `#${fragment}` : location.pathname);
  };
  effect(() => {
    // Named so that the effect runs again when one of them changes.
    void [store.world.value, store.health.value, view.value, selected.value, following.value];
    void [colourBy.value, layers.value];
    timer ??= setTimeout(write, PERIOD);
  });
}

/** What of a link needs no world. */
export function applyLook(link: Link): void {
  colourBy.value = link.colour;
  layers.value = link.layers;
}

/** The rest, once its world is there. */
export function applyPlace(link: Link): void {
  if (!link.run) return;
  if (link.run !== runName()) {
    toast(`This link shows another run (${link.run}); what is running now is ${runName() ?? "none"}.`);
    return;
  }
  if (link.view) scene.value?.setView(link.view, true);
  if (link.selected) {
    selected.value = link.selected;
    if (link.following) follow(link.selected);
  }
  if (link.time !== null) void applyTime(link.time);
}

/** Ahead of the run: go there if nobody else looks on, offer it otherwise. */
async function applyTime(time: number): Promise<void> {
  const alone = await clients();
  const now = store.health.value?.time ?? store.run.value?.time ?? 0;
  if (time < now + NEAR) return;
  const end = store.run.value?.end ?? null;
  if (!store.control.value || (end !== null && time > end)) {
    toast(`This link shows ${clock(time)}; the run is at ${clock(now)}.`);
  } else if (alone <= 1) {
    toast(`Going to ${clock(time)}, the time of this link.`);
    await goTo(time);
  } else {
    const others = alone === 2 ? "another viewer is" : `${alone - 1} others are`;
    toast(`This link shows ${clock(time)}; ${others} watching.`, "info", {
      label: `Go to ${clock(time)}`,
      run: () => void goTo(time),
    });
  }
}

/** How many look on, as soon as that is known. */
function clients(): Promise<number> {
  return new Promise((resolve) => {
    let stop: () => void = () => undefined;
    stop = effect(() => {
      const health = store.health.value;
      if (!health) return;
      queueMicrotask(() => stop());
      resolve(health.clients);
    });
  });
}

/** A link pasted into the same tab. */
export function onPastedLink(token: string | null): void {
  addEventListener("hashchange", () => {
    const link = decode(location.hash);
    if (link.token !== token && link.token !== null) {
      location.reload();
      return;
    }
    applyLook(link);
    applyPlace(link);
  });
}
