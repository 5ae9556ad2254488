"""A study: which settings are held against each other, how often, and which figures are asked for."""

from __future__ import annotations

import contextlib
import itertools
import math
import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import tomli_w
from pydantic import BeforeValidator, Field, ValidationError, field_validator, model_validator

from wayside.edge.errors import PluginError, ScenarioError, WaysideError
from wayside.ext.arrays import Doubles
from wayside.sim.experiments.execution import Engine
from wayside.sim.experiments.sampling import DIGITS, Kind, Range, sample
from wayside.sim.experiments.statistics import check_installed
from wayside.sim.plugins import Names
from wayside.sim.scenario import Scenario, explain, resolved
from wayside.sim.scenario.distributions import Variable
from wayside.sim.scenario.loading import BUILTIN, KINDS
from wayside.sim.scenario.sections import Edges, Junctions, Positions
from wayside.sim.scenario.uses import Use
from wayside.sim.scenario.values import Section, as_tuple, refuse

COMMAND = Path("compare")  # what mistakes are told of where a study stands on the command line
SEED, REPLICATION = "scenario.seed", "demand.replication"  # what a replication sets
ALL, FIRST = "all", "first"
MOST_ARMS = 100_000
WHOLE = (Variable, Junctions, Positions, Edges)  # tables in a scenario that are one value


class StudyError(WaysideError):
    """A study is wrong: names the file, the field, the value seen and what is allowed."""


class Precision(NamedTuple):
    """How far an interval may reach from its middle."""

    value: float
    relative: bool  # to a mean

    def half_width(self, mean: float) -> float:
        """At most so much, in the figure's unit."""
        return self.value * abs(mean) if self.relative else self.value


def precision(said: str | float) -> Precision:
    """`5%` of a mean, or a plain number in the figure's unit."""
    match = re.fullmatch(r"\s*([0-9.eE+-]+)\s*(%?)\s*", str(said))
    try:
        value = float(match[1]) if match else 0.0
    except ValueError:
        value = 0.0
    if not match or isinstance(said, bool) or not 0.0 < value < 1e12:
        raise refuse("must be a share of the mean, as 5%, or a number in the figure's unit, above 0")
    return Precision(value / 100.0, True) if match[2] else Precision(value, False)


def _precise(said: Any) -> Any:
    if not isinstance(said, (str, int, float)):
        raise refuse("must be a share of the mean, as 5%, or a number in the figure's unit, above 0")
    precision(said)
    return said


def _values(said: object) -> object:
    """What a field is varied over."""
    values = as_tuple(said)
    if not isinstance(values, tuple) or not values:
        raise refuse('must be a list of values, as ["nearest", "batch"]')
    for k, value in enumerate(values):
        if value in values[:k]:
            raise refuse(f"{explain.shown(value)} stands there twice")
    return values


def _range(said: object) -> object:
    """From where to where a field is varied."""
    ends = as_tuple(said)
    if (
        not isinstance(ends, tuple)
        or len(ends) != 2
        or not all(isinstance(end, (int, float)) and not isinstance(end, bool) and math.isfinite(end) for end in ends)
    ):
        raise refuse("must be two numbers, as [0, 10]: from where to where")
    if not ends[0] < ends[1]:
        if ends[0] == ends[1]:
            raise refuse("must have two ends that differ: what is one value is set for all runs")
        raise refuse(f"must begin below where it ends: [{ends[1]}, {ends[0]}]?")
    return ends


def located(value: str) -> str:
    """A scenario's name, or where its file lies as seen from the file that is read."""
    if (BUILTIN / value / "scenario.toml").is_file() and re.fullmatch(r"[\w-]+", value):
        return value
    path = explain.folder() / Path(value).expanduser()
    named = path.exists() or path.suffix in KINDS or "/" in value
    return os.path.normpath(path) if named else value  # who loads it says what is wrong


