"""What a unit's application repeats, changes and ends, as it goes on the air; whoever watches or not."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.edge.messages import oracles
from tests.sim.children import in_child
from tests.sim.numbers import Kind
from wayside import App, Scenario, Simulation, every
from wayside.edge.errors import PluginError
from wayside.edge.messages import Spatem, denm
from wayside.sim.stations.packets import Packets

Told = list[tuple[float, dict[str, Any]]]


class News(App):
    """A hazard every second from 10 s on, that changes at 12.5 s and is over at 16.5 s; and one that is told once."""

    def start(self) -> None:
        self.told = self.once = None

    @every(0.5)
    def look(self) -> None:
        now = round(self.time - self.begun, 1) if hasattr(self, "begun") else 0.0
        if not hasattr(self, "begun"):
            self.begun = self.time
        if now == 10.0:
            self.told = self.send(denm("traffic-jam", self.position, 60.0), repeat=1.0)
            self.once = self.send(denm("accident", self.position, 5.0))
        elif now == 12.5:
            assert self.told is not None
            self.told.update(denm("slow-vehicle", self.position, 60.0))
        elif now == 16.5:
            assert self.told is not None
            assert self.once is not None
            self.told.cancel()
            self.told.cancel()
            self.once.cancel()  # nobody believes it any more: nothing is said
            assert not self.told.active


class Ends(App):
    """Lights that are announced for two seconds, and no longer."""

    def start(self) -> None:
        self.told = self.send(Spatem(self.unit.light), repeat=0.1)

    @every(1.0)
    def look(self) -> None:
        if self.told.active and self.time > 12.0:
            self.told.cancel()


class Late(App):
    """Says something else of what is over."""

    def start(self) -> None:
        self.told = self.send(denm("accident", self.position), repeat=0.1, lasting=1.0)

    @every(5.0)
    def look(self) -> None:
        self.told.update(denm("accident", self.position))


def ran(apps: list[str], watched: bool) -> tuple[Told, list[int], list[float]]:
    """Each DENM of a run: when it was made, and what pycrate reads; what was sent by kind; when SPATEMs were."""
    told: Told = []
    spatems: list[float] = []
    changes = {"scenario.end": 25.0, "v2x.penetration": 0.0, "rsu.0.apps": apps}
    with Simulation(Scenario.load("crossing").replace(changes)) as simulation:

        def listen(packets: Packets) -> None:
            theirs = oracles.pycrate("DENM")
            if packets.kind == Kind.DENM:
                octets = packets.octets()
                for k in range(len(packets.size)):
                    theirs.from_uper(octets.one(k))
                    told.append((round(packets.time, 1), theirs.get_val()["denm"]))
            if packets.kind == Kind.SPATEM:
                spatems.append(round(packets.time, 1))

        if watched:
            simulation.exchange.listeners.append(listen)
        simulation.run()
        return told, simulation.exchange.traffic.sent, spatems


def test_a_hazard_is_told_changed_and_over() -> None:
    told, sent, _ = in_child(ran, [f"{__name__}:News"], True)
    _, unwatched, _ = in_child(ran, [f"{__name__}:News"], False)
    assert sent == unwatched
    first = told[0][0]
    jam = [(round(t - first, 1), m) for t, m in told if m["management"]["actionID"]["sequenceNumber"] == 0]
    once = [(round(t - first, 1), m) for t, m in told if m["management"]["actionID"]["sequenceNumber"] == 1]
    assert [t for t, _ in once] == [0.0]
    # Once a second; the news from the next repetition on; the end as soon as it is said, and once.
    assert [t for t, _ in jam] == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 6.5]
    causes = [m["situation"]["eventType"]["causeCode"] if "situation" in m else None for _, m in jam]
    assert causes == [1, 1, 1, 26, 26, 26, 26, None]
    when = [m["management"]["referenceTime"] for _, m in jam]
    assert [t - when[0] for t in when] == [0, 0, 0, 3000, 3000, 3000, 3000, 6500]
    assert [m["management"].get("termination") for _, m in jam] == [None] * 7 + ["isCancellation"]


def test_what_has_no_last_word_just_stops() -> None:
    _, sent, when = in_child(ran, [f"{__name__}:Ends"], True)
    assert sent[Kind.SPATEM] == len(when)
    assert 12.0 <= max(when) <= 13.1
    assert set(Counter(when).values()) == {1}


def test_news_of_what_is_over_is_refused_with_a_line() -> None:
    with pytest.raises(PluginError, match=r"Late\.look at .*ValueError: update\(Denm\): what was sent is over") as told:
        in_child(ran, [f"{__name__}:Late"], False)
    assert "\n" not in str(told.value)
