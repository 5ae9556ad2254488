/** What has happened, newest first. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { clock } from "../format";
import { store } from "../state/store";
import { Empty, RefLink } from "./bits";
import type { LogEvent, Ref } from "../protocol";

const MOST_ROWS = 120;
const MOST_REFS = 4;
const SIGNS: Record<LogEvent["level"], string> = { info: "·", notice: "●", warning: "▲" };

export function Events() {
  const least = useSignal<LogEvent["level"]>("info");
  const order: LogEvent["level"][] = ["info", "notice", "warning"];
  const shown = store.events.value
    .filter((event) => order.indexOf(event.level) >= order.indexOf(least.value))
    .slice(-MOST_ROWS)
    .reverse();
  return (
    <div class="panel">
      <div class="segments" role="group" aria-label="Least level shown">
        {order.map((level) => (
          <button type="button" key={level} aria-pressed={least.value === level} onClick={() => (least.value = level)}>
            {level === "info" ? "All" : level === "notice" ? "Notices" : "Warnings"}
          </button>
        ))}
      </div>
      {!shown.length && <Empty>Nothing has happened yet.</Empty>}
      <ol class="rows">
        {shown.map((event) => (
          <li key={event.key} class={`event of-${event.level}`}>
            <span class="sign" aria-label={event.level}>
              {SIGNS[event.level] ?? "·"}
            </span>
            <time>{clock(event.time)}</time>
            <p>
              <Linked text={event.text} refs={event.refs} />
            </p>
          </li>
        ))}
      </ol>
    </div>
  );
}

/** A text in which the names of objects lead to them; those that it does not name come after it. */
function Linked({ text, refs }: { text: string; refs: readonly Ref[] }) {
  const parts: ComponentChildren[] = [text];
  const unnamed: Ref[] = [];
  for (const of of refs) {
    const label = store.label(of);
    const place = parts.findIndex((part) => typeof part === "string" && part.includes(label));
    if (place < 0) {
      unnamed.push(of);
      continue;
    }
    const part = parts[place] as string;
    const at = part.indexOf(label);
    parts.splice(place, 1, part.slice(0, at), <RefLink key={of} of={of} />, part.slice(at + label.length));
  }
  return (
    <>
      {parts}
      {unnamed.length > 0 && (
        <span class="references">
          {unnamed.slice(0, MOST_REFS).map((of) => (
            <RefLink key={of} of={of} />
          ))}
          {unnamed.length > MOST_REFS && <span class="muted">and {unnamed.length - MOST_REFS} more</span>}
        </span>
      )}
    </>
  );
}

/** Warnings are said to screen readers as they come. */
export function Announcer() {
  const last = store.events.value.findLast((event) => event.level === "warning");
  return (
    <div class="unseen" aria-live="polite">
      {last ? `${clock(last.time)} ${last.text}` : ""}
    </div>
  );
}
