"""Plug-ins: what every registered one must do, an outsider's package, options and contexts, and what goes wrong."""

from __future__ import annotations

import json
import math
import os
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.edge.charging import test_policies as charging
from tests.edge.control.test_guard import crossing
from tests.edge.doubles import unit
from tests.edge.finders import PlainFinder
from tests.edge.parking import test_policies as parking
from tests.edge.pooled import assign
from tests.sim.air.towns import site, town
from tests.sim.children import hashes, in_child, wayside
from wayside import Context, Observer, OnboardService, Scenario, Simulation
from wayside.edge.app import App
from wayside.edge.charging.limits import Limits
from wayside.edge.charging.power import Sessions, share
from wayside.edge.charging.sharing import equal
from wayside.edge.charging.state import ChargingPlatform
from wayside.edge.control.controller import Around, ControlledLight, Controller, SeenTraffic, checked
from wayside.edge.errors import PluginError, ScenarioError, WaysideError
from wayside.edge.movements import JunctionWays
from wayside.edge.parking.state import ParkingPlatform
from wayside.edge.platform import CityPlatform
from wayside.edge.plugin import Plugin
from wayside.edge.policy import locked
from wayside.edge.pool import Pooling
from wayside.edge.reports import CityReports
from wayside.edge.roadmap import RoadMap
from wayside.sim.plugins import Names, Plugins
from wayside.sim.scenario import to_toml
from wayside.sim.scenario.options import filled
from wayside.sim.scenario.registry import GROUPS, SHARED, Entry, entries, installed
from wayside.sim.stations.fleet import Fleet
from wayside.sim.sumo.network import net_file, read_network
from wayside.sim.world import Signals, VehicleTable

Make = Callable[..., Any]


class Nowhere:
    """Roads of which nothing is known but how many places there are."""

    edges: tuple[str, ...] = ("road",)
    length_m = travel_s = np.ones(1)
    map = RoadMap(
        *np.ones((2, 1)), np.ones(1, np.int32), [()], [np.array([[0.0, 0.0], [1.0, 0.0]])],
        np.zeros((1, 2)), np.ones((1, 2)), *np.zeros((2, 1), np.int32), *np.ones((3, 1)),
    )  # fmt: skip

    movements = JunctionWays(
        *np.zeros((2, 1), np.int32), ("road_0",), ("road_0",), *np.ones((3, 1)), np.zeros(1, np.uint8),
        *np.ones((2, 1)), np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([0.0, 1.0]), np.array([0, 2], np.int32),
    )  # fmt: skip

    def drive_s(self, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        return np.arange(len(start) * len(end), dtype=float).reshape(len(start), len(end))

    def path(self, start: int, end: int) -> np.ndarray:
        return np.empty(0, np.int32)

    def walk_m(self, x: np.ndarray, y: np.ndarray, to_x: np.ndarray, to_y: np.ndarray) -> np.ndarray:
        return np.hypot(np.subtract.outer(x, to_x), np.subtract.outer(y, to_y))

    def finder(self, edge: np.ndarray, position: np.ndarray, x: np.ndarray, y: np.ndarray) -> PlainFinder:
        return PlainFinder(edge, x, y, np.zeros((1, 1)))


NOWHERE = Nowhere()


def context(seed: int = 1, *owner: str) -> Context:
    return Context(seed, owner or ("parking.policy", "mine"), lambda: 5.0, NOWHERE, CityReports())


@pytest.fixture
def everybody(outsider: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Entry]]:
    """Everything registered, by an outsider too."""
    monkeypatch.syspath_prepend(outsider)
    installed.cache_clear()
    yield list(entries())
    installed.cache_clear()


# What every plug-in must do.


def apps(make: Make) -> None:
    here = unit()
    made = make(here)
    assert isinstance(made, App)
    made.start()


def parkings(make: Make) -> None:
    """Bays are handed out that are there, and no car park is written to."""
    policy, random = make(), np.random.default_rng(1)
    for _ in range(20):
        parks = [(tuple(random.integers(-9, 9, 2).tolist()), *random.integers(0, 4, 3).tolist()) for _ in range(4)]
        where = random.integers(-9, 9, (6, 2)).tolist()
        city = parking.city(parks)
        assign(ParkingPlatform(city, policy, 60.0), np.arange(6), parking.requests(where), 0.0)
        assert (city.reserved <= np.maximum(city.capacity - city.occupied, parking.city(parks).reserved)).all()


