/** The city as a table: what the canvas shows, for screen readers and for whoever prefers to read. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { decimal, percent, power, speed } from "../format";
import { KINDS, ref, TITLES, type Kind } from "../refs";
import { store } from "../state/store";
import { scene, selected, show } from "../state/ui";
import { Button } from "./bits";
import type { Ref } from "../protocol";

/** Rows of a page, and how often they are read anew, ms. */
const PAGE = 50;
const PERIOD = 2000;

type Row = { ref: Ref; name: string; cells: string[] };

const HEADS: Record<Kind, readonly string[]> = {
  vehicle: ["Speed", "Battery", "State"],
  unit: ["State", "Vehicles known"],
  park: ["Occupied", "Reserved", "Bays"],
  site: ["Plugged in", "Waiting", "Power"],
  light: ["State"],
  edge: ["State"],
};

export function Table() {
  const kind = useSignal<Kind>("vehicle");
  const filter = useSignal("");
  const page = useSignal(0);
  const tick = useSignal(0);
  useEffect(() => {
    const timer = setInterval(() => (tick.value += 1), PERIOD);
    return () => clearInterval(timer);
  }, []);
  void tick.value;
  const { rows, count } = rowsOf(kind.value, filter.value.trim().toLowerCase(), page.value * PAGE);
  const last = Math.max(0, Math.ceil(count / PAGE) - 1);
  if (page.value > last) page.value = last;
  const many = TITLES[kind.value].many;
  return (
    <div class="panel">
      <div class="filters">
        <label>
          <span class="unseen">Kind</span>
          <select
            value={kind.value}
            onChange={(event) => {
              kind.value = event.currentTarget.value as Kind;
              page.value = 0;
            }}
          >
            {KINDS.map((name) => (
              <option key={name} value={name}>
                {TITLES[name].many}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span class="unseen">Filter by id or name</span>
          <input
            type="search"
            placeholder="id or name"
            value={filter.value}
            onInput={(event) => (filter.value = event.currentTarget.value)}
          />
        </label>
      </div>
      <table>
        <caption>
          {decimal(count, 0)} {many.toLowerCase()}
          {count > PAGE && `, ${page.value * PAGE + 1} to ${Math.min(count, (page.value + 1) * PAGE)}`}
        </caption>
        <thead>
          <tr>
            <th scope="col">Name</th>
            {HEADS[kind.value].map((head) => (
              <th scope="col" key={head}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.ref} aria-current={selected.value === row.ref ? "true" : undefined}>
              <th scope="row">
                <button type="button" class="reference" title={row.name} onClick={() => show(row.ref)}>
                  {row.name}
                </button>
              </th>
              {row.cells.map((cell, place) => (
                <td key={place}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {count > PAGE && (
        <div class="listhead">
          <Button
            text
            label="Earlier"
            hindered={page.value === 0 ? "This is the first page." : ""}
            onPress={() => (page.value -= 1)}
          />
          <Button
            text
            label="Later"
            hindered={page.value >= last ? "This is the last page." : ""}
            onPress={() => (page.value += 1)}
          />
        </div>
      )}
    </div>
  );
}

/** One page of what fits, and how much there is; cells are only made for the page. */
function rowsOf(kind: Kind, wanted: string, from: number): { rows: Row[]; count: number } {
  const fitting: { number: number; name: string }[] = [];
  const offer = (number: number, name: string, more = "") => {
    if (!wanted || name.toLowerCase().includes(wanted) || more.toLowerCase().includes(wanted))
      fitting.push({ number, name });
  };
  const world = store.world.value;
  if (kind === "vehicle") {
    for (const station of scene.value?.stations() ?? [])
      offer(station, store.names.get(station)?.[1] ?? String(station));
  } else if (kind === "unit") world?.units.forEach((unit, number) => offer(number, unit.id));
  else if (kind === "park") world?.parks.forEach((park, number) => offer(number, park.name || park.id, park.id));
  else if (kind === "site") world?.sites.forEach((site, number) => offer(number, site.id));
  else if (kind === "light") world?.lights.forEach((light, number) => offer(number, light.id));
  else {
    world?.edges.ids.forEach((id, number) => {
      if (!world.edges.internal[number]) offer(number, world.edges.names[number] || id, id);
    });
  }
  const rows = fitting
    .slice(from, from + PAGE)
    .map(({ number, name }) => ({ ref: ref(kind, number), name, cells: cells(kind, number) }));
  return { rows, count: fitting.length };
}

function cells(kind: Kind, number: number): string[] {
  const places = store.places.value;
  if (kind === "vehicle") {
    const vehicle = scene.value?.vehicle(number);
    if (!vehicle) return ["gone", "", ""];
    const states = [
      vehicle.parked && "parked",
      ["", "looking for a bay", "guided to a bay"][vehicle.parking],
      ["", "bound for a pile", "plugged in"][vehicle.charging],
    ].filter(Boolean);
    return [speed(vehicle.speed), vehicle.soc === null ? "" : percent(vehicle.soc), states.join(", ") || "driving"];
  }
  if (kind === "unit") {
    const row = places.units.get(number);
    return row ? [row[1] ? "on" : "off", decimal(row[2], 0)] : ["", ""];
  }
  if (kind === "park") {
    const row = places.parks.get(number);
    return [
      row ? decimal(row[1], 0) : "",
      row ? decimal(row[2], 0) : "",
      decimal(store.world.value?.parks[number]?.capacity, 0),
    ];
  }
  if (kind === "site") {
    const row = places.sites.get(number);
    return row ? [decimal(row[1], 0), decimal(row[3], 0), power(row[4])] : ["", "", ""];
  }
  if (kind === "light") return [store.lights.get(number) ?? ""];
  return [places.closed.has(number) ? "closed" : "open"];
}
