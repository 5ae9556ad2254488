/** Where the camera is and where it goes: by hand, in flight, after a vehicle. Positions relative to the origin. */

import { PerspectiveCamera } from "three";
import type { View } from "./api";
import { aim, bounded, fitting, flight, type Flight, same, type Size, unproject } from "./camera";

/** How fast a followed vehicle is caught up with, 1/s. */
const CATCH = 4;
/** How fast the camera goes to where the wheel has sent it, 1/s. */
const ZOOM = 16;
/** Rests when nothing has moved it for so long, s. */
const REST = 0.14;

export class Cameraman {
  view: View = { x: 0, y: 0, span: 1000, tilt: 0, bearing: 0 };
  reduced = false;
  private size: Size = { width: 1, height: 1 };
  private bounds: [number, number, number, number] = [-500, -500, 500, 500];
  private flight: { way: Flight; began: number } | null = null;
  private wheel: { span: number; about: [number, number] } | null = null;
  private offset: [number, number] | null = null;
  private held = false;
  private moved = -Infinity;
  /** As the last tick left it. */
  private ticked: View | null = null;
  /** Somebody has chosen a view: a resize does not fit the city again. */
  private chosen = false;
  private readonly camera = new PerspectiveCamera();

  setBounds(bounds: [number, number, number, number]): void {
    this.bounds = bounds;
    this.chosen = false;
    this.flight = this.wheel = null;
    this.view = this.fitted();
  }

  resize(size: Size): void {
    this.size = size;
    this.view = this.chosen ? bounded(this.view, size, this.largest()) : this.fitted();
  }

  fitted(): View {
    return fitting(this.bounds, this.size);
  }

  go(to: Partial<View>, now: number, atOnce: boolean): void {
    const aimAt = bounded({ ...this.target(), ...to }, this.size, this.largest());
    this.chosen = true;
    this.wheel = null;
    this.touch(now);
    if (atOnce || this.reduced) {
      this.flight = null;
      this.view = aimAt;
    } else this.flight = { way: flight(this.view, aimAt), began: now };
  }

  /** Where the flight ends, or the view. */
  target(): View {
    return this.flight ? this.flight.way.at(1) : this.view;
  }

  grab(held: boolean, now: number): void {
    this.held = held;
    if (held) this.flight = this.wheel = null;
    this.touch(now);
  }

  drag(from: [number, number], to: [number, number], now: number): void {
    const a = this.under(from);
    const b = this.under(to);
    if (!a || !b) return;
    // Near the horizon a pixel is half the city.
    const most = this.view.span;
    const [dx, dy] = [a[0] - b[0], a[1] - b[1]];
    const cut = Math.min(1, most / Math.max(1e-9, Math.hypot(dx, dy)));
    this.place(this.view.x + dx * cut, this.view.y + dy * cut);
    this.touch(now);
  }

  turn(bearing: number, tilt: number, now: number): void {
    this.flight = null;
    this.view = bounded(
      { ...this.view, bearing: this.view.bearing - bearing, tilt: this.view.tilt + tilt },
      this.size,
      this.largest(),
    );
    this.chosen = true;
    this.touch(now);
  }

  /** Zoom about a pixel, or the middle. */
  zoom(factor: number, about: [number, number] | null, now: number, smooth: boolean): void {
    this.flight = null;
    const from = this.wheel?.span ?? this.view.span;
    const span = bounded({ ...this.view, span: from / factor }, this.size, this.largest()).span;
    const point = about ?? [this.size.width / 2, this.size.height / 2];
    if (smooth && !this.reduced) this.wheel = { span, about: point };
    else this.scale(span, point);
    this.chosen = true;
    this.touch(now);
  }

  /** Begin to follow from where the camera is. */
  follow(): void {
    this.offset = null;
  }

  /** Move on. `followed`: where who is followed is now. True if the view has changed since the last tick, by whom
   * or what ever. */
  tick(seconds: number, now: number, followed: { x: number; y: number } | null): boolean {
    const before = this.ticked;
    if (this.flight) {
      const f = (now - this.flight.began) / this.flight.way.seconds;
      this.view = this.flight.way.at(Math.min(1, Math.max(0, f)));
      if (f >= 1) this.flight = null;
      this.touch(now);
    } else if (this.wheel) {
      const { span, about } = this.wheel;
      const rest = Math.log(span / this.view.span);
      const done = Math.abs(rest) < 0.004;
      this.scale(done ? span : this.view.span * Math.exp(rest * (1 - Math.exp(-ZOOM * seconds))), about);
      if (done) this.wheel = null;
      this.touch(now);
    }
    if (followed) {
      this.offset ??= [this.view.x - followed.x, this.view.y - followed.y];
      const less = this.reduced ? 0 : Math.exp(-CATCH * seconds);
      this.offset[0] *= less;
      this.offset[1] *= less;
      this.view = { ...this.view, x: followed.x + this.offset[0], y: followed.y + this.offset[1] };
    } else this.offset = null;
    this.ticked = this.view;
    return !before || !same(before, this.view);
  }

  /** A hand, a flight or the wheel moves it, or has until just now. */
  busy(now: number): boolean {
    return this.held || this.flight !== null || this.wheel !== null || now - this.moved < REST;
  }

  private touch(now: number): void {
    this.moved = now;
  }

  private largest(): number {
    return this.fitted().span * 1.6;
  }

  private under(at: [number, number]): [number, number] | null {
    aim(this.camera, this.view, this.size);
    return unproject(this.camera, this.size, at[0], at[1]);
  }

  private scale(span: number, about: [number, number]): void {
    const before = this.under(about);
    this.view = { ...this.view, span };
    const after = this.under(about);
    if (before && after) this.place(this.view.x + before[0] - after[0], this.view.y + before[1] - after[1]);
  }

  /** Not out of sight of the city. */
  private place(x: number, y: number): void {
    const [x0, y0, x1, y1] = this.bounds;
    this.chosen = true;
    this.view = { ...this.view, x: Math.min(Math.max(x, x0), x1), y: Math.min(Math.max(y, y0), y1) };
  }
}
