"""What whoever makes an environment may say, checked before anything is started."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from wayside.edge.errors import WaysideError
from wayside.sim.scenario import explain
from wayside.sim.scenario.values import Section, as_tuple, refuse

HELD_OUT = 1000  # replications that are never drawn by default: comparisons and tests have those from 0 on
LAST = 2**31 - 1


class LearningError(WaysideError):
    """An environment is made or used wrongly: names it, what was given and what is allowed."""


def _weights(said: object) -> object:
    """What is rewarded: a name counts once."""
    if isinstance(said, str):
        return {said: 1.0}
    if not isinstance(said, Mapping) or not said:
        raise refuse("must be a name, or a table of names and weights")
    for name, weight in said.items():
        if isinstance(weight, bool) or not isinstance(weight, (int, float)):
            raise refuse(f"the weight of {explain.shown(name)} must be a number, not {explain.shown(weight)}")
    return {name: float(weight) for name, weight in said.items()}


def _span(said: tuple[int, int]) -> tuple[int, int]:
    if not 0 <= said[0] < said[1] <= LAST + 1:
        raise refuse(f"must be two numbers in 0..{LAST + 1}, the first that is drawn and the first that is not")
    return said


Pieces = Annotated[tuple[str, ...], BeforeValidator(as_tuple), Field(min_length=1)]
Weights = Annotated[dict[str, float], BeforeValidator(_weights)]


class Settings(Section):
    """What all environments take. Subclasses have defaults for `observation` and `reward`."""

    kind: ClassVar[str]  # of environment, as `parking`

    set: dict[str, Any] = Field(default_factory=dict, description="The scenario's values by dotted path")
    observation: Pieces
    reward: Weights
    replications: Annotated[tuple[int, int], BeforeValidator(as_tuple), AfterValidator(_span)] = Field(
        default=(HELD_OUT, LAST + 1), description="Which replications are drawn: from the first up to the second"
    )

    @property
    def staging(self) -> dict[str, object]:
        """What the environment sets in the scenario: values by dotted path."""
        return {}

    @classmethod
    def of(cls, name: str, said: Mapping[str, Any]) -> Self:
        """Checked; LearningError, one line that begins with the environment's name."""
        try:
            with explain.reading(Path(name)):
                return cls(**said)
        except ValidationError as error:
            with explain.reading(Path(name)):
                told = explain.one_line(error, cls)
            raise LearningError(told.replace("no such section", "no such option")) from None


class RequestSettings(Settings):
    """What the environments of open requests take."""

    candidates: int = Field(default=8, ge=1, le=1000, description="Facilities that are offered for a request, at most")
    action: Annotated[tuple[Literal["candidates", "wait", "refuse"], ...], BeforeValidator(as_tuple)] = Field(
        default=("candidates", "refuse"),
        description="What can be done with a request: give it a candidate, let it wait, refuse it",
    )
    hold: float = Field(default=5.0, gt=0, le=3600, description="How long a request waits until it comes again, s")
    scope: Literal["unit", "district", "city"] = Field(
        default="city", description="Whose requests an agent decides: of one unit, of the units of a district, of all"
    )
    district: float = Field(default=1000.0, gt=0, le=1e6, description="Edge of the squares that are districts, m")

    @property
    def staging(self) -> dict[str, object]:
        """See `Settings.staging`."""
        pooling = {"scope": self.scope, "district": self.district}
        return {f"{self.kind}.policy": {"use": "outside", **pooling}}

    @property
    def beside(self) -> tuple[str, ...]:
        """What can be done besides giving a candidate, in the order of the actions; the last is taken for nothing."""
        return tuple(name for name in ("wait", "refuse") if name in self.action)

    @classmethod
    def of(cls, name: str, said: Mapping[str, Any]) -> Self:
        """See `Settings.of`."""
        made = super().of(name, said)
        if "candidates" not in made.action or not made.beside:
            raise LearningError(
                f'{name}: action = {explain.shown(list(made.action))}: must have "candidates", and "wait" or "refuse" '
                "for a request that nothing is free for"
            )
        return made
