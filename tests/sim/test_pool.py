"""Pooled decisions in runs: windows, scripts that decide between two steps, and what is as it was without."""

import math
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.sim.children import hashes, in_child, in_fresh_child
from tests.sim.test_ahead import run as run_on
from wayside import Observer
from wayside.edge.app import every
from wayside.edge.apps.parking import ParkingGuidance
from wayside.edge.parking.messages import ParkingRequests
from wayside.edge.parking.policies import nearest
from wayside.sim.engine import Simulation, Tick
from wayside.sim.scenario import Scenario

HERE = "tests.sim.test_pool"
OUTSIDE = {"parking.policy": "wayside.edge.policy:outside"}
TWO_UNITS = {
    "rsu": [{"at": {"positions": [[180.0, 5.0], [-180.0, 5.0]]}}],
    "v2x.range": 220.0,
    "parking.request_distance": 2000.0,
}
CELLULAR = {"v2x.range": 100.0, "v2x.uu": "ideal"}

Changes = dict[str, Any]


def crossing(changes: Changes, until: float = 200.0) -> Scenario:
    return Scenario.load("crossing").replace({"scenario.end": until, "v2x.penetration": 1.0, **changes})


# Windows and scopes.


class Watched:
    """Keeps who was decided together, and gives the nearest bays."""

    def __init__(self) -> None:
        self.batches: list[tuple[float, Any]] = []

    def __call__(self, requests: Any, car_parks: Any) -> Any:
        self.batches.append((self.context.time, requests))  # type: ignore[attr-defined]
        return nearest(requests, car_parks)


def watched(changes: Changes, **pooling: Any) -> dict[str, Any]:
    scenario = crossing({"parking.policy": {"use": f"{HERE}:Watched", **pooling}, **changes})
    with Simulation(scenario) as simulation:
        kpis, policy = simulation.run(), simulation.platform.parking.policy
        searches = simulation.onboard.parking.searches
        return {
            "kpis": kpis,
            "took": [one.reserved - one.requested for one in searches if math.isfinite(one.reserved)],
            "batches": [(time, one.station.tolist(), one.unit.tolist(), one.waited) for time, one in policy.batches],
            "units": [unit.id for unit in simulation.units],
        }


@pytest.mark.parametrize("window", [2.0, 5.5])
def test_who_asks_again_in_a_long_window_keeps_its_place_and_obeys(window: float) -> None:
    """Drivers ask every two seconds, and obey an answer within two of having asked."""
    found = in_child(watched, {}, window=window)
    kpis = found["kpis"]
    assert kpis["parking.rejected"] == kpis["parking.expired"] == 0
    decided = [station for _, stations, *_ in found["batches"] for station in stations]
    assert len(decided) == len(set(decided)) == kpis["parking.reserved"] > 5
    assert min(found["took"]) >= window
    assert max(found["took"]) <= window + 0.5 + 0.2
    assert all(window <= waited.max() + 1e-9 < window + 0.5 for *_, waited in found["batches"])


def test_units_that_decide_together() -> None:
    alone = in_child(watched, TWO_UNITS, window=30.0)
    assert [units for *_, units, _ in alone["batches"]] == [[0, 0], [0], [1, 1]]
    together = in_child(watched, TWO_UNITS, window=30.0, scope="city")
    assert [units for *_, units, _ in together["batches"]] == [[0, 0], [0, 1, 1]]
    assert together["kpis"]["parking.reserved"] == alone["kpis"]["parking.reserved"] == 5


def test_the_citys_pool_has_what_was_asked_by_cellular() -> None:
    found = in_child(watched, CELLULAR, window=30.0, scope="city")
    assert found["units"] == ["tl_crossing", "platform"]
    assert [0, 1] in [units for *_, units, _ in found["batches"]]
    assert found["kpis"]["parking.reserved"] > 5


POOLED: Changes = {
    "parking.policy": {"use": "nearest", "scope": "city", "window": 5.0},
    "charging.policy": {"use": "least-completion", "window": 3.0},
}


def test_pooled_runs_are_determinate(tmp_path: Path) -> None:
    """With SUMO ahead or not, and in processes of other hashes."""
    changes = {"sumo.step_length": 1.0, **POOLED}
    in_child(run_on, changes, tmp_path / "waited", 1)
    ahead = in_fresh_child(run_on, changes, tmp_path / "ahead", 2)
    assert ahead["ahead"] > 0.3 * ahead["steps"]
    assert ahead["commands"] > 0
    assert hashes(tmp_path / "ahead") == hashes(tmp_path / "waited")


# As it was before there was a pool.


class Before(ParkingGuidance):
    """Decides each batch of its inbox at its own look, through the door that scripts use."""

    def collect(self) -> None:
        """Not at once."""

    @every(0.5, waiting=ParkingRequests)
    def look(self) -> None:
        platform = self.platform.parking
        for requests in self.take(ParkingRequests):
            platform.pool.hand_in(self, requests)
            wanted = platform.pool.open
            platform.pool.commit(wanted.station, nearest(wanted, platform.without(wanted.station)))


def ran(changes: Changes, out: Path, until: float = 150.0) -> None:
    with Simulation(crossing(changes, until), out) as simulation:
        simulation.run()


