"""What units say: octets that others read as meant, of the length that was told before, and back to the content."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from tests.edge.messages import oracles
from tests.sim.wire.cities import EPOCH, Flat, city, messages, net_of
from wayside.edge.charging.messages import ChargingRequests, ChargingResponses
from wayside.edge.errors import DecodeError
from wayside.edge.messages import Broadcast, Denm, Mapem, Saem, Spatem, build, denm, local
from wayside.edge.messages.kinds import FIRST_UNIT, Utterance
from wayside.edge.messages.octets import Octets
from wayside.edge.net import btp, dsmp
from wayside.edge.net import geonetworking as gn
from wayside.edge.parking.messages import ParkingRequests, ParkingResponses
from wayside.sim.wire.junctions import MOST_GROUPS, Junction, groups_of, read_junctions
from wayside.sim.wire.lines import simplified
from wayside.sim.wire.signals import LATER, UNKNOWN, Announcements
from wayside.sim.wire.table import kinds_of
from wayside.sim.wire.units import GBC_HEADERS, SHB_HEADERS, UnitMessages
from wayside.sim.world import Signals

FAMILIES = ("etsi", "csae")
BROADCASTS: tuple[Broadcast, ...] = (
    Spatem(0),
    Mapem(0),
    denm("traffic-jam", (10.0, 20.0), 30.0),
    denm("slow-vehicle", (-10.5, 20.0)),
    Denm(77, (0.0, 0.0), 86_400.0),
    Saem(("parking", "charging")),
    Saem(()),
)
SLOTS, STATIONS = np.array([3, 4], np.int32), np.array([70, 80_000])


def pycrates(name: str, octets: bytes) -> Any:
    theirs = oracles.pycrate(name)
    theirs.from_uper(octets)
    assert theirs.to_uper() == octets
    return theirs.get_val()


def one(said: UnitMessages, message: Broadcast, time: float = 12.3, unit: int = 1) -> bytes:
    return repeated(said, said.say(unit, message, time), time, unit)


def repeated(said: UnitMessages, utterance: Utterance, time: float, unit: int = 1) -> bytes:
    octets = said.broadcasts(np.array([unit], np.int32), [utterance], time)
    assert len(octets.offsets) == 2
    return octets.one(0)


def is_framed(said: UnitMessages, message: Broadcast) -> bool:
    framed: bool = said.kinds[said.number(message)].form(said.family).id.framed
    return framed


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("message", BROADCASTS, ids=repr)
def test_lengths_are_told_before(family: str, message: Broadcast) -> None:
    """As it is begun to be said, of any unit; and repetitions have the same, at any time."""
    said = messages(family)
    utterance = said.say(1, message, 12.3)
    kind = said.kinds[said.number(message)]
    if family == "csae":
        assert said.headers(kind) == said.headers(kind, 300.0) == dsmp.size(kind.csae.port)
    else:
        assert said.headers(kind) == (GBC_HEADERS if isinstance(message, Denm) else SHB_HEADERS)
        assert said.headers(kind, 300.0) == GBC_HEADERS
    for time in (12.3, 12.4, 3700.0, 1e6):
        assert len(repeated(said, utterance, time)) == utterance.length
    for time, unit in ((3700.0, 2), (1e6, 0)):
        assert said.say(unit, message, time).length == utterance.length


def test_headers_are_as_long_as_said() -> None:
    at = gn.Position(gn.Address(bytes(6)), 0, 0.0, 0.0)
    to = btp.BtpB(1).encode()
    assert len(gn.Packet(gn.SingleHop(at), to).encode()) == SHB_HEADERS == 44
    area = gn.Area("circle", 0.0, 0.0, 1.0)
    assert len(gn.Packet(gn.GeoBroadcast(at, 0, area), to).encode()) == GBC_HEADERS == 60
    for name, aid in dsmp.AIDS.items():
        assert len(dsmp.Dsm(aid, b"").encode()) == dsmp.size(aid), name


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("message", BROADCASTS, ids=repr)
def test_and_back(family: str, message: Broadcast) -> None:
    said = messages(family)
    found = said.understood(one(said, message), is_framed(said, message))
    assert type(found) is type(message)
    if not isinstance(message, Denm):
        assert found == message
        return
    assert found.cause == message.cause
    assert np.allclose(found.position, message.position, atol=0.01)
    longest = min(message.validity, 86400.0)
    assert longest <= found.validity < longest + (1 if family == "etsi" else 120)


# Signals


def shown(octets: bytes, family: str) -> dict[int, tuple[str, int]]:
    """Group -> state and likely end, by another decoder where there is one."""
    if family == "etsi":
        states = pycrates("SPATEM", octets)["spat"]["intersections"][0]["states"]
        events = ((state["signalGroup"], state["state-time-speed"][0]) for state in states)
        return {group: (event["eventState"], event["timing"]["likelyTime"]) for group, event in events}
    found = {}
    for part in build.decode("MESSAGE_FRAME", octets).value[1]["intersections"]:
        for phase in part["phases"]:
            (state,) = phase["phaseStates"]
            found[phase["id"]] = (state["light"], state["timing"][1]["likelyEndUTCTime"])
    return found


@pytest.mark.parametrize("family", FAMILIES)
def test_what_lights_show(family: str) -> None:
    """In the first phase of the crossing's program, grrGGGrgrrGGGr, until 26 s: each until its group's own change."""
    _, signals, junctions = city("crossing")
    signals.state[:] = np.frombuffer(b"grrGGGrgrrGGGr", np.int8)
    signals.next_switch[:] = 26.0
    said = Announcements(family, EPOCH, signals, junctions)
    buffer, _ = said.octets(np.array([9]), np.array([0], np.int32), 3.0)
    red, free, yielding = {
        "etsi": ("stop-And-Remain", "protected-Movement-Allowed", "permissive-Movement-Allowed"),
        "csae": ("red", "protected-green", "permissive-green"),
    }[family]
    meant = {ord("r"): red, ord("G"): free, ord("g"): yielding}
    found = shown(buffer.tobytes(), family)
    lights = {
        group: meant[int(state)] for group, state in zip(junctions[0].group_of.tolist(), signals.state, strict=True)
    }
    assert {group: state for group, (state, _) in found.items()} == lights
    # Phases of 26, 3, 1, 15, 3, 1, 20, 3 and 1 s: the right turns yield for 49 s, the left turns come after 73 s.
    assert {group: end for group, (_, end) in found.items()} == {1: 490, 2: 490, 3: 730, 4: 260, 5: 260, 6: 300}
    assert len(found) == junctions[0].groups == 6


@pytest.mark.parametrize("family", FAMILIES)
def test_each_letter_of_sumos(family: str) -> None:
    signals = Signals(["a"], [9])
    signals.state[:] = np.frombuffer(b"ruyYsogGO", np.int8)
    junction = Junction("a", 0, 9, groups_of([], 9), (0.0, 0.0))
    said = Announcements(family, EPOCH, signals, [junction])
    found = [
        state
        for state, _ in shown(said.octets(np.array([9]), np.array([0], np.int32), 3.0)[0].tobytes(), family).values()
    ]
    assert found == {
        "etsi": [
            "stop-And-Remain", "pre-Movement", "permissive-clearance", "protected-clearance", "stop-Then-Proceed",
            "caution-Conflicting-Traffic", "permissive-Movement-Allowed", "protected-Movement-Allowed", "dark",
        ],
        "csae": [
            "red", "red", "yellow", "yellow", "flashing-red", "flashing-yellow", "permissive-green", "protected-green",
            "dark",
        ],
    }[family]  # fmt: skip


@pytest.mark.parametrize("family", FAMILIES)
def test_many_lights_from_tick_to_tick(family: str) -> None:
    """However they change, and whoever speaks: the same as when all is encoded at once, by itself."""
    _, signals, junctions = city("lingang")
    random = np.random.default_rng(1)
    said = Announcements(family, EPOCH, signals, junctions)
    everyone = np.arange(len(junctions), dtype=np.int32)
    for tick in range(40):
        for light in random.integers(0, len(junctions), tick % 3):
            first, last = signals.offsets[light : light + 2]
            signals.state[first:last] = random.choice(np.frombuffer(b"ruygGs", np.int8), last - first)
            signals.next_switch[light] = random.choice([np.inf, 20.0, 3700.0])
        lights = everyone if tick % 4 else random.permutation(everyone)[:7]
        stations = 100 + lights.astype(np.int64)
        time = tick * 0.1
        found = Octets(*said.octets(stations, lights, time))
        alone = Announcements(family, EPOCH, signals, junctions)
        alone._since = said._since.copy()  # when states began, which only who has seen it can know
        alone._look(time)
        alone._since = said._since.copy()
        for k, light in enumerate(lights.tolist()):
            whole, _ = alone.octets(stations[k : k + 1], lights[k : k + 1], time)
            assert found.one(k) == whole.tobytes()
            value = build.decode("SPATEM" if family == "etsi" else "MESSAGE_FRAME", found.one(k)).value
            content = value["spat"]["intersections"][0] if family == "etsi" else value[1]
            assert (content["moy"], content["timeStamp"]) == (0, tick * 100)
            assert len(shown(found.one(k), family)) == junctions[light].groups
    if family == "csae":
        begun = {
            state["timing"][1]["startUTCTime"]
            for k in range(len(lights))
            for part in build.decode("MESSAGE_FRAME", found.one(k)).value[1]["intersections"]
            for phase in part["phases"]
            for state in phase["phaseStates"]
        }
        assert UNKNOWN in begun
        assert len(begun) > 2


def test_times_that_time_marks_can_tell() -> None:
    """Of this hour or the next, a tenth of a second; later ones and unknown ones have values of their own."""
    signals = Signals(["a"], [1])
    signals.state[:] = ord("r")
    junction = Junction("a", 0, 1, groups_of([], 1), (0.0, 0.0))
    said = Announcements("etsi", EPOCH, signals, [junction])

    def mark(now: float, switch: float) -> int:
        signals.next_switch[0] = switch
        found = shown(said.octets(np.array([9]), np.array([0], np.int32), now)[0].tobytes(), "etsi")
        return found[1][1]

    assert mark(0.0, 59.96) == 600
    assert mark(3590.0, 3610.5) == 105
    assert mark(3590.0, 3599.99) == 0  # a whole hour
    assert mark(0.0, 3600.0) == LATER
    assert mark(0.2, 3600.0) == 0  # time has gone on, and the mark has come near
    assert mark(0.0, np.inf) == UNKNOWN


def test_links_that_differ_against_the_programs_show_the_most_restrictive() -> None:
    _, signals, junctions = city("crossing")
    (group,) = {int(junctions[0].group_of[link]) for link in (4, 5)}
    signals.state[[4, 5]] = np.frombuffer(b"Gy", np.int8)
    said = Announcements("etsi", EPOCH, signals, junctions)
    found = shown(said.octets(np.array([9]), np.array([0], np.int32), 3.0)[0].tobytes(), "etsi")
    assert found[group][0] == "permissive-clearance"


def test_more_links_than_there_can_be_groups() -> None:
    """A light of 300 links in programs that never show two alike: 255 groups are told, in both families."""
    states = [format(k, "09b").replace("0", "r").replace("1", "G") for k in range(300)]
    phases = ["".join(state[bit] for state in states) for bit in range(9)]
    group_of = groups_of(phases, 300)
    assert group_of.max() == MOST_GROUPS
    assert (group_of == 0).sum() == 45
    assert (groups_of(["r"], 300) == groups_of([], 300)).all()  # a program of another light's length
    signals = Signals(["a"], [300])
    signals.state[:] = np.frombuffer(phases[0].encode(), np.int8)
    junction = Junction("a", 70_000, MOST_GROUPS, group_of, (0.0, 0.0))
    for family in FAMILIES:
        said = Announcements(family, EPOCH, signals, [junction])
        found = shown(said.octets(np.array([9]), np.array([0], np.int32), 3.0)[0].tobytes(), family)
        assert sorted(found) == list(range(1, 256))


# Junctions


def test_the_crossing_as_a_map() -> None:
    """Lanes, nodes and connections as in the net; another decoder, another geodesy."""
    network, _, junctions = city("crossing")
    said = messages("etsi")
    value = pycrates("MAPEM", one(said, Mapem(0)))
    assert value["header"] == {"protocolVersion": 2, "messageID": 5, "stationID": FIRST_UNIT + 1}
    (map_,) = value["map"]["intersections"]
    assert (map_["id"], map_["laneWidth"]) == ({"region": 0, "id": 0}, 320)
    lanes = {lane["laneID"]: lane for lane in map_["laneSet"]}
    assert len(lanes) == 16
    assert sum("ingressApproach" in lane for lane in lanes.values()) == 10
    number = network.lane_number["north-crossing_turn_0"]
    lane = lanes[junctions[0].lane_of[number]]
    assert lane["laneAttributes"]["directionalUse"] == (0b10, 2)
    to = {network.lane_ids[n]: k for n, k in junctions[0].lane_of.items()}
    ways = {way["connectingLane"]["lane"]: way["signalGroup"] for way in lane["connectsTo"]}
    assert ways == {to["crossing-west_0"]: junctions[0].group_of[0], to["crossing-south_0"]: junctions[0].group_of[1]}
    # The lane ends 17.6 m north of the middle and comes from 77 m north.
    longitude, latitude = map_["refPoint"]["long"] / 1e7, map_["refPoint"]["lat"] / 1e7
    x = y = 0.0
    for node in lane["nodeList"][1]:
        x, y = x + node["delta"][1]["x"] / 100, y + node["delta"][1]["y"] / 100
        azimuth = np.degrees(np.arctan2(x, y))
        far = Geod(ellps="WGS84").fwd(longitude, latitude, azimuth, np.hypot(x, y))
        meant_x, meant_y = Flat().metres(np.array(far[1]), np.array(far[0]))
        assert np.hypot(meant_x - -4.8, min(abs(meant_y - 17.6), abs(meant_y - 77.0))) < 0.02


def test_the_crossing_as_a_chinese_map() -> None:
    network, _, junctions = city("crossing")
    kind, content = build.decode("MESSAGE_FRAME", one(messages("csae"), Mapem(0), 61.0)).si
    assert (kind, content["timeStamp"]) == ("mapFrame", 1)
    (node,) = content["nodes"]
    assert node["id"] == {"region": 0, "id": 0}
    assert len(node["inLinks"]) == 4
    for road in node["inLinks"]:
        upstream = network.junction_ids[road["upstreamNodeId"]["id"]]
        assert upstream.endswith("-crossing_split")
        assert road["upstreamNodeId"]["region"] == 32768
        assert road["linkWidth"] == pytest.approx(3.2 * len(road["lanes"]))
        assert sorted(lane["laneID"] for lane in road["lanes"]) == list(range(1, len(road["lanes"]) + 1))
        phases = {way["phaseId"] for lane in road["lanes"] for way in lane["connectsTo"]}
        assert phases == {way["phaseId"] for way in road["movements"]}
        assert phases <= set(junctions[0].group_of.tolist())
        left = next(lane for lane in road["lanes"] if lane["laneID"] == 1)
        assert "maneuverLeftAllowed" in left["maneuvers"]
        for lane in road["lanes"]:
            points = [point["posOffset"]["offsetLL"][1] for point in lane["points"]]
            distance = [np.hypot(*local.metres((0.0, 0.0), p["lat"], p["lon"])) for p in points]
            assert distance[0] > distance[-1] < 20.0  # from its begin to the stop line


def test_every_junction_of_a_city() -> None:
    """Within the standards' limits, and of the same groups in map and signals."""
    for family in FAMILIES:
        said = messages(family, "lingang")
        for light, junction in enumerate(said.junctions):
            octets = one(said, Mapem(light))
            assert said.understood(octets, family == "csae") == Mapem(light)
            groups = {group for lane in junction.lanes for _, group, *_ in lane.connects}
            assert groups == set(junction.group_of.tolist())
            assert len(octets) < 1400


