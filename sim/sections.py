"""The sections of a scenario: every field with its unit, its bounds and its default."""

import math
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import sumolib.net.lane
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from wayside.sim import explain
from wayside.sim.sumo.configuration import canonical

SUMO_VEHICLE_CLASSES = frozenset(sumolib.net.lane.SUMO_VEHICLE_CLASSES)

TICK_MS = 100  # the V2X clock, whatever SUMO's step

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

_PLUGIN = r"^[A-Za-z_][\w.-]*(:[A-Za-z_][\w.]*)?$(?!\n)"  # names of code


def refuse(what: str) -> PydanticCustomError:
    """An error whose text, as everywhere here, says what is allowed."""
    return PydanticCustomError("wayside", "{what}", {"what": what})


def _milliseconds(value: float) -> int:
    """`value` s in whole ms, or a refusal."""
    milliseconds = round(value * 1000)
    if abs(value * 1000 - milliseconds) > 1e-6:
        raise refuse("must be whole milliseconds")
    return milliseconds


def _whole_ticks(value: float) -> float:
    if _milliseconds(value) % TICK_MS:
        raise refuse("must be a multiple of 0.1 s")
    return value


def check_step(value: float) -> float:
    """A step length (s) that fits the V2X clock: a multiple or a divisor of its 100 ms."""
    step = _milliseconds(value)
    if step <= 0 or (step % TICK_MS and TICK_MS % step):
        raise refuse("must be a multiple or a divisor of 0.1 s, in whole milliseconds")
    return value


def _option_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z?][A-Za-z0-9.-]*", name):
        raise refuse("must be the name of a SUMO option, without dashes before it")
    instead = OWN_OPTIONS.get(canonical(name))
    if instead is not None:
        raise refuse(f"wayside sets this itself: say it as {instead}" if instead else "wayside sets this itself")
    return name


def _option_value(value: object) -> object:
    if not isinstance(value, (str, int, float)):
        raise refuse("must be a string, a number, true or false")
    if isinstance(value, float) and not math.isfinite(value):
        raise refuse("must be a finite number")
    return value


def _place(value: object) -> object:
    """`at = [x, y]` is short for one position."""
    if isinstance(value, (list, tuple)) and len(value) == 2 and not isinstance(value[0], (list, tuple)):
        return {"positions": [value]}
    return value


def _kind_of_place(value: object) -> str | None:
    if value == "traffic-lights":
        return "at:traffic-lights"
    for kind in ("junctions", "positions", "edges"):
        if (isinstance(value, dict) and kind in value) or hasattr(value, kind):
            return f"at:{kind}"
    return None


def as_tuple(value: object) -> object:
    """Lists are what TOML and Python users write; tuples are what stays unchanged."""
    return tuple(value) if isinstance(value, list) else value


def _one_line(value: str) -> str:
    if not value.isprintable():
        raise refuse("must be one line of printable text")
    return value


def _date(value: object) -> object:
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


def _plugin_name(name: str) -> str:
    if not re.match(_PLUGIN, name):
        raise refuse("must be a name or module:Class")
    return name


def _all_of_one(value: object) -> object:
    """A name alone is short for a share of 1."""
    if not isinstance(value, (str, dict)):
        raise refuse('must be a radio, as "lte-v2x", or a table of shares, as { "lte-v2x" = 0.3 }')
    return {value: 1.0} if isinstance(value, str) else value


def _at_most_all(shares: dict[str, float]) -> dict[str, float]:
    if (total := sum(shares.values())) > 1.0 + 1e-9:
        raise refuse(f"shares must add up to at most 1, not {total:g}")
    return shares


def _vehicle_class(name: str) -> str:
    if name not in SUMO_VEHICLE_CLASSES:
        guess = explain.nearest(name, SUMO_VEHICLE_CLASSES)
        raise refuse(f'"{name}" is no vehicle class of SUMO' + (f'; did you mean "{guess}"?' if guess else ""))
    return name


Point = Annotated[tuple[float, float], BeforeValidator(as_tuple)]
Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_one_line)]
# A name that entry points or `module:Class` resolve; what it means is decided where it is used.
PluginName = Annotated[str, Field(pattern=_PLUGIN)]
VehicleClass = Annotated[str, AfterValidator(_vehicle_class)]
Share = Annotated[float, Field(ge=0, le=1)]
Power = Annotated[float, Field(ge=-50, le=40)]  # dBm


