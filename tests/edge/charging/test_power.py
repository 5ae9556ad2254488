"""Sharing limits of power: the properties of max-min fairness, plain references, and what each policy is about."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wayside.edge.charging import sharing
from wayside.edge.charging.limits import Limits
from wayside.edge.charging.power import PowerPolicy, Sessions, share
from wayside.edge.charging.sharing import equal
from wayside.edge.errors import PluginError
from wayside.ext.arrays import Doubles

demands = st.lists(
    st.floats(0.0, 350_000.0, allow_subnormal=False) | st.sampled_from([0.0, 7000.0, 60_000.0, 120_000.0]), max_size=12
)


def fill(wanted: Doubles, limit: float) -> Doubles:
    """Equal shares of one site's limit."""
    return equal(sessions([0] * len(wanted), wanted.tolist()), Limits.of(("a",), np.array([limit]), {}))


def by_rounds(wanted: list[float], limit: float) -> list[float]:
    """Everyone gets an equal share of what is left; who wants less than that is served and steps aside."""
    shares, left, waiting = [0.0] * len(wanted), limit, set(range(len(wanted)))
    while waiting:
        level = left / len(waiting)
        content = {i for i in waiting if wanted[i] <= level}
        for i in content or waiting:
            shares[i] = wanted[i] if content else level
            left -= shares[i]
        waiting -= content or waiting
    return shares


def check(wanted: Doubles, limit: float, shares: Doubles) -> None:
    """Nobody above the demand, the sum within the limit, nothing wasted, and whoever is cut is at the level."""
    tolerance = 1e-9 * max(limit, 1.0)
    assert shares.shape == wanted.shape
    assert (shares >= 0.0).all()
    assert (shares <= wanted).all()
    assert shares.sum() <= limit + tolerance
    assert shares.sum() == pytest.approx(min(float(wanted.sum()), limit), rel=1e-9, abs=1e-9)
    cut = shares < wanted - tolerance
    if cut.any():
        level = shares[cut].max()
        np.testing.assert_allclose(shares[cut], level, rtol=1e-9, atol=1e-9)
        assert (shares <= level + tolerance).all()


@given(demands, st.floats(0.0, 1e6, allow_subnormal=False) | st.floats(0.0, 1.5))
@example([0.1] * 10, 0.1)
def test_equal(wanted: list[float], limit: float) -> None:
    if limit <= 1.5:  # a share of the sum: limits just above, at, and below what is wanted
        limit *= float(np.sum(wanted))
    demand = np.array(wanted, np.float64)
    shares = fill(demand, limit)
    assert shares is not demand
    check(demand, limit, shares)
    np.testing.assert_allclose(shares, by_rounds(wanted, limit), rtol=1e-9, atol=1e-6)


@given(st.lists(st.floats(0.1, 1e5), min_size=1, max_size=40))
def test_a_limit_a_rounding_error_below_the_sum(wanted: list[float]) -> None:
    """Sums of floats depend on the order of adding; a difference of one bit must not throw the shares away."""
    demand = np.array(wanted)
    for limit in (np.nextafter(demand.sum(), 0.0), np.sort(demand).cumsum()[-1], demand.cumsum()[-1]):
        check(demand, float(limit), fill(demand, float(limit)))


def test_examples() -> None:
    assert fill(np.array([7.0, 60.0, 120.0]), 100.0).tolist() == [7.0, 46.5, 46.5]
    assert fill(np.array([50.0, 50.0]), 100.0).tolist() == [50.0, 50.0]
    assert fill(np.array([50.0, 50.0]), 0.0).tolist() == [0.0, 0.0]
    assert fill(np.array([50.0]), float("inf")).tolist() == [50.0]
    assert fill(np.empty(0), 10.0).tolist() == []


@pytest.mark.parametrize("planted", [[25.0, 25.0, 50.0], [10.0, 45.0, 46.0], [10.0, 30.0, 30.0], [10.0, 20.0, 70.0]])
def test_a_planted_error_is_found(planted: list[float]) -> None:
    """Above a demand; above the limit; some wasted; in proportion and not fair."""
    with pytest.raises(AssertionError):
        check(np.array([10.0, 60.0, 120.0]), 100.0, np.array(planted))


# The tree.


def sessions(site: list[int], wanted: list[float], **told: Doubles | float) -> Sessions:
    n, nothing = len(site), np.full(len(site), np.nan)
    numbers, demand = np.arange(n), np.array(wanted, np.float64)
    places = np.array(site, np.int32)
    of = Sessions(numbers, places, places, demand, np.ones(n), np.ones(n), np.zeros(n), nothing, demand, np.ones(n))
    return replace(of, **told)


