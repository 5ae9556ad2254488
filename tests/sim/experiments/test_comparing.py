"""What a study does with its runs, where they are made up: what is done again, what is told, when it stops."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from wayside import Scenario, compare
from wayside.edge.errors import WaysideError
from wayside.sim.experiments.compare import carry_out
from wayside.sim.experiments.comparing import Watch
from wayside.sim.experiments.ends import gridlocked
from wayside.sim.experiments.findings import Findings
from wayside.sim.experiments.report import claim, fewest_pairs, pages
from wayside.sim.experiments.runs import Ended, Task
from wayside.sim.experiments.store import JOURNAL
from wayside.sim.experiments.study import Design, Study, read
from wayside.sim.scenario import explain

VARY = {"v2x.penetration": [0.2, 0.6, 1.0]}
USUAL = {"vehicles.arrived": 50.0, "vehicles.departed": 60.0, "vehicles.teleports": 0.0, "end.on_road": 10.0}


class MadeUp:
    """An executor that simulates nothing. Figures depend on arm and replication alone; arms end in any order."""

    def __init__(self, of: Callable[[int, int], dict[str, float] | str] | None = None, seed: int = 0) -> None:
        self.made: list[tuple[str, int]] = []
        self._of = of or figures
        self._random = random.Random(seed)

    def __call__(
        self, tasks: Iterator[Task], jobs: int, scratch: Path, hear: Callable[[Task, float], None]
    ) -> Iterator[Ended]:
        for some in iter(lambda: list(itertools.islice(tasks, 5)), []):
            self._random.shuffle(some)
            for task in some:
                hear(task, 0.5)
                self.made.append((task.arm, task.replication))
                arm = [0.2, 0.6, 1.0].index(task.load().v2x.penetration)
                found = self._of(arm, task.replication)
                if isinstance(found, str):
                    yield Ended(task.key, task.arm, task.replication, "failed", line=found)
                else:
                    known = {**USUAL, "end.stuck": 0.0, **found}
                    yield Ended(task.key, task.arm, task.replication, "finished", known, ("calm.wait_s",))


def figures(arm: int, replication: int) -> dict[str, float]:
    """Waits of 100 s, of which half is the replication's; every arm is 4 s sooner than the one before."""
    shared, own = np.random.default_rng(replication), np.random.default_rng([replication, arm, 1])
    wait = 100.0 - 4.0 * arm + float(shared.normal(0.0, 8.0) + own.normal(0.0, 2.0))
    return {"calm.wait_s": wait, "calm.noise": float(own.normal())}


