/** What a person has chosen for this browser; kept where the browser allows it. */

import { computed, effect, signal, type Signal } from "@preact/signals";

export type Choice = "auto" | "dark" | "light";
export type Motion = "auto" | "reduced" | "full";
export type Size = "auto" | "small" | "medium" | "large" | "huge";
export type Tab = "figures" | "city" | "messages" | "events" | "table" | "stage";

function kept<T>(name: string, initial: T, valid: (value: unknown) => value is T): Signal<T> {
  const key = `wayside.${name}`;
  let value = initial;
  try {
    const found: unknown = JSON.parse(localStorage.getItem(key) ?? "null");
    if (valid(found)) value = found;
  } catch {
    // No storage, or not ours: as on a first visit.
  }
  const kept = signal(value);
  effect(() => {
    try {
      localStorage.setItem(key, JSON.stringify(kept.value));
    } catch {
      // Private windows may forbid it.
    }
  });
  return kept;
}

function among<T extends string>(...values: T[]): (value: unknown) => value is T {
  return (value): value is T => values.includes(value as T);
}

function media(query: string): Signal<boolean> {
  const list = globalThis.matchMedia?.(query);
  const holds = signal(list?.matches ?? false);
  list?.addEventListener("change", () => (holds.value = list.matches));
  return holds;
}

/** The window's size, CSS pixels. */
const extent = signal<[number, number]>([globalThis.innerWidth ?? 0, globalThis.innerHeight ?? 0]);
globalThis.addEventListener?.("resize", () => (extent.value = [innerWidth, innerHeight]));

const prefersLight = media("(prefers-color-scheme: light)");
const prefersLess = media("(prefers-reduced-motion: reduce)");

export const themeChoice = kept<Choice>("theme", "auto", among("auto", "dark", "light"));
export const motionChoice = kept<Motion>("motion", "auto", among("auto", "reduced", "full"));
export const sizeChoice = kept<Size>("size", "auto", among("auto", "small", "medium", "large", "huge"));
export const tab = kept<Tab>("tab", "figures", among("figures", "city", "messages", "events", "table", "stage"));
export const dockOpen = kept(
  "dock",
  globalThis.innerWidth > 720,
  (value): value is boolean => typeof value === "boolean",
);
/** Whether the legend lies open; on a phone it is opened by hand. */
export const legendOpen = kept(
  "legend",
  globalThis.innerWidth > 720,
  (value): value is boolean => typeof value === "boolean",
);
/** Whether the sentence for first-time visitors has been read. */
export const welcomed = kept("welcomed", false, (value): value is boolean => typeof value === "boolean");
export const charts = kept<string[] | null>(
  "charts",
  null,
  (value): value is string[] => Array.isArray(value) && value.every((name) => typeof name === "string"),
);

export const theme = computed<"dark" | "light">(() =>
  themeChoice.value === "auto" ? (prefersLight.value ? "light" : "dark") : themeChoice.value,
);
export const reducedMotion = computed(() =>
  motionChoice.value === "auto" ? prefersLess.value : motionChoice.value === "reduced",
);

const SCALES: Record<Exclude<Size, "auto">, number> = { small: 0.9, medium: 1, large: 1.35, huge: 2 };

/** How large text and signs are on a window of so many CSS pixels: 1 up to 1920 x 1080, 2 on 3840 x 2160. */
export function scaleFor(width: number, height: number): number {
  const wanted = Math.min(width / 1920, height / 1080);
  return Math.min(3, Math.max(1, Math.round(wanted * 8) / 8));
}

/** Of text and signs, 1: medium. */
export const scale = computed(() =>
  sizeChoice.value === "auto" ? scaleFor(...extent.value) : SCALES[sizeChoice.value],
);
