"""Green goes where it drains most (Varaiya 2013, doi 10.1016/j.trc.2013.08.014)."""

from __future__ import annotations

from wayside.edge.control.controller import Controller, SeenTraffic


class MaxPressure(Controller):
    """The phase with the greatest difference of the queues before the light and those beyond it, where its green leads.

    Queues, and not whoever drives: who has just been let go and drives on is in nobody's way, and would take the green
    from those who come behind.
    """

    reach = 200.0

    def choose(self, seen: SeenTraffic) -> int:
        """See `Controller.choose`."""
        return self.best(seen, seen.light.served @ seen.queue - seen.light.fed @ seen.jammed)
