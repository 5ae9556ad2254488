"""Kinds of messages that another package brings: a broadcast (the example's), and a request with its answer."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import asn1tools
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.examples import road_weather
from scenarios.examples.road_weather import ROAD_WEATHER, RoadWeather, Thermometer
from tests.edge.messages import oracles
from tests.sim.children import hashes, in_child, run, wayside
from tests.sim.wire.cities import messages
from wayside import App, Scenario, Simulation, every
from wayside.edge.errors import DecodeError, EncodeError, PluginError
from wayside.edge.messages import Broadcast, Request, Response, asn1
from wayside.edge.messages.batches import Batches
from wayside.edge.messages.catalogue import IDS
from wayside.edge.messages.columns import Columns
from wayside.edge.messages.etsi import cdd
from wayside.edge.messages.kinds import FIRST_UNIT, BroadcastCodec, CodecContext, Kind, UnicastCodec, own_kind
from wayside.edge.messages.octets import Octets
from wayside.edge.messages.program import Message
from wayside.edge.messages.schema import Integer, Optional, Sequence, VisibleString
from wayside.edge.net import btp
from wayside.edge.net.dissect import dissect
from wayside.ext.arrays import Doubles, Ints
from wayside.sim.onboard.service import OnboardService, Surroundings
from wayside.sim.stations.packets import Packets
from wayside.sim.wire.table import BUILT_IN, kinds_of
from wayside.web.server.messages import listed
from wayside.web.server.octets import Shelf
from wayside.web.server.view import Views

EXAMPLES = Path(road_weather.__file__).parent

WASH_REQUEST = Message(
    "WASH_REQUEST",
    Sequence(header=cdd.ItsPduHeader, want=Sequence(seconds=Integer(0, 4095, unit="s")).extensible()),
    "a test's, no standard",
)
WASH_RESPONSE = Message(
    "WASH_RESPONSE",
    Sequence(header=cdd.ItsPduHeader, slot=Sequence(station=cdd.StationID, bay=Optional(Integer(0, 255)))),
    "a test's, no standard",
)


@dataclass(frozen=True)
class WashRequests(Request):
    """Drivers who want their cars washed."""

    seconds: Doubles


@dataclass(frozen=True)
class WashResponses(Response):
    """The bays they are to drive into; -1 where there is none."""

    bay: Ints

    def check(self, unit: Any) -> None:
        self.check_columns(bay=(-1, 256))


class AskCodec(UnicastCodec):
    def __init__(self, context: CodecContext) -> None:
        header = {"protocolVersion": 1, "messageID": 210}
        paths = {"header.stationID": "station", "want.seconds": "seconds"}
        self.batches = Batches(Columns(WASH_REQUEST, {"header": header}, paths))

    def encode(self, batch: WashRequests, unit: int, time: float) -> Octets:
        return self.batches.encode(len(batch.vehicle), station=batch.station, seconds=np.rint(batch.seconds))

    def decode(self, octets: Octets, vehicle: Ints) -> WashRequests:
        said = self.batches.decode(octets)
        return WashRequests(vehicle, said["station"].copy(), said["seconds"].astype(np.float64))


class AnswerCodec(UnicastCodec):
    def __init__(self, context: CodecContext) -> None:
        self.context = context
        header = {"protocolVersion": 1, "messageID": 211}
        paths = {
            "header.stationID": "unit",
            "slot.station": "station",
            "slot.bay": "bay",
            "slot.bay?": "free",
        }
        self.batches = Batches(Columns(WASH_RESPONSE, {"header": header}, paths))

    def encode(self, batch: WashResponses, unit: int, time: float) -> Octets:
        columns = {"station": batch.station, "bay": np.maximum(batch.bay, 0), "free": batch.bay >= 0}
        return self.batches.encode(len(batch.vehicle), unit=self.context.station(unit), **columns)

    def decode(self, octets: Octets, vehicle: Ints) -> WashResponses:
        said = self.batches.decode(octets)
        bay = np.where(said["free"] == 1, said["bay"], -1).astype(np.int32)
        return WashResponses(vehicle, said["station"].copy(), bay)


ASK = own_kind(WASH_REQUEST, WashRequests, AskCodec, id=210, port=5110, aid=123)
ANSWER = own_kind(WASH_RESPONSE, WashResponses, AnswerCodec, id=211, port=5111, aid=123)


class CarWash(App):
    """Answers every second driver."""

    kinds = (ASK, ANSWER)
    taken: list[WashRequests]

    def start(self) -> None:
        self.taken = []

    @every(0.5, waiting=WashRequests)
    def answer(self) -> None:
        for request in self.take(WashRequests):
            self.taken.append(request)
            bay = np.where(request.station % 2 == 0, 7, -1).astype(np.int32)
            self.send(WashResponses(request.vehicle, request.station, bay))


class Washing(OnboardService):
    """Five drivers ask the first unit, whatever it offers."""

    name = "washing"
    asks = (WashRequests,)
    hears = (WashResponses,)
    kinds = (ASK, ANSWER)

    def __init__(self, around: Surroundings) -> None:
        super().__init__(around)
        self.told: list[tuple[int, int]] = []

    def requests(self, now: float) -> list[tuple[int, Request]]:
        table = self.fleet.vehicles
        slots = np.flatnonzero(self.fleet.active[: table.extent]).astype(np.int32)[:5]
        stations = table.station[slots]
        return [(0, WashRequests(slots, stations, stations * 10.0 % 4096))] if len(slots) else []

    def heard(self, said: Response, now: float) -> None:
        assert isinstance(said, WashResponses)
        self.told += zip(said.station.tolist(), said.bay.tolist(), strict=True)


# The table


def test_they_are_numbered_after_the_built_in_ones_by_name() -> None:
    """Whichever application is named first, and however often."""
    for users in ([CarWash, Thermometer], [Thermometer, CarWash, Thermometer]):
        kinds = kinds_of(users, "etsi")
        assert kinds.names[: len(BUILT_IN)] == kinds_of([], "etsi").names
        assert kinds.names[len(BUILT_IN) :] == ("road-weather", "wash-request", "wash-response")
    assert kinds_of([App], "csae").names[0] == "bsm"


HEADER = {"header": cdd.ItsPduHeader}


def other(**changes: Any) -> Kind:
    """The example's kind, with something else in it."""
    facts = {"schema": ROAD_WEATHER, "content": RoadWeather, "codec": road_weather.Codec, "id": 199, "port": 5199}
    return own_kind(**{**facts, "aid": 130, **changes})


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (other(id=250), "messageID 250 is that of PARKING_REQUEST: must be another"),
        (other(id=6), "messageID 6 is that of IVIM"),
        (other(id=256), "messageID 256: must be a messageID, 0..255"),
        (other(port=2001), "BTP port 2001 is that of CAM"),
        (other(port=65536), "BTP port 65536: must be another of 1..65535"),
        (other(aid=3619), "DSMP AID 3619: must be one of 0..16511 that is not of a MessageFrame"),
        (other(category=4), "category 4: must be 0..3"),
        (other(schema=Message("CAM", Sequence(**HEADER), "")), "schema name 'CAM' is taken"),
        (other(schema=Message("X", Sequence(a=Integer(0, 9), **HEADER), "")), "X must be a sequence that begins with"),
        (other(schema=Message("X", Sequence(**HEADER).extensible(), "")), "begins with an ItsPduHeader, without"),
        (other(schema=Message("X", Sequence(**HEADER, a=Optional(Integer(0, 9))), "")), "without optional members"),
        (other(schema=Message("X", Integer(0, 9), "")), "must be a sequence"),
        (replace(other(), schema=None), "must have a schema and a codec of its own"),
        ("road-weather", "'road-weather': must be a Kind"),
    ],
)
def test_what_is_no_kind_is_refused_in_one_line(kind: Any, wrong: str) -> None:
    user = type("User", (App,), {"kinds": (kind,)})
    with pytest.raises(PluginError, match=wrong) as told:
        kinds_of([user], "etsi")
    assert str(told.value).startswith("User.kinds: ")
    assert "\n" not in str(told.value)


