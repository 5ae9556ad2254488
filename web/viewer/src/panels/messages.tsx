/** The last messages on the air, by kind; each opens decoded. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { clock, decimal, kindName, plural, words } from "../format";
import { theme } from "../state/prefs";
import { store, type Numbered } from "../state/store";
import { hiddenKinds, scene } from "../state/ui";
import { Button, Empty, Facts, RefLink, Tag } from "./bits";
import { Bytes, Lines, Tree } from "./decoded";
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
              <span class="kind">{kindName(message.kind)}</span>
              <span class="who">{store.label(message.from)}</span>
            </button>
            {open.value === message.key && <Opened message={message} />}
          </li>
        ))}
      </ol>
    </div>
  );
}

export function Opened({ message }: { message: V2xMessage }) {
  const lost = Object.entries(message.lost);
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => host.current?.closest("li")?.scrollIntoView({ block: "start" }), []);
  return (
    <div class="opened" ref={host}>
      <div class="about">
        <Facts
          rows={[
            ["From", <RefLink of={message.from} />],
            ["To", message.to ? <RefLink of={message.to} /> : "all in range"],
            ["Received by", `${plural(message.at_vehicles, "vehicle")}, ${plural(message.at_units, "roadside unit")}`],
            lost.length > 0 && ["Lost at", lost.map(([fate, count]) => `${count} ${words(fate)}`).join(", ")],
            message.delay_ms === null
              ? ["Delay", "never sent"]
              : message.delay_ms > 0 && ["Delay", `${decimal(message.delay_ms, 1)} ms`],
          ]}
        />
        <Tree value={message.content} />
      </div>
      <h4>
        Octets
        <span class="extra">
          {message.length}, with headers {message.size}
        </span>
      </h4>
      <p>
        {message.public ? message.standard : <Tag tone="warning">no public standard</Tag>}
        {!message.public && " A stand-in of wayside's own: nobody else can read it."}
      </p>
      <div class="octets">
        <Bytes hex={message.bytes} length={message.length} />
        {message.decoded ? <Lines of={message.decoded} /> : <Empty>They cannot be read: {message.problem}</Empty>}
      </div>
    </div>
  );
}

/** Which kinds are listed and drawn, with how many were sent. */
export function KindFilter() {
  const kinds = store.world.value?.kinds ?? [];
  void [store.rows.value, theme.value];
  const toggle = (kind: string) => {
    const hidden = new Set(hiddenKinds.value);
    if (!hidden.delete(kind)) hidden.add(kind);
    hiddenKinds.value = hidden;
  };
  return (
    <div class="chips" role="group" aria-label="Message kinds shown in this list and on the map">
      {kinds.map((kind, place) => {
        const sent = store.history.last(`messages.${kind.replaceAll("-", "_")}.sent`);
        const on = !hiddenKinds.value.has(kind);
        return (
          <button type="button" key={kind} class="chip" aria-pressed={on} onClick={() => toggle(kind)}>
            <span class="check" aria-hidden="true">
              {on ? "✓" : ""}
            </span>
            <span class="swatch" style={{ background: scene.value?.messageColour(place) }} />
            {kindName(kind)}
            {sent !== null && <span class="count">{decimal(sent, 0)}</span>}
          </button>
        );
      })}
    </div>
  );
}
