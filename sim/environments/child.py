"""A child that simulates for agents, one episode after the other: `python -m` this (`wayside.sim.children.serve`)."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import tomllib
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wayside.edge.errors import WaysideError
from wayside.sim.children import Parent, serve
from wayside.sim.engine import Simulation
from wayside.sim.environments.kinds import KINDS
from wayside.sim.environments.memory import layout, opened
from wayside.sim.environments.settings import LearningError
from wayside.sim.environments.task import FigureReward
from wayside.sim.experiments.study import REPLICATION, SEED
from wayside.sim.results.metrics import Figures
from wayside.sim.scenario import Scenario, explain, resolved

REFUSED = 422  # as HTTP has what is understood and cannot be done


class Left(Exception):  # noqa: N818 - no error: nobody wants the answer any more
    """The parent wants this process to leave."""


class Stage:
    """What the simulations of one environment have in common, and the one that runs."""

    def __init__(self, parent: Parent, first: dict[str, Any]) -> None:
        self._parent = parent
        self._name = first["name"]
        self._memory = first["memory"]
        self._kind = KINDS[first["kind"]]
        self._settings = self._kind.settings.of(self._name, first["settings"])
        source = first["source"] and Path(first["source"])
        with explain.reading(source):
            self._scenario = Scenario(**tomllib.loads(first["scenario"]))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # who made the environment has been told
            self._scenario = resolved(self._scenario)
        self._draws = any(variable.drawn for variable in self._scenario.demand.variables.values())
        self._simulation: Simulation | None = None
        self._row: NDArray[Any] | None = None
        self._over = True

    # What is ordered

    def describe(self) -> dict[str, Any]:
        """The agents, and what they see and do: the simulation is set up for it, and not run."""
        with self._opened(self._scenario) as simulation:
            task = self._kind.task(simulation, self._name, self._settings)
            self._check_reward(simulation)
        bounds = [(one.low, one.high) for one in task.columns]
        return {
            "agents": task.agents,
            "columns": [one.name for one in task.columns],
            "bounds": [[None if np.isinf(end) else end for end in pair] for pair in bounds],
            "actions": task.actions,
        }

    def share(self, agents: int, columns: int, actions: int, rows: int, row: int) -> None:
        """Which row of the shared memory is this simulation's."""
        self._row = opened(self._memory, layout(agents, columns, actions), rows)[row : row + 1]

    def reset(self, replication: int) -> dict[str, Any]:
        """Begin the episode of a replication, as `wayside compare` would run it, and go on to the first decision."""
        self.close()
        settings = {SEED: (self._scenario.seed or 0) + replication & 2**31 - 1}
        if self._draws:
            settings[REPLICATION] = replication
        simulation = self._opened(self._scenario.replace(settings))
        self._simulation, self._over = simulation, False
        self._task = self._kind.task(simulation, self._name, self._settings)
        weights = {name: weight for name, weight in self._settings.reward.items() if _is_figure(name)}
        self._figures = FigureReward(weights)
        self._go_on()
        self._show()
        return {}

    def step(self) -> dict[str, Any]:
        """Do what the agents have written, and go on until something is to be decided, or to the end."""
        simulation, row = self._simulation, self._row
        assert simulation is not None
        assert row is not None
        if not self._over:
            self._task.act(row["action"][0])
            self._go_on()
        figures = Figures(simulation.metrics.groups)
        row["reward"][0] = self._task.gains() + self._figures.take(figures)
        self._show()
        if not self._over:
            return {}
        over = {"over": "cut" if simulation.clock.end is not None else "done", "kpis": dict(figures)}
        self.close()
        return over

    def close(self) -> None:
        """End the simulation, if one runs."""
        simulation, self._simulation = self._simulation, None
        if simulation is not None:
            simulation.close()

    # How it is done

    def _opened(self, scenario: Scenario) -> Simulation:
        return Simulation(scenario)

    def _check_reward(self, simulation: Simulation) -> None:
        """LearningError for a key figure that there is none of."""
        groups = simulation.metrics.groups()
        known = {name for tell in groups.values() for one in tell for name in one()}
        for name in self._settings.reward:
            if _is_figure(name) and name not in known:
                guess = explain.nearest(name, known)
                hint = f"; did you mean {guess!r}?" if guess else ""
                raise LearningError(f"{self._name}: reward = {name!r}: there is no such key figure{hint}")

    def _go_on(self) -> None:
        simulation = self._simulation
        assert simulation is not None
        while not self._task.due():
            if self._parent.calls:
                raise Left
            if next(simulation, None) is None:
                self._over = True
                return

    def _show(self) -> None:
        """Write into the shared memory what there is to be seen."""
        simulation, row = self._simulation, self._row
        assert simulation is not None
        assert row is not None
        row["observation"], row["mask"], row["asked"] = 0.0, 0, 0
        row["time"] = simulation.time
        if self._over:
            row["mask"][0, np.arange(len(self._task.agents)), np.array(self._task.actions) - 1] = 1
        else:
            self._task.look(row["observation"][0], row["mask"][0], row["asked"][0])


def _is_figure(name: str) -> bool:
    """Whether a name in a reward is a key figure's; pieces have no dot."""
    return "." in name and ":" not in name


def simulate(parent: Parent, first: dict[str, Any]) -> int:
    """Do what is ordered until there is nobody to do it for: 0."""
    tempfile.tempdir = first["scratch"]
    with contextlib.suppress(Left):
        _obey(parent, first)
    shutil.rmtree(first["scratch"], ignore_errors=True)
    return 0


def _obey(parent: Parent, first: dict[str, Any]) -> None:
    stage: Stage | None = None
    try:
        while (order := parent.next()) is not None:
            arguments = {name: value for name, value in order.items() if name not in ("do", "id")}
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always", UserWarning)
                try:
                    if stage is None:
                        stage = Stage(parent, first)
                    said = getattr(stage, order["do"])(**arguments) or {}
                except WaysideError as error:
                    if stage is not None:
                        stage.close()
                    parent.answer(order, str(error), REFUSED)
                    continue
            if caught:
                said["warnings"] = list(dict.fromkeys(str(one.message) for one in caught))
            parent.answer(order, said)
    finally:
        if stage is not None:
            stage.close()


if __name__ == "__main__":
    serve(simulate)
