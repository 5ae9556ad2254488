"""Batches: the same octets as messages one by one, and columns that say what the messages say."""

from __future__ import annotations

import math
from itertools import pairwise
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.edge.messages import oracles
from tests.edge.messages.batches import SHAPES, random_columns
from tests.edge.messages.values import random_value
from wayside.edge.errors import EncodeError
from wayside.edge.messages import schema as s
from wayside.edge.messages import shapes
from wayside.edge.messages.catalogue import message
from wayside.edge.messages.columns import MISSING, Columns
from wayside.edge.messages.csae import common
from wayside.edge.messages.etsi import cdd
from wayside.edge.messages.program import Message
from wayside.edge.messages.si import quantities, steps, timestamp_its
from wayside.ext import uper_batch

INNER = s.Sequence(p=s.Integer(0, 9), q=s.Optional(s.Integer(-4, 3)), r=s.SequenceOf(s.Enumerated("x y z"), 0, 3))
TYPE = s.Sequence(
    a=s.Integer(-5, 300),
    b=s.Optional(s.Sequence(f=s.Boolean(), g=s.OctetString(2))),
    c=s.Default(s.Integer(0, 700), 600),
    d=s.Choice(no=s.Null(), yes=s.Sequence(h=s.BitString(5), i=s.Enumerated("x y z", ""))).extensible(),
    e=s.SequenceOf(INNER, 0, 20),
    w=s.Integer(0, 2**50, extensible=True),
    l=s.SequenceOf(s.Integer(0, 1)),
    k=s.IA5String(0, 5),
).extensible()
MESSAGE = Message("M", TYPE, "")
FIELDS = {
    "a": "a",
    "b?": "has_b",
    "b.f": "f",
    "b.g": "g",
    "c": "c",
    "d.yes.h": "h",
    "d.yes.i": "i",
    "e#": "e",
    "e[].p": "p",
    "e[].q?": "has_q",
    "e[].r#": "r",
    "e[].r[]": "letter",
    "w": "w",
    "l#": "l",
}


def message_of(random: Random) -> dict[str, Any]:
    """A value of the shape; all that is not bound is as in TEMPLATE."""
    value: dict[str, Any] = {
        "a": random.randint(-5, 300),
        "c": random.choice((600, random.randint(0, 700))),
        "d": ("yes", {"h": (random.getrandbits(5), 5), "i": random.choice("xyz")}),
        "e": [
            {"p": random.randint(0, 9), "r": [random.choice("xyz") for _ in range(random.randint(0, 3))]}
            | ({"q": -1} if random.random() < 0.5 else {})
            for _ in range(random.randint(0, 5))
        ],
        "w": random.randint(0, 2**50),
        "l": [1] * random.choice((0, 3, 127, 128, 300)),
        "k": "same",
    }
    if random.random() < 0.5:
        value["b"] = {"f": random.random() < 0.5, "g": random.randbytes(2)}
    return value


TEMPLATE = {
    "b": {},
    "d": ("yes", {}),
    "e": [{"q": -1}],
    "l": [1],
    "k": "same",
}


def columns_of(values: list[dict[str, Any]]) -> dict[str, list[int]]:
    elements = [element for value in values for element in value["e"]]
    return {
        "a": [v["a"] for v in values],
        "has_b": ["b" in v for v in values],
        "f": [v["b"]["f"] if "b" in v else 0 for v in values],
        "g": [int.from_bytes(v["b"]["g"], "big") if "b" in v else 0 for v in values],
        "c": [v["c"] for v in values],
        "h": [v["d"][1]["h"][0] for v in values],
        "i": ["xyz".index(v["d"][1]["i"]) for v in values],
        "e": [len(v["e"]) for v in values],
        "p": [element["p"] for element in elements],
        "has_q": ["q" in element for element in elements],
        "r": [len(element["r"]) for element in elements],
        "letter": ["xyz".index(letter) for element in elements for letter in element["r"]],
        "w": [v["w"] for v in values],
        "l": [len(v["l"]) for v in values],
    }


