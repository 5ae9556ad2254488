"""[demand]: distributions are what SciPy says they are; what is no demand is told in one line."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from wayside.edge.errors import ScenarioError
from wayside.sim.scenario import Scenario, to_toml
from wayside.sim.scenario.demand import DRIVER_ATTRIBUTES, Demand
from wayside.sim.scenario.distributions import Variable
from wayside.sim.scenario.loading import load

PROBABILITIES = (np.arange(2000) + 0.5) / 2000
MIDDLE = math.sqrt(math.log1p(0.3**2))  # of a lognormal's logarithm, where the deviation is 0.3 of the mean


def variable(said: object) -> Variable:
    return Demand.model_validate({"offset": said}).offset


def lognormal(mean: float) -> "stats.rv_continuous_frozen":
    return stats.lognorm(MIDDLE, scale=mean * math.exp(-(MIDDLE**2) / 2))


@pytest.mark.parametrize(
    ("said", "judge"),
    [
        ({"normal": [1.0, 0.15]}, stats.norm(1.0, 0.15)),
        ({"normal": [1.0, 0.15], "within": [0.9, 1.3]}, stats.truncnorm(-2 / 3, 2.0, 1.0, 0.15)),
        ({"lognormal": [20.0, 6.0]}, lognormal(20.0)),
        ({"uniform": [-5, 15]}, stats.uniform(-5, 20)),
        ({"uniform": [-5, 15], "within": [0.0, 10.0]}, stats.uniform(0, 10)),
        ({"triangular": [2.0, 3.0, 7.0]}, stats.triang(0.2, 2.0, 5.0)),
        ({"triangular": [2.0, 2.0, 7.0]}, stats.triang(0.0, 2.0, 5.0)),
        ({"triangular": [2.0, 7.0, 7.0]}, stats.triang(1.0, 2.0, 5.0)),
        ({"choice": [1, 2, 4, 8]}, None),
    ],
)
def test_quantiles_and_moments_are_those_of_scipy(
    said: dict[str, object], judge: "stats.rv_continuous_frozen | None"
) -> None:
    quantile = variable(said).quantiles()
    drawn = np.array([quantile(u) for u in PROBABILITIES.tolist()])
    if judge is None:
        assert sorted(set(drawn)) == [1, 2, 4, 8]
        assert np.unique(drawn, return_counts=True)[1].tolist() == [500] * 4
        return
    assert drawn == pytest.approx(judge.ppf(PROBABILITIES), rel=1e-6, abs=1e-6)
    assert drawn.mean() == pytest.approx(judge.mean(), abs=2e-3 * judge.std())
    assert drawn.std() == pytest.approx(judge.std(), rel=1e-2)


def test_a_cut_distribution_is_the_rest_of_the_whole() -> None:
    quantile = variable({"lognormal": [20.0, 6.0], "within": [15.0, 30.0]}).quantiles()
    whole = lognormal(20.0)
    below, above = whole.cdf([15.0, 30.0])
    drawn = [quantile(u) for u in PROBABILITIES.tolist()]
    assert drawn == pytest.approx(whole.ppf(below + (above - below) * PROBABILITIES).tolist(), rel=1e-9)


@given(st.floats(2.0**-54, 1 - 2.0**-54), st.floats(2.0**-54, 1 - 2.0**-54))
def test_quantiles_ascend_within_the_bounds(one: float, other: float) -> None:
    low, high = sorted((one, other))
    for said in (
        {"normal": [0.2, 0.4]},
        {"lognormal": [1.0, 3.0]},
        {"triangular": [0.5, 0.6, 2.0], "within": [0.55, 1.0]},
    ):
        found = Demand.model_validate({"stays": said}).stays.quantiles()
        assert 0.01 <= found(low) <= found(high) <= 100.0


@pytest.fixture
def scenario(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scenario:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.sumocfg").write_text("<configuration/>")
    (tmp_path / "a.toml").write_text('[sumo]\nconfig = "a.sumocfg"\n')
    return load("a.toml")


KNOWN = "normal, lognormal, uniform, triangular, choice"
NUMBER = "must be a number, or a distribution, as { normal = [1.0, 0.15] }"


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("scale", -1, "scale = -1: must be between 0 and 100"),
        ("scale", math.nan, "scale = nan: must be a finite number"),
        ("scale", math.inf, "scale = inf: must be a finite number"),
        ("scale", True, f"scale = true: {NUMBER}"),
        ("scale", "more", f'scale = "more": {NUMBER}'),
        (
            "scale",
            {"nromal": [1, 2]},
            'scale = {"nromal": [1, 2]}: no such distribution: "nromal"; did you mean "normal"?',
        ),
        ("scale", {"x": 1}, f'scale = {{"x": 1}}: no such distribution: "x"; known are {KNOWN}'),
        ("scale", {}, f"scale = {{}}: must have one distribution of {KNOWN}"),
        ("scale", {"within": [0, 1]}, f'scale = {{"within": [0, 1]}}: must have one distribution of {KNOWN}'),
        ("scale", {"normal": [1]}, 'scale = {"normal": [1]}: normal must be [mean, standard deviation]'),
        ("scale", {"normal": 1}, 'scale = {"normal": 1}: normal must be [mean, standard deviation]'),
        ("scale", {"normal": [1, -1]}, 'scale = {"normal": [1, -1]}: the standard deviation of normal must be above 0'),
        ("scale", {"normal": [1, math.nan]}, 'scale = {"normal": [1, NaN]}: normal must be a list of finite numbers'),
        ("scale", {"lognormal": [0, 1]}, 'scale = {"lognormal": [0, 1]}: the mean of lognormal must be above 0'),
        ("scale", {"uniform": [1, 1]}, 'scale = {"uniform": [1, 1]}: uniform must be [low, high], ascending'),
        ("scale", {"uniform": [-1, 1]}, 'scale = {"uniform": [-1, 1]}: uniform must be between 0 and 100'),
        (
            "scale",
            {"triangular": [0, 3, 2]},
            'scale = {"triangular": [0, 3, 2]}: triangular must be [low, mode, high], ascending',
        ),
        ("scale", {"choice": []}, 'scale = {"choice": []}: choice must be a list of numbers'),
        (
            "scale",
            {"choice": [1], "within": [0, 1]},
            'scale = {"choice": [1], "within": [0, 1]}: within is for other distributions than choice',
        ),
        (
            "scale",
            {"normal": [1, 0.1], "within": [2, 3]},
            'scale = {"normal": [1, 0.1], "within": [2, 3]}: within = [2, 3] must leave more of the distribution',
        ),
        (
            "scale",
            {"normal": [1, 0.1], "within": [1, 1]},
            'scale = {"normal": [1, 0.1], "within": [1, 1]}: within must be [low, high], ascending',
        ),
        (
            "scale",
            {"normal": [1, 0.1], "per": "vehicle"},
            'scale = {"normal": [1, 0.1], "per": "vehicle"}: per must be "replication"',
        ),
        (
            "offset",
            {"normal": [0, 9], "per": "car"},
            'offset = {"normal": [0, 9], "per": "car"}: per must be "replication" or "origin" or "vehicle"',
        ),
        ("offset", 90000, "offset = 90000: must be between -86400 and 86400"),
        ("stays", 0, "stays = 0: must be between 0.01 and 100"),
        ("drivers.sigm", 1, 'drivers.sigm: "sigm" is no attribute of drivers; did you mean "sigma"?'),
        (
            "drivers.x",
            1,
            f'drivers.x: "x" is no attribute of drivers; known are {", ".join(DRIVER_ATTRIBUTES)}',
        ),
        ("drivers.tau", -1, "drivers.tau = -1: must be between 0.01 and 100"),
        ("kinds.truck", -1, "kinds.truck = -1: must be between 0 and 100"),
        ("replication", -1, "replication = -1: must be between 0 and 2147483647"),
        ("replication", 1.5, "replication = 1.5: must be a whole number"),
        ("block", 0, "block = 0: must be between 1 and 100000"),
        ("sclae", 1, 'sclae: no such field; did you mean "scale"?'),
    ],
)
def test_a_wrong_value_is_one_line(scenario: Scenario, path: str, value: object, said: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        scenario.replace(f"demand.{path}", value)
    assert str(caught.value) == f"a.toml: demand.{said}"


def test_the_file_that_a_run_keeps_is_the_scenario(scenario: Scenario) -> None:
    made = scenario.replace(
        {
            "demand.replication": 7,
            "demand.scale": {"normal": [1, 0.15]},
            "demand.origins": {"lognormal": [1, 0.2], "within": [0.5, 2]},
            "demand.kinds": {"truck": 1.5, "bus": {"choice": [1, 2]}},
            "demand.offset": {"triangular": [-5, 0, 60], "per": "vehicle"},
            "demand.drivers.tau": {"uniform": [0.9, 1.1], "per": "vehicle"},
        }
    )
    Path("b.toml").write_text(to_toml(made))
    again = load("b.toml")
    assert again == made
    assert to_toml(again) == to_toml(made)
    assert again.demand.scale.normal == (1.0, 0.15)
    assert again.demand.kinds["truck"].value == 1.5
    assert made.replace("demand.scale", 1.2).demand.scale.value == 1.2
    assert made.replace("demand.replication", None).demand.replication is None


def test_the_schema_tells_both_forms() -> None:
    demand = Scenario.model_json_schema()["$defs"]["Demand"]["properties"]
    assert {"type": "number"} in demand["scale"]["anyOf"]
    assert {"$ref": "#/$defs/Variable"} in demand["scale"]["anyOf"]
    assert all("description" in field for field in demand.values())
