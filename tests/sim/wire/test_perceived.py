"""CPMs and RSMs of perceived road users: what is in them, asn1tools and our one-by-one codec say; and back."""

from __future__ import annotations

from typing import Any

import asn1tools
import numpy as np
import pytest

from wayside.edge.errors import DecodeError
from wayside.edge.messages import asn1, build, local
from wayside.edge.messages.catalogue import message
from wayside.edge.messages.kinds import FIRST_UNIT, CodecContext
from wayside.edge.messages.octets import Octets
from wayside.edge.messages.perceived import Cpm, PerceivedObjects
from wayside.edge.messages.si import timestamp_its
from wayside.edge.messages.stations import StationType
from wayside.sim.wire import cpms
from wayside.sim.wire.lights import MOST_DSM, MOST_SDU
from wayside.sim.wire.perceived import PerceivedCodec
from wayside.sim.world.geo import Projection

PARAMETER = "+proj=utm +zone=32 +ellps=WGS84 +datum=WGS84 +units=m +no_defs"
BOLOGNA = Projection(PARAMETER, (-683542.41, -4928877.56), (0.0, 0.0, 1817.58, 1350.19))
EPOCH, NOW = 1_767_225_600.0, 100.3
UNITS = np.array([[900.0, 700.0], [1200.0, 300.0], [300.0, 1000.0]])
KINDS = [*range(12)]


def codec(family: str) -> PerceivedCodec:
    latitude, longitude = BOLOGNA.degrees(*UNITS.T)
    positions = list(zip(latitude.tolist(), longitude.tolist(), strict=True))
    made = PerceivedCodec(CodecContext(family, EPOCH, BOLOGNA, positions, None, None))
    made.cover(0, 120.0, (), True)
    made.cover(1, 80.0, ((-45.0, 90.0), (135.0, 90.0)), True)
    return made


def objects(units: np.ndarray, seed: int = 1) -> PerceivedObjects:
    """One for each entry, around its unit."""
    random, n = np.random.default_rng(seed), len(units)
    return PerceivedObjects(
        id=random.integers(0, 65536, n).astype(np.int32),
        x=UNITS[units, 0] + random.uniform(-300.0, 300.0, n),
        y=UNITS[units, 1] + random.uniform(-300.0, 300.0, n),
        vx=random.uniform(-20.0, 20.0, n),
        vy=random.uniform(-20.0, 20.0, n),
        heading=random.uniform(0.0, 360.0, n),
        length=random.uniform(0.5, 18.0, n),
        width=random.uniform(0.5, 2.6, n),
        sigma=random.uniform(0.05, 3.0, n),
        speed_sigma=random.uniform(0.05, 0.6, n),
        age=random.uniform(0.0, 4.0, n),
        kind=random.choice(KINDS, n).astype(np.int32),
        time=NOW - random.integers(0, 6, n) / 10.0,
    )


def said(family: str, counts: list[int], sensor: list[bool] | None = None) -> tuple[PerceivedObjects, Octets]:
    units = np.arange(len(counts), dtype=np.int32)
    told = objects(np.repeat(units, counts))
    one, each = np.ones(len(counts), np.int32), np.array(counts, np.int64)
    octets = codec(family).encode_all(units, each, told, one, one, sensor or [False] * len(counts), NOW)
    return told, octets


def values(octets: Octets, name: str) -> list[Any]:
    return [build.decode(name, octets.one(k)).value for k in range(len(octets.offsets) - 1)]


