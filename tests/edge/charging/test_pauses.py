"""Piles that pause or give their least: what holds whatever a policy grants, and a plain reference of the kernel."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.edge.charging.test_power import CITY, WORK_CONSERVING, sessions, tree
from wayside.edge.charging import sharing
from wayside.edge.charging.limits import Limits
from wayside.edge.charging.piles import CONNECTORS, least_w
from wayside.edge.charging.power import PowerPolicy, Sessions, paused, share
from wayside.ext import power
from wayside.ext.arrays import Doubles

CLOSE = 1e-6  # W


@st.composite
def loads(draw: st.DrawFn) -> Sessions:
    """Up to eight at three sites; each pile has a least or none, and some want less than that."""
    n = draw(st.integers(1, 8))
    columns = [
        draw(st.lists(values, min_size=n, max_size=n))
        for values in (
            st.integers(0, 2),
            st.sampled_from([0.0, 3.0, 11.0, 22.0, 40.0, 80.0]),
            st.sampled_from([0.0, 7.0, 15.0, 15.0]),
            st.floats(0.0, 3600.0),
        )
    ]
    site, wanted, least, arrival = columns
    energy = np.array(draw(st.lists(st.floats(0.0, 99.0), min_size=n, max_size=n)))
    told = {"least_w": np.array(least), "arrival_s": np.array(arrival), "energy_wh": energy, "now_s": 3600.0}
    return sessions(site, wanted, **told)


own = st.tuples(*[st.sampled_from([0.0, 5.0, 20.0, 60.0, np.inf])] * 3)


def above(limits: Limits, site: int) -> list[int]:
    found, node = [], site
    while node >= 0:
        found.append(node)
        node = int(limits.parent[node])
    return found


def check(of: Sessions, limits: Limits, granted: Doubles, conserving: bool) -> None:
    """No limit exceeded, nobody above what it wants or between nothing and its least, and nothing withheld."""
    least, through = np.minimum(of.least_w, of.wanted_w), limits.totals(of.site, granted)
    assert (granted >= 0.0).all()
    assert (granted <= of.wanted_w + CLOSE).all()
    assert (through <= limits.limit_w + CLOSE).all()
    assert ((granted == 0.0) | (granted >= least - CLOSE)).all()
    if not conserving:
        return
    room = limits.limit_w - through
    for k in np.flatnonzero(granted < of.wanted_w - 1e-4).tolist():
        left = min(room[node] for node in above(limits, int(of.site[k])))
        assert left < (1e-4 if granted[k] > 0.0 else max(least[k], 1e-4)), "somebody could have had it"


@given(loads(), own, st.sampled_from(WORK_CONSERVING))
def test_what_holds(of: Sessions, limit: tuple[float, float, float], policy: PowerPolicy) -> None:
    limits = tree(*limit)
    check(of, limits, share(policy, of, limits), True)


@given(loads(), own, st.floats(0.0, 1.0))
def test_who_withholds_may(of: Sessions, limit: tuple[float, float, float], part: float) -> None:
    """Of one that is not conserving nobody begins who was granted nothing, and who was granted enough keeps it."""
    limits = tree(*limit)

    def holds_back(asked: Sessions, within: Limits) -> Doubles:
        granted = part * sharing.equal(asked, within)
        granted[::3] = 0.0
        return granted

    plain = holds_back(of, limits)
    granted = share(holds_back, of, limits)
    check(of, limits, granted, False)
    assert (granted[plain == 0.0] == 0.0).all()
    enough = plain >= np.minimum(of.least_w, of.wanted_w)
    np.testing.assert_array_equal(granted[enough], plain[enough])


def by_hand(of: Sessions, limits: Limits, plain: Doubles, conserving: bool) -> Doubles:
    """One after the other, with all sums taken anew each time."""
    least = np.minimum(of.least_w, of.wanted_w)
    order = sorted(range(len(of)), key=lambda k: (-plain[k], of.arrival_s[k], k))
    granted = np.where(plain < least * (1 - 1e-12), 0.0, plain)

    def room(k: int) -> float:
        through = limits.totals(of.site, granted)
        return float(min(limits.limit_w[node] - through[node] for node in above(limits, int(of.site[k]))))

    for k in order:
        if granted[k] == 0.0 and least[k] > 0.0 and (conserving or plain[k] > 0.0) and room(k) >= least[k]:
            granted[k] = least[k]
    for k in order if conserving else []:
        if granted[k] > 0.0 or of.least_w[k] == 0.0:
            granted[k] += max(min(of.wanted_w[k] - granted[k], room(k)), 0.0)
    return granted


@given(loads(), own, st.booleans())
def test_against_a_plain_reference(of: Sessions, limit: tuple[float, float, float], conserving: bool) -> None:
    limits = tree(*limit)
    plain = np.floor(sharing.equal(of, limits))  # whole W: no doubt at the edge of a limit
    np.testing.assert_allclose(
        paused(plain, of, limits, conserving), by_hand(of, limits, plain, conserving), atol=CLOSE
    )


@pytest.mark.parametrize(
    "planted",
    [
        lambda given, of, limits: np.maximum(given, of.least_w),  # up to the least, come what may
        lambda given, of, limits: given,  # not looked at
        lambda given, of, limits: np.where(given < of.least_w, 0.0, given),  # all pause, and nobody gets what is left
    ],
)
def test_a_planted_error_is_found(planted: Callable[[Doubles, Sessions, Limits], Doubles]) -> None:
    """Ten cars of 6 A under a limit for seven of them and a bit."""
    of = sessions([0] * 10, [7360.0] * 10, least_w=np.full(10, 1380.0))
    with pytest.raises(AssertionError):
        check(of, CITY, planted(sharing.equal(of, CITY), of, CITY), True)


def test_six_amperes() -> None:
    """Of ten at 10 kW seven get 6 A, those who came first, and the first of them what is left."""
    came = np.arange(10.0)[::-1].copy()
    of = sessions([0] * 10, [7360.0] * 10, least_w=np.full(10, 1380.0), arrival_s=came)
    assert share(sharing.equal, of, CITY).tolist() == pytest.approx([0.0] * 3 + [1380.0] * 6 + [1720.0])
    assert share(sharing.equal, replace(of, least_w=np.zeros(10)), CITY).tolist() == pytest.approx([1000.0] * 10)
    # Who wants less than the least has all of it or nothing.
    little = sessions([0, 0], [800.0, 9900.0], least_w=np.full(2, 1380.0))
    assert share(sharing.equal, little, CITY).tolist() == pytest.approx([800.0, 9200.0])
    assert share(partial(sharing.round_robin, step=500.0), little, CITY).tolist() == pytest.approx([0.0, 9900.0])


def test_who_asks_too_much_of_the_kernel() -> None:
    one, two = np.ones(1), np.ones(2)
    with pytest.raises(ValueError, match="different lengths"):
        power.begun(CITY.tree, np.zeros(1, np.intp), two, one, np.zeros(1, np.int32), CITY.limit_w, True)
    with pytest.raises(ValueError, match="row 3: there are 1"):
        power.begun(CITY.tree, np.full(1, 3, np.intp), one, one, np.zeros(1, np.int32), CITY.limit_w, True)


def test_what_a_connector_gives_at_least() -> None:
    assert least_w("type2") == 3 * 6 * 230.0
    assert least_w("type2", phases=1) == 6 * 230.0
    assert least_w("gbt-ac") == 6 * 220.0
    assert least_w("ccs2") == least_w() == 0.0
    assert least_w("ccs2", volts=800.0, least_a=2.0) == 1600.0
    assert least_w(phases=3, least_a=8.0) == 3 * 8 * 230.0
    for name in CONNECTORS:
        assert least_w(name) >= 0.0
    with pytest.raises(ValueError, match="connector = 'plug': must be one of type1, type2"):
        least_w("plug")
    with pytest.raises(ValueError, match="phases = 3: chademo has direct current"):
        least_w("chademo", phases=3)
    with pytest.raises(ValueError, match="phases = 4: must be 1, 2 or 3"):
        least_w("type2", phases=4)
