"""What units send again and again, gathered into beats, so that a tick costs a step per beat."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wayside.edge.messages import Broadcast, Kind
from wayside.edge.unit import Sending
from wayside.ext.outgoing import Block
from wayside.sim.air import Ints
from wayside.sim.packets import category

_MOST_CHORUSES = 1000


@dataclass(frozen=True)
class Beat:
    """Broadcasts of one kind and radius that are due in the same ticks; what follows `interval` has one entry each."""

    kind: Kind
    radius: float  # m
    interval: int  # ticks
    units: Ints
    messages: tuple[Broadcast, ...]
    size: Ints  # octets

    @property
    def periodic(self) -> bool:
        """Whether it comes again in the next tick."""
        return self.interval == 1

    @property
    def named(self) -> bool:
        """Whether who receives it is of interest: vehicles remember whose services they hear."""
        return self.kind == Kind.SAEM


class Chorus:
    """All beats of a tick, and their packets one after the other (`sim.air.Outgoing.put`)."""

    def __init__(self, beats: Sequence[Beat]) -> None:
        self.beats = tuple(beats)
        self.block = _block(self.beats)
        first = accumulate((len(beat.units) for beat in self.beats), initial=0)
        self.begins = [(row, beat) for row, beat in zip(first, self.beats, strict=False)]  # by the row it begins in

    def __len__(self) -> int:
        return len(self.block)


class Broadcasts:
    """All that is repeated, and what is sent once."""

    def __init__(self) -> None:
        # Radius, interval, phase, until, unit, message, octets.
        self._entries: list[tuple[float, int, int, int, int, Broadcast, int]] = []
        self._beats: dict[tuple[int, int], list[Beat]] = {}  # by interval and phase, in ticks
        self._intervals: list[int] = []
        self._choruses: dict[tuple[int, ...], Chorus] = {}  # by the tick's phase in each interval
        self._valid_until = -1

    def add(self, unit: int, sending: Sending, message: Broadcast, octets: int, first: int) -> None:
        """Send from tick `first` on; a message without repetition only then."""
        interval = max(sending.repeat, 1)
        until = first + sending.lasting if sending.repeat else first
        self._entries.append((sending.radius, interval, first % interval, until, unit, message, octets))
        self._valid_until = -1

    def due(self, tick: int) -> Chorus:
        """What is to be sent in this tick."""
        if tick > self._valid_until:
            self._gather(tick)
        phases = tuple([tick % interval for interval in self._intervals])
        if (chorus := self._choruses.get(phases)) is None:
            beats: list[Beat] = []
            for interval, phase in zip(self._intervals, phases, strict=True):
                beats += self._beats.get((interval, phase), ())
            if len(self._choruses) >= _MOST_CHORUSES:
                self._choruses.clear()
            chorus = self._choruses[phases] = Chorus(beats)
        return chorus

    def _gather(self, tick: int) -> None:
        self._entries = [entry for entry in self._entries if entry[3] >= tick]
        self._valid_until = min((entry[3] for entry in self._entries), default=2**62)
        groups: dict[tuple[int, int, Kind, float], list[tuple[int, Broadcast, int]]] = {}
        for radius, interval, phase, _, unit, message, octets in self._entries:
            groups.setdefault((interval, phase, message.kind, radius), []).append((unit, message, octets))
        self._beats = {}
        for interval, phase, kind, radius in sorted(groups):
            units, messages, sizes = zip(*groups[interval, phase, kind, radius], strict=True)
            beat = Beat(kind, radius, interval, np.array(units, np.int32), messages, np.array(sizes, np.int32))
            self._beats.setdefault((interval, phase), []).append(beat)
        self._intervals = sorted({interval for interval, _ in self._beats})
        self._choruses.clear()


def _block(beats: Sequence[Beat]) -> Block:
    each = [len(beat.units) for beat in beats]
    rows = sum(each)

    def column(values: Iterable[float], type: type) -> NDArray[Any]:
        return np.repeat(np.array(list(values), type), each)

    nothing = np.empty(0, np.int32)
    return Block(
        sender=np.concatenate([nothing, *(beat.units for beat in beats)]),
        size=np.concatenate([nothing, *(beat.size for beat in beats)]),
        to=np.full(rows, -1, np.int32),
        category=column((category(beat.kind) for beat in beats), np.uint8),
        radius=column((beat.radius for beat in beats), np.float64),
        periodic=column((beat.periodic for beat in beats), np.uint8),
        named=column((beat.named for beat in beats), np.uint8),
        kind=column((beat.kind for beat in beats), np.uint8),
    )
