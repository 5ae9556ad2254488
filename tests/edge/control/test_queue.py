"""Estimated queues, against queues of which a part tells."""

from __future__ import annotations

import numpy as np
import pytest

from wayside.edge.control.controller import Around, ControlledLight, SeenTraffic
from wayside.edge.control.queue import LEAST_SHARE, SPACE, ProbeQueues
from wayside.edge.policy import locked


def light() -> ControlledLight:
    """A lane for each of two phases."""
    green = np.array([[True, False], [False, True]])
    row, ends = locked(np.array([0, 1], np.int32)), locked(np.full(2, 200.0))
    lanes, phases, least = ("a", "b"), locked(np.array([0, 1], np.int32)), locked(np.full(2, 5.0))
    return ControlledLight(
        "x", ("Gr", "rG"), phases, green, least, lanes, ends, ends, lanes, row, row, ends, locked(np.zeros((2, 2)))
    )


def seen(here: ControlledLight, time: float, red: float, standing: list[tuple[int, int]]) -> SeenTraffic:
    """Vehicles by number and place, all standing in the second lane."""
    n = len(standing)
    who = np.array([one for one, _ in standing], np.int64)
    to_go = np.array([(place - 0.5) * SPACE for _, place in standing])
    nobody, still = np.empty(0, np.int32), np.zeros(n)
    around = Around(np.ones(n, np.int32), to_go, still, who, nobody, np.empty(0))
    return SeenTraffic(here, time, 0, 5.0, around.locked, locked(np.array([0.0, red])))


def test_all_tell() -> None:
    queues = ProbeQueues(light(), 600.0)
    for k in range(1, 8):
        found = queues.look(seen(queues._light, 10.0 * k, 10.0 * k, [(n, n) for n in range(1, k + 1)]))
        assert found.tolist() == [0.0, float(k)]
    assert queues.share == 1.0


def test_the_formula() -> None:
    """One who stands at place 3 for 20 s, of four places two told, and one came in 100 s."""
    queues = ProbeQueues(light(), 1e9)
    queues.look(seen(queues._light, 0.0, 0.0, []))
    queues._told, queues._places = 2.0, 4.0
    queues.look(seen(queues._light, 80.0, 80.0, [(7, 3)]))
    share = 2.0 / 6.0  # the two places before it tell nothing
    assert queues.share == pytest.approx(share)
    queues.look(seen(queues._light, 100.0, 100.0, [(7, 3)]))
    share = 2.0 / 8.0
    rate = 1.0 / 100.0 * (1.0 - share) / share
    again = queues.look(seen(queues._light, 100.0, 100.0, [(7, 3)]))
    share = 2.0 / 10.0
    rate = 1.0 / 100.0 * (1.0 - share) / share
    assert again.tolist() == pytest.approx([0.0, 3.0 + rate * 20.0])


@pytest.mark.parametrize("share", [0.3, 0.6])
def test_a_part_tells(share: float) -> None:
    """Arrivals at 0.2 per s in each of many reds of 60 s: on average the estimates are near the truth, and nearer than
    the number of those who tell, and than the place of the last.
    """
    random = np.random.default_rng(round(share * 10))
    queues = ProbeQueues(light(), 3000.0)
    errors, counted, lasts = [], [], []
    for red in range(200):
        begin = 100.0 * red
        arrivals = np.sort(random.uniform(0.0, 60.0, random.poisson(12.0)))
        tells = random.random(len(arrivals)) < share
        for time in range(10, 61, 5):
            n = int((arrivals <= time).sum())
            told = [(1000 * red + k, k + 1) for k in range(n) if tells[k]]
            found = queues.look(seen(queues._light, begin + time, float(time), told))[1]
        errors.append(found - n)
        counted.append(len(told) - n)
        lasts.append(max((place for _, place in told), default=0) - n)
        queues.look(seen(queues._light, begin + 90.0, 0.0, []))
    assert queues.share == pytest.approx(share, abs=0.08)
    late = slice(50, None)
    assert abs(np.mean(errors[late])) < 0.6 * abs(np.mean(lasts[late]))
    assert np.abs(errors[late]).mean() < np.abs(lasts[late]).mean() < np.abs(counted[late]).mean()


def test_who_tells_nothing_is_not_divided_by() -> None:
    queues = ProbeQueues(light(), 600.0)
    queues._told = 0.0
    assert queues.share == LEAST_SHARE
