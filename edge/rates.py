"""How often places are taken by others, and given up: learnt from counts while a run goes on."""

from __future__ import annotations

from typing import Final

import numpy as np

from wayside.ext.arrays import Doubles, Ints

HEAVIEST: Final = 1e100  # before all is scaled down


class Rates:
    """How often places of each facility are taken by others, and given up, 1/s: learnt from how its count goes up and
    down from look to look, with exponential forgetting.

    A facility that little is known of is taken to be as lively, place for place, as all of them together: that counts
    like `prior` s of watching (a gamma prior of Poisson rates).
    """

    def __init__(self, capacity: Ints, memory: float, prior: float) -> None:
        self.capacity, self.memory, self.prior = np.maximum(capacity, 0).astype(np.float64), memory, prior
        # Of coming and going. Instead of all fading, what is new weighs more: `_weight` times.
        self._counts, self._sums = np.zeros((2, len(capacity))), np.zeros(2)
        self._weight = 1.0
        self._all = max(float(self.capacity.sum()), 1.0)
        self._watched = 0.0  # s, fading
        self._last: tuple[float, Ints] | None = None

    def see(self, now: float, taken: Ints) -> None:
        """So many places are taken or reserved now [s], less those whose vehicles have not come: they stood there from
        the begin of their trips on.
        """
        if self._last is not None:
            before, had = self._last
            fade = float(np.exp(-(now - before) / self.memory))
            self._weight /= max(fade, 1e-300)
            if self._weight > HEAVIEST:
                self._counts /= self._weight
                self._sums /= self._weight
                self._weight = 1.0
            some = np.flatnonzero(taken != had)
            change = (taken[some] - had[some]).astype(np.float64)
            news = self._weight * np.maximum([change, -change], 0.0)
            self._counts[:, some] += news
            self._sums += news.sum(axis=1)
            self._watched = self._watched * fade + (now - before)
        self._last = now, np.array(taken, np.int32)

    def gave(self, place: Ints, times: int = 1) -> None:
        """At each of these a place has been reserved since (-1: given back) by whoever asks, and not by others."""
        if self._last is not None:
            np.add.at(self._last[1], place, times)

    @property
    def per_s(self) -> Doubles:
        """2 x facilities: taken by others, given up."""
        return self.at(np.arange(len(self.capacity), dtype=np.int32))

    def at(self, place: Ints) -> Doubles:
        """The same of some facilities: 2 x as they are."""
        watched = max(self._watched, 1e-9)
        city = self._sums / (self._weight * self._all * watched) if self._watched > 0.0 else np.zeros(2)
        prior = self.prior * city.reshape(2, *[1] * place.ndim) * self.capacity[place]
        rates: Doubles = (self._counts[:, place] / self._weight + prior) / (watched + self.prior)
        return rates

    def expected(self, taken: Ints, after_s: float) -> Doubles:
        """How many places of each facility are expected to be taken so many seconds from now, of which `taken` are now:
        within none and all of them.
        """
        come, go = self.per_s * after_s
        found: Doubles = np.clip(taken + (come - go), 0.0, np.maximum(self.capacity, taken))
        return found

    def lost(self, free: Ints, place: Ints, after_s: Doubles) -> Doubles:
        """How likely it is that others have taken all that is `free` now at some facilities, so many seconds from now.

        Both streams are Poisson's, and of their difference the normal law is taken.
        """
        from scipy.special import ndtr  # it takes long to import, and few runs need it

        come, go = self.at(place) * np.where(np.isfinite(after_s), after_s, 0.0)
        room, spread = free - 0.5 - (come - go), np.sqrt(come + go)
        with np.errstate(divide="ignore", invalid="ignore"):
            chance: Doubles = np.where(spread > 0.0, 1.0 - ndtr(room / spread), 0.0)
        return chance
