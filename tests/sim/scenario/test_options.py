"""What the options of [v2x] and [air] do in whole runs: none of them does nothing."""

from __future__ import annotations

import numpy as np
import pytest

from tests.sim.children import in_child
from tests.sim.numbers import Kind
from wayside import Scenario, Simulation
from wayside.edge.errors import ScenarioError
from wayside.sim.stations.packets import Packets

END = 90.0
Figures = dict[str, float]


def figures(changes: dict[str, object]) -> Figures:
    """Key figures of the crossing with everybody equipped."""
    plain = {"scenario.end": END, "v2x.penetration": 1.0, "parking.request_distance": 2000.0}
    with Simulation(Scenario.load("crossing").replace(plain | changes)) as simulation:
        return simulation.run()


def run(**changes: object) -> Figures:
    return in_child(figures, {name.replace("__", "."): value for name, value in changes.items()})


@pytest.fixture(scope="module")
def plain() -> Figures:
    return run()


def test_the_chinese_set(plain: Figures) -> None:
    """BSMs ten times a second, where CAMs come as vehicles move."""
    chinese = run(v2x__family="csae")
    assert chinese["messages.bsm.sent"] > 2 * plain["messages.cam.sent"]
    assert chinese["messages.spat.sent"] == plain["messages.spatem.sent"] > 0
    assert chinese["messages.map.sent"] == plain["messages.mapem.sent"] > 0
    assert "messages.cam.sent" not in chinese


def test_cellular_beside_the_sidelink(plain: Figures) -> None:
    """Requests and answers go by Uu and take their time; the rest does not."""
    assert plain["messages.parking_request.latency_mean_s"] == 0.0
    cellular = run(v2x__uu="field")
    assert cellular["messages.parking_request.sent"] > 0
    assert 0.005 < cellular["messages.parking_request.latency_mean_s"] < 0.1
    assert cellular["messages.cam.latency_mean_s"] == 0.0
    only = run(v2x__radio="uu", v2x__uu="field")
    assert 0.02 < only["messages.cam.latency_mean_s"] < 0.1


def test_neighbours(plain: Figures) -> None:
    assert not any(name.startswith("radio.gap") for name in plain)
    known = run(v2x__neighbours=True)
    assert 0.1 <= known["radio.gap_mean_50m"] <= 1.0
    assert {name: known[name] for name in plain} == plain, "tables change nothing else"


def test_penetration_of_a_class() -> None:
    assert run(v2x__penetration=0.0)["messages.cam.sent"] == 0
    some = run(v2x__penetration=0.0, v2x__penetration_of={"passenger": 1.0})
    assert some["messages.cam.sent"] > 0


def test_compliance(plain: Figures) -> None:
    assert plain["parking.reserved"] > 0
    assert run(parking__compliance=0.0)["parking.taken_as_reserved"] == 0


def test_modelled_sizes() -> None:
    """Packets of 1,500 octets keep the channel busy for longer than their own."""
    own, long = (run(v2x__radio="itsg5", air__size=size)["radio.busy_ratio_mean"] for size in (None, 1500))
    assert long > 4.0 * own > 0.0


# A channel that long packets at a low rate fill.
FILLED = {"v2x__radio": "itsg5", "v2x__family": "csae", "air__size": 4000, "air__rate": 3.0}


@pytest.fixture(scope="module")
def without() -> Figures:
    return run(**FILLED)


@pytest.mark.parametrize("approach", ["reactive", "adaptive"])
def test_congestion_control(without: Figures, approach: str) -> None:
    """With DCC fewer are sent, and the channel is less busy."""
    controlled = run(**FILLED, air__dcc=approach)
    assert controlled["messages.bsm.sent"] < 0.8 * without["messages.bsm.sent"]
    assert controlled["messages.spat.sent"] < without["messages.spat.sent"], "units obey too"
    assert controlled["radio.busy_ratio_mean"] < without["radio.busy_ratio_mean"]


def believed(error: float) -> tuple[list[float], list[float]]:
    """How far from the truth vehicles say to be, and units believe them to be [m]."""
    said: list[float] = []
    known: list[float] = []
    changes = {"scenario.end": END, "v2x.penetration": 1.0, "v2x.gnss_error": error}
    with Simulation(Scenario.load("crossing").replace(changes)) as simulation:
        fleet = simulation.fleet

        def told(packets: Packets) -> None:
            if packets.kind == Kind.CAM:
                slots = packets.place
                apart = np.hypot(fleet.said_x[slots] - fleet.x[slots], fleet.said_y[slots] - fleet.y[slots])
                said.extend(apart.tolist())

        simulation.exchange.listeners.append(told)
        for tick in simulation:
            view = simulation.units[0].ldm
            now = view.heard > tick.time - 0.05
            apart = np.hypot(view.x - fleet.x[view.vehicle], view.y - fleet.y[view.vehicle])
            known.extend(apart[now].tolist())
    return said, known


def test_cars_do_not_know_where_they_are() -> None:
    """Twice the mean square of one axis' error; without one, units know positions to the rounding of the message."""
    said, known = in_child(believed, 2.0)
    for errors in (said, known):
        assert 2.0 < np.sqrt(np.mean(np.square(errors))) < 4.0
    said, known = in_child(believed, 0.0)
    assert max(said) == 0.0
    assert 0.0 < max(known) < 0.012


def dates(epoch: str) -> list[float]:
    changes = {"scenario.end": 5.0, "v2x.epoch": epoch, "v2x.origin": [31.0, 121.85]}
    with Simulation(Scenario.load("crossing").replace(changes)) as simulation:
        (latitude,), (longitude,) = simulation.projection.degrees([0.0], [0.0])
        return [float(latitude), float(longitude), simulation.exchange.messages.epoch]


def test_epoch_and_origin() -> None:
    latitude, longitude, epoch = in_child(dates, "2026-07-01T08:00:00+08:00")
    assert latitude == pytest.approx(31.0, abs=1e-9)
    assert longitude == pytest.approx(121.85, abs=1e-9)
    assert epoch == 1_782_864_000.0


def test_congestion_control_is_of_its_g5() -> None:
    with pytest.raises(ScenarioError, match=r'air\.dcc = "reactive": is for v2x\.radio = "itsg5"'):
        run(v2x__radio="lte-v2x", air__dcc="reactive")
