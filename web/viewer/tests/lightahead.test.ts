import { describe, expect, it } from "vitest";
import { lightAhead } from "../src/lightahead";

const said = { state: "red", earliest: 4, likely: null, latest: 9, advised: null, warned: false };

describe("what details say of the light ahead", () => {
  it("is when it changes, by the simulation's clock: expected, or at the earliest", () => {
    const details = (change: object) => ({ time: 100, signal_advice: { ...said, ...change } });
    expect(lightAhead(details({}))).toEqual({ state: "red", ends: 104, atLeast: true, advised: null, warned: false });
    expect(lightAhead(details({ likely: 6, advised: 8 }))).toMatchObject({ ends: 106, atLeast: false, advised: 8 });
    expect(lightAhead(details({ earliest: null }))!.ends).toBeNull();
  });

  it("is nothing where there is none, or something else", () => {
    for (const details of [null, undefined, {}, { time: 1, signal_advice: null }, { signal_advice: said }])
      expect(lightAhead(details)).toBeNull();
  });
});
