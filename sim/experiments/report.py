"""The report of a study: what was found, with how much certainty, and the command that repeats each claim."""

from __future__ import annotations

import math
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import numpy as np

from wayside.sim.experiments import in_ranges, statistics
from wayside.sim.experiments.commands import run_command, study_command
from wayside.sim.experiments.ends import STUCK, STUCK_SHARE, TELEPORTED_SHARE
from wayside.sim.experiments.findings import USUAL_PRECISION, Comparison, Findings, Summary
from wayside.sim.experiments.pages import Block, Code, Drawing, Heading, Paragraphs, TextTable, to_html, to_markdown
from wayside.sim.experiments.study import Design
from wayside.sim.experiments.words import NONE, counted, interval, number, p_value, percent

DESIGNS = {
    "grid": "a grid",
    "latin-hypercube": "a Latin hypercube",
    "sobol": "Saltelli's scheme over a Sobol sequence",
}
HTML, MARKDOWN = "report.html", "report.md"
MOST_POINTS = 12  # of a study of ranges that are told one by one; the tables have all
WEAK = 0.3  # correlation of pairs below which pairing is worth little


def pages(findings: Findings, out: Path) -> dict[str, str]:
    """The report's files by name; the same runs give the same text."""
    all_ = list(blocks(findings, out))
    return {HTML: to_html(title(findings), all_), MARKDOWN: to_markdown(all_)}


def title(findings: Findings) -> str:
    """What is compared."""
    factors = " × ".join(factor.name for factor in findings.design.factors)
    return f"{findings.design.base.name}: {factors}"


def blocks(findings: Findings, out: Path) -> Iterator[Block]:
    """All of it, heading first."""
    command, ranges = study_command(findings.design.study, out), bool(findings.design.ranges)
    yield Heading(title(findings), 1)
    yield Paragraphs(_what_was_done(findings))
    yield Code(command)
    yield Heading("What was found")
    if ranges:
        yield from in_ranges.found(findings, command)
    else:
        yield Paragraphs(list(_claims(findings, command)))
        yield _comparisons(findings)
    if notes := list(_notes(findings)):
        yield Paragraphs(notes)
    yield Heading("The runs")
    yield from _runs(findings)
    for figure in findings.figures:
        yield Heading(figure)
        yield from in_ranges.drawings(findings, figure) if ranges else ()
        if not _many(findings.design):
            yield _summaries([one for one in findings.summaries if one.figure == figure], findings)
        if not ranges:
            yield _effects(findings, figure)
            yield from _drawings(findings, figure)
    yield Heading("The study")
    yield Code(findings.design.study.to_toml().rstrip())
    yield Heading("How to read this")
    yield Paragraphs(list(_method(findings)))
    if not ranges and findings.others:
        yield Heading("All other key figures")
        yield Paragraphs(
            "Mean ± half of its 95 % interval. Not tested: who looks at so many finds a difference by chance."
        )
        yield _others(findings)


def _what_was_done(findings: Findings) -> str:
    outcomes, design = findings.outcomes, findings.design
    arms, finished = len(design.arms), int(outcomes.finished.sum())
    what = f"points ({DESIGNS[design.study.design]})" if design.ranges else "arms"
    each = counted(outcomes.replications, "replication")
    made = f"{arms:,} {what} with {each} each: {counted(len(outcomes.ended), 'run')}"
    broken = len(outcomes.ended) - finished
    told = f"{broken or 'none'} failed, {int(outcomes.gridlocked.sum()) or 'none'} ended in a gridlock"
    return f"{made}, of which {told}. wayside {version('wayside')}. This repeats it, or goes on from what is there:"


def _claims(findings: Findings, command: str) -> Iterator[str]:
    """What is shown, each with the command that repeats it; the rest in one sentence."""
    shown = [one for one in findings.comparisons if one.found]
    for one in shown:
        yield f"{claim(one)} Repeat it: `{command}`"
    rest = len(findings.comparisons) - len(shown)
    if rest:
        which = "none of the" if not shown else f"{rest} of"
        comparisons = counted(len(findings.comparisons), "comparison")
        yield f"In {which} {comparisons} {'' if not shown else 'no '}difference is shown."


def claim(one: Comparison) -> str:
    """A difference that is shown, in a sentence."""
    pair = f"**{one.figure}** is {'higher' if one.difference > 0.0 else 'lower'} with {one.arm} than with {one.against}"
    size = f"by {number(abs(one.difference))} ({percent(one.relative)})"
    sure = f"95 % interval of the difference {interval(one.low, one.high, sign=True)}, p = {p_value(one.p_holm)}"
    return f"{pair} {size}; {sure.replace('p = <', 'p <')}, {counted(one.pairs, 'pair')}."


