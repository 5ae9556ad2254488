"""[charging] of a scenario."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

from wayside.edge.charging.piles import CONNECTORS
from wayside.edge.charging.storage import Storage
from wayside.sim.scenario import explain
from wayside.sim.scenario.daily import DailyRow, as_rows, short, whole
from wayside.sim.scenario.uses import Group, Use, as_use
from wayside.sim.scenario.values import Name, Section, as_tuple, refuse


def _connector(name: str) -> str:
    if name not in CONNECTORS:
        raise refuse(f"must be one of {', '.join(CONNECTORS)}")
    return name


ConnectorName = Annotated[str, AfterValidator(_connector)]
PilePolicyUse = Annotated[Use, BeforeValidator(as_use), Group("charging")]
PowerUse = Annotated[Use, BeforeValidator(as_use), Group("power")]


class LimitRow(DailyRow):
    """A limit in a part of the day."""

    limit_w: float = Field(ge=0, le=1e12, description="W at most")


class SunRow(DailyRow):
    """What the sun gives in a part of the day."""

    pv_w: float = Field(ge=0, le=1e12, description="W")


class PriceRow(DailyRow):
    """A price in a part of the day."""

    price_per_kwh: float = Field(ge=0, le=1e6, description="In the scenario's currency")


class FactorRow(DailyRow):
    """How much of something there is in a part of the day."""

    factor: float = Field(ge=0, le=100, description="Times what the file says")


LimitOfDay = Annotated[
    tuple[LimitRow, ...],
    BeforeValidator(as_rows("limit_w", 1e12), json_schema_input_type=float | tuple[LimitRow, ...]),
    whole("limit_w"),
    short("limit_w"),
]
SunOfDay = Annotated[
    tuple[SunRow, ...],
    BeforeValidator(as_rows("pv_w", 1e12), json_schema_input_type=float | tuple[SunRow, ...]),
    whole("pv_w"),
    short("pv_w"),
]
PriceOfDay = Annotated[
    tuple[PriceRow, ...],
    BeforeValidator(as_rows("price_per_kwh", 1e6), json_schema_input_type=float | tuple[PriceRow, ...]),
    whole("price_per_kwh"),
    short("price_per_kwh"),
]
FactorOfDay = Annotated[
    tuple[FactorRow, ...],
    BeforeValidator(as_rows("factor", 100.0), json_schema_input_type=float | tuple[FactorRow, ...]),
    whole("factor"),
    short("factor"),
]
_ALWAYS = (FactorRow(begin="00:00", end="24:00", factor=1.0),)


class GridSection(Section):
    """[charging.grid]: the power grid that feeds the sites."""

    file: Path = Field(
        strict=False,
        description="Its JSON, of pandapower or power-grid-model; relative to the folder of the scenario's file",
    )
    nodes: dict[Name, Name | int] = Field(
        min_length=1,
        description="Where sites are, as { hub = 'bus 5' }: a node's name, or its number in the file; others are fed "
        "otherwise",
    )
    load: FactorOfDay = Field(
        default=_ALWAYS,
        description="What the file's own loads are multiplied by; a number, or rows over the day with factor",
    )
    generation: FactorOfDay = Field(
        default=_ALWAYS,
        description="The same for its generators of constant power",
    )
    binds: bool = Field(
        default=True, description="Whether sites may only draw what its limits allow; else it is watched alone"
    )
    max_loading: float = Field(default=100.0, gt=0, le=1000, description="Of lines and transformers, %")
    min_voltage: float = Field(default=0.9, ge=0, le=1.5, description="Of nodes, p.u.")
    max_voltage: float = Field(
        default=1.1, gt=0, le=2, description="Of nodes, p.u.; told where it is exceeded, as no site can help it"
    )
    every: float = Field(default=60.0, ge=1, le=86400, description="Between two rows of a part in charging-grid, s")

    @field_validator("file", mode="before")
    @classmethod
    def _existing(cls, value: object) -> Path:
        if not isinstance(value, (str, Path)) or not str(value).isprintable() or value == "":
            raise refuse("must be the path of a file")
        path = explain.folder() / Path(value).expanduser()
        if trouble := explain.unreadable(path):
            raise refuse(trouble if path == Path(value) else f"{trouble} ({path})")
        return path

    @field_validator("max_voltage")
    @classmethod
    def _above_the_least(cls, value: float, info: ValidationInfo) -> float:
        least = info.data.get("min_voltage")
        if least is not None and value <= least:
            raise refuse(f"must be greater than charging.grid.min_voltage ({least})")
        return value


class StorageSection(Section):
    """[charging.sites.NAME.storage]: a battery at a site."""

    capacity_wh: float = Field(gt=0, le=1e12, description="What it holds at most, Wh")
    power_w: float = Field(gt=0, le=1e12, description="What it gives, and takes, at most, W")
    efficiency: float = Field(default=0.9, gt=0, le=1, description="Share of what it took that it gives again")
    charge: float = Field(default=0.5, ge=0, le=1, description="Share of the capacity that it holds at first")

    def made(self) -> Storage:
        """The same as the edge has it."""
        return Storage(self.capacity_wh, self.power_w, self.efficiency, self.charge)


class ChargingSite(Section):
    """[charging.sites.NAME]: what SUMO's files do not say of a site, or say otherwise."""

    limit_w: LimitOfDay | None = Field(
        default=None, description="What it draws at most, W, in place of site_limit_w; a number, or rows over the day"
    )
    pv_w: SunOfDay | None = Field(
        default=None, description="What the sun gives there, W; a number, or rows over the day with pv_w"
    )
    storage: StorageSection | None = Field(default=None, description="A battery there")
    connector: ConnectorName | None = Field(
        default=None, description=f"Of its piles, one of {', '.join(CONNECTORS)}; in place of the stations' own"
    )
    phases: int | None = Field(default=None, ge=1, le=3, description="Of its piles, where it is alternating current")
    volts: float | None = Field(default=None, gt=0, le=2000, description="Of a phase; by default the connector's")
    min_current_a: float | None = Field(
        default=None, ge=0, le=1000, description="A per phase below which a pile pauses; by default the connector's"
    )


