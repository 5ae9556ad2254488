"""The command `compare`: what it takes, what it says of mistakes, and how it goes on."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from tests.sim.experiments.test_comparing import VARY, MadeUp
from wayside.sim.cli.command import main
from wayside.sim.cli.compare import _study, split, table
from wayside.sim.cli.progress import Lines, Live, duration
from wayside.sim.experiments.compare import carry_out
from wayside.sim.experiments.study import Design, Study

VARIED = ("--vary", "v2x.penetration=0.2,1")


def told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: object) -> str:
    """What is said of a mistake: one line, and exit status 2."""
    monkeypatch.setattr("sys.argv", ["wayside", "compare", *map(str, arguments)])
    with pytest.raises(SystemExit) as left:
        main()
    out, err = capsys.readouterr()
    assert left.value.code == 2, err
    assert out == ""
    (line,) = err.splitlines()
    return line


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("crossing",), "wayside: compare: name a directory for tables and report with --out"),
        (("crossing", "--vary", "v2x.penetration=1"), "compare: penetration=1: is one arm only: give two"),
        (("crossing", "--vary", "v2x.penetration"), '--vary "v2x.penetration": must be section.key=value,value'),
        (("crossing", "--vary", "v2x.penetraton=0.1,1"), 'v2x.penetraton: no such field; did you mean "penetration"?'),
        (("crossing", "--vary", "parking.policy.win=1,2"), 'parking.policy.win: no such option of "nearest"'),
        (("crossing", *VARIED, "--replications", "0"), "wayside: compare: replications = 0: must be between 1 and"),
        (("crossing", *VARIED, "--jobs", "0"), "wayside: compare: --jobs = 0: must be at least 1"),
        (("crossing", *VARIED, "--precision", "vehicles.arrived"), "must be figure=5% or figure=number"),
        (("crossing", *VARIED, "--precision", "vehicles.arrived=0"), "must be a share of the mean, as 5%"),
        (("crosing", *VARIED), 'crosing: no such scenario; did you mean "crossing"?'),
        (("hole.toml",), "wayside: hole.toml: scenario: missing: a built-in scenario's name"),
        (("crossing", *VARIED, "--shard", "4/3"), 'compare: --shard = "4/3": must be one of so many, as 3/16'),
        (("crossing", "study.toml", *VARIED), "compare: study.toml: one scenario or study at a time; --merge is for"),
        (("--merge", "one", "two", "--jobs", "2"), "compare: --merge takes directories and --out, not --jobs: shards"),
        (("--merge", "one", "two"), "wayside: one: is no directory that `wayside compare --shard` has left"),
        (("crossing", *VARIED, "--set", f"{VARIED[1].partition('=')[0]}=0.5"), ": is both set for all runs and varied"),
        (("crossing", *VARIED, *VARIED), "is said twice: say all its values at once"),
        (("crossing", *VARIED, "--precision", "vehicles.arrived=5%", "--most", "3"), "most = 3: must be at least repl"),
        (("study.toml", "--replications", "0"), "wayside: compare: replications = 0: must be between"),
    ],
)  # fmt: skip
def test_mistakes(
    arguments: tuple[str, ...],
    line: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hole.toml").write_text("replications = 3\n[vary]\nv2x.penetration = [0.1, 1.0]\n")
    (tmp_path / "study.toml").write_text('scenario = "crossing"\n[vary]\nv2x.penetration = [0.1, 1.0]\n')
    out = () if "name a directory" in line else ("--out", "out")
    assert line in told(capsys, monkeypatch, *arguments, *out)
    assert not (tmp_path / "out").exists()


def test_an_output_of_another_study(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    design = Design(Study(scenario="crossing", vary=VARY, replications=1))
    carry_out(design, tmp_path / "out", 1, Lines(10.0, lambda: 0.0), report=False, executor=MadeUp())
    line = told(capsys, monkeypatch, "crossing", "--vary", "v2x.radio=ideal,itsg5", "--out", tmp_path / "out")
    assert line.endswith("holds another study: it has the arm penetration=0.2; keep it, or name another directory")


def test_pieces_between_commas() -> None:
    assert split("search, nearest,batch") == ["search", "nearest", "batch"]
    assert split('{ use = "a,b", at = [1, 2] },"c,d",e') == ['{ use = "a,b", at = [1, 2] }', '"c,d"', "e"]
    assert split("don't,do") == ["don't,do"]  # a quote that is never closed


def test_lines_where_there_is_no_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clock = iter(range(0, 10_000, 4))
    watch = Lines(10.0, lambda: float(next(clock)))
    carry_out(
        Design(Study(scenario="crossing", vary=VARY, replications=4)),
        tmp_path / "out",
        1,
        watch,
        report=False,
        executor=MadeUp(lambda arm, number: "no way" if arm else {}),
    )
    said = capsys.readouterr().err.splitlines()
    counted = [line for line in said if " of 12 runs" in line]
    assert counted
    assert all(line.endswith(" left") for line in counted[:-1])
    assert any(", 1 failed, " in line or " failed, " in line for line in counted)
    assert sum("no way" in line for line in said) == 2
    assert watch.line() == "12 of 12 runs, 8 failed"


def test_a_table_that_lives(tmp_path: Path) -> None:
    live = Live()
    findings = carry_out(
        Design(Study(scenario="crossing", vary=VARY, replications=4)), tmp_path / "out", 1, live, report=False,
        executor=MadeUp(),
    )  # fmt: skip
    screen = Console(file=io.StringIO(), width=120, force_terminal=False)
    screen.print(live.picture())
    screen.print(table(findings))
    text = screen.file.getvalue()  # type: ignore[attr-defined]
    assert "penetration=0.6  4 of 4" in text
    assert "calm.wait_s" in text
    assert "\n12 of 12 runs" in text


@pytest.mark.parametrize(("width", "height"), [(120, 30), (60, 20), (40, 8), (30, 7), (12, 3)])
def test_a_table_on_any_terminal(tmp_path: Path, width: int, height: int) -> None:
    """The bar and what is left always stand below; what has no room is left out, and no line is broken."""
    live = Live()
    design = Design(Study(scenario="crossing", vary=VARY, replications=3))
    carry_out(design, tmp_path / "out", 1, live, report=False, executor=MadeUp())
    live._running = {("penetration=0.6", 2): 0.4, ("penetration=1.0", 2): 1.0}
    screen = Console(file=io.StringIO(), width=width, height=height, force_terminal=True, color_system=None)
    screen.print(live.picture())
    lines = screen.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert len(lines) <= max(height, 5)
    assert all(len(line) <= width for line in lines)
    assert lines[-1].startswith("9 of 9")
    assert ("calm.wait_s" in lines[0]) == (width > 60)
    assert any("penetration=0.6  3 of 3" in line for line in lines) == (width > 20)
    assert ("and 1 more arm" in lines) == (height == 7)


def test_durations() -> None:
    assert [duration(seconds) for seconds in (5.0, 300.0, 7200.0)] == ["5 s", "5 min", "2.0 h"]


def test_what_is_set_beside_a_study_is_set_beside_what_it_sets(tmp_path: Path) -> None:
    """A shorter run of a study is still a run of that study."""
    path = tmp_path / "study.toml"
    sets = "set.scenario.end = 600.0\nset.v2x.penetration = 0.5\n"
    path.write_text(f'scenario = "crossing"\n{sets}vary."v2x.range" = [100.0, 200.0]\n')
    study, _ = _study(str(path), {"set": {"scenario.end": 60.0, "v2x.uu": "ideal"}})
    assert study.set == {"scenario.end": 60.0, "v2x.penetration": 0.5, "v2x.uu": "ideal"}