@given(seed=st.integers(0, 2**32), count=st.integers(0, 6))
def test_a_batch_is_its_messages(seed: int, count: int) -> None:
    random = Random(seed)
    values = [message_of(random) for _ in range(count)]
    shape = Columns(MESSAGE, TEMPLATE, FIELDS)
    buffer, offsets = shape.encode_batch(columns_of(values))
    assert [buffer[a:b].tobytes() for a, b in pairwise(offsets)] == [MESSAGE.encode(value) for value in values]
    found, valid = shape.decode_batch(buffer, offsets)
    assert valid.all()
    wanted = {name: np.array(column, np.int64) for name, column in columns_of(values).items()}
    for name in ("f", "g"):
        wanted[name][wanted["has_b"] == 0] = MISSING
    for name, column in wanted.items():
        np.testing.assert_array_equal(found[name], column, name)


def test_foreign_messages_in_a_batch() -> None:
    """Any CAM, and some that are none, by the shape of the tick's: columns have what the values have."""
    cam = message("CAM")
    random = Random(4)
    values = [random_value(cam.type, random) for _ in range(300)]
    octets = [oracles.pycrate_encode(oracles.pycrate("CAM"), cam.type, value) for value in values]
    octets[7] = octets[7][:9]
    octets[9] = b""
    offsets = np.cumsum([0, *map(len, octets)])
    found, valid = shapes.cam().decode_batch(b"".join(octets), offsets)
    assert np.flatnonzero(~valid).tolist() == [7, 9]
    for k, value in enumerate(values):
        if k in (7, 9):
            assert found["station"][k] == found["speed"][k] == MISSING
            assert found["low"][k] == 0
            continue
        parameters = value["cam"]["camParameters"]
        kind, high = parameters["highFrequencyContainer"]
        assert found["station"][k] == value["header"]["stationID"]
        assert found["latitude"][k] == parameters["basicContainer"]["referencePosition"]["latitude"]
        of_vehicle = kind == "basicVehicleContainerHighFrequency"
        assert found["speed"][k] == (high["speed"]["speedValue"] if of_vehicle else MISSING)
        assert found["low"][k] == ("lowFrequencyContainer" in parameters)


def test_lists_of_messages_that_fail_leave_nothing() -> None:
    type = s.SequenceOf(s.Integer(0, 255), 0, 255)
    shape = Columns(Message("L", type, ""), [0], {"#": "n", "[]": "x"})
    found, valid = shape.decode_batch(b"\x02\x01\x02" + b"\x03\x01" + b"\x01\x09", [0, 3, 5, 7])
    assert valid.tolist() == [True, False, True]
    assert found["n"].tolist() == [2, 0, 1]
    assert found["x"].tolist() == [1, 2, 9]


N = 50


def awareness(random: np.random.Generator) -> dict[str, Any]:
    return {
        "station": random.integers(0, 2**32, N),
        "latitude": random.uniform(-90, 90, N),
        "longitude": random.uniform(-180, 180, N),
        "heading": random.uniform(-10, 370, N),
        "speed": random.uniform(0, 60, N),
        "length": random.uniform(2, 19, N),
        "width": random.uniform(1.5, 2.5, N),
        "acceleration": np.where(random.random(N) < 0.5, np.nan, random.uniform(-9, 5, N)),
    }


def test_cams_of_a_tick() -> None:
    random = np.random.default_rng(1)
    said = awareness(random)
    time = timestamp_its(1_767_225_600.5)
    columns = shapes.cam_columns(time=time, kind=5, low=random.integers(0, 2, N), **said)
    buffer, offsets = shapes.cam().encode_batch(columns)
    theirs = oracles.pycrate("CAM")
    for k in range(N):
        octets = buffer[offsets[k] : offsets[k + 1]].tobytes()
        theirs.from_uper(octets)
        value = theirs.get_val()
        assert value["header"] == {"protocolVersion": 2, "messageID": 2, "stationID": said["station"][k]}
        assert value["cam"]["generationDeltaTime"] == time % 65536
        kind, high = value["cam"]["camParameters"]["highFrequencyContainer"]
        assert kind == "basicVehicleContainerHighFrequency"
        assert high["speed"]["speedValue"] == pytest.approx(said["speed"][k] * 100, abs=0.5)
        assert high["yawRate"] == {"yawRateValue": 32767, "yawRateConfidence": "unavailable"}
        assert ("lowFrequencyContainer" in value["cam"]["camParameters"]) == columns["low"][k]
        assert theirs.to_uper() == octets
    found, valid = shapes.cam().decode_batch(buffer, offsets)
    assert valid.all()
    back = shapes.cam_quantities(found)
    for name, error in (("latitude", 5e-8), ("longitude", 5e-8), ("speed", 5e-3), ("length", 0.05), ("width", 0.05)):
        np.testing.assert_allclose(back[name], said[name], atol=error * (1 + 1e-6), rtol=0)
    np.testing.assert_allclose((back["heading"] - said["heading"] + 180) % 360 - 180, 0, atol=0.0501)
    np.testing.assert_array_equal(np.isnan(back["acceleration"]), np.isnan(said["acceleration"]))


