"""The tree of limits that charging keeps: sites, and what feeds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from wayside.edge.charging.storage import Storages
from wayside.edge.charging.tariffs import Meters
from wayside.edge.day import Daily
from wayside.edge.policy import read_only
from wayside.ext import power
from wayside.ext.arrays import Doubles, Flags, Ints


@dataclass(frozen=True)
class Limits:
    """Limits of power, a node each: first the sites in their order, then what feeds them, each after all it feeds.

    `totals` and `at` go through the tree.
    """

    names: tuple[str, ...]
    limit_w: Doubles  # infinite where there is none; what holds now, with what the sun and a site's storage give
    parent: Ints  # the node that feeds a node, -1 for a root
    below: tuple[Ints, ...] = ()  # for each feeder the sites below it
    daily: tuple[tuple[int, Daily], ...] = ()  # by node, of those that vary over the day
    sun: tuple[tuple[int, Daily], ...] = ()  # by site, W: so much more than from the grid can be drawn there
    storages: Storages | None = None
    meters: Meters | None = None  # where power is billed
    envelope_w: Doubles | None = None  # by site, what the grid lets it draw now; None where no grid is modelled
    grid_w: Doubles = field(init=False)  # the limits of those that do not vary, without sun and storage
    tree: power.Tree = field(init=False, compare=False)  # the same, for the kernels

    def __post_init__(self) -> None:
        object.__setattr__(self, "tree", power.Tree(self.parent, self.sites))
        object.__setattr__(self, "grid_w", self.limit_w)
        if self.varies:
            object.__setattr__(self, "limit_w", self.least_w(np.zeros(1), np.ones(1))[:, 0])

    @classmethod
    def of(
        cls,
        sites: Sequence[str],
        limit_w: Doubles,
        feeders: Mapping[str, tuple[float, Sequence[str]]],
        daily: Mapping[str, Daily] | None = None,
        sun: Mapping[str, Daily] | None = None,
    ) -> Limits:
        """Of sites with their own limits [W], and of feeders by name: a limit [W], and the sites and feeders it feeds.

        daily: by name of a site or feeder the limits of those that vary over the day; they count instead, and what
        holds at second 0 is `limit_w`. sun: what the sun gives, W, by name of a site. ValueError where a feeder has a
        site's name, feeds what is not there or what another feeds, or itself.
        """
        names, fed_by, known = list(sites), dict[str, str](), set(sites)
        for feeder, (_, fed) in feeders.items():
            if feeder in known:
                raise ValueError(f"{feeder}: must not have the name of a site")
            for name in fed:
                if name not in known and name not in feeders:
                    raise ValueError(f"{feeder}.of: {name!r}: must be one of {', '.join((*sites, *feeders))}")
                if name in fed_by:
                    raise ValueError(f"{feeder}.of: {name!r}: is fed by {fed_by[name]} already")
                fed_by[name] = feeder
        while ready := [name for name in feeders if name not in known and known.issuperset(feeders[name][1])]:
            names += ready
            known.update(ready)
        if circle := [name for name in feeders if name not in known]:
            raise ValueError(f"{circle[0]}.of: feeds itself, by way of others or not")
        number = {name: node for node, name in enumerate(names)}
        parent = np.array([number[fed_by[name]] if name in fed_by else -1 for name in names], np.int32)
        below: list[Ints] = [np.array([node], np.int32) for node in range(len(sites))]
        for name in names[len(sites) :]:
            below.append(np.concatenate([np.empty(0, np.int32), *(below[number[fed]] for fed in feeders[name][1])]))
        limits = np.concatenate((limit_w, [feeders[name][0] for name in names[len(sites) :]])).astype(np.float64)
        of_day, of_sun = (tuple((number[name], one) for name, one in (of or {}).items()) for of in (daily, sun))
        return cls(tuple(names), limits, parent, tuple(below[len(sites) :]), of_day, of_sun)

    @property
    def varies(self) -> bool:
        """Whether what holds depends on the time."""
        return bool(self.daily or self.sun or self.storages) or self.envelope_w is not None

    def during(self, begin_s: float, end_s: float) -> Limits:
        """The same with the least that holds from `begin_s` on and before `end_s`, s of simulation, and what storages
        can add for so long: each to its own site's limit, and to what the grid lets the site draw.
        """
        if not self.varies:
            return self
        limit_w = self.enveloped(self.least_w(np.array([begin_s]), np.array([end_s]))[:, 0], begin_s, end_s)
        if self.storages is not None:
            limit_w[self.storages.site] += self.storages.able_w(end_s - begin_s)
        return self._with(limit_w=limit_w)

    def enveloped(self, limit_w: Doubles, begin_s: float, end_s: float) -> Doubles:
        """Limits by node, W, and no more at a site than what the grid lets it draw now, and the least that its sun
        gives in this time.
        """
        if self.envelope_w is None:
            return limit_w
        found = limit_w.copy()
        envelope = self.envelope_w.copy()
        for site, of_day in self.sun:
            envelope[site] += of_day.least(begin_s, end_s)
        np.minimum(found[: self.sites], envelope, out=found[: self.sites])
        return found

    def least_w(self, begin_s: Doubles, end_s: Doubles) -> Doubles:
        """The least that holds in each of these intervals without storages: nodes x intervals, W."""
        spans = list(zip(begin_s.tolist(), end_s.tolist(), strict=True))
        found = np.repeat(self.grid_w[:, None], len(spans), 1)
        for node, of_day in self.daily:
            found[node] = [of_day.least(*span) for span in spans]
        for site, of_day in self.sun:
            found[self._path(site)] += [of_day.least(*span) for span in spans]
        return found

    def sun_w(self, begin_s: Doubles, end_s: Doubles) -> Doubles:
        """What the sun gives below each node, the mean of each of these intervals: nodes x intervals, W."""
        found = np.zeros((len(self.names), len(begin_s)))
        for site, of_day in self.sun:
            found[self._path(site)] += of_day.mean(begin_s, end_s)
        return found

    def _path(self, node: int) -> list[int]:
        """A node and all that feeds it."""
        found = []
        while node >= 0:
            found.append(node)
            node = int(self.parent[node])
        return found

    def stored(self, storages: Storages) -> Limits:
        """The same with storages."""
        return self._with(storages=storages).during(0.0, 1.0)

    def billed(self, meters: Meters) -> Limits:
        """The same with meters."""
        return self._with(meters=meters)

    def in_grid(self) -> Limits:
        """The same where a grid is modelled, whose envelope is open as long as nobody writes into it."""
        return self._with(envelope_w=np.full(self.sites, np.inf))

    @cached_property
    def shown(self) -> Limits:
        """The same, whose arrays cannot be written to."""
        return read_only(
            self._with(
                meters=None if self.meters is None else read_only(self.meters),
                storages=None if self.storages is None else read_only(self.storages),
            )
        )

    def _with(self, **said: object) -> Limits:
        found = object.__new__(Limits)  # the same tree: it is not worked out anew
        vars(found).update(vars(self), **said)
        vars(found).pop("shown", None)
        return found

    @property
    def sites(self) -> int:
        """How many of the nodes are sites."""
        return len(self.names) - len(self.below)

    def at(self, node: int, site: Ints) -> Flags:
        """Which of these sites are a node, or below it."""
        return site == node if node < self.sites else np.isin(site, self.below[node - self.sites])

    def totals(self, site: Ints, power_w: Doubles) -> Doubles:
        """What goes through each node [W], where so much is drawn at these sites."""
        return power.totals(self.tree, site, power_w)
