/** A vehicle: how it moves, what it hears, where it is sent and why. */

import { useEffect, useRef } from "preact/hooks";
import {
  clock,
  decimal,
  distance,
  duration,
  energy,
  percent,
  power,
  sentence,
  SPACE,
  speed,
  words,
} from "../../format";
import { isRef } from "../../refs";
import { store } from "../../state/store";
import { Busy, Facts, Fill, list, num, record, RefLink, Section, Tag, text } from "../bits";
import { Decision } from "./decision";
import { Pace } from "./pace";
import { Exchange } from "./sent";
import type { Details } from "./Inspector";
import type { Ref } from "../../protocol";

/** Of the sparkline. */
const POINTS = 120;
const TALLEST = 33.3; // m/s, the least height of its scale is a third of it

export function VehicleCard({ of, details }: { of: Ref; details: Details }) {
  const soc = num(details["soc"]);
  const parking = record(details["parking"]);
  const charging = record(details["charging"]);
  const signal = record(details["signal_advice"]);
  const priority = record(details["priority"]);
  // Of a person there is nothing that only vehicles have.
  const afoot = details["lane"] === undefined;
  const parked = parking?.["state"] === "parked";
  return (
    <>
      <div class="big">
        <span class="number">{decimal((num(details["speed"]) ?? 0) * 3.6, 0)}</span>
        <span class="unit">km/h</span>
        <Sparkline of={of} time={num(details["time"]) ?? 0} value={num(details["speed"]) ?? 0} />
      </div>
      {soc !== null && (
        <div class="battery">
          <Fill share={soc} words={`Battery ${percent(soc)}`} warn={soc < 0.15} />
          <span>
            <b>{percent(soc)}</b> {energy(details["charge_wh"])} of {energy(details["capacity_wh"])}
          </span>
        </div>
      )}
      <p class="tags">
        <Tag>{text(details["kind"])}</Tag>
        <Tag tone={details["equipped"] ? "accent" : "plain"}>{details["equipped"] ? "connected" : "no V2X"}</Tag>
        {details["equipped"] === true && details["active"] === false && <Tag>silent</Tag>}
      </p>
      {parking && (
        <Section title="Parking" extra={<Tag tone="accent">{words(text(parking["state"]))}</Tag>}>
          <Facts
            rows={[
              ["Wishes", <RefLink of={parking["wished"]} />],
              parked
                ? ["Parked in", <RefLink of={parking["taken"]} />]
                : [
                    "Assigned",
                    <RefLink of={parking["assigned"]} label={parking["assigned"] ? undefined : "nothing yet"} />,
                  ],
              parking["state"] === "searching" &&
                num(parking["began"]) !== null && [
                  "Looking for",
                  duration((num(details["time"]) ?? 0) - (num(parking["began"]) ?? 0)),
                ],
              num(parking["requests"]) !== null && ["Requests", decimal(parking["requests"], 0)],
              num(parking["driven_m"]) !== null && ["Driven in search", distance(parking["driven_m"])],
              num(parking["cruising_m"]) !== null && ["Of it beyond the way", distance(parking["cruising_m"])],
            ]}
          />
        </Section>
      )}
      {parking && <Decision of={parking["decision"]} what="bay" />}
      {charging && (
        <Section title="Charging" extra={<Tag tone="accent">{words(text(charging["state"]))}</Tag>}>
          <Facts
            rows={[
              ["Site", <RefLink of={charging["site"]} />],
              charging["charger"] !== null && ["Charger", text(charging["charger"])],
              ["Power", power(charging["power_w"])],
              ["Charged", `${energy(charging["energy_wh"])} of ${energy(charging["wanted_wh"])}`],
            ]}
          />
          {charging["state"] === "plugged" && <Pace of={charging} now={num(details["time"]) ?? 0} />}
        </Section>
      )}
      {charging && <Decision of={charging["decision"]} what="pile" />}
      {signal && (
        <Section title="Light ahead" extra={<Tag tone="accent">{text(signal["state"])}</Tag>}>
          <Facts
            rows={[
              ["Light", <RefLink of={signal["light"]} />],
              ["Line in", distance(signal["distance"])],
              [`${sentence(words(text(signal["state"])))} ends in`, countdown(signal)],
              ["Advised", num(signal["advised"]) === null ? "no speed" : speed(signal["advised"])],
              signal["warned"] === true && ["Warned", "of passing red"],
            ]}
          />
        </Section>
      )}
      <Warnings of={[details["hazards"], details["collision"]]} />
      {priority && (
        <Section title="Priority" extra={<Tag tone="accent">{words(text(priority["status"]))}</Tag>}>
          <Facts
            rows={[
              ["Asked of", <RefLink of={priority["light"]} />],
              ["As", words(text(priority["role"]))],
              ["Arrives in", duration(Math.max(num(priority["arrives"]) ?? 0, 0))],
              num(priority["late"]) !== null && ["Late", duration(num(priority["late"]) ?? 0)],
            ]}
          />
        </Section>
      )}
      <Section title={afoot ? "On foot" : "On the road"}>
        <Facts
          rows={[
            ["Road", <RefLink of={details["edge"]} label={isRef(details["edge"]) ? undefined : "none"} />],
            !afoot && ["Lane", text(details["lane"])],
            !afoot && ["Acceleration", `${decimal(details["acceleration"], 1)}${SPACE}m/s²`],
            ["Heading", `${decimal(details["heading"], 0)}°`],
            !afoot && ["Driven", distance(details["distance"])],
            !afoot && ["Departed", clock(num(details["departed"]) ?? Number.NaN)],
            ["Type", text(details["type"])],
            ["Id", text(details["id"])],
          ]}
        />
      </Section>
      {details["equipped"] === true && (
        <>
          <OnTheAir details={details} />
          <Exchange way="heard" of={details["heard"]} />
          <Exchange way="sent" of={details["sent"]} />
        </>
      )}
      {!list(details["heard"]).length && !details["equipped"] && (
        <p class="said">
          {afoot ? "Without a device: nobody hears it" : "It has no on-board unit: nobody hears it"}, and it hears
          nobody.
        </p>
      )}
      <span class="unseen" aria-live="off">
        {store.label(of)} {speed(details["speed"])}
      </span>
    </>
  );
}

