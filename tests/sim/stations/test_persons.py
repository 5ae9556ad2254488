"""Pedestrians and cyclists with devices: who carries one, what is heard of them, and that nobody else changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.sim import walkers
from tests.sim.children import in_child
from wayside import App, Vam, on
from wayside.edge.errors import ScenarioError
from wayside.sim.chance import draw
from wayside.sim.engine import Simulation
from wayside.sim.scenario import Scenario


class Ear(App):
    """Notes down the VAMs that it hears."""

    def start(self) -> None:
        self.stations: set[int] = set()

    @on(Vam)
    def heard(self, road_users: Any) -> None:
        self.stations.update(road_users.station.tolist())
        assert set(road_users.type.tolist()) <= {1, 2}


def scenario(what: str, **changes: object) -> Scenario:
    said = {"rsu.0.at": {"junctions": ["m"]}, "rsu.0.apps": [f"{__name__}:Ear"], "v2x.services": ["hazards"]}
    return Scenario.load(what).replace(said | {key.replace("__", "."): value for key, value in changes.items()})


def heard(what: str, share: float | None) -> dict[str, Any]:
    """A run: figures; who carries a device; of each type in the unit's map, the greatest age; by what was said."""
    oldest: dict[int, float] = {}
    names: set[str] = set()
    far = 0.0
    with Simulation(scenario(what, **({} if share is None else {"v2x__vru_penetration": share}))) as simulation:
        table, fleet, unit = simulation.vehicles, simulation.fleet, simulation.units[0]
        for tick in simulation:
            n = table.extent
            for slot in np.flatnonzero(fleet.equipped[:n] & (fleet.kind[:n] == 1)).tolist():
                names.add(str(table.ids[slot]))
                at = tick.persons.slot_of[str(table.ids[slot])]
                assert (table.x[slot], table.y[slot]) == (tick.persons.x[at], tick.persons.y[at])
                assert bool(fleet.active[slot]) == bool(tick.persons.afoot[at])
                assert table.lane[slot] == -1
            view = unit.ldm
            for kind, age in zip(view.type.tolist(), view.age.tolist(), strict=True):
                oldest[kind] = max(oldest.get(kind, 0.0), age)
            for row in np.flatnonzero(view.age < 5.2).tolist():
                slot = int(view.vehicle[row])
                far = max(far, float(np.hypot(view.x[row] - table.x[slot], view.y[row] - table.y[slot])))
            assert len(view.vehicles) + len(view.pedestrians) == len(view)
        stations = simulation.units[0].apps[0].stations  # type: ignore[attr-defined]
        return {
            "figures": simulation.metrics.kpis(),
            "names": names,
            "oldest": oldest,
            "stations": len(stations),
            "far": far,
        }


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(walkers.town(tmp_path_factory.mktemp("town"), routes=walkers.mixed(), end=60, step_length=0.5))


def test_all_carry_one(town: str) -> None:
    found = in_child(heard, town, 1.0)
    everybody = {"rider", *(f"p{k}" for k in range(12))}
    assert found["names"] == everybody
    assert set(found["oldest"]) == {1, 2, 5, 6}
    assert found["stations"] == 14  # and the cyclist
    assert found["oldest"][5] <= 3.1  # who says CAMs is forgotten after 2 to 3 s
    assert 4.0 < found["oldest"][1] <= 11.1  # who stands says a VAM every 5 s, and is forgotten after 10 to 11
    assert found["far"] < 60.0  # a bus drives on, with who sits in it
    figures = found["figures"]
    assert figures["persons.devices"] == figures["persons.departed"] == 13
    assert figures["messages.vam.sent"] > 100
    assert figures["messages.vam.received"] > 500


def test_a_share_carries_one_whoever_else_does(town: str) -> None:
    found = in_child(heard, town, 0.4)
    seed = 23423
    ids = ["rider", *(f"p{k}" for k in range(12))]
    assert found["names"] == {id for id in ids if draw(seed, "vru", id) < 0.4}
    cyclist = draw(seed, "equipped", "b") < 0.4
    assert found["stations"] == len(found["names"]) + cyclist


def test_none_does_by_default_and_cyclists_say_cams(town: str) -> None:
    found = in_child(heard, town, None)
    assert found["names"] == set()
    assert set(found["oldest"]) == {2, 5, 6}
    assert found["stations"] == 0
    assert found["figures"]["persons.departed"] == 13
    assert not [name for name in found["figures"] if name.startswith("messages.vam")]


def files(what: str, out: str, share: float) -> None:
    changes = {"v2x__vru_penetration": share, "record__messages": "all", "record__pcap": True}
    with Simulation(scenario(what, **changes, v2x__radio="itsg5", v2x__gnss_error=1.0), out) as simulation:
        simulation.run()


def outputs(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".parquet", ".pcap") or path.name == "summary.json":
            yield path.name, path.read_bytes()


def test_the_same_bytes_again_and_vams_in_the_capture(town: str, tmp_path: Path) -> None:
    for name in ("one", "two"):
        in_child(files, town, str(tmp_path / name), 0.7)
    one, two = (dict(outputs(tmp_path / name)) for name in ("one", "two"))
    assert one.keys() == two.keys()
    assert [name for name in one if one[name] != two[name]] == []
    from tests.edge.messages import oracles

    octets, theirs, found = one["v2x.pcap"], oracles.pycrate("VAM"), 0
    header = (2018).to_bytes(2, "big") + b"\0\0" + bytes((2, 14))  # BTP-B's port of VAM, and what follows it
    at = octets.find(header)
    while at >= 0:
        theirs.from_uper(octets[at + 4 : at + 80])
        assert theirs.get_val()["vam"]["vamParameters"]["basicContainer"]["stationType"] in (1, 2)
        found += 1
        at = octets.find(header, at + 1)
    assert found > 50


@pytest.mark.parametrize("value", [-0.1, 1.5, "all"])
def test_a_share_that_is_none_is_told_in_one_line(town: str, value: object) -> None:
    with pytest.raises(ScenarioError, match=r"v2x\.vru_penetration") as error:
        scenario(town, v2x__vru_penetration=value)
    assert "\n" not in str(error.value)


def begun(what: str) -> str:
    try:
        with Simulation(scenario(what, v2x__vru_penetration=0.5, v2x__family="csae")):
            return ""
    except ScenarioError as error:
        return str(error)


def test_the_chinese_set_has_no_such_message(town: str) -> None:
    said = in_child(begun, town)
    assert "v2x.vru_penetration = 0.5" in said
    assert "PSM" in said
    assert "\n" not in said