def as_table(said: object) -> object:
    """Fields and values by dotted path, however they are nested."""
    if not isinstance(said, dict):
        raise refuse("must be a table of fields and values")
    return flat(said)


def flat(table: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Values by dotted path: nested tables say the same as dotted keys.

    One value is what stands behind a key with dots in it, and the table of a plug-in, a distribution or a place.
    """
    found: dict[str, Any] = {}
    for name, value in table.items():
        path = f"{before}.{name}" if before else name
        whole = "." in name or any(explain.holds(path.split("."), Scenario, kind) for kind in WHOLE)
        if whole or not isinstance(value, dict) or not value or "use" in value:
            found[path] = value
        else:
            found |= flat(value, path)
    return found


_Values = Annotated[tuple[Any, ...], BeforeValidator(_values)]
_Range = Annotated[tuple[float, float], BeforeValidator(_range)]
Settings = Annotated[dict[str, Any], BeforeValidator(as_table)]


class Study(Section):
    """A study."""

    scenario: str = Field(min_length=1, description="a built-in scenario's name, or a file as for `wayside run`")
    vary: Annotated[dict[str, _Values], BeforeValidator(as_table)] = Field(
        default_factory=dict, description="What is varied: lists of values by the field's dotted path"
    )
    arms: dict[Annotated[str, Field(min_length=1, max_length=100)], Settings] = Field(
        default_factory=dict, description="Settings by name that are varied together: values by dotted path"
    )
    over: Annotated[dict[str, _Range], BeforeValidator(as_table)] = Field(
        default_factory=dict, description="Numbers that are varied over ranges: [from, to] by the field's dotted path"
    )
    design: Kind = Field(default="grid", description="How points are placed in the ranges of `over`")
    points: int = Field(
        default=8,
        ge=2,
        le=MOST_ARMS,
        description="Points: of each range in a grid, of all in a Latin hypercube, base points of a Sobol sequence",
    )
    set: Settings = Field(default_factory=dict, description="Settings of all runs: values by dotted path")
    each: bool = Field(default=False, description="Vary one field at a time, the others at their first values")
    against: str = Field(
        default=FIRST, description="Which arm the others are held against: its name, first, or all for every pair"
    )
    replications: int = Field(default=10, ge=1, le=100_000, description="Runs of each arm")
    skip: int = Field(default=0, ge=0, le=100_000, description="Replications passed over: the first has this number")
    seed: int | None = Field(
        default=None, ge=0, le=2**31 - 1, description="Seed of replication 0; by default the scenario's own"
    )
    figures: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(as_tuple)] = Field(
        default=(), description="Key figures that are tested, * standing for any letters; by default the services' own"
    )
    precision: dict[str, Annotated[str | int | float, BeforeValidator(_precise)]] = Field(
        default_factory=dict,
        description="Go on until the figure's interval reaches no further from its middle: 5% of the mean, or a number",
    )
    most: int = Field(default=100, ge=1, le=100_000, description="Runs of each arm at which precision is given up")
    engine: Engine | None = Field(
        default=None, description='Who makes the runs: local, or a table, as { use = "cluster", scheduler = ... }'
    )

    @field_validator("scenario")
    @classmethod
    def _found(cls, value: str) -> str:
        return located(value)

    @model_validator(mode="after")
    def _set_by_replications(self) -> Study:
        for field in (*self.vary, *self.over, *self.set, *itertools.chain(*self.arms.values())):
            if field in (SEED, REPLICATION):
                raise refuse(f"{field}: every replication sets it; `seed` is that of the first")
        if twice := [field for field in (*self.vary, *self.over) if field in self.set]:
            raise refuse(f"{twice[0]}: is both set for all runs and varied")
        if self.precision and "most" in self.model_fields_set and self.most < self.replications:
            raise refuse(f"most = {self.most}: must be at least replications = {self.replications}")
        return self

    @model_validator(mode="after")
    def _of_one_kind(self) -> Study:
        if not self.over:
            return self
        for field in ("vary", "arms", "each"):
            if getattr(self, field):
                raise refuse(f"{field}: has no place beside `over`: a study is of ranges, or of values")
        if self.against != FIRST:
            raise refuse("against: has no place beside `over`: points are not held against each other")
        if self.design == "sobol" and self.points & (self.points - 1):
            nearest = 1 << (self.points.bit_length() - 1)
            raise refuse(f"points = {self.points}: must be a power of 2 for a Sobol sequence, as {nearest}")
        if (count := rows(self)) > MOST_ARMS:
            raise refuse(f"points = {self.points}: are {count:,} in all: must be at most {MOST_ARMS:,}")
        return self

    def __init__(self, **data: Any) -> None:
        """Check `data`; a mistake is a StudyError of one line."""
        try:
            super().__init__(**data)
        except ValidationError as error:
            raise StudyError(explain.one_line(error, Study).replace("no such section", "no such field")) from None

    @property
    def asked(self) -> tuple[str, ...]:
        """Patterns of the figures asked for; none: the services' own."""
        return (*self.figures, *(name for name in self.precision if name not in self.figures))

    def to_toml(self) -> str:
        """The study as a file; loading it gives an equal study, but for who makes its runs, which changes nothing."""
        return tomli_w.dumps(plain(self.model_dump(exclude={"engine"}, exclude_none=True, exclude_defaults=True)))


def rows(study: Study) -> int:
    """How many points a study of ranges has at most."""
    fields = len(study.over)
    if study.design == "grid":
        return study.points**fields
    return study.points * (fields + 2) if study.design == "sobol" else study.points


def plain(value: Any) -> Any:
    """A value as TOML has it."""
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, (tuple, list)) else value