/** What its driver has been warned of. */
function Warnings({ of }: { of: readonly unknown[] }) {
  const all = of.map(record).filter((one) => one !== null);
  const known = all.flatMap((one) => list(one["known"]));
  if (!known.length) return null;
  const acting = all.some((one) => one["acting"] === true);
  return (
    <Section title="Warned of" extra={acting && <Tag tone="warning">slows down</Tag>}>
      <ul class="rows">
        {known.map((one, place) => (
          <li key={place}>
            {sentence(words(text(one["cause"])))} at {decimal(one["x"], 0)}, {decimal(one["y"], 0)}
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** Until when a light shows what it shows: the second, or between which two. */
function countdown(signal: Record<string, unknown>): string {
  const [earliest, likely, latest] = ["earliest", "likely", "latest"].map((name) => num(signal[name]));
  if (likely !== null && likely !== undefined) return duration(likely);
  if (earliest === null || earliest === undefined) return "unknown";
  return latest === null || latest === undefined
    ? `${duration(earliest)} or later`
    : `${duration(earliest)} to ${duration(latest)}`;
}

/** What the scenario models of its radio and its receiver. */
function OnTheAir({ details }: { details: Details }) {
  const [busy, neighbours, error] = ["busy_ratio", "neighbours", "position_error"].map((name) => num(details[name]));
  if (busy === null && neighbours === null && error === null) return null;
  return (
    <Section title="Radio">
      <Facts
        rows={[
          busy !== null && ["Channel busy", <Busy of={busy} />],
          neighbours !== null && ["Neighbours known", decimal(neighbours, 0)],
          error !== null && ["Position off by", `${decimal(error, 2)}${SPACE}m`],
        ]}
      />
    </Section>
  );
}

function Sparkline({ of, time, value }: { of: Ref; time: number; value: number }) {
  const points = useRef<{ of: Ref; rows: [number, number][] }>({ of, rows: [] });
  if (points.current.of !== of) points.current = { of, rows: [] };
  const rows = points.current.rows;
  useEffect(() => {
    if (rows.length && time <= rows.at(-1)![0]) return;
    rows.push([time, value]);
    if (rows.length > POINTS) rows.shift();
  }, [time]);
  if (rows.length < 2) return <svg class="spark" aria-hidden="true" />;
  const [first, last] = [rows[0]![0], rows.at(-1)![0]];
  const top = Math.max(TALLEST / 3, ...rows.map((row) => row[1]));
  const path = rows.map(
    ([at, speed]) => `${(((at - first) / (last - first)) * 100).toFixed(2)},${(30 - (speed / top) * 28).toFixed(2)}`,
  );
  return (
    <svg
      class="spark"
      viewBox="0 0 100 31"
      preserveAspectRatio="none"
      role="img"
      aria-label={`Speed over the last ${duration(last - first)}`}
    >
      <polyline points={path.join(" ")} />
    </svg>
  );
}
