"""`wayside run --profile`: parts that add up, under their names, without changing anything."""

import json
import re
from pathlib import Path

import pytest

from tests.sim.children import TIMING, hashes, in_child, run, wayside
from wayside.sim.engine import Simulation
from wayside.sim.results.profile import Profile, parts_of
from wayside.sim.scenario import Scenario

PARTS = {
    "sumo",
    "read",
    "move",
    "awareness: generation",
    "awareness: encoding",
    "air: links",
    "air: packets",
    "delivery",
    "decoding",
    "local dynamic maps",
    "application parking",
    "requests",
    "recording",
    "commands",
    "measuring the air",
    "key figures",
}


@pytest.mark.parametrize("pipeline", ["lockstep", "overlapped"])
def test_parts_in_timing(tmp_path: Path, pipeline: str) -> None:
    changes = ("--until", 120, "--set", f"scenario.pipeline={pipeline}")
    out = tmp_path / "run"
    done = wayside("run", "crossing", *changes, "--out", out, "--profile")
    assert done.returncode == 0, done.stderr
    timing = json.loads((out / TIMING).read_text())
    profile, coarse = timing["profile"], timing["parts_s"]
    parts = profile["parts_s"]
    expected = PARTS - {"sumo"} | {"waiting for SUMO"} if pipeline == "overlapped" else PARTS
    assert expected <= parts.keys()
    assert profile["ticks"] == 1200
    assert min(parts.values()) >= 0.0
    assert sorted(parts.values(), reverse=True) == list(parts.values())
    # Each second is counted once: the engine's own parts hold all but what passes outside of them.
    inside = sum(parts.values()) - parts["outside the tick"]
    assert inside == pytest.approx(sum(coarse.values()) - coarse["set-up"], rel=0.05)
    for line in (r"part +s +ms per tick +share", r"air: packets +[\d.]+ +[\d.]+ +[\d.]+%", r"1,200 V2X ticks"):
        assert re.search(line, done.stdout)
    plain = run("crossing", tmp_path / "plain", *changes)
    assert hashes(plain) == hashes(out), "to be watched changes nothing"
    assert "profile" not in json.loads((plain / TIMING).read_text())
    assert {"set-up", "sumo", "read", "edge", "record", "commands"} <= json.loads((plain / TIMING).read_text())[
        "parts_s"
    ].keys()


def every_part() -> list[str]:
    """The parts of which a method is not what it was: all must be wrapped."""
    with Simulation(Scenario.load("crossing").replace("scenario.end", 5.0)) as simulation:
        before = [getattr(owner, method) for owner, method, _ in parts_of(simulation)]
        Profile(simulation)
        after = [getattr(owner, method) for owner, method, _ in parts_of(simulation)]
        names = [part for _, _, part in parts_of(simulation)]
        return [name for name, old, new in zip(names, before, after, strict=True) if old == new]


def test_all_parts_can_be_timed() -> None:
    assert in_child(every_part) == []


def nested() -> dict[str, float]:
    """A part within a part, with a clock of our own."""
    with Simulation(Scenario.load("crossing").replace("scenario.end", 5.0)) as simulation:
        profile = Profile(simulation)
        now = [100.0]
        from wayside.sim.results import profile as module

        class Clock:
            @staticmethod
            def perf_counter() -> float:
                return now[0]

        vars(module)["time"] = Clock

        def pass_time(seconds: float) -> None:
            now[0] += seconds

        def outer() -> None:
            pass_time(1.0)
            profile._timed("inner", pass_time, 5.0)
            pass_time(2.0)

        profile._timed("outer", outer)
        with pytest.raises(ZeroDivisionError):
            profile._timed("inner", lambda: 1 / 0)
        profile._timed("outer", outer)
        return dict(profile.seconds)


def test_a_part_does_not_count_the_parts_inside_it() -> None:
    assert in_child(nested) == {"inner": 10.0, "outer": 6.0}
