"""Parking areas told to be reservable: nothing else in the files is changed, and an older SUMO is refused."""

import gzip
from pathlib import Path
from xml.etree import ElementTree

import pytest

from wayside.edge.errors import ScenarioError
from wayside.edge.parking.policies import BlindSearch, SumoReservation
from wayside.sim.scenario import Scenario
from wayside.sim.sumo.reservable import check_reserves, with_reservations
from wayside.sim.sumo.staging import stage

AREAS = """<additional>
    <!-- <parkingArea id="none"/> -->
    <include href="more.xml"/>
    <parkingArea id="p>q" lane="a_0" reservable="false"><param key="kind" value="kerb"/></parkingArea>
    <rerouter id="r" edges="a"><interval begin="0" end="1">
        <parkingAreaReroute id="p" visible='0'/></interval></rerouter>
    <busStop id="b" lane="a_0"/>
</additional>"""


def test_only_what_is_parked_at_is_told(tmp_path: Path) -> None:
    (tmp_path / "areas.xml.gz").write_bytes(gzip.compress(AREAS.encode()))
    (tmp_path / "more.xml").write_text('<additional><parkingArea id="q" lane="a_0"/></additional>')
    (tmp_path / "net.xml").write_text("<net/>")
    config = tmp_path / "town.sumocfg"
    config.write_text(
        '<configuration><net-file value="net.xml"/><additional-files value="areas.xml.gz"/></configuration>'
    )
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    staged = with_reservations(stage(config, tmp_path / "run"))
    assert {path: path.read_bytes() for path in before} == before, "the user's own files are as they were"
    assert {path.name for path in staged.copies} == {"areas.xml.gz", "more.xml", "town.sumocfg"}
    told = ElementTree.fromstring(gzip.decompress((tmp_path / "run" / "areas.xml.gz").read_bytes()))
    was = ElementTree.fromstring(AREAS)
    for element in was.iter():
        if element.tag in ("parkingArea", "parkingAreaReroute"):
            element.set("reservable" if element.tag == "parkingArea" else "visible", "true")
    assert [(one.tag, one.attrib) for one in told.iter()] == [(one.tag, one.attrib) for one in was.iter()]
    (area,) = ElementTree.fromstring((tmp_path / "run" / "more.xml").read_bytes())
    assert area.attrib == {"id": "q", "lane": "a_0", "reservable": "true"}


def test_an_older_sumo_is_refused(tmp_path: Path) -> None:
    config = tmp_path / "town.sumocfg"
    config.write_text("<configuration/>")
    scenario = Scenario.model_validate({"sumo": {"config": str(config)}, "parking": {"policy": "sumo-reserve"}})
    check_reserves(SumoReservation(), (1, 28, 0), scenario)
    check_reserves(BlindSearch(), (1, 20, 0), scenario)
    with pytest.raises(
        ScenarioError, match=r"/town.sumocfg: parking.policy = 'sumo-reserve': needs SUMO 1.28 or later"
    ):
        check_reserves(SumoReservation(), (1, 27, 1), scenario)
