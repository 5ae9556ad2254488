"""A study from its beginning to the files that it leaves."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wayside.sim.experiments import statistics
from wayside.sim.experiments.comparing import Runner, Watch
from wayside.sim.experiments.execution import Executor, local
from wayside.sim.experiments.findings import Comparison, Findings, Sensitivity, points_table, table_of
from wayside.sim.experiments.shards import WHOLE, Shard, check
from wayside.sim.experiments.store import SCENARIO, Store, opened
from wayside.sim.experiments.study import Design, Study
from wayside.sim.experiments.tables import results_table, runs_table, to_parquet
from wayside.sim.machine import cores
from wayside.sim.scenario import Scenario, explain, to_toml

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["carry_out", "compare", "cores", "sweep", "write_all"]

RESULTS, RUNS, POINTS = "results.parquet", "runs.parquet", "points.parquet"


def carry_out(
    design: Design,
    out: Path,
    jobs: int | None,
    watch: Watch,
    *,
    keep: bool = False,
    retry: bool = False,
    report: bool = True,
    executor: Executor | None = None,
    shard: Shard = WHOLE,
) -> Findings:
    """Make the runs of a study that are not in `out` yet, and write its tables and, with `report`, its report there.

    jobs: runs at a time, by default as many as the study's engine can make. keep: leave every run's own directory too.
    retry: make failed runs again. shard: make this share of the runs alone, without tables and report, which are made
    when all are there (`merging`). executor: another than the study's engine. WaysideError and its children, one line
    each; what is done stays done.
    """
    if shard != WHOLE:
        check(shard, design.study)
    _check_installed(report)
    with opened(out, design, shard) as store:
        runner = Runner(design, store, jobs, executor or design.study.engine or local, watch, keep, shard)
        findings = runner.run(retry, whole=shard == WHOLE)
        if shard == WHOLE:
            write_all(findings, store, out, report)
    return findings


def write_all(findings: Findings, store: Store, out: Path, report: bool = True) -> None:
    """Write a study's tables and, with `report`, its report; the same runs give the same bytes."""
    _check_installed(report)
    store.write(RESULTS, to_parquet(results_table(findings.outcomes)))
    store.write(RUNS, to_parquet(runs_table(findings.outcomes)))
    if findings.design.ranges:
        store.write(POINTS, to_parquet(points_table(findings)))
    if report:
        from wayside.sim.experiments.report import pages

        for name, text in pages(findings, out).items():
            store.write(name, text)


def _check_installed(report: bool) -> None:
    statistics.check_installed(("statsmodels", "study"), *([("matplotlib", "plot")] if report else []))


def compare(
    scenario: str | Path | Scenario,
    vary: Mapping[str, Sequence[Any]] | None = None,
    *,
    arms: Mapping[str, Mapping[str, Any]] | None = None,
    out: str | Path | None = None,
    jobs: int | None = None,
    keep: bool = False,
    retry: bool = False,
    watch: Watch | None = None,
    **study: Any,
) -> pa.Table:
    """The table of comparisons, a row for each figure and pair of arms (docs/experiments.md has its columns).

    scenario: a built-in name, a file as for `wayside run`, or a Scenario. vary: values by dotted path, crossed; arms:
    settings by name that are varied together. out: where tables, report and all that is done are kept, so that the next
    call goes on from there; without it only the table is made. jobs: runs at a time, by default as many as the engine
    can make, on this machine one for each core. What `Study` has besides may be said by its name: replications, seed,
    figures, precision, most, set, each, against, engine.
    WaysideError and its children, one line each.
    """
    said = {"vary": _lists(vary or {}), "arms": {name: dict(one) for name, one in (arms or {}).items()}}
    findings = _studied("compare", scenario, {**said, **study}, out, jobs, keep, retry, watch)
    return table_of(findings.comparisons, Comparison)


def sweep(
    scenario: str | Path | Scenario,
    over: Mapping[str, Sequence[float]],
    *,
    out: str | Path | None = None,
    jobs: int | None = None,
    keep: bool = False,
    retry: bool = False,
    watch: Watch | None = None,
    **study: Any,
) -> pa.Table:
    """The table of sensitivities, a row for each figure and field (docs/sweeps.md has its columns).

    over: [from, to] by dotted path. What `Study` has besides may be said by its name: design ("grid",
    "latin-hypercube", "sobol"), points, replications, seed, figures, precision, most, set, engine. All else as for
    `compare`; with `out` the figures at every point are in points.parquet there.
    """
    findings = _studied("sweep", scenario, {"over": _lists(over), **study}, out, jobs, keep, retry, watch)
    return table_of(findings.sensitivities, Sensitivity)


def _studied(
    command: str,
    scenario: str | Path | Scenario,
    said: Mapping[str, Any],
    out: str | Path | None,
    jobs: int | None,
    keep: bool,
    retry: bool,
    watch: Watch | None,
) -> Findings:
    """What a study that is said in Python finds; mistakes are told of `command`."""
    with tempfile.TemporaryDirectory(prefix="wayside-") as folder:
        path = Path(folder) / "study" if out is None else Path(out)
        base = None
        if isinstance(scenario, Scenario):
            base, scenario = scenario, path.absolute() / SCENARIO
            path.mkdir(parents=True, exist_ok=True)
            scenario.write_text(to_toml(base.replace("sumo.config", Path(base.sumo.config).absolute())), "utf-8")
        with explain.reading(Path(command)):
            checked = Study(**{**said, "scenario": str(scenario)})
        design = Design(checked, Path(command), base)
        return carry_out(design, path, jobs, watch or Watch(), keep=keep, retry=retry, report=out is not None)


def _lists(vary: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
    return {path: list(values) for path, values in vary.items()}
