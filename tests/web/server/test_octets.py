"""Messages as they are opened: their octets, what these say, and at how many stations they were lost."""

from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np
import pytest

from tests.sim.children import in_child
from wayside import Scenario, Simulation
from wayside.edge.messages import Kind, denm
from wayside.edge.messages.build import cam, decode
from wayside.sim.air import FATES
from wayside.sim.packets import Octets, Packets
from wayside.web.server import octets
from wayside.web.server.air import Air
from wayside.web.server.frames import FATE_BIT, LOST
from wayside.web.server.messages import complete, losses


def gathered(family: str) -> dict[str, dict[str, Any]]:
    """The last message of each kind in the crossing's first two minutes, complete; a hazard is said too."""
    wanted = {"v2x.family": family, "v2x.penetration": 1.0, "parking.request_distance": 2000.0}
    found: dict[str, dict[str, Any]] = {}
    with Simulation(Scenario.load("crossing").replace(wanted)) as simulation:
        simulation.units[0].send(denm("roadworks", simulation.units[0].position), radius=300.0, repeat=1.0)

        def listen(packets: Packets) -> None:
            for row in range(min(len(packets.sender), 3)):
                message = complete(simulation, packets, row, packets.time)
                found[message["kind"]] = message
                assert message["length"] == len(packets.octets().one(row))

        for _ in islice(simulation, 300):
            pass
        simulation.exchange.listeners.append(listen)
        for _ in islice(simulation, 900):
            pass
    return found


@pytest.fixture(scope="module", params=["etsi", "csae"])
def messages(request: pytest.FixtureRequest) -> tuple[str, dict[str, dict[str, Any]]]:
    found: dict[str, dict[str, Any]] = in_child(gathered, request.param)
    return request.param, found


def test_every_kind_is_read_from_its_octets(messages: tuple[str, dict[str, dict[str, Any]]]) -> None:
    family, found = messages
    names = {"cam", "spatem", "mapem"} if family == "etsi" else {"bsm", "spat", "map"}
    assert names | {"saem", "parking-request", "parking-response"} <= set(found)
    for kind, message in found.items():
        assert message["problem"] is None, kind
        assert len(message["decoded"]) > 3, kind
        assert message["bytes"] == message["bytes"].lower()
        assert len(message["bytes"]) == 2 * min(message["length"], octets.MOST_OCTETS)
        assert message["size"] > message["length"]
        assert message["public"] == (not kind.startswith("parking"))
        assert ("no standard" in message["standard"]) == (not message["public"])
        assert message["lost"] == {}  # the ideal radio's
        assert message["delay_ms"] == pytest.approx(message["delay_ms"])


def test_the_octets_are_the_message(messages: tuple[str, dict[str, dict[str, Any]]]) -> None:
    """Read again from the hexadecimal text: the same lines; and the speed is that of the content."""
    family, found = messages
    said = found["cam" if family == "etsi" else "bsm"]
    again = decode("CAM" if family == "etsi" else "MESSAGE_FRAME", bytes.fromhex(said["bytes"]))
    assert [list(line) for line in again.lines()] == said["decoded"]
    (speed,) = [text for _, name, text in again.lines() if name in ("speedValue", "speed") and "m/s" in text]
    assert float(speed.partition(" ")[0]) == pytest.approx(said["content"]["speed_m_s"], abs=0.02)


def packets(kind: Kind, message: bytes) -> Packets:
    one: Any = np.zeros(1)
    columns = dict.fromkeys(("sender", "place", "x", "y", "delay", "at_vehicles", "at_units", "row"), one)
    size = np.array([len(message) + 44], np.int32)
    return Packets(kind=kind, from_unit=False, time=0.0, size=size, octets=lambda: Octets.of([message]), **columns)


def test_what_cannot_be_read_is_said() -> None:
    found = octets.opened(packets(Kind.CAM, b"\x02\x02\x00"), 0, "CAM")
    assert found["decoded"] is None
    assert found["bytes"] == "020200"
    assert "CAM" in found["problem"] or found["problem"]
    assert "\n" not in found["problem"]


def test_what_is_long_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    message = cam(7, (0.1, 0.2), 1.7e9).encode()
    whole = octets.opened(packets(Kind.CAM, message), 0, "CAM")
    monkeypatch.setattr(octets, "MOST_OCTETS", 4)
    monkeypatch.setattr(octets, "MOST_LINES", 2)
    cut = octets.opened(packets(Kind.CAM, message), 0, "CAM")
    assert cut["bytes"] == whole["bytes"][:8]
    assert cut["length"] == len(message)
    assert cut["decoded"][:2] == whole["decoded"][:2]
    assert cut["decoded"][2:] == [[1, "...", f"and {len(whole['decoded']) - 2} lines more"]]


def lossy() -> dict[str, Any]:
    """ITS-G5 with frames so long that they meet: arcs, and what each message is said to have lost."""
    wanted = {"v2x.radio": "itsg5", "v2x.penetration": 1.0, "air.size": 4096, "air.rate": 3.0}
    with Simulation(Scenario.load("crossing").replace(wanted)) as simulation:
        exchange, radio = simulation.exchange, simulation.exchange.radio
        said = dict.fromkeys(FATES, 0)
        arcs = np.zeros(8, np.int64)
        wrong = 0

        def listen(packets: Packets) -> None:
            for row in range(len(packets.sender)):
                for fate, count in losses(simulation, packets, row).items():
                    said[fate] += count

        air = Air(simulation)
        for _ in islice(simulation, 300):
            pass
        air.attach(True)
        exchange.listeners.append(listen)
        assert radio.tally is not None
        before = radio.tally.sum(axis=0)
        for _ in range(200):
            air.listen(True, ("unit/0",))
            next(simulation)
            flags = air.sample()[1].flags
            arcs += np.bincount(flags >> FATE_BIT, minlength=8)
            wrong += int((((flags & LOST) != 0) != (flags >> FATE_BIT > 0)).sum())
        tallied = dict(zip(FATES, (radio.tally.sum(axis=0) - before).tolist(), strict=True))
        air.attach(False)
        try:
            radio.recall(np.arange(1))
        except RuntimeError:
            off = True
        else:
            off = False
        return {"arcs": arcs.tolist(), "wrong": wrong, "said": said, "tallied": tallied, "off": off}


def test_losses_are_told_apart() -> None:
    found = in_child(lossy)
    arcs, said, tallied = found["arcs"], found["said"], found["tallied"]
    assert arcs[0] > 0
    assert arcs[FATES.index("collision")] > 0
    assert arcs[FATES.index("receiver-busy")] > 0
    assert arcs[FATES.index("below-sensitivity")] == arcs[6] == arcs[7] == 0
    assert found["wrong"] == 0
    for fate in ("half-duplex", "receiver-busy", "propagation", "collision"):
        assert said[fate] == tallied[fate], fate
    assert said["received"] == said["below-sensitivity"] == 0
    assert found["off"]  # nothing is traced where nobody looks
