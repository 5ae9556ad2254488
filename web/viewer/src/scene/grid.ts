/** Boxes in a grid of squares: which may lie at a point. */

export class Grid<T> {
  private readonly cells = new Map<number, T[]>();

  constructor(private readonly size: number) {}

  add(x0: number, y0: number, x1: number, y1: number, value: T): void {
    for (let i = Math.floor(x0 / this.size); i <= Math.floor(x1 / this.size); i++)
      for (let j = Math.floor(y0 / this.size); j <= Math.floor(y1 / this.size); j++) {
        const key = this.key(i, j);
        const list = this.cells.get(key);
        if (list) list.push(value);
        else this.cells.set(key, [value]);
      }
  }

  at(x: number, y: number): readonly T[] {
    return this.cells.get(this.key(Math.floor(x / this.size), Math.floor(y / this.size))) ?? [];
  }

  private key(i: number, j: number): number {
    return (i + 2 ** 20) * 2 ** 21 + (j + 2 ** 20);
  }
}
