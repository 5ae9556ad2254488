"""Metres around a place, against GeographicLib's geodesics (pyproj)."""

from __future__ import annotations

import numpy as np
import pytest
from pyproj import Geod

from wayside.edge.messages import local


@pytest.mark.parametrize("latitude", [-68.0, -33.0, 0.5, 31.0, 52.0])
@pytest.mark.parametrize(("distance", "off"), [(100.0, 0.003), (300.0, 0.02), (1000.0, 0.22)])
def test_around_a_place(latitude: float, distance: float, off: float) -> None:
    azimuth = np.arange(0.0, 360.0, 15.0)
    count = len(azimuth)
    start = np.full(count, 121.8), np.full(count, latitude)
    longitudes, latitudes, _ = Geod(ellps="WGS84").fwd(*start, azimuth, np.full(count, distance))
    east, north = local.metres((latitude, 121.8), latitudes, longitudes)
    turned = np.radians(azimuth)
    assert np.hypot(east - distance * np.sin(turned), north - distance * np.cos(turned)).max() < off
    back = local.degrees((latitude, 121.8), east, north)
    assert np.allclose(back, (latitudes, longitudes), rtol=0.0, atol=1e-10)
