"""All open requests together, against SciPy's assignment and a queue that is lived through."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from tests.edge.charging.test_policies import (
    EFFICIENCY,
    Group,
    Wish,
    city,
    groups,
    requests,
    running,
    wait_until_free,
    wishes,
)
from wayside.edge.charging.batch import BatchCompletion
from wayside.edge.charging.policies import least_completion


def answer(wanted: list[Wish], of: list[Group], max_wait: float = 1e9) -> list[tuple[int, float]]:
    given = BatchCompletion()(requests(wanted, max_wait), city(of), running(of))
    return list(zip(given.charger.tolist(), given.cost.tolist(), strict=True))


def length(wish: Wish, group: Group) -> float:
    """Of a charge, s."""
    return 3600.0 * wish[1] / min(EFFICIENCY * 1000.0 * group[1], 1000.0 * wish[2])


@given(wishes, groups, st.sampled_from([0.0, 600.0, 1e9]))
def test_what_it_says_is_what_comes(wanted: list[Wish], of: list[Group], max_wait: float) -> None:
    """Each is done when it was told, or sooner, where all come to their groups in the order of their slots; and nobody
    is refused who could be served after all others.
    """
    found = answer(wanted, of, max_wait)
    queues = [[float(end) for end in ends] for *_, ends in of]
    begins = {k: done - length(wanted[k], of[group]) for k, (group, done) in enumerate(found) if group >= 0}
    for k in sorted(begins, key=lambda k: begins[k]):
        group, done = found[k]
        piles, _, drives, _ = of[group]
        drive, free = drives[wanted[k][0]], wait_until_free(queues[group], piles)
        assert drive >= 0
        assert begins[k] >= max(drive, free) - 1e-6
        assert min(abs(begins[k] - time) for time in [drive, *queues[group]]) < 1e-6
        assert begins[k] - drive <= max_wait + 1e-6
        queues[group].append(done)
    for k, (group, done) in enumerate(found):
        if group < 0:
            assert math.isnan(done)
            for g, (piles, _, drives, _) in enumerate(of):
                drive = drives[wanted[k][0]]
                assert drive < 0 or wait_until_free(queues[g], piles) - drive > max_wait


@given(st.integers(0, 2**32 - 1))
def test_free_piles_are_given_out_as_by_scipy(seed: int) -> None:
    """Where to wait for another's charge takes longer than any drive, each gets a pile of its own."""
    draw = np.random.default_rng(seed)
    count = int(draw.integers(1, 8))
    of: list[Group] = [(1, 60, draw.integers(0, 600, 3).tolist(), []) for _ in range(count + int(draw.integers(0, 4)))]
    wanted: list[Wish] = [(int(draw.integers(0, 3)), int(draw.integers(20_000, 40_000)), 150) for _ in range(count)]
    found = answer(wanted, of)
    assert len({group for group, _ in found}) == count
    cost = np.array(
        [
            [drive[edge] + length((edge, energy, most), group)]
            for edge, energy, most in wanted
            for group in of
            for drive in [group[2]]
        ]
    ).reshape(count, len(of))
    rows, columns = linear_sum_assignment(cost)
    assert sum(done for _, done in found) == pytest.approx(cost[rows, columns].sum())


def test_all_together_are_done_sooner() -> None:
    """The first come could go elsewhere at little cost, the second could not."""
    of: list[Group] = [(1, 60, [10, 10, 0], []), (1, 60, [20, 500, 0], [])]
    wanted: list[Wish] = [(0, 20_000, 150), (1, 20_000, 150)]
    assert [group for group, _ in answer(wanted, of)] == [1, 0]
    first_come = least_completion(requests(wanted), city(of), running(of))
    assert first_come.charger.tolist() == [0, 1]
    assert sum(done for _, done in answer(wanted, of)) < first_come.cost.sum()


def test_waiting_nearby_is_better_than_driving_far() -> None:
    of: list[Group] = [(1, 60, [10, 10, 10], []), (1, 60, [5000, 5000, 5000], [])]
    (one, done), (two, later) = answer([(0, 1000, 150)] * 2, of)
    assert one == two == 0
    assert sorted((done, later)) == pytest.approx([10 + 63.158, 10 + 2 * 63.158], abs=0.01)


def test_nobody_and_nothing() -> None:
    assert answer([], []) == []
    assert answer([(0, 1000, 50)], [])[0][0] == -1
    assert answer([(0, 1000, 50)], [(0, 60, [1, 1, 1], [])])[0][0] == -1