def _comparisons(findings: Findings) -> TextTable:
    columns = ("figure", *_pair(findings), "difference", "95 % interval", "relative", "p", "p (Holm)", "pairs")
    rows = [
        (
            one.figure if rank == 0 or findings.comparisons[rank - 1].figure != one.figure else "",
            *_named(one, findings),
            findings.unpaired(one) or number(one.difference, sign=True),
            interval(one.low, one.high, sign=True),
            percent(one.relative),
            p_value(one.p),
            f"**{p_value(one.p_holm)}**" if one.found else p_value(one.p_holm),
            str(one.pairs),
        )
        for rank, one in enumerate(findings.comparisons)
    ]
    return TextTable(columns, rows, len(_pair(findings)) + 1)


def _pair(findings: Findings) -> tuple[str, ...]:
    """The columns that say which arms are compared: one, where all are held against the same."""
    against = {one.against for one in findings.comparisons}
    return ("arm", "against") if len(against) > 1 else (f"against {next(iter(against), '')}",)


def _named(one: Comparison, findings: Findings) -> tuple[str, ...]:
    return (one.arm, one.against)[: len(_pair(findings))]


def _notes(findings: Findings) -> Iterator[str]:
    """What speaks against believing it."""
    tests = sum(math.isfinite(one.p) for one in findings.comparisons)
    least = fewest_pairs(tests)
    if tests and findings.outcomes.replications < least:
        yield (
            f"With {counted(findings.outcomes.replications, 'replication')} nothing can be shown: Wilcoxon's p, times "
            f"{counted(tests, 'test')}, is above {statistics.ALPHA:.2f} whatever the runs say. It takes {least}, or "
            "fewer figures."
        )
    if alone := [one for one in findings.comparisons if not one.pairs]:
        names = ", ".join(dict.fromkeys(one.figure for one in alone))
        yield (
            f"Of {names} some comparisons have no pairs, as no replication has the figure in both arms: nothing is "
            "said of a difference there."
        )
    weak = [one.correlation for one in findings.comparisons if one.correlation < WEAK]
    if weak:
        yield (
            f"In {len(weak)} of {counted(tests, 'comparison')} the pairs are correlated by less than {WEAK}: the "
            "replications share little, and pairing gains little. A demand drawn for each replication is what pairs "
            "them."
        )
    if (broken := int((~findings.outcomes.finished).sum())) > 0:
        whose = "its replication is" if broken == 1 else "their replications are"
        yield f"{counted(broken, 'run')} failed; {whose} left out of the pairs of that arm."
    if stuck := int(findings.outcomes.gridlocked.sum()):
        runs = "1 gridlocked run is" if stuck == 1 else f"{stuck:,} gridlocked runs are"
        yield f"{runs} in all figures: means are ruled by such, medians and ranks less."


def fewest_pairs(tests: int) -> int:
    """With how many pairs Wilcoxon's test can show anything at all, corrected for so many."""
    return 1 + math.ceil(math.log2(max(tests, 1) / statistics.ALPHA))


def _many(design: Design) -> bool:
    """Whether there are more points than anybody would read one by one."""
    return bool(design.ranges) and len(design.arms) > MOST_POINTS


def _runs(findings: Findings) -> Iterator[Block]:
    outcomes, design = findings.outcomes, findings.design
    made = np.zeros(len(design.arms), np.int64)
    for at, _ in outcomes.ended:
        made[at] += 1
    failed, stuck = made - outcomes.finished.sum(axis=1), outcomes.gridlocked.sum(axis=1)
    told = [at for at in range(len(made)) if failed[at] or stuck[at] or not _many(design)]
    most = MOST_POINTS if _many(design) else len(told)
    if _many(design):
        hidden = len(told) - most
        yield Paragraphs(
            "Points with failed or gridlocked runs"
            + (f", {hidden:,} more are in runs.parquet:" if hidden > 0 else ":" if told else ": none.")
        )
    rows = []
    for at in told[:most]:
        counts = int(failed[at]), int(stuck[at])
        shares = [f"{count / made[at]:.0%}".replace("%", " %") if made[at] else NONE for count in counts]
        rows.append((design.arms[at].name, str(made[at]), str(counts[0]), shares[0], str(counts[1]), shares[1]))
    if rows:
        yield TextTable(("arm", "runs", "failed", "share", "gridlocked", "share"), rows)
    failures = _failures(findings)
    if failures:
        yield Heading("Failed runs", 3)
        yield Paragraphs(failures)
    yield Paragraphs(
        "One run, to be looked at or repeated alone; replication r has the seed of replication 0 and r more:"
    )
    shown = design.arms[:1] if _many(design) else design.arms
    yield Code("\n".join(run_command(design, arm, 0) for arm in shown))


def _failures(findings: Findings) -> list[str]:
    """Why runs failed, once for each arm, with how many and the first one's command."""
    found: dict[tuple[int, str], list[int]] = {}
    for (at, _), ended in sorted(findings.outcomes.ended.items()):
        if ended.state != "finished":
            found.setdefault((at, ended.line), []).append(ended.replication)
    told = []
    for (at, line), numbers in found.items():
        arm, which = findings.design.arms[at], "replication" if len(numbers) == 1 else "replications"
        command = run_command(findings.design, arm, numbers[0] - arm.skip)
        told.append(f"{arm.name}, {which} {', '.join(map(str, numbers))}: {line} `{command}`")
    return told


