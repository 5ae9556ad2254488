/** The page's address follows what is shown, and is obeyed when it is opened, pasted or gone back to. */

import { effect } from "@preact/signals";
import { decode, encode, type Link } from "../link";
import { store } from "./store";
import { onlyRecorded, replaying, replayTime, seek } from "./replay";
import { colourBy, follow, following, layers, scene, selected, toast, view } from "./ui";
import { clock } from "../format";
import { goTo } from "../actions";

/** The address is written at most this often, ms: browsers count. */
const PERIOD = 1500;
/** A link less than this ahead of the run is as good as there, s. */
const NEAR = 5;

/** The fragment as it was last read or written: any other is a link that somebody has opened in this tab. */
let known = "";
/** A link that waits for its world. */
let pending: Link | null = null;
let token: string | null = null;
let city = "";

/** Scenario and seed. */
function runName(): string | null {
  const run = store.run.value;
  return run?.scenario ? `${run.scenario}.${run.seed ?? ""}` : null;
}

/** What is shown now. */
function shown(): Link {
  return {
    token,
    run: runName(),
    time: replaying.peek() ? replayTime.peek() : (store.health.peek()?.time ?? store.run.peek()?.time ?? null),
    // Of a camera in flight: where it will be.
    view: scene.peek()?.view() ?? null,
    selected: selected.peek(),
    following: following.peek() !== null && following.peek() === selected.peek(),
    colour: colourBy.peek(),
    layers: layers.peek(),
  };
}

/** Write what is shown into the address, without a step in the browser's history. */
export function writeAddress(): void {
  // A link that was just pasted comes first, and until its world is there an address stays as it was opened.
  if (read() || pending || !store.world.peek()) return;
  const fragment = encode(shown());
  if (`#${fragment}` !== location.hash)
    history.replaceState(null, "", fragment ? `#${fragment}` : location.pathname + location.search);
  known = location.hash;
}

/** Obey the address if it is new. False: it is not. */
function read(): boolean {
  if (location.hash === known) return false;
  known = location.hash;
  const link = decode(known);
  if (link.token !== token && link.token !== null) {
    location.reload();
    return true;
  }
  applyLook(link);
  if (store.world.peek()) applyPlace(link);
  else pending = link;
  return true;
}

/** Obey the address as the page was opened, and what is pasted into it later; keep it up to date. Its token. */
export function keepAddress(): string | null {
  known = location.hash;
  pending = decode(known);
  token = pending.token;
  applyLook(pending);
  addEventListener("hashchange", read);
  effect(() => {
    const world = store.world.value;
    if (!world) return;
    queueMicrotask(() => {
      if (pending) applyPlace(pending);
      // What was selected in another city means nothing in this one.
      else if (city !== world.scenario) selected.value = null;
      pending = null;
      city = world.scenario;
    });
  });
  let timer: ReturnType<typeof setTimeout> | null = null;
  effect(() => {
    // Named so that the effect runs again when one of them changes.
    void [replaying.value, Math.round(replayTime.value)];
    void [store.world.value, store.health.value, view.value, selected.value, following.value];
    void [colourBy.value, layers.value];
    timer ??= setTimeout(() => {
      timer = null;
      writeAddress();
    }, PERIOD);
  });
  return token;
}

/** The address of what is shown now, into the clipboard. */
export async function copyLink(): Promise<void> {
  writeAddress();
  try {
    await navigator.clipboard.writeText(location.href);
    const rights = !location.hash.includes("token=")
      ? ""
      : store.control.value
        ? " and your right to control"
        : " and your right to view";
    toast(`Link copied: time, view, selection, layers${rights}.`);
  } catch {
    toast("The browser does not let the page copy: the link stands in the address bar.", "warning");
  }
}

/** What of a link needs no world. */
function applyLook(link: Link): void {
  colourBy.value = link.colour;
  layers.value = link.layers;
}

/** The rest, once its world is there. */
function applyPlace(link: Link): void {
  if (!link.run) return;
  if (link.run !== runName()) {
    toast(`This link shows another run (${link.run}); what is running now is ${runName() ?? "none"}.`);
    return;
  }
  if (link.view) scene.value?.setView(link.view, true);
  selected.value = link.selected;
  follow(link.following ? link.selected : null);
  if (link.time !== null) void applyTime(link.time);
}

/** Ahead of the run: go there if nobody else looks on, offer it otherwise. */
async function applyTime(time: number): Promise<void> {
  if (onlyRecorded.value) {
    await seek(time);
    return;
  }
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
