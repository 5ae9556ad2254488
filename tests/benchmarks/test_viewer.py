"""The viewer's benchmark without a browser: what it asks of Node, and what it makes of the answer."""

import argparse
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks import measure, viewer
from benchmarks.measure import BenchmarkError, Finished

ROW = {"framesPerSecond": 20.0, "drawMs": 40.0, "workMs": 0.5, "workMs95": 1.5, "takeMs": 0.25, "resolution": 1.0}


def options(*arguments: str) -> argparse.Namespace:
    """As the command line gives them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--small", action="store_true")
    viewer.add_options(parser)
    return parser.parse_args([*arguments, "--chromium", "browser"])


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[dict[str, object]]:
    """Node answers by itself; the tasks that it was given."""
    tasks: list[dict[str, object]] = []
    (tmp_path / "node_modules").mkdir()
    monkeypatch.setattr(viewer, "VIEWER", tmp_path)
    monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}")

    def run(command: Sequence[str], on: Sequence[int], cwd: Path) -> Finished:
        what = json.loads(command[2])
        tasks.extend(what["tasks"])
        answer = {
            "results": [{**task, **ROW} for task in what["tasks"]],
            "bundle": [{"name": "a.js", "bytes": 700_000, "gzip": 200_000}, {"name": "b.css", "bytes": 9, "gzip": 1}],
            "browser": "1",
            "troubles": [],
        }
        return Finished(1.0, 1.0, "building\n" + json.dumps(answer))

    monkeypatch.setattr(measure, "run", run)
    return tasks


def test_small(asked: list[dict[str, object]], capsys: pytest.CaptureFixture[str]) -> None:
    result = viewer.run(options("--small"))
    assert [(task["what"], task["vehicles"]) for task in asked] == [("scene", 1000), ("canvas", 1000)]
    assert result["total"] == {"bytes": 700_009, "gzip": 200_001}
    viewer.show(result)
    printed = capsys.readouterr().out
    assert "2D canvas" in printed
    assert "200 kB gzip" in printed


def test_large(asked: list[dict[str, object]]) -> None:
    viewer.run(options())
    counts = [task["vehicles"] for task in asked if task["what"] == "scene" and task["span"] is None]
    assert counts == [1000, 5000, 20_000]
    assert any(task["tilt"] and task["fly"] for task in asked)


def test_without_packages(asked: list[dict[str, object]]) -> None:
    (viewer.VIEWER / "node_modules").rmdir()
    with pytest.raises(BenchmarkError, match="npm ci"):
        viewer.run(options("--small"))
    assert asked == []


def test_without_node_or_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(BenchmarkError, match=r"Node\.js"):
        viewer.run(options("--small"))
    without = options("--small")
    without.chromium = None
    with pytest.raises(BenchmarkError, match="no browser"):
        viewer.run(without)
