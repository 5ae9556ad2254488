"""What may be asked of SUMO. Commands wait in a queue that is applied at a step boundary, in their order."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from typing import Any, Protocol, TypeVar

from wayside.sim.sumo.backend import PlannedStop

STOP_AT_PARKING_AREA = 64
STOP_AT_CHARGING_STATION = 32
_S = TypeVar("_S")  # whose order a command is

PARKING = 1  # off the lane
KEEP_STANDING = 86400.0  # s; such a stop is ended by Resume
ROUND = 180.0  # s of driving around a car park that a vehicle has ahead at least
_ADVICE = "wayside.advice"  # parameter of a vehicle
_ALL_CHECKS, _RED_LIGHTS = 31, 16  # bits of SUMO's speed mode
AVOIDED = 1e7  # s; nobody takes a way that long where there is another


class LaterError(Exception):
    """A command cannot be carried out now, but perhaps at the next step boundary."""


class Command(Protocol):
    """One change, made by `api` (libsumo or traci)."""

    def apply(self, api: Any) -> None: ...


@dataclass(frozen=True)
class Reroute:
    """Let a vehicle look for its fastest way anew, with the travel times of now."""

    vehicle: str

    def apply(self, api: Any) -> None:
        api.vehicle.rerouteTraveltime(self.vehicle)


@dataclass(frozen=True)
class ChangeTarget:
    """Send a vehicle to another edge."""

    vehicle: str
    edge: str

    def apply(self, api: Any) -> None:
        api.vehicle.changeTarget(self.vehicle, self.edge)


@dataclass(frozen=True)
class ParkAt:
    """Move a vehicle's next stop at a parking area to another one; it keeps its duration. Who is on a junction first
    leaves it: there SUMO often moves the stop and not the route, and dies when such a vehicle looks for a new way.

    `again` is the stop where PassBy has taken it out: it is put back.
    """

    vehicle: str
    area: str
    again: PlannedStop | None = None

    def apply(self, api: Any) -> None:
        if _on_junction(api, self.vehicle):
            raise LaterError
        area = _next_parking(api, self.vehicle)
        if area == self.area:
            return
        if area or self.again is None:
            api.vehicle.rerouteParkingArea(self.vehicle, self.area)
        else:
            again = self.again
            api.vehicle.insertStop(
                self.vehicle, 0, self.area, duration=again.duration, flags=again.flags, until=again.until
            )


@dataclass(frozen=True)
class PassBy:
    """Let a vehicle drive past a parking area instead of into it, round and back to it again, for a while.

    Its next stop is taken out of its plan if that is at a parking area; the other stops and the target stay. Refused
    (RuntimeError), with the plan as it was, where there is no way round or another stop is on it.
    """

    vehicle: str
    area: str

    def apply(self, api: Any) -> None:
        edge = api.parkingarea.getLaneID(self.area).rpartition("_")[0]
        stops = api.vehicle.getStops(self.vehicle, 0)
        standing = bool(stops) and stops[0].arrival >= 0.0
        parks = not standing and _next_parking(api, self.vehicle) != ""
        way = list(_way_on(api, self.vehicle))
        last = len(way) - 1 - way[::-1].index(edge) if edge in way else -1
        if standing or (not parks and last >= 0 and sum(map(api.edge.getTraveltime, way[:last])) >= ROUND):
            return
        type = api.vehicle.getTypeID(self.vehicle)
        there, onward = way[: last + 1], way[last + 1 :]
        if not there:
            there = _way(api, (way[0], edge), type) or []
            onward = (_way(api, (edge, way[-1]), type) or [])[1:]
        seconds, round_ = _round(api, edge, type)
        ahead = stops[parks:]
        if not (there and round_) or not {stop.lane.rpartition("_")[0] for stop in ahead}.isdisjoint(round_):
            raise RuntimeError(f"{self.vehicle}: no way round past {self.area}")
        if parks:
            api.vehicle.replaceStop(self.vehicle, 0, "")
        if _on_junction(api, self.vehicle):
            raise LaterError
        api.vehicle.setRoute(self.vehicle, [*there, *round_ * ceil(ROUND / max(seconds, 1.0)), *onward])


@dataclass(frozen=True)
class ChargeAt:
    """Drive to a charger first and stand there until Resume; then the route goes on as planned.

    `place` is the parking area of an off-street charger, or the charging station itself at the roadside.
    """

    vehicle: str
    place: str
    off_street: bool

    def apply(self, api: Any) -> None:
        api.vehicle.insertStop(
            self.vehicle,
            0,
            self.place,
            duration=KEEP_STANDING,
            flags=PARKING | STOP_AT_PARKING_AREA if self.off_street else STOP_AT_CHARGING_STATION,
        )


@dataclass(frozen=True)
class FindStation:
    """Let a vehicle's device `stationfinder` look for a charger from now on, below a state of charge, 0..1."""

    vehicle: str
    below: float

    def apply(self, api: Any) -> None:
        api.vehicle.setParameter(self.vehicle, "device.stationfinder.needToChargeLevel", f"{self.below:g}")