def chargings(make: Make) -> None:
    policy = make()
    for groups in ([], [(2, 60, [10, 20, -1], []), (1, 7, [5, -1, 5], [300])]):
        city = charging.city(groups)
        platform = ChargingPlatform(city, policy, equal, 60.0, 600.0)
        wishes = charging.requests([(0, 5000, 50), (1, 9000, 7), (2, 100, 50)], 600.0)
        assert len(assign(platform, np.arange(3), wishes, 0.0)) == 3


def powers(make: Make) -> None:
    policy, random = make(), np.random.default_rng(1)
    for n in (1, 2, 7):
        for limit in (0.0, 5e3, 1e6):
            limits = Limits.of(("a", "b"), np.array([limit, np.inf]), {"city": (6e3, ["a", "b"])})
            site, wanted = random.integers(0, 2, n).astype(np.int32), random.uniform(0.0, 5e4, n)
            ones, never = np.ones(n), np.full(n, np.nan)
            much = 1e4 * ones
            of = Sessions(np.arange(n), site, site, wanted, much, ones, 0.0 * ones, never, wanted, much)
            share(policy, of, limits)


def radios(make: Make) -> None:
    where = town(make(site()), n=20)
    carried = where.tick(where.speak())
    assert len(carried.at_vehicles) == len(where.out)


def services(make: Make) -> None:
    """It can be asked for everything, with nobody on the road."""
    made = make(surroundings())
    assert isinstance(made, OnboardService)
    made.every_second(1.0, 1.0)
    assert made.requests(1.0) == []
    assert not made.awaiting(1.0)
    assert all(name.startswith(f"{made.name}.") for name in made.kpis(1.0))
    assert all(name.partition("-")[0] == made.name for name in made.tables(1.0))


def controls(make: Make) -> None:
    """It answers a phase that there is, whatever it sees, and writes to nothing."""
    random = np.random.default_rng(1)
    plan = crossing().plan
    links = [(0, 0), (1, 1), (2, 0), (3, 1), (-1, -1)]
    lane, exit = (locked(np.array(rows, np.int32)) for rows in zip(*links, strict=True))
    ends = (locked(np.array([300.0, 80.0, 40.0, 200.0])), locked(np.full(4, 13.9)))
    known = locked(plan.stages), locked(plan.green), locked(plan.least_ms / 1000.0)
    beyond = locked(np.array([150.0, 90.0])), locked(plan.ways_s)
    light = ControlledLight("here", plan.states, *known, ("a", "b", "c", "d"), *ends, ("e", "f"), lane, exit, *beyond)
    made = make(light)
    assert isinstance(made, Controller)
    if not made.controls:
        return
    assert made.period > 0.0
    assert made.reach > 0.0
    for phase in plan.stages.tolist() * 5:
        before, after = random.integers(0, 20), random.integers(0, 9)
        around = Around(
            locked(random.integers(0, 4, before)),
            locked(random.uniform(0.0, made.reach, before)),
            locked(random.choice([0.0, 5.0, 13.0], before)),
            locked(np.arange(before)),
            locked(random.integers(0, 2, after)),
            locked(random.choice([0.0, 5.0, 13.0], after)),
        )
        seen = SeenTraffic(light, 5.0, phase, 7.0, around, locked(random.uniform(0.0, 90.0, 5)))
        assert checked(made.choose(seen), light, "here") in (-1, *plan.stages)


def observers(make: Make) -> None:
    made = make()
    assert isinstance(made, Observer)
    backend = SimpleNamespace(watch_trips=lambda: None)
    made.begin(SimpleNamespace(exchange=SimpleNamespace(kinds=("cam",)), backend=backend))
    assert all(name.startswith(f"{made.name}.") for name in made.kpis())
    assert all(name.partition("-")[0] == made.name for name in made.tables())


def surroundings() -> Any:
    """The crossing without car parks, chargers, lights that show anything, and vehicles."""
    scenario = Scenario.load("crossing")
    net = net_file(scenario.sumo.config)
    parks, chargers = parking.city([]), charging.city([])
    names = tuple(entry.code.name for entry in entries() if entry.group == "wayside.services")
    facilities = SimpleNamespace(
        car_parks=parks,
        car_park_of={},
        chargers=chargers,
        charger_of={},
        charger_area=[],
        charger_edges=np.empty(0, np.int32),
    )
    return SimpleNamespace(
        scenario=scenario,
        plugins=SimpleNamespace(
            policies={"parking.policy": None, "charging.policy": None, "charging.power": None},
            pooling={"parking.policy": Pooling(), "charging.policy": Pooling()},
        ),
        backend=SimpleNamespace(
            watch_chargers=lambda ids, edges: None,
            api=None,
            signals=Signals(["tl_crossing"], [64]),
            option=lambda name: str(net),
            step_length=0.1,
        ),
        network=read_network(net),
        fleet=Fleet(VehicleTable(8), scenario.v2x, 1, names),
        facilities=facilities,
        platform=CityPlatform(),
    )