def test_bsms_of_a_tick() -> None:
    said = awareness(np.random.default_rng(2))
    columns = shapes.bsm_columns(count=np.arange(N) + 100, time=123_456, kind=10, **said)
    buffer, offsets = shapes.bsm().encode_batch(columns)
    for k in range(N):
        kind, value = message("MESSAGE_FRAME").decode(buffer[offsets[k] : offsets[k + 1]])
        assert kind == "bsmFrame"
        assert value["msgCnt"] == (k + 100) % 128
        assert int.from_bytes(value["id"], "big") == said["station"][k]
        assert value["secMark"] == 3456
        assert value["speed"] == pytest.approx(said["speed"][k] * 50, abs=0.5)
        unknown = math.isnan(said["acceleration"][k])
        assert value["accelSet"]["long"] == (2001 if unknown else pytest.approx(said["acceleration"][k] * 100, abs=0.5))
    found, _ = shapes.bsm().decode_batch(buffer, offsets)
    assert all((found[name] == columns[name]).all() for name in columns)


def test_denms_of_a_tick() -> None:
    """A validity of 600 s is the default, and not sent."""
    columns = {
        "station": [1, 2],
        "origin": [7, 8],
        "sequence": [3, 4],
        "detected": [600_000_000_000, 600_000_000_001],
        "said": [600_000_000_010, 600_000_000_011],
        "latitude": [10, -20],
        "longitude": [30, -40],
        "validity": [600, 30],
        "kind": [15, 15],
        "quality": [3, 7],
        "cause": [1, 94],
        "subcause": [0, 2],
    }
    buffer, offsets = shapes.denm().encode_batch(columns)
    assert np.diff(offsets).tolist() == [43, 45]
    theirs = oracles.pycrate("DENM")
    for k in range(2):
        theirs.from_uper(buffer[offsets[k] : offsets[k + 1]].tobytes())
        value = theirs.get_val()["denm"]
        assert value["management"].get("validityDuration", 600) == columns["validity"][k]
        assert value["situation"]["eventType"]["causeCode"] == columns["cause"][k]
        assert value["management"]["actionID"] == {
            "originatingStationID": columns["origin"][k],
            "sequenceNumber": columns["sequence"][k],
        }
    found, _ = shapes.denm().decode_batch(buffer, offsets)
    assert {name: column.tolist() for name, column in found.items()} == columns


