// @vitest-environment happy-dom
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, describe, expect, it } from "vitest";
import { ChargingPanel } from "../../src/panels/city/charging";
import { City } from "../../src/panels/city/wholes";
import { ParkingPanel } from "../../src/panels/city/parking";
import { Pace } from "../../src/panels/inspector/pace";
import { ParkCard } from "../../src/panels/inspector/places";
import { Legend } from "../../src/panels/legend";
import { Welcome } from "../../src/panels/welcome";
import { legendOpen, welcomed } from "../../src/state/prefs";
import { store } from "../../src/state/store";
import { hiddenKinds, hiddenMarks, layers, litMark, panelWatches, scene } from "../../src/state/ui";
import { DEFAULT_LAYERS } from "../../src/link";
import { legend, losses, marks } from "../../src/scene/style";
import * as doubles from "../doubles";
import type { Scene } from "../../src/scene/api";

function draw(what: preact.ComponentChild): HTMLElement {
  const host = document.createElement("div");
  document.body.replaceChildren(host);
  act(() => render(what, host));
  return host;
}

afterEach(() => {
  render(null, document.body.firstElementChild ?? document.body);
  store.forget();
  hiddenMarks.value = new Set();
  hiddenKinds.value = new Set();
  litMark.value = null;
  layers.value = DEFAULT_LAYERS;
  scene.value = null;
});

const forecast = { ahead_s: [300, 900], words: "" };
const none = { ahead_s: [], words: "the policy forecasts nothing" };
const parking = {
  policy: "wayside.edge.parking.predictive:PredictiveBatch",
  forecast,
  parks: [[0, 4, 2, 1.5, 6.5, 8]],
  count: 1,
  capacity: 9,
  occupied: 4,
  reserved: 2,
  expected: [6.5, 8],
  drivers: { heading: 3, searching: 2, guided: 1, unguided: 0 },
};

describe("the panel of parking", () => {
  it("tells what is taken, what the policy expects, and prices", () => {
    store.setWorld(doubles.world());
    const host = draw(<ParkingPanel details={parking} />);
    const words = host.textContent!.replaceAll("\u00a0", " ");
    expect(words).toContain("In 5 min");
    expect(words).toContain("8 taken or reserved, 89 %");
    expect(words).toContain("PredictiveBatch");
    const cells = [...host.querySelectorAll("tbody tr")].map((row) =>
      [...row.children].map((cell) => cell.textContent),
    );
    expect(cells).toEqual([["Harbour", "4+2 / 9", "8", "1.50"]]);
    expect(words).toContain("Nobody to compare with yet");
  });

  it("invents no forecast where the policy makes none", () => {
    store.setWorld(doubles.world());
    const details = { ...parking, forecast: none, parks: [[0, 4, 2, 1.5]], expected: [] };
    const words = draw(<ParkingPanel details={details} />).textContent!;
    expect(words).toContain("No forecast: the policy forecasts nothing (PredictiveBatch)");
    expect(words).not.toContain("In 5");
  });

  it("shows of a recording what that holds", () => {
    store.setWorld(doubles.world());
    store.take({ type: "places", time: 1, parks: [[0, 5, 1]], sites: [], units: [] });
    store.setWorld(doubles.world());
    const host = draw(<ParkingPanel details={undefined} />);
    expect(host.textContent).toContain("of 0 bays in 0 car parks");
  });
});