@dataclass(frozen=True)
class StayPlugged:
    """Stand at a charger until Resume, however long the present stop was planned to be."""

    vehicle: str
    station: str
    off_street: bool

    def apply(self, api: Any) -> None:
        flags = STOP_AT_CHARGING_STATION | (PARKING if self.off_street else 0)
        api.vehicle.setStop(self.vehicle, self.station, duration=KEEP_STANDING, flags=flags)


@dataclass(frozen=True)
class Resume:
    """End a vehicle's present stop."""

    vehicle: str

    def apply(self, api: Any) -> None:
        api.vehicle.resume(self.vehicle)


@dataclass(frozen=True)
class SpeedAdvice:
    """Let a vehicle drive at a speed [m/s] as far as it is safe; a negative speed ends the advice.

    by: whose advice it is; of several the lowest holds. What holds stands at the vehicle in SUMO, and goes with it.
    """

    vehicle: str
    speed: float
    by: str = ""

    def apply(self, api: Any) -> None:
        held = json.loads(api.vehicle.getParameter(self.vehicle, _ADVICE) or "{}")
        if self.speed < 0.0:
            held.pop(self.by, None)
        else:
            held[self.by] = self.speed
        api.vehicle.setParameter(self.vehicle, _ADVICE, json.dumps(held))
        api.vehicle.setSpeed(self.vehicle, min(held.values(), default=-1.0))


@dataclass(frozen=True)
class TakeType:
    """Let a vehicle be of another of SUMO's vehicle types, with all that belongs to it."""

    vehicle: str
    type: str

    def apply(self, api: Any) -> None:
        api.vehicle.setType(self.vehicle, self.type)


@dataclass(frozen=True)
class StopWithin:
    """Let a vehicle brake evenly to a stop within so many seconds; then it drives on as it would."""

    vehicle: str
    seconds: float

    def apply(self, api: Any) -> None:
        api.vehicle.slowDown(self.vehicle, 0.0, self.seconds)


@dataclass(frozen=True)
class RunRed:
    """Let a vehicle's driver take no notice of red and yellow lights, or take notice of them again."""

    vehicle: str
    runs: bool

    def apply(self, api: Any) -> None:
        api.vehicle.setSpeedMode(self.vehicle, _ALL_CHECKS & ~_RED_LIGHTS if self.runs else _ALL_CHECKS)


@dataclass(frozen=True)
class SpeedLimit:
    """Let a vehicle drive no faster than a speed [m/s], whatever else it is advised; a negative one ends that."""

    vehicle: str
    speed: float

    def apply(self, api: Any) -> None:
        speed = self.speed
        if speed < 0.0:  # its type as the scenario has it: SUMO names one of its own for a vehicle behind an @
            speed = api.vehicletype.getMaxSpeed(api.vehicle.getTypeID(self.vehicle).partition("@")[0])
        api.vehicle.setMaxSpeed(self.vehicle, speed)


