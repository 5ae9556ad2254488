"""Awareness messages from the fleet's columns to octets and back; what is in them, pycrate and asn1tools say."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import asn1tools
import numpy as np
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.edge.messages import oracles
from wayside.edge.errors import DecodeError
from wayside.edge.ldm import CONTENT, LocalDynamicMaps
from wayside.edge.messages import asn1, build, shapes
from wayside.edge.messages.catalogue import message
from wayside.edge.messages.stations import StationType, VehicleRole
from wayside.sim.wire.awareness import Awareness
from wayside.sim.world.geo import Projection

PARAMETER = "+proj=utm +zone=32 +ellps=WGS84 +datum=WGS84 +units=m +no_defs"
BOLOGNA = Projection(PARAMETER, (-683542.41, -4928877.56), (0.0, 0.0, 1817.58, 1350.19))
NOWHERE = Projection("!", (0.0, 0.0), (-400.0, -400.0, 400.0, 400.0), (10.0, 180.0))  # PROJ at every tick
ROLES: dict[int, int] = {
    StationType.BUS: VehicleRole.PUBLIC_TRANSPORT,
    StationType.SPECIAL_VEHICLE: VehicleRole.EMERGENCY,
}
FAMILIES = ("etsi", "csae")
N = 60
TIME = 700_000_123_456


def fleet(seed: int = 1) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    return {
        "x": random.uniform(0.0, 1800.0, N),
        "y": random.uniform(0.0, 1300.0, N),
        "z": random.uniform(-20.0, 3000.0, N),
        "speed": random.uniform(0.0, 40.0, N),
        "heading": random.uniform(0.0, 360.0, N),
        "acceleration": np.where(random.random(N) < 0.3, np.nan, random.uniform(-9.0, 4.0, N)),
        "yaw_rate": np.where(random.random(N) < 0.3, np.nan, random.uniform(-40.0, 40.0, N)),
        "curvature": np.where(random.random(N) < 0.3, np.nan, random.uniform(-0.1, 0.1, N)),
        "length": random.uniform(2.0, 19.0, N),
        "width": random.uniform(0.6, 2.6, N),
        "station": random.integers(1, 2**32, N),
        "kind": random.integers(0, 12, N).astype(np.uint8),
    }


def some(seed: int = 1) -> tuple[Any, Any]:
    """Slots of senders, ascending, and whose message has the low frequency container."""
    random = np.random.default_rng(seed)
    senders = np.flatnonzero(random.random(N) < 0.7).astype(np.int32)
    return senders, random.integers(0, 2, len(senders)).astype(np.uint8)


def awareness(
    family: str, columns: dict[str, Any], projection: Projection = BOLOGNA, elevated: bool = False
) -> Awareness:
    ours = Awareness(family, projection, elevated=elevated)
    ours.bind(**columns)
    return ours


def true_position(columns: dict[str, Any], slot: int) -> tuple[float, float, float]:
    """Longitude, latitude and heading of a vehicle by PROJ's own words."""
    proj = pyproj.Proj(PARAMETER)
    longitude, latitude = proj(columns["x"][slot] + 683542.41, columns["y"][slot] + 4928877.56, inverse=True)
    convergence = proj.get_factors(longitude, latitude).meridian_convergence
    return longitude, latitude, (columns["heading"][slot] + convergence) % 360.0


def assert_near(degrees: tuple[float, float], wanted: tuple[float, float]) -> None:
    """Longitude and latitude within the rounding to 0.1 microdegree and 1 mm."""
    for ours, theirs, metres in zip(degrees, wanted, (79_000.0, 111_000.0), strict=True):
        assert abs(ours - theirs) < 0.5001e-7 + 1e-3 / metres


