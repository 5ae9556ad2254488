import { describe, expect, it } from "vitest";
import { decode, encode, NOTHING, type Link } from "../src/link";

const full: Link = {
  token: "aB-_9",
  run: "lingang.1",
  time: 754,
  view: { x: 1200.5, y: -80, span: 640, tilt: 45, bearing: 350.5 },
  selected: "vehicle/1204",
  following: true,
  colour: "charge",
  layers: ["parks", "ranges"],
};

describe("the link", () => {
  it("comes back as it was", () => {
    expect(decode(encode(full))).toEqual(full);
    expect(decode(`#${encode(full)}`)).toEqual(full);
    expect(decode(encode(NOTHING))).toEqual(NOTHING);
    expect(decode(encode({ ...NOTHING, layers: [] }))).toEqual({ ...NOTHING, layers: [] });
  });

  it("is short where nothing is special, and readable", () => {
    expect(encode(NOTHING)).toBe("");
    expect(encode({ ...NOTHING, time: 12.4, selected: "park/3" })).toBe("t=12&see=park/3");
  });

  it("takes what it understands of a mangled one", () => {
    const link = decode("#t=abc&at=1,2,3&see=door/4&colour=plaid&layers=parks,nonsense&token=x&follow=1");
    expect(link).toEqual({ ...NOTHING, token: "x", layers: ["parks"] });
    expect(decode("#at=1,2,-5,0,0").view).toBeNull();
    expect(decode("#at=1,2,,0,0").view).toBeNull();
    expect(decode("#see=vehicle/1%3Cscript%3E").selected).toBeNull();
  });
});
