"""What can be asked of a run, over HTTP and by watching: the world, objects, presenter's actions."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.web.server.serving import Served, served, viewing
from wayside.web.server.session import Start

PROTOCOL = Path(__file__).parents[3] / "web" / "viewer" / "src" / "protocol.ts"


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    """Crossing after eight minutes, paused: cars search, are guided, and charge."""
    changes = {"v2x.penetration": 1.0, "parking.request_distance": 2000.0}
    with served(Start("crossing", changes, speed=None, paused=True, goto=510.0)) as one:
        one.until(lambda: one.run["state"] == "paused" and one.run["time"] >= 510.0)
        yield one


def world(server: Served) -> dict[str, Any]:
    found: dict[str, Any] = server.get("/api/world").json
    return found


def test_scenarios(server: Served) -> None:
    listed = server.get("/api/scenarios").json
    assert [one["name"] for one in listed] == ["crossing", "lingang", "school"]
    assert all(one["title"] for one in listed)


def test_the_world(server: Served) -> None:
    found = world(server)
    assert (found["run"], found["scenario"]) == (server.run["run"], "crossing")
    assert found["kinds"][0] == "cam"
    assert found["range"] == 300.0
    lanes, edges = found["lanes"], found["edges"]
    assert len(lanes["ids"]) == len(lanes["shapes"]) == len(lanes["kind"]) == len(lanes["width"]) == len(lanes["edge"])
    assert len(edges["ids"]) == len(edges["names"]) == len(edges["internal"])
    assert edges["internal"] == sorted(edges["internal"])
    assert any("Street" in name for name in edges["names"])
    assert {row[1] for row in found["types"]} >= {"car"}
    (light,) = found["lights"]
    states = sum(len(head["links"]) for head in light["heads"])
    assert states == len(server.get("/api/objects/light/0").json["state"])
    for head in light["heads"]:
        shape = lanes["shapes"][head["lane"]]
        assert (head["x"], head["y"]) == tuple(shape[-2:])
    for park in found["parks"]:
        assert len(park["bays"]) == park["capacity"]
    for site in found["sites"]:
        for group in site["groups"]:
            assert len(group["bays"]) == group["piles"]
    assert found["units"][0]["light"] == 0
    assert found["units"][0]["apps"] == ["signals", "parking", "charging"]


def test_the_world_is_packed_for_who_takes_that(server: Served) -> None:
    plain = server.get("/api/world")
    packed = server.get("/api/world", Accept_Encoding="gzip")
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert gzip.decompress(packed.body) == plain.body
    assert len(packed.body) < len(plain.body) / 2


def test_the_world_has_what_the_viewer_reads(server: Served) -> None:
    """Every field of the viewer's own types is there, and no other."""
    text = PROTOCOL.read_text("utf-8")
    body = re.search(r"export interface World \{(.*?)\n\}", text, re.DOTALL)
    assert body is not None
    names = re.findall(r"^  (\w+):", body[1], re.MULTILINE)
    assert sorted(names) == sorted(world(server))


async def snapshot(server: Served) -> dict[str, Any]:
    async with viewing(server) as viewer:
        return await viewer.text("snapshot")


def test_the_snapshot_has_what_the_viewer_reads(server: Served) -> None:
    text = PROTOCOL.read_text("utf-8")
    body = re.search(r"export interface Snapshot \{(.*?)\n\}", text, re.DOTALL)
    assert body is not None
    found = asyncio.run(snapshot(server))
    assert sorted(re.findall(r"^  (\w+):", body[1], re.MULTILINE)) == sorted(found)
    assert [row[0] for row in found["types"]] == list(range(len(found["types"])))
    assert len({row[0] for row in found["vehicles"]}) == len(found["vehicles"]) > 0


def test_a_message_is_opened(server: Served) -> None:
    """The list has what the viewer reads, and an opened one what it reads there; others are said to be missing."""
    text = PROTOCOL.read_text("utf-8")

    def fields(name: str) -> list[str]:
        body = re.search(rf"export interface {name} (?:extends V2xMessage )?\{{(.*?)\n\}}", text, re.DOTALL)
        assert body is not None
        return re.findall(r"^  (\w+):", body[1], re.MULTILINE)

    async def look() -> dict[str, Any]:
        async with viewing(server) as viewer:
            await viewer.text("snapshot")
            await asyncio.to_thread(server.post, "/api/run/step", {"steps": 1})
            said = await viewer.text("messages")
            return dict(said["messages"][0])

    listed = asyncio.run(look())
    assert sorted(listed) == sorted(fields("V2xMessage"))
    opened = server.get(f"/api/messages/{listed['number']}").json
    assert {name: opened[name] for name in listed} == listed
    assert sorted(set(opened) - set(listed)) == sorted(fields("OpenedMessage"))
    assert opened["headers"]["decoded"][0] == [0, "Ethernet", ""]
    assert len(opened["decoded"]) > 3
    assert opened["bytes"] == opened["bytes"][: 2 * opened["length"]]
    for number in (-1, 10**9, 10**30):
        missing = server.get(f"/api/messages/{number}")
        assert missing.status == 404, number
        assert missing.json["detail"].startswith(f"message {number}: it was not listed")
    assert server.get("/api/messages/first").status == 404


