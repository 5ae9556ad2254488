// @vitest-environment happy-dom
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { render } from "preact";
import { afterEach, describe, expect, it, vi } from "vitest";
import { api, ApiError } from "../src/net/rest";
import { KEYS, listen, meansItself } from "../src/keys";
import { Bytes, Lines, Tree } from "../src/panels/decoded";
import { Events } from "../src/panels/events";
import { Decision } from "../src/panels/inspector/decision";
import { LightCard, SiteCard } from "../src/panels/inspector/places";
import { Exchange } from "../src/panels/inspector/sent";
import { VehicleCard } from "../src/panels/inspector/vehicle";
import { Octets, Opened } from "../src/panels/messages";
import { Presenter } from "../src/panels/presenter";
import { store } from "../src/state/store";
import { theme, themeChoice } from "../src/state/prefs";
import { dialog, following, selected, toasts, viewMenu } from "../src/state/ui";
import { message, opened, run } from "./doubles";
import type { OpenedMessage } from "../src/protocol";

const EVIL = `<img src=x onerror="alert(1)"><script>alert(2)</script>`;

function draw(what: preact.ComponentChild): HTMLElement {
  const host = document.createElement("div");
  document.body.replaceChildren(host);
  render(what, host);
  return host;
}

afterEach(() => {
  dialog.value = null;
  selected.value = null;
  toasts.value = [];
});