DOES = {
    "wayside.apps": apps,
    "wayside.parking": parkings,
    "wayside.charging": chargings,
    "wayside.power": powers,
    "wayside.radio": radios,
    "wayside.services": services,
    "wayside.control": controls,
    "wayside.observers": observers,
}


@pytest.mark.parametrize("group", GROUPS)
def test_everything_registered(group: str, everybody: list[Entry]) -> None:
    """It says what it is, declares its options well, can be made with their defaults, works, and takes no others."""
    mine = [entry for entry in everybody if entry.group == group]
    assert {entry.origin.split()[0] for entry in mine} == {"outsider", "wayside"}
    for entry in mine:
        assert not entry.broken, entry.about
        assert len(entry.about) > 10, f"{entry.name} has no docstring"
        assert all(len(row) == 6 and row[0] and row[1] and row[5] for row in entry.rows)
        values = filled(entry.code, {}, "a.field", entry.name, SHARED.get(group))
        assert list(values) == [option.name for option in entry.options]
        values = filled(entry.code, {}, "a.field", entry.name)
        with pytest.raises(ScenarioError, match=r"a\.field\.no_such: no such option of"):
            filled(entry.code, {"no_such": 1}, "a.field", entry.name)
        DOES[group](Plugin(entry.code, values, context()).make)


def test_the_contract_can_be_broken(everybody: list[Entry]) -> None:
    """Planted errors: a policy that hands out bays that are not there, and one that writes to what it is shown."""

    def overbooks(requests: Any, car_parks: Any) -> Any:
        from wayside.edge.parking.state import BayAssignment

        return BayAssignment(np.zeros(len(requests.x), np.int32), np.zeros(len(requests.x)))

    def writes(requests: Any, car_parks: Any) -> Any:
        car_parks.capacity[:] = 10**6
        return overbooks(requests, car_parks)

    for wrong, said in ((overbooks, "more bays given out"), (writes, "ValueError: .*read-only")):
        with pytest.raises(PluginError, match=said):
            parkings(Plugin(wrong, {}, context()).make)


# An outsider's package, in runs.


def run(outsider: Path, folder: Path, *arguments: object, fresh: bool = False) -> dict[str, float]:
    """Key figures of a run with an outsider's package; fresh: in a process that has never known of any other."""
    done = wayside("run", *arguments, "--out", folder, environment=beside(outsider), fresh=fresh)
    assert done.returncode == 0, done.stderr
    figures: dict[str, float] = json.loads((folder / "summary.json").read_text())["kpis"]
    return figures


def beside(package: Path) -> dict[str, str]:
    """The environment of a command with another package."""
    return {"PYTHONPATH": os.pathsep.join(filter(None, (str(package), os.environ.get("PYTHONPATH", ""))))}


def changed(*changes: str) -> list[str]:
    return [part for change in changes for part in ("--set", change)]


POOLING = {"scope": "unit", "window": 0.0, "district": 1000.0}  # what every policy has
WHOLE = (
    "v2x.penetration=1",
    "parking.policy={use='thrifty', walk=1000.0, scope='city'}",
    "parking.policy.window=3",
    "parking.policy.patience=[2000.0]",
    "parking.request_distance=2000.0",
    "charging.policy=shortest-drive",
    "charging.power=held-back",
    "charging.power.held_back=1000.0",
    "charging.request_below=0.6",
    "v2x.radio={use='disc', reach=280.0}",
    "v2x.services=['parking', 'charging', {use='calm', most=3.0}, {use='advice', compliance=0.5}]",
    "record.observers=['loud']",
    "rsu.0.apps=['signals', 'parking', 'charging', {use='queue-warning', vehicles=2}, 'queue-warning', 'advice', "
    "{use='bus-green', near=60.0}]",
    "signals.control={use='hasty', while_=20.0}",
    "record.pcap=true",
)


