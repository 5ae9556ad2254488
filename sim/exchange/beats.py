"""What units send again and again, gathered into beats, so that a tick costs a step per beat.

What is sent once is a beat of its own, apart from the others: it leaves them as they are. A change of what is repeated
gathers anew only the beat that it is in.
"""

from __future__ import annotations

import bisect
import heapq
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wayside.edge.messages import Broadcast
from wayside.edge.messages.kinds import Utterance
from wayside.ext.arrays import Ints
from wayside.ext.outgoing import Block

_MOST_CHORUSES = 1000


class _Entry(NamedTuple):
    """What one unit says."""

    unit: int
    said: Utterance
    size: int  # octets with all headers but Ethernet's


class _Key(NamedTuple):
    """What is in one beat: due in the ticks in which tick % interval == phase."""

    interval: int
    phase: int
    kind: int
    radius: float  # m


class Repetition(NamedTuple):
    """Where something that is repeated stands."""

    key: _Key
    number: int  # of all that has been repeated
    until: int  # the last tick


@dataclass(frozen=True)
class Beat:
    """Broadcasts of one kind and radius that are due in the same ticks; what follows `category` has one entry each."""

    kind: int  # in the run's table
    radius: float  # m
    periodic: bool  # whether it comes again in the next tick
    category: int
    named: bool  # whether who receives it is of interest: vehicles remember whose services they hear
    units: Ints
    said: tuple[Utterance, ...]
    size: Ints  # octets

    @cached_property
    def messages(self) -> tuple[Broadcast, ...]:
        """What is said."""
        return tuple(utterance.message for utterance in self.said)


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
    """All that is repeated, and what is sent once. By kind: access categories, and whose receivers are of interest;
    forwarded: of whose they are besides, by kind and radius [m].
    """

    def __init__(
        self,
        category: Sequence[int],
        named: Sequence[bool],
        forwarded: Callable[[int, float], bool] | None = None,
    ) -> None:
        self._forwarded = forwarded
        self._category = category
        self._named = named
        self._groups: dict[_Key, dict[int, _Entry]] = {}  # by number, in the order in which they began
        self._beats: dict[_Key, Beat] = {}
        self._keys: dict[tuple[int, int], list[_Key]] = {}  # of groups, sorted, by interval and phase
        self._intervals: list[int] = []
        self._choruses: dict[tuple[int, ...], Chorus] = {}  # by the tick's phase in each interval
        self._ends: list[tuple[int, int, _Key]] = []  # a heap: the last tick, number, where
        self._once: dict[int, dict[tuple[int, float], list[_Entry]]] = {}  # by tick; by kind and radius
        self._stale: set[tuple[int, int]] = set()  # intervals and phases in which something has changed
        self._begun = 0

    def once(self, unit: int, kind: int, radius: float, said: Utterance, size: int, tick: int) -> None:
        """Send in one tick."""
        self._once.setdefault(tick, {}).setdefault((kind, radius), []).append(_Entry(unit, said, size))

    def repeat(
        self, unit: int, kind: int, radius: float, said: Utterance, size: int, first: int, interval: int, until: int
    ) -> Repetition:
        """Send in tick `first` and each `interval` ticks after it, up to tick `until`."""
        key = _Key(interval, first % interval, kind, radius)
        self._begun += 1
        found = Repetition(key, self._begun, until)
        self._put(key, found.number, _Entry(unit, said, size))
        heapq.heappush(self._ends, (until, found.number, key))
        return found

    def change(self, which: Repetition, said: Utterance, size: int) -> None:
        """Say something else from the next repetition on; nothing where it has ended."""
        entry = self._groups.get(which.key, {}).get(which.number)
        if entry is not None:
            self._put(which.key, which.number, _Entry(entry.unit, said, size))

    def stop(self, which: Repetition) -> None:
        """Say it no longer; nothing where it has ended."""
        group = self._groups.get(which.key, {})
        if group.pop(which.number, None) is not None:
            self._changed(which.key)

    def due(self, tick: int) -> list[Chorus]:
        """What is to be sent in this tick: what is repeated, then what is sent once; to be asked once for each tick."""
        while self._ends and self._ends[0][0] < tick:
            until, number, key = heapq.heappop(self._ends)
            self.stop(Repetition(key, number, until))
        if self._stale:
            self._refresh()
        phases = tuple([tick % interval for interval in self._intervals])
        if (chorus := self._choruses.get(phases)) is None:
            places = zip(self._intervals, phases, strict=True)
            beats = [self._beat(key) for place in places for key in self._keys.get(place, ())]
            if len(self._choruses) >= _MOST_CHORUSES:
                self._choruses.clear()
            chorus = self._choruses[phases] = Chorus(beats)
        found = [chorus] if chorus.beats else []
        if (once := self._once.pop(tick, None)) is not None:
            found.append(Chorus([self._gathered(*key, False, once[key]) for key in sorted(once)]))
        return found

    def _put(self, key: _Key, number: int, entry: _Entry) -> None:
        self._groups.setdefault(key, {})[number] = entry
        self._changed(key)

    def _changed(self, key: _Key) -> None:
        """Forget what was gathered of a group."""
        self._beats.pop(key, None)
        place = key.interval, key.phase
        self._stale.add(place)
        keys = self._keys.setdefault(place, [])
        if not self._groups[key]:
            del self._groups[key]
            keys.remove(key)
        elif key not in keys:
            bisect.insort(keys, key)
        if not keys:
            del self._keys[place]

    def _refresh(self) -> None:
        """Forget the choruses in which something has changed."""
        intervals = sorted({interval for interval, _ in self._keys})
        if intervals != self._intervals:
            self._intervals = intervals
            self._choruses.clear()
        stale = {(intervals.index(interval), phase) for interval, phase in self._stale if interval in intervals}
        self._choruses = {
            phases: chorus for phases, chorus in self._choruses.items() if stale.isdisjoint(enumerate(phases))
        }
        self._stale.clear()

    def _beat(self, key: _Key) -> Beat:
        if key not in self._beats:
            periodic = key.interval == 1
            self._beats[key] = self._gathered(key.kind, key.radius, periodic, self._groups[key].values())
        return self._beats[key]

    def _gathered(self, kind: int, radius: float, periodic: bool, entries: Iterable[_Entry]) -> Beat:
        units, said, sizes = zip(*entries, strict=True)
        whose, size = np.array(units, np.int32), np.array(sizes, np.int32)
        named = self._named[kind] or (self._forwarded is not None and self._forwarded(kind, radius))
        return Beat(kind, radius, periodic, self._category[kind], named, whose, said, size)


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
        category=column((beat.category for beat in beats), np.uint8),
        radius=column((beat.radius for beat in beats), np.float64),
        periodic=column((beat.periodic for beat in beats), np.uint8),
        named=column((beat.named for beat in beats), np.uint8),
        kind=column((beat.kind for beat in beats), np.uint8),
    )
