"""Names in a scenario that stand for code."""

import sys
import tomllib
from pathlib import Path

import pytest

from tests.conftest import ROOT
from wayside.edge.errors import ScenarioError
from wayside.edge.parking.policies import nearest
from wayside.sim.scenario.registry import GROUPS, registered, resolve


@pytest.mark.parametrize("group", GROUPS)
def test_everything_registered_can_be_loaded(group: str) -> None:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]
    assert registered(group).keys() == told.get(group, {}).keys()  # of observers none comes with us
    for name in registered(group):
        assert callable(resolve(group, name, "x"))


def test_a_module_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine_for_a_test.py").write_text("class Outer:\n    @staticmethod\n    def inner(): return 7\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert resolve("wayside.parking", "mine_for_a_test:Outer.inner", "x")() == 7
    assert resolve("wayside.parking", "nearest", "x") is nearest
    sys.modules.pop("mine_for_a_test")


KNOWN = "announce, batch, nearest, outside, predictive, price, reserve, score, search, sumo-reserve"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("neerest", f"must be one of {KNOWN}, or module:Class (did you mean 'nearest'?)"),
        ("nothing_like_it", f"must be one of {KNOWN}, or module:Class"),
        ("no_such_module:f", "No module named 'no_such_module'"),
        ("math:nothing", "math has no 'nothing'"),
        ("math:pi.nothing", "math has no 'pi.nothing'"),
    ],
)
def test_names_that_stand_for_nothing(name: str, said: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        resolve("wayside.parking", name, "a.toml: parking.policy")
    assert str(caught.value).startswith(f"a.toml: parking.policy = {name!r}: ")
    assert said in str(caught.value)


def test_a_module_that_breaks_is_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "breaks_for_a_test.py").write_text("raise RuntimeError('one\\ntwo')\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ScenarioError) as caught:
        resolve("wayside.parking", "breaks_for_a_test:f", "parking.policy")
    assert "\n" not in str(caught.value)
