"""Signs on the air: octets that pycrate and tshark read as meant, and back; planted errors are found."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.edge.net import tshark
from tests.edge.net.test_tshark import sent
from tests.sim.children import hashes, run
from tests.sim.wire.cities import Flat, messages
from tests.sim.wire.test_units import is_framed, one, pycrates
from wayside.edge.errors import DecodeError
from wayside.edge.messages import Ivim, build, denm
from wayside.edge.messages.kinds import FIRST_UNIT
from wayside.edge.net import pcap

SAID = {family: messages(family) for family in ("etsi", "csae")}
SIGN = Ivim(((100.0, 20.0), (180.0, 20.0), (300.0, 90.0)), 60 / 3.6, (1, 3), ((0.0, 20.0), (100.0, 20.0)), 30.0)


@pytest.mark.parametrize("family", SAID)
@pytest.mark.parametrize("sign", [SIGN, Ivim(SIGN.line, speed=8.0), Ivim(SIGN.line, closed=(2,))], ids=repr)
def test_there_and_back(family: str, sign: Ivim) -> None:
    said = SAID[family]
    found = said.understood(one(said, sign), is_framed(said, sign))
    assert type(found) is Ivim
    assert (found.closed, found.over) == (sign.closed, False)
    assert (found.speed is None) == (sign.speed is None)
    assert sign.speed is None or found.speed == pytest.approx(sign.speed, abs=0.5 / 3.6)
    assert np.allclose(found.line, sign.line, atol=0.02)
    assert np.allclose(found.approach or (), sign.approach or (), atol=0.02)
    assert found.event is not None
    assert found.event[0] == FIRST_UNIT + 1
    assert sign.validity <= found.validity < sign.validity + (1 if family == "etsi" else 120)
    told = said.describe([sign], 0)
    assert told.get("speed_limit_kmh") == (None if sign.speed is None else round(sign.speed * 3.6))
    assert told.get("closed_lanes_from_innermost", []) == list(sign.closed)
    assert len(told["holds_on_m"]) == 3


def test_as_pycrate_reads_it() -> None:
    value = pycrates("IVIM", one(SAID["etsi"], SIGN))
    assert value["header"] == {"protocolVersion": 2, "messageID": 6, "stationID": FIRST_UNIT + 1}
    management = value["ivi"]["mandatory"]
    assert management["iviStatus"] == 0
    assert management["validTo"] - management["timeStamp"] == 30_000
    containers = dict(value["ivi"]["optional"])
    stretch, approach = containers["glc"]["parts"]
    assert (stretch["zoneId"], approach["zoneId"]) == (1, 2)
    line = stretch["zone"][1]["line"][1]
    x, y = Flat().metres(*(np.array([point[name] / 1e7 for point in line]) for name in ("latitude", "longitude")))
    assert np.allclose(np.stack((x, y), axis=1), SIGN.line, atol=0.02)
    limit, lanes = containers["giv"]
    code = limit["roadSignCodes"][0]["code"][1]
    assert (code["roadSignClass"], code["roadSignCode"], code["value"], code["unit"]) == ("classC", 14, 60, 0) or (
        code["roadSignClass"], code["roadSignCode"], code["value"], code["unit"]) == (2, 14, 60, 0)  # fmt: skip
    assert (limit["detectionZoneIds"], limit["relevanceZoneIds"]) == ([2], [1])
    assert (lanes["applicableLanes"], lanes["laneStatus"]) == ([1, 3], 1)


def test_news_and_the_end() -> None:
    said = SAID["etsi"]
    began = said.say(2, SIGN, 5.0)
    news = said.say(2, Ivim(SIGN.line, speed=8.0), 9.0, began)
    end = said.end(2, news, 12.0)
    assert end is not None
    managements = [pycrates("IVIM", u.octets or b"")["ivi"]["mandatory"] for u in (began, news, end)]
    assert [management["iviStatus"] for management in managements] == [0, 1, 2]
    assert len({management["iviIdentificationNumber"] for management in managements}) == 1
    over = said.understood(end.octets or b"")
    assert (over.over, over.line) == (True, ())
    assert over.event == said.understood(began.octets or b"").event
    assert said.say(2, SIGN, 20.0).thread.number == began.thread.number + 1
    assert SAID["csae"].end(2, SAID["csae"].say(2, SIGN, 5.0), 6.0) is None


def test_a_chinese_sign_is_no_hazard() -> None:
    """Both are RSIs: which optional part is there tells them apart."""
    said = SAID["csae"]
    sign, hazard = one(said, SIGN), one(said, denm("accident", (1.0, 2.0)))
    assert sign[0] >> 4 == hazard[0] >> 4 == 4
    assert type(said.understood(sign, True)) is Ivim
    assert type(said.understood(hazard, True)).__name__ == "Denm"
    _, content = build.decode("MESSAGE_FRAME", sign).si
    (told,) = content["rtss"]
    assert told["signType"] == 85
    assert told["description"][1] == "speed limit 60 km/h; lanes closed, from the innermost: 1 3"
    assert len(told["referencePaths"]) == 2


def test_tshark_reads_it(tmp_path: Path) -> None:
    octets = one(SAID["etsi"], SIGN)
    frame = sent("IVIM", build.decode("IVIM", octets), 0)
    path = tshark.captured(tmp_path / "a.pcap", [frame])
    assert tshark.complaints(path) == []
    ((number, value, lane, status),) = tshark.fields(
        path, "ivi.iviIdentificationNumber", "ivi.value", "ivi.LanePosition", "ivi.laneStatus"
    )
    assert (int(value), int(lane), int(status)) == (60, 1, 1)
    assert int(number) >= 1
    broken = bytearray(frame)
    broken[-30:] = b"\xff" * 30
    assert tshark.complaints(tshark.captured(tmp_path / "b.pcap", [bytes(broken)])) != []


@settings(max_examples=40)
@given(st.integers(0, 2**32), st.sampled_from(sorted(SAID)))
def test_any_sign(seed: int, family: str) -> None:
    random = np.random.default_rng(seed)
    points = random.uniform(-1, 1, (random.integers(2, 40), 2)).cumsum(axis=0) * random.choice([1.0, 30.0, 400.0])
    speed = None if random.random() < 0.3 else float(random.integers(1, 256)) / 3.6
    closed = tuple(random.permutation(13)[: random.integers(speed is None, 9)].tolist())
    sign = Ivim(tuple((x, y) for x, y in points.tolist()), speed, tuple(n + 1 for n in closed))
    said = SAID[family]
    octets = one(said, sign)
    found = said.understood(octets, family == "csae")
    assert found.closed == sign.closed
    assert found.speed == (None if speed is None else pytest.approx(speed))
    assert 2 <= len(found.line) <= 8
    assert np.allclose((found.line[0], found.line[-1]), (sign.line[0], sign.line[-1]), atol=0.05)
    if family == "etsi":
        pycrates("IVIM", octets)


@pytest.mark.parametrize("cut", [10, 30, 60])
def test_octets_that_are_broken_are_refused(cut: int) -> None:
    with pytest.raises(DecodeError):
        SAID["etsi"].understood(one(SAID["etsi"], SIGN)[:cut])


APPS = (
    'rsu.0.apps=["signals", { use = "hazards", queue_vehicles = 2, sites = [{ cause = "roadworks", '
    'edge = "west-crossing", at = 200.0, begin = 20.0, end = 60.0, closed = [true, false] }] }, { use = "signage", '
    'variable = [{ edge = "crossing-west" }], steps = [[1.0, 10.0]], hold = 5.0, signs = [{ edge = "east-crossing", '
    "start = 50.0, stop = 250.0, speed = 9.0, closed = [1], end = 70.0 }] }]"
)
MORE = ("--until", 90, "--set", APPS, "--set", 'v2x.services=[{ use = "hazards", reroute = 1.0 }, "signage"]')


def test_every_frame_of_a_run(tmp_path: Path) -> None:
    """Of hazards and signs, their updates and ends: tshark does not complain, and pycrate takes each."""
    out = run("crossing", tmp_path / "run", *MORE, "--set", "record.pcap=true")
    path = out / "v2x.pcap"
    assert tshark.run(path, "-Y", f"({tshark.COMPLAINTS}) && btpb.dstport in {{2002, 2006}}") == []
    seen: dict[str, list[str]] = {"DENM": [], "IVIM": []}
    for _, _, frame in pcap.packets(path):
        head, payload = frame[:74], frame[74:]  # geo-broadcast, all of them
        name = {2002: "DENM", 2006: "IVIM"}.get(int.from_bytes(head[70:72], "big")) if head[19] >> 4 == 4 else None
        if name is not None:
            value = pycrates(name, payload)
            content = value["denm"]["management"] if name == "DENM" else value["ivi"]["mandatory"]
            seen[name].append(str(content.get("termination", content.get("iviStatus"))))
    assert {"None", "isCancellation"} == set(seen["DENM"])
    assert {"0", "1", "2"} == set(seen["IVIM"])


@pytest.mark.parametrize("family", ["etsi", "csae"])
def test_the_same_bytes_again(tmp_path: Path, family: str) -> None:
    more = (*MORE, "--set", f"v2x.family={family}", "--set", "v2x.penetration=0.8")
    first, again = (run("crossing", tmp_path / name, *more, fresh=name == "b") for name in ("a", "b"))
    assert hashes(first) == hashes(again)
    late = run("crossing", tmp_path / "c", *more, "--set", "scenario.pipeline=overlapped")
    kpis = json.loads((late / "summary.json").read_text())["kpis"]
    assert kpis["hazards.slowed"] > 0
    assert kpis["signage.limited"] > 0
