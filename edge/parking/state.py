"""The city's car parks and the reservations in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from wayside.edge.decision import UNSAID, Decision, Deliberation, Measure
from wayside.edge.parking.hours import OpeningHours
from wayside.edge.policy import locked, read_only
from wayside.edge.pool import Asked, Pool, Pooling
from wayside.ext.arrays import Doubles, Flags, Indices, Ints, Longs


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
    open: Flags = field(default_factory=lambda: np.empty(0, bool))  # all, unless said otherwise
    position: Doubles = field(default_factory=lambda: np.empty(0))  # of the middle, m from its edge's begin; else 0
    appeared: Ints = field(default_factory=lambda: np.empty(0, np.int32))  # so far, who stood there as they came to be
    hours: OpeningHours = field(default_factory=OpeningHours)  # of none: all are open day and night

    def __post_init__(self) -> None:
        if len(self.open) != len(self.ids):
            self.open = np.ones(len(self.ids), bool)
        if len(self.position) != len(self.ids):
            self.position = np.zeros(len(self.ids))
        if len(self.appeared) != len(self.ids):
            self.appeared = np.zeros(len(self.ids), np.int32)

    @property
    def free(self) -> Ints:
        """Bays neither taken nor reserved; none of a closed car park, and never below 0."""
        free: Ints = self.capacity - self.occupied
        free -= self.reserved  # in place: a city has hundreds of thousands
        np.maximum(free, 0, out=free)
        free *= self.open
        return free

    def free_in(self, some: Indices | Ints) -> Ints:
        """The same of some car parks alone."""
        free: Ints = np.maximum(self.capacity[some] - self.occupied[some] - self.reserved[some], 0)
        return np.where(self.open[some], free, 0).astype(np.int32)


@dataclass(frozen=True)
class BayRequests(Asked):
    """What a policy sees of the drivers; one entry each, in the order of asking."""

    x: Doubles  # of the destination, m
    y: Doubles
    edge: Ints  # where the driver is
    duration: Doubles  # s
    # Where a bay is kept for it already, as its answer was lost; -1: nowhere. That bay is among the free ones.
    held: Ints = field(default_factory=lambda: np.empty(0, np.int32), kw_only=True)

    def __post_init__(self) -> None:
        if len(self.held) != len(self.x):
            object.__setattr__(self, "held", np.full(len(self.x), -1, np.int32))

    def some(self, rows: slice) -> BayRequests:
        """These rows alone."""
        return BayRequests(**{name: column[rows] for name, column in vars(self).items()})


@dataclass(frozen=True)
class BayAssignment:
    """What a policy answers: a car park for each request, or -1, and what it cost in the policy's own measure.

    A policy that also tells `costs` (requests x car parks; NaN: not possible) and their `measure` can be asked why. If
    it has looked at few of many, `candidates` has their numbers, as many as `costs`; -1: none.
    One that sets prices tells `price_per_hour` (by car park): they hold from now on, for everybody.
    """

    car_park: Ints
    cost: Doubles
    costs: Doubles | None = None
    measure: Measure = UNSAID
    candidates: Ints | None = None
    price_per_hour: Doubles | None = None

    @property
    def chosen(self) -> Ints:
        """The same under the name that all assignments share."""
        return self.car_park


# None: all requests stay open until the next look.
Policy = Callable[[BayRequests, CarParks], BayAssignment | None]


@dataclass
class Reservation:
    """A bay kept for a station until it parks, leaves, or the time is up."""

    car_park: int
    until: float  # s
    decision: Decision | None = None
    unit: int = -1  # that was asked
    vehicle: int = -1  # its number on the air


@dataclass
class ParkingPlatform:
    """The ledger: who has a bay reserved where."""

    car_parks: CarParks
    policy: Policy
    timeout: float  # s
    pooling: Pooling = field(default_factory=Pooling)
    reservations: dict[int, Reservation] = field(default_factory=dict)  # by station
    expired: int = 0
    lost: int = 0  # to others who parked there
    entries: int = 0  # since the last `displace`; without one nobody can have lost anything

    # See `wayside.edge.pool.Ledger`.
    path: ClassVar[str] = "parking.policy"
    columns: ClassVar[Mapping[str, type]] = {
        "edge": np.int32,
        "x": np.float64,
        "y": np.float64,
        "duration": np.float64,
    }
    places: ClassVar[str] = "bays"
    queues: ClassVar[bool] = False

    def __post_init__(self) -> None:
        self.pool = Pool(self, self.pooling)

    def wishes(self, **columns: NDArray[Any]) -> BayRequests:
        """See `Ledger.wishes`."""
        kept = map(self.reservations.get, columns["station"].tolist())
        held = np.array([-1 if one is None else one.car_park for one in kept], np.int32)
        return BayRequests(**columns, held=locked(held))

    def without(self, stations: Longs) -> CarParks:
        """See `Ledger.without`."""
        parks = self.car_parks
        held = [kept.car_park for one in stations.tolist() if (kept := self.reservations.get(one)) is not None]
        if not held:
            return parks
        back = np.bincount(np.array(held, np.intp), minlength=len(parks.ids)).astype(np.int32)
        return replace(parks, reserved=parks.reserved - back)

    def ask(self, requests: BayRequests, now: float) -> BayAssignment | None:
        """See `Ledger.ask`."""
        assignment = self.policy(requests, read_only(self.without(requests.station)))
        if (price := getattr(assignment, "price_per_hour", None)) is not None:
            self.price(price)
        return assignment

    def price(self, per_hour: Doubles) -> None:
        """What bays cost from now on, by car park. ValueError for what is no price."""
        prices = np.asarray(per_hour)
        now = self.car_parks.price_per_hour
        if prices.shape != now.shape or prices.dtype.kind not in "fiu":
            raise ValueError(f"price_per_hour must have a number for each of {len(now)} car parks, or be left out")
        if (wrong := np.flatnonzero(~((prices >= 0.0) & np.isfinite(prices)))).size:
            car_park = int(wrong[0])
            named = f"price_per_hour of {self.car_parks.ids[car_park]!r}"
            raise ValueError(f"{named} is {prices[car_park]}: must be a number, at least 0")
        now[:] = prices

    def reserve(self, requests: BayRequests, chosen: Ints, reasons: Deliberation | None, now: float) -> None:
        """See `Ledger.reserve`."""
        rows = zip(requests.station.tolist(), requests.unit.tolist(), requests.vehicle.tolist(), strict=True)
        for row, (station, unit, vehicle) in enumerate(rows):
            if (car_park := int(chosen[row])) >= 0:
                decision = Decision(reasons, row) if reasons is not None else None
                self.reservations[station] = Reservation(car_park, now + self.timeout, decision, unit, vehicle)
                self.car_parks.reserved[car_park] += 1

    def entered(self, car_park: int, station: int) -> bool:
        """A gate lets a vehicle in: whether a bay is reserved for it here, which it then takes."""
        self.pool.drop(station)
        self.car_parks.occupied[car_park] += 1
        self.entries += 1
        reservation = self.reservations.get(station)
        if reservation is None or reservation.car_park != car_park:
            return False
        self.release(station)
        return True

    def left(self, car_park: int) -> None:
        """A gate lets a vehicle out."""
        self.car_parks.occupied[car_park] -= 1

    def release(self, station: int) -> Reservation | None:
        """End a station's reservation: it has parked there, or asks anew."""
        reservation = self.reservations.pop(station, None)
        if reservation is not None:
            self.car_parks.reserved[reservation.car_park] -= 1
        return reservation

    def displace(self) -> dict[int, Reservation]:
        """End the reservations that others have parked into, by station: where more bays are taken and reserved than
        there are, those made last, so that nobody loses a bay to who has asked later.
        """
        self.entries = 0
        car_parks = self.car_parks
        over = np.minimum(car_parks.occupied + car_parks.reserved - car_parks.capacity, car_parks.reserved)
        lost: dict[int, Reservation] = {}
        for car_park in np.flatnonzero(over > 0).tolist():
            here = [station for station, kept in self.reservations.items() if kept.car_park == car_park]
            for station in here[-int(over[car_park]) :]:
                lost[station] = self.reservations[station]
                self.release(station)
        self.lost += len(lost)
        self.pool.drop(*lost)  # they are told so, and ask anew
        return lost

    def expire(self, now: float) -> list[int]:
        """Give back the bays of those who did not come in time; their stations."""
        # They are kept for equal times, so they end in the order in which they were made.
        late = list(takewhile(lambda station: self.reservations[station].until <= now, self.reservations))
        for station in late:
            self.release(station)
        self.expired += len(late)
        return late
