/** The run that is shown beside the first one: its own connection, store and scene. */

import { computed, effect, signal } from "@preact/signals";
import { servedAt } from "../film/source";
import { Connection } from "../net/connection";
import { api, streamAddress } from "../net/rest";
import { parseRef } from "../refs";
import { dress } from "./dress";
import { dropPairs, loadPairs } from "./pairs";
import { dropOther } from "./replay";
import { Session } from "./session";
import { Store, store } from "./store";
import * as ui from "./ui";
import type { Ref } from "../protocol";
import type { Scene } from "../scene/api";

const PATH = "/api/against";

/** All that is known of the other run. */
export const other = new Store();
export const otherScene = signal<Scene | null>(null);
/** What the other run is called; null: there is none. */
export const beside = computed(() => store.run.value?.against ?? null);
/** Where the two pictures meet, as a share of the width. */
export const seam = signal(0.5);

const session = new Session(other, api.otherWorld, () => otherScene.value, servedAt(PATH), false);

/** Open and close the second connection as there is another run or not. */
export function keepBeside(token: string | null): void {
  let open: Connection | null = null;
  effect(() => {
    if (beside.value === null) {
      open?.close();
      open = null;
      session.connection = null;
      dropOther();
      other.run.value = null;
      other.forget();
      return;
    }
    if (open) return;
    open = new Connection({
      url: streamAddress(`${PATH}/stream`),
      token,
      onText: (text) => session.takeText(text),
      onFrame: (frame) => session.takeFrame(frame),
      onState: (state) => {
        other.connection.value = state;
        if (state.state !== "open") session.lost();
      },
      expects: () => other.run.value?.state === "running",
      probe: () => Promise.resolve(null),
    });
    session.connection = open;
    open.connect();
  });
  const which = computed(() => (beside.value === null ? null : (store.run.value?.run ?? null)));
  effect(() => {
    if (which.value === null) dropPairs();
    else void loadPairs();
  });
}

/** Show the other run in a host over the first one's picture, from the same place; until what is answered is called. */
export async function mountOther(host: HTMLElement): Promise<() => void> {
  const { createScene } = await import("../scene");
  const made = createScene(host);
  const first = ui.scene.value;
  const undress = dress(made, other);
  otherScene.value = made;
  session.stageReady(made);
  const follow = () => first && made.lookAs(first.view());
  if (first) first.onLook = (view) => made.lookAs(view);
  if (first) made.keepTime(() => first.stats().time);
  const picks = first ? shareClicks(first, made, host) : () => undefined;
  const stops = [
    effect(() => {
      first?.clip(0, seam.value);
      made.clip(seam.value, 1);
    }),
    effect(() => {
      if (other.world.value) queueMicrotask(follow);
    }),
    effect(() => made.select(toOther(ui.selected.value))),
  ];
  return () => {
    stops.forEach((stop) => stop());
    undress();
    picks();
    if (first) {
      first.onLook = () => undefined;
      first.clip(0, 1);
    }
    otherScene.value = null;
    made.destroy();
  };
}

/** What is clicked and pointed at beyond the seam is the other run's, and is spoken of as the first one's. */
function shareClicks(first: Scene, made: Scene, host: HTMLElement): () => void {
  const [onPick, onHover] = [first.onPick, first.onHover];
  let at: [number, number] = [0, 0];
  const note = (event: PointerEvent) => {
    const box = host.getBoundingClientRect();
    at = [event.clientX - box.left, event.clientY - box.top];
  };
  const beyond = (left: number) => left > seam.value * host.clientWidth;
  addEventListener("pointerup", note, true);
  first.onPick = (found) => onPick(beyond(at[0]) ? toFirst(made.pick(...at)) : found);
  first.onHover = (found, left, top) => onHover(beyond(left) ? toFirst(made.pick(left, top)) : found, left, top);
  return () => {
    removeEventListener("pointerup", note, true);
    first.onPick = onPick;
    first.onHover = onHover;
  };
}

/** The same vehicle has the same id in both, but not the same number; all else has the same number. */
function translated(of: Ref | null, from: Store, to: Store): Ref | null {
  const parsed = parseRef(of);
  if (!parsed || parsed.kind !== "vehicle") return of;
  const id = from.names.get(parsed.number)?.[1];
  return id === undefined ? null : to.vehicleById(id);
}

const toOther = (of: Ref | null) => translated(of, store, other);
const toFirst = (of: Ref | null) => translated(of, other, store);
