"""v2xflexstack, a whole stack of other people's, reads our packets: GeoNetworking, BTP, CAM and DENM."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from flexstack.btp.btp_header import BTPBHeader
from flexstack.facilities.ca_basic_service.cam_coder import CAMCoder
from flexstack.facilities.decentralized_environmental_notification_service.denm_coder import DENMCoder
from flexstack.geonet.basic_header import BasicHeader, BasicNH
from flexstack.geonet.common_header import CommonHeader
from flexstack.geonet.gbc_extended_header import GBCExtendedHeader
from flexstack.geonet.gn_address import ST
from flexstack.geonet.position_vector import LongPositionVector

from tests.edge.net.packets import HERE, MAC, TIME, messages
from wayside.edge.net import ethernet, frames
from wayside.edge.net import geonetworking as gn
from wayside.edge.net.btp import PORTS, SIZE

COLUMNS = {
    "mac": int.from_bytes(MAC, "big"),
    "time": gn.timestamp(TIME),
    "latitude": HERE[0],
    "longitude": HERE[1],
    "speed": 13.89,
    "heading": 271.3,
    "traffic_class": 2,
}


def packet(kind: str, **columns: Any) -> bytes:
    """From the GeoNetworking header on."""
    octets = np.frombuffer(messages()[kind].encode(), np.uint8)
    make = frames.gbc if "a" in columns else frames.shb
    content = COLUMNS | {"port": PORTS[kind]} | columns
    return make(content, octets, np.array([0, len(octets)]))[0][ethernet.SIZE :].tobytes()


@cache
def coder(kind: str) -> Any:
    return CAMCoder() if kind == "CAM" else DENMCoder()


def headers(data: bytes) -> CommonHeader:
    basic, common = BasicHeader.decode_from_bytes(data[:4]), CommonHeader.decode_from_bytes(data[4:12])
    assert (basic.version, basic.nh) == (1, BasicNH.COMMON_HEADER)
    assert common.nh.value == 2  # BTP-B
    assert common.tc.tc_id == 2
    return common


def check(position: LongPositionVector) -> None:
    assert position.gn_addr.mid.mid == MAC
    assert position.tst.msec == gn.timestamp(TIME)
    assert (position.latitude, position.longitude) == (round(HERE[0] * 1e7), round(HERE[1] * 1e7))
    assert (position.pai, position.s, position.h) == (True, 1389, 2713)


def test_a_cam_to_all_who_hear_it() -> None:
    data = packet("CAM", station_type=5)
    common = headers(data)
    assert (common.ht.value, common.mhl, common.pl) == (5, 1, len(data) - 40)
    position = LongPositionVector.decode(data[12:36])
    check(position)
    assert position.gn_addr.st == ST.PASSENGER_CAR
    assert BTPBHeader.decode(data[40:44]).destination_port == PORTS["CAM"]
    cam = coder("CAM").decode(data[40 + SIZE :])
    assert cam["header"]["stationId"] == 7
    _, high = cam["cam"]["camParameters"]["highFrequencyContainer"]
    assert (high["speed"]["speedValue"], high["heading"]["headingValue"]) == (1389, 0)
    where = cam["cam"]["camParameters"]["basicContainer"]["referencePosition"]
    assert (where["latitude"], where["longitude"]) == (position.latitude, position.longitude)


def test_a_denm_to_an_area() -> None:
    area = {"area_latitude": 31.5, "area_longitude": 121.0, "a": 400, "sequence": 4711}
    data = packet("DENM", station_type=8, **area)
    common = headers(data)
    assert (common.ht.value, common.mhl, common.pl) == (4, 10, len(data) - 56)
    header = GBCExtendedHeader.decode(data[12:56])
    check(header.so_pv)
    assert (header.sn, header.latitude, header.longitude, header.a) == (4711, 315_000_000, 1_210_000_000, 400)
    assert BTPBHeader.decode(data[56:60]).destination_port == PORTS["DENM"]
    denm = coder("DENM").decode(data[56 + SIZE :])["denm"]
    assert denm["management"]["actionId"] == {"originatingStationId": 9, "sequenceNumber": 5}
    assert denm["situation"]["eventType"]["ccAndScc"] == ("accident2", 0)


def test_a_roadside_unit_is_15() -> None:
    """It counts on from tram, to 12. EN 302 636-4-1 numbers stations as TS 102 894-2 does, whose roadSideUnit is 15;
    Vanetza and tshark read it so.
    """
    data = packet("DENM", station_type=gn.RSU, area_latitude=31.5, area_longitude=121.0, a=400, sequence=1)
    assert ST.ROAD_SIDE_UNIT.value == 12
    with pytest.raises(ValueError, match="15 is not a valid ST"):
        GBCExtendedHeader.decode(data[12:56])
