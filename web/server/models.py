"""Bodies of the REST calls, checked by pydantic; what they answer is described in docs/live.md."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from wayside.web.server.pacing import FASTEST, SLOWEST


class Body(BaseModel):
    """No field that is not known, no number that is not one."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


Seed = Annotated[int, Field(ge=0, le=2**31 - 1)]
Value = bool | int | float | Annotated[str, Field(max_length=200)]


class StartRun(Body):
    """Start a scenario of the server's list."""

    scenario: str = Field(max_length=200)
    seed: Seed | None = None
    overrides: dict[Annotated[str, Field(max_length=100)], Value] = Field(default_factory=dict, max_length=40)


class Steps(Body):
    """Steps of SUMO's."""

    steps: int = Field(default=1, ge=1, le=100_000)


class Speed(Body):
    """A factor of real time; null: as fast as possible."""

    factor: float | None = Field(strict=False, ge=SLOWEST, le=FASTEST)


class Goto(Body):
    """A moment, s of SUMO's clock."""

    time: float = Field(strict=False, ge=0.0, le=1e9)


class Restart(Body):
    """The same run again."""

    seed: Seed | None = None


class SwitchUnit(Body):
    """Switch a roadside unit."""

    unit: int = Field(ge=0)
    on: bool


class CloseRoad(Body):
    """Close or open all lanes of an edge."""

    edge: int = Field(ge=0)
    closed: bool


class Surge(Body):
    """Electric vehicles with little charge set out."""

    count: int = Field(ge=1, le=500)
    charge: float = Field(strict=False, ge=0.0, le=1.0)


class Concert(Body):
    """Cars set out for the car parks around a place (m)."""

    count: int = Field(ge=1, le=1000)
    x: float = Field(strict=False)
    y: float = Field(strict=False)


class Problem(BaseModel):
    """Why a call was not obeyed."""

    detail: str
