/** A made-up city and its traffic, for the benchmark: a grid of streets, every vehicle under way. */

import type { Shape, VehicleRow, World } from "../protocol";

/** Between two streets, m. */
const BLOCK = 110;
const HEADER = 32;

/** A city of `lanes` lanes; each street has one each way, cut at every crossing. */
export function makeWorld(lanes: number): World {
  // n streets each way of n - 1 pieces with two lanes: 4 n (n - 1) lanes.
  const n = Math.ceil((1 + Math.sqrt(1 + lanes)) / 2);
  const size = (n - 1) * BLOCK;
  const shapes: Shape[] = [];
  for (let street = 0; street < n; street++)
    for (let piece = 0; piece < n - 1; piece++)
      for (const [upright, back] of [
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1],
      ]) {
        if (shapes.length === lanes) break;
        const across = street * BLOCK + (back ? -1 : 1) * (upright ? 1 : -1) * 1.6;
        const [a, b] = [piece * BLOCK + 8, (piece + 1) * BLOCK - 8];
        // A slight bend, as streets have: five points to a lane.
        const line: Shape = [0, 0.25, 0.5, 0.75, 1].flatMap((f) => {
          const along = back ? b + (a - b) * f : a + (b - a) * f;
          const aside = across + Math.sin(f * Math.PI) * 0.4;
          return upright ? [aside, along] : [along, aside];
        });
        shapes.push(line);
      }
  const buildings: World["buildings"] = [];
  for (let i = 0; i < n - 1 && buildings.length < 2000; i++)
    for (let j = 0; j < n - 1 && buildings.length < 2000; j++) {
      const [x, y] = [i * BLOCK + 22, j * BLOCK + 22];
      const w = 30 + ((i * 7 + j * 13) % 30);
      buildings.push({
        shape: [x, y, x + w, y, x + w, y + 40, x, y + 40],
        height: 8 + ((i * 31 + j * 17) % 40),
        kind: "",
      });
    }
  return {
    run: "bench",
    scenario: "bench",
    title: "bench",
    bounds: [0, 0, size, size],
    kinds: ["cam"],
    routine: [1],
    losses: false,
    range: 300,
    edges: { ids: shapes.map((_, i) => `e${i}`), names: shapes.map(() => ""), internal: shapes.map(() => 0) },
    lanes: {
      ids: shapes.map((_, i) => `e${i}_0`),
      edge: shapes.map((_, i) => i),
      width: shapes.map(() => 3.2),
      kind: shapes.map(() => "road"),
      shapes,
    },
    junctions: { ids: [], shapes: [] },
    lights: [],
    buildings,
    areas: [{ shape: [0, 0, size, 0, size, size, 0, size], kind: "park" }],
    parks: [],
    sites: [],
    units: [],
    types: [[0, "car", "passenger", 4.5, 1.8, 1.5]],
  };
}

/** Vehicles that drive up and down the streets of such a city, and the frames that a server would send of them. */
export class Traffic {
  readonly x: Float64Array;
  readonly y: Float64Array;
  private readonly angle: Float64Array;
  private readonly speed: Float64Array;
  private readonly size: number;
  private key: { sequence: number; x: Int32Array; y: Int32Array; angle: Uint16Array } | null = null;
  private sequence = 0;
  time = 0;

  constructor(
    readonly count: number,
    world: World,
  ) {
    this.size = world.bounds[2];
    this.x = new Float64Array(count);
    this.y = new Float64Array(count);
    this.angle = new Float64Array(count);
    this.speed = new Float64Array(count);
    const streets = Math.round(this.size / BLOCK) + 1;
    // A fixed sequence without a seed: the same city every time.
    let state = 12345;
    const random = () => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648;
    for (let i = 0; i < count; i++) {
      const along = random() * this.size;
      const across = Math.floor(random() * streets) * BLOCK;
      const quarter = Math.floor(random() * 4);
      this.angle[i] = quarter * 90;
      this.speed[i] = 6 + 8 * random();
      const side = quarter < 2 ? 1.6 : -1.6;
      [this.x[i], this.y[i]] = quarter % 2 === 0 ? [across + side, along] : [along, across - side];
    }
  }

