"""What becomes of the power that is drawn at piles: the sun's share, what storages give and take, and the meters."""

from __future__ import annotations

import numpy as np

from wayside.edge.charging.limits import Limits
from wayside.ext import power
from wayside.ext.arrays import Doubles


def settle(
    limits: Limits, begin_s: float, seconds: float, drawn_w: Doubles, planned_w: Doubles | None = None
) -> tuple[Doubles, Doubles]:
    """What came through each node, evenly, for so long, W: what its limit is about, and that limit.

    limits: those of the whole day; drawn_w: what went to piles below each node. Storages give what is drawn beyond
    their own site's limit, or what the grid lets it draw. For the rest they follow the plan [W by storage, below 0: to
    take]; without one they take what the sun and all limits above them leave. Then the meters are read off.
    """
    begin, end = np.array([begin_s]), np.array([begin_s + seconds])
    within = limits.least_w(begin, end)[:, 0]
    through = drawn_w
    if (storages := limits.storages) is not None:
        flow = _flows(limits, limits.enveloped(within, begin_s, begin_s + seconds), drawn_w, seconds, planned_w)
        storages.move(flow, seconds)
        through = drawn_w - limits.totals(storages.site, flow)
    if limits.meters is not None:
        limits.meters.add(begin_s, seconds, through - limits.sun_w(begin, end)[:, 0] if limits.sun else through)
    return through, within


def _flows(limits: Limits, within: Doubles, drawn_w: Doubles, seconds: float, planned_w: Doubles | None) -> Doubles:
    """What each storage gives, W; below 0: takes."""
    storages = limits.storages
    assert storages is not None
    able, room = storages.able_w(seconds), storages.room_w(seconds)
    lacking = np.clip(drawn_w[storages.site] - within[storages.site], 0.0, able)
    planned = -room if planned_w is None else planned_w
    given: Doubles = np.maximum(lacking, np.clip(planned, 0.0, able))
    left = np.maximum(within - drawn_w + limits.totals(storages.site, given), 0.0)
    wish = np.where(given > 0.0, 0.0, np.clip(-planned, 0.0, room))
    taken = power.in_order(limits.tree, np.arange(len(wish)), wish, storages.site, left)
    return given - taken
