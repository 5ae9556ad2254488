/** How a scene is to look, as a person has chosen: one, or two side by side alike. */

import { effect } from "@preact/signals";
import { LAYERS } from "../link";
import { reducedMotion, scale, theme } from "./prefs";
import { colourBy, hiddenKinds, hiddenMarks, layers, litMark } from "./ui";
import type { Scene } from "../scene/api";
import type { Store } from "./store";

/** Keeps it so until what is answered is called. */
export function dress(scene: Scene, store: Store): () => void {
  let shown: readonly string[] | null = null;
  const all = [
    effect(() => scene.setTheme(theme.value)),
    effect(() => scene.setReducedMotion(reducedMotion.value)),
    effect(() => scene.setScale(scale.value)),
    effect(() => scene.setColourBy(colourBy.value)),
    effect(() => {
      for (const layer of LAYERS) {
        const on = layers.value.includes(layer);
        if (shown === null || shown.includes(layer) !== on) scene.setLayer(layer, on);
      }
      shown = layers.value;
    }),
    effect(() => scene.setEmphasis({ hidden: hiddenMarks.value, lit: litMark.value })),
    effect(() => {
      const kinds = store.world.value?.kinds ?? [];
      const lit = litMark.value;
      const only = lit?.startsWith("message.") ? lit.slice("message.".length) : null;
      scene.setKinds(
        new Set(
          kinds.flatMap((kind, place) =>
            hiddenKinds.value.has(kind) || (only !== null && kind !== only) ? [] : [place],
          ),
        ),
      );
    }),
  ];
  return () => all.forEach((stop) => stop());
}