def one_of(server: Served, true: Any) -> dict[str, Any]:
    """The details of the first vehicle of which something holds."""
    for station, *_ in asyncio.run(snapshot(server))["vehicles"]:
        found: dict[str, Any] = server.get(f"/api/objects/vehicle/{station}").json
        if true(found):
            return found
    pytest.fail("no such vehicle")


def test_a_vehicle_that_is_guided_says_why(server: Served) -> None:
    found = one_of(server, lambda one: one["parking"] and one["parking"]["state"] == "guided")
    decision = found["parking"]["decision"]
    assert decision["policy"] == "wayside.edge.parking.policies:nearest"
    assert (decision["measure"], decision["unit"]) == ({"name": "walk", "unit": "m"}, "unit/0")
    costs = [candidate["cost"] for candidate in decision["candidates"]]
    assert costs == sorted(costs)
    (chosen,) = [candidate for candidate in decision["candidates"] if candidate["chosen"]]
    assert chosen["ref"] == found["parking"]["assigned"]
    assert chosen["free"] >= 1
    park = server.get(f"/api/objects/{chosen['ref']}").json
    assert found["ref"] in park["guided"]
    assert park["reserved"] >= 1


def test_a_vehicle_that_charges(server: Served) -> None:
    found = one_of(server, lambda one: one["charging"] and one["charging"]["state"] == "plugged")
    assert 0.0 < found["soc"] < 1.0
    assert found["charging"]["power_w"] > 0.0
    site = server.get(f"/api/objects/{found['charging']['site']}").json
    (row,) = [vehicle for vehicle in site["vehicles"] if vehicle["ref"] == found["ref"]]
    assert row["soc"] == found["soc"]
    assert site["power_w"] >= row["power_w"] > 0.0
    assert sum(group["occupied"] for group in site["groups"]) >= 1


def test_unit_light_and_edge(server: Served) -> None:
    unit = server.get("/api/objects/unit/0").json
    assert unit["on"] is True
    assert unit["vehicles_known"] == len(unit["ldm"]) > 0
    near = [(row["x"] - unit["x"]) ** 2 + (row["y"] - unit["y"]) ** 2 for row in unit["ldm"]]
    assert near == sorted(near)
    assert all(row["age"] <= 2.1 for row in unit["ldm"])
    light = server.get("/api/objects/light/0").json
    assert light["unit"] == "unit/0"
    assert light["next_switch"] > server.run["time"] - 1.0
    assert (light["holder"], light["controller"], light["requests"]) == ("program", None, [])
    numbers = range(len(world(server)["edges"]["ids"]))
    edges = [server.get(f"/api/objects/edge/{number}").json for number in list(numbers)[:8]]
    assert sum(edge["vehicles"] for edge in edges) > 0
    assert all(edge["closed"] is False for edge in edges)


def test_what_is_watched_is_told(server: Served) -> None:
    refs = ["unit/0", "park/0", "site/0", "light/0", "edge/0", "vehicle/4000000"]

    async def look() -> dict[str, Any]:
        async with viewing(server) as viewer, viewing(server) as other:
            await viewer.text("snapshot")
            await other.text("snapshot")
            await viewer.say({"type": "watch", "refs": refs})
            for ref in refs:
                await viewer.text("details", lambda said, ref=ref: said["ref"] == ref)
            await asyncio.to_thread(server.post, "/api/run/step", {"steps": 30})
            await viewer.text("details", lambda said: said["ref"] == "unit/0" and said["object"]["sent"])
            await other.watch(0.2)
            assert not [text for text in other.texts if text["type"] == "details"]
            return {text["ref"]: text["object"] for text in viewer.texts if text["type"] == "details"}

    told = asyncio.run(look())
    assert told["vehicle/4000000"] is None
    assert told["park/0"] == server.get("/api/objects/park/0").json | {"time": told["park/0"]["time"]}
    assert {message["kind"] for message in told["unit/0"]["sent"]} <= {
        "spatem",
        "mapem",
        "saem",
        "parking-response",
        "charging-response",
    }


