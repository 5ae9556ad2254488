"""Pictures of the live view: `python -m tests.web.browser.screenshots FOLDER [TIME]`, or `make screenshots`."""

import json
import math
import shutil
import sys
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from playwright.sync_api import Browser, sync_playwright

from tests.web.browser.serving import Served, serve
from tests.web.browser.watching import Watcher

SIZE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
TIME = 480.0  # s; the city is full of traffic then
SETTLE = 2500  # ms: the camera rests, arcs and pulses are under way


def ask(served: Served, path: str) -> Any:
    """The answer of the API."""
    with urlopen(f"{served.links[0]}api/{path}") as answer:
        return json.load(answer)


def busiest(served: Served) -> dict[str, Any]:
    """The roadside unit in the inner half of the city that knows most vehicles."""
    world = ask(served, "world")
    west, south, east, north = world["bounds"]
    inner = [
        number
        for number, unit in enumerate(world["units"])
        if abs(unit["x"] - (west + east) / 2) < (east - west) / 4
        and abs(unit["y"] - (south + north) / 2) < (north - south) / 4
    ]
    units = [ask(served, f"objects/unit/{number}") for number in inner]
    return dict(max(units, key=lambda unit: unit["vehicles_known"]))


def look(
    watcher: Watcher, at: dict[str, Any], span: float, tilt: float = 0, bearing: float = 0, more: str = ""
) -> None:
    """Go somewhere by a link, as users do."""
    run = watcher.read("wayside.state().run")
    place = f"{at['x']:.1f},{at['y']:.1f},{span},{tilt},{bearing}"
    fragment = f"#run={run['scenario']}.{run['seed']}&at={place}{more}"
    watcher.page.evaluate("fragment => { location.hash = fragment }", fragment)
    if "follow" not in more:  # then it never rests
        watcher.settled()
    watcher.page.wait_for_timeout(SETTLE)


def guided(served: Served, watcher: Watcher) -> str:
    """A vehicle with a long way to its reserved bay."""
    parks = ask(served, "world")["parks"]
    rows = watcher.read("wayside.stations().map(number => [number, wayside.vehicle(number)])")
    moving = [number for number, row in rows if row and row["parking"] == 2 and row["speed"] > 3]
    far = []
    for number in moving[:40]:
        vehicle = ask(served, f"objects/vehicle/{number}")
        if vehicle["parking"] and vehicle["parking"]["assigned"] and vehicle["parking"]["decision"]:
            park = parks[int(vehicle["parking"]["assigned"].partition("/")[2])]
            far.append((math.hypot(park["x"] - vehicle["x"], park["y"] - vehicle["y"]), vehicle["ref"]))
    return str(max(far)[1])


def take(browser: Browser, served: Served, folder: Path, theme: str) -> None:
    """All pictures in one theme."""
    watcher = Watcher.of(browser, viewport=SIZE, color_scheme=theme)
    watcher.open(served.links[0])
    unit = busiest(served)

    def shot(name: str) -> None:
        watcher.page.mouse.move(700, 20)
        watcher.page.screenshot(path=folder / f"{name}-{theme}.png")
        print(folder / f"{name}-{theme}.png")

    watcher.press("h")
    watcher.settled()
    watcher.page.wait_for_timeout(SETTLE)
    shot("city")
    look(watcher, unit, 1100)
    shot("district")
    look(watcher, unit, 140)
    shot("junction")
    look(watcher, unit, 600, tilt=55, bearing=30)
    shot("tilted")
    look(watcher, unit, 420, more=f"&see={unit['ref']}")
    shot("unit")
    ref = guided(served, watcher)
    look(watcher, unit, 260, more=f"&see={ref}&follow=1&colour=parking")
    shot("vehicle")
    watcher.press("Escape")
    watcher.press("Escape")
    watcher.press("m")
    look(watcher, unit, 700, tilt=40, bearing=330, more="&colour=speed")
    shot("messages")
    opened(watcher, "SPATEM")
    shot("octets")
    opened(watcher, "parking request")
    shot("octets-own")
    watcher.press("k")
    watcher.close()


