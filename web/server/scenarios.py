"""The scenarios that may be started: those named on the command line, and all built-in ones. By name only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wayside.edge.errors import ScenarioError
from wayside.sim.scenario import Scenario
from wayside.sim.scenario.loading import builtin_names, builtin_scenarios


@dataclass(frozen=True)
class Scenarios:
    """What each name stands for, as `Scenario.load` takes it, and its title; `first` is the one to begin with."""

    what: Mapping[str, str]
    titles: Mapping[str, str]
    first: str

    @classmethod
    def of(cls, named: Sequence[str]) -> Scenarios:
        """The list. ScenarioError where one cannot be loaded, or two have the same name."""
        what: dict[str, str] = {}
        titles: dict[str, str] = {}
        for one in named:
            scenario = Scenario.load(one)
            if scenario.name in what and what[scenario.name] != one:
                raise ScenarioError(f"{one}: there is already a scenario {scenario.name!r}; set scenario.name")
            # The working directory may change, and a built-in name is none of a file.
            what[scenario.name] = one if one in builtin_names() else str(Path(one).absolute())
            titles[scenario.name] = scenario.title
        first = next(iter(what))
        for name, scenario in builtin_scenarios().items():
            if name not in what:
                what[name], titles[name] = name, scenario.title
        return cls(what, titles, first)

    def name_of(self, said: str) -> str:
        """By what name one stands in the list that was named so."""
        return said if said in self.what else Scenario.load(said).name

    def load(self, name: str, changes: Mapping[str, object] | None = None) -> Scenario:
        """One of them, changed. ScenarioError where the changes do not fit."""
        scenario = Scenario.load(self.what[name])
        return scenario.replace(changes) if changes else scenario
