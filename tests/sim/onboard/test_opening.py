"""A car park that closes while a run goes on: SUMO's own record of stops says who came in."""

import gzip
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from tests.edge.parking.test_policies import city as car_parks
from tests.sim.children import run, wayside
from tests.sim.onboard.test_parking_runs import kpis, rows
from wayside.edge.parking.hours import OpeningHours, hours_of
from wayside.edge.parking.state import CarParks
from wayside.scenarios import crossing
from wayside.sim.onboard.opening import Opening

CLOSES = 300.0  # s: at 08:05


def town(folder: Path, hours: str) -> Path:
    """The crossing, whose car park has hours, and the kerb none."""
    here = Path(crossing.__file__).parent
    folder.mkdir(exist_ok=True)
    for file in [*here.glob("*.gz"), here / "crossing.sumocfg", here / "scenario.toml"]:
        shutil.copy(file, folder)
    additional = folder / "crossing.add.xml.gz"
    tree = ET.ElementTree(ET.fromstring(gzip.decompress(additional.read_bytes())))
    (park,) = (one for one in tree.iter("parkingArea") if one.get("id") == "park_mill")
    ET.SubElement(park, "param", key="open", value=hours)
    with gzip.open(additional, "wb") as file:
        tree.write(file)
    return folder / "scenario.toml"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[float, Path]:
    """By the share of drivers with a unit: nobody, everybody."""
    folder = tmp_path_factory.mktemp("hours")
    scenario = town(folder / "town", "06:00-08:05")
    more = ("--until", 900, "--set", "scenario.clock=08:00", "--set", "sumo.options.stop-output=stops.xml")
    step = ("--set", "sumo.step_length=0.5")
    return {
        share: run(scenario, folder / str(share), "--set", f"v2x.penetration={share}", *more, *step)
        for share in (0.0, 1.0)
    }


def test_nobody_drives_in_once_it_is_closed(runs: dict[float, Path]) -> None:
    for folder in runs.values():
        stops = ET.parse(folder / "sumo" / "stops.xml").getroot()
        began = {"park_mill": [0.0], "park_bridge": [0.0]}
        for stop in stops.iter("stopinfo"):
            if (area := stop.get("parkingArea")) in began:
                began[cast(str, area)].append(float(stop.attrib["started"]))
        assert max(began["park_mill"]) < CLOSES + 20.0, "who was about to turn in when it closed still did"
        assert max(began["park_mill"]) > CLOSES - 100.0, "and until then it was as any"
        assert max(began["park_bridge"]) > CLOSES + 200.0


def test_those_without_a_unit_are_turned_away_at_its_road(runs: dict[float, Path]) -> None:
    told = kpis(runs[0.0])
    late = [row for row in rows(runs[0.0], "parking") if row["wished"] == "park_mill" and row["began"] > CLOSES]
    assert len(late) >= 3
    assert {row["taken"] for row in late} <= {"", "park_bridge"}
    assert told["parking.turned_away"] >= len([row for row in late if row["taken"]])
    assert told["parking.requested"] == 0


def test_those_with_one_are_sent_elsewhere_at_once(runs: dict[float, Path]) -> None:
    found = rows(runs[1.0], "parking")
    assert not [row for row in found if row["reserved"] > CLOSES + 2.0 and row["assigned"] == "park_mill"]
    assert [row for row in found if row["reserved"] > CLOSES and row["wished"] == "park_mill"]


def test_hours_that_are_none_and_that_never_come(tmp_path: Path) -> None:
    refused = wayside("check", town(tmp_path / "a", "08:00-08:00"))
    assert refused.returncode == 2
    assert "park_mill: open = '08:00-08:00': '08:00-08:00' never comes" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    never = wayside("run", town(tmp_path / "b", "08:00-09:00"), "--until", 5, "--out", tmp_path / "out")
    assert "1 of the car parks, as park_mill, were never open" in never.stderr


def parks(*hours: str | None) -> CarParks:
    found = car_parks([((100.0 * k, 0), 5, 0, 0) for k in range(len(hours))])
    found.edge = np.arange(len(hours), dtype=np.int32)
    found.hours = OpeningHours.of([None if one is None else hours_of(one) for one in hours], 7 * 3600.0)
    return found


def test_closed_by_the_clock_and_by_the_road() -> None:
    city = parks("06:00-08:00", None, "08:00-06:00")
    opening = Opening(city, 0.0)
    assert city.open.tolist() == [True, True, False]
    assert opening.close_roads([1], 0.0).tolist() == [False, True, False]
    assert opening.before(np.array([2, 1, 0, 2], np.int32)).tolist() == [0, 3], "a closed road is no closed car park"
    assert opening.nearest(2) == 0
    assert opening.look(3600.0).tolist() == [True, False, False]
    assert city.open.tolist() == [False, False, True]
    assert opening.close_roads([], 3600.0).tolist() == [False, False, False]
    assert opening.nearest(0) == 1
    city.capacity[1] = 0
    assert opening.nearest(0) == 2
    assert opening.ever.all()
