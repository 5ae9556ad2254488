/** Pointer, wheel and touch: what they ask of the camera. Drag pans, wheel and pinch zoom about the pointer, right-drag
 * or ctrl-drag turns and tilts, two fingers turn; a drag that is let go of runs out. */

export interface Wishes {
  /** The ground under the first point moves to the second; CSS pixels. */
  drag(from: [number, number], to: [number, number]): void;
  /** Zoom by a factor (above 1: nearer) about a point. */
  zoom(factor: number, about: [number, number]): void;
  /** Degrees. */
  turn(bearing: number, tilt: number): void;
  click(at: [number, number]): void;
  hover(at: [number, number] | null): void;
  /** A hand is on the camera, or has let go. */
  grab(held: boolean): void;
}

/** Pixels that a press may move and still be a click. */
const CLICK = 5;
/** How fast a drag runs out, 1/s; under this speed it stops, pixels/s. */
const FRICTION = 5.5;
const STILL = 12;

export class Controls {
  reduced = false;
  /** CSS pixels in a pixel of the scene, in which wishes are told. */
  scale = 1;
  private readonly pointers = new Map<number, [number, number]>();
  private pressed: { at: [number, number]; turn: boolean; moved: boolean } | null = null;
  private trail: { at: [number, number]; time: number }[] = [];
  private glide: { at: [number, number]; speed: [number, number] } | null = null;
  private readonly ends: (() => void)[] = [];

  constructor(
    private readonly host: HTMLElement,
    private readonly wishes: Wishes,
  ) {
    host.style.touchAction = "none";
    this.on("pointerdown", this.down);
    this.on("pointermove", this.move);
    this.on("pointerup", this.up);
    this.on("pointercancel", this.up);
    this.on("pointerleave", () => this.pointers.size === 0 && wishes.hover(null));
    this.on("wheel", this.wheel, { passive: false });
    this.on("contextmenu", (event) => event.preventDefault());
  }

  /** Let a drag run out; true while it does. `seconds` since the last call. */
  tick(seconds: number): boolean {
    if (!this.glide) return false;
    const { at, speed } = this.glide;
    const to: [number, number] = [at[0] + speed[0] * seconds, at[1] + speed[1] * seconds];
    this.wishes.drag(at, to);
    const slower = Math.exp(-FRICTION * seconds);
    speed[0] *= slower;
    speed[1] *= slower;
    // The point held is always the same one: the camera has moved under it.
    if (Math.hypot(...speed) < STILL) this.stop();
    return true;
  }

  stop(): void {
    if (!this.glide) return;
    this.glide = null;
    this.wishes.grab(false);
  }

  dispose(): void {
    for (const end of this.ends) end();
  }

  private on<K extends keyof HTMLElementEventMap>(
    name: K,
    then: (event: HTMLElementEventMap[K]) => void,
    options?: AddEventListenerOptions,
  ): void {
    this.host.addEventListener(name, then, options);
    this.ends.push(() => this.host.removeEventListener(name, then, options));
  }

  private at(event: MouseEvent): [number, number] {
    const box = this.host.getBoundingClientRect();
    return [(event.clientX - box.left) / this.scale, (event.clientY - box.top) / this.scale];
  }

  private readonly down = (event: PointerEvent): void => {
    if (event.button > 2) return;
    const at = this.at(event);
    this.glide = null;
    this.host.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, at);
    if (this.pointers.size === 1) {
      this.pressed = { at, turn: event.button === 2 || event.ctrlKey || event.metaKey, moved: false };
      this.trail = [{ at, time: event.timeStamp }];
      this.wishes.grab(true);
    } else if (this.pressed) this.pressed.moved = true;
  };

  private readonly move = (event: PointerEvent): void => {
    const at = this.at(event);
    const before = this.pointers.get(event.pointerId);
    if (!before || !this.pressed) {
      if (event.pointerType !== "touch") this.wishes.hover(at);
      return;
    }
    if (this.pointers.size >= 2) {
      this.pinch(event.pointerId, before, at);
      return;
    }
    if (!this.pressed.moved) {
      if (Math.hypot(at[0] - this.pressed.at[0], at[1] - this.pressed.at[1]) < CLICK) return;
      this.pressed.moved = true;
    }
    this.pointers.set(event.pointerId, at);
    if (this.pressed.turn) this.wishes.turn((at[0] - before[0]) * 0.35, (before[1] - at[1]) * 0.3);
    else this.wishes.drag(before, at);
    this.trail.push({ at, time: event.timeStamp });
    if (this.trail.length > 6) this.trail.shift();
  };

  private readonly up = (event: PointerEvent): void => {
    if (!this.pointers.delete(event.pointerId)) return;
    if (this.pointers.size > 0 || !this.pressed) return;
    const { moved, turn, at } = this.pressed;
    this.pressed = null;
    if (!moved) {
      this.wishes.grab(false);
      if (event.type === "pointerup" && event.button === 0) this.wishes.click(at);
      return;
    }
    const first = this.trail[0];
    const last = this.trail[this.trail.length - 1];
    const seconds = (last.time - first.time) / 1000;
    const fresh = event.timeStamp - last.time < 60;
    const speed: [number, number] = [(last.at[0] - first.at[0]) / seconds, (last.at[1] - first.at[1]) / seconds];
    if (!turn && !this.reduced && fresh && seconds > 0 && Math.hypot(...speed) > 150)
      this.glide = { at: last.at, speed };
    else this.wishes.grab(false);
  };

  private pinch(id: number, before: [number, number], at: [number, number]): void {
    const other = [...this.pointers].find(([key]) => key !== id)?.[1];
    this.pointers.set(id, at);
    if (!other) return;
    const old = [before[0] - other[0], before[1] - other[1]];
    const now = [at[0] - other[0], at[1] - other[1]];
    const middle: [number, number] = [(at[0] + other[0]) / 2, (at[1] + other[1]) / 2];
    const oldMiddle: [number, number] = [(before[0] + other[0]) / 2, (before[1] + other[1]) / 2];
    this.wishes.drag(oldMiddle, middle);
    const factor = Math.hypot(now[0], now[1]) / Math.max(1, Math.hypot(old[0], old[1]));
    this.wishes.zoom(factor, middle);
    const turned = Math.atan2(now[1], now[0]) - Math.atan2(old[1], old[0]);
    const degrees = (Math.atan2(Math.sin(turned), Math.cos(turned)) * 180) / Math.PI;
    this.wishes.turn(-degrees, 0);
  }

  private readonly wheel = (event: WheelEvent): void => {
    event.preventDefault();
    this.stop();
    const lines = event.deltaMode === 1 ? 18 : event.deltaMode === 2 ? 300 : 1;
    const step = Math.min(Math.max(event.deltaY * lines, -240), 240);
    this.wishes.zoom(Math.exp(-step * (event.ctrlKey ? 0.008 : 0.0018)), this.at(event));
  };
}
