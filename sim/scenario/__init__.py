"""The scenario: what is run, checked once, here. Everything behind it may trust every value.

`Scenario` has one attribute per section of the TOML file, so the path of a field in a message, in `--set` and
in `replace` is also its attribute: `scenario.v2x.penetration`. The section [scenario] is `scenario.scenario`;
its fields are also at hand as `scenario.name`, `.title`, `.end`, `.seed` and `.pipeline`.
"""

import dataclasses
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, overload

import tomli_w
from pydantic import BeforeValidator, Field, PrivateAttr, ValidationError
from pydantic_core import PydanticCustomError

from wayside.edge.errors import ScenarioError
from wayside.sim.scenario import explain
from wayside.sim.scenario.charging import Charging
from wayside.sim.scenario.configuration import Clock, read_clock
from wayside.sim.scenario.daily import seconds_of
from wayside.sim.scenario.demand import Demand
from wayside.sim.scenario.parking import Parking
from wayside.sim.scenario.sections import V2X, Air, Record, Rsu, Run, Sumo, TrafficLights
from wayside.sim.scenario.uses import SHORT, Use
from wayside.sim.scenario.values import Section, as_tuple, check_step


class Scenario(Section):
    """A wayside scenario."""

    scenario: Run = Field(default_factory=lambda: Run())
    sumo: Sumo
    demand: Demand = Field(default_factory=lambda: Demand())
    v2x: V2X = Field(default_factory=lambda: V2X())
    air: Air = Field(default_factory=lambda: Air())
    rsu: Annotated[tuple[Rsu, ...], BeforeValidator(as_tuple)] = Field(
        default_factory=lambda: (Rsu(),),
        description="Roadside units; by default one at each traffic light, or else at car parks and charging stations",
    )
    parking: Parking = Field(default_factory=lambda: Parking())
    charging: Charging = Field(default_factory=lambda: Charging())
    signals: TrafficLights = Field(default_factory=lambda: TrafficLights())
    record: Record = Field(default_factory=lambda: Record())

    _source: Path | None = PrivateAttr(None)

    def __init__(self, **data: Any) -> None:
        """Check `data`; a mistake is a ScenarioError of one line."""
        try:
            super().__init__(**data)
        except ValidationError as error:
            raise ScenarioError(explain.one_line(error, Scenario)) from None
        self._source = explain.source()

    def __eq__(self, other: object) -> bool:
        """Equal in every field, wherever it came from."""
        return isinstance(other, Scenario) and self.model_dump() == other.model_dump()

    def __hash__(self) -> int:
        return hash((self.scenario, self.sumo.config, self.v2x.radio, self.rsu))

    @property
    def name(self) -> str:
        """Short name."""
        return self.scenario.name

    @property
    def title(self) -> str:
        """One line for people, or empty."""
        return self.scenario.title

    @property
    def clock_s(self) -> float:
        """The time of day at SUMO's second 0, s since midnight."""
        return seconds_of(self.scenario.clock)

    @property
    def end(self) -> float | None:
        """End, s of SUMO's clock."""
        return self.scenario.end

    @property
    def seed(self) -> int | None:
        """Seed of SUMO and of every random stream."""
        return self.scenario.seed

    @property
    def pipeline(self) -> Literal["lockstep", "overlapped"]:
        """How the edge and SUMO take turns."""
        return self.scenario.pipeline

    @property
    def source(self) -> Path | None:
        """The file it came from, as it was named; None for one made in Python."""
        return self._source

    def said_in(self, source: Path) -> "Scenario":
        """A copy that names another file as the one it came from."""
        copy = self.model_copy()
        copy._source = source
        return copy

    @classmethod
    def load(cls, what: str | Path) -> "Scenario":
        """A built-in scenario by name, a .toml, a .py that makes one, or any .sumocfg."""
        from wayside.sim.scenario.loading import load  # it needs this module

        return load(what)

    def at(self, path: str) -> Any:
        """What stands at a dotted path, as plain data; None where nothing does."""
        node: Any = self.model_dump(exclude_none=True)
        for part in _parts(path):
            if isinstance(node, (list, tuple)) and part.isdecimal() and int(part) < len(node):
                node = node[int(part)]
            else:
                node = node.get(part) if isinstance(node, Mapping) else None
        return node

    @overload
    def replace(self, what: Mapping[str, object], /) -> "Scenario": ...
    @overload
    def replace(self, what: str, value: object, /) -> "Scenario": ...
    def replace(self, what: str | Mapping[str, object], value: object = None, /) -> "Scenario":
        """A checked copy with other values at dotted paths: ("parking.policy", "nearest"), or a mapping of such.

        `rsu.0.apps` and `rsu[0].apps` name the first [[rsu]], `parking.policy.window` an option of a plug-in; what
        follows `sumo.options.` is one option's name; None puts a field back to its default.
        """
        data: Any = self.model_dump(exclude_none=True)
        with explain.reading(self._source):
            for path, new in ({what: value} if isinstance(what, str) else what).items():
                data = _with(data, _parts(path), new, path)
            return Scenario(**data)


