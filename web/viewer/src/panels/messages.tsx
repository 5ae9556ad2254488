/** The last messages on the air, by kind; each opens decoded. */

import { useSignal } from "@preact/signals";
import { clock, decimal, words } from "../format";
import { store, type Numbered } from "../state/store";
import { hiddenKinds } from "../state/ui";
import { Button, Empty, RefLink } from "./bits";
import { Bytes, Tree } from "./decoded";
import type { V2xMessage } from "../protocol";

/** Rows drawn at once. */
const MOST_ROWS = 60;

export function Messages() {
  const held = useSignal<readonly Numbered<V2xMessage>[] | null>(null);
  const open = useSignal<number | null>(null);
  const hidden = hiddenKinds.value;
  // While one is read, the list stands still.
  const messages = held.value ?? store.messages.value;
  const shown = messages
    .filter((message) => !hidden.has(message.kind))
    .slice(-MOST_ROWS)
    .reverse();
  const hold = (on: boolean) => (held.value = on ? store.messages.peek() : null);
  return (
    <div class="panel">
      <KindFilter />
      <div class="listhead">
        <span class="muted">{held.value ? "Held; the air goes on." : "A sample, newest first."}</span>
        <Button
          text
          label={held.value ? "Go on" : "Hold"}
          pressed={held.value !== null}
          onPress={() => hold(!held.value)}
        />
      </div>
      {!shown.length && (
        <Empty>{messages.length ? "All kinds heard so far are filtered out." : "Nothing heard yet."}</Empty>
      )}
      <ol class="rows">
        {shown.map((message) => (
          <li key={message.key} class={open.value === message.key ? "open" : ""}>
            <button
              type="button"
              class="row"
              aria-expanded={open.value === message.key}
              onClick={() => {
                open.value = open.value === message.key ? null : message.key;
                hold(open.value !== null);
              }}
            >
              <time>{clock(message.time, true)}</time>
              <span class="kind">{words(message.kind)}</span>
              <span class="who">{store.label(message.from)}</span>
            </button>
            {open.value === message.key && <Opened message={message} />}
          </li>
        ))}
      </ol>
    </div>
  );
}

function Opened({ message }: { message: V2xMessage }) {
  return (
    <div class="opened">
      <p>
        from <RefLink of={message.from} /> to {message.to ? <RefLink of={message.to} /> : "all in range"}, received by{" "}
        {decimal(message.at_vehicles, 0)} vehicles and {decimal(message.at_units, 0)} roadside units
      </p>
      <Tree value={message.content} />
      <h4>Bytes</h4>
      <Bytes hex={message.bytes} />
    </div>
  );
}

/** Which kinds are listed and drawn, with how many were sent. */
export function KindFilter() {
  const kinds = store.world.value?.kinds ?? [];
  void store.rows.value;
  const toggle = (kind: string) => {
    const hidden = new Set(hiddenKinds.value);
    if (!hidden.delete(kind)) hidden.add(kind);
    hiddenKinds.value = hidden;
  };
  return (
    <div class="chips" role="group" aria-label="Message kinds shown in this list and on the map">
      {kinds.map((kind) => {
        const sent = store.history.last(`messages.${kind.replaceAll("-", "_")}.sent`);
        const on = !hiddenKinds.value.has(kind);
        return (
          <button type="button" key={kind} class="chip" aria-pressed={on} onClick={() => toggle(kind)}>
            <span class="check" aria-hidden="true">
              {on ? "✓" : ""}
            </span>
            {words(kind)}
            {sent !== null && <span class="count">{decimal(sent, 0)}</span>}
          </button>
        );
      })}
    </div>
  );
}
