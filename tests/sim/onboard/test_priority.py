"""Priority in runs: who asks when, what messages carry, what it does for a bus, and that the guard always holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.sim.children import hashes, in_child, wayside
from tests.sim.control.test_control import judged, ran
from tests.sim.onboard.test_signal_advice import town
from wayside import App, every, on
from wayside.edge.apps.priority import SignalPriority
from wayside.edge.control.guard import LightGuard
from wayside.edge.priority.messages import CANCELLATION, EMERGENCY, PUBLIC_TRANSPORT, PriorityRequests
from wayside.sim.air import Carried, Deliveries, Outgoing
from wayside.sim.air.ideal import IdealRadio
from wayside.sim.engine import Simulation
from wayside.sim.scenario import Scenario

HERE = __name__
BUS = '<vType id="bus" vClass="bus" sigma="0" speedFactor="1" length="12"/>'
LINE = """<flow id="b" type="bus" begin="5" end="{}" period="37" departSpeed="max"><route edges="in out"/>{}</flow>"""
CROSS = (
    """<flow id="s" type="car" begin="0" end="280" probability="0.15" departSpeed="max"><route edges="up on"/></flow>"""
)
STOP = '<busStop id="halt" lane="in_0" startPos="300" endPos="330"/>'


def buses(folder: Path, routes: str = LINE.format(160, ""), **options: Any) -> str:
    return town(folder, BUS + CROSS + routes, red=40, end=options.pop("end", 220), step_length=0.5, **options)


def runs(config: str, out: Path, **of: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Key figures of several runs, each by its name, with changes of the scenario."""
    found = {}
    for name, changes in of.items():
        said = {"v2x.origin": (31.0, 121.0), "v2x.range": 500.0, "v2x.services": ["priority"], **changes}
        said.setdefault("rsu", [{"at": "traffic-lights", "apps": ["signals", "priority"]}])
        with Simulation(Scenario.load(config).replace(said), out=out / name) as simulation:
            found[name] = simulation.run()
    return found


OFF = {"rsu": [{"at": "traffic-lights", "apps": ["signals"]}]}


def test_a_bus_loses_less_with_priority(tmp_path: Path) -> None:
    found = in_child(runs, buses(tmp_path / "town"), tmp_path, on={}, off=OFF)
    on, off = found["on"], found["off"]
    assert on["priority.passages"] >= off["priority.passages"] >= 4
    assert on["priority.lost_s"] < 0.6 * off["priority.lost_s"]
    assert on["priority.requests"] == on["priority.granted"] >= 4
    assert on["priority.extensions"] + on["priority.early_greens"] >= 2
    assert on["priority.extended_s"] + on["priority.advanced_s"] > 5.0
    assert 0.1 <= on["priority.grant_s"] < 20.0
    assert off["priority.requests"] == 0, "nobody offers it"
    assert "messages.srem.sent" in off
    rows = pq.read_table(tmp_path / "on" / "priority.parquet").to_pylist()
    assert {row["outcome"] for row in rows} <= {"passed", "cancelled", "standing"}
    assert sum(row["outcome"] == "passed" for row in rows) >= 3
    assert all(row["role"] == "publicTransport" for row in rows)


def test_nobody_asks_before_its_stop(tmp_path: Path) -> None:
    """The stop is 270 m before the line; its timetable makes the bus late or not."""
    stop = '<stop busStop="halt" duration="10" until="{}"/>'
    for until, late in ((20, True), (90, False)):
        route = f'<vehicle id="b" type="bus" depart="5"><route edges="in out"/>{stop.format(until)}</vehicle>'
        folder = tmp_path / f"town{until}"
        config = buses(folder, route, end=70 if late else 125)
        (folder / "town.add.xml").write_text(
            (folder / "town.add.xml").read_text().replace("<additional>", f"<additional>{STOP}")
        )
        out = tmp_path / f"out{until}"
        in_child(runs, config, out, on={}, picky={"rsu": [{"apps": ["signals", LATE]}]})
        (row,) = pq.read_table(out / "on" / "priority.parquet").to_pylist()
        assert row["asked_s"] >= (90.0 if until == 90 else 35.0)
        (row,) = pq.read_table(out / "picky" / "priority.parquet").to_pylist()
        assert (row["status"] != "rejected") == late


