/** What a presenter can make happen. */

import { useSignal } from "@preact/signals";
import { attempt, runHindrance } from "../actions";
import { decimal, percent, SPACE } from "../format";
import { api } from "../net/rest";
import { parseRef, ref } from "../refs";
import { store } from "../state/store";
import { placing, scene, selected, toast } from "../state/ui";
import { Button, Empty, RefLink, Section, Tag } from "./bits";

export function Presenter() {
  const reason = runHindrance();
  return (
    <div class="panel">
      {reason && <p class="hindered">{reason}</p>}
      <Units hindered={reason} />
      <Roads hindered={reason} />
      <Surge hindered={reason} />
      <Concert hindered={reason} />
    </div>
  );
}

function Units({ hindered }: { hindered: string }) {
  const units = store.world.value?.units ?? [];
  const states = store.places.value.units;
  const chosen = parseRef(selected.value);
  const unit = chosen?.kind === "unit" ? chosen.number : null;
  const off = [...states.values()].filter((row) => !row[1]);
  return (
    <Section title="A roadside unit fails" extra={`${units.length - off.length} of ${units.length} on`}>
      <label class="field">
        <span>Unit</span>
        <select
          value={unit ?? ""}
          onChange={(event) =>
            (selected.value = event.currentTarget.value ? ref("unit", Number(event.currentTarget.value)) : null)
          }
        >
          <option value="">choose, or click one on the map</option>
          {units.map(({ id }, number) => (
            <option key={number} value={number}>
              {id}
              {states.get(number)?.[1] === 0 ? " (off)" : ""}
            </option>
          ))}
        </select>
      </label>
      <UnitSwitch unit={unit} hindered={hindered} />
      {off.length > 0 && (
        <p class="references">
          Off:{" "}
          {off.map((row) => (
            <RefLink key={row[0]} of={ref("unit", row[0])} />
          ))}
        </p>
      )}
    </Section>
  );
}

/** Also in the inspector of a unit. */
export function UnitSwitch({ unit, hindered }: { unit: number | null; hindered: string }) {
  const on = unit === null || store.places.value.units.get(unit)?.[1] !== 0;
  return (
    <Button
      text
      tone={on ? "warning" : "main"}
      label={on ? "Switch off" : "Switch on"}
      hindered={hindered || (unit === null ? "Choose a roadside unit first." : "")}
      onPress={() => void attempt("Switch a roadside unit", () => api.unit(unit!, !on))}
    />
  );
}

function Roads({ hindered }: { hindered: string }) {
  const chosen = parseRef(selected.value);
  const edge = chosen?.kind === "edge" ? chosen.number : null;
  const closed = [...store.places.value.closed];
  return (
    <Section
      title="A road is closed"
      extra={closed.length ? <Tag tone="warning">{closed.length} closed</Tag> : "all open"}
    >
      <p class="said">
        {edge === null ? "Click a road on the map, or search for one (/)." : <RefLink of={selected.value} />}
      </p>
      <RoadSwitch edge={edge} hindered={hindered} />
      {closed.length > 0 && (
        <p class="references">
          Closed:{" "}
          {closed.slice(0, 12).map((number) => (
            <RefLink key={number} of={ref("edge", number)} />
          ))}
        </p>
      )}
    </Section>
  );
}

/** Also in the inspector of a road. */
export function RoadSwitch({ edge, hindered }: { edge: number | null; hindered: string }) {
  const closed = edge !== null && store.places.value.closed.has(edge);
  return (
    <Button
      text
      tone={closed ? "main" : "warning"}
      label={closed ? "Open the road" : "Close the road"}
      hindered={hindered || (edge === null ? "Choose a road first." : "")}
      onPress={() => void attempt("Close or open a road", () => api.road(edge!, !closed))}
    />
  );
}

function Surge({ hindered }: { hindered: string }) {
  const count = useSignal(50);
  const charge = useSignal(0.15);
  return (
    <Section title="Electric cars run low">
      <div class="pair">
        <Count label="Cars" value={count.value} most={500} onValue={(value) => (count.value = value)} />
        <label class="field">
          <span>Charge {percent(charge.value)}</span>
          <input
            type="range"
            min="0.05"
            max="0.5"
            step="0.05"
            value={charge.value}
            onInput={(event) => (charge.value = Number(event.currentTarget.value))}
          />
        </label>
      </div>
      <Button
        text
        label={`Send ${decimal(count.value, 0)} cars`}
        hindered={hindered}
        onPress={() =>
          void attempt("Send electric cars", () => api.surge(count.value, charge.value)).then(
            (done) => done && toast(`${count.value} electric cars with ${percent(charge.value)} set out.`),
          )
        }
      />
    </Section>
  );
}

function Concert({ hindered }: { hindered: string }) {
  const count = useSignal(200);
  const place = useSignal<{ x: number; y: number } | null>(null);
  const send = (x: number, y: number) =>
    void attempt("Send cars to a concert", () => api.concert(count.value, x, y)).then(
      (done) => done && toast(`${count.value} cars set out for the car parks around the place.`),
    );
  const pick = () => {
    placing.value = {
      words: "Click where the concert is. Escape leaves it.",
      take: (x, y) => (place.value = { x, y }),
    };
    scene.value?.select(null);
  };
  return (
    <Section title="A concert begins">
      <div class="pair">
        <Count label="Cars" value={count.value} most={2000} onValue={(value) => (count.value = value)} />
        <div class="field">
          <span>
            {place.value ? `at ${decimal(place.value.x, 0)}, ${decimal(place.value.y, 0)}${SPACE}m` : "no place yet"}
          </span>
          <Button
            text
            icon="pin"
            label={place.value ? "Another place" : "Pick on the map"}
            hindered={hindered}
            onPress={pick}
          />
        </div>
      </div>
      <Button
        text
        label={`Send ${decimal(count.value, 0)} cars`}
        hindered={hindered || (place.value ? "" : "Pick a place on the map first.")}
        onPress={() => place.value && send(place.value.x, place.value.y)}
      />
      {!store.world.value?.parks.length && <Empty>This scenario has no car parks.</Empty>}
    </Section>
  );
}

function Count({
  label,
  value,
  most,
  onValue,
}: {
  label: string;
  value: number;
  most: number;
  onValue: (value: number) => void;
}) {
  const typed = useSignal<string | null>(null);
  return (
    <label class="field">
      <span>{label}</span>
      <input
        type="number"
        min="1"
        max={most}
        value={typed.value ?? value}
        onInput={(event) => {
          typed.value = event.currentTarget.value;
          onValue(Math.max(1, Math.min(most, Math.round(Number(typed.value)) || 1)));
        }}
        // What was made of it shows once it is left.
        onBlur={() => (typed.value = null)}
      />
    </label>
  );
}