def test_a_file_that_says_the_same_again_changes_nothing() -> None:
    """As a file of programs does that names the connections too."""
    path, network = net_of("crossing")
    _, signals, junctions = city("crossing")
    again = read_junctions(network, signals, Flat(), [path])
    for one, other in zip(again, junctions, strict=True):
        assert repr(one) == repr(other)
        assert (one.lanes, one.roads, one.width) == (other.lanes, other.roads, other.width)


def test_a_light_without_lanes_has_an_empty_map() -> None:
    signals = Signals(["a"], [2])
    junction = Junction("a", 0, 2, groups_of([], 2), (30.9, 121.9))
    for family in FAMILIES:
        said = UnitMessages(kinds_of([], family), EPOCH, Flat(), np.zeros(1), np.zeros(1), signals, [junction])
        assert len(one(said, Mapem(0), unit=0)) == said.say(0, Mapem(0), 5.0).length


@given(
    points=st.lists(st.tuples(st.floats(-500, 500), st.floats(-500, 500)), min_size=2, max_size=80),
    most=st.integers(2, 20),
)
def test_lines_keep_their_ends_and_few_points(points: list[tuple[float, float]], most: int) -> None:
    shape = np.array(points)
    kept = simplified(shape, 0.1, most)
    assert 2 <= len(kept) <= most
    assert (kept[0] == shape[0]).all()
    assert (kept[-1] == shape[-1]).all()
    assert all((shape == point).all(axis=1).any() for point in kept)