class Told(Watch):
    """All that is said."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.ahead: list[int] = []

    def say(self, line: str) -> None:
        self.lines.append(line)

    def planned(self, outcomes: Any, ahead: int) -> None:
        self.ahead.append(ahead)


def study(
    out: Path, executor: MadeUp, told: Watch | None = None, retry: bool = False, report: bool = False, **said: Any
) -> Findings:
    with explain.reading(Path("compare")):
        checked = Study(**{"scenario": "crossing", "vary": VARY, "set": {"scenario.end": 10.0}, **said})
    return carry_out(Design(checked), out, 2, told or Watch(), retry=retry, report=report, executor=executor)


def hashes(out: Path) -> list[bytes]:
    return [(out / name).read_bytes() for name in ("results.parquet", "runs.parquet")]


def test_tables(tmp_path: Path) -> None:
    study(tmp_path, MadeUp(), replications=4)
    results = pq.read_table(tmp_path / "results.parquet")
    assert results.column_names == ["arm", "replication", "figure", "value"]
    assert results.num_rows == 3 * 4 * 7
    rows = [row for row in results.to_pylist() if (row["arm"], row["figure"]) == ("penetration=0.6", "calm.wait_s")]
    assert [row["replication"] for row in rows] == [0, 1, 2, 3]
    assert [row["value"] for row in rows] == [figures(1, number)["calm.wait_s"] for number in range(4)]
    runs = pq.read_table(tmp_path / "runs.parquet").to_pylist()
    assert len(runs) == 12
    assert runs[5] | {"key": ""} == {
        "arm": "penetration=0.6",
        "replication": 1,
        "seed": 2,
        "state": "finished",
        "gridlocked": False,
        "line": None,
        "key": "",
        "v2x.penetration": 0.6,
    }
    assert len({run["key"] for run in runs}) == 12


def test_the_order_in_which_runs_end_does_not_matter(tmp_path: Path) -> None:
    for seed in range(3):
        study(tmp_path / str(seed), MadeUp(seed=seed), replications=5, report=True)
    assert hashes(tmp_path / "0") == hashes(tmp_path / "1") == hashes(tmp_path / "2")
    pages = {(tmp_path / str(seed) / "report.md").read_text().replace(f"/{seed}", "") for seed in range(3)}
    assert len(pages) == 1


def test_nothing_done_is_done_again(tmp_path: Path) -> None:
    first = MadeUp()
    study(tmp_path, first, replications=4)
    assert sorted(first.made) == sorted(itertools.product((f"penetration={x}" for x in (0.2, 0.6, 1.0)), range(4)))
    before = hashes(tmp_path)
    again = MadeUp()
    study(tmp_path, again, replications=4, figures=["vehicles.*"])
    assert again.made == []
    assert hashes(tmp_path) == before
    more = MadeUp()
    study(tmp_path, more, replications=6)
    assert sorted({number for _, number in more.made}) == [4, 5]
    assert len(more.made) == 6


def test_a_study_does_not_become_smaller(tmp_path: Path) -> None:
    """Fewer replications than are there: all count, and it is said; a further arm has as many."""
    study(tmp_path, MadeUp(), replications=6, report=True)
    before, page = hashes(tmp_path), (tmp_path / "report.md").read_bytes()
    told, again = Told(), MadeUp()
    findings = study(tmp_path, again, told, replications=4, report=True)
    assert again.made == []
    assert findings.outcomes.replications == 6
    assert hashes(tmp_path) == before
    assert (tmp_path / "report.md").read_bytes() == page
    assert told.lines == [f"{tmp_path}: has 6 replications of this study, and all of them count"]
    assert read(tmp_path / "study.toml").replications == 6
    two = tmp_path / "two"
    study(two, MadeUp(), replications=6, vary={"v2x.penetration": [0.2, 0.6]})
    more = MadeUp()
    study(two, more, replications=4)
    assert sorted(more.made) == [("penetration=1.0", number) for number in range(6)]
    assert hashes(two) == before
    broken = tmp_path / "broken"  # what was broken off within a replication has no more than the whole ones
    study(broken, MadeUp(), replications=6)
    (broken / JOURNAL).write_bytes(b"".join((tmp_path / JOURNAL).read_bytes().splitlines(keepends=True)[:16]))
    more = MadeUp()
    assert study(broken, more, replications=2).outcomes.replications == 5
    assert more.made == []


def test_precision_that_was_gone_on_for_is_kept(tmp_path: Path) -> None:
    """A study of greater precision is not replaced by one of less, nor by one without."""
    said: dict[str, Any] = {"replications": 4, "most": 500}
    runs = study(tmp_path, MadeUp(), **said, precision={"calm.wait_s": "3%"}).outcomes.replications
    before = hashes(tmp_path)
    for less in ({"precision": {"calm.wait_s": "10%"}}, {}):
        told, again = Told(), MadeUp()
        assert study(tmp_path, again, told, **said, **less).outcomes.replications == runs
        assert again.made == []
        assert hashes(tmp_path) == before
        assert told.lines == [f"{tmp_path}: has {runs} replications of this study, and all of them count"]


def test_a_line_that_was_broken_off(tmp_path: Path) -> None:
    study(tmp_path, MadeUp(), replications=3)
    before = hashes(tmp_path)
    journal = tmp_path / JOURNAL
    whole = journal.read_bytes()
    journal.write_bytes(whole[: -len(whole.splitlines()[-1]) // 2])
    for _ in range(2):  # whoever was killed twice
        again = MadeUp()
        study(tmp_path, again, replications=3)
        assert hashes(tmp_path) == before
    assert again.made == []


def test_what_was_made_with_other_inputs_is_made_again(tmp_path: Path) -> None:
    study(tmp_path, MadeUp(), replications=2)
    journal = tmp_path / JOURNAL
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    lines[0]["key"] = "another"
    journal.write_text("".join(json.dumps(line) + "\n" for line in lines))
    told, again = Told(), MadeUp()
    study(tmp_path, again, told, replications=2)
    assert len(again.made) == 1
    assert told.lines == ["1 run there was made with other inputs, options or code, and must be made again"]


def test_an_arm_that_fails_is_told_once_and_spoils_nothing(tmp_path: Path) -> None:
    def failing(arm: int, replication: int) -> dict[str, float] | str:
        return "SUMO broke off: no way" if arm == 1 else figures(arm, replication)

    told = Told()
    findings = study(tmp_path, MadeUp(failing), told, replications=8, report=True)
    (line, command) = told.lines
    assert line.startswith("penetration=0.6: replication ")
    assert line.endswith(" failed: SUMO broke off: no way")
    assert command.startswith("  repeat it: wayside run crossing --seed ")
    assert "--set v2x.penetration=0.6" in command
    assert findings.outcomes.finished.tolist() == [[True] * 8, [False] * 8, [True] * 8]
    sound = study(tmp_path / "sound", MadeUp(), replications=8)
    assert [one.low for one in findings.comparisons if one.arm == "penetration=1.0"] == [
        one.low for one in sound.comparisons if one.arm == "penetration=1.0"
    ]
    assert [one.pairs for one in findings.comparisons if one.arm == "penetration=0.6"] == [0] * len(findings.figures)
    page = (tmp_path / "report.md").read_text()
    assert "penetration=0.6, replications 0, 1, 2, 3, 4, 5, 6, 7: SUMO broke off: no way `wayside run crossing" in page
    told, again = Told(), MadeUp()
    study(tmp_path, again, told, replications=8)
    assert again.made == []  # it would fail again
    assert len(told.lines) == 2
    study(tmp_path, again, told, replications=8, retry=True)
    assert [arm for arm, _ in again.made] == ["penetration=0.6"] * 8


def test_all_fail(tmp_path: Path) -> None:
    told = Told()
    findings = study(tmp_path, MadeUp(lambda arm, replication: "no"), told, replications=2, report=True)
    assert findings.figures == []
    assert len(told.lines) == 6
    assert pq.read_table(tmp_path / "results.parquet").num_rows == 0
    assert pq.read_table(tmp_path / "runs.parquet")["state"].to_pylist() == ["failed"] * 6


def test_findings_against_scipy_and_statsmodels(tmp_path: Path) -> None:
    findings = study(tmp_path, MadeUp(), replications=15, against="all")
    assert findings.figures == ["vehicles.arrived", "calm.wait_s"]
    table = np.array([[figures(arm, number)["calm.wait_s"] for number in range(15)] for arm in range(3)])
    found = [one for one in findings.comparisons if one.figure == "calm.wait_s"]
    assert [(one.arm, one.against) for one in found] == [
        ("penetration=0.6", "penetration=0.2"),
        ("penetration=1.0", "penetration=0.2"),
        ("penetration=1.0", "penetration=0.6"),
    ]
    tests = [1.0] * 3
    for one, (first, other) in zip(found, findings.design.pairs, strict=True):
        assert one.difference == pytest.approx(table[other].mean() - table[first].mean())
        assert one.p == pytest.approx(stats.wilcoxon(table[other], table[first]).pvalue)
        assert one.correlation == pytest.approx(np.corrcoef(table[first], table[other])[0, 1])
        assert one.correlation > 0.8
        assert one.low < one.difference < one.high
        tests.append(one.p)
    corrected = multipletests(tests, method="holm")[1]
    assert [one.p_holm for one in findings.comparisons] == pytest.approx(corrected.tolist())
    summary = next(one for one in findings.summaries if one.figure == "calm.wait_s")
    assert summary.mean == pytest.approx(table[0].mean())
    assert summary.median == pytest.approx(np.median(table[0]))


def test_precision_is_gone_on_for_until_it_is_reached(tmp_path: Path) -> None:
    told = Told()
    findings = study(tmp_path, MadeUp(), told, replications=4, precision={"calm.wait_s": "3%"}, most=500)
    runs = findings.outcomes.replications
    assert 4 < runs < 500
    for one in findings.summaries:
        if one.figure == "calm.wait_s":
            assert max(one.high - one.mean, one.mean - one.low) <= 0.03 * one.mean
    for pair in findings.comparisons:
        if pair.figure == "calm.wait_s":
            assert max(pair.high - pair.difference, pair.difference - pair.low) <= 0.03 * 100.0
    assert told.lines == []
    assert len(told.ahead) > 1
    again = MadeUp()
    assert (
        study(tmp_path, again, replications=4, precision={"calm.wait_s": "3%"}, most=500).outcomes.replications == runs
    )
    assert again.made == []


def test_precision_is_given_up(tmp_path: Path) -> None:
    told = Told()
    findings = study(tmp_path, MadeUp(), told, replications=4, precision={"calm.wait_s": 0.01}, most=9)
    assert findings.outcomes.replications == 9
    assert told.lines == ["the precision asked for is not reached with 9 replications, the most allowed"]


def test_figures_that_no_run_has(tmp_path: Path) -> None:
    told = Told()
    with pytest.raises(
        WaysideError, match=r'^compare: figures: calm\.wait: no run has .*; did you mean "calm\.wait_s"\?$'
    ):
        study(tmp_path, MadeUp(), told, replications=2, figures=["calm.wait", "vehicles.*"])
    assert told.lines == [
        'warning: calm.wait: no run has such a key figure; did you mean "calm.wait_s"? '
        "(so far there is a run of each of the 3 arms)"
    ]
    again = MadeUp()
    findings = study(tmp_path, again, replications=2, figures=["calm.*", "vehicles.arrived"])
    assert again.made == []
    assert findings.figures == ["calm.noise", "calm.wait_s", "vehicles.arrived"]


def test_figures_that_only_some_arms_have(tmp_path: Path) -> None:
    """No warning, as some run has them; where there are no pairs, it is said why."""

    def some(arm: int, replication: int) -> dict[str, float]:
        return {**figures(arm, replication), **({"calm.late_s": 3.0 + replication} if arm == 2 else {})}

    for seed in range(3):  # whichever ends first
        told = Told()
        asked: dict[str, Any] = {"replications": 3, "figures": ["calm.late_s"], "report": True}
        findings = study(tmp_path / str(seed), MadeUp(some, seed), told, **asked)
        assert told.lines == []
    assert [findings.unpaired(one) for one in findings.comparisons] == ["with neither", "only with penetration=1.0"]
    page = (tmp_path / "0" / "report.md").read_text()
    assert "| penetration=1.0 | only with penetration=1.0 | – |" in page
    assert "Of calm.late_s some comparisons have no pairs, as no replication has the figure in both arms" in page
    told_so = study(tmp_path / "sound", MadeUp(), replications=3, figures=["calm.wait_s"])
    assert [told_so.unpaired(one) for one in told_so.comparisons] == ["", ""]


def test_directories_of_others(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(WaysideError, match=r"holds something that is not a study; name another directory$"):
        study(tmp_path, MadeUp())
    out = tmp_path / "study"
    study(out, MadeUp(), replications=2)
    for said, why in (
        ({"set": {"scenario.end": 20.0}}, r"holds another study: its set is .*; name another directory$"),
        ({"seed": 9}, r"holds another study: its seed is null, not 9; name another directory$"),
        (
            {"vary": {"v2x.penetration": [0.2, 0.6]}},
            r"holds another study: it has the arm penetration=1\.0; keep it, or",
        ),
    ):
        with pytest.raises(WaysideError, match=why):
            study(out, MadeUp(), **{"replications": 2, **said})
    (tmp_path / "file").write_text("")
    with pytest.raises(WaysideError, match=r"file: cannot be written: a part of its path is a file$"):
        study(tmp_path / "file", MadeUp())


def test_two_at_one_directory(tmp_path: Path) -> None:
    class Meanwhile(MadeUp):
        def __call__(self, *arguments: Any) -> Iterator[Ended]:
            with pytest.raises(WaysideError, match=r"another `wayside compare` is at it now$"):
                study(tmp_path, MadeUp())
            return super().__call__(*arguments)

    study(tmp_path, Meanwhile(), replications=1)


def test_gridlocks_are_counted_and_kept(tmp_path: Path) -> None:
    def stuck(arm: int, replication: int) -> dict[str, float]:
        return {**figures(arm, replication), "end.stuck": 3.0 if arm == 2 and replication < 2 else 0.0}

    findings = study(tmp_path, MadeUp(stuck), replications=4, report=True)
    assert findings.outcomes.gridlocked.sum(axis=1).tolist() == [0, 0, 2]
    assert "| penetration=1.0 | 4 | 0 | 0 % | 2 | 50 % |" in (tmp_path / "report.md").read_text()
    assert next(one for one in findings.summaries if one.arm == "penetration=1.0").runs == 4


def test_gridlock() -> None:
    sound = {"end.on_road": 100.0, "end.stuck": 5.0, "vehicles.teleports": 10.0, "vehicles.departed": 1000.0}
    assert not gridlocked(sound)
    assert gridlocked({**sound, "end.stuck": 6.0})
    assert gridlocked({**sound, "vehicles.teleports": 11.0})
    assert not gridlocked(dict.fromkeys(sound, 0.0))


def test_a_report_says_what_was_found_and_what_speaks_against_it(tmp_path: Path) -> None:
    findings = study(tmp_path, MadeUp(), replications=12, report=True, figures=["calm.wait_s"])
    page, text = ((tmp_path / name).read_text() for name in ("report.html", "report.md"))
    for one in findings.comparisons:
        assert one.found
        assert claim(one) in text
    assert f"wayside compare {tmp_path}/study.toml --out {tmp_path}" in text
    assert "wayside run crossing --seed 1 --set scenario.end=10.0 --set v2x.penetration=0.2 --set demand.rep" in text
    assert page.count("<svg") == 2  # runs with differences; the curve over the number that is varied
    assert "@page" in page
    assert not any(loads in page for loads in ("src=", "<link", "<script", "url(http"))
    few = pages(study(tmp_path / "few", MadeUp(), replications=4), tmp_path / "few")["report.md"]
    assert "With 4 replications nothing can be shown" in few
    assert "It takes 8, or fewer figures." in few
    assert fewest_pairs(1) == 6
    assert fewest_pairs(2) == 7


def test_from_python(tmp_path: Path) -> None:
    """The table of comparisons; a scenario made in Python is kept in the directory."""
    base = Scenario.load("crossing").replace("scenario.end", 5.0)
    vary = {"v2x.penetration": [0.2, 1.0]}
    said = {"replications": 2, "figures": ["vehicles.mean_speed_m_s"], "engine": {"use": "local"}}
    table = compare(base, vary, jobs=2, out=tmp_path / "out", **said)
    (row,) = table.to_pylist()
    assert (row["figure"], row["arm"], row["against"], row["pairs"]) == (
        "vehicles.mean_speed_m_s",
        "penetration=1.0",
        "penetration=0.2",
        2,
    )
    assert (tmp_path / "out" / "report.html").exists()
    assert Scenario.load(tmp_path / "out" / "scenario.toml").end == 5.0
    with pytest.raises(WaysideError, match=r"^compare: penetration=1.0: is one arm only"):
        compare("crossing", {"v2x.penetration": [1.0]})
