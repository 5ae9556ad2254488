"""What a city has for parking and charging, and how SUMO's ids lead there."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from wayside.edge.charging.state import Chargers
from wayside.edge.parking.state import CarParks
from wayside.ext.arrays import Ints


@dataclass
class Facilities:
    """What the city has, and how SUMO's ids lead there."""

    car_parks: CarParks
    chargers: Chargers
    car_park_of: dict[str, int] = field(default_factory=dict)  # parkingArea id -> car park
    charger_of: dict[str, int] = field(default_factory=dict)  # parkingArea or chargingStation id -> group of piles
    charger_area: list[str] = field(default_factory=list)  # by group: its parkingArea, "" at the roadside
    charger_edges: Ints = field(default_factory=lambda: np.empty(0, np.int32))  # of stations and their areas
