"""What the fields of a scenario may hold: checks, each with what it refuses said in words."""

import math
import re
from datetime import UTC, datetime
from typing import Annotated

import sumolib.net.lane
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from wayside.edge.app import TICK_MS
from wayside.sim.scenario import explain
from wayside.sim.scenario.configuration import canonical

SUMO_VEHICLE_CLASSES = frozenset(sumolib.net.lane.SUMO_VEHICLE_CLASSES)

# Options of SUMO that wayside sets itself, and where the user says it instead.
OWN_OPTIONS = {
    "configuration-file": "sumo.config",
    "seed": "scenario.seed",
    "random": "scenario.seed",
    "end": "scenario.end",
    "step-length": "sumo.step_length",
    "remote-port": "",
    "num-clients": "",
    "output-prefix": "",
    "output-suffix": "",
    "save-configuration": "",
    "save-template": "",
    "save-schema": "",
    "help": "",
    "?": "",
    "version": "",
    "V": "",
}


def refuse(what: str) -> PydanticCustomError:
    """An error whose text, as everywhere here, says what is allowed."""
    return PydanticCustomError("wayside", "{what}", {"what": what})


def milliseconds(value: float) -> int:
    """`value` s in whole ms, or a refusal."""
    milliseconds = round(value * 1000)
    if abs(value * 1000 - milliseconds) > 1e-6:
        raise refuse("must be whole milliseconds")
    return milliseconds


def whole_ticks(value: float) -> float:
    """A time (s) that is a multiple of the V2X clock's 100 ms."""
    if milliseconds(value) % TICK_MS:
        raise refuse("must be a multiple of 0.1 s")
    return value


def check_step(value: float) -> float:
    """A step length (s) that fits the V2X clock: a multiple or a divisor of its 100 ms."""
    step = milliseconds(value)
    if step <= 0 or (step % TICK_MS and TICK_MS % step):
        raise refuse("must be a multiple or a divisor of 0.1 s, in whole milliseconds")
    return value


def option_name(name: str) -> str:
    """The name of an option of SUMO that wayside does not set itself."""
    if not re.fullmatch(r"[A-Za-z?][A-Za-z0-9.-]*", name):
        raise refuse("must be the name of a SUMO option, without dashes before it")
    instead = OWN_OPTIONS.get(canonical(name))
    if instead is not None:
        raise refuse(f"wayside sets this itself: say it as {instead}" if instead else "wayside sets this itself")
    return name


def option_value(value: object) -> object:
    """The value of an option of SUMO."""
    if not isinstance(value, (str, int, float)):
        raise refuse("must be a string, a number, true or false")
    if isinstance(value, float) and not math.isfinite(value):
        raise refuse("must be a finite number")
    return value


def as_tuple(value: object) -> object:
    """Lists are what TOML and Python users write; tuples are what stays unchanged."""
    return tuple(value) if isinstance(value, list) else value


def one_line(value: str) -> str:
    """Printable text without line breaks."""
    if not value.isprintable():
        raise refuse("must be one line of printable text")
    return value


def date(value: object) -> object:
    """A date and time, UTC where no zone is said."""
    allowed = "must be a date and time from 2005 to 2099, as 2026-01-01T08:00:00Z"
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise refuse(allowed) from None
    if not isinstance(value, datetime) or not 2004 < value.year < 2100:
        raise refuse(allowed)
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def vehicle_class(name: str) -> str:
    """The name of one of SUMO's vehicle classes."""
    if name not in SUMO_VEHICLE_CLASSES:
        guess = explain.nearest(name, SUMO_VEHICLE_CLASSES)
        raise refuse(f'"{name}" is no vehicle class of SUMO' + (f'; did you mean "{guess}"?' if guess else ""))
    return name


Point = Annotated[tuple[float, float], BeforeValidator(as_tuple)]
Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(one_line)]
VehicleClass = Annotated[str, AfterValidator(vehicle_class)]
Share = Annotated[float, Field(ge=0, le=1)]
Power = Annotated[float, Field(ge=-50, le=40)]  # dBm


class Section(BaseModel):
    """The base of all sections: every field is checked, and no other is allowed."""

    # strict: "300" is not 300, and true is not 1; a mistake of type is told, not guessed at
    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        validate_default=True,
        regex_engine="python-re",  # one idea of a letter, here and where names are made of files
    )
