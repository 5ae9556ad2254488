"""What it costs in a V2X tick that one of many units says something once, or says something else.

All units repeat a SPATEM in each tick, a MAPEM and a SAEM once a second, and a hazard once a second. In each tick one
of them sends a hazard once (told, checked, encoded, put on the air), or updates the one that it repeats; it is held
against a tick in which nobody does, and against gathering anew all that is repeated, as anything said cost before.
CPU time of this process, medians.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import cast

import numpy as np

from benchmarks import measure
from benchmarks.measure import Result, median
from wayside.edge.ldm import LocalDynamicMaps
from wayside.edge.messages import Denm, Saem, denm
from wayside.edge.messages.kinds import Utterance
from wayside.edge.platform import CityPlatform
from wayside.edge.unit import RoadsideUnit
from wayside.sim.air import Outgoing
from wayside.sim.exchange.beats import Broadcasts, Repetition
from wayside.sim.wire.table import kinds_of
from wayside.sim.wire.units import UnitMessages
from wayside.sim.world import Signals
from wayside.sim.world.geo import Projection

SIZES = {"SPATEM": 100, "MAPEM": 300, "SAEM": 90, "DENM": 120}  # octets, with headers
NOTHING, ONCE, UPDATE, ANEW = "nothing new", "one hazard, once", "one hazard, updated", "all gathered anew"


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this benchmark."""
    parser.add_argument("--units", type=int, default=1000, help="how many (default 1000)")
    parser.add_argument("--ticks", type=int, help="of each way (default 1000, small 50)")


def run(options: argparse.Namespace) -> Result:
    """All ways, tick by tick in turn, so that what else the machine does meets all alike."""
    ticks = options.ticks or (50 if options.small else 1000)
    ways: dict[str, Callable[[int], None]] = {
        NOTHING: _City(options.units).nothing,
        ONCE: _City(options.units).once,
        UPDATE: _City(options.units).update,
        ANEW: _City(options.units).anew,
    }
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for tick in range(ticks):
        for name, way in ways.items():
            began = time.process_time_ns()
            way(tick)
            spent[name].append((time.process_time_ns() - began) / 1e6)
    base = median(spent[NOTHING])
    rows = [{"way": name, "ms": median(found), "more_ms": median(found) - base} for name, found in spent.items()]
    return {"units": options.units, "ticks": ticks, "rows": rows}


def show(result: Result) -> None:
    """The table."""
    measure.show(
        f"A tick's broadcasts of {result['units']} units, medians of {result['ticks']}",
        ("what is new", "ms", "more than nothing, ms"),
        [(row["way"], f"{row['ms']:.3f}", f"{row['more_ms']:.3f}") for row in result["rows"]],
    )


class _City:
    """Units in a row, without a simulation."""

    def __init__(self, units: int) -> None:
        maps, platform = LocalDynamicMaps(1), cast(CityPlatform, None)  # hazards need no platform
        x, y = np.linspace(0.0, 10.0 * units, units), np.zeros(units)
        place = Projection("!", (0.0, 0.0), (0.0, 0.0, 1e4, 1e4), (30.9, 121.9))
        self.units = [RoadsideUnit(str(k), k, (float(x[k]), 0.0), maps, platform) for k in range(units)]
        self.kinds = kinds_of([], "etsi")
        self.messages = UnitMessages(self.kinds, 1.767e9, place, x, y, Signals([], []), [])
        self.out = Outgoing(units)
        self.broadcasts = self._begun(Utterance(Saem(("parking",)), b"x", 1))

    def _begun(self, said: Utterance) -> Broadcasts:
        """All that is repeated, from tick 0 on; what it says does not matter here."""
        found = Broadcasts([kind.category for kind in self.kinds], [kind.content is Saem for kind in self.kinds])
        names = self.kinds.names
        self.hazards: list[Repetition] = []
        for unit in range(len(self.units)):
            for name, interval in (("SPATEM", 1), ("MAPEM", 10), ("SAEM", 10), ("DENM", 10)):
                kind = names.index(name.lower())
                held = found.repeat(unit, kind, np.inf, said, SIZES[name], unit % interval, interval, 2**62)
                if name == "DENM":
                    self.hazards.append(held)
        return found

    def nothing(self, tick: int) -> None:
        """What is due goes on the air."""
        self.out.begin(np.empty(0, np.intp))
        for chorus in self.broadcasts.due(tick):
            self.out.put(chorus.block)

    def _hazard(self, tick: int, before: Utterance | None) -> tuple[int, Utterance]:
        """What an application says, and its octets."""
        unit = self.units[tick % len(self.units)]
        sending = unit.send(denm("accident", unit.position), radius=400.0)
        unit.outbox.clear()
        assert isinstance(sending.message, Denm)
        return unit.number, self.messages.say(unit.number, sending.message, tick * 0.1, before)

    def once(self, tick: int) -> None:
        """One says a hazard."""
        unit, said = self._hazard(tick, None)
        self.broadcasts.once(unit, self.kinds.number(Denm), 400.0, said, said.length + 60, tick)
        self.nothing(tick)

    def update(self, tick: int) -> None:
        """One says something else of its hazard from now on."""
        unit, said = self._hazard(tick, None)
        self.broadcasts.change(self.hazards[unit], said, said.length + 60)
        self.nothing(tick)

    def anew(self, tick: int) -> None:
        """As if nothing had been gathered yet."""
        for place in list(self.broadcasts._groups):
            self.broadcasts._changed(place)
        self.nothing(tick)