@dataclass(frozen=True)
class TakeLane:
    """Let a vehicle change to a lane of its edge, the outermost 0, as soon as it is safe, and stay so many s there; not
    where its way goes on from the lane that it is on alone.
    """

    vehicle: str
    lane: int
    seconds: float

    def apply(self, api: Any) -> None:
        if _on_junction(api, self.vehicle):
            return
        leads = [bool(one[4]) for one in api.vehicle.getBestLanes(self.vehicle)]
        if self.lane < len(leads) and (leads[self.lane] or not leads[api.vehicle.getLaneIndex(self.vehicle)]):
            api.vehicle.changeLane(self.vehicle, self.lane, self.seconds)


@dataclass(frozen=True)
class Colour:
    """Colour of a vehicle in sumo-gui: red, green, blue, alpha, 0 to 255 each."""

    vehicle: str
    rgba: tuple[int, int, int, int]

    def apply(self, api: Any) -> None:
        api.vehicle.setColor(self.vehicle, self.rgba)


@dataclass(frozen=True)
class BatteryParameter:
    """A parameter of the battery device: `maximumChargeRate` [W], `chargeLevel` [Wh], `capacity` [Wh] ..."""

    vehicle: str
    key: str
    value: float

    def apply(self, api: Any) -> None:
        api.vehicle.setParameter(self.vehicle, f"device.battery.{self.key}", repr(self.value))


@dataclass(frozen=True)
class SignalProgram:
    """Switch a traffic light to another of its programs."""

    light: str
    program: str

    def apply(self, api: Any) -> None:
        api.trafficlight.setProgram(self.light, self.program)


@dataclass(frozen=True)
class SignalPhase:
    """Switch a traffic light to a phase of its program, for a duration [s] if one is given."""

    light: str
    phase: int
    duration: float | None = None

    def apply(self, api: Any) -> None:
        api.trafficlight.setPhase(self.light, self.phase)
        if self.duration is not None:
            api.trafficlight.setPhaseDuration(self.light, self.duration)


@dataclass(frozen=True)
class SignalState:
    """Let a traffic light show a state, SUMO's letters, until it is told another or goes back to a program."""

    light: str
    state: str

    def apply(self, api: Any) -> None:
        api.trafficlight.setRedYellowGreenState(self.light, self.state)


@dataclass(frozen=True)
class SignalBack:
    """Give a traffic light back to a program of its own, which goes on from a phase, for `seconds` more if given."""

    light: str
    program: str
    phase: int
    seconds: float | None = None

    def apply(self, api: Any) -> None:
        api.trafficlight.setProgram(self.light, self.program)
        SignalPhase(self.light, self.phase, self.seconds).apply(api)


@dataclass(frozen=True)
class CloseLane:
    """Close a lane to all, or open it again: to those who were allowed before, or to all where none are named."""

    lane: str
    closed: bool
    allowed_before: tuple[str, ...] = ()

    def apply(self, api: Any) -> None:
        if self.closed:
            api.lane.setDisallowed(self.lane, ["all"])
        elif self.allowed_before:
            api.lane.setAllowed(self.lane, list(self.allowed_before))
        else:
            api.lane.setDisallowed(self.lane, [])


