"""Who near a hazard knows of it, and how long after it could have mattered: how word of hazards goes round."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final

import numpy as np

from wayside.edge.messages import Broadcast, Denm, Response
from wayside.edge.plugin import Option
from wayside.ext.arrays import Bytes, Doubles, Flags, Ints
from wayside.sim.onboard.service import OnboardService, Surroundings
from wayside.sim.stations.histograms import Times, ratio

_ROW: Final = np.zeros(1, np.uint8)


@dataclass
class _Word:
    """Of one hazard; arrays have an entry for each slot."""

    position: tuple[float, float]
    begun: float  # s
    until: float  # s; no longer valid then
    knows: Bytes
    since: Doubles  # s, from when on a driver has been near, NaN: is not
    first: Flags  # who was near when it was told first
    last: float = np.nan  # s, when the last one of these was told

    def grow(self, capacity: int) -> None:
        """Room for more slots."""
        more = capacity - len(self.knows)
        if more > 0:
            self.knows = np.concatenate((self.knows, np.zeros(more, np.uint8)))
            self.since = np.concatenate((self.since, np.full(more, np.nan)))
            self.first = np.concatenate((self.first, np.zeros(more, bool)))


class InformedDrivers(OnboardService):
    """Measures, and advises nobody: of the drivers with a unit who are within `radius` of a hazard, how many come to
    know of it while they are, and after what time.

    A hazard counts from when anybody hears of it first until it is over, or until nobody has heard of it for as long as
    its message was valid. A driver's time counts from then, or from when it came near.
    """

    name: ClassVar[str] = "informed"
    hears: ClassVar[tuple[type[Broadcast | Response], ...]] = (Denm,)
    headlines: ClassVar[tuple[str, ...]] = ("reached_share", "wait_mean_s", "last_s")
    summary: ClassVar[tuple[str, ...]] = ("hazards", "concerned", "reached_share", "wait_mean_s", "last_s")
    radius: Annotated[float, Option("distance from a hazard within which it concerns", unit="m", gt=0, le=65_535)] = (
        1000.0
    )

    def __init__(self, around: Surroundings) -> None:
        """See `OnboardService.__init__`."""
        super().__init__(around)
        self._words: dict[tuple[int, int], _Word] = {}
        self._waits = Times(1)
        self.hazards = self.concerned = self.reached = 0
        self._lasts: list[float] = []  # s

    def admit(self, departed: Ints) -> None:
        """See `OnboardService.admit`."""
        super().admit(departed)
        for word in self._words.values():
            word.grow(self.capacity)
            word.knows[departed], word.since[departed], word.first[departed] = 0, np.nan, False

    def moved(self, now: float) -> None:
        """See `OnboardService.moved`: who comes near, who leaves, which hazards are over."""
        for event, word in list(self._words.items()):
            if now >= word.until:
                self._end(event)
            else:
                self._look(word, now)

    def _look(self, word: _Word, now: float) -> None:
        fleet, n = self.fleet, self.fleet.vehicles.extent
        x, y = word.position
        near = (fleet.active[:n] == 1) & (np.hypot(fleet.vehicles.x[:n] - x, fleet.vehicles.y[:n] - y) <= self.radius)
        came, left = np.isnan(word.since[:n]) & near, ~np.isnan(word.since[:n]) & ~near
        word.since[:n][came], word.since[:n][left] = now, np.nan
        self.concerned += int(came.sum())
        self._told(int((came & (word.knows[:n] == 1)).sum()), np.zeros(0))

    def told(self, said: Any, slots: Ints, now: float) -> None:
        """See `OnboardService.told`."""
        word = self._words.get(said.event)
        if said.over:
            if word is not None:
                self._end(said.event)
            return
        if word is None:
            word = _Word(said.position, now, now, *self._nobody())
            self._words[said.event] = word
            self.hazards += 1
            self._look(word, now)
            word.first = ~np.isnan(word.since)
        word.position, word.until = said.position, max(word.until, now + said.validity)
        new = slots[word.knows[slots] == 0]
        word.knows[new] = 1
        waited = now - word.since[new]
        near = ~np.isnan(waited)
        self._told(0, waited[near])
        if word.first[new].any():
            word.last = now

    def _nobody(self) -> tuple[Bytes, Doubles, Flags]:
        n = self.capacity
        return np.zeros(n, np.uint8), np.full(n, np.nan), np.zeros(n, bool)

    def _told(self, at_once: int, waited: Doubles) -> None:
        """So many have known of it when they came near, and others so long after [s]."""
        seconds = np.concatenate((np.zeros(at_once), waited)).astype(np.float32)
        self.reached += len(seconds)
        if len(seconds):
            self._waits.add(seconds, np.repeat(_ROW, len(seconds)))

    def _end(self, event: tuple[int, int]) -> None:
        word = self._words.pop(event)
        if not np.isnan(word.last):
            self._lasts.append(word.last - word.begun)

    def kpis(self, now: float) -> dict[str, float]:
        """How many are concerned and know of it, after what time; and the mean time until the last of those knows who
        were near when a hazard was told first and are reached at all.
        """
        lasts = [*self._lasts, *(w.last - w.begun for w in self._words.values() if not np.isnan(w.last))]
        return {
            "informed.hazards": self.hazards,
            "informed.concerned": self.concerned,
            "informed.reached_share": ratio(self.reached, self.concerned),
            "informed.wait_mean_s": self._waits.mean(0),
            "informed.wait_p95_s": self._waits.quantile(0, 0.95),
            "informed.last_s": ratio(sum(lasts), len(lasts)),
        }
