/** The scale of time: what is recorded, where the picture is, where the run is, what happened, what is looped. */

import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { goTo } from "../actions";
import { clock } from "../format";
import { settled } from "../gathered";
import { fetching, isRecorded, loop, marked, onlyRecorded, recorded, replaying, seek } from "../state/replay";
import { store } from "../state/store";
import { goal } from "../state/ui";

/** The scale's end where the run has none, s. */
const OPEN_END = 3600;
/** The slider rests for so long before the run goes to what is not recorded, ms. */
const SETTLE = 300;
/** Ticks for events; of more every other one is left out. */
const MOST_TICKS = 200;

export function Timeline({ time, hindered }: { time: number; hindered: string }) {
  const dragged = useSignal<number | null>(null);
  const settle = useRef(
    settled((time: number) => {
      dragged.value = null;
      void goTo(time);
    }, SETTLE),
  );
  const run = store.run.value;
  const span = recorded.value;
  const begin = onlyRecorded.value && span ? span[0] : (run?.begin ?? 0);
  const end =
    onlyRecorded.value && span
      ? span[1]
      : (run?.end ?? Math.max(begin + OPEN_END, Math.ceil((run?.time || time || 0) / OPEN_END) * OPEN_END));
  const live = store.health.value?.time ?? run?.time ?? begin;
  const at = dragged.value ?? goal.value ?? (Number.isFinite(time) ? time : begin);
  const share = (value: number) => `${Math.min(1, Math.max(0, (value - begin) / (end - begin || 1))) * 100}%`;
  // Only who may steer the run can leave what is recorded.
  const free = span !== null || hindered === "";
  const over = loop.value;
  return (
    <label
      class={`scrubber${replaying.value ? " replaying" : ""}`}
      style={{ "--done": share(replaying.value ? at : time || begin), "--at": share(at) }}
    >
      <span class="unseen">Go to a time</span>
      <span class="scale" aria-hidden="true">
        {span && <span class="recorded" style={{ left: share(span[0]), right: `calc(100% - ${share(span[1])})` }} />}
        {over && (
          <span class="looped" style={{ left: share(over.from), right: `calc(100% - ${share(over.to ?? at)})` }} />
        )}
        {replaying.value && <Ticks share={share} begin={begin} end={end} />}
        {replaying.value && !onlyRecorded.value && <span class="livemark" style={{ left: share(live) }} />}
      </span>
      <input
        type="range"
        min={begin}
        max={end}
        step={span ? "any" : "1"}
        value={at}
        disabled={!free}
        aria-valuetext={clock(at)}
        title={tip(hindered, span, begin)}
        onInput={(event) => {
          const wish = Number(event.currentTarget.value);
          if (isRecorded(wish) && (replaying.value || wish < live)) {
            dragged.value = null;
            void seek(wish);
          } else dragged.value = wish;
        }}
        // A key that is held changes it many times a second.
        onChange={(event) => {
          const wish = Number(event.currentTarget.value);
          if (isRecorded(wish) && (replaying.value || wish < live)) return;
          if (hindered && !replaying.value) dragged.value = null;
          else settle.current(wish);
        }}
      />
      <Words at={at} live={live} time={time} dragged={dragged.value !== null} span={span} begin={begin} />
    </label>
  );
}

function tip(hindered: string, span: [number, number] | null, begin: number): string {
  if (!span) return hindered || "Drag to go to a time; an earlier one starts the run again: it is not recorded";
  const since = span[0] - begin > 1 ? `It is recorded from ${clock(span[0])} on. ` : "";
  return `${since}Drag to go to a time`;
}

/** What dragging, going or waiting means, in words beside the handle. */
function Words(of: {
  at: number;
  live: number;
  time: number;
  dragged: boolean;
  span: [number, number] | null;
  begin: number;
}) {
  const { at, live, dragged, span, begin } = of;
  let words = "";
  if (dragged) {
    if (at >= live) words = clock(at);
    else if (span && at < span[0]) words = `${clock(at)}: kept from ${clock(span[0])} on, starts again`;
    else words = `${clock(at)}, starts again`;
  } else if (goal.value !== null) words = `going to ${clock(goal.value)}`;
  else if (replaying.value && fetching.value) words = `fetching ${clock(at)}`;
  else if (replaying.value && span && span[0] - begin > 1 && at - span[0] < 1) {
    words = `the recording goes back to ${clock(span[0])}`;
  }
  return words ? <output>{words}</output> : null;
}

function Ticks({ share, begin, end }: { share: (time: number) => string; begin: number; end: number }) {
  const events = marked().filter(({ time }) => time >= begin && time <= end);
  const stride = Math.ceil(events.length / MOST_TICKS) || 1;
  return (
    <>
      {events.map(
        ({ time, text }, place) =>
          place % stride === 0 && <span key={place} class="tick" style={{ left: share(time) }} title={text} />,
      )}
    </>
  );
}
