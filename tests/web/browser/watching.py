"""A viewer's page in a real browser, and what can be read of it."""

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page

PATIENCE = 40_000  # ms
# Said by the browser about its own software renderer, not by the page.
_DRIVER = "GL Driver Message"
# A condition: somebody drives.
DRIVING = "wayside.stations().some(number => wayside.vehicle(number)?.speed > 1)"


@dataclass
class Watcher:
    """One page, with everything that it complained about."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, browser: Browser, **options: Any) -> "Watcher":
        """A page that nothing was opened in yet."""
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 720}, **options})
        context.set_default_timeout(PATIENCE)
        watcher = cls(context.new_page())
        watcher.page.on("console", watcher._hear)
        watcher.page.on("pageerror", lambda error: watcher.complaints.append(str(error)))
        return watcher

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and _DRIVER not in message.text:
            self.complaints.append(f"{message.type}: {message.text}")

    def open(self, link: str, moving: bool = True) -> None:
        """Load it and wait until vehicles drive."""
        self.page.goto(link)
        if moving:
            self.until(DRIVING)

    def until(self, condition: str, argument: object = None) -> None:
        """Wait until a condition of the page holds; `a` is the argument."""
        # Not wait_for_function: that would evaluate a string, which the page's policy forbids.
        self.page.wait_for_function(f"a => Boolean(window.wayside && ({condition}))", arg=argument)

    def read(self, expression: str, argument: object = None) -> Any:
        """The value of an expression in the page; `a` is the argument."""
        return self.page.evaluate(f"a => ({expression})", argument)

    def press(self, key: str) -> None:
        """A key for the page, not for whatever has the focus."""
        self.page.evaluate("document.activeElement?.blur()")
        self.page.keyboard.press(key)

    def time(self) -> float:
        """Simulation time as drawn, s."""
        return float(self.read("wayside.stats().time"))

    def places(self) -> dict[str, tuple[float, float]]:
        """Where every vehicle is drawn, m."""
        rows = self.read(
            "wayside.stations().map(n => [`vehicle/${n}`, wayside.locate(`vehicle/${n}`)]).filter(row => row[1])"
        )
        return {ref: (at["x"], at["y"]) for ref, at in rows}

    def driving(self) -> list[str]:
        """Vehicles that drive, the fastest first."""
        rows = self.read("wayside.stations().map(n => [n, wayside.vehicle(n)])")
        rows = [(row["speed"], number) for number, row in rows if row and not row["parked"] and row["speed"] > 2.0]
        return [f"vehicle/{number}" for _, number in sorted(rows, reverse=True)]

    def pause(self, paused: bool = True) -> None:
        """Play or pause with the keyboard, and wait until it is so, and what is drawn has come to rest too."""
        wanted = "paused" if paused else "running"
        if self.read("wayside.state().run.state") != wanted:
            self.press("Space")
        self.until("wayside.state().run?.state === a", wanted)
        if paused:
            self.until("wayside.stats().time === wayside.state().run.time")

    def search(self, text: str) -> str:
        """Search by keyboard, take the first; its reference."""
        self.press("/")
        self.page.keyboard.type(text)
        self.page.wait_for_selector(".hit.active")
        self.page.keyboard.press("Enter")
        self.until("wayside.state().selected !== null")
        return str(self.read("wayside.state().selected"))

    def settled(self) -> None:
        """Wait until the camera rests; a flight may begin a moment after what has asked for it."""
        last, still = None, 0
        while still < 4:
            self.page.wait_for_timeout(200)
            now = self.read("wayside.view()")
            still = still + 1 if now == last else 0
            last = now

    def click(self, ref: str) -> None:
        """Click an object where it is drawn; its label may come a moment after the camera rests."""
        self.settled()
        self.until("(p => wayside.pick(p.left, p.top))((q => wayside.project(q.x, q.y))(wayside.locate(a))) === a", ref)
        at = self.read("(p => wayside.project(p.x, p.y))(wayside.locate(a))", ref)
        self.page.mouse.click(*self._on_page(at))

    def _on_page(self, at: dict[str, float]) -> tuple[float, float]:
        box = self.page.locator("#map").bounding_box()
        assert box is not None
        return box["x"] + at["left"], box["y"] + at["top"]

    def inspected(self) -> str:
        """The inspector's heading."""
        return str(self.page.locator(".dock.right h2").inner_text())

    def details(self, ref: str) -> Any:
        """What the inspector knows of an object."""
        return self.read("wayside.details(a)", ref)

    def close(self) -> None:
        """Leave. AssertionError where the page complained."""
        self.page.context.close()
        assert self.complaints == []