def test_spatems_of_a_tick() -> None:
    columns = {
        "station": [1, 2],
        "intersections": [1, 1],
        "region": [3, 3],
        "intersection": [10, 11],
        "revision": [0, 1],
        "minute": [100_000, 100_000],
        "millisecond": [59_900, 59_900],
        "groups": [2, 3],
        "group": [1, 2, 1, 2, 3],
        "events": [1, 1, 1, 1, 1],
        "state": [3, 6, 3, 3, 8],
        "earliest": [100, 200, 300, 400, 500],
        "likely": [101, 201, 301, 401, 36001],
        "bounded": [0, 0, 0, 1, 1],
        "latest": [MISSING, MISSING, MISSING, 450, 36001],
    }
    buffer, offsets = shapes.spatem().encode_batch(columns)
    theirs = oracles.pycrate("SPATEM")
    theirs.from_uper(buffer[offsets[1] :].tobytes())
    (intersection,) = theirs.get_val()["spat"]["intersections"]
    assert intersection["id"] == {"region": 3, "id": 11}
    assert [state["signalGroup"] for state in intersection["states"]] == [1, 2, 3]
    assert intersection["states"][0]["state-time-speed"] == [
        {"eventState": "stop-And-Remain", "timing": {"minEndTime": 300, "likelyTime": 301}}
    ]
    assert intersection["states"][1]["state-time-speed"][0]["timing"]["maxEndTime"] == 450
    found, _ = shapes.spatem().decode_batch(buffer, offsets)
    assert {name: column.tolist() for name, column in found.items()} == columns


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"speed": [1, 16384]}, "speedValue = 16384 (message 1): must be 0..16383"),
        ({"station": [-1, 5]}, "CAM: header.stationID = -1 (message 0): must be 0..4294967295"),
        ({"low": [0, 2]}, ""),
        ({"station": [1, 2, 3]}, "numbers where others have"),
        ({"station": [[1], [2]]}, "the column has 2 dimensions, not 1"),
    ],
)
def test_columns_that_cannot_be_sent(change: dict[str, Any], told: str) -> None:
    columns: dict[str, Any] = dict(shapes.cam_columns([1, 2], 0, 5, [0, 1], [0, 1], [0, 1], [0, 1], [4, 5]))
    if not told:
        shapes.cam().encode_batch(columns | change)  # anything but 0 is there
        return
    with pytest.raises(EncodeError) as refused:
        shapes.cam().encode_batch(columns | change)
    assert told in str(refused.value)


def test_lists_that_cannot_be_sent() -> None:
    shape = Columns(
        Message("L", s.Sequence(n=s.Optional(s.SequenceOf(s.Sequence(a=s.Integer(0, 9)), 0, 3))), ""),
        {},
        {"n?": "there", "n#": "n", "n[].a": "a"},
    )
    assert shape.encode_batch({"there": [1], "n": [2], "a": [1, 2]})[0].tobytes() == b"\xc2\x40"
    for columns, told in (
        ({"there": [1], "n": [2], "a": [1, 2, 3]}, "counts of 2 elements, columns of 3"),
        ({"there": [1], "n": [-1], "a": []}, "n# = -1: must be at least 0"),
        ({"there": [1], "n": [4], "a": [1, 2, 3, 4]}, "n# = 4 (message 0): must be 0..3"),
        ({"there": [0], "n": [1], "a": [1]}, "n: 1 elements, 0 of them in a message"),
        ({"there": [1], "n": [2], "a": [1, 10]}, "n[].a = 10 (message 0, element 1): must be 0..9"),
    ):
        with pytest.raises(EncodeError) as refused:
            shape.encode_batch(columns)
        assert told in str(refused.value)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"header.nope": "x"}, "nope"),
        (
            {"cam.camParameters.lowFrequencyContainer.basicVehicleContainerLowFrequency.pathHistory": "x"},
            "not a number",
        ),
        ({"cam.generationDeltaTime": "x", "header.stationID": "x"}, "two fields with the same column"),
        ({"cam.generationDeltaTime.x": "x"}, "has nothing beneath it to bind"),
    ],
)
def test_shapes_that_cannot_be(fields: dict[str, str], told: str) -> None:
    cam = message("CAM")
    template = random_value(cam.type, Random(1))
    with pytest.raises(ValueError, match=told):
        Columns(cam, template, fields).encode_batch({name: [0] for name in fields.values()})


def test_quantities() -> None:
    """TS 102 894-2: 1022 is a vehicle longer than what can be said, 1023 one of unknown length."""
    numbers = steps(cdd.VehicleLengthValue, [4.44, 4.46, 500.0, np.nan], 0.1)
    assert numbers.tolist() == [44, 45, 1022, 1023]
    np.testing.assert_allclose(quantities(cdd.VehicleLengthValue, numbers, 0.1), [4.4, 4.5, 102.2, np.nan])
    assert steps(cdd.SpeedValue, [1e30, -1.0], 0.01).tolist() == [16382, 0]  # V2.1.1: out of range
    assert steps(common.VehicleLength, [1e30, 0.0, np.nan], 0.01).tolist() == [4095, 1, 0]  # 0 is not known
    assert timestamp_its(1_072_915_200.0) == 0
    assert timestamp_its(1_483_228_800.0) == (1_483_228_800 - 1_072_915_200 + 5) * 1000