def test_without_a_window_each_unit_decides_at_its_own_look(tmp_path: Path) -> None:
    """By the bytes of a run whose application does just that, on a radio on which messages queue."""
    changes: Changes = {"v2x.radio": "itsg5", "sumo.step_length": 0.5, "rsu": TWO_UNITS["rsu"]}
    in_child(ran, changes, tmp_path / "pooled")
    apps = [{**TWO_UNITS["rsu"][0], "apps": ["signals", f"{HERE}:Before", "charging"]}]
    in_child(ran, {**changes, **OUTSIDE, "rsu": apps}, tmp_path / "before")
    pooled, before = hashes(tmp_path / "pooled"), hashes(tmp_path / "before")
    assert {name for name in pooled if pooled[name] != before[name]} <= {"scenario.toml", "summary.json"}
    assert "parking.parquet" in pooled


# From outside.


def nearest_to(requests: Any, free: Any, car_parks: Any) -> np.ndarray[Any, Any]:
    chosen = np.full(len(requests.station), -1)
    for row in range(len(chosen)):
        walk = np.hypot(car_parks.x - requests.x[row], car_parks.y - requests.y[row])
        walk[free <= 0] = np.inf
        if np.isfinite(walk.min()):
            chosen[row] = walk.argmin()
            free[chosen[row]] -= 1
    return chosen


def decided_by_a_script(step: float, out: Path, late: bool = False) -> dict[str, Any]:
    """All that is open after each step, or what has been for longest."""
    scenario = crossing({"sumo.step_length": step, **OUTSIDE})
    waited: list[float] = []
    with Simulation(scenario, out) as simulation:
        platform = simulation.platform.parking
        for _ in simulation:
            requests = platform.pool.open
            rows = np.flatnonzero(requests.waited >= 3.95) if late else np.arange(len(requests.station))
            chosen = nearest_to(requests, platform.car_parks.free, platform.car_parks)
            platform.pool.commit(requests.station[rows], chosen[rows])
            waited += requests.waited[rows].tolist()
        return {"kpis": simulation.metrics.kpis(), "waited": waited, "decided": platform.pool.decided}


@pytest.mark.parametrize(("step", "late"), [(0.1, True), (1.0, False), (1.0, True)])
def test_a_script_decides_between_two_steps(step: float, late: bool, tmp_path: Path) -> None:
    """Its answers are obeyed, also where they meet repetitions on the air, and nobody is decided twice."""
    found = in_child(decided_by_a_script, step, tmp_path / "run", late)
    kpis = found["kpis"]
    assert kpis["parking.reserved"] == kpis["parking.requested"] == found["decided"] > 5
    assert kpis["parking.expired"] == kpis["parking.reservations_lost"] == 0
    assert all((3.9 < time < 4.0 + step) if late else (time < 1.0) for time in found["waited"])
    again = in_fresh_child(decided_by_a_script, step, tmp_path / "again", late)
    assert again == found
    assert hashes(tmp_path / "again") == hashes(tmp_path / "run")


def warned(changes: Changes) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with Simulation(crossing(changes, 60.0)) as simulation:
            simulation.run()
    return [str(one.message) for one in caught]


def test_where_nobody_decides_it_is_told() -> None:
    """A policy that leaves it to a script, where no script runs."""
    (told,) = in_child(warned, {**OUTSIDE, "parking.request_distance": 2000.0})
    assert re.fullmatch(r".*/scenario\.toml: parking\.policy: \d+ requests, and none was decided", told)
    assert in_child(warned, {"parking.request_distance": 2000.0}) == []


class Meddles(Observer):
    """Looks on, and tries to decide."""

    name = "meddles"

    def begin(self, simulation: Any) -> None:
        self.pool, self.refused = simulation.platform.parking.pool, 0

    def step(self, tick: Any) -> None:
        try:
            self.pool.commit([], [])
        except RuntimeError:
            self.refused += 1

    def kpis(self) -> dict[str, float]:
        return {"meddles.refused": self.refused}


def within_run() -> tuple[str, int, float, float]:
    def watch(tick: Tick) -> None:
        pool = tick.simulation.platform.parking.pool
        pool.commit(pool.open.station, np.full(len(pool.open.station), -1))

    scenario = crossing({**OUTSIDE, "record.observers": [f"{HERE}:Meddles"]})
    with Simulation(scenario) as simulation:
        pool = simulation.platform.parking.pool
        while not len(pool.open.station):
            assert next(simulation).kpis["meddles.refused"] == 0.0
        try:
            simulation.run(watch)
        except RuntimeError as error:
            refused = str(error)
        pool.commit(pool.open.station, [0] * len(pool.open.station))  # and after it, the door is open again
        kpis = simulation.run()
        return refused, pool.decided, kpis["parking.reserved"], kpis["meddles.refused"]


def test_within_run_nothing_is_committed() -> None:
    refused, decided, reserved, meddled = in_child(within_run)
    assert refused == "run() lets SUMO go ahead; iterate over the simulation to commit decisions"
    assert decided == reserved > 0
    assert meddled > 100


def switched_off(when: float) -> dict[str, Any]:
    """The only unit is off from some second on, with requests in its pool."""
    with Simulation(crossing({"parking.policy": {"use": "nearest", "window": 8.0}})) as simulation:
        pool = simulation.platform.parking.pool
        for tick in simulation:
            if tick.time >= when and len(pool):
                simulation.exchange.switch(0, False)
                break
        open_then, decided = len(pool), pool.decided
        shown = len(pool.open.station)
        kpis = simulation.run()
        return {"then": open_then, "shown": shown, "decided": pool.decided - decided, "left": len(pool), "kpis": kpis}


def test_a_unit_that_is_switched_off_takes_its_requests_along() -> None:
    found = in_child(switched_off, 20.0)
    assert found["then"] > 0
    assert (found["shown"], found["decided"], found["left"]) == (0, 0, 0)
