/** The map, and what lies over it. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { hindrance, startAgain } from "../actions";
import { clock, sentence, speed } from "../format";
import { parseRef, TITLES } from "../refs";
import { store } from "../state/store";
import { replaying } from "../state/replay";
import { dialog, follow, following, hovered, placing, scene, selected, stalled, trouble } from "../state/ui";
import { Beside } from "./beside";
import { Button, RefLink } from "./bits";
import { Legend } from "./legend";
import { Welcome } from "./welcome";

export function Stage({ mount }: { mount: (host: HTMLElement) => void }) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => mount(host.current!), []);
  useEffect(() => {
    const element = host.current!;
    let down: { x: number; y: number } | null = null;
    const press = (event: PointerEvent) => (down = { x: event.clientX, y: event.clientY });
    const click = (event: PointerEvent) => {
      const take = placing.value?.take;
      // A drag moves the map and chooses nothing.
      if (!take || !scene.value || !down || Math.hypot(event.clientX - down.x, event.clientY - down.y) > 5) return;
      const box = element.getBoundingClientRect();
      const place = scene.value.unproject(event.clientX - box.left, event.clientY - box.top);
      if (place) take(place.x, place.y);
      // Not before the scene's own click has passed by.
      setTimeout(() => (placing.value = null));
    };
    element.addEventListener("pointerdown", press, true);
    element.addEventListener("pointerup", click, true);
    return () => {
      element.removeEventListener("pointerdown", press, true);
      element.removeEventListener("pointerup", click, true);
    };
  }, []);
  return (
    <main class={`stage${placing.value ? " placing" : ""}`}>
      <div
        ref={host}
        class="canvas"
        id="map"
        tabIndex={0}
        role="img"
        aria-label="Map of the city. The same is in the table panel. Arrow keys move the map, plus and minus zoom."
      />
      <Beside />
      <MapButtons />
      <Legend />
      <Hover />
      <Notices />
    </main>
  );
}

function MapButtons() {
  const tilted = () => (scene.value?.view().tilt ?? 0) > 1;
  return (
    <div class="mapbuttons" role="group" aria-label="Map">
      <Button label="Nearer" icon="plus" keys="+" onPress={() => scene.value?.zoom(1.5)} />
      <Button label="Further" icon="minus" keys="-" onPress={() => scene.value?.zoom(1 / 1.5)} />
      <Button label="The whole city" icon="fit" keys="H" onPress={() => scene.value?.fit()} />
      <Button label="Tilt" icon="tilt" keys="D" onPress={() => scene.value?.setView({ tilt: tilted() ? 0 : 50 })} />
      <Button label="North up" icon="north" keys="N" onPress={() => scene.value?.setView({ bearing: 0 })} />
    </div>
  );
}

function Hover() {
  const at = hovered.value;
  const parsed = parseRef(at?.ref);
  if (!at || !parsed) return null;
  const vehicle = parsed.kind === "vehicle" ? scene.value?.vehicle(parsed.number) : null;
  return (
    <div class="hover" style={{ left: `${at.left}px`, top: `${at.top}px` }} aria-hidden="true">
      <b>{store.label(at.ref)}</b>
      <span>{vehicle ? `${vehicle.kind}, ${speed(vehicle.speed)}` : TITLES[parsed.kind].one}</span>
    </div>
  );
}

/** Whatever stands between the viewer and a moving city, in the middle; what helps, beside it. */
function Notices() {
  const connection = store.connection.value;
  const run = store.run.value;
  const at = following.value;
  return (
    <>
      <div class="notices">
        <Welcome />
        {placing.value && <p class="notice">{placing.value.words}</p>}
        {at && at !== selected.value && (
          <p class="notice">
            Following <RefLink of={at} />
            <Button text label="Let go" keys="F" onPress={() => follow(null)} />
          </p>
        )}
        {connection.state === "lost" && (
          <p class="notice warning" role="alert">
            The server is gone, trying again.{store.world.value ? " What you see is the last that came." : ""}
          </p>
        )}
        {connection.state === "open" && !replaying.value && stalled.value && run?.state === "running" && (
          <p class="notice warning">Stalled: no new state from the simulation.</p>
        )}
        {run?.state === "recorded" && run.words && <p class="notice warning">{sentence(run.words)}.</p>}
        {run?.state === "ended" && !replaying.value && connection.state === "open" && (
          <p class="notice">
            {sentence(run.words || "the run has ended")} at {clock(run.time)}.
            <Button text label="Start again" hindered={hindrance()} onPress={startAgain} />
          </p>
        )}
      </div>
      <Cover />
    </>
  );
}

function Cover() {
  const connection = store.connection.value;
  const run = store.run.value;
  if (trouble.value) {
    return (
      <Card title="The city cannot be drawn">
        <p>{trouble.value}</p>
        <p class="muted">The table, the figures and the logs work without it.</p>
      </Card>
    );
  }
  if (connection.state === "refused") {
    return (
      <Card title="The server does not let this page in">
        <p>{connection.reason}</p>
        <p class="muted">Open the whole link that the server printed when it started, with what stands behind the #.</p>
      </Card>
    );
  }
  if (run?.state === "died" && connection.state === "open") {
    return (
      <Card title="The simulation died" alert>
        <p>At {clock(run.time)}. Its last words:</p>
        <pre tabIndex={0}>{run.words || "(none)"}</pre>
        <div class="buttons">
          <Button text tone="main" label="Start again" hindered={hindrance()} onPress={startAgain} />
          <Button text label="Another scenario" hindered={hindrance()} onPress={() => (dialog.value = "start")} />
        </div>
      </Card>
    );
  }
  if (connection.state === "open" && (run?.state === "none" || run === null) && !store.world.value) {
    return (
      <Card title="Nothing runs">
        <p>{run?.words || "Choose a scenario to begin."}</p>
        <div class="buttons">
          <Button
            text
            tone="main"
            label="Choose a scenario"
            hindered={hindrance()}
            onPress={() => (dialog.value = "start")}
          />
        </div>
      </Card>
    );
  }
  if (store.world.value) return null;
  const words =
    connection.state === "lost"
      ? "Waiting for the server"
      : connection.state === "connecting"
        ? "Connecting"
        : run?.state === "loading"
          ? `Loading ${run.title || run.scenario}`
          : "Building the city";
  return (
    <div class="cover quiet" role="status">
      <span class="spinner" aria-hidden="true" />
      {words}
    </div>
  );
}

function Card({ title, alert, children }: { title: string; alert?: boolean; children: ComponentChildren }) {
  return (
    <div class="cover">
      <section class="card" role={alert ? "alert" : undefined}>
        <h2>{title}</h2>
        {children}
      </section>
    </div>
  );
}
