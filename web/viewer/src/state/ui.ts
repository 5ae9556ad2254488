/** What is looked at, and what lies open. */

import { signal } from "@preact/signals";
import { DEFAULT_LAYERS } from "../link";
import type { Ref } from "../protocol";
import type { ColourBy, Layer, Scene, SceneStats, View } from "../scene/api";

export type Dialog = "keys" | "start" | "goto" | "restart" | "against" | null;

export interface Toast {
  key: number;
  level: "info" | "warning";
  text: string;
  action?: { label: string; run: () => void };
}

/** Null until it is made, or where it could not be. */
export const scene = signal<Scene | null>(null);
export const trouble = signal<string | null>(null);
export const stats = signal<SceneStats | null>(null);
/** Stalled for longer than a busy moment. */
export const stalled = signal(false);
export const view = signal<View | null>(null);

export const selected = signal<Ref | null>(null);
export const following = signal<Ref | null>(null);
export const hovered = signal<{ ref: Ref; left: number; top: number } | null>(null);
/** Whose details a panel wants besides: of the city's services as wholes. */
export const panelWatches = signal<readonly Ref[]>([]);
export const colourBy = signal<ColourBy>("kind");
export const layers = signal<readonly Layer[]>(DEFAULT_LAYERS);
/** Message kinds that are not shown, by name. */
export const hiddenKinds = signal<ReadonlySet<string>>(new Set());
/** Keys of what the legend has left out, and what is pointed at in it. */
export const hiddenMarks = signal<ReadonlySet<string>>(new Set());
export const litMark = signal<string | null>(null);
/** The next click on the map is for this. */
export const placing = signal<{ words: string; take: (x: number, y: number) => void } | null>(null);
export const dialog = signal<Dialog>(null);
export const viewMenu = signal(false);
/** The map, a headline and captions alone: for a big screen and an audience. */
export const onStage = signal(false);
/** The run is on its way to this time, s. */
export const goal = signal<number | null>(null);
/** A speed that was asked for and is not the run's yet; null inside: as fast as possible. */
export const speedWish = signal<{ speed: number | null } | null>(null);
export const toasts = signal<readonly Toast[]>([]);

let key = 0;
const LIFE = 7000;

/** Said in a corner, and to screen readers. One that offers something stays until it is answered. */
export function toast(text: string, level: Toast["level"] = "info", action?: Toast["action"]): void {
  const said: Toast = { key: key++, level, text, ...(action ? { action } : {}) };
  // The same words twice are one.
  toasts.value = [...toasts.value.filter((other) => other.text !== text), said].slice(-4);
  if (!action) setTimeout(() => dismiss(said.key), LIFE);
}

export function dismiss(which: number): void {
  toasts.value = toasts.value.filter((other) => other.key !== which);
}

export function toggleLayer(layer: Layer): void {
  const now = layers.value;
  layers.value = now.includes(layer) ? now.filter((other) => other !== layer) : [...now, layer];
}

/** Select and, where it can be placed, go there. */
export function show(ref: Ref, closeUp = 350): void {
  selected.value = ref;
  const at = scene.value?.locate(ref);
  if (!at || !scene.value) return;
  if (following.value && following.value !== ref) follow(null);
  scene.value.setView({ ...at, span: Math.min(scene.value.view().span, closeUp) });
}

export function follow(ref: Ref | null): void {
  following.value = ref;
  scene.value?.follow(ref);
}
