"""Persons are read as SUMO's own getters tell them, in all three ways, and not at all where there are none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.sim import walkers
from tests.sim.children import in_child
from wayside.sim.engine import Simulation
from wayside.sim.scenario import Scenario

COLUMNS = ("x", "y", "z", "speed", "heading", "edge", "afoot", "length", "width")
Row = dict[str, tuple[float, ...]]


def rows(what: str, backend: str, judged: bool, spoilt: bool = False) -> list[Row]:
    """Everybody at each step, by id; judged: held against SUMO's getters there and then."""
    found: list[Row] = []
    with Simulation(Scenario.load(what).replace({"v2x.vru_penetration": 0.5}), backend=backend) as simulation:
        api, edges = simulation.backend.api, simulation.network.edge_ids
        for tick in simulation:
            table, person = tick.persons, api.person
            if spoilt and table.count:
                table.x[table.slots()[0]] += 1e-6
            now = {}
            for slot in table.slots().tolist():
                id = str(table.ids[slot])
                assert table.slot_of[id] == slot
                now[id] = tuple(float(getattr(table, name)[slot]) for name in COLUMNS)
                if judged:
                    theirs: Any = (*person.getPosition3D(id), person.getSpeed(id), person.getAngle(id))
                    assert now[id][:5] == tuple(theirs)
                    assert edges[int(now[id][5])] == person.getRoadID(id)
                    assert bool(now[id][6]) == (person.getVehicle(id) == "")
                    assert now[id][7:] == (person.getLength(id), person.getWidth(id))
            if judged:
                assert set(now) == set(person.getIDList())
            found.append(now)
    return found


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(walkers.town(tmp_path_factory.mktemp("town"), routes=walkers.mixed(), end=80, step_length=0.5))


def test_as_the_getters_say_in_all_three_ways(town: str) -> None:
    native = in_child(rows, town, "native", True)
    assert native == in_child(rows, town, "libsumo", False)
    assert native == in_child(rows, town, "traci", False)
    seen = {id for now in native for id in now}
    assert len(seen) == 13
    assert any(now.get("rider", (1,) * 9)[6] == 0 for now in native)  # she rides for a while
    assert {int(row[5]) for now in native for row in now.values()} >= {1, 2}  # sidewalks, and what lies between
    gone = [id for id in seen if id not in native[-1]]
    assert gone  # some have arrived, and their slots are free


def test_a_planted_error_is_found(town: str) -> None:
    with pytest.raises(AssertionError):
        in_child(rows, town, "native", True, True)


def nobody() -> tuple[int, dict[str, float]]:
    with Simulation(Scenario.load("crossing").replace({"scenario.end": 5.0})) as simulation:
        figures = simulation.run()
        return simulation.persons.come, figures


def test_without_persons_there_is_nothing_of_them() -> None:
    come, figures = in_child(nobody)
    assert come == 0
    assert not [name for name in figures if name.startswith(("persons.", "messages.vam"))]


def test_slots_are_reused_and_the_lowest_first() -> None:
    from wayside.sim.world import VehicleTable
    from wayside.sim.world.persons import PersonTable

    for table in (PersonTable(2), VehicleTable(2)):
        assert [table.add(id) for id in "abc"] == [0, 1, 2]
        assert table.remove("b") == 1
        assert table.add("d") == 3
        table.release()
        assert [table.add(id) for id in "ef"] == [1, 4]
        assert table.slots().tolist() == [0, 1, 2, 3, 4]
        assert (table.count, table.extent, table.ids[1]) == (5, 5, "e")


def test_lent_slots_are_no_vehicles() -> None:
    from wayside.sim.world import VehicleTable

    table = VehicleTable(1)
    table.add("car")
    slot = table.lend("car")  # a person may be called so, too
    assert (slot, table.count, table.slots().tolist(), table.slot_of) == (1, 1, [0], {"car": 0})
    assert table.station[:2].tolist() == [0, 1]
    table.on_net[slot] = 1
    table.take_back(slot)
    assert table.on_net[slot] == 0
    table.release()
    assert table.add("next") == 1
    np.testing.assert_array_equal(table.station[:2], [0, 2])
