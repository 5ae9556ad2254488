"""The search for the best settings: optuna proposes, runs answer.

It is repeated from its seed, not stored: whoever goes on after an interruption asks for the same proposals, whose runs
are there. Proposals come in batches of one size, so that they do not depend on the number of jobs.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from wayside.edge.errors import WaysideError
from wayside.ext.arrays import Doubles
from wayside.sim.experiments import statistics
from wayside.sim.experiments.comparing import Runner, Watch
from wayside.sim.experiments.execution import Executor
from wayside.sim.experiments.findings import Findings
from wayside.sim.experiments.runs import Ended, Task
from wayside.sim.experiments.sampling import Range
from wayside.sim.experiments.store import Store
from wayside.sim.experiments.study import Design
from wayside.sim.experiments.tables import Outcomes
from wayside.sim.experiments.tuning import COMMAND, DEFAULT, Space, rounded
from wayside.sim.experiments.words import number

if TYPE_CHECKING:
    from optuna.study import Study as OptunaStudy
    from optuna.trial import Trial as OptunaTrial

HELD_OUT = "held-out"  # the directory of the final comparison
BATCH = 4  # proposals at a time
AT_RANDOM = 10  # of the first proposals
FIRST_RUNS = 5  # after which a trial may be given up: with fewer pairs nothing is sure
FEWEST_TO_PRUNE = 8  # replications of a tuning that gives up trials


@dataclass(frozen=True)
class Trial:
    """Settings that were tried."""

    number: int  # from 1
    settings: Mapping[str, Any]  # by dotted path
    told: Mapping[str, str]  # the same, as people read them
    state: Literal["finished", "pruned", "failed"]
    values: Doubles  # of the figure, of each replication that was made; NaN where it failed or has none

    @property
    def name(self) -> str:
        """As the arm of it is called."""
        return f"trial {self.number}"

    @property
    def mean(self) -> float:
        """Of the figure, over its replications; of a trial that was given up, over the first ones."""
        return float(self.values.mean())


class TrialSearch:
    """All trials of a tuning, made and told to optuna one batch after the other."""

    def __init__(
        self, space: Space, store: Store, jobs: int | None, executor: Executor, watch: Watch, keep: bool, retry: bool
    ) -> None:
        self._space = space
        self._tuning = space.tuning
        self._store = store
        self._watch = Once(watch)
        self._way = jobs, executor, self._watch, keep
        self._retry = retry
        self._sign = -1.0 if space.tuning.maximise else 1.0
        self.trials: list[Trial] = []
        self.default = np.empty(0)  # the figure with the scenario as it is, on the replications of the tuning

    def run(self) -> None:
        """Make all of them. WaysideError and its children, one line each."""
        with _quiet():
            study = self._study()
            while (left := self._tuning.trials - len(self.trials)) > 0:
                asked = [study.ask() for _ in range(min(BATCH, left))]
                for trial, optunas in zip(self._made([self._proposed(one) for one in asked]), asked, strict=True):
                    self._tell(study, optunas, trial)
                    self.trials.append(trial)
                self._say()

    @property
    def best(self) -> Trial | None:
        """Of those whose runs were all made; None where all failed."""
        return self.best_of(self.trials)

    def best_of(self, trials: Sequence[Trial]) -> Trial | None:
        """The same of some."""
        whole = [trial for trial in trials if trial.state == "finished"]
        return min(whole, key=lambda trial: self._sign * trial.mean, default=None)

    def _study(self) -> OptunaStudy:
        import optuna

        sampler = optuna.samplers.TPESampler(n_startup_trials=AT_RANDOM, seed=self._space.seed)
        study = optuna.create_study(direction="maximize" if self._tuning.maximise else "minimize", sampler=sampler)
        if (now := self._space.now()) is not None:
            choices = {path: one for path, one in self._space.fields.items() if not isinstance(one, Range)}
            told = {
                path: next(name for name, known in choices[path].values.items() if known == value)
                if path in choices
                else value
                for path, value in now.items()
            }
            study.enqueue_trial(told)
        return study

    def _proposed(self, trial: OptunaTrial) -> dict[str, Any]:
        """The settings of a proposal, by path: what they are, not what they are called."""
        found: dict[str, Any] = {}
        for path, one in self._space.fields.items():
            if not isinstance(one, Range):
                found[path] = one.values[trial.suggest_categorical(path, list(one.values))]
            elif one.whole:
                found[path] = trial.suggest_int(path, int(one.low), int(one.high))
            else:
                found[path] = rounded(one, trial.suggest_float(path, one.low, one.high))
        return found

    def _made(self, proposals: list[dict[str, Any]]) -> list[Trial]:
        """What came of a batch."""
        arms = {f"trial {len(self.trials) + k}": settings for k, settings in enumerate(proposals, 1)}
        most = self._tuning.replications
        first = FIRST_RUNS if self._tuning.prune and most >= FEWEST_TO_PRUNE and self.best is not None else most
        known = self._values(arms, first)
        self.default = known.pop(DEFAULT) if first == most else self.default
        if not self.trials and (short := int(np.count_nonzero(~np.isfinite(self.default)))):
            many = f"{short} of {len(self.default)} replications of the scenario as it is"
            raise WaysideError(f"tune: {self._tuning.figure}: {many} failed or have no such figure")
        going = {name for name in arms if first < most and self._is_worth_it(known[name])}
        if going:
            known |= self._values({name: arms[name] for name in going}, most)
        trials = []
        for k, (name, settings) in enumerate(arms.items(), len(self.trials) + 1):
            values = known[name]
            state = "failed" if not np.isfinite(values).all() else "finished" if len(values) == most else "pruned"
            trials.append(Trial(k, settings, self._told(settings), state, values))  # type: ignore[arg-type]
        return trials

    def _told(self, settings: Mapping[str, Any]) -> dict[str, str]:
        fields = self._space.fields
        return {
            path: f"{value:g}"
            if isinstance(one := fields[path], Range)
            else next(name for name, known in one.values.items() if known == value)
            for path, value in settings.items()
        }

    def _values(self, arms: Mapping[str, Mapping[str, Any]], runs: int) -> dict[str, Doubles]:
        """The figure of arms in their first runs, and of the default, which every batch is beside."""
        study = self._tuning.study({DEFAULT: {}, **arms}, runs=runs)
        found: Findings = Runner(Design(study, COMMAND, self._space.base), self._store, *self._way).run(self._retry)
        values = found.outcomes.values(self._tuning.figure)
        return {arm.name: row for arm, row in zip(found.design.arms, values, strict=True)}

    def _is_worth_it(self, values: Doubles) -> bool:
        """Whether the rest of a trial's runs is made: not where one has failed, nor where it is surely worse than the
        best so far, on the same replications, by the interval of the difference. Nothing else is honest: a figure
        half-way through a run is another figure.
        """
        best = self.best
        assert best is not None
        low, high = statistics.mean_interval(values - best.values[: len(values)], symmetric=True)
        return bool(np.isfinite(values).all()) and not (low > 0.0 if self._sign > 0.0 else high < 0.0)

    def _tell(self, study: OptunaStudy, asked: OptunaTrial, trial: Trial) -> None:
        from optuna.trial import TrialState

        if trial.state == "finished":
            study.tell(asked, trial.mean)
        elif trial.state == "pruned":
            asked.report(trial.mean, len(trial.values))
            study.tell(asked, state=TrialState.PRUNED)
        else:
            study.tell(asked, state=TrialState.FAIL)

    def _say(self) -> None:
        best = self.best
        found = "all failed so far" if best is None else f"best so far {number(best.mean)} ({best.name})"
        self._watch.say(f"{len(self.trials)} of {self._tuning.trials} trials, {found}")


class Once(Watch):
    """Passes all on, but says nothing twice: every batch is a study, and has the same to say."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._said: set[str] = set()

    def planned(self, outcomes: Outcomes, ahead: int) -> None:
        """See `Watch`."""
        self._watch.planned(outcomes, ahead)

    def share(self, task: Task, share: float) -> None:
        """See `Watch`."""
        self._watch.share(task, share)

    def ended(self, outcomes: Outcomes, ended: Ended) -> None:
        """See `Watch`."""
        self._watch.ended(outcomes, ended)

    def say(self, line: str) -> None:
        """See `Watch`."""
        if line not in self._said:
            self._said.add(line)
            self._watch.say(line)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without optuna's own words on every trial."""
    import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)


@dataclass(frozen=True)
class Tuned:
    """What a tuning found."""

    space: Space
    search: TrialSearch
    best: Trial  # of those that are not the default
    held_out: Findings  # the default and the best, on replications that no trial has seen


def gain(ours: Doubles, theirs: Doubles) -> tuple[float, float, float]:
    """Mean difference of paired values, and its interval; NaN where there is none."""
    both = np.isfinite(ours) & np.isfinite(theirs)
    if not both.any():
        return math.nan, math.nan, math.nan
    differences = ours[both] - theirs[both]
    return float(differences.mean()), *statistics.mean_interval(differences, symmetric=True)
