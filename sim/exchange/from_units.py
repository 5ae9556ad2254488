"""What units say: what their applications repeat or say once, what their sensors see, and answers to vehicles."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress

import numpy as np

from wayside.edge.messages.perceived import Cpm
from wayside.ext.arrays import Flags, Floats
from wayside.sim.air import ON
from wayside.sim.exchange.onair import OnAir
from wayside.sim.exchange.roadside import Roadside
from wayside.sim.exchange.sayings import Sayings
from wayside.sim.sensors.senses import Senses
from wayside.sim.stations.congestion import Congestion
from wayside.sim.stations.fleet import NEVER, whole_ticks
from wayside.sim.stations.packets import Batch
from wayside.sim.wire.units import UnitMessages

URGENT = 0  # access category of what congestion control does not hold back


class FromUnits:
    """Units as senders. named: whether it is of interest which vehicles receive a message, by kind.

    wait: V2X ticks between two messages of a kind, as congestion control has it, by unit.
    """

    def __init__(
        self,
        onair: OnAir,
        messages: UnitMessages,
        roadside: Roadside,
        sayings: Sayings,
        congestion: Congestion,
        named: Sequence[bool],
    ) -> None:
        self._onair = onair
        self._roadside = roadside
        self._sayings = sayings
        self._congestion = congestion
        kinds = messages.kinds
        self._named = named
        self._cpm = kinds.number(Cpm) if kinds.has(Cpm) else -1
        self._urgent = [kind.category == URGENT for kind in kinds]
        self._cpm_headers = messages.headers(kinds[self._cpm]) if kinds.has(Cpm) else 0
        self.wait = np.ones(len(roadside), np.int32)
        # The tick in which each unit last said each kind.
        self._said = np.full((len(kinds), len(roadside)), NEVER, np.int64)

    def obey(self, waits: Floats) -> None:
        """Congestion control's T_off [s], by unit."""
        self.wait = whole_ticks(waits)

    def broadcast(self, tick: int) -> None:
        """Broadcasts that are due in a V2X tick."""
        for chorus in self._sayings.broadcasts.due(tick):
            if self._roadside.all_on and not self._congestion.on:
                self._onair.put(chorus)
                continue
            for beat in chorus.beats:
                speak = self._roadside.on[beat.units] == ON
                if (may := self._may(beat.kind, tick)) is not None:
                    speak &= may[beat.units]
                units, said = beat.units[speak], tuple(compress(beat.said, speak.tolist()))
                self._said[beat.kind, units] = tick
                self._onair.send(self._onair.said_by(beat, units, said, beat.size[speak]), beat.periodic, beat.named)

    def perceive(self, senses: Senses, tick: int) -> None:
        """What units with sensors tell of what they see."""
        told = senses.tell(tick, self._onair.now, self._may(self._cpm, tick))
        if told is None:
            return
        units, messages, octets = told
        self._said[self._cpm, units] = tick
        size = octets.sizes(self._cpm_headers)
        batch = Batch(self._cpm, True, self._onair.now, units, messages, size, lambda: octets)
        self._onair.send(batch, named=self._named[self._cpm])

    def answer(self) -> None:
        """What vehicles are answered by name."""
        units = np.int32(len(self._roadside))
        for unit, response in self._sayings.taken():
            if self._roadside.on[unit]:
                stations = np.full(len(response.vehicle), unit, np.int32)
                self._onair.unicast(response, unit, stations, response.vehicle.astype(np.int32) + units)

    def _may(self, kind: int, tick: int) -> Flags | None:
        """Which units may say a kind now, as far as congestion control is concerned; None: all."""
        if not self._congestion.on or self._urgent[kind]:
            return None
        may: Flags = tick - self._said[kind] >= self.wait
        return may
