"""SREM and SSEM of a run: octets that pycrate reads as they are meant, and back to the content."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.edge.net import tshark
from tests.sim.wire.cities import EPOCH, messages
from tests.sim.wire.test_units import FAMILIES, pycrates
from wayside.edge.apps.priority import SignalPriority
from wayside.edge.errors import DecodeError
from wayside.edge.messages import build
from wayside.edge.messages.catalogue import message
from wayside.edge.messages.octets import Octets
from wayside.edge.priority.messages import ROLES, STATUSES, PriorityRequests, PriorityStatus, Ssem
from wayside.sim.onboard.priority import PriorityAsking
from wayside.sim.wire.capture import framed
from wayside.sim.wire.priority import SREM, SSEM, Moments
from wayside.sim.wire.table import BUILT_IN, WHERE_USED, kinds_of
from wayside.sim.wire.units import UnitMessages

USERS: list[Any] = [SignalPriority, PriorityAsking]
WHOLE = {
    "place": 2**31, "request": 256, "sequence": 128, "kind": 4, "inbound": 256, "outbound": 256, "grouped": 2,
    "role": len(ROLES), "importance": 15,
}  # fmt: skip


def batch(*rows: dict[str, float]) -> PriorityRequests:
    """Requests of vehicles 70, 71, ...; what is not said is 1, or not known."""
    nothing = dict.fromkeys(("x", "y", "speed", "heading"), 0.0) | dict.fromkeys(("eta", "delay"), math.nan)
    filled = [dict.fromkeys(WHOLE, 1) | nothing | row for row in rows]
    columns = {name: np.array([row[name] for row in filled]) for name in filled[0]}
    for name in WHOLE:
        columns[name] = columns[name].astype(np.int64 if name == "place" else np.int32)
    who = np.arange(len(rows))
    return PriorityRequests(who.astype(np.int32), 70 + who.astype(np.int64), **columns)


def run(family: str = "etsi") -> UnitMessages:
    return messages(family, added=USERS)


def test_they_are_in_the_table_where_they_are_used() -> None:
    assert len(kinds_of([], "etsi")) == len(BUILT_IN)
    both = (SREM, SSEM)
    assert set(both) <= set(WHERE_USED)
    for user in USERS:
        assert set(both) <= set(kinds_of([user], "etsi"))
    assert tuple(kinds_of(USERS, "csae"))[-2:] == both


@pytest.mark.parametrize("family", FAMILIES)
def test_a_request_as_pycrate_reads_it(family: str) -> None:
    asked = batch(
        {"place": 5 << 16 | 7, "request": 3, "sequence": 9, "kind": 2, "inbound": 4, "outbound": 6, "grouped": 0,
         "role": ROLES.index("publicTransport"), "importance": 7, "eta": 75.25, "delay": 94.0, "speed": 10.0,
         "heading": 90.0},
        {"kind": 3, "grouped": 1, "outbound": 0},
    )  # fmt: skip
    octets = run(family).unicasts(asked, 1, 12.3)
    said = pycrates("SREM", octets.one(0))
    assert said["header"] == {"protocolVersion": 2, "messageID": 9, "stationID": 70}
    assert (said["srm"]["timeStamp"], said["srm"]["second"], said["srm"]["sequenceNumber"]) == (0, 12300, 9)
    (package,) = said["srm"]["requests"]
    assert package["request"] == {
        "id": {"region": 5, "id": 7},
        "requestID": 3,
        "requestType": "priorityRequestUpdate",
        "inBoundLane": ("lane", 4),
        "outBoundLane": ("lane", 6),
    }
    assert (package["minute"], package["second"]) == (1, 15250)
    who = said["srm"]["requestor"]
    assert who["id"] == ("stationID", 70)
    assert who["type"] == {"role": "publicTransport", "request": "requestImportanceLevel7"}
    assert who["transitSchedule"] == -9, "late is negative, in steps of 10 s"
    assert who["position"]["heading"] == 7200
    assert who["position"]["speed"] == {"transmisson": "forwardGears", "speed": 500}
    taken_back = pycrates("SREM", octets.one(1))["srm"]
    assert taken_back["requests"][0]["request"]["inBoundLane"] == ("connection", 1)
    assert "minute" not in taken_back["requests"][0]
    assert "transitSchedule" not in taken_back["requestor"]


ROWS = st.fixed_dictionaries(
    {name: st.integers(0, most - 1) for name, most in WHOLE.items()}
    | {"x": st.floats(-5e3, 5e3), "y": st.floats(-5e3, 5e3), "speed": st.floats(0.0, 60.0)}
    | {"heading": st.floats(0.0, 359.0), "eta": st.floats(0.0, 1e5) | st.just(math.nan)}
    | {"delay": st.integers(-1210, 1210).map(float) | st.just(math.nan)}
)


@given(st.lists(ROWS, min_size=1, max_size=5), st.floats(0.0, 9e4))
def test_requests_and_back(rows: list[dict[str, float]], time: float) -> None:
    said, asked = run(), batch(*rows)
    octets = said.unicasts(asked, 1, time)
    (found,) = said.received(octets, False, asked.vehicle)
    for k in range(len(rows)):
        pycrates("SREM", octets.one(k))
    for name in ("station", *WHOLE):
        assert np.array_equal(getattr(found, name), getattr(asked, name)), name
    for name, within in (
        ("eta", 0.0006),
        ("delay", 5.01),
        ("x", 0.05),
        ("y", 0.05),
        ("speed", 0.011),
        ("heading", 0.01),
    ):
        assert np.allclose(getattr(found, name), getattr(asked, name), atol=within, equal_nan=True), name
    assert said.describe(asked, 0)["type"].startswith("priority")


STATUSES_OF_ONE = st.tuples(
    st.integers(0, 2**32 - 1), st.integers(0, 255), st.integers(0, 127), st.integers(0, len(ROLES) - 1),
    st.integers(0, 255), st.integers(0, 255), st.integers(0, 1),
    st.integers(0, 10**8).map(lambda ms: ms / 1000.0) | st.just(math.nan), st.integers(0, len(STATUSES) - 1),
).map(lambda values: PriorityStatus(*values))  # fmt: skip


@given(st.lists(STATUSES_OF_ONE, min_size=1, max_size=32), st.integers(0, 127), st.floats(0.0, 9e4))
def test_statuses_and_back(statuses: list[PriorityStatus], sequence: int, time: float) -> None:
    said, told = run(), Ssem(0, sequence, tuple(statuses))
    utterance = said.say(1, told, time)
    octets = said.broadcasts(np.array([1], np.int32), [utterance], time + 1.0).one(0)
    assert len(octets) == utterance.length
    theirs = pycrates("SSEM", octets)["ssm"]["status"][0]
    assert [one["status"] for one in theirs["sigStatus"]] == [STATUSES[one.status] for one in statuses]
    found = said.understood(octets)
    assert isinstance(found, Ssem)
    assert (found.light, found.sequence) == (0, sequence)
    for one, other in zip(found.statuses, statuses, strict=True):
        assert one[:7] + one[8:] == other[:7] + other[8:]
        assert one.eta == pytest.approx(other.eta, abs=0.001, nan_ok=True)
    assert said.describe([told], 0)["light"] == "light/0"


def test_an_arrival_in_the_next_year() -> None:
    """Of a simulation that begins ten seconds before midnight."""
    moments = Moments(EPOCH + 365 * 86_400 - 10.0)
    for time in (0.0, 9.9, 10.0, 25.0, 1e5):
        assert moments.read(moments.told(time)) == pytest.approx(time)


def test_octets_that_are_none() -> None:
    said = run()
    value = build.decode("SREM", said.unicasts(batch({}), 0, 1.0).one(0)).value
    value["srm"]["requestor"]["id"] = ("entityID", b"abcd")
    with pytest.raises(DecodeError, match="names its requestor by entityID: must be by its stationID"):
        said.received(Octets.of([message("SREM").encode(value)]), False, np.zeros(1, np.int32))
    del value["srm"]["requests"]
    with pytest.raises(DecodeError, match="has 0 requests: must have one"):
        said.received(Octets.of([message("SREM").encode(value)]), False, np.zeros(1, np.int32))


def test_tshark_takes_them(tmp_path: Path) -> None:
    said = run()
    where = {"latitude": 30.9, "longitude": 121.9}
    srem = said.kinds[said.kinds.number(PriorityRequests)]
    ssem = said.kinds[said.kinds.number(Ssem)]
    asked = said.unicasts(batch({"eta": 40.0, "delay": 30.0}), 0, 12.0)
    status = PriorityStatus(70, 1, 1, 1, 1, 2, 0, 40.0, 4)
    answer = Octets.of([run()._broadcast(run().number(Ssem(0, 1, ()))).encode(1, Ssem(0, 1, (status,)), 12.1)])
    frames = [
        framed("etsi", EPOCH, kind, octets, time=12.0, from_unit=unit, sender=1, station_type=kindred, to=to, **where)
        for kind, octets, unit, kindred, to in ((srem, asked, False, 6, 0), (ssem, answer, True, 15, None))
    ]
    path = tshark.captured(tmp_path / "a.pcap", [one.one(0) for one in frames])
    assert tshark.complaints(path) == []
    ports = tshark.fields(path, "btpb.dstport")
    assert ports == [["2007"], ["2008"]]
