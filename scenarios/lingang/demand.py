"""Who drives in Lingang: one hour of trips.

Purposes: drivers who look for a bay and leave again, cars that stand in a bay or at a pile when the hour
begins, people on their way home, through traffic, lorries to the port, taxis, buses, ambulances and fire
engines. Demand swells to the middle of the hour and ebbs towards its end. All randomness comes from one
seeded generator.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import sumolib

from ..files import element, number, param
from ..lots import CarPark, Facilities
from .blocks import Block
from .facilities import bus_lines, stop_id
from .plan import BORDERS, GATES
from .vehicles import CAPACITY, EV_PAINTS, PAINTS

END = 3600.0  # s
SEED = 20
SEEKERS = 3300  # drivers per hour who end in a bay
HOMEWARD = 2700  # trips per hour within the town and across its border that need no public bay
THROUGH = 800
LORRIES = 420
TAXIS = 420
RESCUE = 16
AFLOAT = 330  # vehicles that are already on their way in the first seconds
WARM_UP = 40.0  # s in which they appear
LEAVING = 0.7  # share of the parked cars that leave within the hour
ELECTRIC = 1 / 3
CHARGING = 0.25  # share of the piles that are taken at the start
LOW_CHARGE = 0.2  # share of electric cars that start below 30 %

# Relative departures in six parts of the hour.
PROFILE = (1.0, 1.1, 1.2, 1.15, 0.9, 0.65)

# Share of each car park that is taken at the start, by the block's use; the rest are at 0.45.
OCCUPANCY = {"D": 0.85, "M": 0.55, "T": 0.5, "H": 0.7, "S": 0.6, "P": 0.3, "E": 0.8, "K": 0.4, "I": 0.35}
# How often a bay of a block is sought, by its use; the rest count 1.
ATTRACTION = {"M": 2.2, "D": 1.4, "T": 1.5, "K": 1.3, "O": 1.2, "P": 0.9, "H": 0.6, "S": 0.5, "I": 0.5}

POPULARITY = 0.75  # spread of how well car parks are known (sigma of a log-normal factor)


@dataclass
class Trip:
    id: str
    type: str
    depart: float
    source: str
    target: str
    attributes: dict[str, str]
    children: list[ET.Element]

    def element(self) -> ET.Element:
        trip = element("trip", id=self.id, type=self.type, depart=self.depart, from_=self.source, to=self.target)
        for key, value in self.attributes.items():
            trip.set(key, value)
        trip.extend(self.children)
        return trip


@dataclass(frozen=True)
class Places:
    """Where trips may begin and end: edges with their weights."""

    homes: tuple[str, ...]
    home_weights: np.ndarray
    ways_in: tuple[str, ...]
    ways_out: tuple[str, ...]
    border_weights: np.ndarray
    middles: tuple[str, ...]  # long edges of the big streets


BORDER_WEIGHTS = {"w": 3.0, "wnw": 1.5, "wsw": 1.5, "n": 2.5, "nne": 1.6, "s": 2.5, "sse": 1.6}
HOME_WEIGHTS = {"H": 3.0, "S": 4.0, "V": 0.8, "T": 1.5, "O": 1.2, "U": 1.5, "K": 1.0}


def places(net: sumolib.net.Net, blocks: Sequence[Block]) -> Places:
    ways_in = [f"border_{name}-outer_{name}" for name in BORDERS]
    ways_in += ["border_port_south-port_600", "border_port_north-port_3400"]
    ways_out = [f"outer_{name}-border_{name}" for name in BORDERS]
    ways_out += ["port_600-border_port_south", "port_3400-border_port_north"]
    weights = [*BORDER_WEIGHTS.values(), 1.6, 1.6]
    middles = [
        str(edge.getID())
        for edge in net.getEdges()
        if edge.getLaneNumber() >= 2
        and edge.getLength() > 120
        and edge.allows("passenger")
        and not edge.getID().endswith("_turn")
        and not edge.getID().startswith("border")
        and "-border" not in edge.getID()
    ]
    return Places(
        tuple(block.edge for block in blocks),
        _share([HOME_WEIGHTS.get(block.use, 0.4) for block in blocks]),
        tuple(ways_in),
        tuple(ways_out),
        _share(weights),
        tuple(sorted(middles)),
    )


def _share(weights: Sequence[float]) -> np.ndarray:
    values = np.asarray(weights, dtype=float)
    return np.asarray(values / values.sum())


class Demand:
    """Collects trips; every choice is drawn from `random`."""

    def __init__(self, net: sumolib.net.Net, blocks: Sequence[Block], found: Facilities) -> None:
        self.random = np.random.default_rng(SEED)
        self.places = places(net, blocks)
        self.found = found
        self.uses = {f"park_{block.id}": block.use for block in blocks}
        popularity = self.random.lognormal(0.0, POPULARITY, len(found.car_parks))
        self.goals = _share(
            [
                park.capacity * ATTRACTION.get(self.uses.get(park.id, ""), 1.0) * float(liked)
                for park, liked in zip(found.car_parks, popularity, strict=True)
            ]
        )
        self.trips: list[Trip] = []

    def all(self) -> list[Trip]:
        self._parked()
        self._charging()
        self._afloat()
        self._seekers()
        self._homeward()
        self._through()
        self._lorries()
        self._taxis()
        self._rescue()
        self._buses()
        return sorted(self.trips, key=lambda trip: (trip.depart, trip.id))

    # ------------------------------------------------------------ small choices

    def _times(self, count: int) -> list[float]:
        """Departure times (s), to a tenth."""
        part = self.random.choice(len(PROFILE), size=count, p=_share(PROFILE))
        times = (part + self.random.random(count)) * END / len(PROFILE)
        return [round(float(t), 1) for t in np.sort(times)]

    def _pick(self, options: Sequence[str], weights: np.ndarray | None = None) -> str:
        return str(options[int(self.random.choice(len(options), p=weights))])

    def _way_in(self) -> str:
        return self._pick(self.places.ways_in, self.places.border_weights)

    def _way_out(self) -> str:
        return self._pick(self.places.ways_out, self.places.border_weights)

    def _home(self) -> str:
        return self._pick(self.places.homes, self.places.home_weights)

    def _paint(self, options: Sequence[str]) -> str:
        return options[int(self.random.integers(len(options)))]

    # ------------------------------------------------------------ trips

    def _add(
        self,
        id: str,
        type: str,
        depart: float,
        source: str,
        target: str,
        stops: Sequence[ET.Element] = (),
        where: str = "",
        color: str = "",
        extra: Sequence[ET.Element] = (),
    ) -> None:
        border = source.startswith("border")
        attributes = {"departPos": where or ("base" if border else "random_free")}
        attributes["departLane"] = "best" if where != "stop" else "0"
        attributes["departSpeed"] = "0" if where == "stop" else "max"
        if color:
            attributes["color"] = color
        if where != "stop" and not target.startswith("border") and "-border" not in target:
            attributes["arrivalPos"] = "random"
        self.trips.append(Trip(id, type, depart, source, target, attributes, [*extra, *stops]))

    def _car(
        self,
        id: str,
        depart: float,
        source: str,
        target: str,
        stops: Sequence[ET.Element] = (),
        where: str = "",
    ) -> None:
        if self.random.random() < ELECTRIC:
            low = self.random.random() < LOW_CHARGE
            type, charge = self._electric(0.10, 0.30) if low else self._electric(0.30, 0.95)
            self._add(id, type, depart, source, target, stops, where, self._paint(EV_PAINTS), [charge])
            return
        type = self._pick(("car", "car_small", "suv"), _share((5, 2, 3)))
        self._add(id, type, depart, source, target, stops, where, self._paint(PAINTS))

    def _stop(self, park: CarPark, low: float, high: float) -> ET.Element:
        duration = float(self.random.triangular(low, low + (high - low) * 0.4, high))
        return element("stop", parkingArea=park.id, duration=str(round(duration)))

    def _parked(self) -> None:
        """Cars that stand in a bay when the hour begins."""
        number_ = 0
        for park in self.found.car_parks:
            base = OCCUPANCY.get(self.uses.get(park.id, ""), 0.45)
            share = float(np.clip(base + self.random.normal(0, 0.1), 0.15, 0.95))
            for _ in range(int(share * park.capacity)):
                stays = self.random.random() > LEAVING
                leave = END + 600 if stays else float(self.random.uniform(60, END - 200))
                stop = element("stop", parkingArea=park.id, duration=str(round(leave)))
                target = self._home() if self.random.random() < 0.5 else self._way_out()
                if target == park.edge:
                    target = self._way_out()
                self._car(f"parked_{number_:04d}", 0.0, park.edge, target, [stop], "stop")
                number_ += 1

    def _charging(self) -> None:
        """Electric cars that stand at a pile when the hour begins; fast piles are left sooner."""
        number_ = 0
        for site in self.found.sites:
            for piles in site.groups:
                longest = 3000.0 if piles.kilowatts < 50 else 1500.0
                for _ in range(int(self.random.binomial(piles.spot.capacity, CHARGING))):
                    duration = float(self.random.uniform(200, longest))
                    stop = element("stop", parkingArea=piles.spot.id, duration=str(round(duration)))
                    type, charge = self._electric(0.15, 0.6)
                    paint = self._paint(EV_PAINTS)
                    edge, id = piles.spot.edge, f"charging_{number_:03d}"
                    self._add(id, type, 0.0, edge, self._way_out(), [stop], "stop", paint, [charge])
                    number_ += 1

    def _electric(self, low: float, high: float) -> tuple[str, ET.Element]:
        """An electric type, and its charge drawn between two shares of its capacity."""
        type = self._pick(("car_ev", "car_ev_small", "car_ev_large"), _share((5, 3, 2)))
        charge = round(CAPACITY[type] * float(self.random.uniform(low, high)))
        return type, param("device.battery.chargeLevel", str(charge))

    def _afloat(self) -> None:
        """Cars in the middle of their trips at the start."""
        for i in range(AFLOAT):
            depart = round(float(self.random.uniform(0, WARM_UP)), 1)
            source = self._pick(self.places.middles)
            if i % 3 == 0:
                park = self._goal()
                self._car(f"car_a{i:04d}", depart, source, self._way_out(), [self._stop(park, 600, 2400)])
            else:
                target = self._home() if i % 3 == 1 else self._way_out()
                self._car(f"car_a{i:04d}", depart, source, target)

    def _goal(self) -> CarPark:
        parks = self.found.car_parks
        return parks[int(self.random.choice(len(parks), p=self.goals))]

    def _seekers(self) -> None:
        for i, depart in enumerate(self._times(SEEKERS)):
            park = self._goal()
            source = self._way_in() if self.random.random() < 0.5 else self._home()
            target = self._way_out() if self.random.random() < 0.5 else self._home()
            self._car(f"car_p{i:04d}", depart, source, target, [self._stop(park, 600, 2600)])

    def _homeward(self) -> None:
        for i, depart in enumerate(self._times(HOMEWARD)):
            kind = self.random.random()
            source = self._way_in() if kind < 0.4 else self._home()
            target = self._way_out() if kind > 0.7 else self._home()
            if source == target:
                target = self._way_out()
            self._car(f"car_h{i:04d}", depart, source, target)

    def _through(self) -> None:
        for i, depart in enumerate(self._times(THROUGH)):
            source = self._way_in()
            target = self._way_out()
            while source.split("-")[0] == target.split("-")[1]:
                target = self._way_out()
            self._car(f"car_t{i:04d}", depart, source, target)

    def _lorries(self) -> None:
        """To a terminal's berth, where they load, and back out."""
        freight_in = (
            "border_port_north-port_3400",
            "border_port_south-port_600",
            "border_w-outer_w",
            "border_n-outer_n",
            "border_s-outer_s",
        )
        for i, depart in enumerate(self._times(LORRIES)):
            terminal = self._pick(tuple(GATES))
            source = self._pick(freight_in, _share((4, 4, 2, 1, 1)))
            a, b = self._pick(freight_in, _share((4, 4, 2, 1, 1))).split("-")
            end = self._pick(("low", "high"))
            berth = f"{terminal}_berth_{end}-{terminal}_berth"
            stops = [
                element(
                    "stop",
                    lane=f"{berth}_0",
                    startPos="60",
                    endPos="250",
                    parking="true",
                    duration=str(int(self.random.integers(240, 700))),
                )
            ]
            type = "trailer" if self.random.random() < 0.6 else "truck"
            self._add(f"lorry_{i:04d}", type, depart, source, f"{b}-{a}", stops)

    def _taxis(self) -> None:
        """Two fares each: pick up at the kerb, set down at the kerb."""
        for i, depart in enumerate(self._times(TAXIS)):
            source = self._way_in() if self.random.random() < 0.3 else self._home()
            edges = [self._home(), self._home()]
            stops = [
                element(
                    "stop",
                    edge=edge,
                    endPos="-40",
                    parking="true",
                    duration=str(int(self.random.integers(20, 70))),
                )
                for edge in edges
                if edge != source
            ]
            self._add(f"taxi_{i:04d}", "taxi", depart, source, self._way_out(), stops)

    def _rescue(self) -> None:
        """Ambulances from the hospital and back; fire engines from their station."""
        hospitals = [park.edge for park in self.found.car_parks if self.uses.get(park.id) == "D"]
        for i, depart in enumerate(np.linspace(45, END - 400, RESCUE)):
            ambulance = i % 3 != 2
            base = hospitals[i % len(hospitals)]
            scene = self._home()
            while scene == base:
                scene = self._home()
            stop = element("stop", edge=scene, endPos="-40", parking="true", duration="180")
            kind = "ambulance" if ambulance else "fire_engine"
            self._add(f"{kind}_{i:02d}", kind, round(float(depart), 1), base, base, [stop])

    def _buses(self) -> None:
        for line in bus_lines():
            for i, depart in enumerate(np.arange(5.0, END, line.every * 60.0)):
                turn = i % len(line.stops) if line.stops[0].startswith(("tide", "harbour")) else 0
                stops = line.stops[turn:] + line.stops[:turn]
                calls = [element("stop", busStop=stop_id(edge), duration="15") for edge in stops]
                self._add(
                    f"bus_{line.id}_{i:02d}",
                    "bus",
                    float(depart),
                    stops[0],
                    stops[-1],
                    calls,
                    "base",
                    extra=[param("line", line.id)],
                )
                self.trips[-1].attributes["departLane"] = "0"
                self.trips[-1].attributes["departSpeed"] = "0"
                self.trips[-1].attributes["arrivalPos"] = "max"


def summary(trips: Sequence[Trip]) -> str:
    kinds: dict[str, int] = {}
    for trip in trips:
        kinds[trip.type] = kinds.get(trip.type, 0) + 1
    return ", ".join(f"{kinds[kind]} {kind}" for kind in sorted(kinds)) + f"; {number(len(trips))} in all"
