/** Car parks, charging sites, roads and traffic lights. */

import { useRef } from "preact/hooks";
import { runHindrance } from "../../actions";
import { clock, decimal, distance, duration, energy, percent, power, SPACE, speed, words } from "../../format";
import { store } from "../../state/store";
import { parseRef } from "../../refs";
import { scene } from "../../state/ui";
import { Empty, Facts, Fill, list, num, record, RefLink, Section, Tag, text } from "../bits";
import { aheadOf, inWords, NoForecast } from "../city/forecast";
import { bayOf } from "./bays";
import { Pace } from "./pace";
import { RoadSwitch } from "../presenter";
import type { Details } from "./Inspector";

export function ParkCard({ details }: { details: Details }) {
  const [capacity, occupied, reserved] = ["capacity", "occupied", "reserved"].map((name) => num(details[name]) ?? 0);
  const share = capacity ? occupied! / capacity : 0;
  const guided = list<string>(details["guided"]);
  const held = list(details["held"]);
  const now = num(details["time"]) ?? 0;
  const ahead = aheadOf(details["forecast"]);
  const expected = list<number>(record(details["forecast"])?.["taken"]);
  return (
    <>
      <div class="big">
        <span class="number">{decimal(occupied, 0)}</span>
        <span class="unit">of {decimal(capacity, 0)} bays</span>
      </div>
      <Fill
        share={share}
        also={capacity ? reserved! / capacity : 0}
        words={`${percent(share)} occupied, ${decimal(reserved, 0)} reserved`}
        warn={share >= 1}
      />
      <Facts
        rows={[
          ["Occupied", percent(share)],
          ["Reserved", decimal(reserved, 0)],
          ["Kind", text(details["kind"]) || "not said"],
          ["Price now", `${decimal(details["price_per_hour"], 2)} per hour`],
          ...ahead.map((seconds, place): [string, string] => [
            inWords(seconds),
            `${decimal(expected[place], 1)} taken or reserved`,
          ]),
          ["Id", text(details["id"])],
        ]}
      />
      <NoForecast of={details["forecast"]} policy={details["policy"]} />
      <Standing details={details} occupied={occupied!} />
      <Section title="On their way" extra={guided.length || ""}>
        {!guided.length && <Empty>Nobody is guided here now.</Empty>}
        <p class="references">
          {guided.map((of) => (
            <RefLink key={of} of={of} />
          ))}
        </p>
      </Section>
      {held.length > 0 && (
        <Section title="Bays held" extra={held.length}>
          <table>
            <thead>
              <tr>
                <th scope="col">For</th>
                <th scope="col">For another</th>
              </tr>
            </thead>
            <tbody>
              {held.map((one, place) => (
                <tr key={place}>
                  <th scope="row">
                    <RefLink of={one["ref"]} />
                  </th>
                  <td>{duration(Math.max(0, (num(one["until"]) ?? now) - now))}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Section>
      )}
    </>
  );
}

/** Who stands in which bay: those who have looked for one; who was there from the begin is not known by name. */
function Standing({ details, occupied }: { details: Details; occupied: number }) {
  const standing = list(details["standing"]);
  const number = parseRef(details["ref"])?.number ?? -1;
  const bays = store.world.value?.parks[number]?.bays ?? [];
  const now = num(details["time"]) ?? 0;
  const others = Math.max(0, occupied - standing.length);
  if (!standing.length && !others) return null;
  return (
    <Section title="Who holds which bay" extra={standing.length || ""}>
      {standing.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">Bay</th>
              <th scope="col">Vehicle</th>
              <th scope="col">Stands for</th>
              <th scope="col">Leaves in</th>
            </tr>
          </thead>
          <tbody>
            {standing.map((one, place) => {
              const station = parseRef(one["ref"])?.number ?? -1;
              const seen = scene.value?.vehicle(station);
              const bay = seen && bayOf(bays, seen, lengthOf(station));
              const [since, leaves] = [num(one["since"]), num(one["leaves"])];
              return (
                <tr key={place}>
                  <td>{bay === null || bay === undefined ? "" : bay + 1}</td>
                  <th scope="row">
                    <RefLink of={one["ref"]} /> {one["guided"] === true && <Tag tone="accent">guided</Tag>}
                  </th>
                  <td>{since === null ? "" : duration(Math.max(0, now - since))}</td>
                  <td>{leaves === null ? "not told" : duration(Math.max(0, leaves - now))}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
      {others > 0 && (
        <p class="muted">{decimal(others, 0)} more: there from the begin, or without a search that was watched.</p>
      )}
    </Section>
  );
}

function lengthOf(station: number): number {
  const type = store.names.get(station)?.[2];
  return (type !== undefined && store.types.get(type)?.[3]) || 0;
}

/** What feeds a site, from the root down: what goes through each node of the tree of limits. */
function Chain({ of }: { of: readonly Record<string, unknown>[] }) {
  // The site's own limit stands above.
  if (of.length < 2) return null;
  return (
    <Section title="Limits">
      {[...of].reverse().map((node, depth) => {
        const [drawn, limit] = [num(node["power_w"]) ?? 0, num(node["limit_w"])];
        return (
          <div class="group" key={text(node["name"])} style={{ marginLeft: `${depth * 1.2}rem` }}>
            <span>{text(node["name"])}</span>
            <Fill
              share={limit ? drawn / limit : 0}
              words={limit ? `${percent(drawn / limit)} of the limit` : "no limit"}
              warn={limit !== null && drawn >= limit * 0.98}
            />
            <span class="muted">
              {power(drawn)}
              {limit === null ? ", no limit" : ` of ${power(limit)}`}
            </span>
          </div>
        );
      })}
    </Section>
  );
}

/** What power costs now, and what the policy expects. */
function Expected({ of: details }: { of: Details }) {
  const tariff = record(details["tariff"]);
  const ahead = aheadOf(details["forecast"]);
  const taken = list<number>(record(details["forecast"])?.["taken"]);
  return (
    <>
      <Facts
        rows={[
          tariff && [
            "Power costs now",
            `${decimal(tariff["price_per_kwh"], 3)} per kWh, billed at ${text(tariff["name"])}`,
          ],
          ...ahead.map((seconds, place): [string, string] => [
            inWords(seconds),
            `${decimal(taken[place], 1)} piles taken or promised`,
          ]),
        ]}
      />
      <NoForecast of={details["forecast"]} policy={null} />
    </>
  );
}

export function SiteCard({ details }: { details: Details }) {
  const drawn = num(details["power_w"]) ?? 0;
  const limit = num(details["limit_w"]);
  const vehicles = list(details["vehicles"]);
  const now = num(details["time"]) ?? 0;
  return (
    <>
      <div class="big">
        <span class="number">{decimal(drawn / 1000, 1)}</span>
        <span class="unit">{limit === null ? "kW, no limit" : `of ${power(limit)}`}</span>
      </div>
      {limit !== null && limit > 0 && (
        <Fill share={drawn / limit} words={`${percent(drawn / limit)} of the limit`} warn={drawn >= limit * 0.98} />
      )}
      <Chain of={list(details["chain"])} />
      <Expected of={details} />
      <Section title="Piles" extra={prices(list(details["groups"]))}>
        {list(details["groups"]).map((group, place) => {
          const [piles, occupied, reserved] = ["piles", "occupied", "reserved"].map((name) => num(group[name]) ?? 0);
          return (
            <div class="group" key={place}>
              <span>
                {decimal(piles, 0)} × {power(group["power_w"])}
              </span>
              <Fill
                share={piles ? occupied! / piles : 0}
                also={piles ? reserved! / piles : 0}
                words={`${occupied} in use, ${reserved} reserved of ${piles}`}
              />
              <span class="muted">
                {decimal(occupied, 0)} in use{reserved ? `, ${reserved} reserved` : ""}
              </span>
            </div>
          );
        })}
      </Section>
      <Section title="Vehicles" extra={vehicles.length || ""}>
        {!vehicles.length && <Empty>Nobody charges or is bound for here.</Empty>}
        {vehicles.length > 0 && (
          <table>
            <thead>
              <tr>
                <th scope="col">Vehicle</th>
                <th scope="col">Battery</th>
                <th scope="col">Charged</th>
                <th scope="col">Done in</th>
              </tr>
            </thead>
            <tbody>
              {vehicles.map((vehicle, place) => (
                <tr key={place}>
                  <th scope="row">
                    <RefLink of={vehicle["ref"]} label={text(vehicle["id"])} />
                  </th>
                  <td>
                    {percent(vehicle["soc"])}
                    <br />
                    <span class="muted">
                      {vehicle["state"] === "plugged" ? power(vehicle["power_w"]) : words(text(vehicle["state"]))}
                    </span>
                  </td>
                  <td>
                    {decimal((num(vehicle["energy_wh"]) ?? 0) / 1000, 1)} of {energy(vehicle["wanted_wh"])}
                    {vehicle["state"] === "plugged" && <Pace of={vehicle} now={now} />}
                  </td>
                  <td>{until(num(vehicle["ends"]), now)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Section>
    </>
  );
}

/** What a kWh costs, from the cheapest pile to the dearest. */
function prices(groups: readonly Record<string, unknown>[]): string {
  const all = groups.map((group) => num(group["price_per_kwh"])).filter((price) => price !== null);
  if (!all.length) return "";
  const [least, most] = [Math.min(...all), Math.max(...all)];
  return `${decimal(least, 2)}${most > least ? ` to ${decimal(most, 2)}` : ""} per kWh`;
}

/** In whole minutes. */
function until(end: number | null, now: number): string {
  return end === null ? "not told" : `${decimal(Math.ceil(Math.max(0, end - now) / 60), 0)}${SPACE}min`;
}

export function EdgeCard({ number, details }: { number: number; details: Details }) {
  return (
    <>
      <p class="tags">{details["closed"] ? <Tag tone="warning">⊘ closed</Tag> : <Tag tone="good">● open</Tag>}</p>
      <RoadSwitch edge={number} hindered={runHindrance()} />
      <Section title="Road">
        <Facts
          rows={[
            ["Name", text(details["name"]) || "none"],
            ["Id", text(details["id"])],
            [
              "Lanes",
              Array.isArray(details["lanes"]) ? decimal(details["lanes"].length, 0) : decimal(details["lanes"], 0),
            ],
            ["Length", distance(details["length"])],
            ["Speed limit", speed(details["speed_limit"])],
            [
              "Vehicles",
              Array.isArray(details["vehicles"])
                ? decimal(details["vehicles"].length, 0)
                : decimal(details["vehicles"], 0),
            ],
            ["Mean speed", speed(details["mean_speed"])],
          ]}
        />
      </Section>
    </>
  );
}

/** What SUMO's letters mean, and the colour they are drawn in. */
const PHASES: Record<string, { words: string; colour: string }> = {
  G: { words: "green, with priority", colour: "green" },
  g: { words: "green, yielding", colour: "green" },
  y: { words: "amber", colour: "amber" },
  Y: { words: "amber", colour: "amber" },
  u: { words: "red and amber", colour: "redamber" },
  r: { words: "red", colour: "red" },
  s: { words: "stop, then turn", colour: "red" },
  o: { words: "blinking", colour: "off" },
  O: { words: "off", colour: "off" },
};
/** Of the strips, s. */
const SPAN = 90;

/** Who says what a light shows. */
const HOLDERS: Record<string, string> = {
  program: "its program",
  controller: "a controller",
  request: "an application's request",
};

export function LightCard({ details }: { details: Details }) {
  const state = text(details["state"]);
  const time = num(details["time"]) ?? 0;
  const past = useRef<{ time: number; state: string }[]>([]);
  const rows = past.current;
  if (!rows.length || time > rows.at(-1)!.time) rows.push({ time, state });
  while (rows.length && rows[0]!.time < time - SPAN) rows.shift();
  const next = num(details["next_switch"]);
  return (
    <>
      <div class="lamps" role="img" aria-label={`State of the links: ${state}`}>
        {[...state].map((letter, link) => (
          <span
            key={link}
            class={`lamp ${PHASES[letter]?.colour ?? "off"}`}
            title={`link ${link}: ${PHASES[letter]?.words ?? letter}`}
          >
            {letter}
          </span>
        ))}
      </div>
      <Facts
        rows={[
          [
            "Next switch",
            next === null ? "not known" : `${clock(next)}, in ${decimal(Math.max(0, next - time), 0)}${SPACE}s`,
          ],
          ["Roadside unit", <RefLink of={details["unit"]} />],
          ["Run by", HOLDERS[text(details["holder"])] ?? text(details["holder"])],
          ...(details["controller"]
            ? [["Controller", text(details["controller"]).replace(/^.*[:.]/, "")] as [string, string]]
            : []),
          ...list(details["requests"]).map((request): [string, string] => [
            `Asked for by ${text(request["app"])}`,
            `phase ${num(request["phase"]) ?? ""}: ${text(request["why"])}`,
          ]),
        ]}
      />
      <Asked of={details["ref"]} now={time} />
      <Section title="The last phases" extra={`${SPAN} s`}>
        <Strips rows={rows} now={time} />
      </Section>
    </>
  );
}

/** Who asks this light for priority, and what it has said. */
function Asked({ of, now }: { of: unknown; now: number }) {
  const asked = store.marks.value.requests.filter((one) => one.light === of);
  if (!asked.length) return null;
  return (
    <Section title="Priority asked for" extra={asked.length}>
      <table>
        <thead>
          <tr>
            <th scope="col">Vehicle</th>
            <th scope="col">As</th>
            <th scope="col">Arrives</th>
            <th scope="col">Answer</th>
          </tr>
        </thead>
        <tbody>
          {asked.map(({ vehicle, role, arrives, status }) => (
            <tr key={vehicle}>
              <th scope="row">
                <RefLink of={vehicle} />
              </th>
              <td>{words(role)}</td>
              <td>{arrives === null ? "not said" : `in ${duration(Math.max(0, arrives - now))}`}</td>
              <td>
                <Tag tone={status === "granted" ? "good" : "plain"}>{words(status)}</Tag>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

/** Links that switch together share a strip. */
function Strips({ rows, now }: { rows: readonly { time: number; state: string }[]; now: number }) {
  const groups = new Map<string, number[]>();
  for (let link = 0; link < (rows.at(-1)?.state.length ?? 0); link += 1) {
    const course = rows.map((row) => row.state[link] ?? " ").join("");
    groups.set(course, [...(groups.get(course) ?? []), link]);
  }
  return (
    <div class="strips">
      {[...groups].map(([course, links]) => (
        <div key={links.join()} class="strip">
          <span title={`links ${links.join(", ")}`}>{shortened(links)}</span>
          <svg
            viewBox={`0 0 ${SPAN} 1`}
            preserveAspectRatio="none"
            role="img"
            aria-label={`links ${links.join(", ")}: now ${PHASES[course.at(-1)!]?.words ?? ""}`}
          >
            {runs(course, rows, now).map((run) => (
              <rect
                key={run.from}
                x={SPAN - (now - run.from)}
                width={Math.max(0.3, run.to - run.from)}
                y="0"
                height="1"
                class={PHASES[run.letter]?.colour ?? "off"}
              />
            ))}
          </svg>
        </div>
      ))}
    </div>
  );
}

function shortened(links: readonly number[]): string {
  return links.length > 4 ? `${links.slice(0, 3).join(" ")} …` : links.join(" ");
}

function runs(
  course: string,
  rows: readonly { time: number }[],
  now: number,
): { letter: string; from: number; to: number }[] {
  const found: { letter: string; from: number; to: number }[] = [];
  [...course].forEach((letter, place) => {
    const to = rows[place + 1]?.time ?? now;
    const last = found.at(-1);
    if (last?.letter === letter) last.to = to;
    else found.push({ letter, from: rows[place]!.time, to });
  });
  return found;
}
