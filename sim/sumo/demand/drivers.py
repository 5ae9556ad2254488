"""Attributes of SUMO's vehicle types that are a driver's, and factors of them."""

from __future__ import annotations

import re
from collections.abc import Mapping

NO_DRIVERS = frozenset({"pedestrian", "wheelchair", "container"})  # vehicle classes
# What SUMO 1.28 takes where a vehicle type does not say it: for all classes, and where a class has another.
_USUAL = {"accel": 2.6, "decel": 4.5, "minGap": 2.5, "sigma": 0.5, "speedFactor": 1.0, "tau": 1.0}
_TRAIN = {"accel": 1.0, "decel": 3.0, "minGap": 5.0, "sigma": 0.0}
_STREETCAR = {**_TRAIN, "minGap": 2.5}
_LORRY = {"accel": 1.3, "decel": 4.0}
_BUS = {"accel": 1.2, "decel": 4.0}
_CYCLE = {"accel": 1.2, "decel": 3.0, "minGap": 0.5}
_BY_CLASS: dict[str, dict[str, float]] = {
    "bicycle": _CYCLE,
    "bus": _BUS,
    "cityrail": _TRAIN,
    "coach": {"accel": 2.0, "decel": 4.0},
    "lightrail": _STREETCAR,
    "moped": {"accel": 1.1, "decel": 7.0},
    "motorcycle": {"accel": 6.0, "decel": 10.0},
    "public_transport": _BUS,
    "rail": {**_TRAIN, "accel": 0.25, "decel": 1.3},
    "rail_electric": {**_TRAIN, "accel": 0.5, "decel": 1.3},
    "rail_fast": {**_TRAIN, "accel": 0.5, "decel": 1.3},
    "rail_slow": {**_TRAIN, "accel": 0.25, "decel": 1.3},
    "rail_urban": _TRAIN,
    "scooter": _CYCLE,
    "ship": {"accel": 0.1, "decel": 0.15, "sigma": 0.0},
    "subway": {"minGap": 5.0},
    "trailer": {**_LORRY, "accel": 1.1},
    "tram": _STREETCAR,
    "transport": _LORRY,
    "truck": _LORRY,
}
_GREATEST = {"sigma": 1.0}
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


def default(attribute: str, vehicle_class: str) -> float:
    """What SUMO takes for an attribute that a vehicle type of this class does not say, in SUMO's units."""
    return _BY_CLASS.get(vehicle_class, {}).get(attribute, _USUAL[attribute])


def driven(attributes: Mapping[str, str], factors: Mapping[str, float]) -> dict[str, str]:
    """A vehicle type's attributes with those of its driver multiplied; sigma stays at most 1.

    A speedFactor that is written as a distribution is multiplied as a whole: mean, deviation and bounds.
    """
    found = dict(attributes)
    for name, factor in factors.items():
        said = found.get(name) or f"{default(name, found.get('vClass', 'passenger')):g}"
        found[name] = times(said, factor, _GREATEST.get(name))
    return found


def times(text: str, factor: float, greatest: float | None = None) -> str:
    """A text with each number in it multiplied, at most `greatest`."""

    def multiplied(match: re.Match[str]) -> str:
        value = float(match[0]) * factor
        return f"{value if greatest is None else min(value, greatest):.9g}"

    return _NUMBER.sub(multiplied, text)
