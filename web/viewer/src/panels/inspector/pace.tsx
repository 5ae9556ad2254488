/** How much of its energy a car has, and how much it should have by now, were it given evenly until it leaves. */

import { decimal, duration, energy } from "../../format";
import { num } from "../bits";

/** Wh short of an even pace that count: what the server takes. */
const SHORT = 50;

export function Pace({ of, now }: { of: Record<string, unknown>; now: number }) {
  const [has, wanted, due, leaves] = ["energy_wh", "wanted_wh", "due_wh", "leaves"].map((name) => num(of[name]));
  if (!wanted || has === null || has === undefined) return null;
  const share = (value: number) => 100 * Math.min(1, Math.max(0, value / wanted));
  const late = due !== null && due !== undefined && has < due - SHORT;
  const kept =
    due === null || due === undefined
      ? "no deadline: it leaves when it has what it wants"
      : `${late ? "behind" : "on time"}: by now ${energy(due)}, leaves in ${duration(Math.max(0, (leaves ?? now) - now))}`;
  const words = `${decimal(has / 1000, 1)} of ${energy(wanted)}, ${kept}`;
  return (
    <>
      <svg
        class={`pace${late ? " late" : ""}`}
        viewBox="0 0 100 10"
        preserveAspectRatio="none"
        role="img"
        aria-label={words}
      >
        <title>{words}</title>
        <rect class="whole" x="0" y="2" width="100" height="6" />
        <rect class="has" x="0" y="2" width={share(has)} height="6" />
        {due !== null && due !== undefined && <line class="due" x1={share(due)} x2={share(due)} y1="0" y2="10" />}
      </svg>
      <span class="muted">{kept}</span>
    </>
  );
}