def read(path: Path) -> Study:
    """The study in a TOML file. StudyError in one line for whatever is wrong with it."""
    with explain.reading(path):
        return Study(**read_toml(path))


def is_study(path: Path) -> bool:
    """Whether a file is a study and not a scenario: what the one calls `scenario` is a name, the other's a table."""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return False
    studies = {*Study.model_fields} - {"scenario", *Scenario.model_fields}
    return isinstance(data.get("scenario"), str) or bool(studies & data.keys())


def read_toml(path: Path) -> dict[str, Any]:
    """What a file says. Called within `explain.reading(path)`; StudyError in one line where it is no TOML."""
    if trouble := explain.unreadable(path):
        raise StudyError(explain.line(trouble))
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StudyError(explain.line(f"is no TOML: {error}")) from None


class Level(NamedTuple):
    """One value of what is varied."""

    told: str  # as arms are called
    settings: Mapping[str, Any]
    number: float | None = None  # where it is one


class Factor(NamedTuple):
    """What is varied: a field, or named settings."""

    name: str  # a dotted path, or "arm"
    levels: tuple[Level, ...]

    @property
    def is_number(self) -> bool:
        """Whether a curve can be drawn over it."""
        return len(self.levels) > 1 and all(level.number is not None for level in self.levels)


@dataclass(frozen=True)
class Arm:
    """One of the settings that are compared."""

    name: str
    settings: Mapping[str, Any]  # by dotted path; what all have is not among them
    levels: tuple[Level, ...]  # of each factor
    scenario: Scenario  # every name looked up, every option written out
    skip: int = 0  # the number of the first replication

    def number(self, replication: int) -> int:
        """The number of the demand that a replication, counted from 0, draws."""
        return self.skip + replication

    def seed(self, replication: int) -> int:
        """Of one run."""
        assert self.scenario.seed is not None
        return self.scenario.seed + self.number(replication)

    def replication(self, replication: int) -> Scenario:
        """The scenario of one run."""
        return self.scenario.replace({SEED: self.seed(replication), REPLICATION: self.number(replication)})

    def told(self, replication: int) -> dict[str, object]:
        """What `--set` must say of one run, beside what all arms have."""
        return {**self.settings, REPLICATION: self.number(replication)}


