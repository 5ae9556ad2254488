/** A figure of two runs side by side: both lines, their difference, and what that has come to. */

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { differences, onto, soFar } from "../differences";
import { clock, decimal, figure as figureText, SPACE } from "../format";
import { other } from "../state/beside";
import { pairs } from "../state/pairs";
import { scale, theme } from "../state/prefs";
import { store } from "../state/store";
import { figureOf, type Figure } from "./series";

const HEIGHT = 56;
const STRIP = 26;

/** A number with its sign, as a difference is told. */
export function signed(value: number, whole = false): string {
  if (!Number.isFinite(value)) return "none yet";
  const text = whole ? decimal(Math.abs(value), 0) : figureText(Math.abs(value));
  return /^[0.]+$/.test(text) ? text : `${value < 0 ? "−" : "+"}${text}`;
}

export function PairFigure({ name }: { name: string }) {
  void store.rows.value;
  void other.rows.value;
  const made: Figure = figureOf(name);
  const { label, unit, whole } = made;
  const { times } = store.history;
  const first = made.values(store.history);
  const theirs = made.values(other.history);
  const second = first && theirs && onto(times, other.history, theirs);
  const differ = first && second && differences(first, second);
  const [a, b] = [first?.findLast(Number.isFinite), theirs?.findLast(Number.isFinite)];
  const last = differ?.findLast(Number.isFinite);
  const sum = differ && soFar(times, differ, unit, name.startsWith("now."));
  const text = (value: number | undefined) =>
    value === undefined ? "none yet" : whole ? decimal(value, 0) : figureText(value);
  const [left, right] = pairs.value?.arms ?? ["first", "second"];
  return (
    <figure class="figure paired">
      <figcaption>
        <span>
          {label}
          {unit && <span class="muted"> {unit}</span>}
        </span>
        <span class="both">
          <b class="first" title={left}>
            {text(a)}
          </b>
          <b class="second" title={right}>
            {text(b)}
          </b>
        </span>
      </figcaption>
      {first && second && differ && (
        <PairChart
          times={times}
          first={first}
          second={second}
          differ={differ}
          label={`${label} of both runs over time`}
        />
      )}
      {last !== undefined && sum && (
        <p class="difference">
          difference <b>{signed(last, whole)}</b>
          {sum.what === "total" ? (
            <span class="muted"> so far</span>
          ) : (
            <span class="muted">
              , {sum.what === "mean" ? "on average" : "in all"} <b>{signed(sum.value)}</b>
              {sum.unit && `${SPACE}${sum.unit}`}
            </span>
          )}
        </p>
      )}
    </figure>
  );
}

interface Columns {
  times: readonly number[];
  first: readonly number[];
  second: readonly number[];
  differ: readonly number[];
}

/** uPlot knows null alone. */
const known = (values: readonly number[]) => values.map((value) => (Number.isFinite(value) ? value : null));

function PairChart({ label, ...columns }: Columns & { label: string }) {
  const lines = useRef<HTMLDivElement>(null);
  const strip = useRef<HTMLDivElement>(null);
  const plots = useRef<[uPlot, uPlot] | null>(null);
  const data = useRef<[uPlot.AlignedData, uPlot.AlignedData]>([[[]], [[]]]);
  const times = columns.times as number[];
  data.current = [
    [times, known(columns.first), known(columns.second)],
    [times, known(columns.differ)],
  ];
  useEffect(() => {
    const [over, under] = [lines.current!, strip.current!];
    const colours = getComputedStyle(document.documentElement);
    const colour = (name: string) => colours.getPropertyValue(name).trim();
    const base = (element: HTMLElement, height: number): uPlot.Options => ({
      width: Math.max(60, element.clientWidth),
      height: height * scale.value,
      padding: [4, 0, 0, 0],
      legend: { show: false },
      cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false }, sync: { key: "wayside" } },
      axes: [{ show: false }, { show: false }],
      series: [{}],
    });
    const thin = { width: 1.5, points: { show: false }, spanGaps: true };
    const above = new uPlot(
      {
        ...base(over, HEIGHT),
        // From nought, so that a small change looks small.
        scales: {
          x: { time: false },
          y: { range: (_, least, most) => [Math.min(0, least ?? 0), (most ?? 0) * 1.1 || 1] },
        },
        series: [{}, { stroke: colour("--accent"), ...thin }, { stroke: colour("--other"), dash: [5, 3], ...thin }],
        hooks: { setCursor: [(plot) => tell(over, plot)] },
      },
      data.current[0],
      over,
    );
    const below = new uPlot(
      {
        ...base(under, STRIP),
        scales: {
          x: { time: false },
          y: {
            range: (_, least, most) => {
              const reach = Math.max(Math.abs(least ?? 0), Math.abs(most ?? 0)) * 1.1 || 1;
              return [-reach, reach];
            },
          },
        },
        series: [{}, { stroke: colour("--text"), fill: colour("--accent-wash"), fillTo: 0, ...thin, width: 1 }],
        hooks: { setCursor: [(plot) => tell(under, plot)] },
      },
      data.current[1],
      under,
    );
    plots.current = [above, below];
    const sizes = new ResizeObserver(() => {
      above.setSize({ width: Math.max(60, over.clientWidth), height: over.clientHeight });
      below.setSize({ width: Math.max(60, under.clientWidth), height: under.clientHeight });
    });
    sizes.observe(over);
    return () => {
      sizes.disconnect();
      above.destroy();
      below.destroy();
      plots.current = null;
    };
    // Made anew with the theme: uPlot draws with the colours that it was given.
  }, [theme.value, scale.value]);
  useEffect(() => {
    plots.current?.forEach((plot, place) => plot.setData(data.current[place]!));
  }, [times.length, times.at(-1), columns.second.at(-1), columns.differ.findLast(Number.isFinite)]);
  return (
    <div role="img" aria-label={label}>
      <div class="chart" ref={lines} data-tip="" />
      <div class="chart strip" ref={strip} data-tip="" />
    </div>
  );
}

/** What stands under the cursor is written beside it, by CSS. */
function tell(element: HTMLElement, plot: uPlot): void {
  const row = plot.cursor.idx;
  const time = row === null || row === undefined ? null : plot.data[0][row];
  const values = plot.data.slice(1).map((column) => (row === null || row === undefined ? null : column[row]));
  const told = values.map((value) =>
    value === null || value === undefined ? "none" : value.toLocaleString("en", { maximumFractionDigits: 2 }),
  );
  element.dataset["tip"] = time === null || time === undefined ? "" : `${clock(time)}   ${told.join("   ")}`;
}