@dataclass(frozen=True)
class AvoidRoads:
    """Lead vehicles around closed edges; those who are on one leave it by themselves.

    A trip that ends on a closed edge ends before it. A stop there is moved to another parking area, or left out.
    Lanes stay open to SUMO: with their permissions taken away it ends the whole run at the first vehicle that sets
    out on such an edge, or knows no other way. Who has no other way drives through.
    """

    edges: tuple[str, ...]
    vehicles: tuple[str, ...] | None  # None: all
    elsewhere: tuple[tuple[str, tuple[str, ...]], ...] = ()  # parking area on a closed edge, those to go to instead

    def apply(self, api: Any) -> None:
        closed = frozenset(self.edges)
        there = set(api.vehicle.getIDList())
        others = dict(self.elsewhere)
        for vehicle in sorted(there if self.vehicles is None else there.intersection(self.vehicles)):
            if closed.intersection(_way_on(api, vehicle)[1:]):
                self._lead(api, vehicle, closed, others)

    def _lead(self, api: Any, vehicle: str, closed: frozenset[str], others: dict[str, tuple[str, ...]]) -> None:
        for edge in self.edges:
            api.vehicle.setAdaptedTraveltime(vehicle, edge, AVOIDED)
        _leave_out(api, vehicle, closed, others)
        here, *ahead = _way_on(api, vehicle)
        if ahead and ahead[-1] in closed:
            open_ones = [edge for edge in ahead if edge not in closed]
            api.vehicle.changeTarget(vehicle, open_ones[-1] if open_ones else here)
        api.vehicle.rerouteTraveltime(vehicle)


@dataclass(frozen=True)
class OpenRoads:
    """Let all vehicles use edges again, whenever they look for a way the next time."""

    edges: tuple[str, ...]

    def apply(self, api: Any) -> None:
        for vehicle in sorted(api.vehicle.getIDList()):
            for edge in self.edges:
                api.vehicle.setAdaptedTraveltime(vehicle, edge)


@dataclass(frozen=True)
class ReckonDelay:
    """Let a vehicle reckon with so many s more on an edge ahead, and take what is its fastest way then; with 0 it
    reckons with none any more, when it looks for a way the next time. Who is on a junction first leaves it.
    """

    vehicle: str
    edge: str
    seconds: float

    def apply(self, api: Any) -> None:
        if self.seconds <= 0.0:
            api.vehicle.setAdaptedTraveltime(self.vehicle, self.edge)
            return
        if _on_junction(api, self.vehicle):
            raise LaterError
        if self.edge in _way_on(api, self.vehicle)[1:]:
            now = float(api.edge.getTraveltime(self.edge))
            api.vehicle.setAdaptedTraveltime(self.vehicle, self.edge, min(now + self.seconds, AVOIDED))
            api.vehicle.rerouteTraveltime(self.vehicle)


@dataclass(frozen=True)
class SetOut:
    """A new vehicle, from an edge over others to the last of them, the first such tour that SUMO knows a way for.

    It departs at `depart` [s] or as soon after as there is room, with a share `charge` of its battery's capacity,
    where that is not None, and a stop of `stay` s at a parking area, where one is named. Refused (RuntimeError) where
    there is no way.
    """

    vehicle: str
    type: str
    tours: tuple[tuple[str, ...], ...]
    depart: float
    charge: float | None = None
    area: str = ""
    stay: float = 0.0

    def apply(self, api: Any) -> None:
        edges = next(filter(None, (_way(api, tour, self.type) for tour in self.tours)), None)
        if edges is None:
            raise RuntimeError(f"{self.vehicle}: no way between the edges drawn for it")
        route = f"{self.vehicle}-route"
        api.route.add(route, edges)
        depart = max(self.depart, api.simulation.getTime())
        api.vehicle.add(self.vehicle, route, self.type, depart=f"{depart:.3f}", departLane="best")
        if self.charge is not None:
            capacity = float(api.vehicle.getParameter(self.vehicle, "device.battery.capacity"))
            api.vehicle.setParameter(self.vehicle, "device.battery.chargeLevel", repr(self.charge * capacity))
        if self.area:
            api.vehicle.setParkingAreaStop(self.vehicle, self.area, self.stay)


@dataclass(frozen=True)
class Refusal:
    """A command that SUMO did not take, its words, and the service whose order it was."""

    command: Command
    reason: str
    service: Any = None