class Design:
    """A study worked out: its factors, its arms with their scenarios, and the pairs that are compared."""

    def __init__(self, study: Study, named: Path = COMMAND, base: Scenario | None = None) -> None:
        """StudyError, ScenarioError or PluginError, one line; `named` is what is told to be wrong.

        base: the scenario, where it does not come from the file that the study names.
        """
        self.study = study
        self.named = named
        said = (SEED, *study.set, *study.vary, *study.over, *itertools.chain(*study.arms.values()))
        with told_of(named, said):
            self._work_out(study, named, base)

    def _work_out(self, study: Study, named: Path, base: Scenario | None) -> None:
        self.base = Scenario.load(study.scenario) if base is None else base
        own = {SEED: study.seed} if study.seed is not None else {}
        self.common = self.base.replace({**study.set, **own}) if study.set or own else self.base
        self.ranges = {path: range_of(self.common, path, ends, named) for path, ends in study.over.items()}
        self.points = self._points()
        if study.over:
            self.factors, crossed, self.at = _in_ranges(self.ranges, self.points)
        else:
            self.factors, self.at = _factors(study), []
            crossed = _crossed(self.factors, study.each)
        self.arms = [self._arm(levels) for levels in crossed]
        if len(self.arms) < 2:
            what = f"{self.arms[0].name}: " if self.factors else "vary: "
            raise StudyError(f"{named}: {what}is one arm only: give two values or more to compare")
        self._check_pairs()

    def _points(self) -> Doubles:
        """The rows of the design, in its own order, M x D; some may be the same."""
        if not self.ranges:
            return np.empty((0, 0))
        if self.study.design == "sobol":
            check_installed(("SALib", "study"), command=str(self.named))
        seed = resolved(self.common).seed
        assert seed is not None
        return sample(self.study.design, list(self.ranges.values()), self.study.points, seed)

    def _arm(self, levels: tuple[Level, ...]) -> Arm:
        settings = {path: value for level in levels for path, value in level.settings.items()}
        with explain.reading(self.base.source):
            scenario = self.common.replace(settings)
        checked = Names(resolved(scenario)).scenario
        return Arm(_arm_name(self.factors, levels), settings, levels, checked, self.study.skip)

    def _check_pairs(self) -> None:
        against, names = self.study.against, [arm.name for arm in self.arms]
        if against not in (ALL, FIRST, *names):
            guess = explain.nearest(against, names)
            hint = f'did you mean "{guess}"?' if guess else f"arms are {'; '.join(names)}"
            raise StudyError(f"{self.named}: against = {explain.shown(against)}: must be first, all or an arm; {hint}")

    @cached_property
    def pairs(self) -> list[tuple[int, int]]:
        """The arms that are compared, by number: the second against the first."""
        numbers = range(len(self.arms))
        if self.study.over:
            return []
        if self.study.against == ALL:
            return list(itertools.combinations(numbers, 2))
        names = [arm.name for arm in self.arms]
        first = names.index(self.study.against) if self.study.against in names else 0
        return [(first, other) for other in numbers if other != first]


@contextlib.contextmanager
def told_of(named: Path, said: Iterable[str]) -> Iterator[None]:
    """Within this, a mistake in one of these fields of a scenario is told of `named`, which says what they are."""
    try:
        yield
    except (ScenarioError, PluginError) as error:
        raise type(error)(explain.said_by(str(error), dict.fromkeys(said, str(named)))) from None


