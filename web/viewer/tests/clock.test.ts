import { describe, expect, it } from "vitest";
import { atRest, createClock, EXTRAPOLATE, frameCame, lag, setRunning, tick, type Clock } from "../src/clock";

/** A server and a screen driven by hand: frames every `interval` of wall clock, each `step` of simulation later. */
class Stage {
  clock: Clock = createClock();
  now = 1000;
  time = 3600;
  drawn: number[] = [];
  private next = 1000;

  constructor(
    public interval = 0.1,
    public step = 0.1,
    private readonly jitter: () => number = () => 0,
  ) {}

  frame(paused = false, packed = this.now): void {
    frameCame(this.clock, this.time, packed + 500, paused, this.now);
  }

  /** Run for `seconds` at 60 screens a second. */
  run(seconds: number, frames = true): this {
    const end = this.now + seconds;
    let late = this.next + this.jitter();
    while (this.now < end) {
      if (frames && this.now >= late) {
        this.time += this.step;
        frameCame(this.clock, this.time, this.next + 500, false, this.now);
        this.next += this.interval;
        late = this.next + this.jitter();
      }
      tick(this.clock, this.now);
      this.drawn.push(this.clock.drawn);
      this.now += 1 / 60;
    }
    if (!frames) this.next = this.now;
    return this;
  }

  /** Steps of the drawn time over the last `seconds`, as a rate. */
  rates(seconds: number): number[] {
    const tail = this.drawn.slice(-Math.round(seconds * 60));
    return tail.slice(1).map((value, i) => (value - tail[i]) * 60);
  }
}

describe("a steady stream", () => {
  for (const [interval, step, name] of [
    [0.1, 0.1, "10 Hz at real time"],
    [1, 1, "steps of 1 s"],
    [0.1, 1, "ten times real time"],
    [0.2, 0.02, "a tenth of real time"],
  ] as const)
    it(`${name}: drawn evenly, 1.5 intervals behind`, () => {
      const stage = new Stage(interval, step).run(15);
      const rate = step / interval;
      for (const seen of stage.rates(5)) expect(Math.abs(seen / rate - 1)).toBeLessThan(0.05);
      // Just before a frame comes it is half an interval behind, just after 1.5.
      expect(lag(stage.clock)).toBeGreaterThan(0.3 * interval);
      expect(lag(stage.clock)).toBeLessThan(1.8 * interval + 0.05);
      expect(stage.clock.stalled).toBe(false);
    });

  it("stays smooth under jitter of 40 ms", () => {
    let n = 0;
    const stage = new Stage(0.1, 0.1, () => [0, 0.04, 0.01, 0.03, 0.02][n++ % 5]).run(15);
    for (const seen of stage.rates(5)) expect(Math.abs(seen - 1)).toBeLessThan(0.25);
  });

  it("never goes back", () => {
    let n = 0;
    const stage = new Stage(0.1, 0.1, () => [0, 0.09, 0, 0.05][n++ % 4]).run(10);
    for (const seen of stage.rates(10)) expect(seen).toBeGreaterThanOrEqual(0);
  });
});

