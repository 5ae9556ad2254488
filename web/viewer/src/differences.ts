/** A figure of two runs: both on the same times, their difference, and what that has come to so far. */

import type { History } from "./state/history";

/** A column of another history at these times, straight lines between its own; NaN where it does not reach. */
export function onto(times: readonly number[], of: History, column: readonly number[]): number[] {
  const theirs = of.times;
  let place = 0;
  return times.map((time) => {
    while (place < theirs.length && theirs[place]! < time) place += 1;
    if (place >= theirs.length) return Number.NaN;
    const right = column[place]!;
    if (theirs[place] === time) return right;
    if (place === 0) return Number.NaN;
    const [from, to] = [theirs[place - 1]!, theirs[place]!];
    const left = column[place - 1]!;
    return left + ((right - left) * (time - from)) / (to - from);
  });
}

export function differences(first: readonly number[], second: readonly number[]): number[] {
  return first.map((value, row) => value - second[row]!);
}

/** What differences of figures of a moment come to: their sum over time, in words of its own, or their mean. */
const SUMS: Readonly<Record<string, { by: number; unit: string }>> = {
  "": { by: 1 / 3600, unit: "h" },
  kW: { by: 1 / 3600, unit: "kWh" },
  "per s": { by: 1, unit: "" },
};

export interface SoFar {
  value: number;
  unit: string;
  what: "sum" | "mean" | "total";
}

/** `ofMoment`: it tells of the last seconds, and not of the run so far, whose difference is the sum already. */
export function soFar(times: readonly number[], values: readonly number[], unit: string, ofMoment: boolean): SoFar {
  if (!ofMoment) return { value: values.findLast(Number.isFinite) ?? Number.NaN, unit, what: "total" };
  let [area, seconds] = [0, 0];
  for (let row = 1; row < times.length; row++) {
    const mean = (values[row]! + values[row - 1]!) / 2;
    if (!Number.isFinite(mean)) continue;
    area += mean * (times[row]! - times[row - 1]!);
    seconds += times[row]! - times[row - 1]!;
  }
  const sum = SUMS[unit];
  if (seconds === 0) return { value: Number.NaN, unit: sum?.unit ?? unit, what: sum ? "sum" : "mean" };
  return sum ? { value: area * sum.by, unit: sum.unit, what: "sum" } : { value: area / seconds, unit, what: "mean" };
}