LATE = {"use": "priority", "late": 10.0}


def test_an_ambulance_in_both_families(tmp_path: Path) -> None:
    """On a fixed program and under a controller; and with messages lost."""
    route = """<vType id="rescue" vClass="emergency" speedFactor="1.2"/>
        <flow id="a" type="rescue" begin="8" end="100" period="41" departSpeed="max"><route edges="in out"/></flow>"""
    config = buses(tmp_path / "town", route, end=150)
    found = in_child(
        runs,
        config,
        tmp_path,
        etsi={},
        csae={"v2x.family": "csae"},
        control={"signals.control": "max-pressure"},
        lossy={"v2x.radio": {"use": f"{HERE}:Lossy"}},
    )
    for name, figures in found.items():
        assert figures["priority.granted"] >= (1 if name == "lossy" else 3), name
        assert figures["priority.lost_s"] < 12.0, name
    rows = pq.read_table(tmp_path / "lossy" / "priority.parquet").to_pylist()
    assert all(row["outcome"] in ("passed", "cancelled", "silent", "standing") for row in rows)


class Lossy(IdealRadio):
    """Of three packets one arrives."""

    def carry(self, out: Outgoing) -> Carried:
        carried = super().carry(out)
        kept = out.id % 3 == 0
        units, vehicles = (
            Deliveries(found.packet[kept[found.packet]], found.receiver[kept[found.packet]])
            for found in (carried.units, carried.vehicles)
        )
        lost = ~kept & (out.to >= 0)
        at_vehicles, at_units = np.where(lost, 0, carried.at_vehicles), np.where(lost, 0, carried.at_units)
        return carried._replace(at_vehicles=at_vehicles, at_units=at_units, units=units, vehicles=vehicles)


class Elsewhere(App):
    """Offers priority beside the road, at no light."""

    name = "priority"
    service = True

    @on(PriorityRequests)
    def hear(self, asked: PriorityRequests) -> None:
        raise AssertionError("nobody asks here")


def unheard(config: str) -> tuple[float, float, bool]:
    """Requests sent, granted, and whether any lies in the inbox of the unit at the light, which does not serve them."""
    rsu = [{"at": "traffic-lights", "apps": ["signals"]}, {"at": [500.0, 620.0], "apps": [f"{HERE}:Elsewhere"]}]
    said = {"v2x.origin": (31.0, 121.0), "v2x.range": 500.0, "v2x.services": ["priority"], "rsu": rsu}
    with Simulation(Scenario.load(config).replace(said)) as simulation:
        figures = simulation.run()
        return figures["messages.srem.sent"], figures["priority.granted"], simulation.units[0].asked


def test_a_light_that_does_not_serve_them_answers_nothing(tmp_path: Path) -> None:
    sent, granted, kept = in_child(unheard, buses(tmp_path / "town", end=80))
    assert sent > 5
    assert granted == 0
    assert not kept


class Begs(SignalPriority):
    """Gets drawn requests instead of vehicles'."""

    name = "begs"

    @every(1.0)
    def beg(self) -> None:
        random = self.context.random("beg", when=self.time)
        n = int(random.integers(0, 3))
        assert self.signal is not None
        lanes = [lane.number for lane in self.signal.lanes]
        whole: Any = {name: np.zeros(n, np.int32) for name in ("sequence", "outbound", "grouped", "importance")}
        nothing: Any = {name: np.zeros(n) for name in ("x", "y", "speed", "heading")}
        asked = PriorityRequests(
            vehicle=np.zeros(n, np.int32),
            station=random.integers(0, 9, n),
            place=np.full(n, self.signal.light),
            request=random.integers(0, 3, n).astype(np.int32),
            kind=random.choice([1, 2, CANCELLATION], n).astype(np.int32),
            inbound=random.choice(lanes, n).astype(np.int32),
            role=random.choice([PUBLIC_TRANSPORT, EMERGENCY], n).astype(np.int32),
            eta=self.time + random.uniform(-5.0, 40.0, n),
            delay=np.full(n, np.nan),
            **whole,
            **nothing,
        )
        self.hear(asked)


