"""The city's car parks and the reservations in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

from wayside.edge.decision import Decision, deliberate
from wayside.edge.errors import PluginError
from wayside.edge.policy import ask, name_of

Doubles = NDArray[np.float64]
Ints = NDArray[np.int32]


@dataclass
class CarParks:
    """Car parks, one entry each. `occupied` is what the sensors count, whoever parks there."""

    ids: tuple[str, ...]
    names: tuple[str, ...]
    kinds: tuple[str, ...]  # kerb, surface, garage, or "" where the scenario does not say
    x: Doubles  # m
    y: Doubles
    edge: Ints
    capacity: Ints  # bays
    price_per_hour: Doubles
    occupied: Ints
    reserved: Ints
    open: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, bool))  # all, unless said otherwise

    def __post_init__(self) -> None:
        if len(self.open) != len(self.ids):
            self.open = np.ones(len(self.ids), bool)

    @property
    def free(self) -> Ints:
        """Bays neither taken nor reserved; none of a closed car park, and never below 0."""
        free: Ints = np.maximum(self.capacity - self.occupied - self.reserved, 0)
        return free if self.open.all() else np.where(self.open, free, 0).astype(np.int32)


@dataclass(frozen=True)
class Requests:
    """What a policy sees of the drivers; one entry each, in the order of asking."""

    x: Doubles  # of the destination, m
    y: Doubles
    edge: Ints  # where the driver is
    duration: Doubles  # s


@dataclass(frozen=True)
class Assignment:
    """What a policy answers: a car park for each request, or -1, and what it cost in the policy's own measure.

    A policy that also tells `costs` (requests x car parks; NaN: not possible) and their `measure` can be asked why.
    """

    car_park: Ints
    cost: Doubles
    costs: Doubles | None = None
    measure: str = ""

    @property
    def chosen(self) -> Ints:
        """The same under the name that all assignments share."""
        return self.car_park


Policy = Callable[[Requests, CarParks], Assignment]


@dataclass
class Reservation:
    """A bay kept for a station until it parks, leaves, or the time is up."""

    car_park: int
    until: float  # s
    decision: Decision | None = None


@dataclass
class ParkingPlatform:
    """The ledger: who has a bay reserved where."""

    car_parks: CarParks
    policy: Policy
    timeout: float  # s
    reservations: dict[int, Reservation] = field(default_factory=dict)  # by station
    expired: int = 0

    def assign(self, stations: NDArray[np.int64], requests: Requests, now: float, unit: int = -1) -> Assignment:
        """Let the policy choose and enter its choices; a station that asks again gives its old bay back first.

        `unit` is the roadside unit that was asked. PluginError where the policy breaks off, or hands out a bay that
        is not there.
        """
        for station in stations.tolist():
            self.release(station)
        car_parks = self.car_parks
        assignment = ask(self.policy, "parking.policy", len(stations), len(car_parks.ids), requests, car_parks)
        chosen = assignment.car_park
        free = car_parks.free
        taken = np.bincount(chosen[chosen >= 0], minlength=len(free))
        if (taken > free).any():
            full = car_parks.ids[int(np.argmax(taken > free))]
            raise PluginError(f"parking.policy {name_of(self.policy)}: more bays given out in {full!r} than are free")
        reasons = deliberate(assignment.costs, chosen, free, now, unit, assignment.measure, "parking.policy")
        for row, (station, car_park) in enumerate(zip(stations.tolist(), chosen.tolist(), strict=True)):
            if car_park >= 0:
                decision = Decision(reasons, row) if reasons is not None else None
                self.reservations[station] = Reservation(car_park, now + self.timeout, decision)
                self.car_parks.reserved[car_park] += 1
        return assignment

    def release(self, station: int) -> Reservation | None:
        """End a station's reservation: it has parked, left, or asks anew."""
        reservation = self.reservations.pop(station, None)
        if reservation is not None:
            self.car_parks.reserved[reservation.car_park] -= 1
        return reservation

    def expire(self, now: float) -> list[int]:
        """Give back the bays of those who did not come in time; their stations."""
        # They are kept for equal times, so they end in the order in which they were made.
        late = list(takewhile(lambda station: self.reservations[station].until <= now, self.reservations))
        for station in late:
            self.release(station)
        self.expired += len(late)
        return late
