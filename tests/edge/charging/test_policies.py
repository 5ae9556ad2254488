"""Which charger for whom, against a reference that lives through the queue at each group of piles."""

import copy
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.edge.finders import PlainDrives
from wayside.edge.charging.forecast import ExpectedEnds
from wayside.edge.charging.policies import least_completion, nearest
from wayside.edge.charging.state import Chargers, PileRequests

EDGES = 3
Group = tuple[int, int, list[int], list[int]]  # piles, kW, drive [s] from each edge (-1: no way), ends [s]
Wish = tuple[int, int, int]  # edge, energy [Wh], greatest power [kW]

groups = st.lists(
    st.tuples(
        st.integers(1, 3),
        st.sampled_from([7, 60, 120]),
        st.lists(st.integers(-1, 600), min_size=EDGES, max_size=EDGES),
        st.lists(st.integers(0, 3000), max_size=5).map(sorted),
    ),
    max_size=4,
)
wishes = st.lists(
    st.tuples(st.integers(0, EDGES - 1), st.integers(1, 40_000), st.sampled_from([7, 50, 150])), max_size=8
)
EFFICIENCY = 0.95


def city(of: list[Group]) -> Chargers:
    ids = tuple(f"c{i}" for i in range(len(of)))
    drive = np.array([[math.inf if s < 0 else s for s in drive] for _, _, drive, _ in of], np.float32)
    return Chargers(
        ids=ids,
        sites=ids,
        x=np.zeros(len(of)),
        y=np.zeros(len(of)),
        edge=np.zeros(len(of), np.int32),
        site=np.arange(len(of), dtype=np.int32),
        piles=np.array([piles for piles, *_ in of], np.int32),
        power_w=np.array([1000.0 * kw for _, kw, *_ in of]),
        efficiency=np.full(len(of), EFFICIENCY),
        price_per_kwh=np.zeros(len(of)),
        site_limit_w=np.full(len(of), np.inf),
        drives=PlainDrives(drive.reshape(len(of), EDGES)),
        occupied=np.zeros(len(of), np.int32),
        reserved=np.zeros(len(of), np.int32),
    )


def requests(of: list[Wish], max_wait: float = 1e9) -> PileRequests:
    return PileRequests(
        np.array([edge for edge, *_ in of], np.int32),
        np.array([float(energy) for _, energy, _ in of]),
        np.array([1000.0 * kw for *_, kw in of]),
        max_wait,
    )


def running(of: list[Group]) -> ExpectedEnds:
    """What runs at them."""
    return ExpectedEnds.of(city(of).piles, [ends for *_, ends in of])


def wait_until_free(ends: list[float], piles: int) -> float:
    """The first moment at which fewer charges run than there are piles, tried at every end."""
    return min(t for t in [0.0, *ends] if sum(end > t for end in ends) < piles)


def by_hand(wanted: list[Wish], of: list[Group], max_wait: float = 1e9) -> list[tuple[int, float]]:
    queue = [[float(end) for end in ends] for *_, ends in of]
    answers = []
    for edge, energy, most in wanted:
        done = []
        for i, (piles, kw, drive, _) in enumerate(of):
            free = wait_until_free(queue[i], piles)
            if drive[edge] >= 0 and free - drive[edge] <= max_wait:
                begin = max(drive[edge], free)
                done.append((begin + 3600.0 * energy / min(EFFICIENCY * 1000.0 * kw, 1000.0 * most), i))
        end, chosen = min(done, default=(math.nan, -1))
        if chosen >= 0:
            queue[chosen].append(end)
        answers.append((chosen, end))
    return answers


def answer(wanted: list[Wish], of: list[Group], max_wait: float = 1e9) -> list[tuple[int, float]]:
    given = least_completion(requests(wanted, max_wait), city(of), running(of))
    return list(zip(given.charger.tolist(), given.cost.tolist(), strict=True))


@given(wishes, groups, st.sampled_from([0.0, 600.0, 1e9]))
def test_least_completion(wanted: list[Wish], of: list[Group], max_wait: float) -> None:
    found, expected = answer(wanted, of, max_wait), by_hand(wanted, of, max_wait)
    assert [charger for charger, _ in found] == [charger for charger, _ in expected]
    np.testing.assert_allclose([end for _, end in found], [end for _, end in expected])


def test_the_nearest_whatever_the_wait() -> None:
    here: Group = (1, 60, [10, 10, 10], [500])
    there: Group = (1, 60, [20, 20, 20], [])
    wish = requests([(0, 20_000, 150)] * 2, 600.0)
    given = nearest(wish, city([here, there]), running([here, there]))
    assert given.charger.tolist() == [0, 1]  # after the first the wait there is too long
    assert given.cost.tolist() == [10.0, 20.0]


def test_the_second_waits_or_goes_elsewhere() -> None:
    here: Group = (1, 60, [10, 10, 10], [])
    there: Group = (1, 60, [400, 400, 400], [])
    wish = (0, 20_000, 150)  # 1263 s of charging
    assert [charger for charger, _ in answer([wish, wish, wish], [here, there])] == [0, 1, 0]


def test_no_way_no_charger() -> None:
    assert [charger for charger, _ in answer([(0, 1000, 50)], [(1, 60, [-1, 5, 5], [])])] == [-1]
    assert [charger for charger, _ in answer([(0, 1000, 50)], [])] == [-1]


@pytest.mark.parametrize("ends", [[], [100]])
def test_a_group_without_piles_is_no_choice(ends: list[int]) -> None:
    """A station linked to a parking area without a space: SUMO takes it, so must we."""
    none: Group = (0, 60, [10, 10, 10], ends)
    one: Group = (1, 60, [500, 500, 500], [])
    assert [charger for charger, _ in answer([(0, 1000, 50)], [none, one])] == [1]


def test_a_planted_error_is_found() -> None:
    of: list[Group] = [(1, 60, [10, 10, 10], [900]), (1, 60, [500, 500, 500], [])]
    blind = copy.deepcopy(of)
    blind[0][3].clear()  # as if the running charge were not known
    wish = [(0, 5000, 150)]
    assert [charger for charger, _ in answer(wish, of)] == [charger for charger, _ in by_hand(wish, of)] == [1]
    assert [charger for charger, _ in answer(wish, blind)] == [0]
