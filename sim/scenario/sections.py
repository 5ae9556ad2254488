"""The sections of a scenario: every field with its unit, its bounds and its default."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    field_validator,
    model_validator,
)

from wayside.sim.scenario import explain
from wayside.sim.scenario.daily import TimeOfDay
from wayside.sim.scenario.uses import (
    AppUse,
    ControlUse,
    ObserverUse,
    Part,
    RadioUse,
    ServiceUse,
    Use,
    as_part,
    as_shares,
    at_most_all,
    plugin_name,
)
from wayside.sim.scenario.values import (
    Name,
    Point,
    Power,
    Section,
    Share,
    VehicleClass,
    as_tuple,
    check_step,
    date,
    one_line,
    option_name,
    option_value,
    refuse,
    whole_ticks,
)

NAMED_PLACES = ("traffic-lights", "car-parks", "charging-stations")


def _place(value: object) -> object:
    """`at = [x, y]` is short for one position."""
    if isinstance(value, (list, tuple)) and len(value) == 2 and not isinstance(value[0], (list, tuple)):
        return {"positions": [value]}
    return value


def _kind_of_place(value: object) -> str | None:
    if isinstance(value, str) and value in NAMED_PLACES:
        return "at:named"
    for kind in ("junctions", "positions", "edges"):
        if (isinstance(value, dict) and kind in value) or hasattr(value, kind):
            return f"at:{kind}"
    return None


class Run(Section):
    """[scenario]: what this run is called, how long it is, what chance it draws."""

    name: str = Field(
        default="scenario",
        pattern=r"^\w[\w .+-]*$(?!\n)",
        max_length=100,
        description="Short name, used for folders; by default the stem of the scenario's file",
    )
    title: Annotated[str, AfterValidator(one_line)] = Field(
        default="", max_length=200, description="One line for people"
    )
    end: float | None = Field(
        default=None,
        gt=0,
        le=1e9,
        description="End, s of SUMO's clock; by default the configuration's own, else when all vehicles have left",
    )
    clock: TimeOfDay = Field(default="00:00", description="The time of day at SUMO's second 0")
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
        Annotated[str, AfterValidator(option_name)],
        Annotated[str | bool | int | float, BeforeValidator(option_value)],
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


class ForwardingRules(Section):
    """[v2x.forwarding]: contention-based forwarding, by the names and defaults of EN 302 636-4-1, annexes F.3 and H."""

    least: float = Field(
        default=0.001, gt=0, le=0.1, description="Timer of a receiver at `reach` m or farther, s (itsGnCbfMinTime)"
    )
    most: float = Field(
        default=0.1, gt=0, le=0.1, description="Timer of a receiver beside the sender, s (itsGnCbfMaxTime)"
    )
    reach: float = Field(
        default=1000.0,
        gt=0,
        le=100_000,
        description="Distance from which on a timer is the least, m (itsGnDefaultMaxCommunicationRange)",
    )
    hops: int = Field(default=10, ge=1, le=255, description="Hop limit of a packet (itsGnDefaultHopLimit)")

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if self.least > self.most:
            raise refuse(f"must have least ({self.least:g} s) at most as long as most ({self.most:g} s)")
        return self


def _as_forwarding(value: object) -> object:
    """`true` is short for a table without anything in it, `false` for no table."""
    return ({} if value else None) if isinstance(value, bool) else value


class V2X(Section):
    """[v2x]: the air and who speaks on it."""

    family: Literal["etsi", "csae"] = Field(
        default="etsi", description="Messages: of ETSI (CAM, SPATEM, ...) or of the Chinese YD/T 3709 (BSM, SPAT, ...)"
    )
    radio: RadioUse = Field(default=Use(use="ideal"), description="Radio model: a registered name or module:Class")
    radio_of: dict[
        VehicleClass,
        Annotated[
            dict[Annotated[str, AfterValidator(plugin_name)], Annotated[Part, BeforeValidator(as_part)]],
            BeforeValidator(as_shares, json_schema_input_type=RadioUse | dict[str, Share | Part]),
            AfterValidator(at_most_all),
        ],
    ] = Field(
        default_factory=dict,
        description='Other radios for some of SUMO\'s vehicle classes, as { bus = "lte-v2x" }, or for shares of them, '
        'as { passenger = { "lte-v2x" = 0.3 } }, with options { passenger = { "lte-v2x" = { share = 0.3, ... } } }; '
        "units have all of them",
    )
    range: float = Field(default=300.0, gt=0, le=100_000, description="Greatest distance of reception, m")
    penetration: float = Field(default=1.0, ge=0, le=1, description="Share of vehicles with an on-board unit, 0..1")
    penetration_of: dict[VehicleClass, Share] = Field(
        default_factory=dict, description="Other shares for some of SUMO's vehicle classes, as { bus = 1.0 }"
    )
    vru_penetration: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="Share of pedestrians and of cyclists (SUMO's classes bicycle and scooter) with a device that says "
        "VAMs, 0..1; by default pedestrians have none, and cyclists are as other vehicles",
    )
    uu: Literal["off", "ideal", "field"] = Field(
        default="off",
        description="Requests and their answers by cellular (Uu) beside the sidelink, and with which latency and loss; "
        "who hears no unit then asks the city's platform",
    )
    services: Annotated[tuple[ServiceUse, ...], BeforeValidator(as_tuple)] = Field(
        default=(Use(use="parking"), Use(use="charging"), Use(use="hazards")),
        description="On-board services, what vehicles ask for and obey: registered names or module:Class",
    )
    epoch: Annotated[datetime, BeforeValidator(date)] = Field(
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
    forwarding: Annotated[
        ForwardingRules | None,
        BeforeValidator(_as_forwarding, json_schema_input_type=bool | ForwardingRules),
    ] = Field(
        default=None,
        description="Whether vehicles and units forward what goes to an area, by contention: true, or a table of how",
    )

    @field_validator("origin")
    @classmethod
    def _on_earth(cls, value: tuple[float, float]) -> tuple[float, float]:
        if not (-80.0 <= value[0] <= 80.0 and -180.0 <= value[1] <= 180.0):
            raise refuse("must be a latitude within 80 and a longitude within 180 degrees of 0")
        return value

    @property
    def radios(self) -> tuple[Use, ...]:
        """The radios of this scenario: that of all others first, then those of `radio_of`, by name and options."""
        others = {Use(use=name, **part.options) for parts in self.radio_of.values() for name, part in parts.items()}
        return self.radio, *sorted(others - {self.radio}, key=lambda radio: (radio.use, str(radio.options)))

    def radios_of(self, vehicle_class: str) -> list[tuple[float, int]]:
        """Which shares of a vehicle class have which radios (numbers in `radios`), by the radios' names."""
        parts = sorted(self.radio_of.get(vehicle_class, {}).items())  # in whatever order they were written
        radios = self.radios
        return [(part.share, radios.index(Use(use=name, **part.options))) for name, part in parts]


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
    sensitivity: float | None = Field(
        default=None,
        ge=-150,
        le=0,
        description="Power in 10 MHz below which a receiver does not notice a packet, dBm; by default 5 dB below its "
        "noise, where nothing is received anyhow",
    )
    carrier_sense: float | None = Field(
        default=None,
        ge=-150,
        le=0,
        description="ITS-G5: power from which a frame that is noticed keeps the channel busy, dBm; by default whatever "
        "is noticed (IEEE 802.11-2016, clause 17.3.12; clause 17.3.10.6 demands -85 at least)",
    )
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
    threshold: float = Field(
        default=-110.0,
        ge=-128,
        le=0,
        description="Sidelink: power of a resource element from which a reservation excludes what it reserves, "
        "dBm (SL-ThresPSSCH-RSRP of TS 36.331, SL-Thres-RSRP of TS 38.331); raised by 3 dB until enough are left",
    )
    keep: float = Field(default=0.0, ge=0, le=0.8, description="Sidelink: probability that a resource is kept, 0..0.8")
    retransmit: bool = Field(default=False, description="Sidelink: whether every packet is sent twice (HARQ)")
    emission: bool = Field(
        default=True,
        description="Sidelink: whether a packet disturbs the other sub-channels of its slot (in-band emission: LTE-V2X "
        "as TR 36.885 has it, NR-V2X at the limits of TS 38.101-1)",
    )
    spacing: int = Field(default=30, description="NR-V2X: sub-carrier spacing, 15 or 30 kHz")
    dcc: Literal["off", "reactive", "adaptive"] = Field(
        default="off", description="ITS-G5: decentralised congestion control of TS 102 687"
    )
    threads: int = Field(
        default=1, ge=1, le=64, description="Threads that work out who hears whom; results do not depend on it"
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
    Annotated[Literal["traffic-lights", "car-parks", "charging-stations"], Tag("at:named")]
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
        description="traffic-lights (where the net has none, car parks and charging stations), car-parks, "
        "charging-stations, or one position [x, y] in m, or a table with junctions, positions, or edges and spacing",
    )
    apps: Annotated[tuple[AppUse, ...], BeforeValidator(as_tuple)] = Field(
        default=(Use(use="signals"), Use(use="parking"), Use(use="charging")),
        description="Applications: registered names or module:Class",
    )
    name: Name | None = Field(default=None, description="Put before the ids of these units")


