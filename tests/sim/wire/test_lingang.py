"""A run's capture before tshark: it takes every frame, and reads in them where the vehicles were and what they did."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from flexstack.geonet.common_header import CommonHeader
from flexstack.geonet.position_vector import LongPositionVector

from tests.edge.net import test_flexstack as flexstack
from tests.edge.net import tshark
from tests.sim.children import in_child
from tests.sim.numbers import Kind
from wayside import App, Scenario, Simulation, every
from wayside.edge.messages import denm
from wayside.edge.net import ethernet, pcap
from wayside.ext.arrays import Doubles
from wayside.sim.stations.packets import Packets

END = 120.0
GBC = 4  # GeoNetworking header type
KNOWN = ("CAM", "DENM", "SPATEM", "MAPEM")  # tshark has no schema of the others
Truth = list[tuple[int, float, float, float, float, float]]  # station, time, latitude, longitude, speed, heading


class Hazard(App):
    """Warns of a stop line now and then, so that there are DENMs."""

    @every(5.0)
    def warn(self) -> None:
        self.send(denm("traffic-jam", self.position, validity=10.0), radius=400.0)


def captured(out: Path) -> tuple[Truth, list[int]]:
    """Let Lingang run; what its vehicles said in CAMs before it was octets, and how much of each kind was sent."""
    truth: Truth = []
    changes = {
        "scenario.end": END,
        "v2x.penetration": 0.1,
        "record.pcap": True,
        "rsu.0.apps": ["signals", "parking", "charging", f"{__name__}:Hazard"],
    }
    with Simulation(Scenario.load("lingang").replace(changes), out=out) as simulation:
        table, fleet = simulation.vehicles, simulation.fleet

        def told(packets: Packets) -> None:
            if packets.kind == Kind.CAM:
                slots = packets.place
                latitude, longitude = simulation.projection.degrees(fleet.x[slots], fleet.y[slots])
                heading = table.heading[slots] + simulation.projection.convergence(fleet.x[slots], fleet.y[slots])
                columns = (latitude, longitude, table.speed[slots], heading)
                rows = zip(packets.sender.tolist(), *(column.tolist() for column in columns), strict=True)
                truth.extend((station, packets.time, *said) for station, *said in rows)

        simulation.exchange.listeners.append(told)
        simulation.run()
        return truth, simulation.exchange.traffic.sent


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth, list[int]]:
    out = tmp_path_factory.mktemp("lingang") / "run"
    return out / "v2x.pcap", *in_child(captured, out)


@pytest.fixture(scope="module")
def rows(run: tuple[Path, Truth, list[int]]) -> list[list[str]]:
    """The port and the message of each frame; then what a CAM says, and what its header says."""
    names = ("its.stationID", "frame.time_epoch", "its.latitude", "its.longitude", "its.speedValue", "its.headingValue")
    header = ("geonw.src_pos.lat", "geonw.src_pos.long", "geonw.src_pos.speed", "geonw.src_pos.hdg")
    return tshark.fields(run[0], "btpb.dstport", "its.messageID", *names, *header)


def test_every_frame_is_taken(run: tuple[Path, Truth, list[int]], rows: list[list[str]]) -> None:
    """Nothing malformed, no exception, no octets left; of the messages that it does not know, the headers."""
    path, _, sent = run
    assert len(rows) == sum(sent)
    counted = {
        name: sum(message == str(number) for _, message, *_ in rows)
        for name, number in (("CAM", 2), ("DENM", 1), ("SPATEM", 4), ("MAPEM", 5))
    }
    assert counted == {name: sent[Kind[name]] for name in KNOWN}
    assert min(counted.values()) > 0
    known = "btpb.dstport in {2001, 2002, 2003, 2004}"
    assert tshark.run(path, "-Y", f"({known}) && ({tshark.COMPLAINTS}) || _ws.malformed || _ws.short") == []


def test_it_reads_what_the_vehicles_did(run: tuple[Path, Truth, list[int]], rows: list[list[str]]) -> None:
    _, truth, _ = run
    read = np.array([row[2:] for row in rows if row[0] == "2001"], np.float64)
    said = np.array(truth)
    epoch = Scenario.load("lingang").v2x.epoch.timestamp()
    said = said[np.lexsort((said[:, 0], said[:, 1]))]
    read = read[np.lexsort((read[:, 0], np.round(read[:, 1], 1)))]
    np.testing.assert_array_equal(read[:, 0], said[:, 0])
    np.testing.assert_allclose(read[:, 1] - epoch, said[:, 1], atol=1e-6)
    assert len(read) > 1000
    for columns in (read[:, 2:6], read[:, 6:10]):
        _agree(columns, said)


def test_another_stack_reads_it(run: tuple[Path, Truth, list[int]]) -> None:
    """v2xflexstack takes a sample of the frames apart: CAMs from single hops, DENMs to areas."""
    path, truth, _ = run
    stations = {station for station, *_ in truth}
    taken = {"CAM": 0, "DENM": 0}
    for number, (_, _, frame) in enumerate(pcap.packets(path)):
        packet = frame[ethernet.SIZE :]
        header = 56 if packet[5] >> 4 == GBC else 40
        kind = {2001: "CAM", 2002: "DENM"}.get(int.from_bytes(packet[header : header + 2], "big"))
        if kind is None or (kind == "CAM" and number % 23):
            continue
        common = CommonHeader.decode_from_bytes(packet[4:12])
        assert common.pl == len(packet) - header
        if kind == "CAM":  # it knows no address of a roadside unit
            assert LongPositionVector.decode(packet[12:36]).s >= 0
        said = flexstack.coder(kind).decode(packet[header + 4 :])
        assert (said["header"]["stationId"] in stations) == (kind == "CAM")
        taken[kind] += 1
    assert min(taken.values()) > 10


def _agree(read: Doubles, said: Doubles) -> None:
    """Position within a centimetre of rounding to 0.1 microdegree, speed and heading within their steps."""
    north = np.abs(read[:, 0] * 1e-7 - said[:, 2]) * 111_000.0
    east = np.abs(read[:, 1] * 1e-7 - said[:, 3]) * 111_000.0
    assert north.max() < 0.5e-7 * 111_000.0 + 0.01
    assert east.max() < 0.5e-7 * 111_000.0 + 0.01
    np.testing.assert_allclose(read[:, 2] / 100.0, said[:, 4], atol=0.00501)
    turned = np.abs((read[:, 3] / 10.0 - said[:, 5] + 180.0) % 360.0 - 180.0)
    assert turned.max() < 0.0501
