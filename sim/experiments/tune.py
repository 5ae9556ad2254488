"""A tuning from its beginning to the files that it leaves: the search, and a comparison on other replications."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wayside.edge.errors import OutputError, WaysideError
from wayside.sim.disk.rundir import disk_error
from wayside.sim.disk.whole import write_whole
from wayside.sim.experiments import statistics
from wayside.sim.experiments.compare import carry_out
from wayside.sim.experiments.comparing import Watch
from wayside.sim.experiments.execution import Executor, local
from wayside.sim.experiments.findings import Comparison, table_of
from wayside.sim.experiments.search import HELD_OUT, TrialSearch, Tuned
from wayside.sim.experiments.store import SCENARIO, STUDY, opened
from wayside.sim.experiments.study import Design, StudyError, read
from wayside.sim.experiments.tables import to_parquet
from wayside.sim.experiments.tuning import COMMAND, DEFAULT, TUNE, TUNED, Space, Tuning, read_tuning
from wayside.sim.scenario import Scenario, explain, to_toml

if TYPE_CHECKING:
    import pyarrow as pa

TRIALS = "trials"  # the directory of their study
TABLE = "trials.parquet"


def carry_out_tuning(
    space: Space,
    out: Path,
    jobs: int | None,
    watch: Watch,
    *,
    keep: bool = False,
    retry: bool = False,
    report: bool = True,
    executor: Executor | None = None,
) -> Tuned:
    """Make the runs of a tuning that are not in `out` yet, and write its tables and, with `report`, its reports there.

    All else as `compare.carry_out`.
    """
    executor = executor or space.tuning.engine or local
    needed = [("optuna", "study"), ("statsmodels", "study"), *([("matplotlib", "plot")] if report else [])]
    statistics.check_installed(*needed, command="tune")
    _claim(space, out, watch)
    search = _searched(space, out / TRIALS, (jobs, executor, watch, keep, retry))
    now = space.now()
    others = [trial for trial in search.trials if trial.settings != now]
    best = search.best_of(others)
    if best is None:
        raise WaysideError(f"tune: none of the {len(search.trials)} trials came to its end; {out / TRIALS} says why")
    study = space.tuning.study({DEFAULT: {}, TUNED: best.settings}, held_out=True)
    watch.say(f"held out: {best.name} against the default, {study.replications} replications")
    design = Design(study, COMMAND, space.base)
    way: dict[str, Any] = {"keep": keep, "retry": retry, "report": report, "executor": executor}
    findings = carry_out(design, out / HELD_OUT, jobs, watch, **way)
    tuned = Tuned(space, search, best, findings)
    try:
        write_whole(out / TABLE, to_parquet(trials_table(tuned)))
        if report:
            from wayside.sim.experiments.tuned_report import pages

            for name, text in pages(tuned, out).items():
                write_whole(out / name, text)
    except OSError as error:
        raise disk_error(out, error) from None
    return tuned


def _claim(space: Space, out: Path, watch: Watch) -> None:
    """Refuse a directory that is not this tuning's; other numbers of trials, or of held-out replications, are the same
    one. It does not become smaller: trials that are there stay.
    """
    path, tuning = out / TUNE, space.tuning
    try:
        out.mkdir(parents=True, exist_ok=True)
        if path.exists():
            before = read_tuning(path)
            for field in ("scenario", "over", "figure", "maximise", "replications", "prune", "set", "seed"):
                was, now = getattr(before, field), getattr(tuning, field)
                if was != now:
                    other = f"its {field} is {explain.shown(was)}, not {explain.shown(now)}"
                    raise StudyError(f"{out}: holds another tuning: {other}; name another directory")
        elif any(not one.name.startswith(".") and one.name != SCENARIO for one in out.iterdir()):
            raise OutputError(f"{out}: holds something that is not a tuning; name another directory")
        if (there := _trials_there(out / TRIALS)) > tuning.trials:
            watch.say(f"{out}: has {there} trials of this tuning, and all of them count")
            space.tuning = tuning.model_copy(update={"trials": there})
        write_whole(path, space.tuning.to_toml())
    except OSError as error:
        raise disk_error(out, error) from None


def _trials_there(trials: Path) -> int:
    """How many trials a search has come to its end with in their directory."""
    before = read(trials / STUDY).arms if (trials / STUDY).is_file() else {}
    return len([name for name in before if name != DEFAULT])


def _searched(space: Space, out: Path, way: tuple[int | None, Executor, Watch, bool, bool]) -> TrialSearch:
    """The trials. Their directory is a study's, whose arms become more."""
    first = space.tuning.study({DEFAULT: {}, "trial 1": {}})
    before = read(out / STUDY) if (out / STUDY).exists() else first
    with opened(out, Design(before, COMMAND, space.base)) as store:
        search = TrialSearch(space, store, *way)
        search.run()
        arms = {DEFAULT: {}, **{trial.name: trial.settings for trial in search.trials}}
        lost = {name: settings for name, settings in before.arms.items() if name not in arms}
        store.write(STUDY, space.tuning.study({**arms, **lost}).to_toml())
    return search


def trials_table(tuned: Tuned) -> pa.Table:
    """A row for each trial, in their order: state, runs, the figure's mean, and each field by its path."""
    import pyarrow as pa

    trials = tuned.search.trials
    columns = {
        "trial": pa.array([trial.number for trial in trials], pa.int32()),
        "state": pa.array([trial.state for trial in trials], pa.string()),
        "best": pa.array([trial is tuned.best for trial in trials], pa.bool_()),
        "runs": pa.array([len(trial.values) for trial in trials], pa.int32()),
        "mean": pa.array([None if trial.state == "failed" else trial.mean for trial in trials], pa.float64()),
    }
    for path, one in tuned.space.fields.items():
        if isinstance(one, tuple):
            columns[path] = pa.array([float(trial.settings[path]) for trial in trials], pa.float64())
        else:
            columns[path] = pa.array([trial.told[path] for trial in trials], pa.string())
    return pa.table(columns)


def tune(
    scenario: str | Path | Scenario,
    over: Mapping[str, Sequence[Any]],
    figure: str,
    *,
    out: str | Path | None = None,
    jobs: int | None = None,
    keep: bool = False,
    retry: bool = False,
    watch: Watch | None = None,
    **tuning: Any,
) -> pa.Table:
    """The table of the final comparison: a row, of the best against the default, on replications held out.

    over: [from, to], or values to choose from, by dotted path. figure: the key figure that is to be least. What
    `Tuning` has besides may be said by its name: maximise, trials, replications, held_out, prune, set, seed, engine.
    All else, and the table's columns, as for `compare`; with `out` the trials are in trials.parquet there.
    """
    with tempfile.TemporaryDirectory(prefix="wayside-") as folder:
        path = Path(folder) / "tuning" if out is None else Path(out)
        base = None
        if isinstance(scenario, Scenario):
            base, scenario = scenario, path.absolute() / SCENARIO
            path.mkdir(parents=True, exist_ok=True)
            scenario.write_text(to_toml(base.replace("sumo.config", Path(base.sumo.config).absolute())), "utf-8")
        with explain.reading(COMMAND):
            said = {"over": {name: list(values) for name, values in over.items()}, "figure": figure, **tuning}
            checked = Tuning(scenario=str(scenario), **said)
        found = carry_out_tuning(
            Space(checked, base=base),
            path,
            jobs,
            watch or Watch(),
            keep=keep,
            retry=retry,
            report=out is not None,
        )
        return table_of(found.held_out.comparisons, Comparison)
