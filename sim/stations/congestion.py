"""Congestion control of all stations on the air: what each may send, from how busy it finds the channel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from wayside.edge.app import TICK_MS
from wayside.edge.net.dcc import LONGEST, PERIOD, Adaptive, Reactive
from wayside.ext.arrays import Doubles, Flags, Floats, Ints

Channel = Callable[[], tuple[Floats | None, Flags]]

ADAPT_EVERY = round(PERIOD * 1000) // TICK_MS  # measurements


class Congestion:
    """DCC of TS 102 687 for units (by number) and vehicles (by slot), units first.

    `approach` is "off", "reactive" or "adaptive". `airtime` [s] is how long a usual packet takes: it chooses the table
    of the reactive approach (that for 1 ms also for longer packets: there is none), and stands in the column `airtime`,
    by station, until a station has sent one: `time_of` tells the time [s] of packets of so many octets. Where there are
    several channels, `channel` tells the busy ratio of the one that is controlled, and which stations are on it: no
    other one ever waits.
    """

    def __init__(
        self,
        approach: Literal["off", "reactive", "adaptive"],
        units: int,
        vehicles: int,
        airtime: float = LONGEST,
        time_of: Callable[[Ints], Doubles] | None = None,
        channel: Channel | None = None,
    ) -> None:
        self.units = units
        self._channel = channel
        self._time_of = time_of
        self.airtime = np.full(units + vehicles, airtime, np.float32)
        self._usual = airtime
        self._control: Reactive | Adaptive | None = None
        if approach == "reactive":
            self._control = Reactive(units + vehicles, min(airtime, LONGEST))
        elif approach == "adaptive":
            self._control = Adaptive(units + vehicles)
        self._latest, self._former, self._free = np.zeros((3, units + vehicles), np.float32)
        self._measurements = 0

    @property
    def on(self) -> bool:
        """Whether anybody ever has to wait."""
        return self._control is not None

    def grow(self, vehicles: int) -> None:
        """Room for more vehicles; those known keep their state."""
        known, stations = len(self.airtime), self.units + vehicles
        if stations <= known:
            return
        old, self.airtime = self.airtime, np.full(stations, self._usual, np.float32)
        self.airtime[:known] = old
        measured = np.zeros((3, stations), np.float32)
        measured[:2, :known] = self._latest, self._former
        self._latest, self._former, self._free = measured
        if self._control is not None:
            self._control.grow(stations)

    def reset(self, slots: NDArray[np.integer[Any]]) -> None:
        """New vehicles are in these slots: they know nothing of the channel yet."""
        if self._control is None:
            return
        stations = slots + self.units
        self.airtime[stations] = self._usual
        self._latest[stations] = self._former[stations] = 0.0
        self._control.reset(stations)

    def sent(self, stations: Ints, octets: Ints) -> None:
        """Stations hand over packets of so many octets."""
        if self._time_of is not None:
            self.airtime[stations] = self._time_of(octets)

    def update(self, busy_ratio: Floats | None) -> Floats:
        """Take in the channel busy ratio (0..1) of the last 100 ms, by station: once per V2X tick. T_off [s] of each.

        A ratio for fewer stations than there is room for means those first; None, a radio without a channel to
        measure: nobody waits. It is not looked at where `channel` tells.
        """
        if self._control is None:
            return self._free
        if self._channel is None:
            return self._waits(self._control, busy_ratio)
        busy_ratio, on_it = self._channel()
        waits = self._waits(self._control, busy_ratio).copy()
        waits[: len(on_it)][~on_it] = 0.0
        return waits

    def _waits(self, control: Reactive | Adaptive, busy_ratio: Floats | None) -> Floats:
        """T_off [s] of every station on the channel."""
        if busy_ratio is None:
            return self._free
        self._latest, self._former = self._former, self._latest
        self._latest[: len(busy_ratio)] = busy_ratio
        self._latest[len(busy_ratio) :] = 0.0
        self._measurements += 1
        if isinstance(control, Reactive):
            control.update(self._latest)
            return control.wait()
        if self._measurements % ADAPT_EVERY == 0:
            control.adapt(self._latest, self._former)
        return control.wait(self.airtime)
