/** Key figures that grow live, each with its curve. */

import { useSignal } from "@preact/signals";
import { decimal, figure } from "../format";
import { charts } from "../state/prefs";
import { beside } from "../state/beside";
import { store } from "../state/store";
import { Button, Empty } from "./bits";
import { Chart } from "./chart";
import { PairFigure } from "./pairfigure";
import { DEFAULTS, drawable, figureOf } from "./series";

export function Figures() {
  const choosing = useSignal(false);
  void store.rows.value;
  const chosen = charts.value ?? DEFAULTS;
  const { history } = store;
  return (
    <div class="panel">
      <div class="listhead">
        <span class="muted">{choosing.value ? "Which figures to draw" : "Over simulation time"}</span>
        <Button
          text
          label={choosing.value ? "Done" : "Choose"}
          expanded={choosing.value}
          onPress={() => (choosing.value = !choosing.value)}
        />
      </div>
      {choosing.value && <Choice chosen={chosen} />}
      {!history.times.length && <Empty>The first figures come a second after the start.</Empty>}
      {history.times.length > 0 && beside.value !== null && chosen.map((name) => <PairFigure key={name} name={name} />)}
      {history.times.length > 0 &&
        beside.value === null &&
        chosen.map((name) => {
          const { label, unit, whole, values } = figureOf(name);
          const column = values(history);
          const last = column?.findLast(Number.isFinite);
          return (
            <figure class="figure" key={name}>
              <figcaption>
                <span>{label}</span>
                <span class="now">
                  {last === undefined || !Number.isFinite(last) ? (
                    <span class="muted">none yet</span>
                  ) : whole ? (
                    decimal(last, 0)
                  ) : (
                    figure(last)
                  )}
                  {unit && last !== undefined && Number.isFinite(last) && <span class="unit"> {unit}</span>}
                </span>
              </figcaption>
              {column && <Chart times={history.times} values={column} label={`${label} over time`} />}
            </figure>
          );
        })}
    </div>
  );
}

function Choice({ chosen }: { chosen: readonly string[] }) {
  const names = drawable(store.history);
  const toggle = (name: string) =>
    (charts.value = chosen.includes(name) ? chosen.filter((other) => other !== name) : [...chosen, name]);
  return (
    <fieldset class="choice">
      <legend class="unseen">Figures</legend>
      {names.map((name) => (
        <label key={name}>
          <input type="checkbox" checked={chosen.includes(name)} onChange={() => toggle(name)} />
          {figureOf(name).label}
        </label>
      ))}
      <Button text label="As at first" onPress={() => (charts.value = null)} />
    </fieldset>
  );
}
