"""Frames from columns are octet for octet those made one by one."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.edge.net.packets import HERE, latitudes, longitudes, words
from tests.edge.net.tshark import complaints, fields
from wayside.edge.errors import EncodeError
from wayside.edge.net import frames
from wayside.edge.net import geonetworking as gn
from wayside.edge.net.btp import BtpB
from wayside.edge.net.ethernet import Frame

number = st.floats
ROW = st.fixed_dictionaries(
    {
        "station_type": st.integers(0, 31),
        "mac": st.integers(0, 2**48 - 1),
        "time": st.integers(0, 2**42 - 1),
        "latitude": number(-90, 90),
        "longitude": number(-180, 180),
        "speed": number(-163.84, 163.83),
        "heading": number(0, 360),
        "accurate": st.integers(0, 1),
        "mobile": st.integers(0, 1),
        "port": words,
        "info": words,
        "lifetime": number(0, 6300),
        "traffic_class": st.integers(0, 63),
        "sequence": words,
        "shape": st.integers(0, 2),
        "area_latitude": latitudes,
        "area_longitude": longitudes,
        "a": number(0, 65535),
        "b": number(0, 65535),
        "angle": number(0, 360),
        "hops": st.integers(0, 255),
        "message": st.binary(max_size=40),
    }
).map(lambda row: row if row["shape"] else row | {"b": 0.0, "angle": 0.0})
ONE = {"station_type": 5, "mac": 7, "time": 0, "latitude": HERE[0], "longitude": HERE[1], "port": 2001}
AREA = {"sequence": 1, "area_latitude": HERE[0], "area_longitude": HERE[1], "a": 300}


def single(row: dict[str, Any], geo: bool) -> bytes:
    """The same by the encoders for people."""
    mac = row["mac"].to_bytes(6, "big")
    at = gn.Position(
        gn.Address(mac, row["station_type"]), row["time"] % 2**32, row["latitude"], row["longitude"],
        row["speed"], row["heading"], bool(row["accurate"]),
    )  # fmt: skip
    shape = gn.SHAPES[row["shape"]]
    area = gn.Area(shape, row["area_latitude"], row["area_longitude"], row["a"], row["b"], row["angle"])
    hops = row["hops"] if geo else 1
    packet = gn.Packet(
        gn.GeoBroadcast(at, row["sequence"], area) if geo else gn.SingleHop(at),
        BtpB(row["port"], row["info"]).encode() + row["message"],
        lifetime=row["lifetime"], hops=hops, remaining=hops, traffic_class=row["traffic_class"],
        mobile=bool(row["mobile"]),
    )  # fmt: skip
    return Frame(mac, packet.encode()).encode()


def joined(messages: list[bytes]) -> tuple[Any, Any]:
    return np.frombuffer(b"".join(messages), np.uint8), np.cumsum([0, *map(len, messages)])


@given(st.lists(ROW, max_size=5), st.booleans())
def test_a_batch_is_its_frames(rows: list[dict[str, Any]], geo: bool) -> None:
    names = (rows[0] if rows else ONE | AREA).keys() - {"message"}
    columns = {name: np.array([row[name] for row in rows]) for name in names}
    buffer, offsets = (frames.gbc if geo else frames.shb)(columns, *joined([row["message"] for row in rows]))
    octets = buffer.tobytes()
    assert [octets[a:b] for a, b in pairwise(offsets)] == [single(row, geo) for row in rows]


def test_what_is_left_out_and_what_is_the_same_for_all() -> None:
    buffer, offsets = frames.gbc(ONE | AREA, *joined([b"ab", b"cde"]))
    assert offsets.tolist() == [0, frames.GBC_SIZE + 2, 2 * frames.GBC_SIZE + 5]
    packet = gn.Packet.decode(Frame.decode(buffer[offsets[1] :].tobytes()).payload)
    assert packet.payload == BtpB(2001).encode() + b"cde"
    assert (packet.hops, packet.lifetime, packet.mobile) == (10, 60.0, True)
    assert (frames.SHB_SIZE, frames.GBC_SIZE) == (14 + 40 + 4, 14 + 56 + 4)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"latitude": [0.0, 95.0]}, r"GN latitude\[1\] = 95.0: must be -90..90 degrees"),
        ({"speed": np.nan}, r"GN speed\[0\] = nan: must be -163.84..163.83 m/s"),
        ({"mac": 2**48}, r"mac\[0\] = 281474976710656: must be 0..281474976710655"),
        ({"port": [1, 2, 3]}, r"BTP destination port: column of shape \(3,\): must be \(2,\)"),
        ({"lifetime": 7000}, r"GN lifetime\[0\] = 7000: must be 0..6300 s"),
        ({"b": [0, 7]}, r"b\[1\] = 7, angle\[1\] = 0: must be 0 for a circle"),
        ({"shape": 3}, r"shape\[0\] = 3: must be 0..2"),
    ],
)
def test_columns_that_cannot_be_sent(change: dict[str, Any], told: str) -> None:
    with pytest.raises(EncodeError, match=told):
        frames.gbc(ONE | AREA | change, *joined([b"ab", b"cd"]))


def test_the_examples_of_the_documentation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = (Path(__file__).parents[3] / "docs" / "wire.md").read_text("utf-8")
    examples = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert len(examples) == 2
    for example in examples:
        exec(compile(example, "docs/wire.md", "exec"), {})
    assert complaints(tmp_path / "cams.pcap") == []
    assert fields(tmp_path / "cams.pcap", "its.stationID", "its.latitude", "geonw.src_pos.lat") == [
        [str(k), str(310_000_000 + 1000 * k), str(310_000_000 + 1000 * k)] for k in (1, 2, 3)
    ]


def test_buffers_that_cannot_be() -> None:
    with pytest.raises(EncodeError, match="sequence: no such column, and it has to be given; there are station_type"):
        frames.gbc(ONE, *joined([b"ab"]))
    with pytest.raises(EncodeError, match="offsets: must go from 0 to 4, the buffer's length"):
        frames.shb(ONE, np.zeros(4, np.uint8), np.array([0, 3]))
    with pytest.raises(EncodeError, match=r"offsets\[2\]: must not be below the one before"):
        frames.shb(ONE, np.zeros(4, np.uint8), np.array([0, 3, 2, 4]))