# Hazards


def test_a_hazard_keeps_its_number_and_time_while_it_is_repeated() -> None:
    said = messages("etsi")
    jam, other = denm("traffic-jam", (1.0, 2.0), 20.0), denm("accident", (1.0, 2.0), 20.0)
    first, second, third = said.say(1, jam, 5.0), said.say(1, other, 6.0), said.say(2, jam, 7.0)

    def told(utterance: Utterance, time: float) -> tuple[int, int, int]:
        management = pycrates("DENM", repeated(said, utterance, time))["denm"]["management"]
        action = management["actionID"]
        return action["originatingStationID"] - FIRST_UNIT, action["sequenceNumber"], management["referenceTime"]

    began = told(first, 5.0)[2]
    assert told(first, 9.0) == (1, 0, began)
    assert told(second, 9.0) == (1, 1, began + 1000)
    assert told(third, 9.0) == (2, 0, began + 2000)
    assert told(said.say(1, jam, 15.0), 16.0) == (1, 2, began + 10_000)


@given(
    cause=st.integers(0, 255),
    x=st.floats(-1e5, 1e5),
    y=st.floats(-1e5, 1e5),
    validity=st.floats(0.01, 86_400.0),
    time=st.floats(0.0, 1e6),
    over=st.booleans(),
)
def test_hazards_are_as_the_builder_has_them(
    cause: int, x: float, y: float, validity: float, time: float, over: bool
) -> None:
    """`build.denm`, which goes by SI units; its octets are those of other people's encoders."""
    said = _CROSSING
    utterance = said.say(2, Denm(cause, (x, y), validity), time)
    if over:
        utterance = said.end(2, utterance, time) or utterance
    latitude, longitude = (float(of[0]) for of in Flat().degrees(np.array([x]), np.array([y])))
    meant = build.denm(
        FIRST_UNIT + 2,
        cause,
        (latitude, longitude),
        EPOCH + time,
        sequence=utterance.thread.sequence,
        validity=float(round(max(validity, 1.0))),
        termination="isCancellation" if over else None,
    )
    assert utterance.octets == meant.encode()


