"""Search times with unfinished searches, against scipy's survival functions and sums by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from wayside.sim.onboard.searches import Search, Tally
from wayside.sim.onboard.survival import horizon_of, observed, quantile, restricted_mean, survival

OUTCOMES = ["parked", "gone", "elsewhere", "searching"]
times = st.lists(st.tuples(st.integers(0, 40), st.booleans()), min_size=1, max_size=30)


def columns(of: list[tuple[int, bool]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([t for t, _ in of], np.float64), np.array([found for _, found in of], bool)


@given(times, st.integers(1, 50))
def test_the_share_still_searching_is_scipys(of: list[tuple[int, bool]], horizon: int) -> None:
    seconds, found = columns(of)
    known = stats.ecdf(stats.CensoredData(seconds[found], right=seconds[~found])).sf
    at, share = survival(seconds, found)
    np.testing.assert_allclose(share, known.evaluate(at), atol=1e-12)
    # The area by small rectangles: events are at whole seconds.
    area = known.evaluate(np.arange(horizon) + 0.5).sum()
    assert restricted_mean(seconds, found, horizon) == pytest.approx(area, abs=1e-9)
    for part in (0.5, 0.95):
        reached = [t for t in at if known.evaluate(t) <= 1.0 - part + 1e-12]
        assert quantile(seconds, found, part) == pytest.approx(min(reached, default=np.nan), nan_ok=True)


@given(st.lists(st.integers(0, 40), min_size=1, max_size=30))
def test_with_nobody_left_it_is_the_mean(of: list[int]) -> None:
    seconds = np.array(of, np.float64)
    found = np.ones(len(of), bool)
    assert horizon_of(seconds, found, 900.0) == 900.0
    assert restricted_mean(seconds, found, 900.0) == pytest.approx(seconds.mean())
    assert quantile(seconds, found, 0.5) == np.sort(seconds)[(len(of) - 1) // 2]


def search(equipped: bool, began: float, parked: float = np.nan, ended: float = np.nan, **more: object) -> Search:
    return Search("v", equipped, "p", began, parked=parked, ended=ended, **more)  # type: ignore[arg-type]


def test_who_has_left_without_a_bay_counts_as_still_searching() -> None:
    nan = np.nan
    now = 1000.0
    began = np.array([0.0, 0.0, 0.0, 0.0])
    parked = np.array([50.0, nan, nan, nan])
    ended = np.array([50.0, 60.0, 70.0, now])
    gone = np.array([False, True, False, False])
    seconds, found = observed(began, parked, ended, gone, now)
    assert seconds.tolist() == [50.0, 1000.0, 70.0, 1000.0]
    assert found.tolist() == [True, False, False, False]


def figures(searches: list[Search], now: float, horizon: float) -> dict[str, float]:
    """Of searches that have ended, and of those that were watched until now."""
    tally = Tally()
    going = [search for search in searches if np.isnan(search.parked) and search.ended == now]
    for search in searches:
        if search not in going:
            tally.end(search)
    began, cruising = (np.array([getattr(search, name) for search in going]) for name in ("began", "cruising_m"))
    equipped = np.array([search.equipped for search in going], bool)
    return tally.figures(began, cruising, equipped, now, horizon)


@given(
    st.lists(
        st.tuples(
            st.booleans(),
            st.integers(0, 50),
            st.integers(0, 50),
            st.sampled_from(["parked", "gone", "elsewhere", "searching"]),
        ),
        min_size=1,
        max_size=30,
    )
)
def test_a_tally_is_what_the_rows_say(rows: list[tuple[bool, int, int, str]]) -> None:
    now = 100.0
    searches = []
    for equipped, began, lasted, outcome in rows:
        end = now if outcome == "searching" else float(began + lasted)
        parked = end if outcome == "parked" else np.nan
        searches.append(search(equipped, began, parked, end, outcome=outcome, cruising_m=float(lasted)))
    found = figures(searches, now, 60.0)
    for group, mine in (("", searches), ("equipped.", [s for s in searches if s.equipped])):
        columns = ([getattr(s, name) for s in mine] for name in ("began", "parked", "ended"))
        gone = np.array([s.outcome == "gone" for s in mine], bool)
        seconds, parked = observed(*(np.array(column, np.float64) for column in columns), gone, now)
        horizon = horizon_of(seconds, parked, 60.0)
        expected = {
            "searches": len(mine),
            "search_time_s": restricted_mean(seconds, parked, horizon),
            "search_time_p50_s": quantile(seconds, parked, 0.5),
            "search_time_p95_s": quantile(seconds, parked, 0.95),
        }
        for name, value in expected.items():
            assert found[f"parking.{group}{name}"] == pytest.approx(value, nan_ok=True)


def test_leaving_drivers_without_a_bay_does_not_look_better() -> None:
    """Ten find a bay after 200 s; ten more find one after 400 s, or never."""
    first = [search(False, 0.0, 200.0, 200.0) for _ in range(10)]
    late = [*first, *(search(True, 0.0, 400.0, 400.0, cruising_m=90.0) for _ in range(10))]
    never = [*first, *(search(True, 0.0, ended=1000.0, cruising_m=500.0) for _ in range(10))]
    good, bad = figures(late, 1000.0, 900.0), figures(never, 1000.0, 900.0)
    assert (good["parking.search_time_s"], bad["parking.search_time_s"]) == (300.0, 550.0)
    assert (good["parking.parked_share"], bad["parking.parked_share"]) == (1.0, 0.5)
    assert (good["parking.search_time_p95_s"], bad["parking.search_time_p50_s"]) == (400.0, 200.0)
    assert np.isnan(bad["parking.search_time_p95_s"])
    assert bad["parking.equipped.search_time_s"] == 900.0
    assert bad["parking.unequipped.search_time_s"] == 200.0
    assert bad["parking.equipped.cruising_m"] == 500.0
    # Watched for less than the horizon: said so.
    short = [*first, *(search(True, 0.0, ended=300.0) for _ in range(10))]
    assert figures(short, 300.0, 900.0)["parking.search_horizon_s"] == 300.0


def test_nobody() -> None:
    found = figures([], 10.0, 900.0)
    assert found.pop("parking.searches") == found.pop("parking.equipped.searches") == 0
    assert found.pop("parking.unequipped.searches") == 0
    assert np.isnan(list(found.values())).all()
