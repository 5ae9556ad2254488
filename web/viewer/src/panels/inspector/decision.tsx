/** Why this bay, why this pile: the candidates with their costs. */

import { decimal, measured, words } from "../../format";
import { list, num, record, RefLink, Section, Tag, text } from "../bits";

export function Decision({ of, what }: { of: unknown; what: string }) {
  const decision = record(of);
  if (!decision) return null;
  const candidates = list(decision["candidates"]);
  const costs = candidates.map((candidate) => num(candidate["cost"])).filter((cost) => cost !== null);
  const measure = record(decision["measure"]);
  const [name, unit] = [text(measure?.["name"] ?? ""), text(measure?.["unit"] ?? "")];
  const dearest = Math.max(...costs, 1e-9);
  return (
    <Section title={`Why this ${what}`} extra={text(decision["policy"]).replace(/^.*[:.]/, "")}>
      <p class="said">
        {decision["unit"] ? (
          <>
            Decided at <RefLink of={decision["unit"]} />
          </>
        ) : (
          "Decided"
        )}
        {name && ` by ${words(name)}`}: the least wins.
      </p>
      <ol class="candidates">
        {candidates.map((candidate, place) => {
          const cost = num(candidate["cost"]);
          const chosen = candidate["chosen"] === true;
          return (
            <li key={place} class={chosen ? "chosen" : ""}>
              <span class="name">
                <RefLink of={candidate["ref"]} label={text(candidate["id"])} />
              </span>
              {chosen && <Tag tone="accent">chosen</Tag>}
              <span class="muted free">{decimal(candidate["free"], 0)} free</span>
              <span class="cost">{cost === null ? "not possible" : measured(cost, unit)}</span>
              <span class="bar" style={{ width: `${cost === null ? 0 : (cost / dearest) * 100}%` }} />
            </li>
          );
        })}
      </ol>
    </Section>
  );
}
