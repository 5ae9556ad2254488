/** What two runs side by side differ in, as the server counts it. */

import { signal } from "@preact/signals";
import { api } from "../net/rest";
import type { Pairs } from "../protocol";

/** Null where there is one run. */
export const pairs = signal<Pairs | null>(null);

let asked = 0;

/** All of it; what comes later is told by messages. */
export async function loadPairs(): Promise<void> {
  const mine = ++asked;
  const found = await api.pairs().catch(() => null);
  if (mine === asked) pairs.value = found;
}

export function dropPairs(): void {
  asked += 1;
  pairs.value = null;
}

/** More rows; where some are missing, all are asked for. */
export function takePairs(more: { from: number } & Pick<Pairs, "rows" | "counts">): void {
  const now = pairs.value;
  if (!now) return;
  if (more.from > now.rows.length) void loadPairs();
  else pairs.value = { ...now, rows: [...now.rows.slice(0, more.from), ...more.rows], counts: more.counts };
}
