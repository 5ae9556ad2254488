/** A slow turn around what is looked at. */

import { effect, signal } from "@preact/signals";
import { reducedMotion } from "./state/prefs";
import { scene } from "./state/ui";

/** Degrees a second. */
const TURN = 4;
/** ms. */
const BEAT = 50;

export const orbiting = signal(false);

effect(() => {
  if (!orbiting.value || reducedMotion.value) return;
  let then = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    const turned = (TURN * Math.min(now - then, 500)) / 1000;
    then = now;
    const view = scene.value?.view();
    if (view) scene.value!.setView({ bearing: (view.bearing + turned) % 360 }, true);
  }, BEAT);
  return () => clearInterval(timer);
});