  names(): VehicleRow[] {
    return Array.from({ length: this.count }, (_, i) => [i, `v${i}`, 0, 1, 0]);
  }

  /** A tenth of a second later: the frame, every tenth of them a keyframe. */
  step(): ArrayBuffer {
    this.time += 0.1;
    for (let i = 0; i < this.count; i++) {
      const angle = (this.angle[i] * Math.PI) / 180;
      this.x[i] = this.within(this.x[i] + Math.sin(angle) * this.speed[i] * 0.1);
      this.y[i] = this.within(this.y[i] + Math.cos(angle) * this.speed[i] * 0.1);
    }
    this.sequence++;
    return !this.key || this.sequence % 10 === 1 ? this.keyframe() : this.delta(this.key);
  }

  private within(value: number): number {
    return value < 0 ? value + this.size : value > this.size ? value - this.size : value;
  }

  private header(bytes: DataView, type: number): void {
    bytes.setUint32(0, 0x31595357, true);
    bytes.setUint8(4, type);
    bytes.setUint32(8, this.sequence, true);
    bytes.setUint32(12, this.count, true);
    bytes.setFloat64(16, this.time, true);
    bytes.setFloat64(24, performance.now() / 1000, true);
  }

  private keyframe(): ArrayBuffer {
    const n = this.count;
    const bytes = new ArrayBuffer(HEADER + 16 * n);
    this.header(new DataView(bytes), 1);
    const x = Int32Array.from(this.x, (v) => Math.round(v * 100));
    const y = Int32Array.from(this.y, (v) => Math.round(v * 100));
    const angle = Uint16Array.from(this.angle, (v) => (v * 65536) / 360);
    new Uint32Array(bytes, HEADER, n).set(Uint32Array.from({ length: n }, (_, i) => i));
    new Int32Array(bytes, HEADER + 4 * n, n).set(x);
    new Int32Array(bytes, HEADER + 8 * n, n).set(y);
    new Uint16Array(bytes, HEADER + 12 * n, n).set(angle);
    new Uint8Array(bytes, HEADER + 14 * n, n).set(Uint8Array.from(this.speed, (v) => v * 4));
    this.key = { sequence: this.sequence, x, y, angle };
    return bytes;
  }

  /** Who came round to the other side of the city is sent in full. */
  private delta(key: NonNullable<Traffic["key"]>): ArrayBuffer {
    const n = this.count;
    const far: number[] = [];
    const dx = Int16Array.from(this.x, (v, i) => Math.round(v * 100) - key.x[i]);
    const dy = Int16Array.from(this.y, (v, i) => Math.round(v * 100) - key.y[i]);
    for (let i = 0; i < n; i++) {
      const away = Math.abs(this.x[i] * 100 - key.x[i]) + Math.abs(this.y[i] * 100 - key.y[i]);
      if (away > 30000) {
        far.push(i);
        dx[i] = dy[i] = 0;
      }
    }
    const bytes = new ArrayBuffer(HEADER + 16 + 6 * n + 16 * far.length);
    const view = new DataView(bytes);
    this.header(view, 2);
    view.setUint32(32, key.sequence, true);
    view.setUint32(36, far.length, true);
    let at = HEADER + 16;
    new Int16Array(bytes, at, n).set(dx);
    new Int16Array(bytes, at + 2 * n, n).set(dy);
    new Uint8Array(bytes, at + 5 * n, n).set(Uint8Array.from(this.speed, (v) => v * 4));
    at += 6 * n;
    far.forEach((i, row) => {
      view.setUint32(at + 4 * row, i, true);
      view.setInt32(at + 4 * (far.length + row), Math.round(this.x[i] * 100), true);
      view.setInt32(at + 4 * (2 * far.length + row), Math.round(this.y[i] * 100), true);
      view.setUint16(at + 12 * far.length + 2 * row, key.angle[i], true);
      view.setUint8(at + 14 * far.length + row, this.speed[i] * 4);
    });
    return bytes;
  }
}
