/** Numbers as people read them. All of it takes SI units. No line is broken between a number and its unit. */

const LOCALE = "en";
/** Between a number and its unit. */
export const SPACE = "\u00a0";
const whole = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 });

/** A clock of the simulation: 1:02:03, with tenths if asked for. */
export function clock(seconds: number, tenths = false): string {
  if (!Number.isFinite(seconds)) return "-:--:--";
  const sign = seconds < 0 ? "-" : "";
  const units = Math.floor(Math.abs(seconds) * 10 + 1e-6);
  const total = Math.floor(units / 10);
  const [hours, minutes, rest] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  const text = `${sign}${hours}:${pad(minutes)}:${pad(rest)}`;
  return tenths ? `${text}.${units % 10}` : text;
}

/** Seconds out of "90", "1:30", "1:02:03.5"; null where it is none of these. */
export function parseClock(text: string): number | null {
  const match = /^\s*(?:(?:(\d+):)?(\d{1,3}):)?(\d+(?:\.\d*)?)\s*$/.exec(text);
  if (!match) return null;
  return Number(match[1] ?? 0) * 3600 + Number(match[2] ?? 0) * 60 + Number(match[3]);
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}

/** At most `digits` places behind the point; a word instead of what is no number. */
export function decimal(value: unknown, digits = 1): string {
  if (typeof value !== "number" || !Number.isFinite(value)) return "none";
  if (digits === 0 || Math.abs(value) >= 1000) return whole.format(value);
  return value.toLocaleString(LOCALE, { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** With three significant places, for key figures of any size. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return "none";
  const size = Math.abs(value);
  if (size >= 100_000) return `${decimal(value / 1000, 0)}k`;
  return decimal(value, size >= 100 || Number.isInteger(value) ? 0 : size >= 10 ? 1 : 2);
}

/** m/s as km/h. */
export function speed(metresPerSecond: unknown): string {
  return typeof metresPerSecond === "number" ? `${decimal(metresPerSecond * 3.6, 0)}${SPACE}km/h` : "none";
}

/** W as kW. */
export function power(watts: unknown): string {
  if (typeof watts !== "number") return "none";
  return `${decimal(watts / 1000, Math.abs(watts) < 99_950 ? 1 : 0)}${SPACE}kW`;
}

/** Wh as kWh. */
export function energy(wattHours: unknown): string {
  return typeof wattHours === "number" ? `${decimal(wattHours / 1000, 1)}${SPACE}kWh` : "none";
}

/** A share of 1 as per cent. */
export function percent(share: unknown): string {
  return typeof share === "number" && Number.isFinite(share) ? `${decimal(share * 100, 0)}${SPACE}%` : "none";
}

/** m, or km when long. */
export function distance(metres: unknown): string {
  if (typeof metres !== "number") return "none";
  return Math.abs(metres) >= 1000 ? `${decimal(metres / 1000, 2)}${SPACE}km` : `${decimal(metres, 0)}${SPACE}m`;
}

/** A span of time: 45 s, 3 min 20 s, 1 h 5 min. */
export function duration(seconds: unknown): string {
  if (typeof seconds !== "number" || !Number.isFinite(seconds)) return "none";
  const total = Math.round(seconds);
  if (total < 60) return `${total}${SPACE}s`;
  if (total < 3600) return `${Math.floor(total / 60)}${SPACE}min ${total % 60}${SPACE}s`;
  return `${Math.floor(total / 3600)}${SPACE}h ${Math.floor(total / 60) % 60}${SPACE}min`;
}

/** A number with its unit of measure, which may be any or none. */
export function measured(value: number, unit: string): string {
  if (unit === "s") return duration(value);
  if (unit === "m") return distance(value);
  return `${decimal(value, Math.abs(value) < 10 ? 1 : 0)}${unit && SPACE}${unit}`;
}

/** A factor of real time; null: as fast as possible. */
export function factor(value: number | null): string {
  return value === null ? "max" : `${Number(value.toPrecision(3))}×`;
}

/** A message kind: `cam` as "CAM", `parking-request` as "parking request". */
export function kindName(kind: string): string {
  return /^[a-z]{3,7}$/.test(kind) ? kind.toUpperCase() : words(kind);
}

/** "1 vehicle", "1,200 vehicles". */
export function plural(count: number, what: string): string {
  return `${decimal(count, 0)} ${what}${count === 1 ? "" : "s"}`;
}

/** Words as the begin of a sentence. */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `parking_request` and `publicTransport` as "parking request" and "public transport"; what stands for a unit is left
 * to the caller. */
export function words(name: string): string {
  return name
    .replace(/[_-]+/g, " ")
    .replace(/([a-z])([A-Z])(?=[a-z])/g, (_, end, begin) => `${end} ${begin.toLowerCase()}`);
}
