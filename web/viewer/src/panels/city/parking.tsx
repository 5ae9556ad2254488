/** All car parks together: how full, how full soon, what they cost, who looks for a bay, what guidance has saved. */

import { decimal, distance, duration, percent, plural } from "../../format";
import { ref } from "../../refs";
import { store } from "../../state/store";
import { Facts, Fill, list, num, record, RefLink, Section, text } from "../bits";
import { aheadOf, inWords, NoForecast } from "./forecast";
import { saved } from "./saved";

/** Rows drawn. */
const MOST_ROWS = 100;

type Row = { number: number; occupied: number; reserved: number; capacity: number; price: number; expected: number[] };

export function ParkingPanel({ details }: { details: Record<string, unknown> | null | undefined }) {
  void store.rows.value;
  const parks = store.world.value?.parks ?? [];
  const rows = details ? fromDetails(details) : fromPlaces();
  const sum = (of: (row: Row) => number) => rows.reduce((total, row) => total + of(row), 0);
  const capacity = num(details?.["capacity"]) ?? sum((row) => row.capacity);
  const occupied = num(details?.["occupied"]) ?? sum((row) => row.occupied);
  const reserved = num(details?.["reserved"]) ?? sum((row) => row.reserved);
  const count = num(details?.["count"]) ?? rows.length;
  const share = capacity ? occupied / capacity : 0;
  const ahead = aheadOf(details?.["forecast"]);
  const expected = list<number>(details?.["expected"]);
  const drivers = record(details?.["drivers"]);
  return (
    <>
      <div class="big">
        <span class="number">{decimal(occupied, 0)}</span>
        <span class="unit">
          of {decimal(capacity, 0)} bays in {plural(count, "car park")}
        </span>
      </div>
      <Fill
        share={share}
        also={capacity ? reserved / capacity : 0}
        words={`${percent(share)} occupied, ${decimal(reserved, 0)} reserved`}
        warn={share >= 0.95}
      />
      <Facts
        rows={[
          ["Occupied now", percent(share)],
          ["Reserved", decimal(reserved, 0)],
          ...ahead.map((seconds, place): [string, string] => [
            inWords(seconds),
            `${decimal(expected[place], 0)} taken or reserved, ${percent((expected[place] ?? 0) / capacity)}`,
          ]),
          !!details && ["Policy", text(details["policy"]).replace(/^.*[:.]/, "")],
        ]}
      />
      <NoForecast of={details?.["forecast"]} policy={details?.["policy"]} />
      {drivers && (
        <Section title="Drivers">
          <Facts
            rows={[
              ["On the way, not near yet", decimal(drivers["heading"], 0)],
              ["Looking for a bay", decimal(drivers["searching"], 0)],
              ["Guided to a bay", decimal(drivers["guided"], 0)],
              num(drivers["unguided"]) ? ["Advised, go their own way", decimal(drivers["unguided"], 0)] : null,
            ]}
          />
        </Section>
      )}
      <SavedSoFar />
      <Section title="Car parks" extra={rows.length < count ? `the ${rows.length} fullest` : "the fullest first"}>
        <table class="places">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Taken</th>
              <th scope="col">{ahead.length ? inWords(ahead.at(-1)!) : ""}</th>
              <th scope="col">Per hour</th>
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, MOST_ROWS).map((row) => (
              <tr key={row.number}>
                <th scope="row">
                  <RefLink of={ref("park", row.number)} label={parks[row.number]?.name || parks[row.number]?.id} />
                  <Fill
                    share={row.capacity ? row.occupied / row.capacity : 0}
                    also={row.capacity ? row.reserved / row.capacity : 0}
                    words={`${row.occupied} occupied, ${row.reserved} reserved of ${row.capacity}`}
                    warn={row.occupied + row.reserved >= row.capacity}
                  />
                </th>
                <td>
                  {decimal(row.occupied, 0)}
                  {row.reserved > 0 && `+${decimal(row.reserved, 0)}`} / {decimal(row.capacity, 0)}
                </td>
                <td>{row.expected.length ? decimal(row.expected.at(-1), 0) : ""}</td>
                <td>{decimal(row.price, 2)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {rows.length > MOST_ROWS && <p class="muted">And {rows.length - MOST_ROWS} more: the table panel has all.</p>}
      </Section>
    </>
  );
}

function SavedSoFar() {
  const { guided, blind, each, total, metres } = saved((name) => store.history.last(name));
  const line = (group: typeof guided) =>
    group ? `${duration(group.seconds)}, of ${decimal(group.searches, 0)}` : "nobody";
  return (
    <Section title="Saved so far">
      <Facts
        rows={[
          ["Mean search with a unit", line(guided)],
          ["Mean search without", line(blind)],
          total !== null && [total < 0 ? "Search lost in all" : "Search saved in all", duration(Math.abs(total))],
          metres !== null && [metres < 0 ? "Driven more" : "Cruising saved", distance(Math.abs(metres))],
        ]}
      />
      <p class="said">
        {each === null
          ? "Nobody to compare with yet: one run shows it where some drivers have a unit and others have none."
          : "The difference of the means, for each search with a unit. Both drive in this run, and each takes bays from the other: what guidance does to a city, two runs show (wayside compare)."}
      </p>
    </Section>
  );
}

function fromDetails(details: Record<string, unknown>): Row[] {
  return list<number[]>(details["parks"]).map(([number, occupied, reserved, price, ...expected]) => ({
    number: number!,
    occupied: occupied!,
    reserved: reserved!,
    price: price!,
    expected,
    capacity: store.world.value?.parks[number!]?.capacity ?? 0,
  }));
}

/** As a recording has them, and before the server has answered. */
function fromPlaces(): Row[] {
  const world = store.world.value;
  return [...store.places.value.parks.values()]
    .map(([number, occupied, reserved]) => ({
      number,
      occupied,
      reserved,
      capacity: world?.parks[number]?.capacity ?? 0,
      price: world?.parks[number]?.price_per_hour ?? 0,
      expected: [],
    }))
    .sort((a, b) => (b.occupied + b.reserved) / (b.capacity || 1) - (a.occupied + a.reserved) / (a.capacity || 1));
}
