import { describe, expect, it } from "vitest";
import {
  applied,
  decode,
  Fate,
  FrameError,
  lost,
  type Delta,
  type Frame,
  type Keyframe,
  type Rows,
} from "../src/frames";

interface Vector {
  hex: string;
  error?: string;
  header?: { type: number; flags: number; sequence: number; count: number; time: number; wall: number };
  keyframe?: string;
  reference?: number;
  rows?: Record<string, (number | boolean | null)[]>;
  full?: Record<string, number[]>;
  gone?: number[];
  state?: Record<string, number[]>;
  sent?: number;
  arcs?: Record<string, (number | boolean)[]>;
}

const files = import.meta.glob<Vector>("../../../tests/web/vectors/*.json", { eager: true, import: "default" });
const vectors = new Map(Object.entries(files).map(([path, vector]) => [path.split("/").at(-1)!.slice(0, -5), vector]));

function bytes(name: string): ArrayBuffer {
  const pairs = vectors.get(name)!.hex.match(/../g) ?? [];
  return Uint8Array.from(pairs, (pair) => parseInt(pair, 16)).buffer;
}

function read<T extends Frame["type"]>(name: string, type: T): Extract<Frame, { type: T }> {
  const frame = decode(bytes(name));
  expect(frame.type).toBe(type);
  return frame as Extract<Frame, { type: T }>;
}

function inUnits(rows: Rows): Record<string, number[]> {
  const cut = (column: ArrayLike<number>, factor: number) => Array.from(column, (v) => v * factor).slice(0, rows.count);
  return {
    id: cut(rows.id, 1),
    x: cut(rows.x, 0.01),
    y: cut(rows.y, 0.01),
    angle: cut(rows.angle, 360 / 65536),
    speed: cut(rows.speed, 0.25),
    flags: cut(rows.flags, 1),
  };
}

function close(seen: Record<string, (number | boolean)[]>, wanted: Record<string, (number | boolean | null)[]>): void {
  for (const [name, column] of Object.entries(wanted)) {
    expect(seen[name], name).toHaveLength(column.length);
    column.forEach((value, i) => expect(Number(seen[name][i]), `${name} ${i}`).toBeCloseTo(Number(value), 6));
  }
}

describe("test vectors", () => {
  it("are there", () => expect(vectors.size).toBeGreaterThan(10));

  for (const [name, vector] of vectors) {
    if (vector.error) {
      it(`refuses ${name}`, () => expect(() => decode(bytes(name))).toThrow(FrameError));
      continue;
    }
    it(`reads the header of ${name}`, () => {
      const frame = decode(bytes(name));
      const header = vector.header!;
      expect(["keyframe", "delta", "charge", "packets"].indexOf(frame.type) + 1).toBe(header.type);
      expect(frame).toMatchObject({
        sequence: header.sequence,
        time: header.time,
        packed: header.wall,
        paused: (header.flags & 1) === 1,
      });
    });
    it(`refuses ${name} cut or lengthened by a byte`, () => {
      const whole = bytes(name);
      expect(() => decode(whole.slice(0, -1))).toThrow(FrameError);
      const longer = new Uint8Array(whole.byteLength + 1);
      longer.set(new Uint8Array(whole));
      expect(() => decode(longer.buffer)).toThrow(FrameError);
    });
    if (vector.state)
      it(`applies ${name}`, () => {
        const keyframe = read(vector.keyframe!, "keyframe");
        const rows = applied(keyframe, read(name, "delta"));
        const order = Array.from(rows.id.slice(0, rows.count).keys()).sort((i, j) => rows.id[i] - rows.id[j]);
        const columns = inUnits(rows);
        const sorted = Object.fromEntries(Object.entries(columns).map(([key, c]) => [key, order.map((i) => c[i])]));
        close(sorted, vector.state!);
      });
  }

  it("reads all columns of a keyframe", () =>
    close(inUnits(read("keyframe", "keyframe").rows), vectors.get("keyframe")!.rows!));

  it("reads all columns of a delta", () => {
    const frame = read("delta", "delta");
    const vector = vectors.get("delta")!;
    const column = (values: ArrayLike<number>, factor: number) => Array.from(values, (v) => v * factor);
    close(
      {
        dx: column(frame.dx, 0.01),
        dy: column(frame.dy, 0.01),
        turn: column(frame.turn, 360 / 256),
        speed: column(frame.speed, 0.25),
      },
      vector.rows!,
    );
    close(inUnits(frame.full), vector.full!);
    expect(Array.from(frame.gone)).toEqual(vector.gone);
    expect(frame.reference).toBe(vector.reference);
  });

  it("reads charges", () => {
    const soc = vectors.get("charge")!.rows!.soc;
    expect(Array.from(read("charge", "charge").charge, (v) => (v === 255 ? null : v / 250))).toEqual(soc);
  });

  it("reads packets and arcs", () => {
    const frame = read("packets", "packets");
    const { rows, arcs, sent } = vectors.get("packets")!;
    expect(frame.sent).toBe(sent);
    close(
      {
        sender: Array.from(frame.sender),
        x: Array.from(frame.x, (v) => v / 100),
        y: Array.from(frame.y, (v) => v / 100),
        at_vehicles: Array.from(frame.atVehicles),
        at_units: Array.from(frame.atUnits),
        kind: Array.from(frame.kind),
        from_unit: Array.from(frame.flags, (v) => v & 1),
      },
      rows!,
    );
    close(
      {
        packet: Array.from(frame.arcs.packet),
        receiver: Array.from(frame.arcs.receiver),
        at_unit: Array.from(frame.arcs.flags, (v) => v & 1),
        lost: Array.from(frame.arcs.flags, (v) => lost(v) !== null),
        fate: Array.from(frame.arcs.flags, (v) => lost(v) ?? Fate.Received),
      },
      arcs!,
    );
  });
});

describe("what does not fit together", () => {
  const changed = (name: string, edit: (view: DataView) => void) => {
    const copy = bytes(name);
    edit(new DataView(copy));
    return copy;
  };

  it("is refused: an arc of a packet that is not there", () => {
    const arcs = 32 + 8 + 3 * 18;
    expect(() => decode(changed("packets", (view) => view.setUint16(arcs, 3, true)))).toThrow(/arc of packet 3/);
  });

  it("is refused: reserved fields and flags that are set", () => {
    expect(() => decode(changed("delta", (view) => view.setUint32(44, 1, true)))).toThrow(/reserved/);
    expect(() => decode(changed("charge", (view) => view.setUint32(36, 1, true)))).toThrow(/reserved/);
    expect(() => decode(changed("keyframe", (view) => view.setUint8(5, 2)))).toThrow(/flags/);
    expect(() => decode(changed("keyframe", (view) => view.setFloat64(16, NaN, true)))).toThrow(/time/);
  });

  it("is refused: a delta of another keyframe, or of more rows than that has", () => {
    const keyframe = decode(bytes("keyframe")) as Keyframe;
    const delta = decode(bytes("delta")) as Delta;
    expect(() => applied({ ...keyframe, sequence: 6 }, delta)).toThrow(/relative to 7, not to 6/);
    const short = decode(bytes("keyframe-empty")) as Keyframe;
    expect(() => applied({ ...short, sequence: 7 }, delta)).toThrow(FrameError);
  });
});
