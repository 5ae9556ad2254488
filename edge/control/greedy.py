"""Whoever has most vehicles near has green."""

from __future__ import annotations

from wayside.edge.control.controller import Controller, SeenTraffic


class Greedy(Controller):
    """The phase that lets go most of those who approach or wait near the stop line."""

    reach = 50.0

    def choose(self, seen: SeenTraffic) -> int:
        """See `Controller.choose`."""
        return self.best(seen, seen.demand)