class Another(Broadcast):
    """A content of its own."""


@pytest.mark.parametrize(
    ("changes", "shared"),
    [
        ({"name": "x", "content": Another, "id": 200}, "messageID 200"),
        ({"name": "x", "content": Another, "port": 5100}, "BTP port 5100"),
        ({"name": "x"}, "content RoadWeather"),
        ({"name": "x", "content": Another}, "schema name 'ROAD_WEATHER'"),
        ({"name": "cam", "content": Another}, "name 'cam'"),
    ],
)
def test_two_that_cannot_be_told_apart_are_refused(changes: dict[str, Any], shared: str) -> None:
    named = Message("ROAD_WEATHER" if "schema" in shared else "X", ROAD_WEATHER.type, "")
    user = type("User", (App,), {"kinds": (other(**{"schema": named, **changes}),)})
    with pytest.raises(PluginError, match=f"{shared} is that of .*: must be another"):
        kinds_of([Thermometer, user], "etsi")


def test_a_name_that_two_have() -> None:
    user = type("User", (App,), {"kinds": (other(),)})
    with pytest.raises(PluginError, match="two kinds of messages are named 'road-weather'"):
        kinds_of([Thermometer, user], "etsi")


def test_built_in_kinds_are_those_of_the_catalogue() -> None:
    """Their ids and ports are written twice, for decoding what has no run."""
    for kind in BUILT_IN:
        assert IDS[kind.etsi.id.number] == kind.etsi.message
        assert btp.PORTS[kind.etsi.message] == kind.etsi.port
        assert 0 <= kind.category <= 3


