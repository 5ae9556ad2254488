"""The report of a tuning: what was gained where it was tuned, and what is left of it elsewhere."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import numpy as np

from wayside.sim.experiments import report
from wayside.sim.experiments.commands import said_as, shown
from wayside.sim.experiments.findings import Comparison
from wayside.sim.experiments.pages import Block, Code, Drawing, Heading, Paragraphs, TextTable, to_html, to_markdown
from wayside.sim.experiments.search import AT_RANDOM, BATCH, FEWEST_TO_PRUNE, FIRST_RUNS, HELD_OUT, Tuned, gain
from wayside.sim.experiments.statistics import ALPHA
from wayside.sim.experiments.tuning import DEFAULT, TUNE, TUNED
from wayside.sim.experiments.words import NONE, interval, number, p_value, percent

MOST_TRIALS = 12  # that are told one by one: the best


def pages(tuned: Tuned, out: Path) -> dict[str, str]:
    """The report's files by name; the same runs give the same text."""
    blocks = list(_blocks(tuned, out))
    return {report.HTML: to_html(_title(tuned), blocks), report.MARKDOWN: to_markdown(blocks)}


def _title(tuned: Tuned) -> str:
    return f"{tuned.space.base.name}: {', '.join(tuned.space.fields)} tuned"


def _blocks(tuned: Tuned, out: Path) -> Iterator[Block]:
    yield Heading(_title(tuned), 1)
    yield Paragraphs(_what_was_done(tuned))
    yield Code(shlex.join(["wayside", "tune", shown(str(out / TUNE)), "--out", shown(str(out))]))
    yield Heading("What was found")
    yield Paragraphs(list(claims(tuned)))
    yield table(tuned)
    if tuned.search.best is tuned.best:
        yield Paragraphs("The best settings, to be used:")
        yield Code(_command(tuned))
    yield Heading("The trials")
    yield _drawing(tuned)
    yield _trials(tuned)
    yield Heading("The tuning")
    yield Code(tuned.space.tuning.to_toml().rstrip())
    yield Heading("How it was tuned")
    yield Paragraphs(list(_method(tuned)))
    first, *rest = report.blocks(tuned.held_out, out / HELD_OUT)
    assert isinstance(first, Heading)
    yield Heading("The comparison on held-out replications", 1)
    yield from rest


def _what_was_done(tuned: Tuned) -> str:
    tuning, trials = tuned.space.tuning, tuned.search.trials
    counts = {state: sum(trial.state == state for trial in trials) for state in ("pruned", "failed")}
    aim = "greatest" if tuning.maximise else "least"
    given_up = f"{counts['pruned']} were given up early" if counts["pruned"] else "none was given up early"
    failed = f", {counts['failed']} failed" if counts["failed"] else ""
    first = tuning.replications
    return (
        f"{len(trials)} trials for the {aim} mean of {tuning.figure}, over the replications 0 to {first - 1}; "
        f"{given_up}{failed}. The best of them, {tuned.best.name}, against the scenario as it is, over the "
        f"replications {first} to {first + tuning.held_out - 1}, which no trial has seen. wayside "
        f"{version('wayside')}. This repeats it, or goes on from what is there:"
    )


def _final(tuned: Tuned) -> Comparison:
    return tuned.held_out.comparisons[0]


def claims(tuned: Tuned) -> Iterator[str]:
    """What was gained on both sets of replications."""
    tuning, final = tuned.space.tuning, _final(tuned)
    settings = ", ".join(f"{path} = {value}" for path, value in tuned.best.told.items())
    difference, *_ = gain(tuned.best.values, tuned.search.default)
    base = float(tuned.search.default.mean())
    if tuned.search.best is tuned.best:
        yield f"The best settings are {settings} ({tuned.best.name} of {len(tuned.search.trials)})."
    else:
        yield (
            "No trial was better than the scenario as it is. The best of the others has "
            f"{settings} ({tuned.best.name} of {len(tuned.search.trials)})."
        )
    better = difference > 0.0 if tuning.maximise else difference < 0.0
    size = f"{number(abs(difference))} ({percent(difference / abs(base) if base else math.nan)})"
    way = f"{'better' if better else 'worse'} than the default's by {size}" if difference else "the default's"
    flatters = (
        f" That is the best of {len(tuned.search.trials)}, and flatters: chosen on these runs, it cannot be tested"
    )
    yield f"**Where it was tuned** its mean is {way}." + (f"{flatters} on them." if better else "")
    if final.found:
        helps = final.difference > 0.0 if tuning.maximise else final.difference < 0.0
        yield f"**Held out**: {'it is better.' if helps else 'it is worse!'} {report.claim(final)}"
    else:
        told = f"{number(final.difference, sign=True)}, {interval(final.low, final.high, sign=True)}"
        yield (
            f"**Held out**: no difference is shown (mean difference and its 95 % interval: {told}; p "
            f"{'' if final.p_holm < 0.001 else '= '}{p_value(final.p_holm)}). What tuning found may be chance."
        )
    if better and final.found:
        left = final.difference / difference
        share = "all" if left >= 1.0 else _share(left)
        yield f"Of the gain in tuning, {share} is there on held-out replications."