def range_of(common: Scenario, path: str, ends: tuple[float, float], named: Path) -> Range:
    """A range of a scenario's field. Where both ends are whole and it takes only such, whole numbers are meant.

    StudyError, ScenarioError or PluginError where it takes no number, or not these.
    """
    low, high = ends
    whole = low == int(low) and high == int(high)
    if whole and refused(common, path, low + 0.5) and not refused(common, path, int(low)):
        found = Range(int(low), int(high), True)
    else:
        found = Range(float(low), float(high))
    for end in found[:2]:
        if (error := refused(common, path, end)) is not None:
            now = common.at(path)
            now = Names(resolved(common)).scenario.at(path) if now is None else now
            if now is None or (isinstance(now, (int, float)) and not isinstance(now, bool)):
                raise error
            raise StudyError(f"{named}: over: {path} = {tell(now)}: is not a number, so it has no range")
    return found


def refused(common: Scenario, path: str, value: object) -> WaysideError | None:
    """Why a field of a scenario does not take a value; None where it does."""
    try:
        Names(resolved(common.replace({path: value})))
    except (ScenarioError, PluginError) as error:
        return error
    return None


def _in_ranges(
    ranges: Mapping[str, Range], points: Doubles
) -> tuple[tuple[Factor, ...], list[tuple[Level, ...]], list[int]]:
    """What is varied, the levels of each arm, and the arm of each point: points that are the same share one."""
    known = [
        {value: _in_range(path, one, value) for value in sorted(set(column))}
        for (path, one), column in zip(ranges.items(), points.T.tolist(), strict=True)
    ]
    factors = tuple(Factor(path, tuple(levels.values())) for path, levels in zip(ranges, known, strict=True))
    arms: dict[tuple[float, ...], int] = {}
    at = [arms.setdefault(tuple(row), len(arms)) for row in points.tolist()]
    return factors, [tuple(levels[value] for levels, value in zip(known, row, strict=True)) for row in arms], at


def _in_range(path: str, one: Range, value: float) -> Level:
    return Level(f"{value:.{DIGITS}g}", {path: int(value) if one.whole else value}, value)


def _factors(study: Study) -> tuple[Factor, ...]:
    factors = []
    if study.arms:
        factors.append(Factor("arm", tuple(Level(name, settings) for name, settings in study.arms.items())))
    for path, values in study.vary.items():
        levels = (Level(tell(value), {path: value}, _number(value)) for value in values)
        factors.append(Factor(path, tuple(levels)))
    return tuple(factors)


def arm_names(study: Study) -> list[str]:
    """What a study's arms are called."""
    factors = _factors(study)
    return [_arm_name(factors, levels) for levels in _crossed(factors, study.each)]


def _arm_name(factors: Sequence[Factor], levels: Sequence[Level]) -> str:
    if len(levels) == 1 and not any(level.number is not None for level in factors[0].levels):
        return levels[0].told
    short = _short([factor.name for factor in factors])
    both = zip(factors, levels, strict=True)
    return ", ".join(
        level.told if factor.name == "arm" else f"{short[factor.name]}={level.told}" for factor, level in both
    )


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def tell(value: object) -> str:
    """A setting's value as an arm is called by it."""
    if isinstance(value, Use):
        value = value.model_dump()
    if isinstance(value, Mapping) and "use" in value:
        options = ", ".join(f"{name}={tell(one)}" for name, one in value.items() if name != "use")
        return f"{value['use']} ({options})" if options else str(value["use"])
    return value if isinstance(value, str) and value.isprintable() else explain.shown(value)


def _short(paths: Sequence[str]) -> dict[str, str]:
    """The last part of each dotted path, or all of it where two end alike."""
    ends = [path.rpartition(".")[2] for path in paths]
    return {path: end if ends.count(end) == 1 else path for path, end in zip(paths, ends, strict=True)}


def _crossed(factors: Sequence[Factor], each: bool) -> list[tuple[Level, ...]]:
    """The levels of each arm, every factor's in turn."""
    if not each:
        return list(itertools.product(*(factor.levels for factor in factors)))
    first = tuple(factor.levels[0] for factor in factors)
    alone = [(*first[:k], level, *first[k + 1 :]) for k, factor in enumerate(factors) for level in factor.levels[1:]]
    return [first, *alone]
