"""Variable speed limits, and the book of the signs that are shown in a city."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass
class SignBook:
    """What the units of a city show: signs begun, and changes of variable limits."""

    said: int = 0
    changed: int = 0


def variable_limit(density: float, shown: int, steps: Sequence[tuple[float, float]], release: float) -> int:
    """Which step of a variable limit is to be shown at a density [vehicles/km/lane], -1 for none; `shown`: by now.

    steps: from which density on, and the speed, ascending densities. Steps are taken up as soon as a density is
    reached, and given up one at a time, when it is below a share `release` of that: the plain threshold rule of
    motorways, which switches on by one value and off by a lower one, so that a limit does not flicker (as the flow
    thresholds of the M25's Controlled Motorway; an overview is Khondaker and Kattan 2015).
    """
    reached = max((k for k, (begin, _) in enumerate(steps) if density >= begin), default=-1)
    if reached >= shown:
        return reached
    return shown if density >= release * steps[shown][0] else shown - 1
