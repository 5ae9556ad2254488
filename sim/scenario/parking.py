"""[parking] of a scenario."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from wayside.sim.scenario.uses import Group, Use, as_use
from wayside.sim.scenario.values import Section

BayPolicyUse = Annotated[Use, BeforeValidator(as_use), Group("parking")]


class Parking(Section):
    """[parking]: who gets which bay."""

    policy: BayPolicyUse = Field(
        default=Use(use="nearest"), description="How bays are given out: a registered name or module:Class"
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
    search_horizon: float = Field(
        default=900.0, gt=0, le=1e6, description="As how long a search counts at most in its mean time, s"
    )
    compliance: float = Field(
        default=1.0, ge=0, le=1, description="Share of drivers who go to the bay reserved for them, 0..1"
    )
