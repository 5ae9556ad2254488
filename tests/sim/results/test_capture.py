"""v2x.pcap: frames that others take, with the simulation's time, the same bytes each time, whole on a full disk."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.edge.net import tshark
from tests.sim.wire.cities import EPOCH, messages
from wayside.edge.charging.messages import ChargingResponses
from wayside.edge.errors import DecodeError
from wayside.edge.messages import Broadcast, Mapem, Saem, Spatem, build, build_csae, denm
from wayside.edge.messages.kinds import FIRST_UNIT, Kind
from wayside.edge.messages.octets import Octets
from wayside.edge.net import dsmp, pcap
from wayside.edge.net.dissect import dissect
from wayside.edge.net.ethernet import Frame
from wayside.edge.parking.messages import ParkingRequests
from wayside.sim.disk import ballast
from wayside.sim.disk.ballast import Ballast
from wayside.sim.wire.awareness import CAM
from wayside.sim.wire.capture import UNITS, VEHICLES, Capture

BROADCASTS: tuple[tuple[Broadcast, float], ...] = (
    (Spatem(0), np.inf),
    (Mapem(0), np.inf),
    (denm("traffic-jam", (10.0, 20.0), 30.0), 400.0),
    (denm("accident", (10.0, 20.0)), np.inf),
    (Saem(("parking",)), 250.0),
)


def written(path: Path, family: str) -> list[tuple[int, bytes]]:
    """Cars that say where they are, what unit 1 says, a request and an answer, in two ticks; what is in the file."""
    said = messages(family)
    capture = Capture(path, Ballast(path.parent), family, EPOCH)

    def kind(content: Any) -> Kind:
        found: Kind = said.kinds[said.number(content)]
        return found

    unit: dict[str, Any] = {"from_unit": True, "station_type": 15, "latitude": 30.9, "longitude": 121.9}
    car: dict[str, Any] = {"from_unit": False, "station_type": 5, "speed": 13.9, "heading": 90.0}
    slots, stations = np.arange(2, dtype=np.int32), np.array([7, 8])
    for tick in (10, 11):
        time = tick * 0.1
        for message, radius in BROADCASTS:
            utterance = said.say(1, message, 1.0)
            octets = said.broadcasts(np.array([1], np.int32), [utterance], time)
            capture.add(kind(message), octets, time=time, delay=0.02, sender=1, radius=radius, **unit)
        say = build.cam if family == "etsi" else build_csae.bsm
        cars = [say(station, (30.9, 121.9), EPOCH + time, speed=13.9).encode() for station in (7, 8, 9)]
        delay, latitude = np.array([0.003, np.nan, 0.001]), 30.9 + np.arange(3) * 1e-4
        where = {"sender": np.array([7, 8, 9]), "latitude": latitude, "longitude": 121.9}
        capture.add(CAM, Octets.of(cars), time=time, delay=delay, **where, **car)
        ask = ParkingRequests(slots, stations, slots, np.zeros(2), np.zeros(2), np.full(2, 60.0))
        where = {"sender": stations, "latitude": 30.9, "longitude": 121.9, "to": np.array([1, 1])}
        capture.add(kind(ask), said.unicasts(ask, 1, time), time=time, delay=0.03, **where, **car)
        answer = ChargingResponses(slots, stations, slots)
        capture.add(kind(answer), said.unicasts(answer, 1, time), time=time, delay=0.04, sender=1, to=stations, **unit)
        capture.tick()
    capture.close()
    return [(time, frame) for time, _, frame in pcap.packets(path) if time is not None]


def test_frames_in_the_order_of_their_times(tmp_path: Path) -> None:
    """The packet that was never sent is not there; a tick's frames are sorted."""
    frames = written(tmp_path / "a.pcap", "etsi")
    assert len(frames) == 2 * (5 + 2 + 2 + 2)
    begin = round(EPOCH) * 1_000_000_000
    assert [time - begin for time, _ in frames[:4]] == [1_001_000_000, 1_003_000_000, 1_020_000_000, 1_020_000_000]
    assert [time for time, _ in frames] == sorted(time for time, _ in frames)
    first = Frame.decode(frames[0][1])
    assert int.from_bytes(first.source, "big") == VEHICLES + 9
    macs = {int.from_bytes(Frame.decode(data).destination, "big") for _, data in frames}
    assert macs == {2**48 - 1, UNITS + 1, VEHICLES + 7, VEHICLES + 8}


