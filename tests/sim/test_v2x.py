"""What a switched-off unit does: nothing. And what vehicles and units hear of each other, by brute force."""

import numpy as np

from tests.sim.children import in_child
from wayside.edge.messages import Kind
from wayside.sim.air import Ints
from wayside.sim.engine import Simulation
from wayside.sim.scenario import Scenario

OFF, ON, END = 60.0, 90.0, 120.0


def crossing() -> Scenario:
    return Scenario.load("crossing").replace({"scenario.end": END, "v2x.penetration": 1.0})


def switched() -> dict[str, list[int]]:
    """CAMs heard, SPATEMs sent and vehicles known at each full second."""
    seen: dict[str, list[int]] = {"heard": [], "announced": [], "known": []}
    with Simulation(crossing()) as simulation:
        exchange = simulation.exchange
        for tick in simulation:
            if tick.time in (OFF, ON):
                exchange.switch(0, tick.time == ON)
            if tick.time.is_integer():
                seen["heard"].append(int(exchange.unit_received[0]))
                seen["announced"].append(exchange.traffic.sent[Kind.SPATEM])
                seen["known"].append(len(simulation.units[0].ldm))
    return seen


def test_a_unit_switched_off_hears_and_says_nothing() -> None:
    seen = in_child(switched)
    off, on = int(OFF), int(ON)
    for counts in (seen["heard"], seen["announced"]):
        assert counts[off] - counts[30] > 0
        assert len(set(counts[off - 1 : on - 1])) == 1, "from the second of switching off until on again"
        assert counts[-1] > counts[on]
    assert seen["known"][off - 2] > 0
    assert seen["known"][off + 3] == 0, "what is not heard again is forgotten"
    assert seen["known"][-1] > 0


def heard() -> tuple[list[int], list[int]]:
    """What the run counts, and what the distances of all senders say, tick by tick."""
    counted, expected = [0, 0], [0, 0]
    with Simulation(crossing()) as simulation:
        exchange, fleet, reach = simulation.exchange, simulation.fleet, simulation.scenario.v2x.range
        select = fleet.awareness

        def spy(number: int) -> Ints:
            senders = select(number)
            n = fleet.vehicles.extent
            on = fleet.active[:n] == 1
            for slot in senders.tolist():
                apart = np.hypot(fleet.x[:n] - fleet.x[slot], fleet.y[:n] - fleet.y[slot])
                expected[0] += int(np.count_nonzero(on & (apart <= reach))) - 1
                to_units = np.hypot(exchange.unit_x - fleet.x[slot], exchange.unit_y - fleet.y[slot])
                expected[1] += int(np.count_nonzero(to_units <= reach))
            return senders

        fleet.awareness = spy  # type: ignore[method-assign]
        simulation.run()
        counted = [exchange.traffic.at_vehicles[Kind.CAM], exchange.traffic.at_units[Kind.CAM]]
    return counted, expected


def test_receptions_are_those_of_the_distances() -> None:
    counted, expected = in_child(heard)
    assert counted == expected
    assert min(counted) > 0
