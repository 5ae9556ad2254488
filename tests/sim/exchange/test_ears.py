"""What applications are told of what their units receive, at three units of a crossing."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from itertools import islice
from typing import Any, ClassVar

import numpy as np
import pytest

from tests.edge.doubles import unit
from tests.sim.children import in_child
from wayside import App, Cam, Heard, Scenario, Simulation, every, on
from wayside.edge.errors import ApplicationError, PluginError
from wayside.edge.hearing import hearing_methods
from wayside.edge.ldm import VehicleView
from wayside.edge.messages import Broadcast, Denm, Saem, Spatem, denm
from wayside.edge.messages.kinds import FIRST_UNIT, Kinds
from wayside.edge.parking.messages import BaysLost, ParkingRequests, ParkingResponses
from wayside.edge.unit import RoadsideUnit
from wayside.sim.exchange.ears import Ears
from wayside.sim.wire.table import BUILT_IN

WHERE = {"speaks": (0.0, 0.0), "near": (180.0, 0.0), "far": (700.0, 0.0)}  # m; a range of 300 m
RADII = (100.0, 200.0)


class Speaks(App):
    """Warns once, as far as the radio carries, each second; and of something near."""

    def start(self) -> None:
        self.send(denm("roadworks", (10.0, 20.0)), repeat=1.0)
        for radius in RADII:
            self.send(denm("accident", (radius, 0.0)), radius=radius, repeat=2.0)


class Hears(App):
    """Keeps whatever it is told, and says something of its own."""

    def start(self) -> None:
        self.warned: list[tuple[float, Heard[Denm]]] = []
        self.announced: list[tuple[float, Heard[Saem]]] = []
        self.cams: list[tuple[float, VehicleView, int]] = []
        self.asked: list[ParkingRequests] = []
        self.order: list[str] = []

    @on(Denm)
    def hazard(self, heard: Heard[Denm]) -> None:
        self.warned.append((self.time, heard))
        self.order.append("denm")

    @on(Saem)
    def offers(self, heard: Heard[Saem]) -> None:
        self.announced.append((self.time, heard))

    @on(Cam)
    def vehicles(self, view: VehicleView) -> None:
        self.cams.append((self.time, view, len(self.ldm)))

    @on(ParkingRequests)
    def parking(self, requests: ParkingRequests) -> None:
        self.asked.append(requests)

    @every(0.1)
    def look(self) -> None:
        self.order.append("every")


Seen = dict[str, Any]


def listened(radio: str, family: str, seconds: float = 20.0) -> Seen:
    changes: dict[str, Any] = {
        "scenario.end": seconds,
        "v2x.radio": radio,
        "v2x.family": family,
        "v2x.penetration": 1.0,
    }
    apps = {"speaks": f"{__name__}:Speaks", "near": f"{__name__}:Hears", "far": f"{__name__}:Hears"}
    rsu = [{"at": [*WHERE[name]], "name": name, "apps": [app]} for name, app in apps.items()]
    rsu[1]["apps"] += ["parking"]  # type: ignore[operator]
    scenario = Scenario.load("crossing").replace(changes | {"rsu": rsu})
    with Simulation(scenario) as simulation:
        heard_before = np.zeros(len(simulation.units), np.int64)
        cams = []
        for _ in islice(simulation, int(seconds * 10)):
            received = simulation.exchange.maps.received.copy()
            cams.append(int(received[1] - heard_before[1]))
            heard_before = received
        apps_of = [unit.apps[0] for unit in simulation.units]
        near, far = apps_of[1], apps_of[2]
        assert isinstance(near, Hears)
        assert isinstance(far, Hears)
        numbers = [unit.number for unit in simulation.units]
        traffic = simulation.exchange.traffic
        return {
            "warned": near.warned,
            "far": (far.warned, far.announced),
            "announced": near.announced,
            "cams": [(time, len(view), view.heard.tolist(), view.age.tolist(), n) for time, view, n in near.cams],
            "counted": cams,
            "asked": [len(requests.vehicle) for requests in near.asked],
            "answered": traffic.sent[simulation.exchange.messages.kinds.number(ParkingResponses)],
            "order": near.order,
            "numbers": numbers,
        }


@pytest.mark.parametrize("family", ["etsi", "csae"])
def test_units_hear_units_and_vehicles(family: str) -> None:
    seen = in_child(listened, "ideal", family, 60.0)
    causes = Counter((heard.message.cause, heard.message.position) for _, heard in seen["warned"])
    places = dict(causes.keys())
    assert places.keys() == {3, 2}
    assert math.dist(places[3], (10.0, 20.0)) < 0.05, "as octets have it"
    # Within 200 m of the speaker, but not within 100 m.
    assert math.dist(places[2], (RADII[1], 0.0)) < 0.05
    assert causes[3, places[3]] in (59, 60)
    assert causes[2, places[2]] in (29, 30)
    for time, heard in seen["warned"]:
        assert heard.station == FIRST_UNIT + seen["numbers"][0]
        assert heard.position == WHERE["speaks"]
        assert heard.sent == time
    assert seen["far"] == ([], []), "nobody is told of what did not reach it"
    assert seen["announced"] == [], "its own announcements a unit does not hear"
    # In each tick those CAMs that the map has taken in.
    assert sum(n for _, n, *_ in seen["cams"]) == sum(seen["counted"]) > 100
    assert all(heard == [time] * n and age == [0.0] * n for time, n, heard, age, _ in seen["cams"])
    assert all(n <= known for _, n, *_, known in seen["cams"]), "the map knows them already"
    # Requests go to the service, too, which waits for them.
    assert sum(seen["asked"]) > 0
    assert seen["answered"] > 0
    # Who has heard something is called before those that are due.
    first = seen["order"].index("denm")
    assert seen["order"][first + 1] == "every" or seen["order"][first + 1] == "denm"
    assert seen["order"].count("every") == 600


@pytest.mark.parametrize("radio", ["itsg5", "lte-v2x", "nr-v2x"])
def test_over_modelled_radios(radio: str) -> None:
    seen = in_child(listened, radio, "etsi")
    assert len(seen["warned"]) > 10
    assert all(heard.sent <= time for time, heard in seen["warned"])
    assert sum(n for _, n, *_ in seen["cams"]) == sum(seen["counted"]) > 10


def test_a_broken_ear_is_found() -> None:
    """The planted error: a unit that is told of what others receive."""
    with pytest.raises(AssertionError, match="nobody is told of what did not reach it"):
        in_child(everybody_hears)


def everybody_hears() -> None:
    of = Ears.at

    def at(self: Ears, kind: int, packet: Any, unit: Any) -> list[tuple[int, int]]:
        return [(k, other) for k, _ in of(self, kind, packet, unit) for other in (1, 2)]

    Ears.at = at  # type: ignore[method-assign]
    assert listened("ideal", "etsi")["far"] == ([], []), "nobody is told of what did not reach it"


# Who is called


class Base(App):
    @on(Denm)
    def first(self, heard: Heard[Denm]) -> None:
        pass

    @on(Cam)
    @on(Saem)
    def second(self, heard: Any) -> None:
        pass


class Derived(Base):
    def first(self, heard: Heard[Denm]) -> None:  # overridden by one that is not marked
        pass

    @on(BaysLost)
    def third(self, lost: BaysLost) -> None:
        pass


def test_who_hears_what() -> None:
    def names(app: App) -> list[tuple[type, str]]:
        return [(kind, method.__name__) for kind, method in hearing_methods(app)]

    assert names(Base(unit())) == [(Denm, "first"), (Saem, "second"), (Cam, "second")]
    assert names(Derived(unit())) == [(Saem, "second"), (Cam, "second"), (BaysLost, "third")]


@pytest.mark.parametrize("wrong", [ParkingResponses, int, "cam", None, Denm(3, (0.0, 0.0), 1.0)])
def test_what_cannot_be_heard_is_refused(wrong: Any) -> None:
    with pytest.raises(TypeError, match="must be Cam or Vam, or a class of broadcasts, requests or notices"):
        on(wrong)


def test_one_method_is_called_in_one_way() -> None:
    with pytest.raises(TypeError, match="by every"):

        class Both(App):
            @on(Denm)
            @every(1.0)
            def both(self) -> None:
                pass

    with pytest.raises(TypeError, match="by every"):

        class Other(App):
            @every(1.0)
            @on(Denm)
            def both(self) -> None:
                pass


class Unheard(Broadcast):
    """Of no kind."""


def ears(*apps: type[App]) -> tuple[RoadsideUnit, Ears]:
    here = unit()
    here.install(apps)
    return here, Ears([here], Kinds(BUILT_IN))


def test_a_class_of_no_kind_is_refused_in_one_line() -> None:
    class Wrong(App):
        @on(Unheard)
        def never(self, heard: Any) -> None:
            pass

    with pytest.raises(PluginError, match=r"^unit here: .*Wrong: on\(Unheard\): is of no kind of this run"):
        ears(Wrong)


class Takes(App):
    @every(0.5, waiting=BaysLost)
    def take_back(self) -> None:
        pass


@pytest.mark.parametrize(
    ("apps", "kept"), [((Takes,), True), ((Derived,), False), ((Derived, Takes), True), ((App,), True)]
)
def test_what_is_told_is_not_kept_unless_somebody_waits_for_it(apps: tuple[type[App], ...], kept: bool) -> None:
    _, listening = ears(*apps)
    lost = BaysLost(np.zeros(1, np.int32), np.zeros(1, np.int64))
    assert listening.receive(0, BaysLost, lost) is kept
    assert listening.waiting is (Derived in apps)
    assert [call.heard for call in listening.calls()] == [lost] * (Derived in apps)
    assert not listening.waiting


# Who breaks off


class Breaks(App):
    broken: ClassVar[Callable[[], Any]]

    @on(Spatem)
    def light(self, heard: Heard[Spatem]) -> None:
        raise KeyError("light")


def broken(keep_going: bool) -> list[str]:
    changes = {"scenario.end": 3.0}
    rsu = [
        {"at": "traffic-lights", "apps": ["signals"]},
        {"at": [10.0, 10.0], "name": "b", "apps": [f"{__name__}:Breaks"]},
    ]
    scenario = Scenario.load("crossing").replace(changes | {"rsu": rsu})
    with Simulation(scenario, keep_going=keep_going) as simulation:
        simulation.run()
        return [failure.line for failure in simulation.failures.all]


def test_who_breaks_off_is_named() -> None:
    with pytest.raises(ApplicationError, match=r"^unit .*b.*: Breaks\.light at 0\.\d s: KeyError: 'light' \(.*:\d+\)$"):
        in_child(broken, False)


@pytest.mark.filterwarnings("ignore:unit")
def test_and_switched_off_where_the_run_keeps_going() -> None:
    (line,) = in_child(broken, True)
    assert "Breaks.light" in line
