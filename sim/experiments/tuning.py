"""A tuning: which fields are tried over which values, for which figure, and on which replications."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tomli_w
from pydantic import BeforeValidator, Field, ValidationError, field_validator, model_validator

from wayside.sim.experiments.execution import Engine
from wayside.sim.experiments.sampling import DIGITS, Range
from wayside.sim.experiments.study import (
    REPLICATION,
    SEED,
    Settings,
    Study,
    StudyError,
    as_table,
    located,
    plain,
    range_of,
    read_toml,
    refused,
    tell,
    told_of,
)
from wayside.sim.plugins import Names
from wayside.sim.scenario import Scenario, explain, resolved
from wayside.sim.scenario.values import Section, as_tuple, refuse

TUNE = "tune.toml"
COMMAND = Path("tune")
DEFAULT, TUNED = "default", "tuned"  # the arms of the final comparison
FEWEST_HELD_OUT = 6  # with less, a rank test shows nothing


def _tried(said: object) -> object:
    """What a field is tried over: two numbers are a range, all else is a list of values, and so is { values = ... }."""
    listed = isinstance(said, Mapping) and said.keys() == {"values"}
    values = as_tuple(said["values"] if listed and isinstance(said, Mapping) else said)
    if not isinstance(values, tuple) or len(values) < 2:
        raise refuse('must be two numbers, from where to where, or values to choose from, as ["nearest", "batch"]')
    if not listed and _is_range(values) and not values[0] < values[1]:
        if values[0] == values[1]:
            raise refuse("must have two ends that differ: what is one value is set for all runs")
        raise refuse(f"must begin below where it ends: [{values[1]}, {values[0]}]?")
    for k, value in enumerate(values):
        if value in values[:k]:
            raise refuse(f"{explain.shown(value)} stands there twice")
    return {"values": values} if listed and _is_range(values) else values


def _is_range(values: Sequence[object]) -> bool:
    return len(values) == 2 and all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in values)


# Two numbers to choose from stand in a table, { values = [0, 5] }, as without it they are a range.
_Tried = tuple[Any, ...] | dict[str, tuple[Any, ...]]


class Tuning(Section):
    """A tuning, as its file has it."""

    scenario: str = Field(min_length=1, description="a built-in scenario's name, or a file as for `wayside run`")
    over: Annotated[dict[str, Annotated[_Tried, BeforeValidator(_tried)]], BeforeValidator(as_table)] = Field(
        description="What is tried: [from, to], or values to choose from, by the field's dotted path"
    )
    figure: str = Field(min_length=1, description="The key figure that is to be least, by its mean over replications")
    maximise: bool = Field(default=False, description="Whether it is to be greatest instead")
    trials: int = Field(default=50, ge=2, le=10_000, description="How many settings are tried")
    replications: int = Field(default=10, ge=1, le=10_000, description="Runs of each trial")
    held_out: int = Field(
        default=20, ge=2, le=10_000, description="Runs of the best and of the default, that no trial has seen"
    )
    prune: bool = Field(default=True, description="Give up trials that are surely worse before all their runs are made")
    set: Settings = Field(default_factory=dict, description="Settings of all runs: values by dotted path")
    seed: int | None = Field(
        default=None,
        ge=0,
        le=2**31 - 1,
        description="Seed of replication 0 and of the search; by default the scenario's",
    )
    engine: Engine | None = Field(
        default=None, description='Who makes the runs: local, or a table, as { use = "cluster", scheduler = ... }'
    )

    def __init__(self, **data: Any) -> None:
        """Check `data`; a mistake is a StudyError of one line."""
        try:
            super().__init__(**data)
        except ValidationError as error:
            raise StudyError(explain.one_line(error, Tuning).replace("no such section", "no such field")) from None

    @field_validator("scenario")
    @classmethod
    def _found(cls, value: str) -> str:
        return located(value)

    @model_validator(mode="after")
    def _makes_sense(self) -> Tuning:
        if not self.over:
            raise refuse("over: nothing is tried: name a field and its range")
        if "*" in self.figure:
            raise refuse(f"figure = {explain.shown(self.figure)}: must be one key figure, without *")
        for field in (*self.over, *self.set):
            if field in (SEED, REPLICATION):
                raise refuse(f"{field}: every replication sets it; `seed` is that of the first")
        if twice := [field for field in self.over if field in self.set]:
            raise refuse(f"{twice[0]}: is both set and tried")
        return self

    def to_toml(self) -> str:
        """The tuning as a file; loading it gives an equal one, but for who makes its runs, which changes nothing."""
        return tomli_w.dumps(plain(self.model_dump(exclude={"engine"}, exclude_none=True, exclude_defaults=True)))

    def study(self, arms: Mapping[str, Mapping[str, Any]], held_out: bool = False, runs: int | None = None) -> Study:
        """A study of some of its settings, on the replications for tuning, or on those held out; `runs` of each."""
        return Study(
            scenario=self.scenario,
            arms={name: dict(settings) for name, settings in arms.items()},
            set=self.set,
            figures=[self.figure],
            replications=self.held_out if held_out else runs or self.replications,
            skip=self.replications if held_out else 0,
            **({} if self.seed is None else {"seed": self.seed}),
        )


def read_tuning(path: Path) -> Tuning:
    """The tuning in a TOML file. StudyError in one line for whatever is wrong with it."""
    with explain.reading(path):
        return Tuning(**read_toml(path))


def is_tuning(path: Path) -> bool:
    """Whether a file is a tuning and not a scenario: what the one calls `scenario` is a name, the other's a table."""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(data.get("scenario"), str)


