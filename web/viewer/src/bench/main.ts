/** The benchmark's page: the page's own scene (or a plain canvas) with made-up traffic at 10 frames a second. */

import { createScene } from "../scene";
import { scaleFor } from "../state/prefs";
import { PlainCanvas } from "./canvas";
import { makeWorld, Traffic } from "./city";

export interface Task {
  what: "scene" | "canvas";
  lanes: number;
  vehicles: number;
  seconds: number;
  /** Degrees; and m across, null: the whole city. */
  tilt: number;
  span: number | null;
  /** The camera moves all the time. */
  fly: boolean;
}

export interface Measured {
  framesPerSecond: number;
  /** Main-thread work of a frame, ms: the drawing and, where one came in, the data. */
  workMs: number;
  workMs95: number;
  /** Taking in a tenth of a second's data, ms. */
  takeMs: number;
  software: boolean | null;
  /** Pixels drawn in a row of those of the window: the scene lowers its resolution where it is too slow. */
  resolution: number;
  drawn: number;
}

declare global {
  interface Window {
    measure: (task: Task) => Promise<Measured>;
    /** Told to who measures from outside. */
    began: () => Promise<void>;
  }
}

function middle(values: number[], share = 0.5): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) * share)] ?? NaN;
}

const pause = (seconds: number) => new Promise((done) => setTimeout(done, 1000 * seconds));

window.measure = async (task) => {
  const host = document.getElementById("stage")!;
  const world = makeWorld(task.lanes);
  const traffic = new Traffic(task.vehicles, world);
  const take: number[] = [];
  let work: number[] = [];
  let frames = 0;
  let fly = () => {};
  let sent: (frame: ArrayBuffer) => void;
  let software: boolean | null = null;
  let stop = () => {};
  // Every callback of a frame is timed from outside; a rest without one draws nothing.
  const request = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (then) =>
    request((now) => {
      fly();
      const began = performance.now();
      then(now);
      work.push(performance.now() - began);
      frames++;
    });
  if (task.what === "scene") {
    const scene = createScene(host);
    scene.setScale(scaleFor(innerWidth, innerHeight));
    scene.setWorld(world);
    scene.takeNames(traffic.names(), world.types);
    scene.setRunning("running", 1);
    scene.setView({ tilt: task.tilt, ...(task.span ? { span: task.span } : {}) }, true);
    sent = (frame) => scene.takeFrame(frame);
    software = scene.stats().software;
    stop = () => scene.destroy();
    const { x, y } = scene.view();
    let turns = 0;
    if (task.fly)
      fly = () => scene.setView({ x: x + 40 * Math.sin(turns / 9), y: y + 40 * Math.cos(turns++ / 9) }, true);
  } else {
    const canvas = new PlainCanvas(host, world);
    let before = { x: traffic.x.slice(), y: traffic.y.slice() };
    let came = performance.now();
    sent = () => (came = performance.now());
    let going = true;
    const loop = () => {
      canvas.draw(traffic, before, Math.min(1, (performance.now() - came) / 100));
      if (going) window.requestAnimationFrame(loop);
    };
    window.requestAnimationFrame(loop);
    const step = traffic.step.bind(traffic);
    traffic.step = () => {
      before = { x: traffic.x.slice(), y: traffic.y.slice() };
      return step();
    };
    stop = () => (going = false);
  }
  const timer = setInterval(() => {
    const frame = traffic.step();
    const began = performance.now();
    sent(frame);
    take.push(performance.now() - began);
  }, 100);
  await pause(3);
  await window.began();
  work = [];
  frames = 0;
  take.length = 0;
  const began = performance.now();
  await pause(task.seconds);
  const seconds = (performance.now() - began) / 1000;
  clearInterval(timer);
  const resolution = host.querySelector("canvas")!.width / host.clientWidth;
  stop();
  window.requestAnimationFrame = request;
  host.replaceChildren();
  return {
    framesPerSecond: frames / seconds,
    workMs: middle(work),
    workMs95: middle(work, 0.95),
    takeMs: middle(take),
    software,
    resolution,
    drawn: frames,
  };
};
