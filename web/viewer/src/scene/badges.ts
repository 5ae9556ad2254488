/** Symbols of places, drawn on a 2D canvas. */

import type { Style } from "./style";

export type Pen = CanvasRenderingContext2D;

/** A badge: a coloured field for the symbol, a plate for the words, a bar at its foot for how full it is. */
export function pill(
  pen: Pen,
  left: number,
  top: number,
  width: number,
  height: number,
  colour: string,
  style: Style,
  share: number,
  selected: boolean,
): void {
  pen.save();
  pen.shadowColor = "rgba(0, 0, 0, 0.28)";
  pen.shadowBlur = 4;
  pen.shadowOffsetY = 1;
  pen.beginPath();
  pen.roundRect(left, top, width, height, 5);
  pen.fillStyle = style.plate;
  pen.fill();
  pen.restore();
  pen.save();
  pen.beginPath();
  pen.roundRect(left, top, width, height, 5);
  pen.clip();
  pen.fillStyle = colour;
  pen.fillRect(left, top, 19, height);
  if (width > 24) pen.fillRect(left + 19, top + height - 2, (width - 19) * Math.min(1, share), 2);
  pen.restore();
  pen.beginPath();
  pen.roundRect(left, top, width, height, 5);
  pen.lineWidth = selected ? 2 : 1;
  pen.strokeStyle = selected ? style.select : colour;
  pen.stroke();
}

/** A flash of lightning around a point. */
export function bolt(pen: Pen, x: number, y: number): void {
  pen.beginPath();
  pen.moveTo(x + 1.5, y - 6);
  pen.lineTo(x - 4, y + 1);
  pen.lineTo(x - 0.5, y + 1);
  pen.lineTo(x - 1.5, y + 6);
  pen.lineTo(x + 4, y - 1);
  pen.lineTo(x + 0.5, y - 1);
  pen.closePath();
  pen.fillStyle = "#ffffff";
  pen.fill();
}

/** A mast that radiates; struck through where it is off. */
export function mast(pen: Pen, x: number, y: number, colour: string, style: Style, on: boolean): void {
  pen.beginPath();
  pen.arc(x, y, 9, 0, 2 * Math.PI);
  pen.fillStyle = style.plate;
  pen.fill();
  pen.lineWidth = 1.5;
  pen.strokeStyle = colour;
  pen.stroke();
  pen.beginPath();
  pen.moveTo(x - 3, y + 5.5);
  pen.lineTo(x, y - 1.5);
  pen.lineTo(x + 3, y + 5.5);
  pen.moveTo(x - 1.8, y + 2.8);
  pen.lineTo(x + 1.8, y + 2.8);
  if (on)
    for (const side of [0, Math.PI]) {
      pen.moveTo(x + Math.cos(side - 0.75) * 4, y - 2.2 + Math.sin(side - 0.75) * 4);
      pen.arc(x, y - 2.2, 4, side - 0.75, side + 0.75);
    }
  else {
    pen.moveTo(x - 5.5, y - 5.5);
    pen.lineTo(x + 5.5, y + 5.5);
  }
  pen.stroke();
  pen.beginPath();
  pen.arc(x, y - 2.2, 1.3, 0, 2 * Math.PI);
  pen.fillStyle = colour;
  pen.fill();
}

/** From afar: a square for car parks (filled from its foot), a diamond for sites, a small ring for units. */
export function plain(
  pen: Pen,
  what: "park" | "site" | "unit",
  x: number,
  y: number,
  colour: string,
  style: Style,
  share: number,
  on: boolean,
): void {
  pen.lineWidth = 1.4;
  pen.strokeStyle = colour;
  pen.fillStyle = style.plate;
  pen.beginPath();
  if (what === "park") {
    pen.roundRect(x - 4, y - 4, 8, 8, 2);
    pen.fill();
    pen.stroke();
    pen.fillStyle = colour;
    const full = 8 * Math.min(1, share);
    pen.fillRect(x - 4, y + 4 - full, 8, full);
    return;
  }
  if (what === "site") {
    pen.moveTo(x, y - 5.5);
    pen.lineTo(x + 5.5, y);
    pen.lineTo(x, y + 5.5);
    pen.lineTo(x - 5.5, y);
    pen.closePath();
    pen.fillStyle = colour;
    pen.fill();
    pen.strokeStyle = style.plate;
    pen.lineWidth = 1;
    pen.stroke();
    return;
  }
  pen.arc(x, y, on ? 2.6 : 3, 0, 2 * Math.PI);
  pen.fill();
  pen.stroke();
  if (!on) {
    pen.moveTo(x - 3.5, y - 3.5);
    pen.lineTo(x + 3.5, y + 3.5);
    pen.stroke();
  }
}

/** A triangle with a mark of exclamation for hazards, two arrow heads upwards for priority. */
export function sign(pen: Pen, what: "hazard" | "request", x: number, y: number, colour: string, inner: string): void {
  pen.beginPath();
  if (what === "request") {
    for (const foot of [0, 4.5]) {
      pen.moveTo(x - 4.5, y + foot);
      pen.lineTo(x, y + foot - 4.5);
      pen.lineTo(x + 4.5, y + foot);
    }
    pen.lineWidth = 2;
    pen.strokeStyle = colour;
    pen.stroke();
    return;
  }
  pen.moveTo(x, y - 6.5);
  pen.lineTo(x + 6.5, y + 5);
  pen.lineTo(x - 6.5, y + 5);
  pen.closePath();
  pen.fillStyle = colour;
  pen.fill();
  pen.fillStyle = inner;
  pen.fillRect(x - 0.9, y - 2.6, 1.8, 4);
  pen.fillRect(x - 0.9, y + 2.3, 1.8, 1.6);
}