# Octets


@pytest.mark.parametrize("schema", [ROAD_WEATHER, WASH_REQUEST, WASH_RESPONSE], ids=lambda message: message.name)
def test_other_peoples_encoders_agree(schema: Message) -> None:
    """asn1tools and pycrate, from the module text that we print."""
    text = asn1.module(schema)
    name = schema.name.replace("_", "-")
    theirs = asn1tools.compile_string(text, "uper")
    also = getattr(getattr(oracles.pycrate_module([text]), schema.name), schema.name)
    header = {"protocolVersion": 1, "messageID": 200, "stationID": 4_000_000_000}
    for body in {
        "ROAD_WEATHER": ({"surface": -600}, {"surface": 800}, {"surface": -7}),
        "WASH_REQUEST": ({"want": {"seconds": 4095}}, {"want": {"seconds": 0}}),
        "WASH_RESPONSE": ({"slot": {"station": 9}}, {"slot": {"station": 9, "bay": 255}}),
    }[schema.name]:
        value = {"header": header} | body
        octets = schema.encode(value)
        assert theirs.encode(name, value) == octets
        assert oracles.pycrate_encode(also, schema.type, value) == octets
        assert schema.decode(octets) == value


_messages = cache(lambda family, user: messages(family, added=(user,)))


@given(surface=st.floats(-60.0, 80.0), unit=st.integers(0, 2))
def test_what_is_broadcast_and_back(surface: float, unit: int) -> None:
    said = _messages("etsi", Thermometer)
    utterance = said.say(unit, RoadWeather(surface), 5.0)
    octets = said.broadcasts(np.array([unit], np.int32), [utterance], 9.0).one(0)
    assert octets[:2] == b"\1\xc8"
    assert ROAD_WEATHER.decode(octets)["header"]["stationID"] == FIRST_UNIT + unit
    assert said.understood(octets).surface_celsius == pytest.approx(surface, abs=0.051)


@given(
    rows=st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 4095), st.integers(-1, 255)), min_size=1),
    family=st.sampled_from(["etsi", "csae"]),
)
def test_what_is_unicast_and_back(rows: list[tuple[int, int, int]], family: str) -> None:
    said = _messages(family, CarWash)
    vehicle = np.arange(len(rows), dtype=np.int32)
    station, seconds, bay = (np.array(column) for column in zip(*rows, strict=True))
    ask = WashRequests(vehicle, station, seconds.astype(np.float64))
    answer = WashResponses(vehicle, station, bay.astype(np.int32))
    for batch, column in ((ask, "seconds"), (answer, "bay")):
        (found,) = said.received(said.unicasts(batch, 1, 5.0), False, vehicle)
        assert type(found) is type(batch)
        assert (found.station == station).all()
        assert (getattr(found, column) == getattr(batch, column)).all()


