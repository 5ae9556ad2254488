"""The batch that reckons with others: as the batch while nothing is known of them, and out of their way then."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.edge.charging.test_policies import Group, Wish, city, groups, requests, running, wishes
from wayside.edge.charging.batch import BatchCompletion
from wayside.edge.charging.predictive import PredictiveCompletion
from wayside.edge.plugin import Plugin
from wayside.sim.scenario.options import filled


def make(**options: object) -> Any:
    """The policy, at second 0."""
    context: Any = SimpleNamespace(time=0.0)
    code = PredictiveCompletion
    return Plugin(code, filled(code, options, "charging.policy", "predictive"), context).make()


@given(wishes, groups, st.sampled_from([0.0, 600.0, 1e9]))
def test_as_the_batch_while_nothing_is_known(wanted: list[Wish], of: list[Group], max_wait: float) -> None:
    seen = requests(wanted, max_wait), city(of)
    batch, predictive = BatchCompletion()(*seen, running(of)), make()(*seen, running(of))
    assert predictive.charger.tolist() == batch.charger.tolist()
    np.testing.assert_array_equal(predictive.cost, batch.cost)


def test_piles_that_others_are_about_to_take_are_left_to_them() -> None:
    """The nearer group fills up before one's eyes. A planted error: who learns nothing goes there."""
    of: list[Group] = [(20, 60, [100, 100, 100], []), (20, 60, [130, 130, 130], [])]
    chargers, wanted = city(of), requests([(0, 9500, 50)])
    learns = make()
    for now in range(0, 180, 10):
        learns.context.time = float(now)
        learns(requests([]), chargers, running(of))
        chargers.occupied[0] += 1
    found = learns(wanted, chargers, running(of))
    assert found.charger.tolist() == [1]
    assert found.costs is not None
    assert found.cost[0] == found.costs[0].min()  # in the measure that it is told in
    assert BatchCompletion()(wanted, chargers, running(of)).charger.tolist() == [0]


def test_what_one_has_promised_is_not_what_others_took() -> None:
    of: list[Group] = [(20, 60, [100, 100, 100], [])]
    chargers, policy = city(of), make()
    for now in range(0, 100, 10):
        policy.context.time = float(now)
        policy(requests([(0, 9500, 50)]), chargers, running(of))
        chargers.reserved[0] += 1
    assert policy._rates.per_s.tolist() == [[0.0], [0.0]]


def test_who_was_there_from_the_begin_has_not_come() -> None:
    of: list[Group] = [(20, 60, [100, 100, 100], [])]
    chargers, policy = city(of), make()
    for now in range(0, 100, 10):
        policy.context.time = float(now)
        policy(requests([]), chargers, running(of))
        chargers.occupied[0] += 1
        chargers.appeared[0] += 1
    assert policy._rates.per_s.tolist() == [[0.0], [0.0]]