@pytest.mark.parametrize("counts", [[3, 0, 32], [1, 2, 1]])
def test_a_cpm_is_as_the_standard_has_it(counts: list[int]) -> None:
    told, octets = said("etsi", counts, [True, True, False])
    compiled = asn1tools.compile_string(asn1.module(message("CPM")), "uper")
    row = 0
    for unit, (value, count) in enumerate(zip(values(octets, "CPM"), counts, strict=True)):
        assert message("CPM").encode(value) == octets.one(unit), "the one way to encode it"
        compiled.decode("CPM", octets.one(unit))
        assert value["header"] == {"protocolVersion": 2, "messageId": 14, "stationId": FIRST_UNIT + unit}
        management = value["payload"]["managementContainer"]
        assert management["referenceTime"] == timestamp_its(EPOCH + NOW)
        containers = {one["containerId"]: one["containerData"] for one in value["payload"]["cpmContainers"]}
        assert containers.keys() == ({2, 3, 5} if unit < 2 else {2, 5})
        seen = containers[5]["perceivedObjects"]
        assert containers[5]["numberOfPerceivedObjects"] == len(seen) == count
        latitude, longitude = BOLOGNA.degrees(UNITS[unit : unit + 1, 0], UNITS[unit : unit + 1, 1])
        for one in seen:
            there = BOLOGNA.degrees(told.x[row : row + 1], told.y[row : row + 1])
            east, north = local.metres((float(latitude[0]), float(longitude[0])), *there)
            assert one["objectId"] == told.id[row]
            assert one["position"]["xCoordinate"]["value"] == pytest.approx(float(east[0]) * 100, abs=3)
            assert one["position"]["yCoordinate"]["value"] == pytest.approx(float(north[0]) * 100, abs=3)
            assert one["position"]["xCoordinate"]["confidence"] == round(told.sigma[row] * 195.9964)
            assert one["measurementDeltaTime"] == round((told.time[row] - NOW) * 1000)
            kind, speed = one["velocity"]
            assert kind == "cartesianVelocity"
            velocity = np.hypot(speed["xVelocity"]["value"], speed["yVelocity"]["value"]) / 100
            assert velocity == pytest.approx(float(np.hypot(told.vx[row], told.vy[row])), rel=0.002, abs=0.02)
            assert one["objectAge"] == min(round(told.age[row] * 1000), 1500)
            name, what = one["classification"][0]["objectClass"]
            assert name == ("vruSubClass" if 1 <= told.kind[row] <= 4 else "vehicleSubClass")
            if name == "vehicleSubClass":
                assert what == told.kind[row]
            row += 1


def test_a_heading_counts_from_the_east_to_the_left() -> None:
    told, octets = said("etsi", [20, 0, 0])
    seen = values(octets, "CPM")[0]["payload"]["cpmContainers"][1]["containerData"]["perceivedObjects"]
    convergence = float(np.asarray(BOLOGNA.convergence(UNITS[:1, 0], UNITS[:1, 1]))[0])
    for row, one in enumerate(seen):
        expected = (90.0 - told.heading[row] - convergence) % 360.0
        turn = (one["angles"]["zAngle"]["value"] / 10 - expected + 180.0) % 360.0 - 180.0
        assert abs(turn) < 0.1


@pytest.mark.parametrize("family", ["etsi", "csae"])
def test_what_is_read_is_what_was_said(family: str) -> None:
    told, octets = said(family, [5, 16, 1])
    read = codec(family).read(octets, NOW + 0.1)
    assert read.station.tolist() == [FIRST_UNIT, FIRST_UNIT + 1, FIRST_UNIT + 2]
    assert read.message.tolist() == [0] * 5 + [1] * 16 + [2]
    back = read.objects
    np.testing.assert_array_equal(back.id, told.id)
    if family == "csae":  # direction and speed are one there: a heading is where one goes
        speed, turn = np.hypot(told.vx, told.vy), np.radians(told.heading)
        told = told._replace(vx=speed * np.sin(turn), vy=speed * np.cos(turn))
    for name, near in (("x", 0.03), ("y", 0.03), ("vx", 0.08), ("vy", 0.08), ("time", 0.0006), ("length", 0.051)):
        np.testing.assert_allclose(getattr(back, name), getattr(told, name), atol=near, err_msg=name)
    if family == "etsi":
        turn = (back.heading - told.heading + 180.0) % 360.0 - 180.0
        assert np.abs(turn).max() < 0.1
        np.testing.assert_allclose(back.sigma, told.sigma, atol=0.006)
        known = np.where(told.kind == StationType.MOPED, StationType.MOTORCYCLE, told.kind)
        np.testing.assert_array_equal(back.kind, known)


