/** A roadside unit: what it knows and says. */

import { runHindrance } from "../../actions";
import { decimal, distance, SPACE, speed } from "../../format";
import { ref } from "../../refs";
import { Busy, Empty, Facts, list, num, RefLink, Section, Tag, text } from "../bits";
import { UnitSwitch } from "../presenter";
import { Exchange } from "./sent";
import type { Details } from "./Inspector";

/** What a line of the log tells besides, in few words. */
function values(of: unknown): string {
  return Object.entries((of ?? {}) as Record<string, unknown>)
    .map(([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(", ");
}

export function UnitCard({ number, details }: { number: number; details: Details }) {
  const known = list(details["ldm"]);
  const logged = list(details["log"]);
  const reported = details["reported"] as Record<string, unknown> | null;
  const light =
    typeof details["light"] === "number" && details["light"] >= 0 ? ref("light", details["light"]) : details["light"];
  return (
    <>
      <p class="tags">
        {details["on"] ? <Tag tone="good">● on</Tag> : <Tag tone="bad">○ off</Tag>}
        {list<string>(details["apps"]).map((app) => (
          <Tag key={app}>{app}</Tag>
        ))}
      </p>
      {list(details["failed"]).map((failure, place) => (
        <p key={place} role="note">
          <Tag tone="bad">{text(failure["app"])} switched off</Tag> at {decimal(failure["time"], 1)} s:{" "}
          {text(failure["line"])}
        </p>
      ))}
      <UnitSwitch unit={number} hindered={runHindrance()} />
      <Section title="Radio">
        <Facts
          rows={[
            ["Range", distance(details["range"])],
            ["Received", decimal(details["received"], 0)],
            ["Vehicles known", decimal(details["vehicles_known"], 0)],
            num(details["age"]) !== null && [
              "Age of information",
              `${decimal(num(details["age"])! * 1000, 0)}${SPACE}ms`,
            ],
            num(details["busy_ratio"]) !== null && ["Channel busy", <Busy of={num(details["busy_ratio"])!} />],
            ["Traffic light", <RefLink of={light} />],
          ]}
        />
      </Section>
      {reported && (
        <Section title="Reported to the city">
          <Facts
            rows={[
              ["Vehicles", decimal(reported["vehicles"], 0)],
              ["Waiting", decimal(reported["waiting"], 0)],
              ["Mean speed", speed(reported["speed_m_s"])],
              ["Age of the report", `${decimal(reported["age"], 1)}${SPACE}s`],
            ]}
          />
        </Section>
      )}
      <Section title="Local dynamic map" extra={known.length || ""}>
        {!known.length && <Empty>It knows of no vehicle.</Empty>}
        {known.length > 0 && (
          <table>
            <thead>
              <tr>
                <th scope="col">Vehicle</th>
                <th scope="col">Speed</th>
                <th scope="col">{known.some((one) => one["origin"] !== "heard") ? "Known by" : "Heard"}</th>
              </tr>
            </thead>
            <tbody>
              {known.map((vehicle, place) => (
                <tr key={place}>
                  <th scope="row">
                    <RefLink of={vehicle["ref"]} label={text(vehicle["id"])} />
                  </th>
                  <td>{speed(vehicle["speed"])}</td>
                  <td>
                    {vehicle["origin"] !== "heard" && <Tag>{text(vehicle["origin"])}</Tag>} {decimal(vehicle["age"], 1)}{" "}
                    s ago
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Section>
      {logged.length > 0 && (
        <Section title="Log">
          <ul class="rows">
            {logged.map((line, place) => (
              <li key={place}>
                <span class="muted">
                  {decimal(line["time"], 1)} s, {text(line["app"])}
                </span>{" "}
                {text(line["why"])} <code>{values(line["values"])}</code>
              </li>
            ))}
          </ul>
        </Section>
      )}
      <Exchange way="sent" of={details["sent"]} />
    </>
  );
}
