/** How often and how long the scene works. */

/** Frames kept. */
const KEPT = 120;
/** Share of a new frame in the mean. */
const SHARE = 0.1;

export class Meter {
  /** Main-thread work of a frame, ms, a running mean. */
  workMs = 0;
  private times: number[] = [];

  /** A frame was drawn. */
  drawn(now: number): void {
    this.times.push(now);
    if (this.times.length > KEPT) this.times.shift();
  }

  worked(seconds: number): void {
    this.workMs += SHARE * (seconds * 1000 - this.workMs);
  }

  /** Frames drawn in the last second. */
  perSecond(now: number): number {
    return this.times.filter((time) => now - time < 1).length;
  }
}