def test_cams_as_pycrate_reads_them() -> None:
    columns = fleet()
    senders, low = some()
    buffer, offsets = awareness("etsi", columns, elevated=True).encode(senders, low, TIME)
    theirs = oracles.pycrate("CAM")
    specials = set()
    for k, slot in enumerate(senders.tolist()):
        octets = buffer[offsets[k] : offsets[k + 1]].tobytes()
        theirs.from_uper(octets)
        value = theirs.get_val()
        assert theirs.to_uper() == octets
        assert value["header"] == {"protocolVersion": 2, "messageID": 2, "stationID": columns["station"][slot]}
        assert value["cam"]["generationDeltaTime"] == TIME % 65536
        parameters = value["cam"]["camParameters"]
        kind = int(columns["kind"][slot])
        assert parameters["basicContainer"]["stationType"] == kind
        position = parameters["basicContainer"]["referencePosition"]
        longitude, latitude, heading = true_position(columns, slot)
        assert_near((position["longitude"] * 1e-7, position["latitude"] * 1e-7), (longitude, latitude))
        name, high = parameters["highFrequencyContainer"]
        assert name == "basicVehicleContainerHighFrequency"
        off = high["heading"]["headingValue"] * 0.1 - heading
        assert abs((off + 180.0) % 360.0 - 180.0) < 0.0502
        assert high["speed"]["speedValue"] == round(columns["speed"][slot] * 100)
        assert high["vehicleLength"]["vehicleLengthValue"] == round(columns["length"][slot] * 10)
        assert high["vehicleWidth"] == round(columns["width"][slot] * 10)
        acceleration = columns["acceleration"][slot]
        wanted = 161 if np.isnan(acceleration) else round(acceleration * 10)
        assert high["longitudinalAcceleration"]["longitudinalAccelerationValue"] == wanted
        assert position["altitude"]["altitudeValue"] == round(columns["z"][slot] * 100)
        yaw, curvature = columns["yaw_rate"][slot], columns["curvature"][slot]
        assert high["yawRate"]["yawRateValue"] == (32767 if np.isnan(yaw) else round(yaw * 100))
        assert high["curvature"]["curvatureValue"] == (1023 if np.isnan(curvature) else round(curvature * 10_000))
        assert high["curvatureCalculationMode"] == "yawRateUsed"
        assert ("lowFrequencyContainer" in parameters) == low[k]
        special, role = None, "default"
        if kind == StationType.BUS:
            special, role = ("publicTransportContainer", {"embarkationStatus": False}), "publicTransport"
        elif kind == StationType.SPECIAL_VEHICLE:
            special, role = ("emergencyContainer", {"lightBarSirenInUse": (3, 2)}), "emergency"
        assert parameters.get("specialVehicleContainer") == (special if low[k] else None)
        if low[k]:
            assert parameters["lowFrequencyContainer"][1]["vehicleRole"] == role
            specials.add(role)
    assert specials == {"default", "publicTransport", "emergency"}


