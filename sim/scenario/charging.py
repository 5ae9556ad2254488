"""[charging] of a scenario."""

from typing import Annotated

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from wayside.sim.scenario.uses import Group, Use, as_use
from wayside.sim.scenario.values import Name, Section, as_tuple, refuse

PilePolicyUse = Annotated[Use, BeforeValidator(as_use), Group("charging")]
PowerUse = Annotated[Use, BeforeValidator(as_use), Group("power")]


class Feeder(Section):
    """[charging.feeders.NAME]: a limit above sites, as of a transformer."""

    limit_w: float = Field(ge=0, le=1e12, description="What it feeds at most, W")
    of: Annotated[tuple[Name, ...], BeforeValidator(as_tuple)] = Field(
        min_length=1, description="The sites and further feeders that it feeds, by name"
    )


class Charging(Section):
    """[charging]: who charges where, and how a site's power is shared."""

    policy: PilePolicyUse = Field(
        default=Use(use="least-completion"), description="How piles are given out: a name or module:Class"
    )
    power: PowerUse = Field(default=Use(use="equal"), description="How limits are shared among the vehicles plugged in")
    feeders: dict[Name, Feeder] = Field(
        default_factory=dict, description="Limits above those of sites, as { north = { limit_w = 2e5, of = [...] } }"
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