def test_an_outsider_in_a_run(outsider: Path, tmp_path: Path) -> None:
    kpis = run(outsider, tmp_path / "run", "crossing", "--until", 100, *changed(*WHOLE), fresh=True)
    scenario = tomllib.loads((tmp_path / "run" / "scenario.toml").read_text())
    assert kpis["parking.reserved"] > 0
    assert kpis["messages.denm.sent"] > 0
    assert scenario["parking"]["policy"] == {
        "use": "thrifty",
        "walk": 1000.0,
        "patience": [2000.0],
        "scope": "city",
        "window": 3.0,
        "district": 1000.0,
    }
    assert scenario["charging"]["policy"] == {"use": "shortest-drive", **POOLING}
    assert scenario["charging"]["power"] == {"use": "held-back", "held_back": 1000.0}
    assert scenario["v2x"]["radio"] == {"use": "disc", "reach": 280.0}
    assert scenario["rsu"][0]["apps"][2:] == [
        "charging",
        {"use": "queue-warning", "vehicles": 2, "cause": "traffic-jam"},
        {"use": "queue-warning", "vehicles": 5, "cause": "traffic-jam"},
        {"use": "advice", "least": 5.0},
        {"use": "bus-green", "near": 60.0},
    ]
    control = {"use": "hasty", "period": 5.0, "reach": 100.0, "while_": 20.0}
    assert scenario["signals"] == {"control": control, "detection": "perfect", "maximum_red": 120.0}
    assert kpis["signals.controlled"] == 1
    assert kpis["signals.switches"] > 5
    assert kpis["signals.granted"] > 0
    assert scenario["v2x"]["services"] == [
        "parking",
        "charging",
        {"use": "calm", "most": 3.0, "road": ""},
        {"use": "advice", "compliance": 0.5},
    ]
    assert scenario["record"]["observers"] == [{"use": "loud", "bin": 60.0}]
    rows = {name: pq.read_table(tmp_path / "run" / f"{name}.parquet") for name in ("calm", "loud", "messages")}
    assert rows["calm"].num_rows == kpis["calm.vehicles"] > 0
    assert kpis["loud.octets"] == sum(rows["loud"]["octets"].to_pylist()) > 0
    assert sum(rows["messages"]["octets"].to_pylist()) == kpis["loud.octets"]
    # Its messages go both ways, and everybody's tools read them.
    advised = pq.read_table(tmp_path / "run" / "advice.parquet")
    assert advised.num_rows == kpis["advice.obeyed"] > 0
    assert kpis["advice.ignored"] > 0
    assert kpis["messages.advice_request.received"] >= kpis["messages.advice_response.received"] > 0
    assert kpis["messages.advice_response.received"] == kpis["advice.obeyed"] + kpis["advice.ignored"]
    assert kpis["advice.answer_mean_s"] > 0.0
    told = wayside("decode", tmp_path / "run" / "v2x.pcap", "--json", environment=beside(outsider))
    assert told.returncode == 0, told.stderr
    lines = [json.loads(line) for line in told.stdout.splitlines()]
    said = [line["value"]["speed"] for line in lines if line["message"] == "ADVICE_RESPONSE"]
    assert len(said) == kpis["messages.advice_response.sent"]
    assert {round(speed, 2) for speed in said} >= {round(v, 2) for v in advised["speed_m_s"].to_pylist()}
    # The file that it left makes the same run again.
    again = tmp_path / "again"
    assert run(outsider, again, tmp_path / "run" / "scenario.toml") == kpis
    assert hashes(again)["scenario.toml"] == hashes(tmp_path / "run")["scenario.toml"]
    # And each option does something.
    shorter = (*WHOLE, "v2x.radio.reach=60.0", "rsu.0.apps.3.vehicles=50", "record.pcap=false")
    near = run(outsider, tmp_path / "near", "crossing", "--until", 100, *changed(*shorter))
    assert near["messages.received_by_vehicles"] < 0.5 * kpis["messages.received_by_vehicles"]
    assert near["messages.denm.sent"] < kpis["messages.denm.sent"]


def test_what_is_told_of_plugins(outsider: Path) -> None:
    told = wayside("plugins", environment=beside(outsider), fresh=True)
    assert told.returncode == 0, told.stderr
    rows = {line.split()[0]: line for line in told.stdout.splitlines() if line.startswith("  ")}
    assert rows["thrifty"].split(maxsplit=3)[1:] == ["outsider", "4.5", Thrifty.ABOUT]
    assert " wayside " in rows["nearest"]
    assert [line.split()[0] for line in told.stdout.splitlines() if line.startswith("wayside.")] == list(GROUPS)

    told = wayside("plugins", "thrifty", environment=beside(outsider))
    assert told.stdout.splitlines()[:2] == ["thrifty  wayside.parking (parking.policy), outsider 4.5", Thrifty.ABOUT]
    head, walk, patience, *pooled = (line.split("  ") for line in told.stdout.splitlines()[2:])
    assert [part.strip() for part in head if part.strip()] == ["option", "type", "unit", "bounds", "default"]
    told_of = [part.strip() for part in walk if part.strip()]
    assert told_of == ["walk", "number", "m", "above 0", "400.0", "longest walk to the destination"]
    assert "list of number" in " ".join(patience)
    assert [row[0].strip() for row in pooled] == list(POOLING)
    assert [part.strip() for part in pooled[1] if part.strip()][1:5] == ["number", "s", "between 0 and 3600", "0.0"]

    told = wayside("plugins", "thrify", environment=beside(outsider))
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.splitlines() == [
        'wayside: plugins "thrify": no plug-in is registered by this name; did you mean "thrifty"?'
    ]


