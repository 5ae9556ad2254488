/** Messages that an object has heard, with who sent them; or has sent, with who they are for. */

import { useSignal } from "@preact/signals";
import { clock, kindName } from "../../format";
import { isRef } from "../../refs";
import { Empty, list, num, RefLink, Section, text } from "../bits";
import { Tree } from "../decoded";

export function Exchange({ way, of }: { way: "heard" | "sent"; of: unknown }) {
  const open = useSignal<string | null>(null);
  const messages = list(of);
  // Newest first, whichever way they came.
  const ordered = [...messages].sort((a, b) => (num(b["time"]) ?? 0) - (num(a["time"]) ?? 0));
  return (
    <Section title={way === "heard" ? "Heard" : "Sent"} extra={messages.length || ""}>
      {!messages.length && <Empty>Nothing since it is watched.</Empty>}
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
                {way === "heard" ? (
                  <RefLink of={message["from"]} />
                ) : (
                  <span class="muted">to {isRef(message["to"]) ? <RefLink of={message["to"]} /> : "all"}</span>
                )}
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
