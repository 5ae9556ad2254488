/** `window.wayside`: what tests and the curious may read of the page. It changes nothing. */

import { store } from "./state/store";
import * as replay from "./state/replay";
import * as ui from "./state/ui";
import { readBeside } from "./panels/beside";
import { now } from "./panels/transport";
import type { Ref } from "./protocol";

const handle = {
  stats: () => ui.scene.value?.stats() ?? null,
  locate: (ref: Ref) => ui.scene.value?.locate(ref) ?? null,
  project: (x: number, y: number) => ui.scene.value?.project(x, y) ?? null,
  pick: (left: number, top: number) => ui.scene.value?.pick(left, top) ?? null,
  view: () => ui.scene.value?.view() ?? null,
  stations: () => ui.scene.value?.stations() ?? [],
  vehicle: (station: number) => ui.scene.value?.vehicle(station) ?? null,
  label: (ref: Ref) => store.label(ref),
  details: (ref: Ref) => structuredClone(store.details.value.get(ref) ?? null),
  marks: () => structuredClone(store.marks.value),
  beside: readBeside,
  state: () => ({
    connection: store.connection.value.state,
    run: structuredClone(store.run.value),
    health: structuredClone(store.health.value),
    city: store.world.value?.run ?? null,
    selected: ui.selected.value,
    following: ui.following.value,
    closed: [...store.places.value.closed],
    messages: store.messages.value.length,
    trouble: ui.trouble.value,
    replaying: replay.replaying.value,
    playing: replay.playing.value,
    time: now(),
    recorded: structuredClone(replay.recorded.value),
    loop: structuredClone(replay.loop.value),
    events: store.events.value.length,
    figures: store.history.times.length,
  }),
};

declare global {
  interface Window {
    wayside: typeof handle;
  }
}

export function offerHandle(): void {
  window.wayside = Object.freeze(handle);
}