describe("pause", () => {
  it("comes to rest exactly at the paused frame's time", () => {
    const stage = new Stage().run(3);
    stage.time += 0.1;
    stage.frame(true);
    stage.run(1, false);
    expect(stage.clock.drawn).toBe(stage.time);
    expect(atRest(stage.clock)).toBe(true);
    expect(tick(stage.clock, stage.now + 1)).toBe(false);
  });

  it("comes to rest exactly when the run's state is told first", () => {
    const stage = new Stage().run(3);
    setRunning(stage.clock, "paused", 1, stage.now);
    stage.run(0.1, false);
    stage.time += 0.1;
    stage.frame(true);
    stage.run(1, false);
    expect(stage.clock.drawn).toBe(stage.time);
    expect(stage.clock.stalled).toBe(false);
  });

  it("draws back what was extrapolated", () => {
    const stage = new Stage().run(3);
    stage.run(0.4, false);
    expect(stage.clock.drawn).toBeGreaterThan(stage.clock.newest);
    setRunning(stage.clock, "paused", 1, stage.now);
    stage.run(0.1, false);
    expect(stage.clock.drawn).toBe(stage.clock.newest);
  });

  it("shows a single step within a quarter of a second, and ends on it", () => {
    const stage = new Stage().run(3);
    stage.frame(true);
    stage.run(1, false);
    stage.time += 1;
    stage.frame(true);
    stage.run(0.1, false);
    expect(stage.clock.drawn).toBeGreaterThan(stage.time - 0.8);
    expect(stage.clock.drawn).toBeLessThan(stage.time);
    stage.run(0.2, false);
    expect(stage.clock.drawn).toBe(stage.time);
  });

  it("goes on without a leap and without having stalled", () => {
    const stage = new Stage().run(3);
    setRunning(stage.clock, "paused", 1, stage.now);
    stage.frame(true);
    stage.run(20, false);
    const before = stage.clock.drawn;
    setRunning(stage.clock, "running", 1, stage.now);
    stage.run(0.3);
    expect(stage.clock.drawn - before).toBeLessThan(0.4);
    expect(stage.clock.stalled).toBe(false);
    stage.run(5);
    for (const seen of stage.rates(1)) expect(Math.abs(seen - 1)).toBeLessThan(0.1);
  });
});

describe("changes", () => {
  it("follows another speed within a second", () => {
    const stage = new Stage().run(5);
    setRunning(stage.clock, "running", 10, stage.now);
    stage.step = 1;
    stage.run(3);
    for (const seen of stage.rates(1)) expect(Math.abs(seen / 10 - 1)).toBeLessThan(0.1);
    setRunning(stage.clock, "running", 1, stage.now);
    stage.step = 0.1;
    stage.run(4);
    for (const seen of stage.rates(1)) expect(Math.abs(seen - 1)).toBeLessThan(0.1);
  });

  it("comes back to real time at once after a stretch as fast as possible", () => {
    const stage = new Stage(0.1, 5).run(4);
    stage.step = 0.1;
    stage.run(1.2);
    for (const seen of stage.rates(0.5)) expect(seen).toBeLessThan(1.6);
  });

  it("jumps when the time does, in either way", () => {
    const stage = new Stage().run(2);
    stage.time = 7200;
    expect(frameCame(stage.clock, 7200, stage.now + 500, false, stage.now)).toBe("jump");
    expect(stage.clock.drawn).toBe(7200);
    expect(frameCame(stage.clock, 100, stage.now + 500.1, false, stage.now + 0.1)).toBe("jump");
    expect(stage.clock.drawn).toBe(100);
  });

  it("takes the same moment again without moving", () => {
    const stage = new Stage().run(2);
    expect(frameCame(stage.clock, stage.time, stage.now + 500, false, stage.now)).toBe("same");
  });

  it("does not mind a tab asleep for a minute", () => {
    const stage = new Stage().run(3);
    for (let i = 0; i < 600; i++) {
      stage.time += 0.1;
      stage.now += 0.1;
      stage.frame();
    }
    tick(stage.clock, stage.now);
    expect(Math.abs(lag(stage.clock))).toBeLessThan(0.3);
  });
});

describe("starved", () => {
  it("extrapolates 0.3 s at most, then says so, and recovers", () => {
    const stage = new Stage().run(3);
    stage.run(0.3, false);
    expect(stage.clock.stalled).toBe(false);
    stage.run(1, false);
    expect(stage.clock.stalled).toBe(true);
    expect(stage.clock.drawn - stage.clock.newest).toBeCloseTo(EXTRAPOLATE, 6);
    stage.run(3);
    expect(stage.clock.stalled).toBe(false);
    for (const seen of stage.rates(0.5)) expect(Math.abs(seen - 1)).toBeLessThan(0.2);
  });

  it("does not call steps of 1 s starved", () => {
    const stage = new Stage(1, 1);
    for (let i = 0; i < 200; i++) {
      stage.run(0.1);
      if (stage.now > 1004) expect(stage.clock.stalled).toBe(false);
    }
  });

  it("draws nothing before the first frame", () => {
    const clock = createClock();
    expect(tick(clock, 1)).toBe(false);
    expect(clock.drawn).toBeNaN();
    expect(lag(clock)).toBe(0);
  });
});