_CROSSING = messages("etsi")


def test_a_sub_cause_is_said_and_understood() -> None:
    said = messages("etsi")
    octets = one(said, Denm(97, (10.0, 20.0), 2.0, traces=(((5.0, 20.0), (-40.0, 20.0)),), subcause=4))
    value = pycrates("DENM", octets)
    assert value["denm"]["situation"]["eventType"] == {"causeCode": 97, "subCauseCode": 4}
    assert value["denm"]["management"]["validityDuration"] == 2
    understood = said.understood(octets, False)
    assert (understood.cause, understood.subcause, len(understood.traces)) == (97, 4, 1)


def test_news_of_a_hazard_and_its_end() -> None:
    """EN 302 637-3, 6.1: the same actionID with newer times; a cancellation without situation."""
    said = messages("etsi")
    began = said.say(1, denm("traffic-jam", (1.0, 2.0), 20.0), 5.0)
    news = said.say(1, denm("accident", (3.0, 2.0), 30.0), 9.0, began)
    end = said.end(1, news, 12.0)
    assert end is not None
    values = [pycrates("DENM", repeated(said, utterance, 15.0))["denm"] for utterance in (began, news, end)]
    managements = [value["management"] for value in values]
    assert len({repr(management["actionID"]) for management in managements}) == 1
    first = managements[0]["referenceTime"]
    assert [m["referenceTime"] - first for m in managements] == [0, 4000, 7000]
    assert [m["detectionTime"] - first for m in managements] == [0, 4000, 7000]
    assert [m.get("termination") for m in managements] == [None, None, "isCancellation"]
    assert ["situation" in value for value in values] == [True, True, False]
    assert values[1]["situation"]["eventType"]["causeCode"] == 2
    found = said.understood(repeated(said, end, 15.0))
    assert (found.over, found.cause, found.validity) == (True, 0, 30.0)
    assert np.allclose(found.position, (3.0, 2.0), atol=0.01)
    assert said.end(1, news, 9.0 + 30.0) is None  # nothing holds any more
    assert said.say(1, denm("accident", (3.0, 2.0)), 13.0).thread.sequence == 1


