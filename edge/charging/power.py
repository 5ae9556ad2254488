"""What a power policy sees and answers, and how its answer is checked. A policy sees arrays and never the simulator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import numpy as np

from wayside.edge.charging.limits import Limits
from wayside.edge.errors import PluginError, code_of, place_of
from wayside.edge.policy import name_of, read_only
from wayside.ext import power
from wayside.ext.arrays import Doubles, Ints, Longs


@dataclass(frozen=True)
class Sessions:
    """The vehicles plugged in, one entry each, when a policy is asked."""

    station: Longs
    charger: Ints  # group of piles
    site: Ints  # node of the limits
    wanted_w: Doubles  # what pile and vehicle together can take until it is asked again, at the pile; 0 for a full one
    energy_wh: Doubles  # still wanted into the battery, at least 0
    efficiency: Doubles  # share of the pile's power that reaches the battery
    arrival_s: Doubles  # when it was plugged in
    departure_s: Doubles  # when it will leave by its own plan; NaN where it leaves when it has what it wants
    most_w: Doubles  # what pile and vehicle together can take at most, at the pile; the mean to come where it tapers
    requested_wh: Doubles  # wanted into the battery when it was plugged in
    now_s: float = 0.0
    period_s: float = 1.0  # until it is asked again
    least_w: Doubles = field(default_factory=lambda: np.empty(0))  # below this a pile pauses, at the pile; 0 by default

    # When it would have had what it wants at full power from its arrival on; NaN: by `most_w`, as nothing tapers.
    soonest_s: Doubles = field(default_factory=lambda: np.empty(0))

    def __post_init__(self) -> None:
        if len(self.least_w) != len(self.station):
            object.__setattr__(self, "least_w", np.zeros(len(self.station)))
        if len(self.soonest_s) != len(self.station):
            object.__setattr__(self, "soonest_s", np.full(len(self.station), np.nan))

    def __len__(self) -> int:
        return len(self.station)


# W at the pile for each session; asked once a second, a steady one where something has changed.
PowerPolicy = Callable[[Sessions, Limits], Doubles]
_Policy = TypeVar("_Policy", bound=Callable[..., Doubles])


def steady(policy: _Policy) -> _Policy:
    """Mark a policy that looks at nothing but who is where, what each wants and the limits, and remembers nothing.

    It is not asked again as long as these stay.
    """
    policy.steady = True  # type: ignore[attr-defined]
    return policy


def unlimited(policy: _Policy) -> _Policy:
    """Mark a policy that is let exceed the limits of the tree: a baseline that shows what they are there for."""
    policy.unlimited = True  # type: ignore[attr-defined]
    return policy


def conserving(policy: _Policy) -> _Policy:
    """Mark a policy that gives out whatever somebody can take and all limits allow: what a pile that must pause leaves
    goes to others, too.
    """
    policy.conserving = True  # type: ignore[attr-defined]
    return policy


def is_marked(policy: PowerPolicy, mark: str) -> bool:
    """Whether a policy, or the one that it is with its options, is marked "steady", "unlimited" or "conserving"."""
    return getattr(policy.func if isinstance(policy, partial) else policy, mark, False) is True


def planned_by(policy: PowerPolicy) -> Doubles | None:
    """What a policy has planned for storages, by its attribute `storage_w` [W by storage; below 0: to take]; None: it
    makes no such plan.
    """
    found: Doubles | None = getattr(policy, "storage_w", None)
    return found


def share(policy: PowerPolicy, sessions: Sessions, limits: Limits) -> Doubles:
    """Ask a power policy, and check its answer: W for each, nobody above what is wanted, every limit kept. Piles that
    can only pause or give a least are seen to then (`paused`).

    PluginError, one line, for anything else and for whatever it raises.
    """
    named = f"charging.power {name_of(policy)} at {sessions.now_s:g} s"
    with code_of(named):
        granted = policy(read_only(sessions), limits.shown)
    if not isinstance(granted, np.ndarray) or granted.shape != (len(sessions),) or granted.dtype.kind not in "fiu":
        raise PluginError(f"{named}{place_of(policy)}: must answer {len(sessions)} powers in W")
    if not (np.all(granted >= 0.0) and np.all(granted <= sessions.wanted_w + 1e-6)):
        raise PluginError(f"{named}{place_of(policy)}: shares must be within 0..wanted")
    granted = granted.astype(np.float64)
    if is_marked(policy, "unlimited"):
        return granted
    total = limits.totals(sessions.site, granted)
    if (over := np.flatnonzero(total > limits.limit_w * (1 + 1e-9) + 1e-6)).size:
        node = int(over[0])
        told = f"{limits.limit_w[node]:g} W at most at {limits.names[node]}, not {total[node]:g}"
        raise PluginError(f"{named}{place_of(policy)}: shares must be together {told}")
    return paused(granted, sessions, limits, is_marked(policy, "conserving")) if sessions.least_w.any() else granted


def paused(granted: Doubles, sessions: Sessions, limits: Limits, conserving: bool) -> Doubles:
    """Shares [W] of which none is below the least that its pile can give, or all that is wanted where that is less.

    Whoever was granted less is raised to the least where all limits have room, who was granted most before the others,
    then who came first; else its pile pauses. Conserving: then those who were granted nothing begin likewise, and what
    is left goes to those who do not pause, in the same order. No limit is exceeded that was kept.
    """
    order = np.lexsort((sessions.arrival_s, -granted))
    least = np.minimum(sessions.least_w, sessions.wanted_w)
    given = power.begun(limits.tree, order, least, granted, sessions.site, limits.limit_w, conserving)
    if not conserving:
        return given
    wanted = np.where((given > 0.0) | (least <= 0.0), sessions.wanted_w, 0.0)
    return power.in_order(limits.tree, order, wanted, sessions.site, limits.limit_w, given)