class Thrifty:
    ABOUT = "The cheapest bay within a walk; of equal ones any, drawn."


def test_the_schema_knows_their_options(everybody: list[Entry]) -> None:
    schema = Scenario.model_json_schema()
    json.loads(json.dumps(schema, allow_nan=False))
    (table,) = [
        part
        for part in schema["$defs"]["Parking"]["properties"]["policy"]["anyOf"]
        if part.get("properties", {}).get("use") == {"const": "thrifty"}
    ]
    assert table["additionalProperties"] is False
    assert table["properties"]["walk"] == {
        "type": "number",
        "exclusiveMinimum": 0.0,
        "default": 400.0,
        "description": "longest walk to the destination, m",
    }
    assert table["properties"]["patience"]["items"] == {"type": "number"}
    *_, anyone = schema["$defs"]["Parking"]["properties"]["policy"]["anyOf"]
    for part in (table, anyone):
        assert part["properties"]["scope"]["enum"] == ["unit", "district", "city"]
        assert part["properties"]["window"]["description"] == "how long the first of them waits for others, s"
    *_, anyone = schema["$defs"]["Charging"]["properties"]["power"]["anyOf"]
    assert list(anyone["properties"]) == ["use"]


def test_a_package_that_cannot_be_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It hides no other, and says what is wrong with it."""
    info = tmp_path / "broken-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[wayside.parking]\nlost = broken_for_a_test:f\nnearest = broken_for_a_test:g\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    installed.cache_clear()
    with pytest.warns(UserWarning, match="wayside .* and broken 1.0 both register 'nearest': the first"):
        found = {entry.name: entry for entry in entries()}
    installed.cache_clear()
    assert found["lost"].broken
    assert found["lost"].about.startswith("cannot be loaded: ModuleNotFoundError: No module named 'broken_for_a_test'")
    assert found["nearest"].origin.startswith("wayside ")
    assert not found["equal"].broken


# Modules of one's own.

MODULE = '''
import dataclasses
from typing import Annotated, Literal
import numpy as np
from wayside import App, Context, Option, every
from wayside.edge.parking.state import BayAssignment

def nobody(requests, car_parks, *, walk: Annotated[float, Option("longest walk", unit="m", gt=0, le=500)] = 100.0,
           mode: Annotated[Literal["fast", "slow"], Option("how")] = "fast", context: Context):
    """Nobody gets a bay."""
    return BayAssignment(np.full(len(requests.x), -1), np.zeros(len(requests.x)))

class Keeps:
    """Keeps what it was made with."""
    pause: Annotated[float, Option("how long", unit="s", gt=0)] = 5.0
    count: Annotated[int, Option("how many")] = 1

    def __init__(self):
        self.seen = (self.pause, self.count, self.context.time)

    def __call__(self, *arguments):
        return nobody(*arguments, context=self.context)

class Keeps7(Keeps):
    """The same, with another default."""
    count = 7

@dataclasses.dataclass(frozen=True)
class Data(Keeps):
    """A dataclass hands its fields to its own constructor."""
    pause: Annotated[float, Option("how long", unit="s", gt=0)] = 6.0

class Raises(Keeps):
    """Cannot be made."""
    def __init__(self):
        raise KeyError("no")

class NotCallable:
    """Has no `__call__`."""

class NoDefault(Keeps):
    """An option without a default."""
    more: Annotated[int, Option("how many")]

class BadDefault(Keeps):
    """Its default is out of bounds."""
    pause = -5.0

def unlimited(requests, car_parks, *, walk: Annotated[float, Option("longest walk", unit="m", gt=0)] = float("inf"),
              most: "Annotated[int | None, Option('at most')]" = None, other: "Optional[Unknown]" = None):
    """By default without a limit."""

class Called:
    """Called as an object that the module has made."""
    def __call__(self, requests, car_parks, *, walk: "Annotated[float, Option('walk')]" = 3.0):
        """Answers nothing."""

called = Called()

class Silent(Keeps):
    """Its option says nothing."""
    pause: Annotated[float, Option("")] = 5.0

class Bounded(Keeps):
    """Bounds of a word."""
    word: Annotated[str, Option("word", gt=3)] = "x"

class Strange(Keeps):
    """No type that a file could hold."""
    many: Annotated[set[int], Option("many")] = frozenset()

class Unreadable(Keeps):
    """Names a type that is not there."""
    many: "Annotated[Nothing, Option('many')]" = 3

class Reserved(Keeps):
    """An option that the table itself needs."""
    use: Annotated[str, Option("use")] = "x"

class Windowed(Keeps):
    """An option that the pool has."""
    window: Annotated[float, Option("window", unit="s")] = 5.0

def keyword(requests, car_parks, *, walk):
    """A keyword that nothing sets."""

def radio(site, *, reach: Annotated[float, Option("reach", unit="m", gt=0)] = 10.0):
    """Answers no radio."""

seven = 7
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mine.py").write_text(MODULE)
    (tmp_path / "town.toml").write_text(f'sumo.config = "{Scenario.load("crossing").sumo.config}"\n')
    return tmp_path


def names(folder: Path, **changes: object) -> Names:
    said = {name.replace("__", "."): value for name, value in changes.items()}
    return Names(Scenario.load(folder / "town.toml").replace(said))


def made(folder: Path, **changes: object) -> Plugins:
    return names(folder, **changes).make(1, lambda: 5.0, NOWHERE, CityReports())


def test_options_of_a_class(folder: Path) -> None:
    """They are there when its constructor runs; a base's too."""
    policy: Any = made(folder, parking__policy={"use": "mine:Keeps", "pause": 9}).policies["parking.policy"]
    assert policy.seen == (9.0, 1, 5.0)
    policy = made(folder, parking__policy={"use": "mine:Keeps7", "pause": 2.5}).policies["parking.policy"]
    assert policy.seen == (2.5, 7, 5.0)
    policy = made(folder, parking__policy={"use": "mine:Data", "count": 3}).policies["parking.policy"]
    assert (policy.pause, policy.count) == (6.0, 3)
    policy = made(folder, parking__policy={"use": "mine:Data", "pause": 3.0}).policies["parking.policy"]
    assert (policy.pause, policy.count) == (3.0, 1)