def test_messages_are_decoded(server: Served) -> None:
    async def look() -> list[dict[str, Any]]:
        async with viewing(server) as viewer:
            await viewer.text("snapshot")
            await asyncio.to_thread(server.post, "/api/run/speed", {"factor": 20.0})
            await asyncio.to_thread(server.post, "/api/run/resume")
            # Some of each moment's are shown: how many moments there are depends on the machine.
            seen: dict[str, Any] = {}
            while not ({"cam", "spatem", "saem"} <= set(seen) and len(viewer.data.get(4, b"")) > 40):
                said = await viewer.text("messages")
                seen |= {message["kind"]: message for message in said["messages"]}
            await asyncio.to_thread(server.post, "/api/run/pause")
            return [one for text in viewer.texts if text["type"] == "messages" for one in text["messages"]]

    messages = asyncio.run(look())
    by_kind = {message["kind"]: message for message in messages}
    cam = by_kind["cam"]
    assert cam["from"] == f"vehicle/{cam['content']['station']}"
    assert cam["to"] is None
    assert set(by_kind["spatem"]["content"]) == {"light", "state", "next_switch_s"}
    assert json.dumps(messages, allow_nan=False)


def test_a_unit_switched_off_stops_hearing(server: Served) -> None:
    assert server.post("/api/actions/unit", {"unit": 0, "on": False}).status == 200
    before = server.get("/api/objects/unit/0").json
    assert before["on"] is False
    server.post("/api/run/step", {"steps": 40})
    server.until(lambda: server.get("/api/objects/unit/0").json["time"] >= before["time"] + 4.0)
    after = server.get("/api/objects/unit/0").json
    assert after["received"] == before["received"]
    assert after["vehicles_known"] == 0
    found = asyncio.run(snapshot(server))
    assert found["units"][0][1] == 0
    assert any("switched off" in event["text"] and event["refs"] == ["unit/0"] for event in found["events"])
    server.post("/api/actions/unit", {"unit": 0, "on": True})
    server.post("/api/run/step", {"steps": 20})
    server.until(lambda: server.get("/api/objects/unit/0").json["vehicles_known"] > 0)


def test_closed_roads_are_told_at_once(server: Served) -> None:
    async def look() -> None:
        async with viewing(server) as viewer:
            assert (await viewer.text("snapshot"))["closed"] == []
            answer = await asyncio.to_thread(server.post, "/api/actions/road", {"edge": 0, "closed": True})
            assert answer.status == 200
            await viewer.text("places", lambda said: said.get("closed") == [0])
            assert server.get("/api/objects/edge/0").json["closed"] is True
            await asyncio.to_thread(server.post, "/api/actions/road", {"edge": 0, "closed": False})
            await viewer.text("places", lambda said: said.get("closed") == [])

    asyncio.run(look())


def test_surge_and_concert(server: Served) -> None:
    assert "5 electric cars" in server.post("/api/actions/surge", {"count": 5, "charge": 0.1}).json["done"]
    park = world(server)["parks"][0]
    answer = server.post("/api/actions/concert", {"count": 6, "x": park["x"], "y": park["y"]})
    assert answer.status == 200, answer.body
    end = server.get("/api/objects/unit/0").json["time"] + 60.0
    server.post("/api/run/step", {"steps": 600})
    server.until(lambda: server.get("/api/objects/unit/0").json["time"] >= end - 0.05, "for 600 steps")
    names = [row[1] for row in asyncio.run(snapshot(server))["vehicles"]]
    assert sum(name.startswith("concert_") for name in names) >= 2
    low = one_of(server, lambda one: one["id"].startswith("surge_"))
    assert low["soc"] < 0.12
    assert low["equipped"] is True


def test_the_reference_works_offline(server: Served) -> None:
    page = server.get("/api/docs")
    assert page.headers["content-type"].startswith("text/html")
    text = page.body.decode()
    assert "<script" not in text
    assert "http" not in re.sub(r"https?://www\.w3\.org\S*", "", text)
    openapi = server.get("/api/openapi.json").json
    for path in openapi["paths"]:
        assert f"{path}</code>" in text
    assert set(openapi["paths"]) == {
        "/api/status",
        "/api/tour",
        "/api/pairs",
        "/api/scenarios",
        "/api/world",
        "/api/objects/{kind}/{number}",
        "/api/messages/{number}",
        *(f"/api/recording{part}" for part in ("", "/track", "/reasons", "/stretches/{number}")),
        *(f"/api/run{call}" for call in ("", "/pause", "/resume", "/stop", "/step", "/speed", "/goto", "/restart")),
        *(f"/api/run{call}" for call in ("/against", "/alone")),
        *(f"/api/actions/{name}" for name in ("unit", "road", "surge", "concert")),
    }


def test_an_override_reaches_the_run(server: Served) -> None:
    answer = server.post(
        "/api/run", {"scenario": "crossing", "seed": 9, "overrides": {"scenario.end": 50.0, "v2x.penetration": 0.0}}
    )
    assert answer.status == 200
    server.begun()
    assert (server.run["end"], server.run["seed"]) == (50.0, 9)
    server.until(lambda: server.run["state"] == "ended")
    assert server.get("/api/objects/unit/0").json["received"] == 0
