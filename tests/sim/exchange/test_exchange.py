"""What a switched-off unit does: nothing. And what vehicles and units hear of each other, by brute force."""

import numpy as np

from tests.sim.children import in_child
from tests.sim.numbers import Kind
from wayside.ext.arrays import Bytes, Ints
from wayside.sim.air import Carried, Deliveries, Outgoing, RadioContext
from wayside.sim.air.ideal import IdealRadio
from wayside.sim.engine import Simulation
from wayside.sim.scenario import Scenario
from wayside.sim.stations.packets import Packets

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
                to_units = np.hypot(exchange.roadside.x - fleet.x[slot], exchange.roadside.y - fleet.y[slot])
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


class Late(IdealRadio):
    """Every packet waits for a tick, then all of it arrives as the ideal radio has it."""

    def __init__(self, site: RadioContext) -> None:
        super().__init__(site)
        self.on: Bytes = np.empty(0, np.uint8)

    def carry(self, out: Outgoing) -> Carried:
        n, old = len(out), out.fresh
        carried = super().carry(out)
        for counts in carried[:2]:
            counts[old:] = 0
        units, vehicles = (Deliveries(*(column[pairs.packet < old] for column in pairs)) for pairs in carried[2:4])
        delay = np.where(np.arange(n) < old, 0.1, np.nan).astype(np.float32)
        return Carried(*carried[:2], units, vehicles, delay, np.arange(old, n))


def waited() -> tuple[dict[str, list[int]], dict[str, set[bytes]], dict[str, list[float]]]:
    """What is counted, what listeners are told, and when it was made, of packets that all wait for a tick."""
    told: dict[str, list[int]] = {kind.name: [0, 0, 0, 0] for kind in Kind}
    octets: dict[str, set[bytes]] = {kind.name: set() for kind in Kind}
    when: dict[str, list[float]] = {kind.name: [] for kind in Kind}
    scenario = crossing().replace({"scenario.end": 40.0, "v2x.radio": f"{__name__}:Late"})
    with Simulation(scenario) as simulation:
        exchange = simulation.exchange

        def listen(packets: Packets) -> None:
            name, all = Kind(packets.kind).name, packets.octets()
            counts = len(packets.size), packets.size.sum(), packets.at_vehicles.sum(), packets.at_units.sum()
            told[name] = [a + int(b) for a, b in zip(told[name], counts, strict=True)]
            octets[name] |= {all.one(k) for k in range(len(packets.size))}
            when[name].append(exchange.onair.now - packets.time)
            assert not np.isnan(packets.delay).any()

        exchange.listeners.append(listen)
        simulation.run()
        pending = np.bincount(exchange.onair.out.kind[exchange.onair.pending], minlength=len(Kind))
        for kind in Kind:  # what still waits at the end has been sent
            told[kind.name][0] += int(pending[kind])
        counted = {
            kind.name: [int(row[kind]) for row in np.delete(exchange.traffic.counts, 1, axis=0)] for kind in Kind
        }
    seen = {name: [row[0], *row[2:]] for name, row in told.items()}
    assert seen == counted
    return seen, octets, when


def test_packets_that_wait_are_told_of_once() -> None:
    """All kinds, units' repeated broadcasts among them: with the octets and the time of when they were made."""
    seen, octets, when = in_child(waited)
    for name in ("CAM", "SPATEM", "MAPEM", "SAEM"):
        assert min(seen[name][:2]) > 0
        assert np.allclose(when[name], 0.1)
        assert octets[name]
    assert len(octets["SPATEM"]) > 100  # it counts down: each second another one
