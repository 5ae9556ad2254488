/** The upper edge: what runs, search, and what concerns the whole page. */

import { hindrance, runHindrance, attempt } from "../actions";
import { api } from "../net/rest";
import { copyLink } from "../state/address";
import { theme, themeChoice } from "../state/prefs";
import { store } from "../state/store";
import { onlyRecorded, replaying } from "../state/replay";
import { dialog, onStage, viewMenu } from "../state/ui";
import { toggleTour, tour } from "../tour";
import { Button } from "./bits";
import { Icon } from "./icons";
import { SearchBox } from "./searchbox";
import type { RunState } from "../protocol";

const STATES: Record<RunState, { words: string; sign: string }> = {
  loading: { words: "loading", sign: "◌" },
  running: { words: "running", sign: "●" },
  paused: { words: "paused", sign: "❙❙" },
  ended: { words: "ended", sign: "■" },
  died: { words: "died", sign: "✕" },
  none: { words: "nothing runs", sign: "○" },
  recorded: { words: "recording", sign: "◉" },
};

export function TopBar() {
  const run = store.run.value;
  const connection = store.connection.value.state;
  const state = connection === "open" ? (run?.state ?? "none") : "none";
  const said =
    connection === "open"
      ? STATES[state]
      : { words: connection === "connecting" ? "connecting" : "no connection", sign: "○" };
  return (
    <header class="topbar">
      <span class="brand">
        <svg viewBox="0 0 32 32" style={{ width: "2.4rem", height: "2.4rem" }} aria-hidden="true">
          <path class="road" d="M9.5 27 14 8h4l4.5 19" />
          <circle cx="16" cy="9" r="3.2" />
          <path class="waves" d="M9.2 4.8a8.4 8.4 0 0 0 0 8.4M22.8 4.8a8.4 8.4 0 0 1 0 8.4" />
        </svg>
        <h1>wayside</h1>
      </span>
      <button
        type="button"
        class="scenario"
        onClick={() => !onlyRecorded.value && (dialog.value = "start")}
        aria-haspopup="dialog"
        aria-disabled={onlyRecorded.value || undefined}
        title={run?.title || "Choose a scenario"}
      >
        <span class="name">{run?.scenario || "Choose a scenario"}</span>
        {run?.seed !== null && run?.seed !== undefined && <span class="muted">seed {run.seed}</span>}
        <Icon name="chevron" size={14} />
      </button>
      <span class={`state ${state}`} role="status">
        <span aria-hidden="true">{said.sign}</span> {said.words}
      </span>
      {replaying.value && !onlyRecorded.value && (
        <span class="tag accent" title="What is shown has been recorded; the run goes on">
          looking back
        </span>
      )}
      {connection === "open" && !store.control.value && !onlyRecorded.value && (
        <span class="tag accent" title={hindrance()}>
          view only
        </span>
      )}
      <SearchBox />
      <nav class="tools" aria-label="Run and page">
        <Button
          label="Restart with a seed"
          icon="restart"
          hindered={hindrance() || (run?.scenario ? "" : "Nothing has run yet.")}
          onPress={() => (dialog.value = "restart")}
        />
        <Button
          label="With and without, side by side"
          icon="beside"
          keys="Y"
          hindered={
            onlyRecorded.value ? "This is a recording." : hindrance() || (run?.scenario ? "" : "Nothing has run yet.")
          }
          onPress={() => (dialog.value = "against")}
        />
        <Button
          label="Stop the run"
          icon="stop"
          hindered={runHindrance()}
          onPress={() => void attempt("Stop", api.stop)}
        />
        <span class="rule" />
        <Button
          label="View: colours, layers, messages"
          icon="layers"
          keys="V"
          expanded={viewMenu.value}
          onPress={() => (viewMenu.value = !viewMenu.value)}
        />
        <Button
          label={tour.value ? "Leave the tour" : "A tour of this city"}
          icon="tour"
          keys="U"
          onPress={() => void toggleTour()}
        />
        <Button label="The map alone, for an audience" icon="screen" keys="X" onPress={() => (onStage.value = true)} />
        <Button label="Copy a link to this view" icon="link" keys="L" onPress={() => void copyLink()} />
        <Button
          label={theme.value === "dark" ? "Light colours" : "Dark colours"}
          icon={theme.value === "dark" ? "sun" : "moon"}
          keys="T"
          onPress={() => (themeChoice.value = theme.value === "dark" ? "light" : "dark")}
        />
        <Button label="Keys" icon="keys" keys="?" onPress={() => (dialog.value = "keys")} />
      </nav>
    </header>
  );
}
