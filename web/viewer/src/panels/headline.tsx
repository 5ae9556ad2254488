/** Over the map on a stage: which city, its clock, and the figures that one can read from the last row. */

import { clock, decimal, figure } from "../format";
import { charts } from "../state/prefs";
import { store } from "../state/store";
import { onStage } from "../state/ui";
import { Button } from "./bits";
import { DEFAULTS, figureOf } from "./series";

const MOST = 4;

export function Headline() {
  if (!onStage.value) return null;
  void store.rows.value;
  const run = store.run.value;
  const shown = (charts.value ?? DEFAULTS)
    .map((name) => ({ ...figureOf(name), last: figureOf(name).values(store.history)?.findLast(Number.isFinite) }))
    .filter((one) => one.last !== undefined)
    .slice(0, MOST);
  return (
    <header class="headline">
      <div>
        <h2>{run?.title || run?.scenario || "wayside"}</h2>
        <p class="muted">{clock(store.health.value?.time ?? run?.time ?? Number.NaN)}</p>
      </div>
      {shown.map(({ name, label, unit, whole, last }) => (
        <div class="headfigure" key={name}>
          <p>
            {whole ? decimal(last!, 0) : figure(last!)}
            {unit && <span class="unit"> {unit}</span>}
          </p>
          <p class="muted">{label}</p>
        </div>
      ))}
      <Button label="All panels again" icon="close" keys="X" onPress={() => (onStage.value = false)} />
    </header>
  );
}
