/** Which figures can be drawn, and how they are made of what the server counts. */

import { sentence, words } from "../format";
import type { History } from "../state/history";

type Column = readonly number[];
type Make = (history: History) => Column | null;

export interface Figure {
  name: string;
  label: string;
  unit: string;
  /** Counted things have no places behind the point. */
  whole?: true;
  values: Make;
}

/** How fast running totals grow, over at least so many seconds. */
const growth =
  (total: Make, by = 1, window = 0): Make =>
  (history) => {
    const column = total(history);
    return column && history.growth(column, window).map((value) => value * by);
  };

const column =
  (name: string, by = 1): Make =>
  (history) =>
    history.column(name)?.map((value) => value * by) ?? null;

/** Of two columns, place by place. */
const both =
  (a: string, b: string, of: (a: number, b: number, time: number) => number): Make =>
  (history) => {
    const [left, right] = [history.column(a), history.column(b)];
    return left && right && left.map((value, row) => of(value, right[row]!, history.times[row]! - history.begin));
  };

const driven = "vehicles.driven_km";
const meanSpeed = "vehicles.mean_speed_m_s";
const drivingSeconds = both(driven, meanSpeed, (km, mean) => (mean > 0 ? (km * 1000) / mean : Number.NaN));

const speedNow: Make = (history) => {
  const [metres, seconds] = [growth(column(driven, 1000), 1, 3)(history), growth(drivingSeconds, 1, 3)(history)];
  return (
    metres && seconds && metres.map((rate, row) => (seconds[row]! > 0 ? (rate / seconds[row]!) * 3.6 : Number.NaN))
  );
};

/** Made here, or deserving better words than their own name. */
const KNOWN: readonly Figure[] = [
  { name: "now.driving", label: "Vehicles driving", unit: "", whole: true, values: growth(drivingSeconds, 1, 3) },
  { name: "now.speed", label: "Mean speed", unit: "km/h", values: speedNow },
  {
    name: "now.messages",
    label: "Messages",
    unit: "per s",
    whole: true,
    values: growth(column("messages.sent"), 1, 3),
  },
  {
    name: "now.bays",
    label: "Bays occupied",
    unit: "",
    whole: true,
    values: growth(
      both("parking.occupancy", "parking.bays", (share, bays, elapsed) => share * bays * elapsed),
      1,
      10,
    ),
  },
  { name: "now.bays_reserved", label: "Bays reserved", unit: "", whole: true, values: column("now.bays_reserved") },
  {
    name: "now.charging",
    label: "Charging power",
    unit: "kW",
    values: growth(column("charging.energy_kwh"), 3600, 10),
  },
  { name: "now.piles_occupied", label: "Piles in use", unit: "", whole: true, values: column("now.piles_occupied") },
  {
    name: "now.charging_queue",
    label: "Waiting for a pile",
    unit: "",
    whole: true,
    values: column("now.charging_queue"),
  },
  { name: meanSpeed, label: "Mean speed of the run", unit: "km/h", values: column(meanSpeed, 3.6) },
  {
    name: "parking.search_time_s",
    label: "Search for a bay, mean",
    unit: "s",
    values: column("parking.search_time_s"),
  },
  {
    name: "parking.walking_distance_m",
    label: "Walk from the bay, mean",
    unit: "m",
    values: column("parking.walking_distance_m"),
  },
  { name: "parking.rejected", label: "Requests without a bay", unit: "%", values: column("parking.rejected", 100) },
  {
    name: "parking.occupancy",
    label: "Bays occupied, mean of the run",
    unit: "%",
    values: column("parking.occupancy", 100),
  },
  { name: "charging.energy_kwh", label: "Energy charged", unit: "kWh", values: column("charging.energy_kwh") },
];

export const DEFAULTS: readonly string[] = [
  "now.driving",
  "now.speed",
  "now.messages",
  "now.bays",
  "parking.search_time_s",
  "now.charging",
  "charging.energy_kwh",
];

/** All that can be drawn of this run. */
export function drawable(history: History): string[] {
  return [...new Set([...KNOWN.map((known) => known.name), ...history.names()])];
}

export function figureOf(name: string): Figure {
  return (
    KNOWN.find((known) => known.name === name) ?? {
      name,
      label: titled(name),
      unit: unitOf(name),
      values: column(name),
    }
  );
}

const UNITS: Record<string, string> = { kwh: "kWh", kw: "kW", km: "km", m_s: "m/s", m: "m", s: "s" };
const UNIT = /_(kwh|kw|km|m_s|m|s)$/;

/** `charging.peak_kw` as "Charging: peak". */
function titled(name: string): string {
  const [group = "", ...rest] = name.split(".");
  return `${sentence(group)}: ${words(rest.join(" ").replace(UNIT, ""))}`;
}

function unitOf(name: string): string {
  return UNITS[UNIT.exec(name)?.[1] ?? ""] ?? "";
}
