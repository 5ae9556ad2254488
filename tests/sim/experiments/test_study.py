"""Studies: their arms, the keys of their runs, and every mistake told in one line."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.test_docs import blocks
from wayside.edge.errors import WaysideError
from wayside.sim.experiments.commands import said_as
from wayside.sim.experiments.keys import Keys
from wayside.sim.experiments.study import Design, Study, flat, is_study, precision, read
from wayside.sim.scenario import explain
from wayside.sim.scenario.loading import BUILTIN, parse_override


@pytest.fixture
def city(tmp_path: Path) -> Path:
    """A scenario of its own, with a policy beside it that imports a neighbour."""
    for file in (BUILTIN / "crossing").glob("crossing.*"):
        shutil.copy(file, tmp_path)
    (tmp_path / "mine.py").write_text(
        "from typing import Annotated\nfrom wayside import Option\nfrom near import POWER\n\n"
        "class Far:\n    walk: Annotated[float, Option('greatest walk', unit='m', ge=0)] = 400.0\n"
        "    def __call__(self, requests, car_parks):\n        raise NotImplementedError\n"
    )
    (tmp_path / "near.py").write_text("POWER = 1\n")
    path = tmp_path / "city.toml"
    path.write_text('[sumo]\nconfig = "crossing.sumocfg"\n[scenario]\nend = 10.0\nseed = 5\n')
    return path


def design(scenario: object = "crossing", **study: Any) -> Design:
    with explain.reading(Path("compare")):
        return Design(Study(scenario=str(scenario), **study))


def names(**study: Any) -> list[str]:
    return [arm.name for arm in design(**study).arms]


def test_values_of_one_field() -> None:
    assert names(vary={"v2x.radio": ["ideal", "itsg5"]}) == ["ideal", "itsg5"]
    assert names(vary={"v2x.penetration": [0.2, 1]}) == ["penetration=0.2", "penetration=1"]
    assert names(vary={"v2x.neighbours": [False, True]}) == ["false", "true"]


def test_fields_are_crossed_or_varied_one_at_a_time() -> None:
    vary = {"v2x.radio": ["ideal", "itsg5"], "v2x.penetration": [0.2, 0.6, 1.0]}
    crossed = names(vary=vary)
    assert len(crossed) == 6
    assert crossed[:2] == ["radio=ideal, penetration=0.2", "radio=ideal, penetration=0.6"]
    each = names(vary=vary, each=True)
    assert each == [
        "radio=ideal, penetration=0.2",
        "radio=itsg5, penetration=0.2",
        "radio=ideal, penetration=0.6",
        "radio=ideal, penetration=1.0",
    ]


def test_settings_by_name_and_fields_that_end_alike() -> None:
    found = design(
        arms={"now": {}, "soon": {"v2x": {"penetration": 1.0, "radio": {"use": "itsg5"}}}},
        vary={"parking.policy": ["nearest"], "charging.policy": ["least-completion"]},
    )
    assert [arm.name for arm in found.arms] == [
        "now, parking.policy=nearest, charging.policy=least-completion",
        "soon, parking.policy=nearest, charging.policy=least-completion",
    ]
    assert found.arms[1].settings["v2x.penetration"] == 1.0
    assert found.arms[1].scenario.v2x.radio == "itsg5"


def test_options_of_plugins(city: Path) -> None:
    found = design(city, vary={"parking.policy": ["nearest", {"use": "mine:Far", "walk": 250.0}, "mine:Far"]})
    assert [arm.name for arm in found.arms] == ["nearest", "mine:Far (walk=250.0)", "mine:Far"]
    written = found.arms[2].scenario.parking.policy.options
    assert written == {"walk": 400.0, "scope": "unit", "window": 0.0, "district": 1000.0}  # the pool's too
    varied = design(city, set={"parking.policy": "mine:Far"}, vary={"parking.policy.walk": [100.0, 400.0]})
    assert [arm.scenario.parking.policy.options["walk"] for arm in varied.arms] == [100.0, 400.0]


def test_replications_have_seeds_of_their_own(city: Path) -> None:
    arm = design(city, vary={"v2x.penetration": [0.2, 1.0]}).arms[0]
    assert [arm.replication(number).seed for number in range(3)] == [5, 6, 7]
    assert design(city, seed=40, vary={"v2x.penetration": [0.2, 1.0]}).arms[1].replication(2).seed == 42
    assert arm.replication(2).demand.replication == 2


def test_who_is_held_against_whom() -> None:
    vary = {"v2x.penetration": [0.2, 0.6, 1.0]}
    assert design(vary=vary).pairs == [(0, 1), (0, 2)]
    assert design(vary=vary, against="penetration=1.0").pairs == [(2, 0), (2, 1)]
    assert design(vary=vary, against="all").pairs == [(0, 1), (0, 2), (1, 2)]


def test_a_file(tmp_path: Path, city: Path) -> None:
    path = tmp_path / "study.toml"
    path.write_text(
        'scenario = "city.toml"\nreplications = 4\nfigures = ["vehicles.*"]\nset.scenario.end = 20.0\n'
        '[vary]\nparking.policy = ["nearest", { use = "mine:Far", walk = 1.0 }]\nv2x.penetration = [0.5]\n'
    )
    assert is_study(path)
    assert not is_study(city)
    study = read(path)
    assert study.scenario == str(city)
    assert study.set == {"scenario.end": 20.0}
    assert list(study.vary) == ["parking.policy", "v2x.penetration"]
    again = tmp_path / "elsewhere" / "study.toml"
    again.parent.mkdir()
    again.write_text(study.to_toml())
    assert read(again) == study


def test_precision() -> None:
    assert precision("5%").half_width(-40.0) == pytest.approx(2.0)
    assert precision("2.5").half_width(-40.0) == 2.5
    assert precision(3).half_width(1.0) == 3.0


@pytest.mark.parametrize(
    ("study", "line"),
    [
        ({"vary": {"v2x.penetration": [1.0]}}, "compare: penetration=1.0: is one arm only: give two values or more"),
        ({}, "compare: vary: is one arm only: give two values or more to compare"),
        (
            {"vary": {"v2x.penetration": [1.0, 1.0]}},
            "vary.v2x.penetration = [1.0, 1.0]: 1.0 stands there twice",
        ),
        ({"vary": {"v2x.penetration": 1.0}}, "compare: vary.v2x.penetration = 1.0: must be a list of values"),
        ({"vary": {"v2x.penetration": [0.1, 2.0]}}, "v2x.penetration = 2.0: must be between 0 and 1"),
        ({"vary": {"v2x.penetraton": [0.1, 1.0]}}, 'v2x.penetraton: no such field; did you mean "penetration"?'),
        ({"vary": {"parkin.policy": ["a", "b"]}}, 'parkin: no such section; did you mean "parking"?'),
        ({"vary": {"parking.policy": ["nearest", "nerest"]}}, "parking.policy = 'nerest': must be one of"),
        ({"vary": {"parking.policy.walk": [1.0, 2.0]}}, 'parking.policy.walk: no such option of "nearest"'),
        ({"vary": {"scenario.seed": [1, 2]}}, "compare: scenario.seed: every replication sets it"),
        ({"replications": 0}, "compare: replications = 0: must be between 1 and 100000"),
        ({"replications": 1.5}, "compare: replications = 1.5: must be a whole number"),
        ({"replication": 3}, 'compare: replication: no such field; did you mean "replications"?'),
        ({"precision": {"vehicles.arrived": "much"}}, "precision.vehicles.arrived"),
        ({"precision": {"vehicles.arrived": "0%"}}, "must be a share of the mean, as 5%"),
        (
            {"against": "nobody", "vary": {"v2x.penetration": [0.1, 1.0]}},
            'against = "nobody": must be first, all',
        ),
        ({"scenario": "crosing"}, 'crosing: no such scenario; did you mean "crossing"?'),
        ({"scenario": "no/such.toml"}, "no/such.toml: no such file"),
    ],
)
def test_mistakes(study: dict[str, Any], line: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WaysideError) as told:
        design(**{"scenario": "crossing", **study})
    assert line in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[vary]\nv2x.penetration = [0.1, 1.0]\n", "study.toml: scenario: missing: a built-in scenario's name"),
        ("scenario = \n", "study.toml: is no TOML"),
        (
            'scenario = "crossing"\n[vary]\nv2x.penetration = []\n',
            "vary.v2x.penetration = []: must be a list",
        ),
        ('scenario = "crossing"\n[arms.a]\n[arms.b]\nv2x = 3\n', "v2x = 3: must be a table"),
    ],
)
def test_files_with_a_hole(tmp_path: Path, text: str, line: str) -> None:
    path = tmp_path / "study.toml"
    path.write_text(text)
    with pytest.raises(WaysideError) as told:
        Design(read(path), path)
    assert line in str(told.value)
    assert "\n" not in str(told.value)


def key(scenario: object, **changes: Any) -> str:
    return Keys().of(design(scenario, vary={"v2x.penetration": [0.2, 1.0]}, set=changes).arms[0].replication(0))


def test_keys_tell_what_a_run_depends_on(city: Path) -> None:
    policy = {"parking.policy": "mine:Far"}
    first, with_policy = key(city), key(city, **policy)
    assert key(city) == first
    changes: list[dict[str, Any]] = [
        policy,
        {"parking.policy": {"use": "mine:Far", "walk": 1.0}},
        {"scenario.end": 11.0},
        {"sumo.options": {"time-to-teleport": 5}},
    ]
    assert len({first, *(key(city, **change) for change in changes)}) == 5
    (city.parent / "near.py").write_text("POWER = 2\n")
    assert key(city) == first
    assert key(city, **policy) != with_policy  # the neighbour of its module
    routes = city.parent / "crossing.rou.xml.gz"
    shutil.copy(routes, city.parent / "kept")
    routes.write_bytes(routes.read_bytes() + b"\0")
    assert key(city) != first  # what the configuration names
    shutil.move(city.parent / "kept", routes)
    assert key(city) == first


def test_keys_do_not_depend_on_where_a_scenario_lies(city: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other") / "town.toml"
    shutil.copytree(city.parent, other.parent, dirs_exist_ok=True)
    shutil.copy(city, other)
    assert key(other) == key(city)


@pytest.mark.parametrize("value", ["nearest", "3", "true", "a b", 3, 0.5, True, {"use": "x:Y", "a b": [1, "t"]}, [1]])
def test_values_as_the_command_line_takes_them(value: object) -> None:
    assert parse_override(f"a.b={said_as(value)}") == ("a.b", value)


def test_the_study_as_printed(tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    (text,) = blocks("experiments.md", "toml")
    path.write_text(text)
    found = Design(read(path), path)
    assert [arm.name for arm in found.arms] == [
        "now, radio=ideal",
        "now, radio=itsg5",
        "later, radio=ideal",
        "later, radio=itsg5",
    ]


def test_tables_that_are_one_value() -> None:
    """A distribution or a place is put in whole; options of a plug-in, and of SUMO, are added to those there are."""
    said = {
        "demand": {"scale": {"normal": [1.0, 0.1]}},
        "parking": {"policy": {"walk": 3.0}},
        "sumo": {"options": {"time-to-teleport": 5}},
        "v2x.radio_of": {"bus": {"lte-v2x": 0.3}},
    }
    assert flat(said) == {
        "demand.scale": {"normal": [1.0, 0.1]},
        "parking.policy.walk": 3.0,
        "sumo.options.time-to-teleport": 5,
        "v2x.radio_of": {"bus": {"lte-v2x": 0.3}},
    }
    vary: dict[str, Any] = {"v2x.penetration": [0.2, 1.0]}
    found = design(vary=vary, set={"demand": {"scale": {"uniform": [0.9, 1.1]}}})
    assert found.arms[0].replication(3).demand.scale.uniform == (0.9, 1.1)
    assert found.arms[0].replication(3).demand.replication == 3