FEEDERS = {"north": (100.0, ["a", "b"]), "city": (150.0, ["north", "c"])}


def tree(*limits: float) -> Limits:
    return Limits.of(("a", "b", "c"), np.array(limits), FEEDERS)


def by_raising(of: Sessions, limits: Limits) -> Doubles:
    """Everybody's power is raised together in small steps; whoever's raising would break a limit stops."""
    granted, step = np.zeros(len(of)), 0.05
    going = set(range(len(of)))
    while going:
        for k in sorted(going):
            more = granted.copy()
            more[k] += step
            within = (limits.totals(of.site, more) <= limits.limit_w + 1e-9).all()
            if within and more[k] <= of.wanted_w[k] + 1e-9:
                granted = more
            else:
                going.discard(k)
    return granted


loads = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 80)), min_size=1, max_size=6)


@given(loads, st.tuples(*[st.sampled_from([20.0, 60.0, float("inf")])] * 3))
def test_equal_in_a_tree_is_max_min_fair(load: list[tuple[int, int]], own: tuple[float, float, float]) -> None:
    limits = tree(*own)
    of = sessions([site for site, _ in load], [float(watts) for _, watts in load])
    granted = share(equal, of, limits)
    np.testing.assert_allclose(granted, by_raising(of, limits), atol=0.05 * (len(of) + 1))


def test_the_tree() -> None:
    limits = tree(60.0, np.inf, np.inf)
    assert limits.names == ("a", "b", "c", "north", "city")
    assert limits.parent.tolist() == [3, 3, 4, 4, -1]
    assert limits.totals(np.array([0, 1, 2], np.int32), np.array([1.0, 2.0, 4.0])).tolist() == [1, 2, 4, 3, 7]
    assert limits.at(3, np.array([0, 1, 2])).tolist() == [True, True, False]
    assert limits.at(4, np.array([0, 1, 2])).tolist() == [True, True, True]
    # In whatever order the feeders are written.
    assert Limits.of(("a", "b", "c"), np.ones(3), dict(reversed(FEEDERS.items()))).names == limits.names


@pytest.mark.parametrize(
    ("feeders", "said"),
    [
        ({"a": (1.0, ["b"])}, "a: must not have the name of a site"),
        ({"north": (1.0, ["d"])}, "north.of: 'd': must be one of a, b, c, north"),
        ({"north": (1.0, ["a"]), "south": (1.0, ["a"])}, "south.of: 'a': is fed by north already"),
        ({"north": (1.0, ["south"]), "south": (1.0, ["north"])}, "north.of: feeds itself, by way of others or not"),
        ({"north": (1.0, ["north"])}, "north.of: feeds itself, by way of others or not"),
    ],
)
def test_what_is_no_tree(feeders: dict[str, tuple[float, list[str]]], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Limits.of(("a", "b", "c"), np.ones(3), feeders)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda s, limits: s.wanted_w * 1.0, "together 60 W at most at a, not 80"),
        (lambda s, limits: np.array([50.0, 50.0, 40.0]), "together 100 W at most at north, not 140"),
        (lambda s, limits: np.array([-1.0, 0.0, 0.0]), "within 0..wanted"),
        (lambda s, limits: np.zeros(2), "must answer 3 powers in W"),
        (lambda s, limits: s.wanted_w.fill(0.0), "ValueError: .*read-only"),
        (lambda s, limits: limits.limit_w.fill(1e9), "ValueError: .*read-only"),
        (lambda s, limits: limits.below[0].fill(1), "ValueError: .*read-only"),
    ],
)
def test_what_a_policy_must_not_answer(answer: object, said: str) -> None:
    of, limits = sessions([0, 1, 1], [80.0, 50.0, 40.0]), tree(60.0, np.inf, np.inf)
    with pytest.raises(PluginError, match=said):
        share(answer, of, limits)  # type: ignore[arg-type]


# The policies.

HOUR = 3600.0
CITY = Limits.of(("a",), np.array([10e3]), {})


def three(**told: Doubles | float) -> Sessions:
    """Three that could take 7 kW each at a site of 10 kW: one can have all, another the rest."""
    return sessions([0, 0, 0], [7e3, 7e3, 7e3], now_s=HOUR, **told)