def test_an_rsm_is_as_the_standard_has_it() -> None:
    told, octets = said("csae", [5, 16, 1])
    compiled = asn1tools.compile_string(asn1.module(message("MESSAGE_FRAME")), "uper")
    row = 0
    for unit, (kind, value) in enumerate(values(octets, "MESSAGE_FRAME")):
        assert kind == "rsmFrame"
        assert message("MESSAGE_FRAME").encode((kind, value)) == octets.one(unit)
        compiled.decode("MESSAGE-FRAME", octets.one(unit))
        assert int.from_bytes(value["id"], "big") == FIRST_UNIT + unit
        for one in value["participants"]:
            form, offset = one["pos"]["offsetLL"]
            latitude, longitude = BOLOGNA.degrees(told.x[row : row + 1], told.y[row : row + 1])
            assert form == "position-LL4"
            assert value["refPos"]["lat"] + offset["lat"] == pytest.approx(float(latitude[0]) * 1e7, abs=1)
            assert value["refPos"]["long"] + offset["lon"] == pytest.approx(float(longitude[0]) * 1e7, abs=1)
            assert one["ptcId"] == told.id[row]
            assert one["secMark"] == round((EPOCH + told.time[row]) * 1000) % 60_000
            assert one["speed"] == round(float(np.hypot(told.vx[row], told.vy[row])) / 0.02)
            wanted = {StationType.PEDESTRIAN: "pedestrian", StationType.CYCLIST: "non-motor"}
            assert one["ptcType"] == wanted.get(StationType(told.kind[row]), "motor")
            row += 1


def test_the_longest_fit_a_packet() -> None:
    for family, most in (("etsi", MOST_SDU - 4), ("csae", MOST_DSM)):
        made = codec(family)
        _, octets = said(family, [made.most], [True])
        assert len(octets.one(0)) <= most
        assert family == "csae" or len(octets.one(0)) > 0.7 * most


def test_segments_say_which_they_are() -> None:
    units, one = np.zeros(2, np.int32), np.array([1, 2], np.int32)
    told = objects(np.zeros(4, np.int32))
    octets = codec("etsi").encode_all(units, np.array([3, 1]), told, one, np.full(2, 2, np.int32), [True, False], NOW)
    infos = [value["payload"]["managementContainer"]["segmentationInfo"] for value in values(octets, "CPM")]
    assert infos == [{"totalMsgNo": 2, "thisMsgNo": 1}, {"totalMsgNo": 2, "thisMsgNo": 2}]
    assert codec("etsi").read(octets, NOW).segment.tolist() == [1, 2]


def test_what_a_sensor_covers_is_told() -> None:
    _, octets = said("etsi", [1, 1, 0], [True, True, False])
    circle, parts, _ = values(octets, "CPM")
    (one,) = circle["payload"]["cpmContainers"][1]["containerData"]
    assert one["perceptionRegionShape"] == ("circular", {"radius": 1200})
    assert one["shadowingApplies"] is True
    (two,) = parts["payload"]["cpmContainers"][1]["containerData"]
    kind, shape = two["perceptionRegionShape"]
    assert kind == "radialShapes"
    first = shape["radialShapesList"][0]
    # From -45 to 45 degrees clockwise from the net's north: from 45 to 135 to the left of the east.
    assert first["range"] == 800
    assert first["horizontalOpeningAngleStart"] / 10 == pytest.approx(45.0, abs=2.0)
    assert first["horizontalOpeningAngleEnd"] / 10 == pytest.approx(135.0, abs=2.0)


def test_one_message_goes_both_ways() -> None:
    for family in ("etsi", "csae"):
        made = codec(family)
        content = Cpm(objects(np.zeros(3, np.int32)))
        octets = made.encode(0, content, NOW)
        back = made.decode(octets)
        np.testing.assert_allclose(back.objects.x, content.objects.x, atol=0.03)
        assert len(made.describe(back)["objects"]) == 3