class Section(BaseModel):
    # strict: "300" is not 300, and true is not 1; a mistake of type is told, not guessed at
    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        validate_default=True,
        regex_engine="python-re",  # one idea of a letter, here and where names are made of files
    )


class Run(Section):
    """[scenario]: what this run is called, how long it is, what chance it draws."""

    name: str = Field(
        default="scenario",
        pattern=r"^\w[\w .+-]*$(?!\n)",
        max_length=100,
        description="Short name, used for folders; by default the stem of the scenario's file",
    )
    title: Annotated[str, AfterValidator(_one_line)] = Field(
        default="", max_length=200, description="One line for people"
    )
    end: float | None = Field(
        default=None,
        gt=0,
        le=1e9,
        description="End, s of SUMO's clock; by default the configuration's own, else when all vehicles have left",
    )
    seed: int | None = Field(
        default=None,
        ge=0,
        le=2**31 - 1,
        description="Seed of SUMO and of all other chance; by default the configuration's own, else SUMO's 23423",
    )
    pipeline: Literal["lockstep", "overlapped"] = Field(
        default="lockstep",
        description="lockstep: what the edge decides holds for SUMO's next step; overlapped: for the one after",
    )


class Sumo(Section):
    """[sumo]: the traffic."""

    config: Path = Field(strict=False, description="SUMO configuration; relative to the folder of the scenario's file")
    step_length: Annotated[float, AfterValidator(check_step)] | None = Field(
        default=None,
        gt=0,
        le=10,
        description="SUMO's step, s: a multiple or a divisor of 0.1 in whole ms; by default the configuration's own",
    )
    options: dict[
        Annotated[str, AfterValidator(_option_name)],
        Annotated[str | bool | int | float, BeforeValidator(_option_value)],
    ] = Field(
        default_factory=dict,
        description="Further options of SUMO by name; paths in them are relative to the configuration's folder",
    )

    @field_validator("config", mode="before")
    @classmethod
    def _existing(cls, value: object) -> Path:
        if not isinstance(value, (str, Path)) or not str(value).isprintable() or value == "":
            raise refuse("must be the path of a SUMO configuration")
        path = explain.folder() / Path(value).expanduser()
        if trouble := explain.unreadable(path):
            raise refuse(trouble if path == Path(value) else f"{trouble} ({path})")
        return path


class V2X(Section):
    """[v2x]: the air and who speaks on it."""

    family: Literal["etsi", "csae"] = Field(
        default="etsi", description="Messages: of ETSI (CAM, SPATEM, ...) or of the Chinese YD/T 3709 (BSM, SPAT, ...)"
    )
    radio: PluginName = Field(default="ideal", description="Radio model: a registered name or module:Class")
    radio_of: dict[
        VehicleClass,
        Annotated[
            dict[Annotated[str, AfterValidator(_plugin_name)], Share],
            BeforeValidator(_all_of_one, json_schema_input_type=str | dict[str, Share]),
            AfterValidator(_at_most_all),
        ],
    ] = Field(
        default_factory=dict,
        description='Other radios for some of SUMO\'s vehicle classes, as { bus = "lte-v2x" }, or for shares of them, '
        'as { passenger = { "lte-v2x" = 0.3 } }; units have all of them',
    )
    range: float = Field(default=300.0, gt=0, le=100_000, description="Greatest distance of reception, m")
    penetration: float = Field(default=1.0, ge=0, le=1, description="Share of vehicles with an on-board unit, 0..1")
    penetration_of: dict[VehicleClass, Share] = Field(
        default_factory=dict, description="Other shares for some of SUMO's vehicle classes, as { bus = 1.0 }"
    )
    uu: Literal["off", "ideal", "field"] = Field(
        default="off",
        description="Requests and their answers by cellular (Uu) beside the sidelink, and with which latency and loss",
    )
    epoch: Annotated[datetime, BeforeValidator(_date)] = Field(
        default=datetime(2026, 1, 1, tzinfo=UTC),
        description="UTC date and time of the simulation's second 0; messages carry it",
    )
    origin: Annotated[tuple[float, float], BeforeValidator(as_tuple)] = Field(
        default=(0.0, 0.0),
        description="[latitude, longitude] of the net's point (0, 0), degrees, where the net has no projection",
    )
    gnss_error: float = Field(
        default=0.0, ge=0, le=1000, description="Standard deviation of positions that vehicles know, per axis, m"
    )
    gnss_correlation: float = Field(
        default=60.0, gt=0, le=1e5, description="Time in which a position's error falls to 1/e of itself, s"
    )
    neighbours: bool = Field(
        default=False, description="Whether vehicles keep a table of whom they hear, and gaps are measured"
    )

    @field_validator("origin")
    @classmethod
    def _on_earth(cls, value: tuple[float, float]) -> tuple[float, float]:
        if not (-80.0 <= value[0] <= 80.0 and -180.0 <= value[1] <= 180.0):
            raise refuse("must be a latitude within 80 and a longitude within 180 degrees of 0")
        return value

    @property
    def radios(self) -> tuple[str, ...]:
        """The radios of this scenario by name: that of all others first, then those of `radio_of`."""
        others = {name for shares in self.radio_of.values() for name in shares} - {self.radio}
        return self.radio, *sorted(others)


