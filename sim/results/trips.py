"""Key figures of trips, for those with an on-board unit and those without apart, and for some vehicle classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Literal

import numpy as np

from wayside.edge.plugin import Option
from wayside.sim.observers import Observer
from wayside.sim.stations.histograms import ratio

if TYPE_CHECKING:
    from wayside.sim.engine import Simulation, Tick

_GROUPS: Final = ("unequipped.", "equipped.")
_MG, _WH, _M = 1e-6, 1e-3, 1e-3  # in kg, kWh and km


ToldApart = Literal["passenger", "taxi", "bus", "coach", "tram", "emergency", "truck", "trailer", "delivery", "bicycle"]


class Trips(Observer):
    """Stops, lost time and emissions of those who have arrived (docs/kpis.md)."""

    name: ClassVar[str] = "trips"
    summary: ClassVar[tuple[str, ...]] = ("finished", "stops", "delay_s", "co2_kg_km")
    apart: Annotated[tuple[ToldApart, ...], Option("vehicle classes that are told apart too, and all others")] = ()

    def begin(self, simulation: Simulation) -> None:
        """See `Observer.begin`."""
        self._simulation = simulation
        simulation.backend.watch_trips()
        self._sums = np.zeros((2, 6))  # by group: trips, stops, s lost, mg of CO2, Wh, m
        self._classes = np.zeros((len(self.apart) + 1, 6))  # the same by class, the others last

    def step(self, tick: Tick) -> None:
        """See `Observer.step`."""
        slots, ended = tick.events.arrived, tick.events.trips
        if ended is None or not len(slots):
            return
        simulation = self._simulation
        driven = simulation.vehicles.distance[slots]
        known = np.isfinite(ended.lost)
        columns = (np.ones(len(slots)), ended.stops, ended.lost, ended.co2, ended.electricity, driven)
        group = simulation.fleet.equipped[slots][known].astype(np.intp)
        rows = np.stack(columns, axis=1)[known]
        np.add.at(self._sums, group, rows)
        if self.apart:
            table = simulation.vehicles
            kinds = [table.types[number].kind for number in table.type[slots][known].tolist()]
            which = [self.apart.index(kind) if kind in self.apart else len(self.apart) for kind in kinds]
            np.add.at(self._classes, np.array(which, np.intp), rows)

    def kpis(self) -> dict[str, float]:
        """See `Observer.kpis`."""
        found: dict[str, float] = {}
        groups = [("", self._sums.sum(axis=0)), *zip(_GROUPS, self._sums, strict=True)]
        if self.apart:
            groups += zip((*(f"{kind}." for kind in self.apart), "other."), self._classes, strict=True)
        for group, sums in groups:
            trips, stops, lost, co2, electricity, driven = sums.tolist()
            found |= {
                f"trips.{group}finished": trips,
                f"trips.{group}stops": ratio(stops, trips),
                f"trips.{group}delay_s": ratio(lost, trips),
                f"trips.{group}co2_kg_km": ratio(co2 * _MG, driven * _M),
                f"trips.{group}electricity_kwh_km": ratio(electricity * _WH, driven * _M),
            }
        return found
