"""The numbers of the built-in kinds of messages, as tables have had them from the first."""

from enum import IntEnum


class Kind(IntEnum):
    """By ETSI's names."""

    CAM = 0
    DENM = 1
    SPATEM = 2
    SAEM = 3
    PARKING_REQUEST = 4
    PARKING_RESPONSE = 5
    CHARGING_REQUEST = 6
    CHARGING_RESPONSE = 7
    MAPEM = 8
    IVIM = 9