def test_news_of_a_chinese_hazard() -> None:
    """The same event (rteId) with the next count; it has no word for an end."""
    said = messages("csae")
    began = said.say(1, denm("traffic-jam", (1.0, 2.0), 20.0), 5.0)
    news = said.say(1, denm("accident", (3.0, 2.0), 30.0), 9.0, began)
    contents = [build.decode("MESSAGE_FRAME", repeated(said, one, 9.0)).value[1] for one in (began, news)]
    assert [content["rtes"][0]["rteId"] for content in contents] == [0, 0]
    assert [content["msgCnt"] for content in contents] == [0, 1]
    assert said.end(1, news, 10.0) is None


def test_hazards_have_chinese_codes_where_they_are_known() -> None:
    said = messages("csae")
    codes = {"traffic-jam": 707, "accident": 100, "slow-vehicle": 0}
    for cause, code in codes.items():
        _, content = build.decode("MESSAGE_FRAME", one(said, denm(cause, (1.0, 2.0)))).value
        assert content["rtes"][0]["eventType"] == code
        assert content["rtes"][0]["description"] == ("textString", cause)


# Requests and answers


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    "batch",
    [
        ParkingRequests(
            SLOTS, STATIONS, np.array([5, 60_000], np.int32), np.array([1.0, -2.0]), np.array([3.0, 900.0]),
            np.array([60.0, 7200.0]),
        ),
        ParkingResponses(SLOTS, STATIONS, np.array([5, -1], np.int32)),
        ChargingRequests(
            SLOTS, STATIONS, np.array([5, 60_000], np.int32), np.array([20_000.0, 1.0]), np.array([11_000.0, 150_000.0])
        ),
        ChargingRequests(
            SLOTS, STATIONS, np.array([5, 6], np.int32), np.array([2e4, 3e4]), np.array([1e5, 1.5e5]),
            np.array([2e4, 7e3]), np.array([1e5, 9e3]), np.array([0, 130], np.int32),
        ),
        ChargingResponses(SLOTS, STATIONS, np.array([-1, 1234], np.int32)),
    ],
    ids=lambda batch: type(batch).__name__,
)  # fmt: skip
def test_requests_and_answers_and_back(family: str, batch: Any) -> None:
    said = messages(family)
    octets = said.unicasts(batch, 2, 12.3)
    assert len(octets.offsets) == 3
    (found,) = said.received(octets, False, SLOTS)
    assert type(found) is type(batch)
    for name in batch.__dataclass_fields__:
        assert np.allclose(getattr(found, name), getattr(batch, name), atol=0.01), name


