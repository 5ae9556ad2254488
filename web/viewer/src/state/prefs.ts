/** What a person has chosen for this browser; kept where the browser allows it. */

import { computed, effect, signal, type Signal } from "@preact/signals";

export type Choice = "auto" | "dark" | "light";
export type Motion = "auto" | "reduced" | "full";
export type Tab = "figures" | "messages" | "events" | "table" | "stage";

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

const prefersLight = media("(prefers-color-scheme: light)");
const prefersLess = media("(prefers-reduced-motion: reduce)");

export const themeChoice = kept<Choice>("theme", "auto", among("auto", "dark", "light"));
export const motionChoice = kept<Motion>("motion", "auto", among("auto", "reduced", "full"));
export const tab = kept<Tab>("tab", "figures", among("figures", "messages", "events", "table", "stage"));
export const dockOpen = kept(
  "dock",
  globalThis.innerWidth > 720,
  (value): value is boolean => typeof value === "boolean",
);
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