describe("the panel of charging", () => {
  const nodes = {
    names: ["s0", "quarter"],
    parent: [1, -1],
    limit_w: [1e5, null],
    drawn_w: [4e4, 4e4],
    granted_w: [8e4, 8e4],
  };
  const details = {
    policy: "a:Batch",
    power: "a:fair",
    forecast: none,
    nodes,
    figures: [{ name: "sun", unit: "W", values: [5000, null] }],
    sites: [[2, 1, 3, 6, 240]],
    meters: [
      { node: 1, name: "quarter", price_per_kwh: 0.3, prices: [0.2, 0.5], peak_w: 6e4, energy_cost: 2, demand_cost: 1 },
    ],
    vehicles: { plugged: 2, bound: 1, with_deadline: 1, behind: 1 },
  };

  it("is the tree with queue and forecast of each site, prices, and further figures of nodes", () => {
    store.setWorld(doubles.world());
    const host = draw(<ChargingPanel details={details} />);
    const words = host.textContent!.replaceAll("\u00a0", " ");
    expect(words).toContain("40 of 100 kW");
    expect(words).toContain("40 kW, no limit");
    expect(words).toContain("2 of 6 in use · 1 promised · queue 3 · a pile free in 4 min 0 s");
    expect(words).toContain("sun: 5.0 kW");
    expect(words).toContain("0.300 (0.20 to 0.50)");
    expect(words).toContain("No forecast: the policy forecasts nothing");
    const [root, site] = [...host.querySelectorAll(".limits li")];
    expect(root!.textContent).toContain("quarter");
    expect(site!.querySelector(".drawn")!.getAttribute("width")).toBe("40");
    expect(site!.querySelector(".granted")!.getAttribute("width")).toBe("80");
    act(() => host.querySelector<HTMLButtonElement>("button.turn")!.click());
    expect(host.querySelectorAll(".limits li")).toHaveLength(1);
  });

  it("draws a page of hundreds of sites", () => {
    const many = 300;
    const all = (value: number) => new Array<number>(many).fill(value);
    const city = {
      ...details,
      nodes: {
        names: all(0).map((_, n) => `s${n}`),
        parent: all(-1),
        limit_w: all(1),
        drawn_w: all(1),
        granted_w: all(1),
      },
      figures: [],
      sites: all(0).map(() => [0, 0, 0, 1, null]),
    };
    const host = draw(<ChargingPanel details={city} />);
    expect(host.querySelectorAll(".limits li").length).toBeLessThan(100);
    expect(host.textContent).toContain("220 more");
  });
});

describe("the services panel", () => {
  it("watches what it shows, and no longer than it is open", () => {
    store.setWorld(doubles.world());
    const host = draw(<City />);
    expect(panelWatches.value).toEqual(["parking/0"]);
    act(() => host.querySelectorAll<HTMLInputElement>("input")[1]!.click());
    expect(panelWatches.value).toEqual(["charging/0"]);
    act(() => render(null, host));
    expect(panelWatches.value).toEqual([]);
  });
});

describe("a car's energy against its deadline", () => {
  const car = { energy_wh: 5000, wanted_wh: 20_000, due_wh: 10_000, leaves: 1300 };

  it("is a bar with a mark where it should be by now", () => {
    const host = draw(<Pace of={car} now={100} />);
    expect(host.querySelector(".has")!.getAttribute("width")).toBe("25");
    expect(host.querySelector(".due")!.getAttribute("x1")).toBe("50");
    expect(host.querySelector("svg")!.classList.contains("late")).toBe(true);
    expect(host.textContent!.replaceAll("\u00a0", " ")).toContain("behind: by now 10.0 kWh, leaves in 20 min 0 s");
  });

  it("has no mark without a deadline", () => {
    const host = draw(<Pace of={{ ...car, due_wh: null, leaves: null }} now={100} />);
    expect(host.querySelector(".due")).toBeNull();
    expect(host.textContent).toContain("no deadline");
    expect(draw(<Pace of={{ ...car, energy_wh: 9990 }} now={100} />).textContent).toContain("on time");
  });
});