def _parts(path: str) -> list[str]:
    """The steps of a dotted path."""
    parts = re.sub(r"\[(\d+)\]", r".\1", path).split(".")
    if parts[:2] == ["sumo", "options"] and len(parts) > 2:  # options have dots in their own names
        return ["sumo", "options", ".".join(parts[2:]).strip("\"'")]
    return parts


def _with(node: Any, parts: list[str], value: object, path: str) -> Any:
    """`node` (nested dicts and sequences) with `value` at the end of `parts`."""
    if not parts:
        return value
    head, rest = parts[0], parts[1:]
    if isinstance(node, str) and explain.holds(_parts(path)[: -len(parts)], Scenario, Use):
        node = {"use": node}  # a plug-in that has just been named, and now gets an option
    if isinstance(node, (list, tuple)):
        if not head.isdecimal() or int(head) >= len(node):
            raise ScenarioError(
                explain.line(f"{path}: there is no number {head}; they count from 0, to {len(node) - 1}")
            )
        i = int(head)
        return [*node[:i], _with(node[i], rest, value, path), *node[i + 1 :]]
    if not isinstance(node, Mapping):
        raise ScenarioError(explain.line(f'{path}: no such field: "{head}" lies below a single value'))
    changed = {**node, head: _with(node.get(head, {}), rest, value, path)}
    if changed[head] is None:
        del changed[head]
    return changed


def to_toml(scenario: Scenario) -> str:
    """The scenario as a TOML file, every default written out; loading it gives an equal scenario."""
    return tomli_w.dumps(_plain(scenario.model_dump(exclude_none=True, context=SHORT)))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, Path) else value


def clock(scenario: Scenario) -> Clock:
    """Begin, end, step and seed of this scenario's run, and what SUMO must be told for it."""
    said = read_clock(scenario.sumo.config, scenario.sumo.options)
    end = said.end if scenario.end is None else scenario.end
    with explain.reading(scenario.source):
        if end is not None and end <= said.begin:
            where = f"{scenario.sumo.config}: end" if scenario.end is None else explain.line("scenario.end")
            raise ScenarioError(f"{where} = {end:g}: must be after the configuration's begin, {said.begin:g} s")
    step = scenario.sumo.step_length
    if step is None:
        step = said.step_length
        try:
            check_step(step)
        except PydanticCustomError as error:
            raise ScenarioError(
                f"{scenario.sumo.config}: step-length = {step:g}: {error.message()}; set sumo.step_length to another"
            ) from None
    seed = said.seed if scenario.seed is None else scenario.seed
    return dataclasses.replace(said, end=end, step_length=step, seed=seed)


def resolved(scenario: Scenario) -> Scenario:
    """The scenario with seed, step length and end filled in from the configuration; end stays None without one."""
    found = clock(scenario)
    return scenario.replace(
        {"scenario.seed": found.seed, "sumo.step_length": found.step_length, "scenario.end": found.end}
    )
