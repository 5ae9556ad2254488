/** Triangles as they are gathered: vertices of a fixed width and indices, grown as needed. */

export class Triangles {
  private vertices: Float32Array<ArrayBuffer>;
  private corners: Uint32Array<ArrayBuffer>;
  count = 0;
  indices = 0;

  /** `width`: floats per vertex. */
  constructor(readonly width: number) {
    this.vertices = new Float32Array(1024 * width);
    this.corners = new Uint32Array(1024);
  }

  /** Add a vertex; its number. */
  vertex(...values: number[]): number {
    const at = this.count * this.width;
    if (at + this.width > this.vertices.length) {
      const larger = new Float32Array(this.vertices.length * 2);
      larger.set(this.vertices);
      this.vertices = larger;
    }
    for (let i = 0; i < this.width; i++) this.vertices[at + i] = values[i];
    return this.count++;
  }

  triangle(a: number, b: number, c: number): void {
    if (this.indices + 3 > this.corners.length) {
      const larger = new Uint32Array(this.corners.length * 2);
      larger.set(this.corners);
      this.corners = larger;
    }
    this.corners[this.indices++] = a;
    this.corners[this.indices++] = b;
    this.corners[this.indices++] = c;
  }

  /** The four corners of a quad in order round it. */
  quad(a: number, b: number, c: number, d: number): void {
    this.triangle(a, b, c);
    this.triangle(a, c, d);
  }

  data(): Float32Array<ArrayBuffer> {
    return this.vertices.slice(0, this.count * this.width);
  }

  index(): Uint32Array<ArrayBuffer> {
    return this.corners.slice(0, this.indices);
  }
}
