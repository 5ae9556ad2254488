"""Plots: what is drawn is what the tables say, the same bytes each time, and one line for what cannot be drawn."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from matplotlib.axes import Axes

from tests.sim.children import hashes, run, wayside
from wayside.edge.errors import WaysideError
from wayside.sim.air import FATES
from wayside.sim.cli.command import main
from wayside.sim.results.plots import FIGURES, draw
from wayside.sim.results.plots.delivery import counts
from wayside.sim.results.plots.runs import PlottedRun, by_time, read_all
from wayside.sim.results.plots.style import POINTS, house, thinned

RADIO = ("--set", "v2x.radio=wayside.sim.air.itsg5:ItsG5Radio", "--set", "v2x.neighbours=true")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """With a modelled radio, another seed of it, and the ideal radio."""
    folder = tmp_path_factory.mktemp("runs")
    return [
        run("crossing", folder / "one", "--until", 200, *RADIO),
        run("crossing", folder / "other", "--until", 150, "--seed", 2, *RADIO),
        run("crossing", folder / "ideal", "--until", 60),
    ]


def drawn(paths: list[Path], out: Path, format: str = "svg") -> dict[str, Path | str]:
    out.mkdir()
    return dict(draw(read_all(paths), out, format))


@pytest.fixture(scope="module")
def first_svg(runs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    out = tmp_path_factory.mktemp("drawn") / "a"
    drawn(runs[:1], out)
    return hashes(out)


@pytest.mark.parametrize("format", ["png", "pdf"])
def test_the_same_bytes(runs: list[Path], tmp_path: Path, format: str) -> None:
    drawn(runs[:1], tmp_path / "a", format)
    drawn(runs[:1], tmp_path / "b", format)
    first = hashes(tmp_path / "a")
    assert first.keys() == {f"{name}.{format}" for name in FIGURES}
    assert first == hashes(tmp_path / "b")


def test_another_run_is_drawn_otherwise(runs: list[Path], first_svg: dict[str, str], tmp_path: Path) -> None:
    drawn(runs[1:2], tmp_path / "c")
    assert all(first_svg[name] != other for name, other in hashes(tmp_path / "c").items())


def test_the_same_bytes_in_another_process_whatever_the_users_own_style(
    runs: list[Path], first_svg: dict[str, str], tmp_path: Path
) -> None:
    assert first_svg.keys() == {f"{name}.svg" for name in FIGURES}
    (tmp_path / "matplotlibrc").write_text("lines.linewidth: 9\nfont.size: 30\nsvg.hashsalt: mine\n")
    done = wayside(
        "plot",
        runs[0],
        "--out",
        tmp_path / "b",
        environment={"MATPLOTLIBRC": str(tmp_path / "matplotlibrc")},
        fresh=True,
    )
    assert done.returncode == 0, done.stderr
    assert hashes(tmp_path / "b") == first_svg


def test_what_has_no_data_is_left_out(runs: list[Path], tmp_path: Path) -> None:
    found = drawn(runs[2:], tmp_path / "a")
    missing = {name for name, what in found.items() if isinstance(what, str)}
    assert {"delivery", "busy", "gaps"} <= missing
    assert {"age", "messages", "parking"} <= found.keys() - missing
    assert {path.stem for path in (tmp_path / "a").iterdir()} == found.keys() - missing
    done = wayside("plot", runs[2], "--out", tmp_path / "b")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert len(lines) == len(FIGURES)
    assert sum(": left out: " in line for line in lines) == len(missing)


def test_runs_together(runs: list[Path], tmp_path: Path) -> None:
    done = wayside("plot", runs[0], "--compare", runs[1], runs[2], "--out", tmp_path / "a", "--format", "png")
    assert done.returncode == 0, done.stderr
    assert {path.stem for path in (tmp_path / "a").iterdir()} == FIGURES.keys()
    with house():
        for name, figure in FIGURES.items():
            sheet = figure(read_all(runs))
            assert not isinstance(sheet, str), name
            shown = {text for axes in sheet.axes for text in _legend(axes)}
            assert {"one", "other"} <= shown or name == "age", name


def _legend(axes: Axes) -> list[str]:
    legend = axes.get_legend()
    return [] if legend is None else [text.get_text() for text in legend.get_texts()]


def test_the_stack_is_the_table(runs: list[Path]) -> None:
    one = PlottedRun.read(runs[0])
    tally = counts(one)
    assert tally is not None
    table = pq.read_table(runs[0] / "delivery.parquet")
    for fate, name in enumerate(FATES):
        assert tally[:, fate].sum() == sum(table[name.replace("-", "_")].to_pylist())
    with house():
        figure = FIGURES["delivery"]([one])
        assert not isinstance(figure, str)
        received = figure.axes[0].patches[0].get_data()  # type: ignore[attr-defined]
    shares = tally[: len(received.values), 0] / np.maximum(tally[: len(received.values)].sum(axis=1), 1)
    enough = tally[: len(received.values)].sum(axis=1) >= 30
    np.testing.assert_allclose(received.values[enough], shares[enough], atol=1e-12)
    assert received.edges[1] == 12.5  # bins are centred on multiples of 25 m
    assert one.summary["kpis"]["radio.delivery_100m"] == pytest.approx(shares[4], abs=1e-12)


def test_names_of_the_same_folder_are_told_apart(runs: list[Path], tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    copy = shutil.copytree(runs[2], tmp_path / "x" / "ideal")
    assert [found.label for found in read_all([runs[2], copy])] == [str(runs[2]), str(copy)]
    assert [found.label for found in read_all(runs)] == ["one", "other", "ideal"]


def test_long_lines_are_thinned_to_means() -> None:
    time, values = np.arange(10_000.0), np.arange(10_000.0) * 2.0
    values[:25] = np.nan
    short, means = thinned(time, values)
    assert len(short) == POINTS
    assert np.isnan(means[0])
    np.testing.assert_allclose(means[1:], short[1:] * 2.0)


def test_a_last_row_that_is_not_whole_is_not_drawn() -> None:
    table = {"time_s": np.array([1.0, 1.0, 2.0, 2.0, 3.0]), "a": np.arange(5)}
    time, (a,) = by_time(table, "a")
    assert time.tolist() == [1.0, 2.0]
    assert a.tolist() == [[0.0, 1.0], [2.0, 3.0]]


def broken_off(folder: Path) -> None:
    summary = json.loads((folder / "summary.json").read_text())
    summary["interrupted"] = True
    (folder / "summary.json").write_text(json.dumps(summary))


def test_an_interrupted_run_is_drawn_and_said_to_be_one(runs: list[Path], tmp_path: Path) -> None:
    copy = Path(shutil.copytree(runs[2], tmp_path / "run"))
    broken_off(copy)
    assert PlottedRun.read(copy).about.endswith(", interrupted")
    assert not isinstance(drawn([copy], tmp_path / "a")["messages"], str)


def gone(folder: Path) -> str:
    shutil.rmtree(folder)
    return "no such directory"


def no_summary(folder: Path) -> str:
    (folder / "summary.json").unlink()
    return "not a run: it has no summary.json"


def not_json(folder: Path) -> str:
    (folder / "summary.json").write_text("{")
    return "summary.json: is broken: no JSON"


def a_word_for_a_number(folder: Path) -> str:
    (folder / "summary.json").write_text('{"wayside": "1", "end_s": "late"}')
    return "summary.json: is broken: end_s is no number"


def of_others(folder: Path) -> str:
    (folder / "summary.json").write_text('{"a": 1}')
    return "not the summary of a run"


def cut(folder: Path) -> str:
    path = folder / "messages.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    return "messages.parquet: is broken: no Parquet table"


def a_folder_instead(folder: Path) -> str:
    (folder / "messages.parquet").unlink()
    (folder / "messages.parquet").mkdir()
    (folder / "messages.parquet" / "x").write_text("")
    return "messages.parquet: is broken: no Parquet table"


def of_another_version(folder: Path) -> str:
    table = pq.read_table(folder / "rsu.parquet").drop_columns(["age_mean_s"])
    pq.write_table(table, folder / "rsu.parquet")
    return "rsu.parquet: has no column age_mean_s"


@pytest.mark.parametrize(
    "damage",
    [
        gone,
        no_summary,
        not_json,
        a_word_for_a_number,
        of_others,
        cut,
        a_folder_instead,
        of_another_version,
    ],
)
def test_bad_runs_are_one_line(runs: list[Path], tmp_path: Path, damage: Callable[[Path], str]) -> None:
    copy = Path(shutil.copytree(runs[2], tmp_path / "run"))
    said = damage(copy)
    with pytest.raises(WaysideError) as told:
        drawn([copy], tmp_path / "a")
    assert said in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["{run}", "--format", "jpeg"], "--format = 'jpeg': must be one of svg, png, pdf"),
        (["{run}", "{run}"], "2 directories: name one, or draw them together with --compare"),
        (["{run}", "--compare"], "--compare: name at least two directories"),
        (["{run}", "--out", "/dev/null/x"], "/dev/null/x: cannot be written: a part of its path is a file"),
        (["nowhere"], "nowhere: no such directory"),
    ],
)
def test_bad_arguments(
    runs: list[Path],
    arguments: list[str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.argv", ["wayside", "plot", *(a.format(run=runs[2]) for a in arguments)])
    with pytest.raises(SystemExit) as left:
        main()
    out, err = capsys.readouterr()
    assert left.value.code == 2
    assert out == ""
    assert err.startswith("wayside: ")
    assert said in err
    assert err.count("\n") == 1


def test_without_matplotlib(runs: list[Path]) -> None:
    """The other commands do not load it, and this one says what to install."""
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "from wayside.web.cli import main\n"
        f"sys.argv = ['wayside', 'plot', {str(runs[2])!r}]\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2
    assert done.stderr == "wayside: plot: matplotlib is not installed: pip install 'wayside[plot]'\n"
    loaded = "import sys, wayside.web.cli; print('matplotlib' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", loaded], text=True, timeout=120).strip() == "False"