def test_what_a_schema_cannot_say_is_refused_where_it_is_said() -> None:
    said = messages("etsi", added=(Thermometer,))
    with pytest.raises(EncodeError, match=r"ROAD_WEATHER: surface = 900: must be"):
        said.say(0, RoadWeather(90.0), 5.0)
    with pytest.raises(EncodeError, match="Another is of no kind of this run"):
        said.say(0, Another(), 5.0)


def test_a_codec_that_breaks_off_is_told_in_one_line() -> None:
    class Breaks(BroadcastCodec):
        def __init__(self, context: CodecContext) -> None:
            pass

        def encode(self, unit: int, message: Any, time: float) -> bytes:
            raise KeyError("surface")

    user = type("User", (App,), {"kinds": (other(codec=Breaks),)})
    with pytest.raises(EncodeError, match=r"^road-weather: KeyError: 'surface' \(.*test_added_kinds.py:\d+\)$"):
        messages("etsi", added=(user,)).say(0, RoadWeather(1.0), 5.0)
    unicast = type("User", (App,), {"kinds": (other(codec=AskCodec),)})
    with pytest.raises(EncodeError, match="its codec must be derived from BroadcastCodec"):
        messages("etsi", added=(unicast,))


def test_another_runs_octets_are_of_no_kind() -> None:
    """A planted stranger: the same octets in a run without that application."""
    octets = messages("etsi", added=(Thermometer,)).say(0, RoadWeather(1.0), 5.0).octets
    assert octets is not None
    with pytest.raises(DecodeError, match="a message with messageID 200 is of no kind of this run"):
        messages("etsi").understood(octets)


# A run

Seen = dict[str, Any]


def washed(family: str) -> Seen:
    """A crossing whose first unit has both applications; five vehicles ask it once a second."""
    changes = {"scenario.end": 60.0, "v2x.family": family, "v2x.penetration": 1.0}
    changes |= {"v2x.services": ["parking", "charging", f"{__name__}:Washing"]}
    changes |= {"rsu.0.apps": ["signals", f"{__name__}:CarWash", "road_weather:Thermometer"]}
    seen: Seen = {"kinds": set(), "opened": {}, "content": {}, "answers": 0}
    scenario = Scenario.load(EXAMPLES / "road_weather.py").replace(changes)
    with Simulation(scenario) as simulation:
        exchange = simulation.exchange
        shelf = Shelf(simulation)

        def listen(packets: Packets) -> None:
            shelf.count(packets)
            name = exchange.kinds[packets.kind]
            seen["kinds"].add(name)
            message = listed(Views(simulation), packets, 0, packets.time)
            shelf.keep(packets, 0, message)
            seen["content"][name] = message["content"]
            seen["opened"][name] = shelf.open(message["number"])
            if name == "wash-response":
                octets = packets.octets()
                (said,) = exchange.messages.received(octets, False, np.zeros(len(packets.size), np.int32))
                seen["answers"] += int((said.bay == np.where(said.station % 2 == 0, 7, -1)).sum())

        exchange.listeners.append(listen)
        for _ in islice(simulation, 300):
            pass
        app = simulation.units[0].apps[1]
        assert isinstance(app, CarWash)
        seen["taken"] = [(r.station.tolist(), r.seconds.tolist()) for r in app.taken]
        seen["told"] = simulation.onboard.washing.told
        traffic = exchange.traffic
        seen["sent"] = dict(zip(exchange.kinds, traffic.sent, strict=True))
        seen["heard"] = dict(zip(exchange.kinds, traffic.at_vehicles, strict=True))
        seen["asked"] = dict(zip(exchange.kinds, traffic.at_units, strict=True))
        seen["kpis"] = sorted(simulation.metrics.kpis())
    return seen