def test_options_of_a_function(folder: Path) -> None:
    policy: Any = made(folder, parking__policy={"use": "mine:nobody", "walk": 50.0}).policies["parking.policy"]
    bound = dict(policy.keywords)
    own = bound.pop("context")
    assert bound == {"walk": 50.0, "mode": "fast"}
    assert own.time == 5.0
    assert own.network is NOWHERE


def test_no_limit_is_written_and_read(folder: Path) -> None:
    found = names(folder, parking__policy={"use": "mine:unlimited", "most": 3}).scenario
    said = {"use": "mine:unlimited", "walk": math.inf, "most": 3, **POOLING}
    assert tomllib.loads(to_toml(found))["parking"]["policy"] == said
    again = Names(found.replace("parking.policy.walk", math.inf)).scenario
    assert again.parking.policy.options == {"walk": math.inf, "most": 3, **POOLING}
    assert "most" not in names(folder, parking__policy="mine:unlimited").scenario.parking.policy.options
    policy: Any = made(folder, parking__policy="mine:unlimited").policies["parking.policy"]
    assert policy.keywords == {"walk": math.inf}, "and None is what is not said"


def test_an_object_of_the_modules(folder: Path) -> None:
    policy: Any = made(folder, parking__policy={"use": "mine:called", "walk": 4.0}).policies["parking.policy"]
    assert policy.keywords == {"walk": 4.0}


def test_a_name_then_an_option(folder: Path) -> None:
    """As `--set` gives them, one after the other."""
    scenario = Scenario.load(folder / "town.toml")
    for path in ("parking.policy", "charging.power", "v2x.radio", "rsu.0.apps.1", "rsu[0].apps[1]"):
        changed = scenario.replace({path: "mine:x", f"{path}.walk": 3, f"{path}.places": [1, 2]})
        assert "mine:x" in to_toml(changed)
        assert tomllib.loads(to_toml(changed)) == tomllib.loads(to_toml(changed.replace({})))
    assert changed.rsu[0].apps[1].options == {"walk": 3, "places": (1, 2)}
    assert changed.replace("rsu.0.apps.1.walk", None).rsu[0].apps[1].options == {"places": (1, 2)}
    assert changed.replace("rsu.0.apps.1", "parking").rsu[0].apps[1] == "parking"


