"""A run with applications that break off: it stops by default, and goes on without them where asked."""

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.sim.children import hashes, wayside

MODULE = '''
import time

from wayside import App, every
from wayside.edge.apps.parking import ParkingGuidance
from wayside.edge.messages import Broadcast, Saem, denm
from wayside.edge.parking.messages import ParkingRequests

class Later(App):
    @every(0.5)
    def look(self):
        if self.time > 30.0:
            raise KeyError("later")

class Flood(App):
    @every(1.0)
    def look(self):
        for _ in range(1000):
            self.send(Saem(("news",)))

class Unsayable(App):
    @every(1.0)
    def look(self):
        self.send(Saem(("no service that has a number",)))

class OfNoKind(Broadcast):
    """Which no schema says."""

class UnsayableAtStart(App):
    def start(self):
        self.send(denm("roadworks", self.position), repeat=1.0)
        self.send(OfNoKind(), repeat=1.0)

class Repeats(App):
    """Until it breaks off."""

    def start(self):
        self.send(denm("roadworks", self.position), repeat=1.0)

    @every(1.0)
    def look(self):
        if self.time > 20.0:
            raise KeyError("repeats")

class Bays(ParkingGuidance):
    """The parking service, until it breaks off."""

    def answer(self, *decided):
        if self.time > 120.0:
            raise KeyError("bays")
        super().answer(*decided)

class Slow(App):
    @every(1.0)
    def look(self):
        if self.time > 4.95 and not hasattr(self, "slept"):
            self.slept = time.sleep(1.2)
'''


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "mine.py").write_text(MODULE)
    return tmp_path


def run(here: Path, apps: str, *options: object, until: int = 60, out: str = "run") -> tuple[int, list[str]]:
    change = ("--set", f"rsu.0.apps={apps}")
    done = wayside("run", "crossing", "--until", until, "--out", out, *change, *options, cwd=here)
    return done.returncode, [line for line in done.stderr.splitlines() if not line.endswith("vehicles")]


def summary(here: Path, out: str = "run") -> dict[str, object]:
    found: dict[str, object] = json.loads((here / out / "summary.json").read_text())
    return found


@pytest.mark.parametrize(("app", "said"), [("Later", "KeyError: 'later'"), ("Flood", "more than 100 messages")])
def test_a_run_stops_by_default(here: Path, app: str, said: str) -> None:
    status, lines = run(here, f'["mine:{app}"]')
    assert status == 2
    assert len(lines) == 1
    assert lines[0].startswith("wayside: unit ")
    assert said in lines[0]
    assert f"{app}.look at " in lines[0]


def test_a_run_that_keeps_going_without_an_application(here: Path) -> None:
    """Its unit says all else that it says; the exit status, the summary and one line a unit tell of it."""
    status, lines = run(here, '["signals", "mine:Later"]', "--keep-going")
    assert status == 3
    found = summary(here)
    assert found["interrupted"] is False
    assert found["end_s"] == 60.0
    failed = found["failed"]
    assert isinstance(failed, list)
    assert failed
    assert found["kpis"]["apps.failed"] == len(failed) == len(lines)  # type: ignore[index]
    for one, line in zip(failed, lines, strict=True):
        assert one["application"] == "Later"
        assert one["time"] == pytest.approx(30.1, abs=0.9)
        assert line == f"warning: {one['line']}: it is switched off at this unit"
        assert f"unit {one['unit']}: Later.look at {one['time']:g} s: KeyError: 'later' ({here}/mine.py:" in line
    assert len({one["unit"] for one in failed}) == len(failed)
    without, _ = run(here, '["signals"]', out="without")
    assert without == 0
    assert "failed" not in summary(here, "without")
    assert "apps.failed" not in summary(here, "without")["kpis"]  # type: ignore[operator]
    ours, theirs = hashes(here / "run"), hashes(here / "without")
    differ = {name for name in {*ours, *theirs} if ours.get(name) != theirs.get(name)}
    assert differ == {"summary.json", "scenario.toml"}


def test_asking_to_keep_going_changes_nothing_else(here: Path) -> None:
    assert run(here, '["signals", "parking"]', "--keep-going") == (0, [])
    assert run(here, '["signals", "parking"]', out="other") == (0, [])
    assert hashes(here / "run") == hashes(here / "other")


def test_floods_and_what_nobody_can_say_are_switched_off(here: Path) -> None:
    status, _ = run(here, '["signals", "mine:Flood", "mine:Unsayable"]', "--keep-going")
    assert status == 3
    failed = summary(here)["failed"]
    assert isinstance(failed, list)
    assert {one["application"] for one in failed} >= {"Flood"}
    assert summary(here)["kpis"]["messages.spatem.sent"] > 0  # type: ignore[index]


def test_what_nobody_can_say_at_the_start_is_switched_off_too(here: Path) -> None:
    """And nothing else that the application had said is sent."""
    status, (line,) = run(here, '["signals", "mine:UnsayableAtStart"]', "--keep-going")
    assert status == 3
    assert "OfNoKind is of no kind of this run" in line
    kpis = summary(here)["kpis"]
    assert kpis["messages.spatem.sent"] > 0  # type: ignore[index]
    assert kpis["messages.denm.sent"] <= 1  # type: ignore[index]
    status, (line,) = run(here, '["signals", "mine:UnsayableAtStart"]', "--force")
    assert status == 2
    assert "OfNoKind is of no kind of this run" in line


def test_who_is_switched_off_repeats_nothing(here: Path) -> None:
    status, _ = run(here, '["signals", "mine:Repeats"]', "--keep-going")
    assert status == 3
    assert summary(here)["kpis"]["messages.denm.sent"] == pytest.approx(20, abs=1)  # type: ignore[index]


def test_a_service_that_is_switched_off_is_offered_no_more(here: Path) -> None:
    """Nobody asks a unit any more that has stopped to announce its service, but for who has just heard it."""
    status, _ = run(here, '["signals", "mine:Bays"]', "--keep-going", "--set", "v2x.penetration=1", until=300)
    assert status == 3
    failed = summary(here)["failed"]
    assert isinstance(failed, list)
    (off,) = (one["time"] for one in failed)
    table = pq.read_table(here / "run" / "messages.parquet").to_pydict()
    kind, time = np.array(table["kind"]), np.array(table["time_s"])
    sent = np.array(table["sent"])
    later = time > off + 2.0
    assert sent[(kind == "saem") & later].sum() == 0
    assert sent[(kind == "saem") & ~later].sum() > 0
    assert sent[(kind == "parking-request") & (time > off + 10.0)].sum() == 0
    assert sent[(kind == "parking-request") & ~later].sum() > 0
    assert sent[(kind == "spatem") & later].sum() > 0


def test_a_slow_call_is_warned_of_and_changes_nothing(here: Path) -> None:
    status, lines = run(here, '["signals", "mine:Slow"]', until=6)
    assert status == 0
    told = json.loads((here / "run" / "timing.json").read_text())["slow_calls"]
    assert len(told) == len(lines) > 0
    assert all("Slow at " in line and "more than 1 s" in line for line in lines)
    assert all(one["application"] == "Slow" and one["seconds"] > 1.0 for one in told)
    assert run(here, '["signals"]', until=6, out="without")[0] == 0
    ours, theirs = hashes(here / "run"), hashes(here / "without")
    assert {name for name in ours if ours[name] != theirs[name]} == {"scenario.toml"}
