"""How long it takes to drive to piles: what policies ask, and whoever knows the roads answers."""

from __future__ import annotations

from typing import Protocol

from wayside.ext.arrays import Doubles, Ints


class Drives(Protocol):
    """Drives on free roads, s, from the begin of an edge to the begin of a group's edge. Nothing of what it answers is
    to be written to.
    """

    def near(self, start: int, count: int) -> tuple[Ints, Doubles]:
        """The `count` groups that are reached soonest from an edge, and how long that takes: the nearest first, of
        those as near by number; fewer where no way leads to so many.
        """

    def to(self, start: int, group: Ints) -> Doubles:
        """From an edge to some groups, s; infinite where there is no way."""