# One bit of these octets changed, cut off, lengthened: still the shape's messages, other people's, or none.
MUTATIONS = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 3), st.integers(0, 10**6)), max_size=12)


def mutated(octets: bytes, kind: int, where: int) -> bytes:
    at = where % len(octets)
    if kind == 0:
        return octets[:at]
    if kind == 1:
        return octets + bytes([where % 256])
    return octets[:at] + bytes([octets[at] ^ 1 << where // len(octets) % 8]) + octets[at + 1 :]


@pytest.mark.parametrize("name", SHAPES)
@given(seed=st.integers(0, 2**32), mutations=MUTATIONS)
def test_read_by_the_plan_or_not(name: str, seed: int, mutations: list[tuple[int, int, int]]) -> None:
    """What has the shape is read by its plan, all else by the program: the columns are the same."""
    shape, random = SHAPES[name](), Random(seed)
    columns = random_columns(shape, 8, random)
    buffer, offsets = shape.encode_batch(columns)
    octets = [buffer[a:b].tobytes() for a, b in pairwise(offsets)]
    of = message("MESSAGE_FRAME" if name == "BSM" else name)
    octets.append(of.encode(random_value(of.type, random)))
    for which, kind, where in mutations:
        if octets[which % len(octets)]:
            octets[which % len(octets)] = mutated(octets[which % len(octets)], kind, where)
    buffer, offsets = np.frombuffer(b"".join(octets), np.uint8), np.cumsum([0, *map(len, octets)])
    words, fills = shape._reader
    none = np.zeros(0, np.int64)
    assert len(shape._form)
    found, valid = uper_batch.fill(words, shape._form, buffer, offsets, fills, shape._list_of)
    wanted, can = uper_batch.fill(words, none, buffer, offsets, fills, shape._list_of)
    np.testing.assert_array_equal(valid, can)
    for ours, theirs in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    alone = [field.column for field in shape.fields if field.list < 0]
    some = random.sample(alone, (len(alone) + 1) // 2)
    decoder = shape.decoder(len(octets), [shape.names[column] for column in some])
    assert decoder.decode(buffer, offsets) == (len(octets), valid.sum())
    assert len(decoder.columns) == len(some)
    for column in some:
        np.testing.assert_array_equal(decoder.columns[shape.names[column]], found[column])


def test_the_plan_is_what_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """A planted error: a plan of another range tells other numbers, so it is not the program that reads."""
    shape = shapes.cam()
    columns = random_columns(shape, 4, Random(1))
    buffer, offsets = shape.encode_batch(columns)
    words, fills = shape._reader
    plan = shape._form.copy().reshape(-1, 8)
    (at,) = np.flatnonzero((plan[:, 0] == 1) & (plan[:, 1] == shape.names.index("speed")))
    plan[at, 2:4] += 1
    found, _ = uper_batch.fill(words, plan.reshape(-1), buffer, offsets, fills, shape._list_of)
    np.testing.assert_array_equal(found[shape.names.index("speed")], columns["speed"] + 1)


CHOICE = s.Sequence(
    c=s.Choice(
        a=s.Integer(0, 3), b=s.Sequence(x=s.Integer(0, 7), y=s.Optional(s.Integer(0, 1))), z=s.Boolean()
    ).extensible(),
    d=s.Optional(s.Choice(p=s.Null(), q=s.SequenceOf(s.Integer(0, 9), 0, 3))),
)


def test_alternatives_by_a_column() -> None:
    ours = Message("C", CHOICE, "")
    shape = Columns(
        ours,
        {"c": {"a": 2, "b": {"y": 1}}, "d": {"p": None}},
        {"c": "c", "c.b.x": "x", "d?": "there", "d": "d", "d.q#": "n", "d.q[]": "e"},
    )
    columns = {"c": [0, 1, 1], "x": [9, 5, 6], "there": [0, 1, 1], "d": [0, 0, 1], "n": [0, 0, 2], "e": [7, 8]}
    buffer, offsets = shape.encode_batch(columns)
    values: list[dict[str, Any]] = [
        {"c": ("a", 2)},
        {"c": ("b", {"x": 5, "y": 1}), "d": ("p", None)},
        {"c": ("b", {"x": 6, "y": 1}), "d": ("q", [7, 8])},
    ]
    assert [ours.decode(buffer[a:b]) for a, b in pairwise(offsets)] == values
    found, valid = shape.decode_batch(buffer, offsets)
    assert valid.all()
    assert {name: column.tolist() for name, column in found.items()} == columns | {
        "x": [MISSING, 5, 6],
        "d": [MISSING, 0, 1],
    }
    foreign = ours.encode({"c": ("z", True)})
    assert shape.decode_batch(foreign, [0, len(foreign)])[0]["c"].tolist() == [2]
    with pytest.raises(EncodeError, match=r"C: c = 2 \(message 1\): must be 0 or 1"):
        shape.encode_batch(columns | {"c": [0, 2, 1]})
    with pytest.raises(ValueError, match="no alternatives"):
        Columns(ours, {}, {"c": "c"}).encode_batch({"c": [0]})


def test_special_vehicles() -> None:
    """EN 302 637-2, 6.1.3: the special vehicle container comes with the low frequency one."""
    roles = np.array([0, 1, 1, 6, 6, 5])
    low = np.array([1, 0, 1, 0, 1, 1])
    ones = np.ones(6)
    buffer, offsets = shapes.cam().encode_batch(
        shapes.cam_columns(roles, 0, 5, ones, ones, ones, ones, 5.0, low=low, role=roles)
    )
    theirs = oracles.pycrate("CAM")
    said = []
    for a, b in pairwise(offsets):
        theirs.from_uper(buffer[a:b].tobytes())
        parameters = theirs.get_val()["cam"]["camParameters"]
        role = parameters.get("lowFrequencyContainer", (None, {"vehicleRole": None}))[1]["vehicleRole"]
        said.append((role, parameters.get("specialVehicleContainer")))
    assert said == [
        ("default", None),
        (None, None),
        ("publicTransport", ("publicTransportContainer", {"embarkationStatus": False})),
        (None, None),
        ("emergency", ("emergencyContainer", {"lightBarSirenInUse": (3, 2)})),
        ("rescue", None),
    ]


def test_columns_that_stay() -> None:
    """An encoder and a decoder that are used again and again do what a batch does, and hold on to nothing."""
    shape, random = shapes.cam(), Random(3)
    columns = random_columns(shape, 40, random)
    encoder, decoder = shape.encoder(columns), shape.decoder(40)
    for rows in (40, 0, 7, 40):
        buffer, offsets = encoder.encode(rows)
        points = columns["points"][:rows].sum()
        of = {name: points if name in ("north", "east", "since") else rows for name in columns}
        wanted, where = shape.encode_batch({name: column[: of[name]] for name, column in columns.items()})
        np.testing.assert_array_equal(buffer, wanted)
        np.testing.assert_array_equal(offsets, where)
        which = np.array(random.sample(range(rows), rows // 2), np.int32)
        assert decoder.decode(buffer, offsets, which) == (rows // 2, rows // 2)
        for name, column in decoder.columns.items():
            there = column[: rows // 2] != MISSING
            np.testing.assert_array_equal(column[: rows // 2][there], columns[name][which][there], name)
    columns["speed"][3] = -1
    with pytest.raises(EncodeError, match=r"speedValue = -1 \(message 3\): must be 0..16383"):
        encoder.encode(5)
    for wrong in (lambda: encoder.encode(41), lambda: decoder.decode(buffer, offsets, np.array([40], np.int32))):
        with pytest.raises(ValueError, match="message"):
            wrong()
    few = shapes.cam_columns([1, 2], 0, 5, [0, 1], [0, 1], [0, 1], [0, 1], [4, 5], low=1)
    few = {name: np.array(column) for name, column in few.items()} | {"points": np.array([1, 2])}
    few |= {name: np.ones(2, np.int64) for name in ("north", "east", "since")}
    with pytest.raises(ValueError, match=r"pathHistory# = 2 \(message 1\): more elements than the columns have"):
        shape.encoder(few).encode(2)
    with pytest.raises(ValueError, match="there is room for 2"):
        shape.decoder(2).decode(buffer, offsets)
    with pytest.raises(ValueError, match="int64"):
        shape.encoder({name: column.astype(np.int32) for name, column in columns.items()})