def test_vams_as_pycrate_reads_them() -> None:
    columns = fleet(5)
    columns["kind"] = (1 + np.arange(N) % 2).astype(np.uint8)
    senders, low = some(5)
    ours = awareness("vam", columns, elevated=True)
    buffer, offsets = ours.encode(senders, low, TIME)
    theirs = oracles.pycrate("VAM")
    for k, slot in enumerate(senders.tolist()):
        octets = buffer[offsets[k] : offsets[k + 1]].tobytes()
        theirs.from_uper(octets)
        value = theirs.get_val()
        assert theirs.to_uper() == octets
        assert value["header"] == {"protocolVersion": 2, "messageID": 14, "stationID": columns["station"][slot]}
        assert value["vam"]["generationDeltaTime"] == TIME % 65536
        parameters = value["vam"]["vamParameters"]
        kind, position = columns["kind"][slot], parameters["basicContainer"]["referencePosition"]
        assert parameters["basicContainer"]["stationType"] == kind
        longitude, latitude, heading = true_position(columns, slot)
        assert_near((position["longitude"] * 1e-7, position["latitude"] * 1e-7), (longitude, latitude))
        assert position["altitude"]["altitudeValue"] == round(columns["z"][slot] * 100)
        high = parameters["vruHighFrequencyContainer"]
        assert set(high) == {"heading", "speed", "longitudinalAcceleration"}
        off = high["heading"]["headingValue"] * 0.1 - heading
        assert abs((off + 180.0) % 360.0 - 180.0) < 0.0502
        assert high["speed"]["speedValue"] == round(columns["speed"][slot] * 100)
        acceleration = columns["acceleration"][slot]
        wanted = 161 if np.isnan(acceleration) else round(acceleration * 10)
        assert high["longitudinalAcceleration"]["longitudinalAccelerationValue"] == wanted
        assert ("vruLowFrequencyContainer" in parameters) == low[k]
        if low[k]:
            profile = ("pedestrian", "ordinary-pedestrian") if kind == 1 else ("bicyclist", "bicyclist")
            assert parameters["vruLowFrequencyContainer"] == {"profileAndSubprofile": profile}
    rows, valid = ours.decode(buffer, offsets)
    said = dict(zip(CONTENT, rows.T, strict=True))
    assert valid.all()
    np.testing.assert_array_equal(said["type"], columns["kind"][senders])
    np.testing.assert_array_equal(said["station"], columns["station"][senders])
    np.testing.assert_allclose(said["speed"], columns["speed"][senders], atol=0.0051)
    np.testing.assert_allclose(said["x"], columns["x"][senders], atol=0.02)
    np.testing.assert_array_equal(said["length"], np.where(said["type"] == 1, 0.22, 1.6))  # taken, not said
    assert np.isnan(said["role"]).all()


def test_bsms_as_asn1tools_reads_them() -> None:
    columns = fleet(2)
    senders, low = some(2)
    ours = awareness("csae", columns, elevated=True)
    ours.encode(senders[:10], low[:10], TIME)
    buffer, offsets = ours.encode(senders, low, TIME + 100)
    theirs = asn1tools.compile_string(asn1.module(message("MESSAGE_FRAME")), "uper")
    for k, slot in enumerate(senders.tolist()):
        kind, value = theirs.decode("MESSAGE-FRAME", buffer[offsets[k] : offsets[k + 1]].tobytes())
        assert kind == "bsmFrame"
        assert value["msgCnt"] == (1 if k < 10 else 0)  # how many it has sent before
        assert int.from_bytes(value["id"], "big") == columns["station"][slot]
        assert value["secMark"] == (TIME + 100) % 60_000
        longitude, latitude, heading = true_position(columns, slot)
        assert_near((value["pos"]["long"] * 1e-7, value["pos"]["lat"] * 1e-7), (longitude, latitude))
        off = value["heading"] * 0.0125 - heading
        assert abs((off + 180.0) % 360.0 - 180.0) < 0.0065
        assert value["speed"] == round(columns["speed"][slot] * 50)
        assert value["pos"]["elevation"] == round(columns["z"][slot] * 10)
        yaw = columns["yaw_rate"][slot]
        assert value["accelSet"]["yaw"] == (0 if np.isnan(yaw) else -round(yaw * 100))  # to the right
        assert value["size"]["length"] == round(columns["length"][slot] * 100)
        assert value["size"]["width"] == round(columns["width"][slot] * 100)
        classes = {
            StationType.PASSENGER: 10,
            StationType.BUS: 50,
            StationType.HEAVY_TRUCK: 25,
            StationType.SPECIAL_VEHICLE: 60,
            9: 0,
        }
        code = int(columns["kind"][slot])
        assert value["vehicleClass"]["classification"] == classes.get(code, value["vehicleClass"]["classification"])