class TrafficLights(Section):
    """[signals]: who runs the traffic lights."""

    control: ControlUse = Field(
        default=Use(use="program"),
        description="Controller of all traffic lights: a registered name or module:Class; program: the net's own "
        "programs, by SUMO",
    )
    detection: Literal["perfect", "heard", "loops"] | None = Field(
        default=None,
        description="What a controller sees: perfect (by default): all vehicles; heard: those in the local dynamic map "
        "of the unit that stands at the light; loops: what induction loops count",
    )
    loops: float | None = Field(
        default=None,
        ge=10,
        le=500,
        description="How far before the stop line the second loop of each lane lies, m (by default 60); for detection "
        "by loops",
    )
    maximum_red: float = Field(
        default=120.0,
        gt=0,
        le=3600,
        description="Time for which a controller or a request keeps nobody without green, s; longer where a round of "
        "all phases takes longer",
    )


class Record(Section):
    """[record]: what is written down, and how often."""

    interval: Annotated[float, AfterValidator(whole_ticks)] = Field(
        default=1.0,
        gt=0,
        le=1e6,
        description="Time between rows of the rsu table and of message counts, s; multiple of 0.1",
    )
    messages: Literal["counts", "sampled", "all"] = Field(
        default="counts",
        description="Messages counted; one in a hundred written too; or every one",
    )
    observers: Annotated[tuple[ObserverUse, ...], BeforeValidator(as_tuple)] = Field(
        default=(), description="Observers with key figures and tables of their own: registered names or module:Class"
    )
    pcap: bool = Field(default=False, description="Whether every packet is written to v2x.pcap, as octets")
    trajectories: Annotated[float, AfterValidator(whole_ticks)] = Field(
        default=0.0,
        ge=0,
        le=1e6,
        description="Time between rows of trajectories.parquet, s; multiple of 0.1; 0: none",
    )
    view: bool | None = Field(
        default=None,
        description="Whether the live view is recorded to view.film, to be played by wayside view; by default only "
        "where the run is served",
    )
    view_limit: float = Field(
        default=2000.0, gt=0, le=1e6, description="Size at which the recording of the live view ends, MB"
    )