def test_each_kind_begins_with_a_header() -> None:
    """By which it is told where no port does: no bit stands before it."""
    for batch, octets in (
        (ParkingResponses(SLOTS, STATIONS, np.array([5, -1], np.int32)), b"\1\xfb"),
        (ParkingRequests(SLOTS, STATIONS, SLOTS, np.zeros(2), np.zeros(2), np.ones(2)), b"\1\xfa"),
        (ChargingResponses(SLOTS, STATIONS, np.array([5, -1], np.int32)), b"\1\x07"),
    ):
        said = messages("etsi").unicasts(batch, 2, 12.3)
        assert [said.one(0)[:2], said.one(1)[:2]] == [octets, octets]


def test_other_people_read_a_charging_request() -> None:
    """With our addition, which they pass over; more than the standard can say is said to be the most."""
    batch = ChargingRequests(SLOTS, STATIONS, np.zeros(2, np.int32), np.array([2e4, 9e9]), np.array([1.1e4, 9e9]))
    octets = messages("etsi").unicasts(batch, 2, 12.3)
    theirs = oracles.pycrate("EV_RSR")
    for k, energy in enumerate((20_000, 500_000)):
        theirs.from_uper(octets.one(k))
        kind, content = theirs.get_val()["messageBody"]
        assert kind == "reservationRequestMessage"
        assert content["eAmount"] == energy
        assert content["currentTime"] == round(EPOCH) + 12 - 1_356_998_400