def test_the_same_octets_as_by_columns() -> None:
    """The plain way: degrees by PROJ, columns by NumPy. Where rounding falls on the other side, 1 of the last digit."""
    columns = fleet(3)
    senders, low = some(3)
    buffer, offsets = awareness("etsi", columns).encode(senders, low, TIME)
    latitude, longitude = BOLOGNA.degrees(columns["x"][senders], columns["y"][senders])
    turned = BOLOGNA.convergence(columns["x"][senders], columns["y"][senders])
    same = ("station", "kind", "speed", "length", "width", "acceleration", "yaw_rate", "curvature")
    said = {name: columns[name][senders] for name in same}
    role = [ROLES.get(kind, 0) for kind in said["kind"].tolist()]
    heading = columns["heading"][senders] + turned
    plain = shapes.cam_columns(
        time=TIME, latitude=latitude, longitude=longitude, heading=heading, low=low, role=role, **said
    )
    wanted, where = shapes.cam().encode_batch(plain)
    np.testing.assert_array_equal(offsets, where)
    found, _ = shapes.cam().decode_batch(buffer, offsets)
    theirs, _ = shapes.cam().decode_batch(wanted, where)
    for name in shapes.cam().names:
        near = 1 if name in ("latitude", "longitude", "heading") else 0
        np.testing.assert_allclose(found[name], theirs[name], rtol=0, atol=near, err_msg=name)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("projection", [BOLOGNA, NOWHERE], ids=["fitted", "exact"])
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_round_trip(family: str, projection: Projection, seed: int) -> None:
    columns = fleet(seed)
    if projection is NOWHERE:
        columns["x"] -= 1200.0
    senders, low = some(seed)
    ours = awareness(family, columns, projection)
    buffer, offsets = ours.encode(senders, low, TIME)
    which = np.random.default_rng(seed).permutation(len(senders)).astype(np.int32)[: seed % N]
    rows, valid = ours.decode(buffer, offsets, which)
    assert rows.shape == (len(which), len(CONTENT))
    assert valid.all()
    slots = senders[which]
    # Half of 0.1 microdegree is 5.6 mm, and each way adds 1 mm at most.
    steps = {"x": 8e-3, "y": 8e-3, "speed": 0.0101, "length": 0.0501, "station": 0.0, "acceleration": 0.0501}
    types = columns["kind"][slots].tolist()
    if family == "csae":  # which has fewer classes
        fewer = {StationType.TRAM: StationType.BUS, StationType.MOPED: StationType.MOTORCYCLE, StationType.TRAILER: 0}
        types = [fewer.get(StationType(one), one) for one in types]
    roles = np.array([ROLES.get(one, 0) for one in types], float)
    if family == "etsi":  # which says them with the low frequency container alone
        roles[low[which] == 0] = np.nan
    for k, name in enumerate(CONTENT):
        if name in ("type", "role"):
            np.testing.assert_array_equal(rows[:, k], types if name == "type" else roles)
        elif name == "heading":
            off = (rows[:, k] - columns[name][slots] + 180.0) % 360.0 - 180.0
            assert (np.abs(off) < 0.0505).all()
            assert ((rows[:, k] >= 0.0) & (rows[:, k] < 360.0)).all()
        else:
            np.testing.assert_allclose(rows[:, k], columns[name][slots], rtol=0, atol=steps[name], err_msg=name)


@pytest.mark.parametrize("family", FAMILIES)
def test_far_from_the_net(family: str) -> None:
    """Beyond what the polynomials are for, PROJ does it: positions that vehicles know may be off by kilometres."""
    columns = fleet()
    columns["x"][:5] = [-30_000.0, 0.0, 3_900.0, 900.0, 60_000.0]
    ours = awareness(family, columns)
    senders = np.arange(N, dtype=np.int32)
    buffer, offsets = ours.encode(senders, np.zeros(N, np.uint8), TIME)
    rows, valid = ours.decode(buffer, offsets)
    assert valid.all()
    np.testing.assert_allclose(rows[:, 0], columns["x"], rtol=0, atol=8e-3)
    np.testing.assert_allclose(rows[:, 1], columns["y"], rtol=0, atol=8e-3)
    said = ours.said(buffer[: offsets[1]].tobytes())
    if family == "etsi":
        position = said.si["cam"]["camParameters"]["basicContainer"]["referencePosition"]
        longitude, latitude, _ = true_position(columns, 0)
        assert_near((position["longitude"], position["latitude"]), (longitude, latitude))


