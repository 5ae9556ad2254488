/** Messages that an object has heard or sent. */

import { useSignal } from "@preact/signals";
import { clock, kindName } from "../../format";
import { Empty, list, num, RefLink, Section, text } from "../bits";
import { Tree } from "../decoded";

export function Exchange({ title, of, empty }: { title: string; of: unknown; empty: string }) {
  const open = useSignal<string | null>(null);
  const messages = list(of);
  // Newest first, whichever way they came.
  const ordered = [...messages].sort((a, b) => (num(b["time"]) ?? 0) - (num(a["time"]) ?? 0));
  return (
    <Section title={title} extra={messages.length || ""}>
      {!messages.length && <Empty>{empty}</Empty>}
      <ol class="rows">
        {ordered.map((message, place) => {
          const key = `${text(message["time"])} ${text(message["kind"])} ${text(message["from"] ?? message["to"])}`;
          return (
            <li key={`${key} ${place}`}>
              <div class="row split">
                <button
                  type="button"
                  class="row"
                  aria-expanded={open.value === key}
                  onClick={() => (open.value = open.value === key ? null : key)}
                >
                  <time>{clock(num(message["time"]) ?? Number.NaN, true)}</time>
                  <span class="kind">{kindName(text(message["kind"]))}</span>
                </button>
                {typeof message["from"] === "string" && <RefLink of={message["from"]} />}
              </div>
              {open.value === key && (
                <div class="opened">
                  <Tree value={message["content"]} />
                </div>
              )}
            </li>
          );
        })}
      </ol>
    </Section>
  );
}
