"""A tour of the live view, told by a JSON file: cameras, layers, captions, and what happens (docs/viewer.md)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError, create_model
from pydantic_core import PydanticCustomError

from wayside.edge.errors import WaysideError
from wayside.sim.scenario import explain
from wayside.web.server.models import Body
from wayside.web.server.view import known

BUILTIN = Path(__file__).with_name("tour.json")  # one that any city can show
LARGEST = 256 << 10  # octets

# As the page has them (web/viewer/src/link.ts); a test holds the two together.
Layer = Literal[
    "buildings", "signals", "parks", "sites", "units", "ranges", "pulses", "arcs", "losses", "labels", "persons",
    "sensing", "hazards", "requests", "advice", "hops", "help", "helped", "drawings",
]  # fmt: skip
Colour = Literal["kind", "speed", "charge", "connected", "parking"]

WORDS = ("city", "unit", "light", "park", "site", "guided", "charging")
KINDS = ("unit", "light", "park", "site", "road", "vehicle")


def _seen(text: str) -> str:
    kind, _, id = text.partition(" ")
    if text in WORDS or (kind in KINDS and id):
        return text
    raise PydanticCustomError("seen", f"must be {', '.join(WORDS)}, or one of {', '.join(KINDS)} with its id")


class Camera(Body):
    """A camera: what is left out stays as it is."""

    x: float | None = None  # m
    y: float | None = None
    span: Annotated[float, Field(gt=0, le=1e6)] | None = None  # m across the map's shorter side
    tilt: Annotated[float, Field(ge=0, le=80)] | None = None  # degrees from straight down
    bearing: Annotated[float, Field(ge=-360, le=360)] | None = None  # degrees, of the top of the picture


class SwitchSeen(Body):
    """Switch the roadside unit that is seen."""

    on: bool


class CloseSeen(Body):
    """Close or open the road that is seen."""

    closed: bool


@cache
def _actions() -> dict[str, tuple[type[Body], bool]]:
    """By name: what an action takes in a tour, and whether the page adds the place that is seen."""
    found: dict[str, tuple[type[Body], bool]] = {"unit": (SwitchSeen, False), "road": (CloseSeen, False)}
    for action in (action for kind in known().values() for action in kind.actions):
        fields = action.body.model_fields
        rest = {name: (field.annotation, field) for name, field in fields.items() if name not in ("x", "y")}
        found[action.name] = create_model(action.body.__name__, __base__=Body, **rest), "x" in fields  # type: ignore[call-overload]
    return found


def _doings(said: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    for name, body in said.items():
        if name not in _actions():
            raise PydanticCustomError("doing", f"{name} is none: must be {', '.join(_actions())}")
        try:
            _actions()[name][0].model_validate(body)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join([name, *map(str, first["loc"])])
            raise PydanticCustomError("doing", f"{where}: {first['msg'][:1].lower()}{first['msg'][1:]}") from None
    return said


class TourStop(Body):
    """One stop of a tour."""

    caption: str = Field(min_length=1, max_length=600)
    seconds: float = Field(default=12.0, ge=1.0, le=600.0)
    see: Annotated[str, Field(max_length=200), AfterValidator(_seen)] | None = None
    view: Camera | None = None
    select: bool = False  # open what is known of it beside the map
    follow: bool = False  # keep a vehicle in the middle
    orbit: bool = False  # turn slowly around
    layers: list[Layer] | None = None  # these alone; by default as they are
    colour: Colour | None = None
    action: Annotated[dict[str, dict[str, Any]], AfterValidator(_doings)] | None = None  # by name: what it takes


class Tour(Body):
    """A tour: its stops one after the other."""

    title: str = Field(default="Tour", min_length=1, max_length=100)
    stops: list[TourStop] = Field(min_length=1, max_length=200)


def read_tour(path: Path) -> dict[str, object]:
    """The tour in a JSON file, checked, as `GET /api/tour` has it. WaysideError, one line, for what is none."""
    with explain.reading(path):
        if trouble := explain.unreadable(path):
            raise WaysideError(explain.line(trouble))
        octets = path.read_bytes()
        if len(octets) > LARGEST:
            raise WaysideError(explain.line(f"no tour: larger than {LARGEST >> 10} KB"))
        try:
            said = json.loads(octets.decode("utf-8-sig"))
        except (UnicodeDecodeError, ValueError, RecursionError) as error:
            raise WaysideError(explain.line(f"not JSON: {error}")) from None
        if not isinstance(said, dict):
            raise WaysideError(explain.line("must be a table with stops"))
        try:
            tour = Tour.model_validate(said).model_dump(exclude_none=True)
        except ValidationError as error:
            raise WaysideError(explain.one_line(error, Tour)) from None
    for stop in tour["stops"]:
        if "action" in stop:
            stop["action"] = [
                {"name": name, "body": body, "place": _actions()[name][1]} for name, body in stop["action"].items()
            ]
    return tour
