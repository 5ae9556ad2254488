/** One figure over time, in uPlot. */

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { clock } from "../format";
import { scale, theme } from "../state/prefs";

const HEIGHT = 56;

export function Chart({
  times,
  values,
  label,
}: {
  times: readonly number[];
  values: readonly number[];
  label: string;
}) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const data = useRef<uPlot.AlignedData>([[], []]);
  data.current = [times as number[], values.map((value) => (Number.isFinite(value) ? value : null))];

  useEffect(() => {
    const element = host.current!;
    const colours = getComputedStyle(document.documentElement);
    const colour = (name: string) => colours.getPropertyValue(name).trim();
    const made = new uPlot(
      {
        width: Math.max(60, element.clientWidth),
        height: HEIGHT * scale.value,
        padding: [4, 0, 0, 0],
        legend: { show: false },
        cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false }, sync: { key: "wayside" } },
        scales: {
          x: { time: false },
          // From nought, so that a small change looks small.
          y: { range: (_, least, most) => [Math.min(0, least ?? 0), (most ?? 0) > 0 ? most * 1.1 : 1] },
        },
        axes: [{ show: false }, { show: false }],
        series: [
          {},
          {
            stroke: colour("--accent"),
            width: 1.5,
            fill: colour("--accent-wash"),
            points: { show: false },
            spanGaps: true,
          },
        ],
        hooks: { setCursor: [(self) => tell(element, self)] },
      },
      data.current,
      element,
    );
    plot.current = made;
    const sizes = new ResizeObserver(() =>
      made.setSize({ width: Math.max(60, element.clientWidth), height: element.clientHeight }),
    );
    sizes.observe(element);
    return () => {
      sizes.disconnect();
      made.destroy();
      plot.current = null;
    };
    // Made anew with the theme: uPlot draws with the colours that it was given.
  }, [theme.value, scale.value]);

  useEffect(() => plot.current?.setData(data.current), [times.length, times.at(-1), values.at(-1)]);

  return <div class="chart" ref={host} role="img" aria-label={label} data-tip="" />;
}

/** What stands under the cursor is written beside it, by CSS. */
function tell(element: HTMLElement, plot: uPlot): void {
  const row = plot.cursor.idx;
  const value = row === null || row === undefined ? null : plot.data[1]?.[row];
  const time = row === null || row === undefined ? null : plot.data[0][row];
  const known = value !== null && value !== undefined && time !== null && time !== undefined;
  element.dataset["tip"] = known ? `${clock(time)}   ${value.toLocaleString("en", { maximumFractionDigits: 2 })}` : "";
}