def test_others_octets_are_refused_or_say_nothing() -> None:
    made = codec("etsi")
    with pytest.raises(DecodeError):
        made.decode(b"\x02\x0e\x00")
    garbage = Octets.of([b"", bytes(range(40)), said("etsi", [2])[1].one(0)[:50]])
    read = made.read(garbage, NOW)
    assert len(read.message) == 0
    none = codec("csae").read(Octets.of([b"", b"\x20\x00", bytes(30)]), NOW)
    assert len(none.message) == 0
    with pytest.raises(DecodeError):
        codec("csae").decode(b"\x20")


def test_anothers_cpm_without_what_is_optional_is_read() -> None:
    """Of a vehicle, with an object of which only the place is told, and one of another kind."""
    unknown = {"semiMajorConfidence": 4095, "semiMinorConfidence": 4095, "semiMajorOrientation": 3601}
    altitude = {"altitudeValue": 800001, "altitudeConfidence": "unavailable"}
    latitude, longitude = BOLOGNA.degrees(UNITS[:1, 0], UNITS[:1, 1])
    where = {"latitude": round(float(latitude[0]) * 1e7), "longitude": round(float(longitude[0]) * 1e7)}
    place = {"value": 1000, "confidence": 4096}
    bare = {"measurementDeltaTime": -50, "position": {"xCoordinate": place, "yCoordinate": place}}
    group = {"objectClass": ("groupSubClass", {"clusterCardinalitySize": 3}), "confidence": 50}
    value = {
        "header": {"protocolVersion": 2, "messageId": 14, "stationId": 77},
        "payload": {
            "managementContainer": {
                "referenceTime": timestamp_its(EPOCH + NOW),
                "referencePosition": where | {"positionConfidenceEllipse": unknown, "altitude": altitude},
            },
            "cpmContainers": [
                {"containerId": 1, "containerData": {"orientationAngle": {"value": 0, "confidence": 1}}},
                {
                    "containerId": 5,
                    "containerData": {
                        "numberOfPerceivedObjects": 2,
                        "perceivedObjects": [bare, bare | {"objectId": 9, "classification": [group]}],
                    },
                },
            ],
        },
    }
    read = codec("etsi").read(Octets.of([message("CPM").encode(value)]), NOW)
    assert read.station.tolist() == [77]
    assert np.hypot(read.objects.x - UNITS[0, 0], read.objects.y - UNITS[0, 1]) == pytest.approx(
        10.0 * 2**0.5, abs=0.05
    )
    assert read.objects.vx.tolist() == [0.0, 0.0]
    assert np.isnan(read.objects.length).all()
    np.testing.assert_allclose(read.objects.time, NOW - 0.05, atol=1e-6)
    assert read.objects.kind.tolist() == [StationType.UNKNOWN, StationType.UNKNOWN]


def test_what_cannot_be_told_is_refused() -> None:
    class Unit:
        position = (0.0, 0.0)

    good = objects(np.zeros(2, np.int32))
    Cpm(good).check(Unit())  # type: ignore[arg-type]
    for wrong, why in (
        (Cpm(good._replace(x=np.array([1.0, np.nan]))), "finite"),
        (Cpm(good._replace(id=np.array([1, 70_000], np.int32))), "id"),
        (Cpm(good._replace(vx=np.zeros(3))), "columns"),
        (Cpm(good, segment=2), "segment"),
        (Cpm([]), "PerceivedObjects"),  # type: ignore[arg-type]
    ):
        with pytest.raises(ValueError, match=why):
            wrong.check(Unit())  # type: ignore[arg-type]


def test_a_planted_error_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A head that is taken to be one bit shorter than it is, and the octets are no CPM any more."""
    good = cpms._head_bits()
    monkeypatch.setattr(cpms, "_head_bits", lambda: good - 1)
    _, octets = said("etsi", [3, 1, 1])
    try:
        containers = [value["payload"]["cpmContainers"] for value in values(octets, "CPM")]
    except DecodeError:
        return
    assert [one[1]["containerData"].get("numberOfPerceivedObjects") for one in containers] != [3, 1, 1]