class Air(Section):
    """[air]: how stations send, for the modelled radios (itsg5, lte-v2x, nr-v2x) and the closed forms."""

    propagation: Literal["urban", "highway", "winner-b1", "two-ray", "free-space"] = Field(
        default="urban",
        description="Path loss: urban and highway of TR 37.885 with vehicles in between, or a plain model",
    )
    buildings: bool = Field(default=True, description="Whether the scenario's building polygons cast a shadow")
    blockage: Literal["drawn", "vehicles"] = Field(
        default="drawn",
        description="Vehicles in between (urban, highway): drawn by distance, or those that stand in the line of sight",
    )
    power: Power = Field(default=23.0, description="Transmit power of vehicles, dBm")
    power_of: dict[VehicleClass, Power] = Field(
        default_factory=dict,
        description="Other transmit powers for some of SUMO's vehicle classes, dBm, as { bus = 26.0 }",
    )
    unit_power: Power = Field(default=23.0, description="Transmit power of roadside units, dBm")
    gain: float = Field(default=0.0, ge=-20, le=20, description="Gain of every antenna, dBi")
    height: float = Field(
        default=1.5, gt=0, le=100, description="Height of cars' antennas, m; trucks, buses and trams have 3.0 m"
    )
    unit_height: float = Field(default=6.0, gt=0, le=100, description="Height of roadside units' antennas, m")
    frequency: float = Field(default=5.9, gt=0, le=100, description="Carrier frequency, GHz")
    noise_figure: float = Field(default=9.0, ge=0, le=30, description="Noise figure of receivers, dB")
    reach: float = Field(default=1000.0, gt=0, le=5000, description="Distance beyond which nothing is received, m")
    curves: str = Field(
        default="", description="Curves of packet error, as G5-HighwayLOS; empty: G5-UrbanLOS, for NR-V2X G5-UrbanNLOS"
    )
    size: int | None = Field(
        default=None, ge=1, le=4096, description="Size of every packet, bytes; by default each has its own"
    )
    rate: float = Field(
        default=6.0, description="ITS-G5: bit rate, Mbit/s (3, 4.5, 6, 9 or 12; others as curves allow)"
    )
    capture: float = Field(
        default=10.0,
        ge=0,
        le=100,
        description="ITS-G5: a later frame stronger by so much is received instead, dB; 0: never",
    )
    mcs: int = Field(
        default=7,
        ge=0,
        le=28,
        description="Sidelink: modulation and coding scheme; a packet too long for the carrier takes a higher one",
    )
    channels: int | None = Field(
        default=None,
        ge=1,
        le=20,
        description="Sidelink: sub-channels in 10 MHz; by default 4, for NR-V2X 2 at 30 kHz and 5 at 15 kHz",
    )
    keep: float = Field(default=0.0, ge=0, le=0.8, description="Sidelink: probability that a resource is kept, 0..0.8")
    retransmit: bool = Field(default=False, description="Sidelink: whether every packet is sent twice (HARQ)")
    spacing: int = Field(default=30, description="NR-V2X: sub-carrier spacing, 15 or 30 kHz")
    dcc: Literal["off", "reactive", "adaptive"] = Field(
        default="off", description="ITS-G5: decentralised congestion control of TS 102 687"
    )
    threads: int = Field(
        default=1, ge=1, le=64, description="Threads that renew the links; results do not depend on it"
    )


