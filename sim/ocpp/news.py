"""What the simulation tells the charging stations: arrays, once a second."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wayside.ext.arrays import Doubles, Ints, States

STARTED, STATE, SAMPLE, ENDED = range(4)  # what is told of an EVSE's transaction
STATES = ("EVConnected", "Charging", "SuspendedEV", "SuspendedEVSE")  # chargingState (part 2, 3.31)
CONNECTED, CHARGING, BY_VEHICLE, BY_STATION = range(len(STATES))


@dataclass(frozen=True)
class News:
    """What has happened at EVSEs, one entry each, in the order in which it has."""

    time: Doubles  # s of the simulation
    what: States
    evse: Ints  # counted through the city
    state: States  # of `STATES`
    register_wh: Doubles  # the EVSE's meter: all that was ever drawn there
    power_w: Doubles  # mean since it was last told, NaN: it was not
    offered_w: Doubles  # what the vehicle is let draw, NaN: all that it can
    charge: Doubles  # state of charge, share
    transactions: tuple[str, ...]
    names: tuple[str, ...]  # the vehicle that has come, or why the one that was there has gone; "" in between

    @classmethod
    def joined(cls, parts: Sequence[News]) -> News:
        """One after the other."""
        columns: list[Any] = [
            np.concatenate(column) if isinstance(column[0], np.ndarray) else sum(column, ())
            for column in zip(*(vars(part).values() for part in parts), strict=True)
        ]
        return cls(*columns)
