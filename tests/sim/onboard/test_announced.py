"""Free bays that are announced: what drivers make of it, against a plain reference, and a run."""

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.edge.parking.test_policies import city
from tests.sim.children import run, wayside
from tests.sim.networks import configure, netconvert
from wayside.edge.parking.messages import FreeBays, ParkNews
from wayside.sim.onboard.announced import BayNews

PARKS = [((0, 0), 3, 0, 0), ((30, 0), 3, 0, 0), ((60, 0), 3, 0, 0), ((30, 40), 3, 0, 0)]
TRUST, WALK = 5.0, 70.0

said = st.lists(st.tuples(st.integers(0, len(PARKS) - 1), st.integers(0, 2)), min_size=1, max_size=4)
hearings = st.lists(st.tuples(st.integers(0, 3), said, st.sets(st.integers(0, 4))), max_size=12)


@given(hearings, st.integers(-20, 80), st.integers(0, 4))
def test_drivers_choose_the_shortest_walk_to_what_they_have_heard(
    heard: list[tuple[int, list[tuple[int, int]], set[int]]], x: int, wait: int
) -> None:
    news = BayNews(city(PARKS), TRUST, WALK)
    known: dict[int, dict[int, tuple[float, int]]] = {slot: {} for slot in range(4)}  # slot 4 listens to nothing
    now = 0.0
    for slot in known:
        news.listen(slot)
    for later, parks, slots in heard:
        now += later
        last = dict(parks)  # a message says of a car park what it says last
        message = FreeBays(tuple(ParkNews(park, "", (0.0, 0.0), free, 3) for park, free in last.items()))
        news.hear(message, np.array(sorted(slots), np.int32), now)
        for slot in slots & known.keys():
            known[slot] |= {park: (now, free) for park, free in last.items()}
    now += wait
    slots = np.arange(4)
    chosen = news.choose(slots, np.full(4, float(x)), np.zeros(4), now)
    for slot in known:
        walks = [
            (float(np.hypot(PARKS[park][0][0] - x, PARKS[park][0][1])), park)
            for park, (at, free) in known[slot].items()
            if free > 0 and at >= now - TRUST
        ]
        near = [(walk, park) for walk, park in walks if walk <= WALK]
        assert chosen[slot] == min(near, default=(0.0, -1))[1]
        for park in range(len(PARKS)):
            full = news.full(np.array([slot]), np.array([park], np.int32))[0]
            assert full == (park in known[slot] and known[slot][park][1] == 0)


def test_who_looks_again_has_heard_nothing() -> None:
    """And many may look at once."""
    news = BayNews(city(PARKS), TRUST, WALK)
    all_of_them = np.arange(200)
    for slot in all_of_them.tolist():
        news.listen(slot)
    news.hear(FreeBays((ParkNews(1, "", (0.0, 0.0), 1, 3),)), all_of_them.astype(np.int32), 0.0)
    news.forget(7)
    news.listen(7)
    news.see_full(9, 1, 0.0)
    news.bar(11, 1)
    zeros = np.zeros(200)
    expected = np.where(np.isin(all_of_them, (7, 9, 11)), -1, 1)
    assert news.choose(all_of_them, zeros, zeros, 0.0).tolist() == expected.tolist()
    news.hear(FreeBays((ParkNews(1, "", (0.0, 0.0), 1, 3),)), all_of_them.astype(np.int32), 1.0)
    expected[[7, 9]] = 1  # to where there is no way nobody goes, whatever is free
    assert news.choose(all_of_them, zeros, zeros, 1.0).tolist() == expected.tolist()


NODES = """<nodes><node id="a" x="0" y="0"/><node id="b" x="500" y="0"/><node id="c" x="700" y="0"/>
    <node id="d" x="900" y="0"/><node id="e" x="1100" y="0"/><node id="f" x="700" y="300"/>
    <node id="g" x="1100" y="-200"/></nodes>"""
EDGES = """<edges><edge id="ab" from="a" to="b" speed="10"/><edge id="bc" from="b" to="c" speed="10"/>
    <edge id="cd" from="c" to="d" speed="10"/><edge id="de" from="d" to="e" speed="10"/>
    <edge id="eg" from="e" to="g" speed="30"/><edge id="ga" from="g" to="a" speed="30"/>
    <edge id="bf" from="b" to="f" speed="10"/><edge id="fd" from="f" to="d" speed="10"/></edges>"""
AREAS = """<parkingArea id="A" lane="cd_0" startPos="50" endPos="60" roadsideCapacity="1"/>
    <parkingArea id="B" lane="fd_0" startPos="200" endPos="210" roadsideCapacity="1"/>
    <parkingArea id="C" lane="de_0" startPos="100" endPos="110" roadsideCapacity="1"/>"""
REROUTER = """<rerouter id="r" edges="ab bc cd"><interval begin="0" end="10000">
    <parkingAreaReroute id="A"/><parkingAreaReroute id="B"/><parkingAreaReroute id="C"/></interval></rerouter>"""
ROUTES = "".join(
    f"""<vehicle id="v{k}" depart="{10 * k}"><route edges="ab bc cd de"/>
    <stop parkingArea="A" duration="900"/></vehicle>"""
    for k in range(3)
)


def taken(folder: Path) -> dict[str, str]:
    return {row["vehicle"]: row["taken"] for row in pq.read_table(folder / "parking.parquet").to_pylist()}


def town(folder: Path, rerouter: str = "") -> Path:
    netconvert(folder, NODES, EDGES)
    config = configure(folder, ROUTES, AREAS + rerouter)
    scenario = folder / "town.toml"
    scenario.write_text(
        f"""[scenario]
        end = 400.0
        [sumo]
        config = "{config.name}"
        step_length = 1.0
        [v2x]
        radio = "ideal"
        range = 2000.0
        penetration = 1.0
        [[rsu]]
        at = [700.0, 50.0]
        apps = ["parking"]"""
    )
    return scenario


@pytest.mark.parametrize("family", ["etsi", "csae"])
def test_three_drivers_who_have_heard_of_three_bays(tmp_path: Path, family: str) -> None:
    """All hear the same and go to the one; as soon as it is said to be taken, the others go elsewhere."""
    told = "--set", "parking.policy=announce", "--set", f"v2x.family={family}"
    folder = run(town(tmp_path), tmp_path / "out", *told)
    assert set(taken(folder).values()) == {"A", "B", "C"}
    kpis = json.loads((folder / "summary.json").read_text())["kpis"]
    assert kpis["messages.poim.received"] > 100
    assert kpis["parking.requested"] == kpis["parking.reserved"] == kpis["commands.refused"] == 0


def test_sumo_reserves_itself(tmp_path: Path) -> None:
    """No bay is promised twice: each driver has a bay of its own, at once; without it all wait for one."""
    scenario = town(tmp_path, REROUTER)
    assert sorted(taken(run(scenario, tmp_path / "out", "--set", "parking.policy=sumo-reserve")).values()) == [
        "A", "B", "C",
    ]  # fmt: skip
    blind = taken(run(scenario, tmp_path / "blind", "--set", "parking.policy=search"))
    assert sorted(blind.values()) == ["", "A", "C"]


def test_sumo_has_nothing_to_reserve_by(tmp_path: Path) -> None:
    scenario = town(tmp_path)
    told = wayside("run", scenario, "--out", tmp_path / "out", "--set", "parking.policy=sumo-reserve")
    assert "passes a parkingAreaReroute, and there is none" in told.stderr
