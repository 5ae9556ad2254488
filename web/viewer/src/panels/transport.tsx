/** The lower edge: time and speed of the run, and how well all of it keeps up. */

import { useSignal } from "@preact/signals";
import { moves, setSpeed, speedNow, SPEEDS, step, stopOf, timeHindrance, togglePlay } from "../actions";
import { clock, decimal, factor, SPACE } from "../format";
import { store } from "../state/store";
import { goLive, loop, markLoop, onlyRecorded, recorded, replaying, replayTime } from "../state/replay";
import { dialog, stats } from "../state/ui";
import { Button } from "./bits";
import { Timeline } from "./timeline";

export function Transport() {
  const running = moves();
  const reason = timeHindrance();
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
        {recorded.value && (
          <Button
            label={!loop.value ? "Loop from here" : loop.value.to === null ? "Loop up to here" : "No loop"}
            icon="loop"
            keys="O"
            pressed={loop.value !== null}
            hindered={replaying.value ? "" : "Go back on the scale first: a part of the recording can be looped."}
            onPress={markLoop}
          />
        )}
        {replaying.value && !onlyRecorded.value && (
          <Button text label="Live" keys="R" tone="warning" onPress={goLive} />
        )}
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
      <Timeline time={time} hindered={reason} />
      <Speed hindered={reason} />
      <HealthLine />
    </footer>
  );
}

/** What is drawn, or what the server last said. */
export function now(): number {
  if (replaying.value) return replayTime.value;
  const drawn = stats.value?.time;
  if (drawn !== undefined && Number.isFinite(drawn) && store.world.value) return drawn;
  return store.run.value?.time ?? Number.NaN;
}

function Speed({ hindered }: { hindered: string }) {
  const dragged = useSignal<number | null>(null);
  const speed = store.run.value ? speedNow() : 1;
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
  const paused = !moves();
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
