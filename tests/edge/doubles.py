"""A unit without a city around it."""

import numpy as np

from wayside.edge.charging.policies import least_completion
from wayside.edge.charging.sharing import equal
from wayside.edge.charging.state import ChargingPlatform
from wayside.edge.ldm import LocalDynamicMaps
from wayside.edge.messages.stations import StationType
from wayside.edge.parking.policies import nearest
from wayside.edge.parking.state import ParkingPlatform
from wayside.edge.platform import CityPlatform
from wayside.edge.unit import RoadsideUnit

from .charging import test_policies as charging
from .parking import test_policies as parking


def city() -> CityPlatform:
    """Two car parks and one charger."""
    return CityPlatform(
        parking=ParkingPlatform(parking.city([((0, 0), 1, 0, 0), ((9, 0), 1, 0, 0)]), nearest, 60.0),
        charging=ChargingPlatform(charging.city([(1, 60, [10, 20, -1], [])]), least_completion, equal, 60.0, 1e9),
    )


def unit(light: int = -1) -> RoadsideUnit:
    """At (100, 50), hearing nobody yet."""
    return RoadsideUnit("here", 0, (100.0, 50.0), LocalDynamicMaps(1), city(), light)


def hears(of: RoadsideUnit, *cars: tuple[float, float, float], now: float = 0.0) -> None:
    """The unit hears cars 0, 1, ... at x, y [m] with a speed [m/s]; 5 m long, heading north, braking."""
    who = np.arange(len(cars), dtype=np.int32)
    rest = -1.5, StationType.PASSENGER, np.nan
    content = np.array([(x, y, v, 0.0, 5.0, 1000.0 + i, *rest) for i, (x, y, v) in enumerate(cars)]).reshape(-1, 9)
    of.maps.hear(who, np.zeros(len(cars), np.int32), who, content, now)
