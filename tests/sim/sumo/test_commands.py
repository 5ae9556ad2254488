"""Each command has its effect in a running SUMO, over libsumo and over TraCI; what SUMO refuses is reported."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.sim.children import in_child
from tests.sim.networks import configure, netconvert
from wayside.sim.sumo import backend_class
from wayside.sim.sumo.backend import Backend
from wayside.sim.sumo.commands import (
    BatteryParameter,
    ChangeTarget,
    ChargeAt,
    CloseLane,
    Colour,
    Command,
    ParkAt,
    Refusal,
    Reroute,
    Resume,
    SignalPhase,
    SignalProgram,
    SpeedAdvice,
    apply_all,
)
from wayside.sim.sumo.network import read_network

TOWN = """
    <vType id="car" sigma="0"/>
    <vType id="ev" sigma="0"><param key="has.battery.device" value="true"/>
        <param key="device.battery.capacity" value="50000"/><param key="device.battery.chargeLevel" value="10000"/>
        <param key="device.battery.maximumChargeRate" value="50000"/></vType>
    <route id="through" edges="in out"/>
    <route id="along" edges="in up"/>
    <vehicle id="free" type="car" route="through" depart="0" departLane="1" departSpeed="max"/>
    <vehicle id="parker" type="car" route="through" depart="0" departLane="0">
        <stop parkingArea="wished" duration="20"/></vehicle>
    <vehicle id="electric" type="ev" route="through" depart="3" departLane="0"/>
    <vehicle id="second" type="ev" route="through" depart="6" departLane="0"/>
"""
PLACES = """
    <parkingArea id="wished" lane="out_0" startPos="100" endPos="130" roadsideCapacity="3"/>
    <parkingArea id="other" lane="out_0" startPos="200" endPos="230" roadsideCapacity="3"/>
    <parkingArea id="bays" lane="out_0" startPos="20" endPos="50" roadsideCapacity="2"/>
    <chargingStation id="piles" lane="out_0" startPos="20" endPos="50" power="40000" efficiency="1"
        parkingArea="bays"/>
    <chargingStation id="roadside" lane="out_0" startPos="300" endPos="330" power="20000" efficiency="1"/>
    <tlLogic id="middle" programID="night" type="static">
        <phase duration="33" state="{0}"/><phase duration="44" state="{1}"/></tlLogic>
