/** Windows that want an answer: start a scenario, restart, go to a time; and the list of keys. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { attempt, goTo, hindrance } from "../actions";
import { clock, parseClock } from "../format";
import { KEYS } from "../keys";
import { api } from "../net/rest";
import { parseOverrides } from "../overrides";
import { isRecorded, onlyRecorded, recorded } from "../state/replay";
import { store } from "../state/store";
import { dialog } from "../state/ui";
import { StartBeside } from "./againstdialog";
import { Button, Empty } from "./bits";

export function Dialogs() {
  switch (dialog.value) {
    case "keys":
      return <Keys />;
    case "start":
      return <Start />;
    case "goto":
      return <GoTo />;
    case "restart":
      return <Restart />;
    case "against":
      return <StartBeside />;
    default:
      return null;
  }
}

export function Window({
  title,
  children,
  onSubmit,
}: {
  title: string;
  children: ComponentChildren;
  onSubmit?: () => void;
}) {
  const element = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const before = document.activeElement;
    element.current!.showModal();
    return () => before instanceof HTMLElement && before.focus({ preventScroll: true });
  }, []);
  return (
    <dialog
      ref={element}
      aria-label={title}
      onClose={() => (dialog.value = null)}
      onClick={(event) => event.target === element.current && element.current?.close()}
    >
      <form
        method="dialog"
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit?.();
        }}
      >
        <header class="cardhead">
          <h2>{title}</h2>
          <Button label="Close" icon="close" keys="Esc" onPress={() => (dialog.value = null)} />
        </header>
        {children}
      </form>
    </dialog>
  );
}

export function Submit({ label, hindered }: { label: string; hindered?: string }) {
  return (
    <div class="buttons">
      <button type="submit" class="button main text" disabled={Boolean(hindered)} title={hindered}>
        {label}
      </button>
      {hindered && <span class="muted">{hindered}</span>}
    </div>
  );
}

function Start() {
  const scenarios = useSignal<{ name: string; title: string }[] | null>(null);
  const failure = useSignal("");
  const chosen = useSignal(store.run.value?.scenario ?? "");
  const seed = useSignal("");
  const overrides = useSignal("");
  const wrong = useSignal("");
  useEffect(() => {
    api.scenarios().then(
      (found) => {
        scenarios.value = found;
        if (!found.some((scenario) => scenario.name === chosen.value)) chosen.value = found[0]?.name ?? "";
      },
      (error: unknown) => (failure.value = error instanceof Error ? error.message : String(error)),
    );
  }, []);
  const submit = async () => {
    const parsed = parseOverrides(overrides.value);
    wrong.value = typeof parsed === "string" ? parsed : "";
    if (typeof parsed === "string" || hindrance()) return;
    if (await attempt("Start", () => api.start(chosen.value, seedOf(seed.value), parsed))) dialog.value = null;
  };
  return (
    <Window title="Start a scenario" onSubmit={() => void submit()}>
      {failure.value && <p class="hindered">{failure.value}</p>}
      {!scenarios.value && !failure.value && <Empty>Asking the server...</Empty>}
      <div class="scenarios" role="radiogroup" aria-label="Scenario">
        {scenarios.value?.map(({ name, title }) => (
          <label key={name} class={chosen.value === name ? "chosen" : ""}>
            <input
              type="radio"
              name="scenario"
              checked={chosen.value === name}
              onChange={() => (chosen.value = name)}
            />
            <b>{name}</b>
            <span class="muted">{title}</span>
          </label>
        ))}
      </div>
      <SeedField value={seed.value} onValue={(value) => (seed.value = value)} />
      <label class="field tall">
        <span>Other than the scenario says</span>
        <textarea
          rows={3}
          spellcheck={false}
          placeholder={"v2x.penetration = 0.3\nparking.request_distance = 500"}
          value={overrides.value}
          onInput={(event) => (overrides.value = event.currentTarget.value)}
        />
      </label>
      {wrong.value && (
        <p class="hindered" role="alert">
          {wrong.value}
        </p>
      )}
      {store.world.value && <p class="muted">What runs now ends.</p>}
      <Submit label="Start" hindered={hindrance() || (chosen.value ? "" : "Choose a scenario first.")} />
    </Window>
  );
}

function SeedField({ value, onValue }: { value: string; onValue: (value: string) => void }) {
  return (
    <label class="field">
      <span>Seed</span>
      <input
        type="number"
        min="0"
        step="1"
        placeholder="the scenario's own"
        value={value}
        onInput={(event) => onValue(event.currentTarget.value)}
      />
    </label>
  );
}

function seedOf(text: string): number | null {
  return text.trim() === "" ? null : Math.max(0, Math.round(Number(text)));
}

function Restart() {
  const seed = useSignal(String(store.run.value?.seed ?? ""));
  const submit = async () => {
    if (await attempt("Restart", () => api.restart(seedOf(seed.value)))) dialog.value = null;
  };
  return (
    <Window title="Restart" onSubmit={() => void submit()}>
      <p class="muted">From the begin, with another seed or the same.</p>
      <SeedField value={seed.value} onValue={(value) => (seed.value = value)} />
      <Submit label="Restart" hindered={hindrance()} />
    </Window>
  );
}

function GoTo() {
  const text = useSignal("");
  const run = store.run.value;
  const span = recorded.value;
  const time = parseClock(text.value);
  const wrong =
    time === null
      ? "Seconds, minutes:seconds or hours:minutes:seconds."
      : run && time < run.begin
        ? `The run begins at ${clock(run.begin)}.`
        : run?.end != null && time > run.end
          ? `The run ends at ${clock(run.end)}.`
          : "";
  const submit = () => {
    if (time === null || wrong) return;
    dialog.value = null;
    void goTo(time);
  };
  return (
    <Window title="Go to a time" onSubmit={submit}>
      <p class="muted">
        {span
          ? `What is recorded, from ${clock(span[0])} to ${clock(span[1])}, is shown at once. `
          : "Nothing is recorded: an earlier time starts the run again. "}
        {!onlyRecorded.value &&
          `A later one is reached as fast as possible. Now it is ${clock(run?.time ?? Number.NaN)}.`}
      </p>
      <label class="field">
        <span>Time</span>
        <input
          type="text"
          inputMode="numeric"
          placeholder="0:15:00"
          value={text.value}
          autofocus
          onInput={(event) => (text.value = event.currentTarget.value)}
        />
      </label>
      <Submit label="Go" hindered={(time !== null && isRecorded(time) ? "" : hindrance()) || wrong} />
    </Window>
  );
}

function Keys() {
  const groups = [...new Set(KEYS.map((key) => key.group))];
  return (
    <Window title="Keys">
      <div class="keys">
        {groups.map((group) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl>
              {KEYS.filter((key) => key.group === group).map((key) => (
                <div key={key.words}>
                  <dt>
                    {key.shown.map((shown) => (
                      <kbd key={shown}>{shown}</kbd>
                    ))}
                  </dt>
                  <dd>{key.words}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
        <section>
          <h3>Mouse and touch</h3>
          <dl>
            <div>
              <dt>Drag</dt>
              <dd>move the map</dd>
            </div>
            <div>
              <dt>Wheel, pinch</dt>
              <dd>zoom</dd>
            </div>
            <div>
              <dt>Right drag, two fingers</dt>
              <dd>turn and tilt</dd>
            </div>
            <div>
              <dt>Click</dt>
              <dd>inspect</dd>
            </div>
          </dl>
        </section>
      </div>
    </Window>
  );
}