def asked() -> tuple[ParkingRequests, ChargingRequests]:
    edges, far = np.array([5, 6], np.int32), np.array([10.0, -20.0])
    bays = ParkingRequests(SLOTS, STATIONS, edges, far, far, np.array([600.0, 60.0]))
    return bays, ChargingRequests(SLOTS, STATIONS, edges, np.array([2e4, 1e3]), np.array([1e4, 5e4]))


def test_the_kind_is_told_by_the_octets() -> None:
    """Whatever came before or is expected: a batch of several kinds falls into theirs, each with its senders."""
    said = messages("etsi")
    bays, piles = asked()
    answers = ChargingResponses(SLOTS, STATIONS, np.array([7, -1], np.int32))
    parts = [said.unicasts(batch, 2, 12.3) for batch in (bays, piles, answers)]
    mixed = Octets.of([part.one(k) for k in (0, 1) for part in parts])
    slots = np.array([10, 20, 30, 11, 21, 31], np.int32)
    found = {type(batch): batch for batch in said.received(mixed, False, slots)}
    assert {kind: batch.vehicle.tolist() for kind, batch in found.items()} == {
        ParkingRequests: [10, 11],
        ChargingRequests: [20, 21],
        ChargingResponses: [30, 31],
    }
    assert found[ParkingRequests].duration.tolist() == [600.0, 60.0]
    assert found[ChargingRequests].energy_wh.tolist() == [2e4, 1e3]
    assert found[ChargingResponses].charger.tolist() == [7, -1]
    assert said.unknown == 0


@pytest.mark.parametrize(
    ("octets", "id"),
    [
        (b"\1\x2a\0\0\0\0\0\0", "messageID 42"),
        (b"\1\x07\0\0\0\0\x40\0", "messageID 7"),  # EV-RSR's cancellation, which no kind here has
        (b"\1\x07\0\0\0\0", "messageID 7"),  # it ends before it says which
        (b"\4\xfa\0\0\0\0\0\0", "messageID 250"),  # of a protocolVersion that there is not
        (b"\2\1\0\0\0\0\0\0", "messageID 1"),  # a hazard, which is no request
        (b"\1", "no message id"),
        (b"", "no message id"),
    ],
)
def test_what_is_of_no_kind_is_counted_and_passed_over(octets: bytes, id: str) -> None:
    """Never taken for another; told once, however often it comes."""
    said = messages("etsi")
    bays = said.unicasts(asked()[0], 2, 12.3)
    mixed = Octets.of([octets, bays.one(0), octets])
    with pytest.warns(UserWarning, match=f"^a message with {id} is of no kind of this run: passed over$"):
        (found,) = said.received(mixed, False, np.arange(3, dtype=np.int32))
    assert found.vehicle.tolist() == [1]
    assert said.unknown == 2
    said.received(mixed, False, np.arange(3, dtype=np.int32))
    assert said.unknown == 4


def test_frames_are_told_where_frames_come() -> None:
    """The AID says that it is a MessageFrame: the first bits are no header then; and the other way round."""
    said = messages("csae")
    assert said.understood(one(said, Spatem(0)), framed=True) == Spatem(0)
    assert said.understood(one(said, Saem(("parking",)))) == Saem(("parking",))
    with pytest.raises(DecodeError, match="of no kind of this run"):
        said.understood(one(said, Spatem(0)))
    with pytest.raises(DecodeError, match="MessageFrame alternative 2 is of no kind"):
        said.understood(b"\x20\0\0\0", framed=True)


def test_octets_that_are_broken_are_refused() -> None:
    said = messages("csae")
    for batch in asked():
        broken = Octets.of([said.unicasts(batch, 2, 12.3).one(0)[:8]])
        with pytest.raises(DecodeError):
            said.received(broken, False, SLOTS[:1])
    with pytest.raises(DecodeError):
        said.understood(one(said, Spatem(0))[:9], framed=True)
