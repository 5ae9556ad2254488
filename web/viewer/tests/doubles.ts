/** Small stand-ins that the tests share. */

import { vi } from "vitest";
import type { OpenedMessage, Run, V2xMessage, World } from "../src/protocol";
import type { Scene } from "../src/scene/api";
import type { Socket } from "../src/net/connection";

export function world(run = "r1"): World {
  return {
    run,
    scenario: "town",
    title: "A town",
    bounds: [0, 0, 1000, 800],
    kinds: ["cam", "denm"],
    routine: [1, 0],
    range: 300,
    losses: false,
    edges: {
      ids: ["e0", "e1", ":j_0", "main_2"],
      names: ["Main Street", "Main Street", "", "Harbour Road"],
      internal: [0, 0, 1, 0],
    },
    lanes: { ids: [], edge: [], width: [], kind: [], shapes: [] },
    junctions: { ids: [], shapes: [] },
    lights: [{ id: "j1", x: 1, y: 2, heads: [] }],
    buildings: [],
    areas: [],
    parks: [{ id: "p0", name: "Harbour", kind: "kerb", x: 5, y: 5, edge: 0, capacity: 9, price_per_hour: 1, bays: [] }],
    sites: [{ id: "s0", x: 9, y: 9, limit_w: 1e5, groups: [] }],
    units: [{ id: "rsu_main", x: 1, y: 1, apps: ["signals"], light: 0 }],
    types: [[0, "car", "passenger", 4.5, 1.8, 1.5]],
  };
}

export function message(changes: Partial<V2xMessage> = {}): V2xMessage {
  return {
    time: 1,
    kind: "cam",
    from: "vehicle/1",
    to: null,
    at_vehicles: 1,
    at_units: 0,
    content: {},
    number: 5,
    delay_ms: 0.9,
    lost: {},
    length: 2,
    size: 46,
    public: true,
    ...changes,
  };
}

export function opened(changes: Partial<OpenedMessage> = {}): OpenedMessage {
  return {
    ...message(),
    headers: {
      bytes: "ffffffffffff",
      length: 6,
      decoded: [
        [0, "Ethernet", ""],
        [1, "destination", "ff:ff:ff:ff:ff:ff"],
      ],
    },
    bytes: "0202",
    decoded: [[1, "header", ""]],
    standard: "EN 302 637-2",
    problem: null,
    ...changes,
  };
}

export function run(changes: Partial<Run> = {}): Run {
  return {
    type: "run",
    run: "r1",
    scenario: "town",
    title: "A town",
    seed: 1,
    state: "running",
    time: 10,
    begin: 0,
    end: 3600,
    speed: 1,
    step_length: 0.1,
    words: "",
    ...changes,
  };
}

/** Every method is a spy; `takeFrame` gives a number to acknowledge. */
export function scene(): Scene {
  const methods = [
    "setWorld",
    "takeNames",
    "takeRecorded",
    "showAt",
    "takeLights",
    "takePlaces",
    "takeMarks",
    "setRunning",
    "select",
    "setView",
    "follow",
    "setScale",
    "fit",
    "locate",
  ];
  const made: Record<string, unknown> = Object.fromEntries(methods.map((name) => [name, vi.fn()]));
  made["stations"] = vi.fn(() => []);
  made["takeFrame"] = vi.fn((frame: ArrayBuffer) => frame.byteLength);
  return made as unknown as Scene;
}

export class FakeSocket implements Socket {
  static all: FakeSocket[] = [];
  binaryType = "blob";
  readyState = 0;
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  sent: string[] = [];
  closed = false;

  constructor(
    readonly url: string,
    readonly protocols: string[],
  ) {
    FakeSocket.all.push(this);
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.(undefined as never);
  }

  fail(code = 1006): void {
    this.readyState = 3;
    this.onclose?.({ code, reason: "" });
  }

  say(data: unknown): void {
    this.onmessage?.({ data });
  }

  send(text: string): void {
    this.sent.push(text);
  }

  close(): void {
    this.closed = true;
    this.readyState = 3;
  }
}
