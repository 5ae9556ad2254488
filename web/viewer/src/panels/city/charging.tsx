/** The tree of limits, live: what each node may, what its piles are granted, what they draw; queue and forecast of each
 * site, prices, and whether cars are on time. */

import { useSignal } from "@preact/signals";
import { decimal, duration, plural, power } from "../../format";
import { ref } from "../../refs";
import { store } from "../../state/store";
import { Button, Empty, Facts, list, num, record, RefLink, Section, text } from "../bits";
import { aheadOf, inWords, NoForecast } from "./forecast";
import { bar, rowsOf, type Nodes, type Row } from "./tree";

/** Rows drawn at once; a feeder of more than so many is closed at first. */
const PAGE = 80;
const MANY = 24;

interface Figure {
  name: string;
  unit: string;
  values: readonly (number | null)[];
}

export function ChargingPanel({ details }: { details: Record<string, unknown> | null | undefined }) {
  void store.rows.value;
  if (!details) return <FromPlaces />;
  const nodes = details["nodes"] as Nodes;
  const vehicles = record(details["vehicles"]) ?? {};
  const roots = nodes.parent.flatMap((up, node) => (up < 0 ? [node] : []));
  const drawn = roots.reduce((sum, node) => sum + (nodes.drawn_w[node] ?? 0), 0);
  const name = (of: unknown) => text(of).replace(/^.*[:.]/, "");
  const meters = list(details["meters"]);
  return (
    <>
      <div class="big">
        <span class="number">{decimal(drawn / 1000, 0)}</span>
        <span class="unit">kW drawn by {plural(store.world.value?.sites.length ?? 0, "site")}</span>
      </div>
      <Facts
        rows={[
          ["Plugged in", decimal(vehicles["plugged"], 0)],
          ["On the way to a pile", decimal(vehicles["bound"], 0)],
          ["With a deadline", decimal(vehicles["with_deadline"], 0)],
          ["Behind an even pace", decimal(vehicles["behind"], 0)],
          ["Piles given by", name(details["policy"])],
          ["Power shared by", name(details["power"])],
        ]}
      />
      <NoForecast of={details["forecast"]} policy={details["policy"]} />
      {meters.length > 0 && (
        <Section title="Price of power now">
          <table>
            <thead>
              <tr>
                <th scope="col">Meter</th>
                <th scope="col">Per kWh</th>
                <th scope="col">Peak</th>
                <th scope="col">Cost so far</th>
              </tr>
            </thead>
            <tbody>
              {meters.map((meter) => (
                <tr key={text(meter["name"])}>
                  <th scope="row">{text(meter["name"])}</th>
                  <td>
                    {decimal(meter["price_per_kwh"], 3)} <PriceRange of={list<number>(meter["prices"])} />
                  </td>
                  <td>{power(meter["peak_w"])}</td>
                  <td>{decimal((num(meter["energy_cost"]) ?? 0) + (num(meter["demand_cost"]) ?? 0), 2)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Section>
      )}
      <Tree
        nodes={nodes}
        sites={list<(number | null)[]>(details["sites"])}
        figures={list(details["figures"]) as unknown as Figure[]}
        ahead={aheadOf(details["forecast"])}
      />
    </>
  );
}

/** Of a day's prices the least and the most, where they differ. */
function PriceRange({ of: [least, most] }: { of: number[] }) {
  if (least === undefined || most === undefined || most <= least) return null;
  return (
    <span class="muted">
      ({decimal(least, 2)} to {decimal(most, 2)})
    </span>
  );
}

interface Shown {
  nodes: Nodes;
  sites: readonly (readonly (number | null)[])[];
  figures: readonly Figure[];
  ahead: readonly number[];
}

function Tree({ nodes, sites, figures, ahead }: Shown) {
  /** What somebody has opened or closed; all else is as its size says. */
  const turned = useSignal<ReadonlyMap<number, boolean>>(new Map());
  const most = useSignal(PAGE);
  const isClosed = (node: number, feeds: number) => turned.value.get(node) ?? feeds > MANY;
  const rows = rowsOf(nodes.parent, isClosed);
  return (
    <Section title="Limits of power" extra="limit, granted, drawn">
      <ul class="limits">
        {rows.slice(0, most.value).map((row) => (
          <Node
            key={row.node}
            row={row}
            closed={isClosed(row.node, row.feeds)}
            turn={() => (turned.value = new Map(turned.value).set(row.node, !isClosed(row.node, row.feeds)))}
            nodes={nodes}
            site={sites[row.node]}
            figures={figures}
            ahead={ahead}
          />
        ))}
      </ul>
      {!rows.length && <Empty>There is no charging site.</Empty>}
      {rows.length > most.value && (
        <Button text label={`${rows.length - most.value} more`} onPress={() => (most.value += PAGE)} />
      )}
    </Section>
  );
}

function Node(props: {
  row: Row;
  closed: boolean;
  turn: () => void;
  nodes: Nodes;
  site: readonly (number | null)[] | undefined;
  figures: readonly Figure[];
  ahead: readonly number[];
}) {
  const { row, closed, turn, nodes, site, figures, ahead } = props;
  const { node, depth, feeds } = row;
  const name = nodes.names[node] ?? "";
  const limit = nodes.limit_w[node] ?? null;
  const shares = bar(nodes, node);
  const words = `${name}: ${power(nodes.drawn_w[node])} drawn, ${power(nodes.granted_w[node])} granted, ${limit === null ? "no limit" : `limit ${power(limit)}`}`;
  return (
    <li>
      <Branches row={row} />
      {feeds > 0 ? (
        <button type="button" class="turn" aria-expanded={!closed} onClick={turn} title={`${feeds} below`}>
          {closed ? "▸" : "▾"}
        </button>
      ) : (
        <span class="turn" />
      )}
      <div class="node" style={{ minWidth: 0 }}>
        <div class="line">
          {site ? <RefLink of={ref("site", node)} label={name} /> : <b title={name}>{name}</b>}
          <span class="watts">
            {decimal((nodes.drawn_w[node] ?? 0) / 1000, 0)}
            {limit === null ? " kW, no limit" : ` of ${decimal(limit / 1000, 0)} kW`}
          </span>
        </div>
        <svg
          class={`power${shares.over ? " over" : ""}`}
          viewBox="0 0 100 6"
          preserveAspectRatio="none"
          role="img"
          aria-label={words}
        >
          <title>{words}</title>
          {limit !== null && <rect class="limit" x="0" y="0" width="100" height="6" />}
          <rect class="granted" x="0" y="0" width={100 * shares.granted} height="6" />
          <rect class="drawn" x="0" y="1.5" width={100 * shares.drawn} height="3" />
        </svg>
        {site && <SiteLine of={site} ahead={ahead} />}
        {closed && feeds > 0 && <p class="muted">{plural(feeds, "node")} below</p>}
        {figures.map(
          (figure) =>
            typeof figure.values[node] === "number" && (
              <p class="muted" key={figure.name}>
                {figure.name}: {figureOf(figure.values[node]!, figure.unit)}
              </p>
            ),
        )}
      </div>
      <span class="unseen">depth {depth}</span>
    </li>
  );
}

function figureOf(value: number, unit: string): string {
  return unit === "W" ? power(value) : `${decimal(value, 2)} ${unit}`;
}

/** Occupied, reserved, queue, piles, s until one is free, and what the policy expects to be taken. */
function SiteLine({
  of: [occupied, reserved, queue, piles, free, ...expected],
  ahead,
}: {
  of: readonly (number | null)[];
  ahead: readonly number[];
}) {
  const parts = [`${decimal(occupied, 0)} of ${decimal(piles, 0)} in use`];
  if (reserved) parts.push(`${decimal(reserved, 0)} promised`);
  parts.push(queue ? `queue ${decimal(queue, 0)}` : "no queue");
  if (free !== null && free! > 0) parts.push(`a pile free in ${duration(free)}`);
  ahead.forEach((seconds, place) => {
    const taken = num(expected[place]);
    if (taken !== null) parts.push(`${inWords(seconds).toLowerCase()} ${decimal(taken, 1)} taken`);
  });
  return <p class="muted">{parts.join(" · ")}</p>;
}

/** The lines from what feeds a node. */
function Branches({ row: { depth, last, trail } }: { row: Row }) {
  if (depth === 0) return null;
  return (
    <span class="branches" aria-hidden="true">
      {trail.map((over, place) => (
        <i key={place} class={over ? "" : "goes"} />
      ))}
      <i class={last ? "ends" : "goes joins"} />
    </span>
  );
}

/** As a recording has it, and before the server has answered: the sites without what feeds them. */
function FromPlaces() {
  const world = store.world.value;
  const rows = [...store.places.value.sites.values()];
  const drawn = rows.reduce((sum, row) => sum + row[4], 0);
  return (
    <>
      <div class="big">
        <span class="number">{decimal(drawn / 1000, 0)}</span>
        <span class="unit">kW drawn by {plural(world?.sites.length ?? 0, "site")}</span>
      </div>
      <Section title="Sites">
        <table>
          <thead>
            <tr>
              <th scope="col">Site</th>
              <th scope="col">In use</th>
              <th scope="col">Queue</th>
              <th scope="col">Power</th>
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, PAGE).map(([number, occupied, , queue, watts]) => (
              <tr key={number}>
                <th scope="row">
                  <RefLink of={ref("site", number)} label={world?.sites[number]?.id} />
                </th>
                <td>{decimal(occupied, 0)}</td>
                <td>{decimal(queue, 0)}</td>
                <td>{power(watts)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Section>
    </>
  );
}