def test_each_says_what_was_meant(tmp_path: Path) -> None:
    found = [dissect(data) for _, data in written(tmp_path / "a.pcap", "etsi")]
    assert not [one.problem for one in found if one.problem]
    kinds = [one.json["message"] for one in found[:11]]
    assert kinds == ["CAM", "CAM", "SPATEM", "MAPEM", "DENM", "DENM", "SAEM", *2 * ["PARKING_REQUEST"], *2 * ["EV_RSR"]]
    areas = {one.json["message"]: one.json["geonetworking"] for one in found[:11]}
    assert areas["SPATEM"]["type"] == "single-hop broadcast"
    assert areas["SPATEM"]["position"]["station_type"] == "roadSideUnit"
    assert not areas["SPATEM"]["mobile"]
    assert areas["CAM"]["position"]["speed_in_m_per_s"] == 13.9
    assert areas["CAM"]["traffic_class"] == 2
    assert areas["SAEM"]["area"]["a_in_m"] == 250.0
    hazards = [one.json["geonetworking"] for one in found if one.json["message"] == "DENM"]
    assert [hazard["area"]["a_in_m"] for hazard in hazards] == [400.0, 1000.0] * 2
    assert [hazard["sequence"] for hazard in hazards] == [0, 1, 3, 4]
    stations = {one.json["value"]["header"]["stationID"] for one in found}
    assert stations == {7, 8, 9, FIRST_UNIT + 1}


def test_tshark_takes_them(tmp_path: Path) -> None:
    written(tmp_path / "a.pcap", "etsi")
    rows = tshark.fields(tmp_path / "a.pcap", "btpb.dstport", "its.messageID")
    assert len(rows) == 22
    assert [port for port, number in rows if number].count("2004") == 2
    bad = tshark.run(tmp_path / "a.pcap", "-Y", f"({tshark.COMPLAINTS}) && btpb.dstport in {{2001..2004}}")
    assert bad == []


def test_the_same_bytes_each_time(tmp_path: Path) -> None:
    for family in ("etsi", "csae"):
        for name in ("a", "b"):
            written(tmp_path / f"{name}.pcap", family)
        assert (tmp_path / "a.pcap").read_bytes() == (tmp_path / "b.pcap").read_bytes()


def test_chinese_frames(tmp_path: Path) -> None:
    """The adaptation layer's type, DSMP's header, and the message; for the application that it is of."""
    frames = written(tmp_path / "a.pcap", "csae")
    applications = []
    for _, data in frames:
        frame = Frame.decode(data)
        assert frame.ethertype == dsmp.ETHERTYPE
        applications.append(dsmp.Dsm.decode(frame.payload).aid)
    assert applications[:11] == [111, 111, 3619, 3618, 3621, 3621, 120, 121, 121, 122, 122]
    found = [dissect(data) for _, data in frames[:11]]
    assert not [one.problem for one in found if one.problem]
    kinds = [next(iter(one.json["value"])) for one in found[:6]]
    assert kinds == ["bsmFrame", "bsmFrame", "spatFrame", "mapFrame", "rsiFrame", "rsiFrame"]
    assert [one.json["message"] for one in found[6:]] == ["SAEM", *2 * ["PARKING_REQUEST"], *2 * ["EV_RSR"]]


