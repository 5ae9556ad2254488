/** What one would write without a scene: a 2D canvas, the roads drawn once on another below it. */

import type { World } from "../protocol";
import type { Traffic } from "./city";

export class PlainCanvas {
  private readonly pen: CanvasRenderingContext2D;
  private readonly scale: number;
  private readonly height: number;

  constructor(host: HTMLElement, world: World) {
    const { width, height } = host.getBoundingClientRect();
    const layer = () => {
      const canvas = document.createElement("canvas");
      canvas.width = width;
      canvas.height = height;
      canvas.style.cssText = "position:absolute;inset:0";
      host.append(canvas);
      return canvas.getContext("2d")!;
    };
    const roads = layer();
    this.pen = layer();
    this.scale = height / world.bounds[3];
    this.height = height;
    roads.fillStyle = "#edefea";
    roads.fillRect(0, 0, width, height);
    roads.strokeStyle = "#ffffff";
    for (const shape of world.lanes.shapes) {
      roads.beginPath();
      for (let i = 0; i < shape.length; i += 2) roads.lineTo(shape[i] * this.scale, height - shape[i + 1] * this.scale);
      roads.stroke();
    }
  }

  draw(traffic: Traffic, before: { x: Float64Array; y: Float64Array }, f: number): void {
    const { pen, scale } = this;
    pen.clearRect(0, 0, pen.canvas.width, pen.canvas.height);
    pen.fillStyle = "#0072b2";
    for (let i = 0; i < traffic.count; i++) {
      const x = before.x[i] + (traffic.x[i] - before.x[i]) * f;
      const y = before.y[i] + (traffic.y[i] - before.y[i]) * f;
      pen.fillRect(x * scale - 1.5, this.height - y * scale - 1.5, 3, 3);
    }
  }
}
