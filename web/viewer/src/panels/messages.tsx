/** The last messages on the air, by kind; each opens decoded. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { api } from "../net/rest";
import { clock, decimal, kindName, plural, SPACE, words } from "../format";
import { theme } from "../state/prefs";
import { replaying } from "../state/replay";
import { store, type Numbered } from "../state/store";
import { hiddenKinds, scene } from "../state/ui";
import { Button, Empty, Facts, RefLink, Tag } from "./bits";
import { Bytes, Lines, Tree } from "./decoded";
import type { OpenedMessage, V2xMessage } from "../protocol";

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
  useEffect(() => {
    // Not scrollIntoView, which moves the page about the panel too.
    const [row, panel] = [host.current?.closest("li"), host.current?.closest(".panel")];
    if (row && panel) panel.scrollTop += row.getBoundingClientRect().top - panel.getBoundingClientRect().top;
  }, []);
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
              : message.delay_ms > 0 && ["Delay", `${decimal(message.delay_ms, 1)}${SPACE}ms`],
          ]}
        />
        <Tree value={message.content} />
      </div>
      <OnTheAir message={message} />
    </div>
  );
}

/** Its octets: the server reads them when they are asked for. */
function OnTheAir({ message }: { message: V2xMessage }) {
  const found = useSignal<OpenedMessage | null>(null);
  const failure = useSignal("");
  useEffect(() => {
    const asking = new AbortController();
    found.value = null;
    failure.value = "";
    api.message(message.number, asking.signal).then(
      (opened) => (found.value = opened),
      (error: unknown) => {
        if (!asking.signal.aborted) failure.value = error instanceof Error ? error.message : String(error);
      },
    );
    return () => asking.abort();
  }, [message.number]);
  if (replaying.value) return <Empty>A recording does not hold its octets.</Empty>;
  if (failure.value) return <Empty>Its octets cannot be had: {failure.value}</Empty>;
  return found.value ? <Octets of={found.value} /> : <Empty>Asking the server...</Empty>;
}

export function Octets({ of }: { of: OpenedMessage }) {
  const { headers } = of;
  return (
    <>
      <h4>
        Headers
        <span class="extra">{headers.length} octets</span>
      </h4>
      <div class="octets headers">
        <Bytes hex={headers.bytes} length={headers.length} label="Headers" />
        <Lines of={headers.decoded} label="Headers" />
      </div>
      <h4>
        Message
        <span class="extra">
          {of.length} octets; the radio was given {of.size}
        </span>
      </h4>
      <p>
        {of.public ? of.standard : <Tag tone="warning">no public standard</Tag>}
        {!of.public && " A stand-in of wayside's own: nobody else can read it."}
      </p>
      <div class="octets">
        <Bytes hex={of.bytes} length={of.length} label="Message" />
        {of.decoded ? <Lines of={of.decoded} label="Message" /> : <Empty>They cannot be read: {of.problem}</Empty>}
      </div>
    </>
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
