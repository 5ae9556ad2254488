/** Puts the page together. */

import { effect } from "@preact/signals";
import { render } from "preact";
import { embedded } from "./film/source";
import { offerHandle } from "./handle";
import { listen } from "./keys";
import { helpOf } from "./helpof";
import { lightAhead } from "./lightahead";
import { Connection } from "./net/connection";
import { api, ApiError, setToken, streamAddress } from "./net/rest";
import { App } from "./panels/app";
import { keepAddress } from "./state/address";
import { reducedMotion, scale, theme } from "./state/prefs";
import { keepBeside } from "./state/beside";
import { dress } from "./state/dress";
import { Session, watching } from "./state/session";
import { store } from "./state/store";
import * as ui from "./state/ui";
import { beginTour } from "./tour";
import type { Ref } from "./protocol";
import type { Scene } from "./scene/api";
import "./styles/page.css";

/** How often time and health are written, ms. */
const PERIOD = 200;
/** A picture that stands still for so long is spoken of, ms. */
const PATIENCE = 1200;

const token = keepAddress();
setToken(token);

/** A recording that this page holds: then there is no server. */
const held = embedded();
const session = held ? new Session(store, () => Promise.resolve(held.world), undefined, held) : new Session(store);
const connection = new Connection({
  url: streamAddress(),
  token,
  onText: (text) => session.takeText(text),
  onFrame: (frame) => session.takeFrame(frame),
  onState: (state) => {
    store.connection.value = state;
    if (state.state === "open") session.opened();
    else session.lost();
  },
  expects: () => store.run.value?.state === "running",
  probe: () =>
    api.status().then(
      () => null,
      (error: unknown) =>
        error instanceof ApiError && (error.status === 401 || error.status === 403) ? error.message : null,
    ),
});
session.connection = connection;
keepBeside(token);

/** The scene comes in a file of its own, so that the page stands before three.js is there. */
async function mount(host: HTMLElement): Promise<void> {
  try {
    const { createScene } = await import("./scene");
    const made = createScene(host);
    connect(made);
    ui.scene.value = made;
    session.stageReady(made);
  } catch (error) {
    ui.trouble.value = error instanceof Error ? error.message : String(error);
  }
  begin();
}

function begin(): void {
  if (!held) connection.connect();
  else {
    store.connection.value = { state: "open" };
    session.takeText(JSON.stringify(held.run));
  }
}

function connect(scene: Scene): void {
  scene.onPick = (ref) => {
    if (!ui.placing.value) ui.selected.value = ref;
  };
  scene.onHover = (ref, left, top) => (ui.hovered.value = ref ? { ref, left, top } : null);
  scene.onView = (view) => (ui.view.value = view);
  scene.onFollow = (ref) => (ui.following.value = ref);
  scene.onTrouble = (words) => (ui.trouble.value = words);
  dress(scene, store);
  effect(() => scene.select(ui.selected.value));
  effect(() => {
    const of = ui.following.value ?? ui.selected.value;
    scene.setLightAhead(of, of && lightAhead(store.details.value.get(of)));
  });
  effect(() => {
    const of = ui.selected.value ?? ui.following.value;
    scene.setHelp(of, of && helpOf(store.details.value.get(of)));
  });
  let starved = 0;
  setInterval(() => {
    const stats = scene.stats();
    starved = stats.stalled ? starved + 1 : 0;
    ui.stats.value = stats;
    ui.stalled.value = starved * PERIOD >= PATIENCE;
  }, PERIOD);
}

effect(() => {
  document.documentElement.dataset["theme"] = theme.value;
  document.documentElement.dataset["motion"] = reducedMotion.value ? "reduced" : "full";
  document.documentElement.style.setProperty("--size", String(scale.value));
});
effect(() => {
  const run = store.run.value;
  document.title = run?.scenario ? `${run.title || run.scenario} · wayside` : "wayside";
});
watching(session, () =>
  [...new Set([ui.selected.value, ui.following.value, ...ui.panelWatches.value])].filter(
    (ref): ref is Ref => ref !== null,
  ),
);

effect(() => {
  document.documentElement.dataset["stage"] = ui.onStage.value ? "on" : "off";
});
// `?stage` and `?tour`, as soon as there is a city: before that nothing can be shown.
const asked = new URLSearchParams(location.search);
ui.onStage.value = asked.has("stage");
if (asked.has("tour")) {
  const stop = effect(() => {
    if (!store.world.value || !ui.scene.value || !store.rows.value) return;
    queueMicrotask(() => {
      stop();
      void beginTour();
    });
  });
}

listen();
addEventListener("online", () => held || connection.connect());
addEventListener("pagehide", () => connection.close());
addEventListener("pageshow", (event) => event.persisted && location.reload());
offerHandle();
render(<App mount={(host) => void mount(host)} />, document.getElementById("app")!);
