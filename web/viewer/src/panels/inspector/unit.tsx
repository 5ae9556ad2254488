/** A roadside unit: what it knows and says. */

import { runHindrance } from "../../actions";
import { decimal, distance, speed } from "../../format";
import { ref } from "../../refs";
import { Busy, Empty, Facts, list, num, RefLink, Section, Tag, text } from "../bits";
import { UnitSwitch } from "../presenter";
import { Exchange } from "./sent";
import type { Details } from "./Inspector";

export function UnitCard({ number, details }: { number: number; details: Details }) {
  const known = list(details["ldm"]);
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
      <UnitSwitch unit={number} hindered={runHindrance()} />
      <Section title="Radio">
        <Facts
          rows={[
            ["Range", distance(details["range"])],
            ["Received", decimal(details["received"], 0)],
            ["Vehicles known", decimal(details["vehicles_known"], 0)],
            num(details["age"]) !== null && ["Age of information", `${decimal(num(details["age"])! * 1000, 0)} ms`],
            num(details["busy_ratio"]) !== null && ["Channel busy", <Busy of={num(details["busy_ratio"])!} />],
            ["Traffic light", <RefLink of={light} />],
          ]}
        />
      </Section>
      <Section title="Local dynamic map" extra={known.length || ""}>
        {!known.length && <Empty>It knows of no vehicle.</Empty>}
        {known.length > 0 && (
          <table>
            <thead>
              <tr>
                <th scope="col">Vehicle</th>
                <th scope="col">Speed</th>
                <th scope="col">Heard</th>
              </tr>
            </thead>
            <tbody>
              {known.map((vehicle, place) => (
                <tr key={place}>
                  <th scope="row">
                    <RefLink of={vehicle["ref"]} label={text(vehicle["id"])} />
                  </th>
                  <td>{speed(vehicle["speed"])}</td>
                  <td>{decimal(vehicle["age"], 1)} s ago</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Section>
      <Exchange title="Sent" of={details["sent"]} empty="Nothing since it is watched." />
    </>
  );
}
