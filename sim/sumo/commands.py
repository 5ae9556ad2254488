"""What may be asked of SUMO. Commands wait in a queue that is applied at a step boundary, in their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

STOP_AT_PARKING_AREA = 64
STOP_AT_CHARGING_STATION = 32
PARKING = 1  # off the lane
KEEP_STANDING = 86400.0  # s; such a stop is ended by Resume


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
    """Move a vehicle's next stop at a parking area to another one; it keeps its duration."""

    vehicle: str
    area: str

    def apply(self, api: Any) -> None:
        api.vehicle.rerouteParkingArea(self.vehicle, self.area)


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
class Resume:
    """End a vehicle's present stop."""

    vehicle: str

    def apply(self, api: Any) -> None:
        api.vehicle.resume(self.vehicle)


@dataclass(frozen=True)
class SpeedAdvice:
    """Let a vehicle drive at a speed [m/s] as far as it is safe; a negative speed ends the advice."""

    vehicle: str
    speed: float

    def apply(self, api: Any) -> None:
        api.vehicle.setSpeed(self.vehicle, self.speed)


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
class Refusal:
    """A command that SUMO did not take, and its words."""

    command: Command
    reason: str


def apply_all(commands: Sequence[Command], api: Any) -> list[Refusal]:
    """Apply commands in their order; those that SUMO refuses are returned, the others hold."""
    refused = []
    for command in commands:
        try:
            command.apply(api)
        except Exception as error:  # TraCIException of whichever API, or RuntimeError
            refused.append(Refusal(command, " ".join(str(error).split())))
    return refused
