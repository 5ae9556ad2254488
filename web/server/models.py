"""Bodies of the REST calls, checked by pydantic; what they answer is described in docs/live.md."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from wayside.sim.pacing import FASTEST, SLOWEST


def _whole(value: object) -> object:
    """JSON has one kind of number: 253.0 is 253."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class Body(BaseModel):
    """No field that is not known, no number that is not one."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


Whole = Annotated[int, BeforeValidator(_whole)]
Seed = Annotated[Whole, Field(ge=0, le=2**31 - 1)]
Value = bool | int | float | Annotated[str, Field(max_length=200)]


class StartRun(Body):
    """Start a scenario of the server's list."""

    scenario: str = Field(max_length=200)
    seed: Seed | None = None
    overrides: dict[Annotated[str, Field(max_length=100)], Value] = Field(default_factory=dict, max_length=40)


class StartBeside(Body):
    """Start what runs again, and beside it another scenario of the list, or the same (null), with other settings."""

    scenario: str | None = Field(default=None, max_length=200)
    overrides: dict[Annotated[str, Field(max_length=100)], Value] = Field(default_factory=dict, max_length=40)


class Steps(Body):
    """Steps of SUMO's."""

    steps: Whole = Field(default=1, ge=1, le=100_000)


class Speed(Body):
    """A factor of real time; null: as fast as possible."""

    factor: float | None = Field(ge=SLOWEST, le=FASTEST)


class Goto(Body):
    """A moment, s of SUMO's clock."""

    time: float = Field(ge=0.0, le=1e9)


class Restart(Body):
    """The same run again."""

    seed: Seed | None = None


class SwitchUnit(Body):
    """Switch a roadside unit."""

    unit: Whole = Field(ge=0)
    on: bool


class CloseRoad(Body):
    """Close or open all lanes of an edge."""

    edge: Whole = Field(ge=0)
    closed: bool


class Problem(BaseModel):
    """Why a call was not obeyed."""

    detail: str
