"""Metres east and north of a place, on WGS 84; within 300 m to 2 cm, in a kilometre to 22, up to 68 degrees north."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

_EQUATOR: Final = 6_378_137.0  # m
_ECCENTRICITY: Final = 0.00669437999014  # squared

Position = tuple[float, float]  # latitude, longitude, degrees


def _degree_of_latitude(at: Any) -> Any:
    """Its length at a latitude [m], by the radius of curvature in the meridian."""
    w = 1.0 - _ECCENTRICITY * np.sin(np.radians(at)) ** 2
    return np.radians(_EQUATOR * (1.0 - _ECCENTRICITY) / w**1.5)


def _degree_of_longitude(at: Any) -> Any:
    """Its length at a latitude [m], by the radius of curvature in the prime vertical."""
    w = 1.0 - _ECCENTRICITY * np.sin(np.radians(at)) ** 2
    return np.radians(_EQUATOR / np.sqrt(w) * np.cos(np.radians(at)))


def metres(of: Position, latitude: Any, longitude: Any) -> tuple[Any, Any]:
    """How far east and north of a place others are [m]; numbers or arrays."""
    middle = (latitude + of[0]) / 2.0
    return (longitude - of[1]) * _degree_of_longitude(middle), (latitude - of[0]) * _degree_of_latitude(middle)


def degrees(of: Position, east: Any, north: Any) -> tuple[Any, Any]:
    """The other way round: latitude and longitude of what lies so far east and north."""
    latitude = of[0] + north / _degree_of_latitude(of[0])
    middle = (latitude + of[0]) / 2.0
    latitude = of[0] + north / _degree_of_latitude(middle)
    return latitude, of[1] + east / _degree_of_longitude(middle)
