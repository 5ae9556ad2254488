"""What a city's units share over the backhaul: its car parks, its chargers, and the reservations made in them."""

from __future__ import annotations

from dataclasses import dataclass

from wayside.edge.charging.state import ChargingPlatform
from wayside.edge.parking.state import ParkingPlatform


@dataclass
class CityPlatform:
    """The city-wide platforms; every unit reads and writes the same ones."""

    parking: ParkingPlatform
    charging: ChargingPlatform
