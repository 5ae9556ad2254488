/** All that the panels know of the run. Everything is bounded; lists are handed on a few times a second at most. */

import { batch, computed, signal } from "@preact/signals";
import { index, type Index } from "../search";
import { parseRef, ref, TITLES } from "../refs";
import { History } from "./history";
import type { LinkState } from "../net/connection";
import type {
  Health,
  Kpis,
  LogEvent,
  Marks,
  ParkRow,
  Ref,
  Run,
  ServerMessage,
  SiteRow,
  Snapshot,
  UnitRow,
  V2xMessage,
  VehicleRow,
  VehicleTypeRow,
  World,
} from "../protocol";

export const MOST_EVENTS = 500;
export const MOST_MESSAGES = 500;
const MOST_NAMES = 100_000;
/** How often lists reach the panels, ms. */
const PERIOD = 250;
const NO_MARKS: Marks = { hazards: [], requests: [], advice: [], tracks: [], helped: [], drawings: [] };

/** With a number of its own, so that a list can be drawn anew without losing its place. */
export type Numbered<T> = T & { key: number };

export interface Places {
  parks: ReadonlyMap<number, ParkRow>;
  sites: ReadonlyMap<number, SiteRow>;
  units: ReadonlyMap<number, UnitRow>;
  closed: ReadonlySet<number>;
}

export class Store {
  readonly connection = signal<LinkState>({ state: "connecting" });
  readonly rights = signal<readonly string[]>([]);
  readonly control = computed(() => this.rights.value.includes("control"));
  readonly run = signal<Run | null>(null);
  readonly world = signal<World | null>(null);
  readonly health = signal<Health | null>(null);
  readonly missed = signal(0);
  readonly events = signal<readonly Numbered<LogEvent>[]>([]);
  readonly messages = signal<readonly Numbered<V2xMessage>[]>([]);
  readonly places = signal<Places>({ parks: new Map(), sites: new Map(), units: new Map(), closed: new Set() });
  readonly details = signal<ReadonlyMap<Ref, Record<string, unknown> | null>>(new Map());
  readonly marks = signal<Marks>(NO_MARKS);
  /** Grows with every row of `history`. */
  readonly rows = signal(0);
  readonly history = new History();
  readonly lights = new Map<number, string>();
  readonly names = new Map<number, VehicleRow>();
  readonly types = new Map<number, VehicleTypeRow>();
  index: Index = [];

  private key = 0;
  private newEvents: Numbered<LogEvent>[] = [];
  private newMessages: Numbered<V2xMessage>[] = [];
  private parks = new Map<number, ParkRow>();
  private sites = new Map<number, SiteRow>();
  private units = new Map<number, UnitRow>();
  private closed = new Set<number>();
  private placesChanged = false;
  private timer: ReturnType<typeof setTimeout> | null = null;

  /** Another run: nothing of the last one stays. */
  forget(): void {
    this.newEvents = [];
    this.newMessages = [];
    this.parks = new Map();
    this.sites = new Map();
    this.units = new Map();
    this.closed = new Set();
    this.placesChanged = true;
    this.history.clear();
    this.lights.clear();
    this.names.clear();
    this.types.clear();
    this.index = [];
    batch(() => {
      this.world.value = null;
      this.health.value = null;
      this.events.value = [];
      this.messages.value = [];
      this.details.value = new Map();
      this.marks.value = NO_MARKS;
      this.rows.value = 0;
      this.flush();
    });
  }

  /** Another moment of a recording: what holds where one of its stretches begins. */
  rewind(begin: Pick<Snapshot, "lights" | "parks" | "sites" | "units" | "closed" | "messages">): void {
    this.lights.clear();
    this.takeLights(begin.lights);
    this.takePlaces(begin.parks, begin.sites, begin.units, begin.closed);
    this.newMessages = begin.messages.map((sample) => this.numbered(sample));
    batch(() => {
      this.messages.value = [];
      this.marks.value = NO_MARKS;
      this.flush();
    });
  }

  /** Figures and events of a moment of a recording; `anew`: those before it do not belong to it. All events are told. */
  recall(figures: readonly Kpis[], events: readonly LogEvent[], anew: boolean): void {
    if (anew) this.history.clear();
    for (const row of figures) this.history.push(row.time, row.values);
    const [first, last] = [events[0], events.at(-1)];
    const known = this.events.value;
    batch(() => {
      if (known.length !== events.length || known[0]?.text !== first?.text || known.at(-1)?.text !== last?.text) {
        this.events.value = events.map((event) => this.numbered(event));
      }
      if (anew || figures.length) this.rows.value += 1;
    });
  }

  /** A snapshot follows: lists and figures are not those of its moment. */
  forgetMoment(): void {
    this.history.clear();
    this.newEvents = [];
    this.newMessages = [];
    this.lights.clear();
    batch(() => {
      this.events.value = [];
      this.messages.value = [];
      this.marks.value = NO_MARKS;
      this.details.value = new Map();
      this.rows.value += 1;
    });
  }

  setWorld(world: World): void {
    this.index = index(world);
    for (const row of world.types) this.types.set(row[0], row);
    this.world.value = world;
  }

