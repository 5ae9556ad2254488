/** Calls that a held key asks for faster than the server takes them. */

/** Between the beginnings of two calls, ms: five a second leave the server's ten room for others. */
const PACE = 200;

/** One call under way at a time, and no more than five a second; what is asked for meanwhile is joined into the next. */
export class Gathered<T> {
  private waiting: { what: T } | null = null;
  private busy = false;

  constructor(
    private readonly call: (what: T) => Promise<unknown>,
    private readonly join: (before: T, more: T) => T,
  ) {}

  ask(more: T): void {
    this.waiting = { what: this.waiting ? this.join(this.waiting.what, more) : more };
    if (!this.busy) void this.work();
  }

  private async work(): Promise<void> {
    this.busy = true;
    while (this.waiting) {
      const { what } = this.waiting;
      this.waiting = null;
      await Promise.all([this.call(what), new Promise((done) => setTimeout(done, PACE))]);
    }
    this.busy = false;
  }
}

/** `then`, once nothing more has been asked for so long, ms: with the last. */
export function settled<T>(then: (what: T) => void, quiet: number): (what: T) => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (what) => {
    clearTimeout(timer);
    timer = setTimeout(() => then(what), quiet);
  };
}
