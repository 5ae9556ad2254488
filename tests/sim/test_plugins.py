"""Options of plug-ins in modules of one's own, and what is wrong with them or with what is said of them."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.sim.air.towns import site
from tests.sim.plugged import NOWHERE, POOLING
from wayside import Scenario
from wayside.edge.errors import PluginError, WaysideError
from wayside.edge.reports import CityReports
from wayside.sim.plugins import Names, Plugins
from wayside.sim.scenario import to_toml

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
    ("v2x.radio_of", {"bus": {"itsg5": {"share": 2}}}, r"radio_of\.bus\.itsg5\.share = 2: must be between 0 and 1"),
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