class Feeder(Section):
    """[charging.feeders.NAME]: a limit above sites, as of a transformer."""

    limit_w: LimitOfDay = Field(min_length=1, description="What it feeds at most, W; a number, or rows over the day")
    of: Annotated[tuple[Name, ...], BeforeValidator(as_tuple)] = Field(
        min_length=1, description="The sites and further feeders that it feeds, by name"
    )


class TariffSection(Section):
    """[charging.tariffs.NAME]: what sites and feeders pay for what they draw."""

    of: Annotated[tuple[Name, ...], BeforeValidator(as_tuple)] = Field(
        default=(), description="The sites and feeders that have a meter each; by default those that nothing feeds"
    )
    price: PriceOfDay = Field(min_length=1, description="Per kWh; a number, or rows over the day with price_per_kwh")
    demand_charge: float = Field(
        default=0.0, ge=0, le=1e6, description="Per kW of a meter's greatest mean power of a demand period"
    )
    demand_period: float = Field(default=900.0, ge=60, le=86400, description="Over which its mean is taken, s")
    feed_in: float = Field(default=0.0, ge=0, le=1e6, description="Paid per kWh fed in; not above any price")

    @field_validator("feed_in")
    @classmethod
    def _below_the_price(cls, value: float, info: ValidationInfo) -> float:
        least = min((row.price_per_kwh for row in info.data.get("price", ())), default=value)
        if value > least:
            raise refuse(f"must not be above the lowest price ({least:g})")
        return value


class Charging(Section):
    """[charging]: who charges where, and how a site's power is shared."""

    policy: PilePolicyUse = Field(
        default=Use(use="least-completion"), description="How piles are given out: a name or module:Class"
    )
    power: PowerUse = Field(default=Use(use="equal"), description="How limits are shared among the vehicles plugged in")
    feeders: dict[Name, Feeder] = Field(
        default_factory=dict, description="Limits above those of sites, as { north = { limit_w = 2e5, of = [...] } }"
    )
    sites: dict[Name, ChargingSite] = Field(
        default_factory=dict, description="What SUMO's files do not say of sites, as { hub = { limit_w = 8e4 } }"
    )
    tariffs: dict[Name, TariffSection] = Field(
        default_factory=dict, description="What is paid for power, as { day = { price = 0.8, demand_charge = 40.0 } }"
    )
    grid: GridSection | None = Field(default=None, description="The power grid that feeds the sites")
    temperature: float | None = Field(
        default=None, ge=-40, le=60, description="Of batteries, degrees Celsius: in the cold they take less power"
    )
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
    reservation_timeout: float = Field(
        default=900.0, gt=0, le=1e6, description="How long a pile is promised to a vehicle that does not come, s"
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
