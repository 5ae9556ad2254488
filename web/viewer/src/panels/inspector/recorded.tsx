/** What a recording holds of an object at the moment that is shown. */

import { useSignal, useSignalEffect } from "@preact/signals";
import { decimal, percent, power, sentence } from "../../format";
import { parseRef } from "../../refs";
import { reasonsOf, replayTime, type Reason } from "../../state/replay";
import { store } from "../../state/store";
import { scene, stats } from "../../state/ui";
import { Empty, Facts, Fill, Tag } from "../bits";
import { Decision } from "./decision";
import type { Ref } from "../../protocol";

const WHAT: Record<string, string> = { parking: "bay", charging: "pile" };

export function RecordedCard({ of }: { of: Ref }) {
  const { kind, number } = parseRef(of)!;
  // Drawn anew with the picture.
  void [stats.value, store.rows.value];
  return (
    <>
      {kind === "vehicle" ? <Vehicle number={number} /> : <Place kind={kind} number={number} />}
      <p class="muted">A recording holds no more of it; the live view tells all.</p>
    </>
  );
}

function Vehicle({ number }: { number: number }) {
  const reasons = useSignal<readonly Reason[]>([]);
  useSignalEffect(() => {
    void Math.round(replayTime.value);
    reasonsOf(number).then(
      (found) => (reasons.value = found),
      () => undefined,
    );
  });
  const seen = scene.value?.vehicle(number);
  if (!seen) return <Empty>It is not there at this moment.</Empty>;
  const doing = seen.parked
    ? "parked"
    : ["", "looking for a bay", "guided to a bay"][seen.parking] ||
      ["", "bound for a pile", "plugged in"][seen.charging];
  return (
    <>
      <div class="big">
        <span class="number">{decimal(seen.speed * 3.6, 0)}</span>
        <span class="unit">km/h</span>
      </div>
      {seen.soc !== null && <Fill share={seen.soc} words={`Battery ${percent(seen.soc)}`} warn={seen.soc < 0.15} />}
      <p class="tags">
        <Tag>{seen.kind}</Tag>
        <Tag tone={seen.equipped ? "accent" : "plain"}>{seen.equipped ? "connected" : "no V2X"}</Tag>
        {doing && <Tag tone="accent">{doing}</Tag>}
      </p>
      {reasons.value.map(({ service, decision }) => (
        <Decision key={service} of={decision} what={WHAT[service] ?? "place"} />
      ))}
    </>
  );
}

function Place({ kind, number }: { kind: string; number: number }) {
  const { parks, sites, units, closed } = store.places.value;
  const world = store.world.value;
  if (kind === "park") {
    const [, occupied = 0, reserved = 0] = parks.get(number) ?? [];
    const capacity = world?.parks[number]?.capacity ?? 0;
    return (
      <Facts
        rows={[
          ["Occupied", `${decimal(occupied, 0)} of ${decimal(capacity, 0)} bays`],
          ["Reserved", decimal(reserved, 0)],
        ]}
      />
    );
  }
  if (kind === "site") {
    const [, occupied = 0, reserved = 0, queue = 0, drawn = 0] = sites.get(number) ?? [];
    return (
      <Facts
        rows={[
          ["Piles taken", decimal(occupied, 0)],
          ["Reserved", decimal(reserved, 0)],
          ["Queue", decimal(queue, 0)],
          ["Power", `${power(drawn)} of ${power(world?.sites[number]?.limit_w ?? null)}`],
        ]}
      />
    );
  }
  if (kind === "unit") {
    const [, on = 1, known = 0] = units.get(number) ?? [];
    return (
      <Facts
        rows={[
          ["State", on ? "on" : "off"],
          ["Vehicles known", decimal(known, 0)],
          ["Applications", world?.units[number]?.apps.join(", ") || "none"],
        ]}
      />
    );
  }
  if (kind === "light") return <Facts rows={[["Shows", store.lights.get(number) ?? "not known"]]} />;
  return <Facts rows={[["State", sentence(closed.has(number) ? "closed" : "open")]]} />;
}
