/** Two runs side by side: the other's picture, the seam between both, and the headline. */

import { useEffect, useRef } from "preact/hooks";
import { attempt, hindrance } from "../actions";
import { decimal, duration, figure, SPACE } from "../format";
import { foremost, gains, type Gain } from "../gains";
import { api } from "../net/rest";
import { beside, mountOther, other, otherScene, seam } from "../state/beside";
import { pairs } from "../state/pairs";
import { onlyRecorded, replaying, replayTime } from "../state/replay";
import { store } from "../state/store";
import { scene } from "../state/ui";
import { Button } from "./bits";
import { signed } from "./pairfigure";
import type { Pairs, StudyFigure } from "../protocol";

/** The seam stays so far from the edges, share of the width; an arrow key moves it so far. */
const EDGE = 0.02;
const NUDGE = 0.05;

export function Beside() {
  if (beside.value === null || !scene.value) return null;
  return (
    <>
      <OtherPicture />
      <Seam />
      <Arms />
      <Gains />
    </>
  );
}

function OtherPicture() {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let ended = false;
    let unmount = () => undefined as void;
    void mountOther(host.current!).then((stop) => {
      if (ended) stop();
      else unmount = stop;
    });
    return () => {
      ended = true;
      unmount();
    };
  }, []);
  const clip = `inset(0 0 0 ${seam.value * 100}%)`;
  return <div ref={host} class="canvas other" style={{ clipPath: clip }} aria-hidden="true" />;
}

function Seam() {
  const move = (event: PointerEvent) => {
    const handle = event.currentTarget as HTMLElement;
    if (!handle.hasPointerCapture(event.pointerId)) return;
    const box = handle.parentElement!.getBoundingClientRect();
    place((event.clientX - box.left) / box.width);
  };
  return (
    <div
      class="seam"
      role="slider"
      tabIndex={0}
      aria-label="Where the two pictures meet"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(seam.value * 100)}
      title="Drag, or arrow keys: left of it is the first run, right of it the other"
      style={{ left: `${seam.value * 100}%` }}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={move}
      onKeyDown={(event) => {
        const by = { ArrowLeft: -NUDGE, ArrowRight: NUDGE }[event.key];
        if (by === undefined) return;
        event.preventDefault();
        event.stopPropagation();
        place(seam.value + by);
      }}
    >
      <span aria-hidden="true">◂▸</span>
    </div>
  );
}

function place(share: number): void {
  seam.value = Math.min(1 - EDGE, Math.max(EDGE, share));
}

/** Which side is which run, and what has become of the other one. */
function Arms() {
  const [left, right] = pairs.value?.arms ?? ["", beside.value ?? ""];
  const run = other.run.value;
  const over =
    run?.state === "died" ? "died" : run?.state === "ended" ? "ended" : run?.state === "loading" ? "loading" : "";
  return (
    <div class="arms">
      <p class="first" style={{ right: `${(1 - seam.value) * 100}%` }}>
        {left}
      </p>
      <p class="second" style={{ left: `${seam.value * 100}%` }}>
        {right}
        {over && <span class={run?.state === "died" ? "bad" : "muted"}> {over}</span>}
      </p>
      {run?.state === "died" && (
        <p class="notice warning died" role="alert">
          The other run died: {run.words || "no last words"}
        </p>
      )}
    </div>
  );
}

function Gains() {
  const known = pairs.value;
  const back = replaying.value && !(onlyRecorded.value && replayTime.value === store.run.value?.time);
  const found = known ? gains(known, replaying.value ? replayTime.value : Infinity) : [];
  const main = known && foremost(found, known);
  return (
    <section class="gains" aria-label="With and without">
      {main ? <Line gain={main} big /> : <p class="muted">Nobody has come to the end of anything in both runs yet.</p>}
      {known && (
        <details>
          <summary>How this is counted</summary>
          {found.map((gain) => gain !== main && <Line key={gain.errand.table} gain={gain} />)}
          {found.map((gain) => (
            <p key={gain.errand.table}>
              {gain.errand.counted} {back ? "" : left(known, gain)}
            </p>
          ))}
          <p>
            Sooner and later mean by a second or more. Seconds are the mean of all pairs, kilometres their sum; less is
            less with {known.arms[0]} than with {known.arms[1]}.
          </p>
          <Certainty of={known} />
          {!onlyRecorded.value && (
            <Button
              text
              label="Go on with one run"
              hindered={hindrance()}
              onPress={() => void attempt("End the other run", api.alone)}
            />
          )}
        </details>
      )}
    </section>
  );
}

/** What of both runs is in no pair. */
function left(known: Pairs, gain: Gain): string {
  const counts = known.counts[known.errands.indexOf(gain.errand)];
  if (!counts) return "";
  const [first, second] = counts;
  return `So far ${decimal(first, 0)} in the first run and ${decimal(second, 0)} in the other, ${decimal(gain.pairs, 0)} of them in both.`;
}

function Line({ gain, big }: { gain: Gain; big?: boolean }) {
  const { errand, pairs, sooner, later, seconds, metres } = gain;
  const shorter = Math.abs(seconds) < 60 ? `${figure(Math.abs(seconds))}${SPACE}s` : duration(Math.abs(seconds));
  const km = Math.abs(metres) / 1000;
  return (
    <p class={big ? "gain foremost" : "gain"}>
      <b>{decimal(sooner, 0)}</b> of {decimal(pairs, 0)} {errand.who} {errand.sooner}, {decimal(later, 0)} later
      <span class="dot"> · </span>
      <b>{shorter}</b> {seconds === 0 ? "difference" : seconds > 0 ? "less" : "more"} per {errand.each}
      {metres !== 0 && (
        <>
          <span class="dot"> · </span>
          <b>
            {figure(km)}
            {SPACE}km
          </b>{" "}
          {metres > 0 ? "not driven" : "more driven"}
        </>
      )}
    </p>
  );
}

function Certainty({ of }: { of: Pairs }) {
  if (!of.study)
    return (
      <p>
        This is one pair of runs of the same demand: it shows these two, and is no proof that another demand comes out
        alike. <code>wayside compare</code> makes many; with <code>--study DIR</code> its word stands here.
      </p>
    );
  return (
    <>
      <p>
        This is one pair of runs. {of.study.path} has {of.study.replications} replications of both:
      </p>
      <ul>
        {of.study.figures.map((one) => (
          <li key={one.figure}>{told(one)}</li>
        ))}
      </ul>
    </>
  );
}

function told({ figure: name, difference, low, high, pairs }: StudyFigure): string {
  return `${name}: ${signed(difference)} on average, 95 % interval ${signed(low)} to ${signed(high)}, ${pairs} pairs`;
}

/** What tests may read of it. */
export function readBeside() {
  const known = pairs.value;
  return {
    against: beside.value,
    arms: known?.arms ?? null,
    rows: known?.rows.length ?? 0,
    gains: known ? gains(known, replaying.value ? replayTime.value : Infinity) : [],
    seam: seam.value,
    run: structuredClone(other.run.value),
    stats: otherScene.value?.stats() ?? null,
    view: otherScene.value?.view() ?? null,
    figures: other.history.times.length,
  };
}