@pytest.mark.parametrize("family", ["etsi", "csae"])
def test_both_ways_in_a_run(family: str) -> None:
    seen = in_child(washed, family)
    added = {"road-weather", "wash-request", "wash-response"}
    assert added <= seen["kinds"]
    # What vehicles asked was decoded from octets, and answered to those who asked.
    asked = [
        (station, want) for stations, wants in seen["taken"] for station, want in zip(stations, wants, strict=True)
    ]
    assert len(asked) == seen["asked"]["wash-request"] > 20
    assert all(want == station * 10.0 % 4096 for station, want in asked)
    assert seen["answers"] == seen["sent"]["wash-response"] > 20
    assert len(seen["told"]) == seen["heard"]["wash-response"] > 20
    assert all(bay == (7 if station % 2 == 0 else -1) for station, bay in seen["told"])
    assert seen["heard"]["road-weather"] > seen["sent"]["road-weather"] == 30
    # People can read them: by the content, and by the octets.
    assert seen["content"]["road-weather"] == {"surface_celsius": -3.0}
    assert set(seen["content"]["wash-request"]) == {"station", "seconds"}
    assert set(seen["content"]["wash-response"]) == {"station", "bay"}
    for name in added:
        opened = seen["opened"][name]
        assert opened["problem"] is None
        assert opened["public"] is False
        assert "no standard" in opened["standard"]
        assert opened["headers"]["length"] == (74 if name == "road-weather" else 58) if family == "etsi" else 20
    assert "messages.road_weather.sent" in seen["kpis"]


def test_the_example_in_a_run(tmp_path: Path) -> None:
    """Tables have it; and the same bytes each time."""
    example = EXAMPLES / "road_weather.py"
    out = [
        run(example, tmp_path / name, "--until", 12, "--set", "record.pcap=true", "--set", "v2x.penetration=0")
        for name in "ab"
    ]
    assert hashes(out[0], ("timing.json",)) == hashes(out[1], ("timing.json",))
    kpis = json.loads((out[0] / "summary.json").read_text())["kpis"]
    assert kpis["messages.road_weather.sent"] == 12
    # `wayside decode` reads it where the package is installed, and says so where it is not.
    command = ("decode", out[0] / "v2x.pcap", "--json")
    bare = wayside(*command)
    assert bare.returncode == 2
    assert "message at port 5100 starts with 01c8: not known" in bare.stdout
    package = tmp_path / "packages"
    info = package / "road_weather-1.dist-info"
    info.mkdir(parents=True)
    (package / "road_weather.py").write_text(example.read_text("utf-8"), "utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: road-weather\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[wayside.messages]\nroad-weather = road_weather:KIND\n")
    done = wayside(*command, environment={"PYTHONPATH": str(package)})
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    told = [line["value"]["surface"] for line in lines if line["message"] == "ROAD_WEATHER"]
    assert len(told) == kpis["messages.road_weather.sent"]
    assert set(told) == {-30}
    # One that is broken does not cost the others.
    (info / "entry_points.txt").write_text("[wayside.messages]\na = no_such_module:KIND\nb = road_weather:KIND\n")
    done = wayside(*command, "--count", 20, environment={"PYTHONPATH": str(package)})
    assert done.returncode == 0, done.stderr
    assert "wayside.messages: a = 'no_such_module:KIND': ModuleNotFoundError" in done.stderr
    octets = ROAD_WEATHER.encode({"header": {"protocolVersion": 1, "messageID": 200, "stationID": 5}, "surface": 1})
    told_as = wayside("decode", octets.hex(), "--as", "road-weather", environment={"PYTHONPATH": str(package)})
    assert told_as.returncode == 0, told_as.stderr
    assert "surface: 1" in told_as.stdout


def test_dissecting_by_the_schema_itself() -> None:
    """As the viewer does, of kinds that no package has registered."""
    octets = ROAD_WEATHER.encode({"header": {"protocolVersion": 1, "messageID": 200, "stationID": 5}, "surface": 1})
    assert dissect(octets, ROAD_WEATHER).json["message"] == "ROAD_WEATHER"
    assert "not known" in dissect(octets).problem


def test_a_text_in_a_schema_reads_as_it_is() -> None:
    """Names of fields are all that the default description needs."""
    schema = Message("SIGN", Sequence(header=cdd.ItsPduHeader, text=VisibleString(1, 9)), "")

    @dataclass(frozen=True)
    class Sign(Broadcast):
        text: str
        at: tuple[float, float]

    class SignCodec(BroadcastCodec):
        def __init__(self, context: CodecContext) -> None:
            pass

    user = type("User", (App,), {"kinds": (own_kind(schema, Sign, SignCodec, id=201, port=5101, aid=131),)})
    said = messages("etsi", added=(user,))
    assert said.describe((Sign("slow", (1.0, np.float64(2.5))),), 0) == {"text": "slow", "at": [1.0, 2.5]}
