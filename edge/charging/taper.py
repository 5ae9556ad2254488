"""What a battery can take: constant power, then less the fuller it is; and less where it is cold."""

from __future__ import annotations

import numpy as np

from wayside.ext.arrays import Doubles

# What is left of the power at a temperature [degrees Celsius]: half an hour at a fast charger gave 36 % less at 0 than
# at 25 (Motoaki, Yi and Salisbury 2018, Empirical analysis of electric vehicle fast charging under cold temperatures,
# Energy Policy 122); linear in between and, as nothing is published there, on to -20.
_DEGREES, _LEFT = (-20.0, 0.0, 25.0), (0.352, 0.64, 1.0)


def left_at(degrees: float) -> float:
    """What share of its power a battery can take at a temperature, degrees Celsius."""
    return float(np.interp(degrees, _DEGREES, _LEFT))


def able_w(soc: Doubles, most_w: Doubles, from_soc: Doubles, full_w: Doubles) -> Doubles:
    """What batteries can take at a state of charge, W: `most_w` up to that of `from_soc`, then falling along a straight
    line to `full_w` when full. So falls what comes at constant voltage, where the current decays exponentially.
    """
    share = np.clip((soc - from_soc) / np.maximum(1.0 - from_soc, 1e-9), 0.0, 1.0)
    found: Doubles = most_w + (full_w - most_w) * share
    return found


def takes_s(energy_wh: Doubles, most_w: Doubles, taper_wh: Doubles, end_w: Doubles, pile_w: Doubles) -> Doubles:
    """How long charges take that a pile gives so much at most, s; infinite where nothing flows. All into batteries.

    What a battery can take is `most_w` until it has got `taper_wh`, then falls along a straight line over the energy,
    to `end_w` when it has all. The integral of d energy / power, which has a closed form.
    """
    taper = np.clip(taper_wh, 0.0, energy_wh)
    fall = np.maximum(most_w - end_w, 0.0)
    steady = np.minimum(pile_w, most_w)
    with np.errstate(divide="ignore", invalid="ignore"):
        flat = 3600.0 * energy_wh / steady
        # Where it falls below what the pile gives.
        knee = taper + np.clip((most_w - steady) / fall, 0.0, 1.0) * (energy_wh - taper)
        rate = fall / (energy_wh - taper)  # W per Wh
        tapering = 3600.0 * (knee / steady + np.log(steady / np.minimum(end_w, steady)) / rate)
    found: Doubles = np.where((fall > 0.0) & (taper < energy_wh) & (end_w < steady), tapering, flat)
    return found