def test_what_others_send() -> None:
    """Messages of any shape; of a station without a position, of none at all, and octets that are none."""
    ours = awareness("etsi", fleet())
    latitude, longitude = (float(degrees) for degrees in BOLOGNA.degrees(500.0, 600.0))
    heard = [
        build.cam(7, (latitude, longitude), 1.8e9, speed=3.21, length=5.0, path=[(1e-4, 0.0, 2.0)], yaw_rate=3.0),
        build.cam(8, (latitude, longitude), 1.8e9, heading=10.0, speed=1.0, length=200.0),
    ]
    heard[1].value["cam"]["camParameters"]["basicContainer"]["referencePosition"]["latitude"] = 900000001
    octets = [*(one.encode() for one in heard), b"nonsense", b"", heard[0].encode() + b"\0"]
    buffer = np.frombuffer(b"".join(octets), np.uint8)
    rows, valid = ours.decode(buffer, np.cumsum([0, *map(len, octets)]))
    assert valid.tolist() == [True, False, False, False, False]
    assert rows[0, :2] == pytest.approx((500.0, 600.0), abs=8e-3)
    said = [3.21, np.nan, 5.0, 7.0, np.nan, StationType.PASSENGER, VehicleRole.DEFAULT]
    assert rows[0, 2:].tolist() == pytest.approx(said, nan_ok=True)
    assert np.isnan(rows[1, :2]).all()
    assert np.isnan(rows[2:]).all()
    rows, valid = ours.decode(buffer, np.cumsum([0, *map(len, octets)]), np.array([4, 0], np.int32))
    assert valid.tolist() == [False, True]
    with pytest.raises(DecodeError):
        ours.said(b"nonsense")


def test_how_they_came() -> None:
    """Round a bend of 40 m and straight on, at 10 m/s: what pycrate reads of the path lies on the way."""
    columns = fleet()
    ours = Awareness("etsi", BOLOGNA, paths=True)
    ours.bind(**columns)
    senders, due = np.arange(N, dtype=np.int32), np.ones(N, np.uint8)
    due[1] = 0
    driven = []
    for k in range(160):
        angle = min(k / 40.0, np.pi / 2)
        on = max(0.0, k - 20.0 * np.pi)
        columns["x"][:] = 500.0 - 40.0 * np.cos(angle) + on
        columns["y"][:] = 600.0 + 40.0 * np.sin(angle)
        columns["heading"][:] = np.degrees(angle)
        driven.append((columns["x"][0], columns["y"][0]))
        buffer, offsets = ours.encode(senders, due, TIME + 100 * k)
    theirs = oracles.pycrate("CAM")
    assert np.diff(offsets)[1] == 41
    theirs.from_uper(buffer[: offsets[1]].tobytes())
    parameters = theirs.get_val()["cam"]["camParameters"]
    path = parameters["lowFrequencyContainer"][1]["pathHistory"]
    assert len(path) == 10
    at = parameters["basicContainer"]["referencePosition"]
    north, east, when = at["latitude"], at["longitude"], 159.0
    points = [driven[-1]]
    for point in path:
        assert point["pathPosition"]["deltaAltitude"] == 12800
        north += point["pathPosition"]["deltaLatitude"]
        east += point["pathPosition"]["deltaLongitude"]
        when -= point["pathDeltaTime"] / 10
        x, y = BOLOGNA.metres(north * 1e-7, east * 1e-7)
        assert (x, y) == pytest.approx(driven[round(when)], abs=0.01)
        points.append((float(x), float(y)))
    # No part of the way is farther than 0.47 m and a step of 1 m in the bend allows from the line through the points.
    for x, y in driven[round(when) :]:
        assert min(_distance((x, y), *line) for line in pairwise(points)) < 0.55
    rows, valid = ours.decode(buffer, offsets)
    assert valid.all()
    np.testing.assert_allclose(rows[:, 0], columns["x"], rtol=0, atol=8e-3)