def _summaries(summaries: list[Summary], findings: Findings) -> TextTable:
    columns = ("arm", "runs", "mean", "95 % interval", "median", "95 % interval", "deviation", "least", "greatest",
               f"runs for ±{_wanted(findings, summaries[0].figure)}")  # fmt: skip
    rows = [
        (
            one.arm,
            str(one.runs),
            number(one.mean),
            interval(one.low, one.high),
            number(one.median),
            interval(one.median_low, one.median_high),
            number(one.deviation),
            number(one.least),
            number(one.greatest),
            further(one),
        )
        for one in summaries
    ]
    return TextTable(columns, rows)


def further(one: Summary | Comparison) -> str:
    """How many runs a precision takes, and how many more these are."""
    if not one.runs_needed:
        return NONE
    have = one.runs if isinstance(one, Summary) else one.pairs
    more = 0 if one.reached else max(one.runs_needed - have, 1)
    return f"{one.runs_needed:,}" + (f" ({more:,} more)" if more else " (reached)")


def _effects(findings: Findings, figure: str) -> TextTable:
    sizes = ("pairs", "correlation", "median difference", "d of pairs", "d of runs", "rank effect")
    columns = (*_pair(findings), *sizes, f"pairs for ±{_wanted(findings, figure)}", "pairs for d = 0.5")
    rows = [_effect(one, findings) for one in findings.comparisons if one.figure == figure]
    return TextTable(columns, rows, len(_pair(findings)))


def _wanted(findings: Findings, figure: str) -> str:
    """The precision that numbers of runs are for."""
    return str(findings.design.study.precision.get(figure, USUAL_PRECISION)).replace("%", " %")


def _effect(one: Comparison, findings: Findings) -> tuple[str, ...]:
    sizes = (one.effect, one.effect_of_runs, one.rank_effect)
    return (
        *_named(one, findings),
        str(one.pairs),
        f"{one.correlation:.2f}".replace("-", "−") if math.isfinite(one.correlation) else NONE,
        number(one.median_difference, sign=True),
        *(f"{size:+.2f}".replace("-", "−") if math.isfinite(size) else NONE for size in sizes),
        further(one),
        f"{one.runs_for_half:,}" if one.runs_for_half else NONE,
    )


def _drawings(findings: Findings, figure: str) -> Iterator[Drawing]:
    from wayside.sim.experiments.drawings import curves, runs_and_differences

    yield Drawing(runs_and_differences(findings, figure), f"{figure}: runs, means and differences with their intervals")
    for at, factor in enumerate(findings.design.factors):
        if factor.is_number:
            yield Drawing(curves(findings, figure, at), f"{figure} over {factor.name}")


def _others(findings: Findings) -> TextTable:
    by_figure: dict[str, list[Summary]] = {}
    for one in findings.others:
        by_figure.setdefault(one.figure, []).append(one)
    rows = [
        (figure, *(f"{number(one.mean)} ± {number((one.high - one.low) / 2.0)}" if one.runs else NONE for one in found))
        for figure, found in by_figure.items()
    ]
    names = [arm.name for arm in findings.design.arms]
    return TextTable(("figure", *names), rows)


def _method(findings: Findings) -> Iterator[str]:
    yield (
        "Intervals of means and of mean differences are at 95 %: studentized bootstrap (Efron, Tibshirani 1993), "
        f"{statistics.RESAMPLES:,} resamples, of differences the symmetric one (Hall 1988); for fewer than "
        f"{statistics.FEWEST_FOR_BOOTSTRAP} runs, {statistics.FEWEST_FOR_SYMMETRIC} pairs, and where nearly all are "
        "alike, Student's. Of medians: interpolated order statistics (Hettmansperger, Sheather 1986)."
    )
    yield from in_ranges.method(findings) if findings.design.ranges else _method_of_pairs(findings)
    yield (
        f"Gridlocked: at the end more than {STUCK_SHARE:.0%} of the vehicles on the road had stood for {STUCK:.0f} s, "
        f"or teleports were more than {TELEPORTED_SHARE:.0%} of departures. Failed: it did not come to its end."
    )
    yield "The key figures are defined in wayside's docs/kpis.md; every one of every run is in results.parquet."


def _method_of_pairs(findings: Findings) -> Iterator[str]:
    tests = sum(math.isfinite(one.p) for one in findings.comparisons)
    over = "the one test" if tests == 1 else f"all {tests} tests"
    yield (
        f"p: Wilcoxon's signed rank test over pairs of the same replication; p (Holm): corrected over {over} of this "
        f"report. Shown: p (Holm) below {statistics.ALPHA:.2f}. There may be more differences than these."
    )
    yield (
        "d of pairs: mean difference over the standard deviation of differences; d of runs: over that of the runs. "
        "Rank effect: +1 where every pair differs upwards, −1 downwards."
    )
    yield (
        "Runs, pairs for ±5 %: until the interval reaches no further, of means from the mean, of differences from the "
        "mean they are held against. Pairs for d = 0.5: that find a difference of half a standard deviation of the "
        f"runs with a probability of {statistics.POWER:.1f}, at the correlation seen."
    )