describe("a car park", () => {
  it("tells who holds which bay", () => {
    store.setWorld({
      ...doubles.world(),
      parks: [
        {
          ...doubles.world().parks[0]!,
          bays: [
            [50, 0, 0, 5, 2.5],
            [0, 0, 0, 5, 2.5],
          ],
        },
      ],
    });
    store.take({ type: "names", vehicles: [[7, "car7", 0, 1, 0]], types: [] });
    scene.value = { vehicle: () => ({ x: 0, y: 2.25, heading: 0 }) } as unknown as Scene;
    const standing = [{ ref: "vehicle/7", since: 40, leaves: 160, guided: true }];
    const details = {
      ref: "park/0",
      time: 100,
      capacity: 9,
      occupied: 3,
      reserved: 0,
      price_per_hour: 2,
      standing,
      forecast: none,
      policy: "m:nearest",
    };
    const host = draw(<ParkCard details={details} />);
    const row = host.querySelector("tbody tr")!;
    expect([...row.children].map((cell) => cell.textContent!.replaceAll("\u00a0", " "))).toEqual([
      "2",
      "car7 guided",
      "1 min 0 s",
      "1 min 0 s",
    ]);
    expect(host.textContent).toContain("2 more: there from the begin");
    expect(host.textContent).toContain("the policy forecasts nothing (nearest)");
  });
});

describe("the legend", () => {
  function shown(): HTMLElement {
    store.setWorld({ ...doubles.world(), losses: true });
    legendOpen.value = true;
    scene.value = {
      legend: () => legend("light", "kind", new Set([0, 2])),
      losses: () => losses("light"),
      marks: () => marks("light").filter(({ layer }) => layer === "hazards"),
      messageColour: () => "#123456",
    } as unknown as Scene;
    return draw(<Legend />);
  }
  const entry = (host: HTMLElement, words: string) =>
    [...host.querySelectorAll<HTMLButtonElement>(".entry")].find((one) => one.textContent === words)!;

  it("has a row for each kind, once", () => {
    const rows = [...shown().querySelectorAll(".entry")].map((one) => one.textContent);
    expect(rows).toEqual(
      expect.arrayContaining(["Car", "Bus", "Warned of it", "Charging site, power", "CAM", "Collision"]),
    );
    expect(new Set(rows).size).toBe(rows.length);
  });

  it("leaves out what is clicked, and takes it back in", () => {
    const host = shown();
    for (const words of ["Bus", "Warned of it", "Collision"]) act(() => entry(host, words).click());
    expect([...hiddenMarks.value]).toEqual(["vehicle.kind.2", "hazards.warned", "loss.Collision"]);
    expect(entry(host, "Bus").getAttribute("aria-pressed")).toBe("false");
    act(() => entry(host, "Bus").click());
    expect(hiddenMarks.value.has("vehicle.kind.2")).toBe(false);
    act(() => entry(host, "CAM").click());
    expect([...hiddenKinds.value]).toEqual(["cam"]);
    act(() => entry(host, "Roadside unit").click());
    expect(layers.value).not.toContain("units");
  });

  it("lifts out what a mouse points at, and not what a finger touches", () => {
    const host = shown();
    const point = (type: string, pointerType: string) =>
      act(() => void entry(host, "Bus").dispatchEvent(Object.assign(new Event(type), { pointerType })));
    point("pointerenter", "mouse");
    expect(litMark.value).toBe("vehicle.kind.2");
    point("pointerleave", "mouse");
    expect(litMark.value).toBeNull();
    point("pointerenter", "touch");
    expect(litMark.value).toBeNull();
  });

  it("is put away and opened", () => {
    const host = shown();
    act(() => host.querySelector<HTMLButtonElement>(".legendhead")!.click());
    expect(host.querySelectorAll(".entry")).toHaveLength(0);
    act(() => host.querySelector<HTMLButtonElement>(".legendhead")!.click());
    expect(host.querySelectorAll(".entry").length).toBeGreaterThan(3);
  });
});

describe("the sentence for first-time visitors", () => {
  it("stays until it is understood", () => {
    welcomed.value = false;
    store.setWorld(doubles.world());
    const host = draw(<Welcome />);
    expect(host.textContent).toContain("click anything");
    act(() => host.querySelector("button")!.click());
    expect(host.textContent).toBe("");
    expect(welcomed.value).toBe(true);
  });
});