def apply_all(commands: Sequence[tuple[Command, _S]], api: Any) -> tuple[list[Refusal], list[tuple[Command, _S]]]:
    """Apply commands, each with the service whose order it is, in their order.

    Those that SUMO refuses and those for later are returned, the others hold.
    """
    refused, later = [], []
    for command, service in commands:
        try:
            command.apply(api)
        except LaterError:
            later.append((command, service))
        except Exception as error:  # TraCIException of whichever API, or RuntimeError
            refused.append(Refusal(command, " ".join(str(error).split()), service))
    return refused, later


def _on_junction(api: Any, vehicle: str) -> bool:
    return str(api.vehicle.getRoadID(vehicle)).startswith(":")


def _way_on(api: Any, vehicle: str) -> Sequence[str]:
    """The edges of a vehicle's route from the one where it is; on a junction, from the one that it will turn into.

    What lies behind is no target any more: asked to lead a vehicle on a junction back, SUMO dies.
    """
    place = max(api.vehicle.getRouteIndex(vehicle), 0) + _on_junction(api, vehicle)
    way: Sequence[str] = api.vehicle.getRoute(vehicle)[place:]
    return way


def _leave_out(api: Any, vehicle: str, closed: frozenset[str], others: dict[str, tuple[str, ...]]) -> None:
    """Move or drop a vehicle's coming stops on closed edges, the last one first: so the others keep their places. On a
    junction they are dropped (see ParkAt).
    """
    stops = api.vehicle.getStops(vehicle, 0)
    for place in reversed(range(len(stops))):
        stop = stops[place]
        if stop.lane.rpartition("_")[0] not in closed or stop.arrival >= 0.0:
            continue
        area = stop.stoppingPlaceID if stop.stopFlags & STOP_AT_PARKING_AREA else ""
        if place == 0 and any(_moved(api, vehicle, other) for other in others.get(area, ()) if _has_room(api, other)):
            continue
        api.vehicle.replaceStop(vehicle, place, "")


def _next_parking(api: Any, vehicle: str) -> str:
    """The parking area of a vehicle's next stop, or "" where it is at none, or is reached."""
    for stop in api.vehicle.getStops(vehicle, 1):
        if stop.stopFlags & STOP_AT_PARKING_AREA and stop.arrival < 0.0:
            return str(stop.stoppingPlaceID)
    return ""


def _round(api: Any, edge: str, type: str) -> tuple[float, list[str]]:
    """The fastest way from an edge's end back to its end: seconds, and its edges; none where there is no way."""
    links = [link for lane in range(api.edge.getLaneNumber(edge)) for link in api.lane.getLinks(f"{edge}_{lane}")]
    best: tuple[float, list[str]] = (float("inf"), [])
    for follower in sorted({link[0].rpartition("_")[0] for link in links}):
        if way := _way(api, (follower, edge), type):
            best = min(best, (sum(map(api.edge.getTraveltime, way)), way))
    return best


def _has_room(api: Any, area: str) -> bool:
    capacity = int(api.simulation.getParameter(area, "parkingArea.capacity"))
    return int(api.parkingarea.getVehicleCount(area)) < capacity


def _moved(api: Any, vehicle: str, area: str) -> bool:
    """Whether SUMO takes another parking area for a vehicle's next stop."""
    if _on_junction(api, vehicle):
        return False
    try:
        api.vehicle.rerouteParkingArea(vehicle, area)
    except Exception:  # TraCIException of whichever API: there is no way to it
        return False
    return True


def _way(api: Any, tour: Sequence[str], type: str) -> list[str] | None:
    """The fastest way over the edges of a tour, or None."""
    edges: list[str] = [tour[0]]
    for start, end in pairwise(tour):
        leg = [end] if start == end else list(api.simulation.findRoute(start, end, type).edges)
        if not leg:
            return None
        edges += leg[1:] if start != end else []
    return edges
