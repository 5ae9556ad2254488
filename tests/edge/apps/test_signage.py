"""Signs that a unit shows: at their places and times, and limits that follow the density without flickering."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.edge import doubles
from tests.edge.apps.test_hazards import EDGES, NODES
from tests.sim.networks import netconvert
from wayside.edge.apps.signage import Signage
from wayside.edge.errors import ScenarioError
from wayside.edge.ldm import LocalDynamicMaps
from wayside.edge.messages import Ivim
from wayside.edge.messages.stations import StationType
from wayside.edge.signs import SignBook, variable_limit
from wayside.edge.unit import RoadsideUnit
from wayside.sim.sumo.network import read_network
from wayside.sim.world.roads import Roads


@pytest.fixture(scope="module")
def roads(tmp_path_factory: pytest.TempPathFactory) -> Roads:
    return Roads(read_network(netconvert(tmp_path_factory.mktemp("road"), NODES, EDGES)))


class Scene:
    """A unit beside the road, what it hears, and what it shows."""

    def __init__(self, roads: Roads, x: float = 500.0, **options: Any) -> None:
        self.unit = RoadsideUnit("here", 0, (x, 10.0), LocalDynamicMaps(1), doubles.city())
        self.book = SignBook()
        self.unit.platform.enter("signage", self.book)
        self.app = Signage.__new__(Signage)
        for name, value in options.items():
            setattr(self.app, name, value)
        self.app.context = cast(Any, SimpleNamespace(network=roads))
        self.app.__init__(self.unit)  # type: ignore[misc]
        self.unit.apps.append(self.app)
        self.app.start()

    def look(self, now: float, cars: int = 0) -> tuple[list[Ivim], int]:
        """So many cars on the second edge; what is begun or said anew, and how many signs are ended."""
        who = np.arange(cars, dtype=np.int32)
        x = np.linspace(310.0, 690.0, cars)
        rest = 20.0, 90.0, 5.0
        rows = [(at, -1.6, *rest, 1000.0 + i, 0.0, StationType.PASSENGER, np.nan) for i, at in enumerate(x.tolist())]
        self.unit.time = now
        self.unit.maps.forget(math.inf)
        self.unit.maps.hear(who, np.zeros(cars, np.int32), who, np.array(rows).reshape(-1, 9), now)
        self.unit.outbox.clear()
        self.unit.changes.clear()
        self.app.look()
        said = [sending.message for sending in self.unit.outbox]
        said += [change.message for change in self.unit.changes if change.message is not None]
        return [cast(Ivim, one) for one in said], sum(change.message is None for change in self.unit.changes)


def test_a_sign_at_its_place_for_its_time(roads: Roads) -> None:
    sign = {"edge": "second", "start": 100.0, "stop": 200.0, "speed": 10.0, "begin": 5.0, "end": 15.0}
    scene = Scene(roads, signs=(sign,), validity=10.0)
    assert scene.look(4.0) == ([], 0)
    ((told,), _) = scene.look(5.0)
    assert told.speed == 10.0
    begin, end = told.line[0][0], told.line[-1][0]
    assert end - begin == pytest.approx(100.0, abs=0.5)
    assert told.approach[-1] == pytest.approx(told.line[0])
    assert told.approach[0][0] == pytest.approx(begin - 300.0, abs=20.0)
    assert [now for now in range(6, 15) if scene.look(float(now))[0]] == [10], (
        "kept alive: half of its validity is over"
    )
    assert scene.look(15.0) == ([], 1)
    assert scene.look(16.0) == ([], 0)
    assert scene.book.said == 1


def test_a_limit_follows_the_density(roads: Roads) -> None:
    """400 m with two lanes: 0.8 lane kilometres, of which the unit sees all."""
    scene = Scene(roads, variable=({"edge": "second"},), window=1.0, hold=5.0, sight=400.0)
    assert scene.look(0.0, cars=5) == ([], 0)
    for now in range(1, 10):
        said, _ = scene.look(float(now), cars=15)  # 19 /km/lane
        if said:
            break
    assert said[0].speed == pytest.approx(22.22)
    speeds = {
        said.speed for now in range(10, 40) for said in scene.look(float(now), cars=12)[0]
    }  # 15: above 0.8 x 16.2
    assert speeds == {22.22}, "it does not flicker"
    speeds = {said.speed for now in range(40, 60) for said in scene.look(float(now), cars=40)[0]}
    assert 16.67 in speeds
    ended = [now for now in range(60, 100) if scene.look(float(now), cars=2)[1]]
    assert len(ended) == 1, "in two steps, and then no more"
    assert scene.book.changed == 4


def test_of_neighbours_one_shows_it(roads: Roads) -> None:
    sign = {"edge": "second", "closed": (1,)}
    near, far = Scene(roads, signs=(sign,)), Scene(roads, x=900.0, signs=(sign,))
    near.unit.city = far.unit.city = [near.unit, far.unit]
    assert len(near.look(1.0)[0]) == 1
    assert far.look(1.0) == ([], 0)
    plain = Scene(roads, x=500.0)
    near.unit.city = plain.unit.city = [near.unit, plain.unit]
    assert near.look(2.0)[1] == 0, "a nearer one that does not list it has nothing to do with it"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"signs": ({"edge": "third", "speed": 9.0},)}, 'signs[0].edge = "third": must be an edge of the net'),
        ({"signs": ({"edge": "first"},)}, "signs[0]: must have a speed, or closed lanes"),
        ({"signs": ({"edge": "first", "closed": (3,)},)}, ".closed = [3]: must be at most 8 of the lanes"),
        ({"signs": ({"edge": "first", "speed": 9.0, "begin": 5.0, "end": 4.0},)}, "begin 5, end 4 s: must "),
        ({"signs": ({"edge": "first", "speed": 9.0, "start": 90.0, "stop": 80.0},)}, "must be ascending, up to "),
        ({"variable": ({"edge": "nowhere"},)}, 'variable[0].edge = "nowhere"'),
        ({"steps": ((20.0, 9.0), (10.0, 8.0))}, "steps: must have at least one step, with ascending densities"),
        ({"steps": ((20.0, 99.0),)}, "steps[0][1] = 99: must be 0.278 to 70.833 m/s"),
    ],
)  # fmt: skip
def test_signs_that_are_none(roads: Roads, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ScenarioError) as error:
        Scene(roads, **options)
    assert said in str(error.value)


@given(st.lists(st.floats(0.0, 60.0), min_size=1, max_size=80), st.floats(0.1, 0.99))
def test_the_rule_keeps_its_bounds(densities: list[float], release: float) -> None:
    """A step that shows has been reached, and is kept as long as the density is above its release."""
    steps = ((10.0, 25.0), (20.0, 20.0), (30.0, 15.0))
    shown = -1
    for density in densities:
        before, shown = shown, variable_limit(density, shown, steps, release)
        assert -1 <= shown < len(steps)
        if shown > before:
            assert density >= steps[shown][0]
        elif shown < before:
            assert shown == before - 1
            assert density < release * steps[before][0]
        else:
            assert shown == len(steps) - 1 or density < steps[shown + 1][0]