def _share(value: float) -> str:
    return f"{value:.0%}".replace("%", " %").replace("-", "−")


def table(tuned: Tuned) -> TextTable:
    """The figure tuned on, and held out."""
    final, tuning = _final(tuned), tuned.space.tuning
    mine, theirs = tuned.best.values, tuned.search.default
    difference, low, high = gain(mine, theirs)
    base = float(theirs.mean())
    rows = [
        (
            f"tuned on (replications 0 to {tuning.replications - 1})",
            number(base),
            number(float(mine.mean())),
            number(difference, sign=True),
            interval(low, high, sign=True),
            percent(difference / abs(base) if base else math.nan),
            NONE,
            str(len(mine)),
        ),
        (
            f"held out ({tuning.replications} to {tuning.replications + tuning.held_out - 1})",
            number(final.mean_against),
            number(final.mean),
            number(final.difference, sign=True),
            interval(final.low, final.high, sign=True),
            percent(final.relative),
            f"**{p_value(final.p_holm)}**" if final.found else p_value(final.p_holm),
            str(final.pairs),
        ),
    ]
    columns = (tuning.figure, DEFAULT, TUNED, "difference", "95 % interval", "relative", "p", "pairs")
    return TextTable(columns, rows, 1)


def _command(tuned: Tuned) -> str:
    settings = {**tuned.space.tuning.set, **tuned.best.settings}
    said = [word for path, value in settings.items() for word in ("--set", f"{path}={said_as(value)}")]
    return shlex.join(["wayside", "run", shown(tuned.space.tuning.scenario), *said, "--out", "DIR"])


def _trials(tuned: Tuned) -> TextTable:
    sign = -1.0 if tuned.space.tuning.maximise else 1.0
    order = {"finished": 0, "pruned": 1, "failed": 2}
    trials = sorted(
        tuned.search.trials,
        key=lambda trial: (order[trial.state], sign * trial.mean if trial.state != "failed" else 0.0, trial.number),
    )
    rows = [
        (
            str(trial.number),
            *trial.told.values(),
            trial.state,
            str(len(trial.values)),
            number(trial.mean),
        )
        for trial in trials[:MOST_TRIALS]
    ]
    return TextTable(("trial", *tuned.space.fields, "state", "runs", tuned.space.tuning.figure), rows)


def _drawing(tuned: Tuned) -> Drawing:
    from wayside.sim.experiments.drawings import trials

    kept = [trial for trial in tuned.search.trials if trial.state != "failed"]
    fields: dict[str, tuple[list[float], list[str]]] = {"trial": ([float(trial.number) for trial in kept], [])}
    for path, one in tuned.space.fields.items():
        if isinstance(one, tuple):
            fields[path] = [float(trial.settings[path]) for trial in kept], []
        else:
            names = list(one.values)
            fields[path] = [float(names.index(trial.told[path])) for trial in kept], names
    svg = trials(
        fields,
        np.array([trial.mean for trial in kept]),
        np.array([trial.state == "pruned" for trial in kept]),
        kept.index(tuned.best),
        float(tuned.search.default.mean()),
        tuned.space.tuning.figure,
    )
    return Drawing(svg, f"{tuned.space.tuning.figure}: the mean of each trial, in their order and over each field")


def _method(tuned: Tuned) -> Iterator[str]:
    tuning = tuned.space.tuning
    yield (
        f"optuna {version('optuna')} proposes, by the tree-structured Parzen estimator (Bergstra et al. 2011), seeded "
        f"with {tuned.space.seed}: the first {AT_RANDOM} at random, but for the scenario as it is; {BATCH} at a time, "
        "whatever the number of jobs. A trial's value is the figure's mean over the same replications as all others'."
    )
    if tuning.prune and tuning.replications >= FEWEST_TO_PRUNE:
        yield (
            f"A trial is given up after {FIRST_RUNS} replications where the 95 % interval of its difference to the "
            "best so far, on these replications, lies on the worse side. It counts for the further search alone."
        )
    yield (
        "The best of many is partly luck on the replications that it was chosen on. So what it is worth is told of the "
        f"held-out ones alone, by one test (p below {ALPHA:.2f}: shown)."
    )
