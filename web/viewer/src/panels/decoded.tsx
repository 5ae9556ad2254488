/** A message as a tree, and its octets beside what they say. */

import { Fragment } from "preact";
import { words } from "../format";
import { isRef } from "../refs";
import { RefLink } from "./bits";
import type { Line } from "../protocol";

const MOST_ITEMS = 60;
const DEEPEST = 12;

/** Unit by the end of a name: `speed_m_s`. */
const UNITS: readonly (readonly [RegExp, string])[] = [
  [/_m_s2$/, "m/s²"],
  [/_m_s$/, "m/s"],
  [/_deg$/, "°"],
  [/_kwh$/, "kWh"],
  [/_wh$/, "Wh"],
  [/_kw$/, "kW"],
  [/_w$/, "W"],
  [/_ms$/, "ms"],
  [/_s$/, "s"],
  [/_m$/, "m"],
];

/** `speed_m_s` as "speed" and "m/s". */
export function named(name: string): { name: string; unit: string } {
  for (const [end, unit] of UNITS) if (end.test(name)) return { name: words(name.replace(end, "")), unit };
  return { name: words(name), unit: "" };
}

export function Tree({ value, depth = 0 }: { value: unknown; depth?: number }) {
  if (depth > DEEPEST) return <span class="muted">(deeper)</span>;
  if (isRef(value)) return <RefLink of={value} />;
  if (typeof value !== "object" || value === null) return <Leaf value={value} />;
  const entries: [string, unknown][] = Array.isArray(value)
    ? value.slice(0, MOST_ITEMS).map((item, place) => [String(place + 1), item])
    : Object.entries(value).slice(0, MOST_ITEMS);
  const count = Array.isArray(value) ? value.length : Object.keys(value).length;
  if (!count) return <span class="muted">{Array.isArray(value) ? "empty list" : "nothing"}</span>;
  // A list of plain numbers is one line.
  if (Array.isArray(value) && value.every((item) => typeof item !== "object")) {
    return (
      <span class="value">
        {entries.map(([, item]) => plain(item)).join(", ") + (count > MOST_ITEMS ? ", ..." : "")}
      </span>
    );
  }
  // A list of points is one, too.
  if (Array.isArray(value) && value.every(isPoint)) {
    return (
      <span class="value">
        {value
          .slice(0, MOST_ITEMS)
          .map((point) => `(${point.map(plain).join(", ")})`)
          .join(" ") + (count > MOST_ITEMS ? " ..." : "")}
      </span>
    );
  }
  return (
    <dl class="tree">
      {entries.map(([key, item]) => {
        const { name, unit } = named(key);
        const nested = typeof item === "object" && item !== null;
        return (
          <Fragment key={key}>
            <dt>{name}</dt>
            <dd class={nested ? "nested" : ""}>
              <Tree value={item} depth={depth + 1} />
              {!nested && unit && item !== null && <span class="unit"> {unit}</span>}
            </dd>
          </Fragment>
        );
      })}
      {count > MOST_ITEMS && <dt class="muted">and {count - MOST_ITEMS} more</dt>}
    </dl>
  );
}

function isPoint(item: unknown): item is number[] {
  return Array.isArray(item) && item.length > 0 && item.length < 4 && item.every((part) => typeof part === "number");
}

function Leaf({ value }: { value: unknown }) {
  return value === null || value === undefined ? (
    <span class="muted">none</span>
  ) : (
    <span class="value">{plain(value)}</span>
  );
}

function plain(value: unknown): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : String(Number(value.toFixed(3)));
  return String(value);
}

/** Rows of 8: offset, hexadecimal, characters. */
export function hexRows(hex: string): { offset: string; bytes: string; characters: string }[] {
  const bytes = hex.match(/[0-9a-f]{2}/gi) ?? [];
  const rows = [];
  for (let start = 0; start < bytes.length; start += 8) {
    const row = bytes.slice(start, start + 8);
    rows.push({
      offset: start.toString(16).padStart(4, "0"),
      bytes: row.join(" "),
      characters: row
        .map((byte) => {
          const code = Number.parseInt(byte, 16);
          return code >= 32 && code < 127 ? String.fromCharCode(code) : "·";
        })
        .join(""),
    });
  }
  return rows;
}

export function Bytes({ hex, length, label }: { hex: string; length: number; label: string }) {
  const rows = hexRows(hex);
  const shown = Math.floor(hex.length / 2);
  return (
    <pre class="hex" tabIndex={0} aria-label={`${label}: ${shown} octets, hexadecimal`}>
      {rows.map(({ offset, bytes, characters }) => (
        <Fragment key={offset}>
          <span class="offset">{offset}</span> {bytes.padEnd(23)} <span class="characters">{characters}</span>
          {"\n"}
        </Fragment>
      ))}
      {length > shown && <span class="muted">and {length - shown} octets more</span>}
    </pre>
  );
}

/** What octets say, line by line; who has parts stands above them. */
export function Lines({ of, label }: { of: readonly Line[]; label: string }) {
  const least = Math.min(...of.map(([depth]) => depth));
  return (
    <ol class="lines" tabIndex={0} aria-label={`${label}: what the octets say`}>
      {of.map(([depth, name, text], place) => (
        <li key={place} style={{ paddingLeft: `${Math.min(depth - least, DEEPEST) * 0.9}rem` }}>
          <span class="name">{name}</span> <span class="value">{text}</span>
        </li>
      ))}
    </ol>
  );
}
