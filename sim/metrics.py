"""Key figures of a run: dotted names, plain numbers, the same at every moment of it (definitions: docs/kpis.md)."""

from __future__ import annotations

import numpy as np

from wayside.edge.platform import CityPlatform
from wayside.sim.charging import ElectricVehicles
from wayside.sim.measure import ratio
from wayside.sim.parking import Drivers
from wayside.sim.sumo.backend import Events
from wayside.sim.v2x import Exchange
from wayside.sim.world import VehicleTable


class Metrics:
    """Counts what happens, step by step; `kpis` sums it up."""

    def __init__(
        self,
        vehicles: VehicleTable,
        exchange: Exchange,
        drivers: Drivers,
        electric: ElectricVehicles,
        platform: CityPlatform,
        step_length: float,
    ) -> None:
        self.vehicles = vehicles
        self.exchange = exchange
        self.drivers = drivers
        self.electric = electric
        self.platform = platform
        self.step_length = step_length
        self.departed = self.arrived = self.teleports = self.peak = self.refused = 0
        self.updates = 0  # vehicles x SUMO steps
        self.driving_s = self.driven_m = 0.0
        self.bay_s = self.occupied_bay_s = 0.0
        self.peak_w = 0.0

    def step(self, events: Events, seconds_of_platform: float) -> None:
        """Take in a SUMO step; occupancy is integrated over `seconds_of_platform` s (0: not now)."""
        table = self.vehicles
        n = table.extent
        self.departed += len(events.departed)
        self.arrived += len(events.arrived)
        self.teleports += len(events.teleport_started)
        on_road = int(np.count_nonzero(table.lane[:n] >= 0))
        self.peak = max(self.peak, on_road)
        self.updates += table.count
        self.driving_s += on_road * self.step_length
        self.driven_m += float(table.speed[:n].sum()) * self.step_length
        if seconds_of_platform:
            car_parks = self.platform.parking.car_parks
            self.bay_s += float(car_parks.capacity.sum()) * seconds_of_platform
            self.occupied_bay_s += float(car_parks.occupied.sum()) * seconds_of_platform
            self.peak_w = max(self.peak_w, self.electric.power_w)

    def kpis(self) -> dict[str, float]:
        """All key figures; NaN is left out (a mean over nothing)."""
        traffic = self.exchange.traffic
        figures: dict[str, float] = {
            "vehicles.departed": self.departed,
            "vehicles.arrived": self.arrived,
            "vehicles.present": self.vehicles.count,
            "vehicles.peak_driving": self.peak,
            "vehicles.teleports": self.teleports,
            "vehicles.mean_speed_m_s": ratio(self.driven_m, self.driving_s),
            "vehicles.driven_km": self.driven_m / 1000.0,
            "messages.sent": sum(traffic.sent),
            "messages.received_by_vehicles": sum(traffic.at_vehicles),
            "messages.received_by_units": sum(traffic.at_units),
            "rsu.units": len(self.exchange.units),
            "commands.refused": self.refused,
        }
        for number, kind in enumerate(self.exchange.kinds):
            name = kind.replace("-", "_")
            figures[f"messages.{name}.sent"] = traffic.sent[number]
            figures[f"messages.{name}.received"] = traffic.at_vehicles[number] + traffic.at_units[number]
        figures |= self._parking() | self._charging() | self.exchange.measures.kpis(self.exchange.kinds, traffic)
        return {name: value for name, value in figures.items() if not np.isnan(value)}

    def _parking(self) -> dict[str, float]:
        searches = self.drivers.searches
        parked = [search for search in searches if search.taken]
        asked = [search for search in searches if search.requests]
        return {
            "parking.car_parks": len(self.platform.parking.car_parks.ids),
            "parking.bays": int(self.platform.parking.car_parks.capacity.sum()),
            "parking.occupancy": ratio(self.occupied_bay_s, self.bay_s),
            "parking.searches": len(searches),
            "parking.requested": len(asked),
            "parking.reserved": sum(not np.isnan(search.reserved) for search in asked),
            "parking.taken": len(parked),
            "parking.taken_as_reserved": sum(search.outcome == "guided" for search in parked),
            "parking.rejected": ratio(
                sum(search.rejected for search in asked), sum(search.requests for search in asked)
            ),
            "parking.expired": self.platform.parking.expired,
            "parking.search_time_s": _mean([search.parked - search.began for search in parked]),
            "parking.walking_distance_m": _mean([search.walk_m for search in parked]),
        }

    def _charging(self) -> dict[str, float]:
        sessions = self.electric.settle()
        plugged = [session for session in sessions if not np.isnan(session.plugged)]
        chargers = self.platform.charging.chargers
        return {
            "charging.sites": len(chargers.sites),
            "charging.piles": int(chargers.piles.sum()),
            "charging.requested": sum(session.requests > 0 for session in sessions),
            "charging.reserved": sum(not np.isnan(session.reserved) for session in sessions),
            "charging.sessions": len(plugged),
            "charging.met": sum(session.outcome == "charged" for session in plugged),
            "charging.energy_kwh": sum(session.energy_wh for session in plugged) / 1000.0,
            "charging.cost": sum(session.cost for session in plugged),
            "charging.peak_kw": self.peak_w / 1000.0,
            "charging.drive_s": _mean(
                [session.plugged - session.reserved for session in plugged if not np.isnan(session.reserved)]
            ),
        }


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else float("nan")
