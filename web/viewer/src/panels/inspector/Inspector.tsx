/** What is known of the selected object. */

import { useEffect } from "preact/hooks";
import { parseRef, TITLES } from "../../refs";
import { api, ApiError } from "../../net/rest";
import { store } from "../../state/store";
import { replaying } from "../../state/replay";
import { follow, following, scene, selected, show } from "../../state/ui";
import { Button, Empty, num } from "../bits";
import { EdgeCard, LightCard, ParkCard, SiteCard } from "./places";
import { RecordedCard } from "./recorded";
import { UnitCard } from "./unit";
import { VehicleCard } from "./vehicle";
import type { Ref } from "../../protocol";

export type Details = Record<string, unknown>;

/** How often it is looked whether the stream brings news, ms, and how old they may be, s of simulation time. */
const PERIOD = 2000;
const STALE = 2;
/** Who is selected for less is not asked about, ms. */
const PASSING = 100;

async function ask(of: Ref): Promise<void> {
  const { kind, number } = parseRef(of)!;
  const gone = kind === "vehicle" && scene.value !== null && scene.value.vehicle(number) === null;
  try {
    const object = gone ? null : await api.object(of);
    if (selected.peek() === of) store.take({ type: "details", ref: of, object });
  } catch (error) {
    // Anything else than "there is none" passes: the next look comes soon.
    if (!(error instanceof ApiError) || error.status !== 404) return;
    if (selected.peek() === of) store.take({ type: "details", ref: of, object: null });
  }
}

export function Inspector({ of }: { of: Ref }) {
  const { kind } = parseRef(of)!;
  useEffect(() => {
    if (replaying.value) return;
    // Not of all those that a held key passes by.
    const soon = setTimeout(() => void ask(of), PASSING);
    const timer = setInterval(() => {
      const known = store.details.peek().get(of);
      const now = store.health.peek()?.time ?? 0;
      const state = store.run.peek()?.state;
      if (store.connection.peek().state !== "open" || (state !== "running" && state !== "paused")) return;
      // Nothing is streamed of what is paused, nor to one more than the server has places for.
      if (known === undefined || (known && now - (num(known["time"]) ?? 0) > STALE)) void ask(of);
    }, PERIOD);
    return () => {
      clearTimeout(soon);
      clearInterval(timer);
    };
  }, [of, replaying.value]);
  const name = store.label(of);
  return (
    <aside class="dock right" aria-label={`${TITLES[kind].one} ${name}`}>
      <header class="cardhead">
        <div>
          <span class="eyebrow">{TITLES[kind].one}</span>
          <h2 title={name}>{name}</h2>
        </div>
        <Button label="Show on the map" icon="pin" onPress={() => show(of)} />
        {kind === "vehicle" && (
          <Button
            label={following.value === of ? "Stop following" : "Follow"}
            icon="follow"
            keys="F"
            pressed={following.value === of}
            onPress={() => follow(following.value === of ? null : of)}
          />
        )}
        <Button label="Close" icon="close" keys="Esc" onPress={() => (selected.value = null)} />
      </header>
      <div class="panel" tabIndex={0}>
        {replaying.value ? <RecordedCard key={of} of={of} /> : <LiveCard of={of} />}
      </div>
    </aside>
  );
}

function LiveCard({ of }: { of: Ref }) {
  const { kind, number } = parseRef(of)!;
  const details = store.details.value.get(of);
  return (
    <>
      {details === undefined && <Empty>Asking the server...</Empty>}
      {details === null && <Empty>It is not there any more.</Empty>}
      {details && kind === "vehicle" && <VehicleCard key={of} of={of} details={details} />}
      {details && kind === "unit" && <UnitCard number={number} details={details} />}
      {details && kind === "park" && <ParkCard details={details} />}
      {details && kind === "site" && <SiteCard details={details} />}
      {details && kind === "light" && <LightCard key={of} details={details} />}
      {details && kind === "edge" && <EdgeCard number={number} details={details} />}
    </>
  );
}