def begged(changes: dict[str, object], planted: bool = False) -> tuple[list[str], dict[str, float]]:
    """What is wrong with what SUMO has shown, and the key figures."""
    said = {"rsu.0.apps": ["signals", {"use": f"{HERE}:Begs", **changes.pop("options", {})}], **changes}  # type: ignore[dict-item]
    if planted:
        with patch.object(LightGuard, "free_at", lambda self, now_ms: now_ms >= self.since_ms):
            found = ran(said)
    else:
        found = ran(said)
    return judged(found), found["kpis"]


@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(
    seed=st.integers(0, 10**6),
    control=st.sampled_from(["program", "fixed", "max-pressure", "greedy"]),
    pipeline=st.sampled_from(["lockstep", "overlapped"]),
    most_red=st.sampled_from([40.0, 120.0]),
    rest=st.sampled_from([0.0, 20.0]),
    give_back=st.sampled_from([0.0, 10.0]),
)
def test_whatever_is_asked_the_guard_holds(
    seed: int, control: str, pipeline: str, most_red: float, rest: float, give_back: float
) -> None:
    changes: dict[str, object] = {
        "scenario.seed": seed,
        "signals.control": control,
        "scenario.pipeline": pipeline,
        "signals.maximum_red": most_red,
        "options": {"rest": rest, "give_back": give_back},
    }
    wrong, figures = in_child(begged, changes)
    assert wrong == []
    assert figures["signals.granted"] > 5


def test_a_guard_that_is_broken_is_found() -> None:
    wrong, _ = in_child(begged, {"scenario.seed": 1}, True)
    assert any(one.startswith("least green") for one in wrong)


@pytest.mark.parametrize("pipeline", ["lockstep", "overlapped"])
def test_the_same_again(tmp_path: Path, pipeline: str) -> None:
    config = buses(tmp_path / "town", end=90)
    changes = [
        "v2x.services=['priority']",
        "v2x.origin=[31.0,121.0]",
        "v2x.range=500",
        f"scenario.pipeline='{pipeline}'",
    ]
    changes += ["rsu=[{at='traffic-lights', apps=['signals', 'priority']}]"]
    told = [part for change in changes for part in ("--set", change)]
    for name in ("one", "other"):
        done = wayside("run", config, "--out", tmp_path / name, *told)
        assert done.returncode == 0, done.stderr
    assert hashes(tmp_path / "one") == hashes(tmp_path / "other")
    assert json.loads((tmp_path / "one" / "summary.json").read_text())["kpis"]["priority.granted"] >= 1


@pytest.mark.parametrize(
    ("where", "option", "allowed"),
    [
        ("apps", "extension=61.0", "between 0 and 60"),
        ("apps", "roles=['pilot']", "must be"),
        ("apps", "importance=15", "between 0 and 14"),
        ("apps", "presence=1.0", "between 10 and 600"),
        ("apps", "truncate=5.0", 'did you mean "truncation"?'),
        ("services", "distance=0.0", "above 0 and at most 2000"),
        ("services", "who=['taxi']", "must be"),
        ("services", "repeat=0.5", "between 1 and 60"),
    ],
)
def test_a_wrong_option_is_one_line(where: str, option: str, allowed: str) -> None:
    field = "rsu.0.apps" if where == "apps" else "v2x.services"
    done = wayside("check", "crossing", "--set", f"{field}=[{{use='priority', {option}}}]")
    assert done.returncode == 2
    (line,) = done.stderr.strip().splitlines()
    assert option.partition("=")[0] in line
    assert allowed in line