@dataclass(frozen=True)
class Choices:
    """Values to choose from, by what they are called."""

    values: Mapping[str, Any]


class Space:
    """A tuning worked out: its scenario, and what each field may be."""

    def __init__(self, tuning: Tuning, named: Path = COMMAND, base: Scenario | None = None) -> None:
        """StudyError, ScenarioError or PluginError, one line; `named` is what is told to be wrong."""
        self.tuning = tuning
        with told_of(named, (SEED, *tuning.set, *tuning.over)):
            self._work_out(tuning, named, base)

    def _work_out(self, tuning: Tuning, named: Path, base: Scenario | None) -> None:
        self.base = Scenario.load(tuning.scenario) if base is None else base
        own = {SEED: tuning.seed} if tuning.seed is not None else {}
        self.common = self.base.replace({**tuning.set, **own}) if tuning.set or own else self.base
        self.fields = {path: self._field(path, values, named) for path, values in tuning.over.items()}
        seed = resolved(self.common).seed
        assert seed is not None
        self.seed = seed

    def _field(self, path: str, values: _Tried, named: Path) -> Range | Choices:
        if isinstance(values, dict):
            values = values["values"]
        elif _is_range(values):
            return range_of(self.common, path, (values[0], values[1]), named)
        for value in values:
            if (error := refused(self.common, path, value)) is not None:
                raise error
        return Choices({tell(value): value for value in values})

    def now(self) -> dict[str, Any] | None:
        """What the fields are by default, where that is among what is tried."""
        scenario = Names(resolved(self.common)).scenario
        found = {}
        for path, one in self.fields.items():
            value = scenario.at(path)
            if isinstance(one, Range):
                if not isinstance(value, (int, float)) or isinstance(value, bool) or not one.low <= value <= one.high:
                    return None
                found[path] = value
            else:
                same = [known for known in one.values.values() if self._is_same(path, known, scenario)]
                if not same:
                    return None
                found[path] = same[0]
        return found

    def _is_same(self, path: str, value: object, scenario: Scenario) -> bool:
        return Names(resolved(self.common.replace({path: value}))).scenario == scenario


def rounded(one: Range, value: float) -> float | int:
    """A value of a range, with no more digits than anybody reads."""
    return int(value) if one.whole else min(max(float(f"{value:.{DIGITS}g}"), one.low), one.high)
