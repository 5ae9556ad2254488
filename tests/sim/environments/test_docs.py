"""docs/environments.md: its pieces of code run as printed, its tables are whole, its mistakes are told so."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import gymnasium
import pytest

from tests.test_docs import DOCS, blocks
from wayside.gym import LearningError
from wayside.sim.environments.charging import ChargingTask
from wayside.sim.environments.kinds import KINDS
from wayside.sim.environments.parking import ParkingTask
from wayside.sim.environments.requests import COMMON
from wayside.sim.environments.signals import PIECES

PAGE = "environments.md"


def test_as_printed(tmp_path: Path) -> None:
    single, mine, *others = blocks(PAGE, "python")
    (tmp_path / "mine.py").write_text(mine)
    printed = []
    # The first one with the pieces of one's own, too.
    own = single.replace('"free"]', '"free", "mine:prices"]').replace('"refused": -1.0', '"mine:paid": 1.0')
    assert own.count("mine:") == 2
    for script in (own, *others):
        command = [sys.executable, "-c", script]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        printed.append(done.stdout.strip())
    assert int(printed[0]) >= 0
    assert re.fullmatch(r"\(2, \d+\)", printed[1])
    assert printed[2] == "['tl_crossing']"


def test_every_piece_and_environment() -> None:
    text = (DOCS / PAGE).read_text("utf-8")
    table = [line for line in text.splitlines() if line.startswith("|")]

    def told(name: str, each: str) -> list[str]:
        return [line.rpartition("| ")[2] for line in table if f"`{name}`{each}" in line]

    for task in (ParkingTask, ChargingTask):
        for name, piece in {**COMMON, **task.pieces}.items():
            each = ", for each" if piece.each else ""
            assert f"{piece.unit} |".strip() in told(name, each), name
    for name, (piece, several) in PIECES.items():
        each = f", for each {several}" if piece.each else ""
        assert f"{piece.unit} |".strip() in told(name, each), name
    assert all(f"| `{kind.id}` |" in text for kind in KINDS.values())


@pytest.mark.parametrize("line", re.findall(r"^    (wayside/.*)$", (DOCS / PAGE).read_text("utf-8"), re.MULTILINE)[:1])
def test_mistakes_as_printed(line: str) -> None:
    with pytest.raises(LearningError) as error:
        gymnasium.make("wayside/Parking-v0", observation=["walkk"])
    assert str(error.value) == line
