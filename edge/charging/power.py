"""How a site's limit is shared among the vehicles plugged in there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

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
    served = int(np.argmax(order > level))  # the first demand that is cut
    shares: Doubles = np.minimum(wanted_w, level[served])
    return shares