@pytest.mark.parametrize(
    ("policy", "told", "first", "second"),
    [
        (sharing.first_come, {"arrival_s": np.array([2.0, 1.0, 3.0])}, 1, 0),
        (sharing.first_come, {}, 0, 1),  # of those who came at once, by their place in the table
        (sharing.last_come, {"arrival_s": np.array([2.0, 1.0, 3.0])}, 2, 0),
        (sharing.earliest_deadline, {"departure_s": np.array([9.0, 7.0, 5.0]) * HOUR}, 2, 1),
        # Who leaves when it has enough, 700 Wh, would have had so 6 minutes after it came.
        (
            sharing.earliest_deadline,
            {"departure_s": np.array([2.0 * HOUR, np.nan, HOUR]), "requested_wh": np.full(3, 700.0)},
            1,
            2,
        ),
        # Two hours to go and an hour's charge; an hour and ten minutes', three and two and a half.
        (
            sharing.least_laxity,
            {"departure_s": np.array([3.0, 2.0, 4.0]) * HOUR, "energy_wh": np.array([7e3, 7e3 / 6, 17.5e3])},
            2,
            1,
        ),
        (sharing.longest_remaining, {"energy_wh": np.array([1e3, 3e3, 2e3])}, 1, 2),
    ],
)
def test_who_is_served_first(policy: PowerPolicy, told: dict[str, Doubles], first: int, second: int) -> None:
    granted = share(policy, three(**told), CITY)
    assert granted[first] == 7e3
    assert granted[second] == pytest.approx(3e3)
    assert granted.sum() == pytest.approx(10e3)


def test_smoothed_laxity_levels_what_is_left() -> None:
    """All who are served have the same laxity at the end of the period; who has more gets nothing."""
    departure, energy = np.array([2.2, 2.0, 9.0]) * HOUR, np.array([7e3, 6e3, 7e3])
    of = three(departure_s=departure, energy_wh=energy, period_s=600.0)
    granted = share(sharing.smoothed_laxity, of, CITY)
    after = replace(of, energy_wh=energy - granted / 6.0, now_s=HOUR + 600.0)
    left = sharing.laxity_s(after)
    assert granted.sum() == pytest.approx(10e3)
    assert granted[2] == 0.0
    assert (granted[:2] > 0.0).all()
    assert left[0] == pytest.approx(left[1])
    assert left[2] > left[0]


def test_round_robin_goes_by_steps() -> None:
    """10 kW among three: two steps of 1.5 kW each, and the seventh to whoever came first; what is left too."""
    granted = share(partial(sharing.round_robin, step=1.5e3), three(arrival_s=np.array([3.0, 1.0, 2.0])), CITY)
    assert granted.tolist() == pytest.approx([3e3, 4e3, 3e3])


def test_who_ignores_limits_is_marked() -> None:
    assert share(sharing.uncontrolled, three(), CITY).tolist() == [7e3] * 3
    with pytest.raises(PluginError, match="together 10000 W at most at a, not 21000"):
        share(lambda s, limits: s.wanted_w.copy(), three(), CITY)


WORK_CONSERVING = [
    sharing.equal,
    sharing.round_robin,
    sharing.first_come,
    sharing.last_come,
    sharing.earliest_deadline,
    sharing.least_laxity,
    sharing.smoothed_laxity,
    sharing.longest_remaining,
]


@given(loads, st.integers(0, 999), st.sampled_from(WORK_CONSERVING))
def test_nothing_is_withheld(load: list[tuple[int, int]], seed: int, policy: PowerPolicy) -> None:
    random, n = np.random.default_rng(seed), len(load)
    of = sessions(
        [site for site, _ in load],
        [float(watts) for _, watts in load],
        arrival_s=random.uniform(0.0, HOUR, n),
        departure_s=np.where(random.random(n) < 0.5, np.nan, random.uniform(0.0, 3.0 * HOUR, n)),
        energy_wh=random.uniform(0.0, 100.0, n),
        requested_wh=random.uniform(0.0, 100.0, n),
        most_w=np.array([float(watts) + 5.0 for _, watts in load]),
        now_s=HOUR,
    )
    limits = tree(60.0, np.inf, 40.0)
    granted = share(policy, of, limits)
    total = limits.totals(of.site, granted)
    for k in np.flatnonzero(granted < of.wanted_w - 1e-6).tolist():
        above, node = [], int(of.site[k])
        while node >= 0:
            above.append(node)
            node = int(limits.parent[node])
        assert any(total[node] >= limits.limit_w[node] - 1e-5 for node in above)
