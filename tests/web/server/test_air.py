"""Who received what: arcs and samples against positions, and against what the exchange itself counts."""

from __future__ import annotations

from itertools import islice
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from tests.sim.children import in_child
from tests.sim.numbers import Kind
from wayside import Scenario, Simulation
from wayside.ext.arrays import Indices
from wayside.sim.air import FATES, RECEIVED, Traces
from wayside.sim.exchange.watching import Watching, nothing
from wayside.sim.stations.packets import Packets
from wayside.web.server.air import MOST_ARCS, MOST_PACKETS, AirObserver
from wayside.web.server.frames import AT_UNIT, FROM_UNIT, LOST
from wayside.web.server.view import Views

RANGE = 200.0


def crossing(**changes: object) -> Simulation:
    wanted = {"v2x.range": RANGE, "v2x.penetration": 1.0, "parking.request_distance": 2000.0}
    return Simulation(Scenario.load("crossing").replace({**wanted, **changes}))


def compare_with_counts() -> dict[str, int]:
    """Every packet of two minutes: whom `receptions` names is as many as the exchange has counted."""
    checked: dict[str, int] = {}
    with crossing() as simulation:
        exchange, fleet = simulation.exchange, simulation.fleet
        table = simulation.vehicles

        def listen(packets: Packets) -> None:
            rows = np.arange(len(packets.sender))
            found = exchange.watching.receptions(packets, rows)
            for at_unit, counted in ((False, packets.at_vehicles), (True, packets.at_units)):
                mine = (found.at_unit == at_unit) & ~found.lost
                assert np.array_equal(np.bincount(found.packet[mine], minlength=len(rows)), counted), packets.kind
            assert np.array_equal(found.fate > 0, found.lost)
            assert set(np.unique(found.fate)) <= {RECEIVED, FATES.index("below-sensitivity")}
            for packet, receiver, at_unit, lost, _ in zip(*found, strict=True):
                if at_unit:
                    x, y = simulation.units[receiver].position
                else:
                    (slot,) = np.flatnonzero(
                        (table.station[: table.extent] == receiver) & (table.alive[: table.extent] == 1)
                    )
                    x, y = fleet.x[slot], fleet.y[slot]
                    assert packets.from_unit or receiver != packets.sender[packet]
                if not lost:
                    assert np.hypot(packets.x[packet] - x, packets.y[packet] - y) <= RANGE + 1e-9
            name = exchange.kinds[packets.kind]
            checked[name] = checked.get(name, 0) + len(rows)

        for _ in islice(simulation, 400):
            pass
        exchange.listeners.append(listen)
        for _ in islice(simulation, 300):
            pass
    return checked


def test_a_lost_unicast_has_the_fate_that_the_radio_tells() -> None:
    """Three to a unit: received, lost in a collision, and one of which nothing is told."""
    asked: list[list[int]] = []

    def recall(rows: Indices) -> Traces:
        asked.append(rows.tolist())
        told = np.array([RECEIVED, FATES.index("collision")], np.uint8)
        return Traces(np.array([0, 1], np.int32), np.array([0, 0], np.int32), told)

    radio, nobody = SimpleNamespace(recall=recall), np.empty(0)
    watching = Watching(cast(Any, radio), cast(Any, None), nobody, nobody, cast(Any, None), nothing)
    packets: Any = SimpleNamespace(
        to=np.zeros(3, np.int32),
        from_unit=False,
        at_vehicles=np.zeros(3, np.int32),
        at_units=np.array([1, 0, 0], np.int32),
        row=np.array([7, 8, 9]),
    )
    found = watching.receptions(packets, np.arange(3))
    assert found.lost.tolist() == [False, True, True]
    assert found.at_unit.all()
    assert [FATES[fate] for fate in found.fate] == ["received", "collision", "below-sensitivity"]
    assert asked == [[7, 8, 9]]
    assert watching.receptions(packets, np.arange(1)).fate.tolist() == [RECEIVED]
    assert len(asked) == 1


def test_receptions_are_what_was_counted() -> None:
    checked = in_child(compare_with_counts)
    assert {"cam", "spatem", "saem", "parking-request", "parking-response"} <= set(checked)
    assert checked["cam"] > 100