describe("what comes from outside", () => {
  it("is text and nothing else", () => {
    vi.useFakeTimers();
    store.take({ type: "events", events: [{ time: 1, level: "warning", text: EVIL, refs: [] }] });
    vi.advanceTimersByTime(400);
    vi.useRealTimers();
    const decision = {
      policy: EVIL,
      unit: EVIL,
      measure: { name: EVIL, unit: EVIL },
      candidates: [{ ref: EVIL, id: EVIL, cost: 1, free: 1, chosen: true }],
    };
    const host = draw(
      <>
        <Tree value={{ [EVIL]: EVIL, deep: [{ [EVIL]: [EVIL] }] }} />
        <Bytes hex={EVIL} length={2000} label={EVIL} />
        <Lines of={[[0, EVIL, EVIL]]} label={EVIL} />
        <Events />
        <Decision of={decision} what="bay" />
      </>,
    );
    expect(host.textContent).toContain(EVIL);
    expect(host.querySelectorAll("img, script")).toHaveLength(0);
  });

  it("never meets a way into HTML in our sources", () => {
    const folder = join(import.meta.dirname, "../src");
    const files = readdirSync(folder, { recursive: true, encoding: "utf-8" }).filter((name) => /\.tsx?$/.test(name));
    expect(files.length).toBeGreaterThan(20);
    const found = files.filter((name) =>
      /innerHTML|outerHTML|insertAdjacentHTML|dangerouslySet|document\.write|\beval\(|new Function/.test(
        readFileSync(join(folder, name), "utf-8"),
      ),
    );
    expect(found).toEqual([]);
  });

  it("does not break the page where it is not what it should be", () => {
    let deep: unknown = 1;
    for (let level = 0; level < 40; level += 1) deep = { deep };
    const host = draw(
      <>
        <Tree value={deep} />
        <Tree value={Array.from({ length: 500 }, (_, n) => ({ n }))} />
        <Decision of={{ candidates: "none", measure: 4 }} what="bay" />
      </>,
    );
    expect(host.textContent).toContain("(deeper)");
    expect(host.textContent).toContain("and 440 more");
  });
});

describe("a list of points", () => {
  it("is one line", () => {
    const host = draw(
      <Tree
        value={{
          ways: [
            [
              [1, 2],
              [3.5, 4],
            ],
          ],
        }}
      />,
    );
    expect(host.querySelector("dd.nested dd")!.textContent).toBe("(1, 2) (3.5, 4)");
  });
});

describe("a vehicle", () => {
  const details = { speed: 10, kind: "passenger", equipped: true, time: 5 };

  it("tells what its driver was warned of, and that it slows down", () => {
    const known = [{ cause: "dangerous-end-of-queue", x: 10, y: 20 }];
    const host = draw(<VehicleCard of="vehicle/7" details={{ ...details, hazards: { known, acting: true } }} />);
    expect(host.textContent).toContain("Dangerous end of queue at 10, 20");
    expect(host.textContent).toContain("slows down");
    expect(draw(<VehicleCard of="vehicle/7" details={details} />).textContent).not.toContain("Warned of");
  });

  it("is a person where there is nothing of a vehicle", () => {
    const host = draw(<VehicleCard of="vehicle/9" details={{ ...details, kind: "pedestrian" }} />);
    expect(host.textContent).toContain("pedestrian");
    expect(host.textContent).not.toMatch(/none\sm\/s|Driven|Departed|Lane/);
  });
});

describe("a light", () => {
  it("tells who asks it for priority, and what it has answered", () => {
    const ask = { role: "publicTransport", status: "granted", arrives: 35 };
    store.take({
      type: "marks",
      time: 5,
      requests: [
        { vehicle: "vehicle/7", light: "light/0", ...ask },
        { vehicle: "vehicle/8", light: "light/1", ...ask },
      ],
    });
    const host = draw(<LightCard details={{ ref: "light/0", state: "Gr", time: 5, next_switch: 9 }} />);
    const rows = [...host.querySelectorAll("tbody tr")].map((row) => row.textContent);
    expect(rows).toEqual(["Vehicle 7public transportin 30\u00a0sgranted"]);
    store.take({ type: "marks", time: 6, requests: [] });
  });
});

describe("a charging site", () => {
  const node = (name: string, power_w: number, limit_w: number | null) => ({ name, power_w, limit_w });

  it("tells what feeds it, from the root down, and when each car is done", () => {
    const details = {
      time: 100,
      power_w: 50e3,
      limit_w: 80e3,
      chain: [node("mill", 50e3, 80e3), node("quarter", 70e3, 90e3), node("city", 70e3, null)],
      groups: [{ piles: 2, power_w: 60e3, occupied: 1, reserved: 0, price_per_kwh: 1.8 }],
      vehicles: [
        { id: "a", state: "plugged", soc: 0.5, power_w: 50e3, energy_wh: 4000, wanted_wh: 20e3, ends: 190 },
        { id: "b", state: "bound", soc: 0.2, power_w: 0, energy_wh: 0, wanted_wh: 30e3, ends: null },
      ],
    };
    const host = draw(<SiteCard details={details} />);
    const levels = [...host.querySelectorAll(".group > span:first-child")].map((one) => one.textContent);
    expect(levels.slice(0, 3)).toEqual(["city", "quarter", "mill"]);
    expect(host.textContent).toContain("1.80 per kWh");
    const rows = [...host.querySelectorAll("tbody tr")].map((row) => row.lastChild!.textContent);
    expect(rows).toEqual(["2\u00a0min", "not told"]);
    const alone = draw(<SiteCard details={{ ...details, chain: details.chain.slice(0, 1) }} />);
    expect(alone.textContent).not.toContain("Limits");
  });
});

describe("why a pile was chosen", () => {
  const decision = (measure: unknown) => ({
    policy: "wayside.edge.charging.policies:least_completion",
    unit: null,
    measure,
    candidates: [{ ref: "site/0", id: "harbour_north_fast", cost: 2425, free: 1, chosen: true }],
  });

  it("tells the measure and its unit apart, whatever the measure is called", () => {
    const host = draw(<Decision of={decision({ name: "drive, wait and charge", unit: "s" })} what="pile" />);
    expect(host.querySelector(".said")!.textContent).toBe("Decided by drive, wait and charge: the least wins.");
    expect(host.querySelector(".cost")!.textContent).toBe("40\u00a0min 25\u00a0s");
    expect(host.querySelector(".name")!.textContent).toBe("harbour_north_fast");
  });

  it("shows bare numbers where the policy does not say what they are", () => {
    for (const measure of [{ name: "", unit: "" }, undefined, "walk, m"]) {
      const host = draw(<Decision of={decision(measure)} what="pile" />);
      expect(host.querySelector(".said")!.textContent!.trim()).toBe("Decided: the least wins.");
      expect(host.querySelector(".cost")!.textContent).toBe("2,425");
    }
  });
});

describe("what was sent", () => {
  const rows = [
    { time: 3, kind: "spatem", from: "unit/0", to: null, content: {} },
    { time: 2, kind: "parking-response", from: "unit/0", to: "vehicle/7", content: {} },
  ];

  it("says who it was for, not again who sent it", () => {
    const host = draw(<Exchange way="sent" of={rows} />);
    const ends = [...host.querySelectorAll("li .split > :last-child")].map((end) => end.textContent);
    expect(ends).toEqual(["to all", "to Vehicle 7"]);
  });

  it("and of what was heard, from whom", () => {
    const host = draw(<Exchange way="heard" of={[{ ...rows[1], from: "vehicle/9" }]} />);
    expect(host.querySelector("li .split > :last-child")!.textContent).toBe("Vehicle 9");
  });
});

describe("an opened message", () => {
  const open = (changes: Parameters<typeof opened>[0]) => {
    const host = draw(<Octets of={opened(changes)} />);
    return { text: host.textContent!.replace(/\s+/g, " "), host };
  };
  const asked = (answer: () => Promise<OpenedMessage>) => vi.spyOn(api, "message").mockImplementation(answer);
  afterEach(() => vi.restoreAllMocks());

  it("shows its octets beside what they say, the headers' apart", () => {
    const { text, host } = open({
      bytes: "0202" + "00".repeat(1022),
      length: 1500,
      size: 1560,
      decoded: [
        [1, "header", ""],
        [2, "stationID", "7"],
      ],
    });
    const [headers, message] = host.querySelectorAll(".octets");
    expect(headers!.textContent).toContain("0000 ff ff ff ff ff ff");
    expect(headers!.textContent).toContain("destination ff:ff:ff:ff:ff:ff");
    expect(text).toContain("Headers6 octets");
    expect(text).toContain("1500 octets; the radio was given 1560");
    expect(message!.textContent).toContain("0000 02 02 00");
    expect(message!.textContent).toContain("and 476 octets more");
    expect(message!.textContent).toContain("stationID 7");
    expect(message!.children).toHaveLength(2);
    const [outer, inner] = message!.querySelectorAll<HTMLElement>(".lines li");
    expect([outer!.style.paddingLeft, inner!.style.paddingLeft]).toEqual(["0rem", "0.9rem"]);
  });

  it("says where nobody else could read it, and what could not be read", () => {
    expect(open({ public: false, kind: "parking-request" }).text).toContain("no public standard");
    expect(open({}).text).not.toContain("no public standard");
    expect(open({ decoded: null, problem: "ends early" }).text).toContain("cannot be read: ends early");
  });

  it("says how it fared at once, and asks the server for the rest", async () => {
    const call = asked(() => Promise.resolve(opened()));
    const host = draw(<Opened message={message({ lost: { collision: 3, "receiver-busy": 1 } })} />);
    expect(host.textContent).toContain("3 collision, 1 receiver busy");
    expect(host.querySelector(".octets")).toBeNull();
    await vi.waitFor(() => expect(host.querySelectorAll(".octets")).toHaveLength(2));
    expect(call.mock.calls.map(([number]) => number)).toEqual([5]);
  });

  it("says why there is no more of it", async () => {
    asked(() => Promise.reject(new ApiError(404, "message 5: it has not been kept so long")));
    const host = draw(<Opened message={message()} />);
    await vi.waitFor(() =>
      expect(host.textContent).toContain("cannot be had: message 5: it has not been kept so long"),
    );
  });
});

describe("the keyboard", () => {
  it("has one meaning for each key", () => {
    const all = KEYS.flatMap((key) => key.keys);
    expect(new Set(all).size).toBe(all.length);
  });

  it("never takes what is typed", () => {
    const host = draw(
      <div>
        <input type="text" />
        <input type="range" />
        <button type="button">b</button>
        <div class="panel">
          <p>text</p>
        </div>
        <p id="plain">text</p>
      </div>,
    );
    const at = (selector: string) => host.querySelector(selector);
    expect(meansItself(at("input[type=text]"), "f")).toBe(true);
    expect(meansItself(at("input[type=range]"), "arrowleft")).toBe(true);
    expect(meansItself(at("input[type=range]"), "f")).toBe(false);
    expect(meansItself(at("button"), " ")).toBe(true);
    expect(meansItself(at("button"), "f")).toBe(false);
    expect(meansItself(at(".panel p"), "arrowdown")).toBe(true);
    expect(meansItself(at("#plain"), "arrowdown")).toBe(false);
  });

  it("opens its own list, and Escape goes one step back", () => {
    const stop = listen();
    const press = (key: string, target: EventTarget = document.body) =>
      target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    press("?");
    expect(dialog.value).toBe("keys");
    press("g");
    expect(dialog.value).toBe("keys");
    press("Escape");
    expect(dialog.value).toBeNull();
    selected.value = "unit/1";
    press("Escape");
    expect(selected.value).toBeNull();
    const input = draw(<input type="text" />).querySelector("input")!;
    press("?", input);
    expect(dialog.value).toBeNull();
    stop();
  });

  it("closes what is open with one Escape, wherever the focus is", () => {
    const stop = listen();
    const escape = (target: EventTarget) =>
      target.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true, cancelable: true }));
    const host = draw(
      <>
        <dialog>
          <input type="text" />
          <textarea />
        </dialog>
        <div class="viewmenu">
          <input type="checkbox" />
          <input type="radio" />
          <select />
        </div>
        <input type="search" />
      </>,
    );
    for (const field of host.querySelectorAll("dialog input, textarea")) {
      dialog.value = "goto";
      escape(field);
      expect(dialog.value).toBeNull();
    }
    for (const field of host.querySelectorAll(".viewmenu > *")) {
      viewMenu.value = true;
      escape(field);
      expect(viewMenu.value).toBe(false);
    }
    // With nothing open: a field to type in is left, and nothing else happens.
    selected.value = following.value = "vehicle/3";
    escape(host.querySelector("[type=search]")!);
    expect(selected.value).toBe("vehicle/3");
    escape(document.body);
    expect([selected.value, following.value]).toEqual([null, null]);
    stop();
  });

  it("does once what is held down, and goes on only with what is meant to", () => {
    const stop = listen();
    const held = (key: string) => {
      for (let i = 0; i < 30; i++)
        document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, repeat: i > 0 }));
    };
    const before = theme.value;
    held("t");
    expect(theme.value).not.toBe(before);
    held("v");
    expect(viewMenu.value).toBe(true);
    viewMenu.value = false;
    themeChoice.value = "auto";
    expect(KEYS.filter((key) => key.repeats).flatMap((key) => key.keys)).not.toContain(" ");
    const button = draw(<button type="button">Send 50 cars</button>).querySelector("button")!;
    const enter = (repeat: boolean) => {
      const event = new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true, repeat });
      button.dispatchEvent(event);
      return event.defaultPrevented;
    };
    expect([enter(false), enter(true)]).toEqual([false, true]);
    stop();
  });
});

describe("a presenter without the right", () => {
  it("reads why, and presses in vain", () => {
    const fetched = vi.fn();
    vi.stubGlobal("fetch", fetched);
    store.connection.value = { state: "open" };
    store.take({ type: "hello", protocol: 1, rights: ["view"], server: "s", client: "c" });
    store.take(run());
    const host = draw(<Presenter />);
    expect(host.textContent).toContain("This link is for viewing.");
    const buttons = [...host.querySelectorAll<HTMLButtonElement>(".button")];
    expect(buttons.length).toBeGreaterThan(4);
    expect(buttons.every((button) => button.getAttribute("aria-disabled") === "true")).toBe(true);
    for (const button of buttons) button.click();
    expect(fetched).not.toHaveBeenCalled();
    vi.unstubAllGlobals();
  });
});
