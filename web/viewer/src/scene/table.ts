/** Things drawn by number: a float texture holds what they are, the vertex shader fetches it by the number of the
 * vertex. As for vehicles, plain triangles: instancing is six times slower in software. */

import {
  BufferAttribute,
  BufferGeometry,
  DataTexture,
  FloatType,
  Mesh,
  NearestFilter,
  RGBAFormat,
  type RawShaderMaterial,
} from "three";

/** `rows` of four floats for each of at most `room` things. */
export class Table {
  readonly data: Float32Array<ArrayBuffer>;
  readonly texture: DataTexture;

  constructor(
    readonly room: number,
    readonly rows: number,
  ) {
    this.data = new Float32Array(room * rows * 4);
    this.texture = new DataTexture(this.data, room, rows, RGBAFormat, FloatType);
    this.texture.minFilter = this.texture.magFilter = NearestFilter;
    this.texture.needsUpdate = true;
  }

  set(place: number, row: number, a: number, b: number, c: number, d: number): void {
    const at = 4 * (row * this.room + place);
    this.data[at] = a;
    this.data[at + 1] = b;
    this.data[at + 2] = c;
    this.data[at + 3] = d;
    this.texture.needsUpdate = true;
  }

  get(place: number, row: number, column: number): number {
    return this.data[4 * (row * this.room + place) + column];
  }

  dispose(): void {
    this.texture.dispose();
  }
}

/** A mesh of `room` things with `corners` vertices each, joined by the triangles in `pattern`. */
export function numbered(
  room: number,
  corners: number,
  pattern: number[],
  look: RawShaderMaterial,
  order: number,
): Mesh {
  const index = new Uint32Array(room * pattern.length);
  for (let i = 0, at = 0; i < room; i++) for (const corner of pattern) index[at++] = i * corners + corner;
  const geometry = new BufferGeometry();
  geometry.setIndex(new BufferAttribute(index, 1));
  const mesh = new Mesh(geometry, look);
  mesh.frustumCulled = false;
  mesh.matrixAutoUpdate = false;
  mesh.renderOrder = order;
  return mesh;
}

/** Triangles of a ribbon of `n` pairs of vertices. */
export function ribbon(n: number, first = 0): number[] {
  const out: number[] = [];
  for (let i = 0; i < n - 1; i++) {
    const a = first + 2 * i;
    out.push(a, a + 1, a + 3, a, a + 3, a + 2);
  }
  return out;
}