def sampled() -> list[Any]:
    with crossing() as simulation:
        air = AirObserver(Views(simulation))
        for _ in islice(simulation, 600):
            pass
        air.attach(True)
        air.attach(True)  # whoever comes second changes nothing
        assert len(simulation.exchange.listeners) == 1
        assert simulation.observers.all.count(air) == 1
        table = simulation.vehicles
        watched = int(table.station[np.flatnonzero(simulation.fleet.active[: table.extent])[0]])
        refs = (f"vehicle/{watched}", "unit/0")
        said = []
        for _ in range(40):
            before = sum(simulation.exchange.traffic.sent)
            air.listen(True, refs)
            next(simulation)
            packets, arcs, sent = air.sample()
            assert sent == sum(simulation.exchange.traffic.sent) - before
            assert len(packets.sender) <= MOST_PACKETS
            assert len(arcs.packet) <= MOST_ARCS
            assert not len(arcs.packet) or arcs.packet.max() < len(packets.sender)
            said.append((packets, arcs))
        heard, sent_by = air.heard[refs[0]], air.sent[refs[0]]
        assert heard
        assert all(message["from"] != refs[0] for message in heard)
        assert all(message["from"] == refs[0] for message in sent_by)
        assert {message["kind"] for message in air.heard["unit/0"]} <= {"cam", "parking-request", "charging-request"}
        air.attach(False)
        assert simulation.exchange.listeners == []
        assert air not in simulation.observers.all
        return [said, watched]


def test_arcs_of_a_watched_vehicle() -> None:
    said, watched = in_child(sampled)
    sent = received = 0
    for packets, arcs in said:
        own = (packets.sender == watched) & ((packets.flags & FROM_UNIT) == 0)
        for row in np.flatnonzero(own).tolist():
            mine = arcs.packet == row
            at_unit = (arcs.flags[mine] & AT_UNIT) != 0
            got = (arcs.flags[mine] & LOST) == 0
            assert int((at_unit & got).sum()) == packets.at_units[row]
            assert int((~at_unit & got).sum()) == packets.at_vehicles[row]
            sent += 1
        received += int(((arcs.receiver == watched) & ((arcs.flags & AT_UNIT) == 0)).sum())
    assert sent >= 3
    assert received >= 40  # a SPATEM ten times a second alone


def quiet() -> tuple[int, int]:
    """Steps without a frame: only what is rare is kept."""
    with crossing() as simulation:
        air = AirObserver(Views(simulation))
        for _ in islice(simulation, 300):
            pass
        air.attach(True)
        for _ in islice(simulation, 600):
            air.listen(False, ())
        packets, arcs, _ = air.sample()
        routine = np.isin(packets.kind, [Kind.CAM, Kind.SPATEM, Kind.SAEM, Kind.MAPEM])
        assert len(arcs.packet) == len(packets.sender)  # each a unicast
        return int(routine.sum()), len(packets.sender)


def test_between_frames_only_what_is_rare_is_kept() -> None:
    routine, kept = in_child(quiet)
    assert routine == 0
    assert 0 < kept <= MOST_PACKETS


@pytest.mark.parametrize("pipeline", ["lockstep", "overlapped"])
def test_watching_changes_nothing(pipeline: str) -> None:
    assert in_child(counted, pipeline, True) == in_child(counted, pipeline, False)


def counted(pipeline: str, watch: bool) -> dict[str, float]:
    from wayside.web.server.observer import Publisher

    with crossing(**{"scenario.pipeline": pipeline, "scenario.end": 60.0}) as simulation:
        publisher = Publisher(simulation, lambda channel, payload: None)
        if watch:
            simulation.observers.add(publisher)
            publisher.attend(2)
            publisher.details.watched = ("unit/0", "vehicle/3", "park/0", "site/0", "edge/1", "light/0")
        for number in range(600):
            publisher.expect(number % 3 == 0)
            next(simulation)
            if watch:
                publisher.publish(last=number % 100 == 0)
                publisher.tell_details()
                if number % 50 == 0:
                    publisher.snapshot()
        return dict(simulation.metrics.kpis())
