/** Between the wire, the store and the scene: who is told what, and in which order. */

import { effect } from "@preact/signals";
import { FrameError } from "../frames";
import { api, ApiError, setClient } from "../net/rest";
import { replaying, seek, play, useOther, useRecording, withheld } from "./replay";
import { takePairs } from "./pairs";
import { goal, scene, toast } from "./ui";
import { served, type Source } from "../film/source";
import type { Connection } from "../net/connection";
import type { Ref, ServerMessage, World } from "../protocol";
import type { Scene } from "../scene/api";
import type { Store } from "./store";

/** Messages that may wait for a world, in all. */
const MOST_WAITING = 4000;
const RETRY = 1500;
/** The server is told of other objects at most this often, ms: it takes 50 messages a second of each client. */
const PASSING = 100;

export class Session {
  /** The run whose world is there or on its way. */
  private wanted: string | null = null;
  private fetching: AbortController | null = null;
  private waiting: (ServerMessage | ArrayBuffer)[] | null = null;
  private watched: readonly Ref[] = [];
  connection: Pick<Connection, "send"> | null = null;

  constructor(
    private readonly store: Store,
    private readonly loadWorld: (signal: AbortSignal) => Promise<World> = api.world,
    private readonly stage: () => Scene | null = () => scene.value,
    private readonly source: Source = served,
    /** Of two side by side the one that the page is about. */
    private readonly leads = true,
  ) {}

  takeText(text: string): void {
    let message: ServerMessage;
    try {
      message = JSON.parse(text) as ServerMessage;
    } catch {
      toast("The server sent something that is not JSON.", "warning");
      return;
    }
    if (message.type === "hello") {
      if (this.leads) setClient(message.client);
      if (message.protocol !== 1) {
        toast(`The server speaks protocol ${String(message.protocol)}, this page 1: reload the page.`, "warning");
      }
    }
    if (message.type === "run") this.takeRun(message);
    else if (message.type === "pairs") takePairs(message);
    else if (message.type === "refused") toast(`The server refused a message: ${message.reason}`, "warning");
    else if (this.waiting && belongsToWorld(message)) this.hold(message);
    else this.pass(message);
  }

  takeFrame(frame: ArrayBuffer): void {
    // Not acknowledged: the server soon stops, until the run is wanted again.
    if (replaying.value) return;
    if (this.waiting) {
      this.hold(frame);
      return;
    }
    let sequence: number | null;
    try {
      sequence = this.stage()?.takeFrame(frame) ?? null;
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      // Not acknowledged: the server soon stops, and the picture says that it is stalled.
      toast(`This page cannot read what the server sends (${error.message}): reload it.`, "warning");
      return;
    }
    if (sequence !== null) this.connection?.send({ type: "ack", sequence });
  }

  /** The objects whose details are wanted. */
  watch(refs: readonly Ref[]): void {
    this.watched = refs;
    this.store.keepDetails(refs);
    this.connection?.send({ type: "watch", refs: [...refs] });
  }

  /** A new connection knows nothing of the last one. */
  opened(): void {
    if (this.watched.length) this.watch(this.watched);
  }

  /** The connection is gone: what was held for a world came over it. */
  lost(): void {
    if (replaying.value) return;
    if (this.waiting) {
      this.fetching?.abort();
      this.waiting = null;
      this.wanted = null;
    }
    this.stage()?.setRunning("stopped", null);
  }

  private takeRun(run: Extract<ServerMessage, { type: "run" }>): void {
    const before = this.store.run.value;
    if (before && before.run !== run.run) {
      this.store.forget();
      this.wanted = null;
      this.waiting = null;
      this.fetching?.abort();
    }
    if (before?.run !== run.run) {
      const live = () => void this.connection?.send({ type: "snapshot" });
      if (this.leads) useRecording(this.source, live);
      else if (run.run) useOther(this.source, this.store, this.stage, live);
    }
    this.store.take(run);
    // There, or on the way no longer.
    if (
      this.leads &&
      goal.value !== null &&
      ((run.state !== "running" && run.state !== "loading") || run.time >= goal.value)
    ) {
      goal.value = null;
    }
    const begun =
      run.state === "running" ||
      run.state === "paused" ||
      run.state === "ended" ||
      run.state === "died" ||
      run.state === "recorded";
    if (begun && this.wanted !== run.run) void this.fetch(run.run);
    this.tellRunning();
  }

