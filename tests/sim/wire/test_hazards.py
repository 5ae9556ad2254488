"""The ways that lead to a hazard, and the lanes that it closes: in octets that others read, and back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sim.wire.cities import Flat, messages
from tests.sim.wire.test_units import is_framed, one, pycrates
from wayside.edge.messages import Denm, Line, build
from wayside.sim.wire.units import UnitMessages

SAID = {family: messages(family) for family in ("etsi", "csae")}
WAY: Line = ((-100.0, 20.0), (-150.0, 60.0), (-150.0, 300.0), (-2400.0, 300.0))
WORKS = Denm(3, (10.0, 20.0), 30.0, traces=(WAY, ((10.0, 220.0),)), closed=(True, False, True))


def back(said: UnitMessages, message: Denm) -> Denm:
    found = said.understood(one(said, message), is_framed(said, message))
    assert isinstance(found, Denm)
    return found


def far(lines: Sequence[Line], meant: Sequence[Line], start: tuple[float, float]) -> float:
    """The greatest distance of a point meant from the line that was told, m."""
    most = 0.0
    for line, points in zip(lines, meant, strict=True):
        told = np.array([start, *line])
        legs = np.diff(told, axis=0)
        square = np.maximum((legs**2).sum(axis=1), 1e-12)
        for point in points:
            part = np.clip(((np.array(point) - told[:-1]) * legs).sum(axis=1) / square, 0.0, 1.0)
            most = max(most, float(np.hypot(*(told[:-1] + part[:, None] * legs - point).T).min()))
    return most


@pytest.mark.parametrize("family", SAID)
def test_ways_and_lanes_there_and_back(family: str) -> None:
    said = SAID[family]
    found = back(said, WORKS)
    assert (found.cause, found.closed, found.blocked) == (3, (True, False, True), False)
    assert np.allclose(found.position, WORKS.position, atol=0.02)
    assert far(found.traces, WORKS.traces, WORKS.position) < 0.1
    assert found.event == (1_000_000_001, said.say(1, WORKS, 0.0).thread.sequence - 1)
    told = said.describe([WORKS], 0)
    assert told["matters_for_m"] == 2664
    assert told["lanes_closed"] == [True, False, True]
    assert len(told["ways_m"]) == 2


def test_as_pycrate_reads_it() -> None:
    """Each point from the one before it (PathHistory), the first from the event; no leg longer than a delta holds."""
    octets = one(SAID["etsi"], WORKS)
    value = pycrates("DENM", octets)["denm"]
    assert value["management"]["relevanceDistance"] == "lessThan5km"
    assert value["management"]["relevanceTrafficDirection"] == "upstreamTraffic"
    assert value["alacarte"]["roadWorks"]["closedLanes"]["drivingLaneStatus"] == (0b101, 3)
    where = value["management"]["eventPosition"]
    (first, second) = value["location"]["traces"]
    assert len(second) == 1
    assert len(first) == 3 + 4  # 2250 m in four legs
    latitude = (where["latitude"] + sum(point["pathPosition"]["deltaLatitude"] for point in first)) / 1e7
    longitude = (where["longitude"] + sum(point["pathPosition"]["deltaLongitude"] for point in first)) / 1e7
    x, y = Flat().metres(np.array(latitude), np.array(longitude))
    assert (float(x), float(y)) == pytest.approx(WAY[-1], abs=0.02)


def test_a_chinese_path_runs_as_it_is_driven() -> None:
    kind, content = build.decode("MESSAGE_FRAME", one(SAID["csae"], WORKS)).si
    assert kind == "rsiFrame"
    (event,) = content["rtes"]
    assert event["description"] == ("textString", "roadworks; lanes closed, from the outermost: 101")
    paths = event["referencePaths"]
    assert [path["pathRadius"] for path in paths] == [10.0, 10.0]
    assert len(paths[1]["activePath"]) == 2


@settings(max_examples=40)
@given(st.integers(0, 2**32), st.sampled_from(sorted(SAID)))
def test_any_ways_and_lanes(seed: int, family: str) -> None:
    random = np.random.default_rng(seed)
    traces = tuple(
        tuple((x, y) for x, y in random.uniform(-1, 1, (random.integers(1, 60), 2)).cumsum(axis=0) * scale)
        for scale in random.choice([1.0, 30.0, 500.0], random.integers(0, 8))
    )
    closed = tuple(bool(one) for one in random.integers(0, 2, random.integers(0, 14)))
    message = Denm(1, (5.0, -5.0), 60.0, traces=traces, closed=closed)
    said = SAID[family]
    utterance = said.say(1, message, 12.3)
    assert utterance.octets is not None
    found = said.understood(utterance.octets, family == "csae")
    assert found.closed == closed
    assert len(found.traces) == len(traces)
    for line in found.traces:
        assert len(line) <= 31
    if family == "etsi":
        pycrates("DENM", utterance.octets)


def test_a_planted_error_is_found() -> None:
    """Points told from the event instead of from the one before."""
    found = back(SAID["etsi"], WORKS)
    wrong = tuple(tuple((x * 2.0, y) for x, y in line) for line in found.traces)
    assert far(wrong, WORKS.traces, WORKS.position) > 10.0