def test_as_much_as_there_is_room_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that runs full: what was held is still written, by the ballast; it is told once; the file is whole."""
    room = 3000
    write = ballast.Sink.__mro__[1].write

    def scarce(sink: Any, data: Any) -> int:
        size = len(memoryview(data).cast("B"))
        held = sink._ballast._path.exists()
        if held and sink.tell() + size > room:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(sink, data)

    class Scarce(ballast.Sink):
        def write(self, data: object) -> int:
            rest = memoryview(data).cast("B")  # type: ignore[arg-type]
            try:
                return scarce(self, rest)
            except OSError as error:
                self._ballast.release()
                self.full = error
                return write(self, rest)

    monkeypatch.setattr("wayside.sim.wire.capture.Sink", Scarce)
    capture = Capture(tmp_path / "a.pcap", Ballast(tmp_path), "etsi", EPOCH)
    octets = Octets.of([build.cam(7, (30.9, 121.9), EPOCH).encode()] * 10)
    where: dict[str, Any] = {"latitude": 30.9, "longitude": 121.9, "station_type": 5, "sender": 7, "from_unit": False}

    def say(time: float) -> None:
        capture.add(CAM, octets, time=time, delay=0.0, **where)
        capture.tick()

    say(0.0)
    say(0.1)
    with pytest.raises(OSError, match="No space left"):
        say(0.2)
    say(0.3)
    capture.close()
    assert len(list(pcap.packets(tmp_path / "a.pcap"))) == 30


def test_a_disk_that_is_broken_leaves_whole_frames(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    capture = Capture(tmp_path / "a.pcap", Ballast(tmp_path), "etsi", EPOCH)
    octets = Octets.of([build.cam(7, (30.9, 121.9), EPOCH).encode()] * 10)
    where: dict[str, Any] = {"latitude": 30.9, "longitude": 121.9, "station_type": 5, "sender": 7, "from_unit": False}
    capture.add(CAM, octets, time=0.0, delay=0.0, **where)
    capture.tick()
    write = ballast.Sink.write

    def half(sink: ballast.Sink, data: object) -> int:
        write(sink, memoryview(data).cast("B")[:100])  # type: ignore[arg-type]
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(ballast.Sink, "write", half)
    capture.add(CAM, octets, time=0.1, delay=0.0, **where)
    with pytest.raises(OSError, match="Input/output"):
        capture.tick()
    capture.close()
    assert len(list(pcap.packets(tmp_path / "a.pcap"))) == 10


def test_memory_is_bounded(tmp_path: Path) -> None:
    """Without a tick for a long time, it is written all the same."""
    capture = Capture(tmp_path / "a.pcap", Ballast(tmp_path), "etsi", EPOCH)
    octets = Octets.of([build.cam(7, (30.9, 121.9), EPOCH).encode()] * 1000)
    where: dict[str, Any] = {"latitude": 30.9, "longitude": 121.9, "station_type": 5, "sender": 7, "from_unit": False}
    for tick in range(20):
        capture.add(CAM, octets, time=tick * 0.1, delay=0.0, **where)
        assert capture._octets < 1 << 19
    capture.close()
    assert len(list(pcap.packets(tmp_path / "a.pcap"))) == 20_000


@pytest.mark.parametrize(
    ("octets", "wrong"),
    [
        (b"\3\0\x6f\0\0", "protocol type = 3: must be 4"),
        (b"\4\x20\x6f\0\0", "version = 1: must be 0"),
        (b"\4\x10\x6f\0\0", "extension"),
        (b"\4\0\xc0\0\0", "must be of one or two octets"),
        (b"\4\0\x6f\0\2a", "DSMP data: ends after 1 octets: must have 2"),
        (b"\4\0", "DSMP header: ends after 2 octets"),
        (b"\4\0\x8d", "DSMP AID: ends after 1"),
    ],
)
def test_dsmp_that_is_none(octets: bytes, wrong: str) -> None:
    with pytest.raises(DecodeError, match=wrong):
        dsmp.Dsm.decode(octets)


def test_dsmp_and_back() -> None:
    for aid in (0, 111, 127, 128, 3618, 16511):
        message = dsmp.Dsm(aid, b"abc")
        assert dsmp.Dsm.decode(message.encode() + b"padding") == message
        assert len(message.encode()) == dsmp.size(aid) + 3
