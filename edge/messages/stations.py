"""What stations are, as messages say it in numbers (TS 102 894-2 V1.3.1, A.78 and A.94)."""

import math
from enum import IntEnum


class StationType(IntEnum):
    """StationType: what kind of vehicle or other road user a station is."""

    UNKNOWN = 0
    PEDESTRIAN = 1
    CYCLIST = 2
    MOPED = 3
    MOTORCYCLE = 4
    PASSENGER = 5
    BUS = 6
    LIGHT_TRUCK = 7
    HEAVY_TRUCK = 8
    TRAILER = 9
    SPECIAL_VEHICLE = 10
    TRAM = 11
    ROAD_SIDE_UNIT = 15


class VehicleRole(IntEnum):
    """VehicleRole: what a vehicle is about; `NOT_SAID` is no number of the standard's."""

    NOT_SAID = -1
    DEFAULT = 0
    PUBLIC_TRANSPORT = 1
    SPECIAL_TRANSPORT = 2
    DANGEROUS_GOODS = 3
    ROAD_WORK = 4
    RESCUE = 5
    EMERGENCY = 6
    SAFETY_CAR = 7
    AGRICULTURE = 8
    COMMERCIAL = 9
    MILITARY = 10
    ROAD_OPERATOR = 11
    TAXI = 12


def word(of: type[IntEnum], number: float) -> str | None:
    """A number of these in words, as itself where it has none; None for NaN and for what is not said."""
    if math.isnan(number) or number < 0:
        return None
    known = {one.value: one.name.lower().replace("_", "-") for one in of}
    return known.get(int(number), str(int(number)))