def opened(watcher: Watcher, kind: str) -> None:
    """The newest message of a kind, once there is one; it need not be in sight otherwise."""
    hold = watcher.page.locator(".dock.left .listhead button")
    if hold.get_attribute("aria-pressed") == "true":
        hold.click()
    watcher.page.locator(".dock.left .rows button.row", has_text=kind).first.click()
    watcher.page.wait_for_selector(".dock.left .octets")
    watcher.page.wait_for_timeout(SETTLE)


def lose(browser: Browser, served: Served, folder: Path, theme: str) -> None:
    """Pictures of losses, where the radio has any."""
    watcher = Watcher.of(browser, viewport=SIZE, color_scheme=theme)
    watcher.open(served.links[0])
    unit = busiest(served)
    look(watcher, unit, 700, more=f"&see={unit['ref']}")
    watcher.press("m")
    watcher.page.wait_for_timeout(SETTLE)
    watcher.page.screenshot(path=folder / f"losses-{theme}.png")
    watcher.press("k")
    look(watcher, unit, 350, tilt=45, bearing=20, more=f"&see={busy_vehicle(watcher)}")
    watcher.page.screenshot(path=folder / f"losses-vehicle-{theme}.png")
    watcher.close()


def compared(browser: Browser, served: Served, folder: Path, time: float) -> None:
    """Pictures of two runs side by side: with and without units in vehicles."""
    served.call("run/against", {"overrides": {"v2x.penetration": 0.0}})
    fill(browser, served, time)
    unit = busiest(served)
    for theme, size in (("dark", SIZE), ("light", SIZE), ("dark", PHONE)):
        watcher = Watcher.of(browser, viewport=size, color_scheme=theme)
        watcher.open(served.links[0])
        watcher.until("wayside.beside().rows > 0 && wayside.beside().stats?.vehicles > 0")
        look(watcher, unit, 1100, more="&colour=parking")
        name = f"beside-phone-{theme}" if size is PHONE else f"beside-{theme}"
        watcher.page.screenshot(path=folder / f"{name}.png")
        if size is SIZE:
            watcher.page.locator(".gains summary").click()
            watcher.page.wait_for_timeout(SETTLE)
            watcher.page.screenshot(path=folder / f"{name}-counted.png")
        watcher.close()


def busy_vehicle(watcher: Watcher) -> str:
    """A connected vehicle that drives, in sight."""
    rows = watcher.read("wayside.stations().map(n => [n, wayside.vehicle(n)])")
    at = watcher.read("wayside.view()")
    near = [
        (math.hypot(row["x"] - at["x"], row["y"] - at["y"]), number)
        for number, row in rows
        if row and row["equipped"] and not row["parked"]
    ]
    return f"vehicle/{min(near)[1]}"


def fill(browser: Browser, served: Served, time: float) -> None:
    """Run up to a time, when there is traffic."""
    served.call("run/goto", {"time": time})
    ready = Watcher.of(browser)
    ready.page.set_default_timeout(600_000)
    ready.open(served.links[0])
    ready.until("wayside.stats().time > a", time)
    ready.close()


def main(folder: Path, time: float) -> None:
    """Start the city, wait until it is full, and take them all; then with a radio that loses messages."""
    folder.mkdir(parents=True, exist_ok=True)
    served = serve("lingang", "--port", 0)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            fill(browser, served, time)
            for theme in ("dark", "light"):
                take(browser, served, folder, theme)
            phone = Watcher.of(browser, viewport=PHONE, color_scheme="dark", device_scale_factor=2, has_touch=True)
            phone.open(served.links[0])
            phone.page.wait_for_timeout(SETTLE)
            phone.page.screenshot(path=folder / "phone-dark.png")
            phone.close()
            compared(browser, served, folder, time)
            served.call("run/alone", {})
            # Long frames at a low rate: the channel is busy enough for losses of all kinds.
            crowded = {"v2x.radio": "itsg5", "air.size": 1500, "air.rate": 3.0}
            served.call("run", {"scenario": "lingang", "overrides": crowded})
            fill(browser, served, time / 2)
            for theme in ("dark", "light"):
                lose(browser, served, folder, theme)
            browser.close()
    finally:
        served.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else TIME)
