/** Where a recording comes from: a server, or the page itself (`wayside export --html`). */

import { octets, json } from "../net/rest";
import type { Run, World } from "../protocol";

/** number, begin, end [s], size */
export type StretchRow = [number, number, number, number];

export interface RecordingIndex {
  begin: number | null;
  end: number | null;
  /** Whether it goes back to the run's begin. */
  whole: boolean;
  /** How the run ended; null: it goes on, or was killed. */
  ended: { words: string; time: number } | null;
  stretches: StretchRow[];
}

/** What cannot be had is an error in one line. Octets are deflate streams. */
export interface Source {
  index(): Promise<RecordingIndex>;
  stretch(number: number): Promise<ArrayBuffer>;
  track(): Promise<ArrayBuffer>;
  reasons(): Promise<ArrayBuffer>;
}

/** A server's, of the run whose calls lie under a path. */
export const servedAt = (path: string): Source => ({
  index: () => json<RecordingIndex>(`${path}/recording`),
  stretch: (number) => octets(`${path}/recording/stretches/${number}`),
  track: () => octets(`${path}/recording/track`),
  reasons: () => octets(`${path}/recording/reasons`),
});

export const served = servedAt("/api");

/** What stands in the page beside its streams, each of which is an element of its own. */
interface Embedded {
  run: Run;
  world: World;
  index: RecordingIndex;
}

/** The recording that this page holds; null: it is a server's. */
export function embedded(): (Source & { run: Run; world: World }) | null {
  const said = document.getElementById("recording")?.textContent;
  if (!said) return null;
  const { run, world, index } = JSON.parse(said) as Embedded;
  const read = (id: string) =>
    new Promise<ArrayBuffer>((resolve, reject) => {
      const text = document.getElementById(id)?.textContent;
      if (text == null) reject(new Error("this part is not in the page"));
      else resolve(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
    });
  return {
    run,
    world,
    index: () => Promise.resolve(index),
    stretch: (number) => read(`stretch-${number}`),
    track: () => read("track"),
    reasons: () => read("reasons"),
  };
}