def _distance(point: tuple[float, float], start: tuple[float, float], end: tuple[float, float]) -> float:
    """From a point to a line from start to end, m."""
    p, a, b = (np.array(where) for where in (point, start, end))
    along = np.clip((p - a) @ (b - a) / max((b - a) @ (b - a), 1e-12), 0.0, 1.0)
    return float(np.linalg.norm(p - a - along * (b - a)))


def test_into_the_map() -> None:
    columns = fleet()
    senders, low = some()
    ours = awareness("etsi", columns)
    rows, _ = ours.decode(*ours.encode(senders, low, TIME))
    maps = LocalDynamicMaps(1)
    packets = np.arange(len(senders), dtype=np.int32)
    maps.hear(packets, np.zeros_like(packets), senders, rows, 1.0)
    np.testing.assert_array_equal(maps.of(0).station, columns["station"][senders])
    np.testing.assert_allclose(maps.of(0).x, columns["x"][senders], rtol=0, atol=8e-3)


@pytest.mark.parametrize("family", FAMILIES)
def test_more_vehicles(family: str) -> None:
    """Columns that have grown are bound again; counts go on, and go round."""
    columns = fleet()
    ours = awareness(family, columns)
    one, low = np.zeros(1, np.int32), np.zeros(1, np.uint8)
    for _ in range(127):
        ours.encode(one, low, TIME)
    ours.bind(**{name: np.concatenate((column, column)) for name, column in columns.items()})
    senders = np.arange(2 * N, dtype=np.int32)
    buffer, offsets = ours.encode(senders, np.zeros(2 * N, np.uint8), TIME)
    octets = [buffer[a:b].tobytes() for a, b in pairwise(offsets)]
    assert octets[1:N] == octets[N + 1 :]
    if family == "csae":
        counts = [shapes.bsm().decode_batch(octet, [0, len(octet)])[0]["count"][0] for octet in (octets[0], octets[1])]
        assert counts == [127, 0]
        ours.encode(one, low, TIME)
        assert ours.said(ours.encode(one, low, TIME)[0].tobytes()).value[1]["msgCnt"] == 1
    assert [len(array) for array in ours.encode(one[:0], low[:0], TIME)] == [0, 1]
    rows, valid = ours.decode(np.zeros(0, np.uint8), np.zeros(1, np.int64))
    assert (rows.shape, valid.shape) == ((0, len(CONTENT)), (0,))
    ours.bind(**{name: column[:0] for name, column in columns.items()})
    assert len(ours.encode(one[:0], low[:0], TIME)[0]) == 0


def test_heights_of_a_flat_net_are_not_known() -> None:
    senders, low = some()
    for family, path in (("etsi", "altitudeValue: unavailable"), ("csae", "")):
        ours = awareness(family, fleet())
        buffer, offsets = ours.encode(senders, low, TIME)
        text = str(ours.said(buffer[: offsets[1]].tobytes()))
        assert path in text
        assert "elevation" not in text


RANGES = {
    "etsi": {
        "speed": ("speedValue", -1.0, 1e4, 0, 16382),
        "acceleration": ("longitudinalAccelerationValue", -1e3, 1e3, -160, 160),
        "yaw_rate": ("yawRateValue", -1e3, 1e3, -32766, 32766),
        "curvature": ("curvatureValue", -5.0, 5.0, -1023, 1022),
        "length": ("vehicleLengthValue", 0.0, 1e3, 1, 1022),
        "width": ("vehicleWidth", 0.0, 1e3, 1, 61),
        "z": ("altitudeValue", -1e5, 1e5, -100000, 800000),
    },
    "csae": {
        "speed": ("speed", -1.0, 1e4, 0, 8190),
        "acceleration": ("long", -1e3, 1e3, -2000, 2000),
        "yaw_rate": ("yaw", -1e3, 1e3, 32767, -32767),
        "length": ("length", 0.0, 1e3, 1, 4095),
        "width": ("width", 0.0, 1e3, 1, 1023),
        "z": ("elevation", -1e5, 1e5, -4095, 61439),
    },
}