"""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("town")
    net = netconvert(folder)
    links = net.read_text().count('tl="middle"')
    return configure(folder, TOWN, PLACES.format("G" * links, "r" * links), step_length="0.5")


def play(config: Path, backend: str, commands: dict[int, list[Command]], steps: int, look: Callable[[Any], Any]) -> Any:
    """Apply commands before these steps; what `look` sees after each, and the refusals. For a process of its own."""
    sumo: Backend = backend_class(backend, False)(["-c", str(config)], read_network(config.parent / "net.net.xml"))
    seen: list[Any] = []
    refused: list[Refusal] = []
    later: list[Command] = []
    for step in range(steps):
        refusals, later = apply_all([*later, *((command, None) for command in commands.get(step, []))], sumo.api)
        refused += refusals
        sumo.step()
        sumo.read()
        seen.append(look(sumo))
    sumo.close()
    return seen, refused


Watch = Callable[..., Any]


def watching(town: Path, backend: str) -> Watch:
    def child(look: Callable[[Any], Any], steps: int, **at: list[Command]) -> Any:
        commands = {int(step[1:]): list(these) for step, these in at.items()}
        return in_child(play, town, backend, commands, steps, look)

    return child


@pytest.fixture
def watch(town: Path) -> Watch:
    return watching(town, "native")


@pytest.fixture(params=["native", "traci"])
def watch_both(request: pytest.FixtureRequest, town: Path) -> Watch:
    return watching(town, request.param)


def lanes_and_speeds(sumo: Backend) -> dict[str, tuple[str, float, float]]:
    table = sumo.vehicles
    return {
        id: (
            sumo.network.lane_ids[table.lane[slot]] if table.lane[slot] >= 0 else "",
            float(table.speed[slot]),
            float(table.lane_position[slot]),
        )
        for id, slot in table.slot_of.items()
    }


def road_and_stop(sumo: Backend) -> tuple[str, str]:
    vehicle = sumo.api.vehicle
    if "parker" not in vehicle.getIDList():
        return "", ""
    stops = vehicle.getStops("parker", 1)
    return vehicle.getRoadID("parker"), stops[0].stoppingPlaceID if stops else ""


def test_who_is_on_a_junction_is_sent_elsewhere_behind_it(watch_both: Watch) -> None:
    """On a junction SUMO may move a stop but not the route, and then dies when the vehicle looks for a way."""
    seen, _ = watch_both(road_and_stop, 120)
    roads = [road for road, _ in seen]
    inside = next(step for step, road in enumerate(roads) if road.startswith(":"))
    behind = next(step for step, road in enumerate(roads) if road == "out")
    assert behind > inside + 1
    at = {f"_{inside + 1}": [ParkAt("parker", "other")], f"_{behind}": [Reroute("parker")]}
    seen, refused = watch_both(road_and_stop, 120, **at)
    assert refused == []
    assert [stop for road, stop in seen[:behind] if stop != "wished" and road] == []
    assert seen[behind + 1][1] == "other"


def test_speed_advice(watch: Watch) -> None:
    seen, refused = watch(lanes_and_speeds, 30, s10=[SpeedAdvice("free", 5.0)], s20=[SpeedAdvice("free", -1.0)])
    speed = [row["free"][1] for row in seen]
    assert refused == []
    assert speed[9] > 10.0
    assert speed[19] == 5.0
    assert speed[29] > 10.0


def colour_and_route(sumo: Backend) -> tuple[Any, Any]:
    if "free" not in sumo.vehicles.slot_of:
        return None, None
    return tuple(sumo.api.vehicle.getColor("free")), tuple(sumo.api.vehicle.getRoute("free"))


def test_colour_and_target(watch_both: Watch) -> None:
    seen, refused = watch_both(
        colour_and_route, 4, s2=[Colour("free", (1, 2, 3, 200)), ChangeTarget("free", "up"), Reroute("free")]
    )
    assert refused == []
    assert seen[1] != seen[2] == ((1, 2, 3, 200), ("in", "up"))


def standing(sumo: Backend) -> dict[str, tuple[str, float, float]]:
    """Where vehicles stand, with what charge and power limit."""
    table = sumo.vehicles
    return {
        id: (sumo.current_stop(id), float(table.charge[slot]), sumo.battery_number(id, "maximumChargeRate"))
        if table.capacity_wh[slot] > 0.0
        else (sumo.current_stop(id), 0.0, 0.0)
        for id, slot in table.slot_of.items()
        if table.stop_state[slot]
    }


def test_park_elsewhere(watch: Watch) -> None:
    plain, _ = watch(standing, 160)
    moved, refused = watch(standing, 160, s4=[ParkAt("parker", "other")])
    assert refused == []
    for seen, place in ((plain, "wished"), (moved, "other")):
        stops = [row["parker"][0] for row in seen if "parker" in row]
        assert set(stops) == {place}
        assert len(stops) in (39, 40, 41)  # it keeps its 20 s


@pytest.mark.parametrize(("place", "off_street", "watts"), [("bays", True, 40_000.0), ("roadside", False, 20_000.0)])
def test_charge_and_resume(watch_both: Watch, place: str, off_street: bool, watts: float) -> None:
    seen, refused = watch_both(
        standing,
        240,
        s8=[ChargeAt("electric", place, off_street)],
        s180=[BatteryParameter("electric", "maximumChargeRate", 8000.0)],
        s200=[Resume("electric")],
    )
    assert refused == []
    stops = [(step, *row["electric"]) for step, row in enumerate(seen) if "electric" in row]
    assert {stop for _, stop, *_ in stops} == {place if off_street else "roadside"}
    assert stops[-1][0] in (199, 200)  # until it is told to go on
    charge = {step: level for step, _, level, _ in stops}
    assert (charge[170] - charge[160]) * 3600.0 / 5.0 == pytest.approx(watts, rel=0.01)
    assert (charge[196] - charge[186]) * 3600.0 / 5.0 == pytest.approx(8000.0, rel=0.01)
    assert {step: limit for step, *_, limit in stops}[190] == 8000.0
    assert "electric" not in seen[-1]


def lights(sumo: Backend) -> tuple[str, str, int, float]:
    light = sumo.api.trafficlight
    return (
        sumo.signals.text(0),
        light.getProgram("middle"),
        light.getPhase("middle"),
        float(sumo.signals.next_switch[0]),
    )


def test_signals(watch: Watch) -> None:
    seen, refused = watch(
        lights,
        40,
        s0=[SignalProgram("middle", "0")],
        s5=[SignalProgram("middle", "night")],
        s10=[SignalPhase("middle", 1)],
        s20=[SignalPhase("middle", 0, 3.0)],
    )
    assert refused == []
    assert seen[4][1] == "0"
    assert seen[5][1] == "night"
    assert set(seen[12][0]) == {"r"}
    assert seen[12][2] == 1
    assert set(seen[21][0]) == {"G"}
    assert seen[21][3] == pytest.approx(10.0 + 3.0, abs=0.5)
    assert set(seen[39][0]) == {"r"}  # after the 3 s of that phase


def test_open_a_lane_to_those_of_before(watch: Watch) -> None:
    seen, _ = watch(allowed, 8, s2=[CloseLane("out_1", True)], s5=[CloseLane("out_1", False, ("bus", "taxi"))])
    assert set(seen[6][0]) == {"bus", "taxi"}


def test_close_a_lane_and_open_it(watch: Watch) -> None:
    seen, refused = watch(allowed, 8, s2=[CloseLane("out_1", True)], s5=[CloseLane("out_1", False)])
    assert refused == []
    assert "passenger" in seen[0][0]
    assert "passenger" not in seen[3][0]
    assert set(seen[6][0]) == set(seen[0][0])


def allowed(sumo: Backend) -> tuple[Any, Any]:
    return tuple(sumo.api.lane.getAllowed("out_1")), tuple(sumo.api.lane.getDisallowed("out_1"))


def test_a_closed_lane_is_not_driven_on(watch: Watch) -> None:
    seen, _ = watch(lanes_and_speeds, 120, s0=[CloseLane("out_1", True)])
    assert "out_1" not in {lane for row in seen for lane, *_ in row.values()}
    free, _ = watch(lanes_and_speeds, 120)
    assert "out_1" in {lane for row in free for lane, *_ in row.values()}


REFUSED: list[Command] = [
    Reroute("nobody"),
    ChangeTarget("free", "nowhere"),
    ParkAt("free", "other"),  # it has no such wish
    ParkAt("parker", "nowhere"),
    ChargeAt("second", "nowhere", True),
    ChargeAt("second", "nowhere", False),
    Resume("free"),
    SpeedAdvice("nobody", 5.0),
    Colour("nobody", (0, 0, 0, 0)),
    BatteryParameter("free", "maximumChargeRate", 1.0),  # it has no battery
    SignalProgram("nowhere", "night"),
    SignalPhase("middle", 99),
    CloseLane("nowhere_0", True),
]


def test_refusals(watch_both: Watch) -> None:
    good: Command = SpeedAdvice("free", 5.0)
    seen, refused = watch_both(lanes_and_speeds, 40, s14=[*REFUSED, good])
    assert [refusal.command for refusal in refused] == REFUSED
    assert all(isinstance(refusal, Refusal) and refusal.reason and "\n" not in refusal.reason for refusal in refused)
    assert seen[39]["free"][1] == 5.0  # the others hold