  take(message: ServerMessage): void {
    switch (message.type) {
      case "hello":
        this.rights.value = message.rights;
        break;
      case "run":
        this.history.begin = message.begin;
        this.run.value = message;
        break;
      case "snapshot":
        this.takeVehicles(message.vehicles, message.types);
        this.takeLights(message.lights);
        this.takePlaces(message.parks, message.sites, message.units, message.closed);
        for (const row of message.kpis) this.history.push(row.time, row.values);
        this.newEvents = message.events.map((event) => this.numbered(event));
        this.newMessages = message.messages.map((sample) => this.numbered(sample));
        batch(() => {
          this.events.value = [];
          this.messages.value = [];
          this.rows.value += 1;
          this.flush();
        });
        break;
      case "names":
        this.takeVehicles(message.vehicles, message.types);
        break;
      case "lights":
        this.takeLights(message.states);
        break;
      case "places":
        this.takePlaces(message.parks, message.sites, message.units, message.closed);
        break;
      case "kpis":
        this.history.push(message.time, { ...message.values, ...this.present() });
        this.rows.value += 1;
        break;
      case "events":
        bounded(
          this.newEvents,
          message.events.map((event) => this.numbered(event)),
          MOST_EVENTS,
        );
        this.later();
        break;
      case "messages":
        bounded(
          this.newMessages,
          message.messages.map((sample) => this.numbered(sample)),
          MOST_MESSAGES,
        );
        this.later();
        break;
      case "marks": {
        const { type: _, time: __, hops: ___, ...marks } = message;
        this.marks.value = { ...this.marks.value, ...marks };
        break;
      }
      case "details":
        this.details.value = new Map(this.details.value).set(message.ref, message.object);
        break;
      case "health":
        this.health.value = message;
        break;
      case "missed":
        this.missed.value = message.frames;
        break;
      case "refused":
      case "pairs":
        break;
    }
  }

  /** Details of what nobody looks at any more go. */
  keepDetails(refs: readonly Ref[]): void {
    const kept = [...this.details.value].filter(([of]) => refs.includes(of));
    if (kept.length < this.details.value.size) this.details.value = new Map(kept);
  }

  /** What people call an object: its name or its id. */
  label(of: Ref): string {
    const parsed = parseRef(of);
    if (!parsed) return String(of);
    const { kind, number } = parsed;
    const world = this.world.value;
    const name =
      kind === "vehicle"
        ? this.names.get(number)?.[1]
        : kind === "unit"
          ? world?.units[number]?.id
          : kind === "park"
            ? world?.parks[number]?.name || world?.parks[number]?.id
            : kind === "site"
              ? world?.sites[number]?.id
              : kind === "light"
                ? world?.lights[number]?.id
                : world?.edges.names[number] || world?.edges.ids[number];
    return name ?? `${TITLES[kind].one} ${number}`;
  }

  /** The reference of a vehicle by its id; the newest where an id came twice. */
  vehicleById(id: string): Ref | null {
    let found: Ref | null = null;
    for (const [station, row] of this.names) if (row[1] === id) found = ref("vehicle", station);
    return found;
  }

  /** Sums over the places of the moment, as figures of their own. */
  private present(): Record<string, number> {
    const sum = (rows: Iterable<readonly number[]>, column: number) => {
      let total = 0;
      for (const row of rows) total += row[column] ?? 0;
      return total;
    };
    return {
      "now.bays_reserved": sum(this.parks.values(), 2),
      "now.piles_occupied": sum(this.sites.values(), 1),
      "now.charging_queue": sum(this.sites.values(), 3),
    };
  }

  private takeVehicles(vehicles: readonly VehicleRow[], types: readonly VehicleTypeRow[]): void {
    for (const row of vehicles) this.names.set(row[0], row);
    for (const row of types) this.types.set(row[0], row);
    // The oldest names go first: vehicles that have long left.
    for (const station of this.names.keys()) {
      if (this.names.size <= MOST_NAMES) break;
      this.names.delete(station);
    }
  }

  private takeLights(states: Readonly<Record<string, string>>): void {
    for (const [number, state] of Object.entries(states)) this.lights.set(Number(number), state);
  }

  private takePlaces(
    parks: readonly ParkRow[],
    sites: readonly SiteRow[],
    units: readonly UnitRow[],
    closed: readonly number[] | undefined,
  ): void {
    for (const row of parks) this.parks.set(row[0], row);
    for (const row of sites) this.sites.set(row[0], row);
    for (const row of units) this.units.set(row[0], row);
    if (closed) this.closed = new Set(closed);
    this.placesChanged = true;
    this.later();
  }

  private numbered<T>(item: T): Numbered<T> {
    return { ...item, key: this.key++ };
  }

  private later(): void {
    this.timer ??= setTimeout(() => batch(() => this.flush()), PERIOD);
  }

  private flush(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    if (this.newEvents.length) this.events.value = joined(this.events.value, this.newEvents, MOST_EVENTS);
    if (this.newMessages.length) this.messages.value = joined(this.messages.value, this.newMessages, MOST_MESSAGES);
    this.newEvents = [];
    this.newMessages = [];
    if (this.placesChanged) {
      this.places.value = {
        parks: new Map(this.parks),
        sites: new Map(this.sites),
        units: new Map(this.units),
        closed: this.closed,
      };
    }
    this.placesChanged = false;
  }
}

function bounded<T>(list: T[], more: readonly T[], most: number): void {
  list.push(...more);
  if (list.length > most) list.splice(0, list.length - most);
}

function joined<T>(old: readonly T[], more: readonly T[], most: number): T[] {
  return [...old, ...more].slice(-most);
}

export const store = new Store();
