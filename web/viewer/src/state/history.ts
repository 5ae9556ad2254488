/** Key figures over time, one column each, thinned so that a day takes no more room than an hour. */

export class History {
  readonly times: number[] = [];
  /** The run's begin, s. */
  begin = 0;
  private readonly columns = new Map<string, number[]>();

  constructor(readonly limit = 1200) {}

  /** What is not newer than the last is left out; a figure that was not there before has NaN until now. */
  push(time: number, values: Readonly<Record<string, number>>): void {
    if (!Number.isFinite(time) || time <= (this.times.at(-1) ?? -Infinity)) return;
    this.times.push(time);
    for (const name of Object.keys(values)) {
      if (!this.columns.has(name)) this.columns.set(name, new Array<number>(this.times.length - 1).fill(Number.NaN));
    }
    for (const [name, column] of this.columns) {
      const value = values[name];
      column.push(typeof value === "number" ? value : Number.NaN);
    }
    if (this.times.length > this.limit) this.thin();
  }

  clear(): void {
    this.times.length = 0;
    this.columns.clear();
  }

  names(): string[] {
    return [...this.columns.keys()].sort();
  }

  column(name: string): readonly number[] | null {
    return this.columns.get(name) ?? null;
  }

  last(name: string): number | null {
    const value = this.columns.get(name)?.at(-1);
    return value === undefined || Number.isNaN(value) ? null : value;
  }

  /** How fast a running total grows, per second of simulation time: the mean over at least `window` s until then. */
  growth(total: readonly number[], window = 0): number[] {
    let from = 0;
    return total.map((value, row) => {
      while (from + 1 < row && this.times[row]! - this.times[from + 1]! >= window) from += 1;
      // A figure that came later than the first row.
      while (from < row && Number.isNaN(total[from]!)) from += 1;
      return row === from ? Number.NaN : (value - total[from]!) / (this.times[row]! - this.times[from]!);
    });
  }

  /** Every other point of the older half goes. */
  private thin(): void {
    const half = this.times.length >> 1;
    for (const column of [this.times, ...this.columns.values()]) {
      const kept = column.filter((_, row) => row >= half || row % 2 === 0);
      column.length = 0;
      column.push(...kept);
    }
  }
}
