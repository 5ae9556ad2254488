"""The tree of limits that charging keeps: sites, and what feeds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from wayside.ext import power
from wayside.ext.arrays import Doubles, Flags, Ints


@dataclass(frozen=True)
class Limits:
    """Limits of power, a node each: first the sites in their order, then what feeds them, each after all it feeds.

    `totals` and `at` go through the tree.
    """

    names: tuple[str, ...]
    limit_w: Doubles  # infinite where there is none
    parent: Ints  # the node that feeds a node, -1 for a root
    below: tuple[Ints, ...] = ()  # for each feeder the sites below it
    tree: power.Tree = field(init=False, compare=False)  # the same, for the kernels

    def __post_init__(self) -> None:
        object.__setattr__(self, "tree", power.Tree(self.parent, self.sites))

    @classmethod
    def of(cls, sites: Sequence[str], limit_w: Doubles, feeders: Mapping[str, tuple[float, Sequence[str]]]) -> Limits:
        """Of sites with their own limits [W], and of feeders by name: a limit [W], and the sites and feeders it feeds.

        ValueError where a feeder has a site's name, feeds what is not there or what another feeds, or itself.
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
        limits = np.concatenate((limit_w, [feeders[name][0] for name in names[len(sites) :]]))
        return cls(tuple(names), limits.astype(np.float64), parent, tuple(below[len(sites) :]))

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