MISTAKES = [
    ("parking.policy", {"use": "mine:nobody", "walk": 0}, "parking.policy.walk = 0: must be above 0 and at most 500"),
    ("parking.policy", {"use": "mine:nobody", "walk": "far"}, 'parking.policy.walk = "far": must be a number'),
    ("parking.policy", {"use": "mine:nobody", "walk": float("nan")}, "parking.policy.walk = nan: must be above 0"),
    ("parking.policy", {"use": "mine:Keeps", "pause": float("inf")}, "pause = inf: must be a finite number"),
    ("parking.policy", {"use": "mine:nobody", "mode": "f"}, 'parking.policy.mode = "f": must be "fast" or "slow"'),
    (
        "parking.policy",
        {"use": "mine:nobody", "wlk": 1},
        'policy.wlk: no such option of "mine:nobody"; did you mean "w',
    ),
    ("parking.policy", {"use": "mine:nobody", "zzz": 1}, "parking.policy.zzz: no such option .* known are walk, mode"),
    ("charging.power", {"use": "equal", "walk": 1}, 'charging.power.walk: no such option of "equal"; it has none'),
    ("parking.policy", {"use": "nearest", "x": 1}, "no such option of .*; known are scope, window, district"),
    ("parking.policy", {"use": "nearest", "windw": 1}, 'no such option of "nearest"; did you mean "window"'),
    ("parking.policy", {"use": "nearest", "window": -1}, "parking.policy.window = -1: must be between 0 and 3600"),
    ("charging.policy", {"use": "least-completion", "window": "5"}, 'charging.policy.window = "5": must be a number'),
    ("parking.policy", {"use": "mine:nobody", "scope": "town"}, 'scope = "town": must be "unit", "district" or "city"'),
    ("parking.policy", {"use": "nearest", "district": 0}, "parking.policy.district = 0: must be above 0"),
    ("charging.power", {"use": "equal", "window": 1}, 'charging.power.window: no such option of "equal"'),
    ("parking.policy", "mine:Windowed", "option window: cannot be called so: every plug-in here has an option of this"),
    ("parking.policy", {"use": "mine:Keeps", "count": 1.5}, "parking.policy.count = 1.5: must be a whole number"),
    ("parking.policy", {"use": "mine:Keeps", "count": True}, "parking.policy.count = true: must be a whole number"),
    ("parking.policy", {"use": 3}, "parking.policy.use = 3: must be a string"),
    ("parking.policy", {"use": "a b"}, 'parking.policy.use = "a b": must be a name or module:Class'),
    ("parking.policy", {"window": 3}, "parking.policy.use: missing"),
    ("parking.policy", ["nearest"], r"parking.policy = \["),
    ("parking.policy", "mine:Raises", "parking.policy = \"mine:Raises\": KeyError: 'no' \\(.*mine.py:"),
    ("parking.policy", "mine:NotCallable", "must be a function, or a class whose objects can be called"),
    ("parking.policy", "mine:seven", "must be a function, or a class whose objects can be called"),
    ("parking.policy", "mine:NoDefault", "'mine:NoDefault': option more: must have a default"),
    ("parking.policy", "mine:BadDefault", "option pause: its default = -5.0: must be above 0"),
    ("parking.policy", "mine:Silent", "option pause: must say in one line what it is about"),
    ("parking.policy", "mine:Bounded", "option word: only a number has bounds"),
    ("parking.policy", "mine:Strange", "option many: must be bool, int, float, str, a Literal"),
    ("parking.policy", "mine:Unreadable", "option many: its annotation cannot be read: NameError: name 'Nothing'"),
    ("parking.policy", "mine:Reserved", "option use: cannot be called so"),
    ("parking.policy", "mine:keyword", "walk is keyword-only, and no option"),
    ("rsu.0.apps", ["signals", {"use": "signals", "x": 1}], r"rsu\[0\]\.apps\[1\]\.x: no such option"),
    ("rsu.0.apps", ["mine:seven"], r"rsu\[0\]\.apps\[0\] = 'mine:seven': must be a class derived from wayside.App"),
    ("v2x.radio", {"use": "itsg5", "x": 1}, r"v2x\.radio\.x: no such option"),
    (
        "v2x.radio_of",
        {"bus": {"use": "mine:radio", "reach": 0}},
        r"radio_of\.bus\.mine:radio\.reach = 0: must be above",
    ),
    ("v2x.radio_of", {"bus": {"use": 5}}, r'radio_of\.bus = \{"use": 5\}: must name a radio'),
    ("v2x.radio_of", {"bus": {"itsg5": {"share": 2}}}, r"radio_of\.bus\.itsg5\.share = 2: must be at most 1"),
]


