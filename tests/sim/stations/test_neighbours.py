"""The vehicles' neighbour tables in their fleet, and gaps at vehicles and units."""

import numpy as np

from tests.sim.stations.test_fleet import arrive, city
from wayside.sim.air import Deliveries
from wayside.sim.stations.fleet import Fleet
from wayside.sim.stations.neighbours import Neighbours


def deliveries(*pairs: tuple[int, int]) -> Deliveries:
    packet, receiver = np.array(pairs, np.int32).reshape(-1, 2).T.copy()
    return Deliveries(packet, receiver)


def tables(fleet: Fleet) -> Neighbours:
    """With one unit at (100, 0)."""
    return Neighbours(fleet, np.array([100.0]), np.array([0.0]))


def test_what_a_vehicle_knows_of_another() -> None:
    table, fleet = city(["a", "b", "c"], gnss_error=5.0)
    table.x[:3], table.speed[:3], table.length[:3] = (0.0, 30.0, 90.0), 10.0, 4.5
    fleet.sense()
    neighbours = tables(fleet)
    fleet.move(0.0)
    senders = fleet.awareness(0)
    says = fleet.said_x, fleet.said_y, table.speed, table.heading, table.length, table.station
    says += table.acceleration, fleet.kind, fleet.kind
    content = np.column_stack([column[:3] for column in says])
    neighbours.hear(0, senders, content, deliveries((0, 1), (2, 1)), deliveries((2, 0)))
    said = content.copy()
    view = neighbours.of(1)
    assert view.vehicle.tolist() == [0, 2]
    assert view.heard.tolist() == [0.0, 0.0]
    np.testing.assert_array_equal(view.state, said[[0, 2]].T)
    assert view.x[0] != table.x[0], "what is said, not what is true"
    assert len(neighbours.of(0)) == len(neighbours.of(2)) == 0
    fleet.awareness(20)
    assert neighbours.of(1).vehicle.tolist() == [0, 2]
    fleet.awareness(21)
    assert len(neighbours.of(1)) == 0


def test_gaps_at_vehicles_and_units_over_true_distances() -> None:
    table, fleet = city(["a", "b"], gnss_error=500.0)
    table.x[:2] = 0.0, 60.0
    fleet.sense()
    fleet.move(0.0)
    neighbours = tables(fleet)
    for tick in (0, 3, 4):
        fleet.awareness(tick)
        content = np.zeros((1, 9))
        neighbours.hear(tick, np.zeros(1, np.int32), content, deliveries((0, 1)), deliveries((0, 0)))
    assert [tuple(at) for at in np.argwhere(neighbours.gaps()).tolist()] == [(2, 0), (2, 2)]
    assert [tuple(at) for at in np.argwhere(neighbours.unit_gaps()).tolist()] == [(4, 0), (4, 2)]


def test_a_new_vehicle_in_an_old_slot_knows_nobody_and_has_no_gap() -> None:
    table, fleet = city(["old", "b"])
    neighbours = tables(fleet)

    def hear(tick: int) -> None:
        fleet.awareness(tick)
        content = np.array([[0.0, 0.0, 0.0, 0.0, 0.0, table.station[1], 0.0, 0.0, 0.0]])
        neighbours.hear(tick, np.array([1], np.int32), content, deliveries((0, 0)), deliveries())

    hear(0)
    assert neighbours.of(0).station.tolist() == [1]
    table.remove("old")
    table.release()
    assert arrive(table, fleet, ["new"]) == [0]
    assert len(neighbours.of(0)) == 0
    hear(2)
    assert neighbours.of(0).station.tolist() == [1]
    assert neighbours.gaps().sum() == 0
    hear(4)
    assert neighbours.gaps().sum() == 1


def test_those_long_gone_are_swept() -> None:
    _, fleet = city(["a", "b"])
    neighbours = tables(fleet)
    one = np.zeros(1, np.int32)
    for tick in range(100):
        fleet.awareness(tick)
        neighbours.hear(tick, one, np.zeros((1, 9)), deliveries(*[(0, 1)][: tick == 0]), deliveries((0, 0)))
    assert (neighbours.vehicles.pairs, neighbours.units.pairs) == (0, 1)