class Junctions(Section):
    """Units at named junctions."""

    junctions: Annotated[tuple[Name, ...], BeforeValidator(as_tuple)] = Field(
        min_length=1, description="Ids of junctions of the net"
    )


class Positions(Section):
    """Units at given points."""

    positions: Annotated[tuple[Point, ...], BeforeValidator(as_tuple)] = Field(
        min_length=1, description="Points [x, y], m in the net's own coordinates"
    )


class Edges(Section):
    """Units along named edges."""

    edges: Annotated[tuple[Name, ...], BeforeValidator(as_tuple)] = Field(
        min_length=1, description="Ids of edges of the net"
    )
    spacing: float = Field(default=300.0, gt=0, le=100_000, description="Distance between two units along the edges, m")


Place = Annotated[
    Annotated[Literal["traffic-lights"], Tag("at:traffic-lights")]
    | Annotated[Junctions, Tag("at:junctions")]
    | Annotated[Positions, Tag("at:positions")]
    | Annotated[Edges, Tag("at:edges")],
    Discriminator(_kind_of_place, custom_error_type="wayside", custom_error_message=f"must be {explain.PLACES}"),
    BeforeValidator(_place),
]


class Rsu(Section):
    """[[rsu]]: where roadside units stand, and what runs on them."""

    at: Place = Field(
        default="traffic-lights",
        description="traffic-lights, or one position [x, y] in m, or a table with junctions, positions, or edges "
        "and spacing",
    )
    apps: Annotated[tuple[PluginName, ...], BeforeValidator(as_tuple)] = Field(
        default=("signals", "parking", "charging"),
        description="Applications: registered names or module:Class",
    )
    name: Name | None = Field(default=None, description="Put before the ids of these units")


class Parking(Section):
    """[parking]: who gets which bay."""

    policy: PluginName = Field(
        default="nearest", description="How bays are given out: a registered name or module:Class"
    )
    request_distance: float = Field(
        default=800.0,
        gt=0,
        le=100_000,
        description="Distance to the destination below which a driver asks for a bay, m",
    )
    reservation_timeout: float = Field(
        default=900.0, gt=0, le=1e6, description="How long a bay is kept for a driver who does not come, s"
    )
    compliance: float = Field(
        default=1.0, ge=0, le=1, description="Share of drivers who go to the bay reserved for them, 0..1"
    )


class Charging(Section):
    """[charging]: who charges where, and how a site's power is shared."""

    policy: PluginName = Field(
        default="least-completion", description="How piles are given out: a name or module:Class"
    )
    power: PluginName = Field(default="equal", description="How a site's limit is shared among the vehicles plugged in")
    request_below: float = Field(default=0.3, ge=0, le=1, description="State of charge below which a driver asks, 0..1")
    target: float = Field(
        default=0.8, gt=0, le=1, description="State of charge to charge to, 0..1; above request_below"
    )

    max_wait: float = Field(
        default=120.0,
        ge=0,
        le=1e6,
        description="Longest expected wait at a pile for which a vehicle is sent there, s; others ask again",
    )
    compliance: float = Field(
        default=1.0, ge=0, le=1, description="Share of drivers who go to the pile promised to them, 0..1"
    )

    @field_validator("target")
    @classmethod
    def _above(cls, value: float, info: ValidationInfo) -> float:
        below = info.data.get("request_below")
        if below is not None and value <= below:
            raise refuse(f"must be greater than charging.request_below ({below})")
        return value


class Record(Section):
    """[record]: what is written down, and how often."""

    interval: Annotated[float, AfterValidator(_whole_ticks)] = Field(
        default=1.0,
        gt=0,
        le=1e6,
        description="Time between rows of the rsu table and of message counts, s; multiple of 0.1",
    )
    messages: Literal["counts", "sampled", "all"] = Field(
        default="counts",
        description="Messages counted; one in a hundred written too; or every one",
    )
    pcap: bool = Field(default=False, description="Whether every packet is written to v2x.pcap, as octets")
    trajectories: Annotated[float, AfterValidator(_whole_ticks)] = Field(
        default=0.0,
        ge=0,
        le=1e6,
        description="Time between rows of trajectories.parquet, s; multiple of 0.1; 0: none",
    )
