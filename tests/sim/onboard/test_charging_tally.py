"""Figures of charging, kept up as things happen, against the same worked out from all of it at once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayside.edge.charging.limits import Limits
from wayside.sim.onboard.charging_tally import ChargingTally

LIMITS = Limits.of(("a", "b"), np.array([10e3, np.inf]), {"city": (15e3, ["a", "b"])})


def tally(limits: Limits = LIMITS) -> ChargingTally:
    """Two groups of piles at a, one at b; those at b lose a tenth."""
    return ChargingTally(np.array([0, 0, 1], np.int32), np.array([1.0, 1.0, 0.9]), limits)


pairs = st.lists(st.tuples(st.sampled_from([0.0, 10.0, 4e3]), st.floats(0.01, 1.0) | st.just(0.0)), max_size=6)


@given(pairs, pairs)
def test_shares(over: list[tuple[float, float]], going: list[tuple[float, float]]) -> None:
    ours = tally()
    for wanted, part in over:
        ours.end(wanted, part * wanted)
    wanted = np.array([w for w, _ in going])
    found = ours.figures(wanted, np.array([w * part for w, part in going]))
    everybody = np.array([(w, w * part) for w, part in over + going if w > 0.0]).reshape(-1, 2)
    asked, given_wh = everybody.T
    if not len(asked):
        assert np.isnan(found["charging.delivered"])
        return
    shares = given_wh / asked
    assert found["charging.delivered"] == pytest.approx(given_wh.sum() / asked.sum())
    assert found["charging.unmet_kwh"] == pytest.approx((asked - given_wh).sum() / 1e3)
    if shares.any():
        assert found["charging.jain"] == pytest.approx(shares.sum() ** 2 / (len(shares) * (shares**2).sum()))


def test_how_long_it_took() -> None:
    ours = tally()
    ours.reached(100.0, 400.0)
    ours.reached(200.0, 300.0)
    ours.reached(float("nan"), 900.0)  # never asked
    assert ours.figures(np.empty(0), np.empty(0))["charging.completion_s"] == 200.0


def test_seconds_above_a_limit() -> None:
    """6 and 4 kW at a keep its limit; with 4.5 kW into batteries at b, 5 at the pile, the city's too. Then a has 2 kW
    more than its limit and the city 1.5, and it is the greater of both that is counted.
    """
    ours, given = tally(), np.zeros(3)
    for k, second in enumerate(((6e3, 4e3, 4.5e3), (8e3, 4e3, 4.05e3), (10e3, 0.0, 0.0))):
        given = given + np.array(second) / 3600.0 * 2.0
        ours.second(given, 2.0, 2.0 + 2.0 * k)
    found = ours.figures(np.empty(0), np.empty(0))
    assert found["charging.over_limit_s"] == 2.0
    assert found["charging.over_limit_kwh"] == pytest.approx(2.0 * 2.0 / 3600.0)
    free = tally(Limits.of(("a", "b"), np.full(2, np.inf), {}))
    free.second(np.full(3, 1e9), 1.0, 1.0)
    assert free.figures(np.empty(0), np.empty(0))["charging.over_limit_s"] == 0.0
