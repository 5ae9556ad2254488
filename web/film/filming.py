"""The observer that records what the live view shows, by simulation time: the same run gives the same bytes."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from wayside.edge.decision import Decision
from wayside.sim.engine import Simulation, Tick
from wayside.sim.sumo.backend import StepEvents
from wayside.sim.sumo.commands import Command
from wayside.web.film.writing import FilmWriter, Keep
from wayside.web.server import world
from wayside.web.server.air import AirObserver
from wayside.web.server.telling import RunTeller
from wayside.web.server.view import Views

FRAME_EVERY = 0.5  # s between two states; of a run with longer steps each of them
SECOND = 1.0  # s between looks at all else, and between pieces
FIGURES_EVERY = 5.0  # s: they take long to work out
STRETCH = 10.0  # s between two moments from which one can begin
MESSAGES = 2  # listed each second
LATEST = 20  # messages that are told again where a stretch begins


class Filming(RunTeller):
    """Records one simulation, of which it is an observer. `sinks` take the pieces.

    most: bytes after which it ends; None: however large.
    """

    def __init__(self, simulation: Simulation, sinks: list[Keep], most: int | None = None) -> None:
        views = Views(simulation)
        super().__init__(views, AirObserver(views, MESSAGES, opened=False), lambda: simulation.time)
        self.writer = FilmWriter(sinks)
        self.words = ""  # how the run ended, where somebody knows better than that it did
        self.full_at: float | None = None  # s: when it had to end before the run
        self._most = most
        self._begun = self._over = False
        self._figures_at = -math.inf
        self._due = dict.fromkeys(("frame", "second", "figures", "stretch"), -math.inf)
        self._decided: dict[tuple[str, int], Decision] = {}

    def orders(self, events: StepEvents) -> Iterable[Command]:
        """None; but what SUMO is asked for is fetched now: when `step` comes, it may be ahead already."""
        if not self._over:
            if self._is_due("frame"):
                _ = self.simulation.vehicles.signals
            self.air.listen(self._is_due("second"), ())
        return ()

    def step(self, tick: Tick) -> None:
        """See `Observer.step`."""
        if self._over:
            return
        self.took(tick, names=True)
        if not self._begun:
            self._begin()
        if not self._is_due("frame"):
            return
        now = tick.time
        each_second, key = self._is_due("second"), self._is_due("stretch")
        if key:
            self._key(now)
        self._tell(now, key)
        if each_second:
            self._each_second(now)
        for what, every in (("frame", FRAME_EVERY), ("second", SECOND), ("stretch", STRETCH)):
            self._follow(what, every)
        if self._most is not None and self.writer.written > self._most:
            self.full_at = now
            self._end(f"the recording has reached {self._most / 1e6:g} MB (record.view_limit)")

    def end(self) -> None:
        """The run is over, or broken off."""
        if self._begun and not self._over:
            now = self.simulation.time
            self._figures(now)
            self._end(self.words or "the run ended")

    def _end(self, words: str) -> None:
        self.writer.end(words, self.simulation.time, self.full_at is not None)
        self.air.attach(False)
        self._over = True

    def _begin(self) -> None:
        simulation = self.simulation
        self._begun = True
        self.air.attach(True)
        clock, scenario = simulation.clock, simulation.scenario
        run = {
            "scenario": scenario.name,
            "title": scenario.title,
            "seed": clock.seed,
            "begin": clock.begin,
            "end": clock.end,
            "step_length": simulation.backend.step_length,
        }
        self.writer.world(run, world.describe(self.views), clock.begin)
        slots = simulation.vehicles.slots()
        self._come = simulation.vehicles.station[slots].tolist()
        self._walkers = simulation.persons.slots().tolist()

    def _key(self, now: float) -> None:
        """All that the messages of this stretch refer to, but for what stands in the track."""
        writer = self.writer
        writer.key(now)
        writer.text({"type": "snapshot", **self.places.all(), "messages": list(self.air.messages)[-LATEST:]}, now)
        self.marks.forget()

    def _tell(self, now: float, key: bool) -> None:
        writer = self.writer
        writer.frame(self._state(whole=key), now)
        if key:
            writer.frame(self._charge(), now)
        if lights := self.places.lights_changed():
            writer.text(lights, now)

    def _each_second(self, now: float) -> None:
        writer = self.writer
        for message in (self.places.changed(now, at_once=True), self.marks.changed(now, at_once=True)):
            if message is not None:
                writer.text(message, now)
        writer.frame(self._packets(), now)
        if messages := self.air.news():
            writer.text({"type": "messages", "messages": messages}, now)
        self.events.look()
        for message in (self._names(), self.events.news()):
            if message is not None:
                writer.track(message)
        for reason in self._reasons(now):
            writer.reason(reason)
        if self._is_due("figures"):
            self._figures(now)
            self._follow("figures", FIGURES_EVERY)
        writer.flush(now)

    def _figures(self, now: float) -> None:
        if now == self._figures_at:
            return
        self._figures_at = now
        self.writer.track({"type": "kpis", "time": now, "values": self.simulation.metrics.kpis()})

    def _reasons(self, now: float) -> Iterable[dict[str, Any]]:
        """Of the decisions that hold now, those that are new."""
        before, self._decided = self._decided, {}
        for view in self.views:
            for station, decision in view.decisions().items():
                whose = view.service.name, station
                self._decided[whose] = decision
                if before.get(whose) is not decision:
                    said = view.reason(decision)
                    yield {"time": now, "vehicle": station, "service": view.service.name, "decision": said}

    def _is_due(self, what: str) -> bool:
        return self.simulation.time >= self._due[what] - 1e-9

    def _follow(self, what: str, every: float) -> None:
        """The next is due at the next whole multiple."""
        self._due[what] = every * (math.floor(self.simulation.time / every + 1e-9) + 1)