  private async fetch(run: string): Promise<void> {
    this.wanted = run;
    this.fetching?.abort();
    const fetching = (this.fetching = new AbortController());
    this.waiting = [];
    try {
      const world = await this.loadWorld(fetching.signal);
      if (fetching.signal.aborted) return;
      if (world.run !== run) throw new ApiError(409, "the run has changed meanwhile");
      this.begin(world);
    } catch (error) {
      if (fetching.signal.aborted) return;
      this.waiting = null;
      const state = this.store.run.value?.state;
      // A run that died while loading has no world.
      if (state !== "running" && state !== "paused") return;
      toast(`The city could not be loaded: ${error instanceof Error ? error.message : String(error)}`, "warning");
      setTimeout(() => {
        if (this.wanted === run && !this.store.world.value) void this.fetch(run);
      }, RETRY);
    }
  }

  private begin(world: World): void {
    const held = this.waiting ?? [];
    this.waiting = null;
    this.store.setWorld(world);
    this.stage()?.setWorld(world);
    this.tellRunning();
    if (this.leads && this.store.run.value?.state === "recorded") void seek(-Infinity).then(() => play(true));
    for (const message of held) {
      if (message instanceof ArrayBuffer) this.takeFrame(message);
      else this.pass(message);
    }
    if (this.watched.length) this.watch(this.watched);
  }

  /** A scene that was made after the world came. */
  stageReady(stage: Scene): void {
    const world = this.store.world.value;
    if (!world) return;
    stage.setWorld(world);
    stage.takeNames([...this.store.names.values()], [...this.store.types.values()]);
    const places = this.store.places.value;
    const closed = [...places.closed];
    stage.takePlaces([...places.parks.values()], [...places.sites.values()], [...places.units.values()], closed);
    const time = this.store.run.value?.time ?? 0;
    stage.takeLights(time, Object.fromEntries(this.store.lights));
    stage.takeMarks(time, this.store.marks.value);
    this.tellRunning();
  }

  private hold(message: ServerMessage | ArrayBuffer): void {
    this.waiting!.push(message);
    if (this.waiting!.length > MOST_WAITING) this.waiting!.shift();
  }

  private pass(message: ServerMessage): void {
    if (withheld(message, this.store)) return;
    this.store.take(message);
    if (this.leads && message.type === "health" && goal.value !== null && message.time >= goal.value) goal.value = null;
    const stage = this.stage();
    if (!stage) return;
    if (message.type === "snapshot") {
      stage.takeNames(message.vehicles, message.types);
      stage.takeLights(this.store.run.value?.time ?? 0, message.lights);
      stage.takePlaces(message.parks, message.sites, message.units, message.closed);
    } else if (message.type === "names") stage.takeNames(message.vehicles, message.types);
    else if (message.type === "lights") stage.takeLights(message.time, message.states);
    else if (message.type === "places") {
      stage.takePlaces(message.parks, message.sites, message.units, message.closed);
    } else if (message.type === "marks") {
      const { time, type: _, ...marks } = message;
      stage.takeMarks(time, marks);
    }
  }

  private tellRunning(): void {
    const run = this.store.run.value;
    if (!run) return;
    const state = run.state === "running" || run.state === "paused" ? run.state : "stopped";
    this.stage()?.setRunning(state, run.speed);
  }
}

/** What makes no sense before the world is there. */
function belongsToWorld(message: ServerMessage): boolean {
  return message.type !== "hello" && message.type !== "health" && message.type !== "missed";
}

/** The selected and the followed object are watched; of many in a row the first and, soon after, the last. */
export function watching(session: Session, refs: () => readonly Ref[]): () => void {
  let wanted: readonly Ref[] = [];
  let told = "";
  let timer: ReturnType<typeof setTimeout> | null = null;
  const tell = () => {
    timer = null;
    if (wanted.join() === told) return;
    told = wanted.join();
    session.watch(wanted);
    timer = setTimeout(tell, PASSING);
  };
  return effect(() => {
    wanted = refs();
    if (timer === null) tell();
  });
}