def found(value: Any, name: str) -> list[Any]:
    """What the fields of a name say, wherever they are."""
    if isinstance(value, dict):
        return [one for key, inner in value.items() for one in ([inner] if key == name else found(inner, name))]
    return [one for inner in value for one in found(inner, name)] if isinstance(value, tuple | list) else []


@pytest.mark.parametrize("family", FAMILIES)
def test_beyond_what_a_field_can_say(family: str) -> None:
    """Out of range, where the standard has a word for it, else the range's end."""
    columns = fleet()
    ours = awareness(family, columns, elevated=True)
    senders, low = np.arange(2, dtype=np.int32), np.zeros(2, np.uint8)
    for name, (_, least, most, _, _) in RANGES[family].items():
        columns[name][:2] = least, most
    buffer, offsets = ours.encode(senders, low, TIME)
    for k in range(2):
        value = ours.said(buffer[offsets[k] : offsets[k + 1]].tobytes()).value
        said = {name: found(value, names[0])[-1] for name, names in RANGES[family].items()}
        assert said == {name: names[3 + k] for name, names in RANGES[family].items()}


@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=40, deadline=None)
@given(values=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=9, max_size=9))
def test_any_state_can_be_said(family: str, values: list[float]) -> None:
    columns = fleet()
    names = ("x", "y", "z", "speed", "acceleration", "yaw_rate", "curvature", "length", "width")
    for name, value in zip(names, values, strict=True):
        columns[name][:3] = value, columns[name][1], -value
    ours = awareness(family, columns, elevated=True)
    buffer, offsets = ours.encode(np.arange(4, dtype=np.int32), np.ones(4, np.uint8), TIME)
    _, valid = ours.decode(buffer, offsets)
    assert valid[[1, 3]].all()


def test_what_cannot_be_said() -> None:
    columns = fleet()
    ours = awareness("etsi", columns)
    senders, low = some()
    columns["speed"][senders[2]] = np.nan
    columns["x"][senders[0]] = np.inf
    buffer, offsets = ours.encode(senders, low, TIME)
    assert found(ours.said(buffer[offsets[2] : offsets[3]].tobytes()).value, "speedValue") == [16383]  # not known
    assert found(ours.said(buffer[: offsets[1]].tobytes()).value, "latitude") == [900000001]
    with pytest.raises(ValueError, match="family"):
        Awareness("sae", BOLOGNA)
    with pytest.raises(ValueError, match="slot 60"):
        ours.encode(np.array([60], np.int32), low[:1], TIME)


@pytest.mark.parametrize(("error", "axis"), [(0.0, 4095), (2.0, 490), (10.0, 2448), (50.0, 4094)])
def test_confidence_follows_the_error(error: float, axis: int) -> None:
    """Half the width of the circle that holds 95 %, in cm: not known, known, too wide to be told."""
    ours = Awareness("etsi", BOLOGNA, gnss_error=error)
    names = ("x", "y", "z", "speed", "heading", "acceleration", "yaw_rate", "curvature", "length", "width")
    columns = {name: np.full(1, 10.0) for name in names}
    ours.bind(**columns, station=np.ones(1, np.int64), kind=np.full(1, 5, np.uint8))
    buffer, _ = ours.encode(np.zeros(1, np.int32), np.zeros(1, np.uint8), 0)
    said = ours.said(buffer.tobytes()).value["cam"]["camParameters"]["basicContainer"]["referencePosition"]
    ellipse = said["positionConfidenceEllipse"]
    assert (ellipse["semiMajorConfidence"], ellipse["semiMinorConfidence"]) == (axis, axis)
