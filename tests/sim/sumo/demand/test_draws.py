"""What a replication draws: stratified over replications, and each draw of its own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayside.sim.scenario.demand import Demand
from wayside.sim.sumo.demand.draws import Draws, stratum


def draws(**said: object) -> Draws:
    return Draws(Demand.model_validate(said))


@pytest.mark.parametrize("block", [1, 2, 10, 16])
def test_each_block_of_replications_is_a_latin_hypercube(block: int) -> None:
    for name in ("scale", "origin A0A1"):
        for first in (0, block, 7 * block):
            drawn = [stratum(4, block, r, name) for r in range(first, first + block)]
            assert sorted(int(u * block) for u in drawn) == list(range(block))
            assert all(0.0 < u < 1.0 for u in drawn)


def test_coordinates_are_independent() -> None:
    names = ("scale", "stays", "drivers.tau", "origin A")
    points = np.array([[stratum(0, 10, r, name) for name in names] for r in range(300)])
    apart = np.corrcoef(points.T)[np.triu_indices(len(names), 1)]
    assert np.abs(apart).max() < 0.2
    assert len(np.unique(points)) == points.size


def test_strata_make_means_more_certain() -> None:
    """The point of the design: the mean over ten replications varies much less than that of ten independent draws."""
    means = {
        block: np.std([np.mean([stratum(s, block, r, "scale") for r in range(10)]) for s in range(40)])
        for block in (1, 10)
    }
    assert means[10] < 0.25 * means[1]
    assert means[1] == pytest.approx(np.sqrt(1 / 12 / 10), rel=0.4)


def test_a_draw_is_of_its_own_name_alone() -> None:
    scale = {"normal": [1.0, 0.15]}
    alone = draws(replication=3, scale=scale)
    among = draws(replication=3, scale=scale, drivers={"tau": {"uniform": [0.9, 1.1]}}, stays=2, kinds={"truck": 2})
    assert alone.scale == among.scale == alone.values["scale"]
    assert alone.scale != draws(replication=4, scale=scale).scale
    assert alone.scale != draws(replication=3, scale=scale, seed=1).scale
    assert alone.chance("copies", "car") == among.chance("copies", "car")
    assert alone.chance("copies", "car") != draws(replication=4).chance("copies", "car")
    assert alone.chance("copies", "car") != alone.chance("gap", "car")


def test_without_a_replication_numbers_hold_and_distributions_do_not() -> None:
    found = draws(scale={"normal": [1.0, 0.15]}, offset={"normal": [5, 1]}, drivers={"tau": {"normal": [2, 0.1]}})
    assert found.idle
    assert not found.driving
    assert not found.moving
    assert draws().idle
    assert not draws(replication=0, scale={"normal": [1.0, 0.15]}).idle
    assert not draws(scale=1.2).idle
    assert draws(scale=1.2).scale == 1.2
    assert draws(scale=1.2).scaled(0.5).scale == pytest.approx(0.6)
    assert draws(replication=5).idle


@given(st.text(max_size=20), st.floats(0, 5), st.floats(0, 5), st.integers(0, 1000))
def test_a_greater_factor_never_has_fewer(who: str, one: float, other: float, replication: int) -> None:
    found = draws(replication=replication)
    low, high = sorted((one, other))
    few, many = found.copies(who, low), found.copies(who, high)
    assert few <= many
    assert int(low) <= few <= int(low) + 1
    assert found.copies(who, 1.0) == 1


@pytest.mark.parametrize("factor", [0.3, 0.9, 1.2, 2.5])
def test_copies_are_as_many_as_the_factor_on_average(factor: float) -> None:
    found = draws(replication=1)
    copies = [found.copies(f"car_{n}", factor) for n in range(20_000)]
    part = factor % 1
    assert np.mean(copies) == pytest.approx(factor, abs=4 * np.sqrt(part * (1 - part) / 20_000))


def test_an_origin_has_a_draw_of_its_own() -> None:
    found = draws(replication=2, origins={"lognormal": [1.0, 0.3]}, offset={"uniform": [-9, 9], "per": "origin"})
    scales = [found.origin_scale(f"edge_{n}") for n in range(400)]
    assert np.mean(scales) == pytest.approx(1.0, abs=0.06)
    assert np.std(scales) == pytest.approx(0.3, rel=0.2)
    assert found.origin_scale("") == 1.0
    assert found.offset("a", "edge_1") == found.offset("b", "edge_1") != found.offset("a", "edge_2")
    assert found.least_offset == pytest.approx(-9.0)


def test_variants_of_a_type_take_each_stratum_once() -> None:
    spread = {"uniform": [1.0, 2.0], "per": "vehicle"}
    found = draws(replication=2, drivers={"tau": spread, "sigma": spread, "accel": 3})
    variants = found.drivers("car", 16)
    assert len(variants) == 16
    for name in ("tau", "sigma"):
        assert sorted(variant[name] for variant in variants) == pytest.approx([1 + (k + 0.5) / 16 for k in range(16)])
    assert {variant["accel"] for variant in variants} == {3.0}
    assert [variant["tau"] for variant in variants] != [variant["sigma"] for variant in variants]
    assert len(draws(drivers={"tau": 2}).drivers("car", 16)) == 1