@pytest.mark.parametrize(("field", "value", "said"), MISTAKES, ids=[said[:40] for *_, said in MISTAKES])
def test_mistakes_are_told_in_one_line(folder: Path, field: str, value: object, said: str) -> None:
    with pytest.raises(WaysideError, match=said) as caught:
        made(folder, **{field.replace(".", "__"): value})
    assert str(caught.value).startswith(f"{folder / 'town.toml'}: ")
    assert "\n" not in str(caught.value)


def test_a_radio_that_is_none(folder: Path) -> None:
    (radio,) = made(folder, v2x__radio="mine:radio").radios
    with pytest.raises(
        PluginError, match=r'v2x\.radio = "mine:radio" \(\S*/mine\.py:\d+\): .* must answer a .*Radio, not None'
    ):
        radio(site())


def test_one_radio_with_different_options(folder: Path) -> None:
    """Stations of one name and other options are on other channels."""
    of = {"bus": {"use": "mine:radio", "reach": 20}, "taxi": {"mine:radio": {"share": 0.5}, "uu": 0.2}}
    found = names(folder, v2x__radio="mine:radio", v2x__radio_of=of).scenario
    assert [(radio.use, radio.options) for radio in found.v2x.radios] == [
        ("mine:radio", {"reach": 10.0}),
        ("mine:radio", {"reach": 20.0}),
        ("uu", {}),
    ]
    assert found.v2x.radios_of("bus") == [(1.0, 1)]
    assert found.v2x.radios_of("taxi") == [(0.5, 0), (0.2, 2)]
    written = tomllib.loads(to_toml(found))["v2x"]
    assert written["radio"] == {"use": "mine:radio", "reach": 10.0}
    assert written["radio_of"]["taxi"] == {"mine:radio": {"share": 0.5, "reach": 10.0}, "uu": 0.2}


# The context.


def test_chance_belongs_to_what_it_is_for() -> None:
    plain = context().random("a").random(4)
    assert np.array_equal(context().random("a").random(4), plain), "whatever else was drawn"
    others = [
        context(2).random("a"),
        context(1, "parking.policy", "other").random("a"),
        context(1, "charging.policy", "mine").random("a"),
        context().random("b"),
        context().random("a", "vehicle 1"),
        context().random("a", when=3.0),
        context().at("unit").random("a"),
    ]
    drawn = [other.random(4).tolist() for other in others]
    assert len({tuple(one) for one in [plain.tolist(), *drawn]}) == len(others) + 1
    assert context().random("a", "", 1).random() == context().random("a", "", 1.0).random()


def told(folder: Path) -> dict[str, Any]:
    """What plug-ins are told in a run."""
    scenario = Scenario.load(folder / "told.toml")
    with Simulation(scenario) as simulation:
        policy: Any = simulation.platform.parking.policy
        app: Any = simulation.units[0].apps[-1]
        simulation.run()
        return {"policy": policy.told, "app": app.told, "made": policy.made, "edges": policy.context.network.edges}


TOLD = '''
import numpy as np
from wayside import App, every
from wayside.edge.parking.state import BayAssignment

class Policy:
    """Keeps what it is told."""
    def __init__(self):
        self.told, self.made = [], (self.context.time, self.context.network.travel_s.copy())
    def __call__(self, requests, car_parks):
        self.told.append((self.context.time, self.context.network.travel_s.copy()))
        return BayAssignment(np.full(len(requests.x), -1), np.zeros(len(requests.x)))

class Tells(App):
    """Keeps what it is told."""
    def __init__(self, unit):
        super().__init__(unit)
        self.told = []
    @every(10.0)
    def look(self):
        self.told.append((self.time, self.context.time, self.context.random("x").random()))
'''


def test_the_clock_and_the_roads_in_a_run(tmp_path: Path) -> None:
    (tmp_path / "tells.py").write_text(TOLD)
    (tmp_path / "told.toml").write_text(
        f'sumo.config = "{Scenario.load("crossing").sumo.config}"\n'
        "scenario.end = 60\nv2x.penetration = 1\nparking.request_distance = 2000\nparking.policy = 'tells:Policy'\n"
        "[[rsu]]\napps = ['parking', 'tells:Tells']\n"
    )
    found = in_child(told, tmp_path)
    times = [time for time, _, _ in found["app"]]
    assert len(times) == 6
    assert all(own == ours for ours, own, _ in found["app"])
    assert len({drawn for *_, drawn in found["app"]}) == 1
    begin, free = found["made"]
    assert begin == 0.0
    assert (free > 0).all()
    asked = [time for time, _ in found["policy"]]
    assert asked == sorted(asked)
    assert asked[-1] > 30.0
    assert any((travel > 1.2 * free).any() for _, travel in found["policy"]), "somebody is slow somewhere"
    assert len(found["edges"]) == len(free)
