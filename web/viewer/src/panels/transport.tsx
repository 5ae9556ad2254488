/** The lower edge: time and speed of the run, and how well all of it keeps up. */

import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { goTo, runHindrance, setSpeed, speedNow, SPEEDS, step, stopOf, togglePlay } from "../actions";
import { clock, decimal, factor, SPACE } from "../format";
import { settled } from "../gathered";
import { store } from "../state/store";
import { dialog, goal, stats } from "../state/ui";
import { Button } from "./bits";

/** The scale's end where the run has none, s. */
const OPEN_END = 3600;
/** The long slider rests for so long before the run goes there, ms. */
const SETTLE = 300;

export function Transport() {
  const run = store.run.value;
  const running = run?.state === "running";
  const reason = runHindrance();
  const time = now();
  return (
    <footer class="transport">
      <div class="play">
        <Button
          label={running ? "Pause" : "Play"}
          icon={running ? "pause" : "play"}
          keys="Space"
          tone="main"
          hindered={reason}
          onPress={togglePlay}
        />
        <Button label="One step" icon="step" keys="." hindered={reason} onPress={() => step()} />
      </div>
      <button
        type="button"
        class="clock"
        title="Go to a time (G)"
        aria-label={`Simulation time ${clock(time)}. Go to a time`}
        aria-disabled={reason ? true : undefined}
        onClick={() => !reason && (dialog.value = "goto")}
      >
        {clock(time, true)}
      </button>
      <Scrubber time={time} hindered={reason} />
      <Speed hindered={reason} />
      <HealthLine />
    </footer>
  );
}

/** What is drawn, or what the server last said. */
export function now(): number {
  const drawn = stats.value?.time;
  if (drawn !== undefined && Number.isFinite(drawn) && store.world.value) return drawn;
  return store.run.value?.time ?? Number.NaN;
}

function Scrubber({ time, hindered }: { time: number; hindered: string }) {
  const dragged = useSignal<number | null>(null);
  const settle = useRef(
    settled((time: number) => {
      dragged.value = null;
      void goTo(time);
    }, SETTLE),
  );
  const run = store.run.value;
  const begin = run?.begin ?? 0;
  const end = run?.end ?? Math.max(begin + OPEN_END, Math.ceil((time || 0) / OPEN_END) * OPEN_END);
  const at = dragged.value ?? goal.value ?? (Number.isFinite(time) ? time : begin);
  const share = (value: number) => `${Math.min(1, Math.max(0, (value - begin) / (end - begin || 1))) * 100}%`;
  const words =
    dragged.value !== null
      ? dragged.value < time
        ? `${clock(at)}, starts again`
        : clock(at)
      : goal.value !== null
        ? `going to ${clock(goal.value)}`
        : "";
  return (
    <label class="scrubber" style={{ "--done": share(time || begin), "--at": share(at) }}>
      <span class="unseen">Go to a time</span>
      <input
        type="range"
        min={begin}
        max={end}
        step="1"
        value={at}
        disabled={hindered !== ""}
        aria-valuetext={clock(at)}
        title={hindered || "Drag to go to a time; an earlier one starts the run again"}
        onInput={(event) => (dragged.value = Number(event.currentTarget.value))}
        // A key that is held changes it many times a second.
        onChange={(event) => settle.current(Number(event.currentTarget.value))}
      />
      {words && <output>{words}</output>}
    </label>
  );
}

function Speed({ hindered }: { hindered: string }) {
  const run = store.run.value;
  const dragged = useSignal<number | null>(null);
  const speed = run ? speedNow() : 1;
  const stop = dragged.value ?? stopOf(speed);
  const shown = dragged.value === null ? speed : SPEEDS[dragged.value]!;
  return (
    <label class="speed" title={hindered || "Speed ([ and ])"}>
      <span class="unseen">Speed</span>
      <input
        type="range"
        min="0"
        max={SPEEDS.length - 1}
        step="1"
        list="speeds"
        value={stop}
        disabled={hindered !== ""}
        aria-valuetext={shown === null ? "as fast as possible" : `${factor(shown)} real time`}
        onInput={(event) => (dragged.value = Number(event.currentTarget.value))}
        onChange={(event) => {
          dragged.value = null;
          setSpeed(SPEEDS[Number(event.currentTarget.value)]!);
        }}
      />
      <datalist id="speeds">
        {SPEEDS.map((_, place) => (
          <option key={place} value={place} />
        ))}
      </datalist>
      <output>{factor(shown)}</output>
    </label>
  );
}

function HealthLine() {
  const health = store.health.value;
  const drawn = stats.value;
  const paused = store.run.value?.state !== "running";
  const items: [string, string, string][] = [];
  if (health) {
    items.push(["vehicles", decimal(health.vehicles, 0), "Vehicles in the simulation"]);
    items.push(["real time", `${decimal(health.real_time_factor, 1)}×`, "Simulated seconds per second"]);
    items.push(["SUMO", `${decimal(health.step_ms, 1)}${SPACE}ms`, "SUMO's part of a step"]);
    items.push(["edge", `${decimal(health.edge_ms, 1)}${SPACE}ms`, "The roadside's part of a step"]);
    items.push(["frames", `${decimal(health.frames_per_second, 0)}/s`, "States sent by the server"]);
  }
  if (drawn) {
    items.push([
      "drawn",
      `${decimal(drawn.framesPerSecond, 0)}/s`,
      drawn.software ? "Pictures drawn, without a GPU" : "Pictures drawn",
    ]);
    items.push([
      "lag",
      `${decimal(Math.max(0, drawn.lag) * 1000, 0)}${SPACE}ms`,
      "How far the picture is behind the newest state",
    ]);
  }
  items.push(["missed", decimal(store.missed.value, 0), "States that this viewer was too slow for"]);
  if (health) items.push(["viewers", decimal(health.clients, 0), "Who looks on"]);
  return (
    <div class="health" aria-label="Health">
      {drawn?.stalled && !paused && (
        <span class="stalled" role="status">
          ▲ stalled
        </span>
      )}
      {items.map(([name, value, tip]) => (
        <span key={name} title={tip}>
          {name} <b>{value}</b>
        </span>
      ))}
    </div>
  );
}
