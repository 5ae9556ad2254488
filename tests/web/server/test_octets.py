"""Messages as they are opened: their octets, what these say, and at how many stations they were lost."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.sim.children import in_child
from wayside import Scenario, Simulation
from wayside.edge.messages import denm
from wayside.edge.messages.build import cam, decode
from wayside.edge.messages.octets import Octets
from wayside.edge.net import pcap
from wayside.sim.air import FATES
from wayside.sim.stations.packets import Packets
from wayside.sim.wire.awareness import CAM
from wayside.sim.wire.capture import framed
from wayside.web.server import octets
from wayside.web.server.air import AirObserver
from wayside.web.server.frames import FATE_BIT, LOST
from wayside.web.server.messages import listed, losses
from wayside.web.server.view import Views

Messages = tuple[str, dict[str, dict[str, Any]], list[bytes]]  # family, by kind, the capture's frames


def gathered(family: str, out: Path) -> tuple[dict[str, dict[str, Any]], list[bytes]]:
    """The last message of each kind in the crossing's first two minutes, opened; a hazard is said too. And the frames
    of the run's capture.
    """
    wanted = {"v2x.family": family, "v2x.penetration": 1.0, "parking.request_distance": 2000.0, "record.pcap": True}
    found: dict[str, dict[str, Any]] = {}
    with Simulation(Scenario.load("crossing").replace(wanted), out) as simulation:
        simulation.units[0].send(denm("roadworks", simulation.units[0].position), radius=300.0, repeat=1.0)
        shelf = octets.Shelf(simulation)

        def listen(packets: Packets) -> None:
            shelf.count(packets)
            for row in range(min(len(packets.sender), 3)):
                message = listed(Views(simulation), packets, row, packets.time)
                shelf.keep(packets, row, message)
                found[message["kind"]] = message
                assert message["length"] == len(packets.octets().one(row))

        simulation.exchange.listeners.append(listen)
        for _ in islice(simulation, 1200):
            pass
        opened = {kind: shelf.open(message["number"]) for kind, message in found.items()}
        assert shelf.open(-1) is shelf.open(10**9) is None
    for kind, message in opened.items():
        assert message is not None
        assert {name: message[name] for name in found[kind]} == found[kind]
        found[kind] = message
    return found, [frame for _, _, frame in pcap.packets(out / "v2x.pcap")]


@pytest.fixture(scope="module", params=["etsi", "csae"])
def messages(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Messages:
    return request.param, *in_child(gathered, request.param, tmp_path_factory.mktemp("captured") / "run")


def test_every_kind_is_read_from_its_octets(messages: Messages) -> None:
    family, found, _ = messages
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


def test_the_frames_are_those_of_the_capture(messages: Messages) -> None:
    """Headers and message together stand in v2x.pcap; and one octet else, and they do not."""
    family, found, frames = messages
    for kind, message in found.items():
        frame = bytes.fromhex(message["headers"]["bytes"] + message["bytes"])
        alike = [other for other in frames if other[: len(frame)] == frame]
        assert alike, kind
        assert len(alike) == 1 or family == "csae", kind  # where some have no time in them
        assert len(alike[0]) == message["headers"]["length"] + message["length"]
        assert frame[:-1] + bytes([frame[-1] ^ 1]) not in frames
        assert message["headers"]["length"] - 14 == message["size"] - message["length"]
        layers = [name for depth, name, _ in message["headers"]["decoded"] if depth == 0]
        assert layers == (["Ethernet", "GeoNetworking", "BTP-B"] if family == "etsi" else ["Ethernet", "DSMP"])


def test_the_octets_are_the_message(messages: Messages) -> None:
    """Read again from the hexadecimal text: the same lines; and the speed is that of the content."""
    family, found, _ = messages
    said = found["cam" if family == "etsi" else "bsm"]
    again = decode("CAM" if family == "etsi" else "MESSAGE_FRAME", bytes.fromhex(said["bytes"]))
    assert [list(line) for line in again.lines()] == said["decoded"]
    (speed,) = [text for _, name, text in again.lines() if name in ("speedValue", "speed") and "m/s" in text]
    assert float(speed.partition(" ")[0]) == pytest.approx(said["content"]["speed_m_s"], abs=0.02)


def framed_cam(message: bytes) -> bytes:
    where: dict[str, Any] = {"sender": 7, "station_type": 5, "latitude": 30.9, "longitude": 121.9}
    return framed("etsi", 1.7e9, CAM, Octets.of([message]), time=0.0, from_unit=False, **where).one(0)


def test_what_cannot_be_read_is_said() -> None:
    found = octets.opened(framed_cam(b"\x02\x02\x00"), 3, "CAM")
    assert found["decoded"] is found["standard"] is None
    assert found["bytes"] == "020200"
    assert "CAM" in found["problem"] or found["problem"]
    assert "\n" not in found["problem"]
    assert [name for depth, name, _ in found["headers"]["decoded"] if not depth][-1] == "BTP-B"


def test_what_is_long_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    message = cam(7, (0.1, 0.2), 1.7e9).encode()
    frame = framed_cam(message)
    whole = octets.opened(frame, len(message), "CAM")
    monkeypatch.setattr(octets, "MOST_OCTETS", 4)
    monkeypatch.setattr(octets, "MOST_LINES", 2)
    cut = octets.opened(frame, len(message), "CAM")
    assert cut["bytes"] == whole["bytes"][:8]
    assert cut["headers"] == whole["headers"]
    assert bytes.fromhex(whole["headers"]["bytes"] + whole["bytes"]) == frame
    assert cut["decoded"][:2] == whole["decoded"][:2]
    assert cut["decoded"][2:] == [[1, "...", f"and {len(whole['decoded']) - 2} lines more"]]


def shelved(room: int) -> list[int]:
    """Numbers that a shelf of so much room can still open, of those listed; oldest first."""
    octets.ROOM = room  # in a process of its own
    with Simulation(Scenario.load("crossing").replace({"v2x.penetration": 1.0})) as simulation:
        air = AirObserver(Views(simulation))
        air.attach(True)
        for _ in range(600):
            air.listen(True, ())
            next(simulation)
            air.sample()
            air.news()
        numbers = [message["number"] for message in air.messages]
        assert len(numbers) == len(set(numbers)) == 100
        return [place for place, number in enumerate(numbers) if air.shelf.open(number)]


def test_the_oldest_make_room() -> None:
    assert in_child(shelved, octets.ROOM) == list(range(100))
    kept = in_child(shelved, 50_000)
    assert 5 <= len(kept) <= 12
    assert kept == list(range(100 - len(kept), 100))


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

        air = AirObserver(Views(simulation))
        for _ in islice(simulation, 300):
            pass
        air.attach(True)
        exchange.listeners.append(listen)
        assert radio.tally is not None
        before = radio.tally.sum(axis=0)
        for _ in range(600):
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
