/** What the legend leaves out of the picture, and what it lifts out of all else. */

export interface Emphasis {
  /** Keys of what is left out. */
  hidden: ReadonlySet<string>;
  /** What is pointed at; null: nothing. */
  lit: string | null;
}

export const PLAIN: Emphasis = { hidden: new Set(), lit: null };

/** How strongly what has a key is drawn, 0..1: 0 of what is left out. */
export function strength({ hidden, lit }: Emphasis, key: string): number {
  if (hidden.has(key)) return 0;
  return lit === null || lit === key ? 1 : 0.15;
}

/** Of the vehicles of one class: its place in the palette of a colouring. */
export const vehicleKey = (colouring: string, column: number) => `vehicle.${colouring}.${column}`;
