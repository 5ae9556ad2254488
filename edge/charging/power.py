"""How a site's limit is shared among the vehicles plugged in there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wayside.edge.charging.state import PowerPolicy
from wayside.edge.errors import PluginError, told_by
from wayside.edge.policy import name_of

Doubles = NDArray[np.float64]


def equal(wanted_w: Doubles, limit_w: float) -> Doubles:
    """Equal shares of the limit [W]; what one does not want [W] goes to the others (water-filling, max-min fair).

    The water level is found in one pass over the ascending demands.
    """
    if wanted_w.sum() <= limit_w:
        return wanted_w.copy()
    order = np.sort(wanted_w)
    n = len(order)
    below = np.concatenate(([0.0], np.cumsum(order)[:-1]))  # W of all smaller demands, granted whole
    level = (limit_w - below) / (n - np.arange(n))
    cut = np.flatnonzero(order > level)
    if not len(cut):  # the sum exceeds the limit by a rounding error only
        return wanted_w.copy()
    shares: Doubles = np.minimum(wanted_w, level[cut[0]])
    return shares


def share(policy: PowerPolicy, wanted_w: Doubles, limit_w: float) -> Doubles:
    """Ask a power policy, and check its answer: W for each, nobody above what is wanted, the limit kept.

    PluginError, one line, for anything else and for whatever it raises.
    """
    try:
        granted = policy(wanted_w, limit_w)
    except Exception as error:
        raise PluginError(f"charging.power {name_of(policy)}: {told_by(error)}") from error
    if not isinstance(granted, np.ndarray) or granted.shape != wanted_w.shape:
        raise PluginError(f"charging.power {name_of(policy)}: must answer {len(wanted_w)} powers in W")
    if not (np.all(granted >= 0.0) and np.all(granted <= wanted_w + 1e-6) and granted.sum() <= limit_w * (1 + 1e-9)):
        raise PluginError(f"charging.power {name_of(policy)}: shares must be within 0..wanted, together {limit_w:g} W")
    return granted
