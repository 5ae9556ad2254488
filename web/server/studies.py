"""What a study of `wayside compare` says of two runs that are shown: they are one pair, it has many."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from wayside.edge.errors import WaysideError
from wayside.sim.experiments.findings import Comparison, Findings
from wayside.sim.experiments.store import JOURNAL, STUDY, read_journal
from wayside.sim.experiments.study import Arm, Design, read
from wayside.sim.experiments.tables import Outcomes
from wayside.sim.plugins import Names
from wayside.sim.scenario import Scenario, resolved
from wayside.web.server.errands import Errand

CHANCE = ("scenario.seed", "demand.replication")  # what replications differ in


def findings_of(folder: Path) -> Findings:
    """What was found by the runs that a study's directory holds. WaysideError, one line, where it is none."""
    if not (folder / STUDY).is_file() or not (folder / JOURNAL).is_file():
        raise WaysideError(f"--study {folder}: is no directory of a study: name one that wayside compare has made")
    design = Design(read(folder / STUDY), folder / STUDY)
    arms = {arm.name: number for number, arm in enumerate(design.arms)}
    ended = {}
    for one in read_journal((folder / JOURNAL).read_bytes()):
        number = one.replication - design.study.skip
        if one.arm in arms and number >= 0:
            ended[arms[one.arm], number] = one
    count = max((number for _, number in ended), default=-1) + 1
    return Findings(Outcomes(design, {}, ended, count))


def found_in(folder: Path, first: Scenario, second: Scenario, errands: Iterable[Errand]) -> dict[str, Any] | None:
    """How far replications agree on the figures of these errands, the first run's arm less the second's; None where the
    study has not both arms.
    """
    findings = findings_of(folder)
    numbers = [_arm_of(findings.design.arms, one) for one in (first, second)]
    if None in numbers or numbers[0] == numbers[1]:
        return None
    names = [findings.design.arms[number].name for number in numbers if number is not None]
    rows = []
    for errand in errands:
        one = _between(findings.comparisons, errand.figure, *names)
        if one is not None and math.isfinite(one[1]) and math.isfinite(one[2]):
            rows.append({"figure": errand.figure, "difference": one[0], "low": one[1], "high": one[2], "pairs": one[3]})
    return {"path": folder.name, "replications": findings.outcomes.replications, "figures": rows} if rows else None


def _arm_of(arms: Iterable[Arm], scenario: Scenario) -> int | None:
    wanted = _plain(Names(resolved(scenario)).scenario)
    return next((number for number, arm in enumerate(arms) if _plain(arm.scenario) == wanted), None)


def _plain(scenario: Scenario) -> dict[str, Any]:
    """All that makes an arm; how long it runs and how it is recorded does not."""
    said = scenario.replace(dict.fromkeys(CHANCE)).model_dump(exclude_none=True)
    for section in ("record", "scenario"):
        said.pop(section, None)
    return said


def _between(
    comparisons: Iterable[Comparison], figure: str, first: str, second: str
) -> tuple[float, float, float, int] | None:
    """Mean difference, its interval's ends, and pairs."""
    for one in comparisons:
        if one.figure == figure and (one.arm, one.against) == (first, second):
            return one.difference, one.low, one.high, one.pairs
        if one.figure == figure and (one.against, one.arm) == (first, second):
            return -one.difference, -one.high, -one.low, one.pairs
    return None
