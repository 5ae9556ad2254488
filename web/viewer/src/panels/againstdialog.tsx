/** Asks what the run that goes beside this one is. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { attempt, hindrance } from "../actions";
import { api } from "../net/rest";
import { parseOverrides } from "../overrides";
import { store } from "../state/store";
import { dialog } from "../state/ui";
import { Submit, Window } from "./dialogs";

export function StartBeside() {
  const scenarios = useSignal<{ name: string; title: string }[]>([]);
  const chosen = useSignal("");
  const overrides = useSignal("");
  const wrong = useSignal("");
  useEffect(() => {
    api.scenarios().then(
      (found) => (scenarios.value = found),
      (error: unknown) => (wrong.value = error instanceof Error ? error.message : String(error)),
    );
  }, []);
  const name = store.run.value?.scenario ?? "";
  const submit = async () => {
    const parsed = parseOverrides(overrides.value);
    wrong.value = typeof parsed === "string" ? parsed : "";
    if (typeof parsed === "string" || hindrance()) return;
    const done = await attempt("Side by side", () => api.against(chosen.value || null, parsed));
    if (done) dialog.value = null;
  };
  return (
    <Window title="With and without, side by side" onSubmit={() => void submit()}>
      <p class="muted">
        {name} starts again, and beside it a run of the same demand and seed that differs in what you write here.
      </p>
      <label class="field">
        <span>Scenario</span>
        <select value={chosen.value} onChange={(event) => (chosen.value = event.currentTarget.value)}>
          <option value="">the same</option>
          {scenarios.value
            .filter((one) => one.name !== name)
            .map((one) => (
              <option key={one.name} value={one.name}>
                {one.name}
              </option>
            ))}
        </select>
      </label>
      <label class="field tall">
        <span>In the other run</span>
        <textarea
          rows={3}
          spellcheck={false}
          placeholder={"v2x.penetration = 0"}
          value={overrides.value}
          onInput={(event) => (overrides.value = event.currentTarget.value)}
        />
      </label>
      {wrong.value && (
        <p class="hindered" role="alert">
          {wrong.value}
        </p>
      )}
      <Submit label="Start both" hindered={hindrance() || (name ? "" : "Nothing has run yet.")} />
    </Window>
  );
}
