"""What is counted tick by tick, against plain NumPy."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayside.ext import measures as kernel

KINDS = 4
times = st.one_of(st.just(float("nan")), st.floats(0.0, 5000.0, width=32), st.floats(0.0, 2.0**-10, width=32))
rows = st.lists(st.tuples(times, st.integers(0, KINDS - 1)), max_size=50)


@given(rows)
def test_delays(entries: list[tuple[float, int]]) -> None:
    delay = np.array([time for time, _ in entries], np.float32)
    kind = np.array([kind for _, kind in entries], np.uint8)
    pending = np.flatnonzero(np.isnan(delay))[::2].copy()
    counts = np.zeros((KINDS, kernel.BINS), np.int64)
    total, missing = np.zeros(KINDS, np.int64), np.zeros(KINDS, np.int64)
    kernel.delays(delay, kind, pending, counts, total, missing)
    edges = kernel.edges()
    for k in range(KINDS):
        mine = delay[(kind == k) & ~np.isnan(delay)].astype(float)
        assert counts[k].tolist() == np.histogram(mine, edges)[0].tolist() or (mine == edges[-1]).any()
        assert total[k] == sum(math.floor(time * 1e9 + 0.5) for time in mine.tolist())
        lost = np.isnan(delay) & (kind == k)
        lost[pending] = False
        assert missing[k] == lost.sum()


def test_bins_are_a_sixteenth_wide() -> None:
    edges = kernel.edges()
    assert len(edges) == kernel.BINS + 1
    assert (edges[0], edges[1], edges[-2], edges[-1]) == (0.0, 2.0**-20, 2.0**10, np.inf)
    widths = np.diff(edges[1:-1]) / edges[1:-2]
    assert widths.max() <= 1 / 16
    assert widths.min() >= 1 / 32


@given(
    st.lists(st.lists(st.integers(0, 60), max_size=6), min_size=1, max_size=4),
    st.integers(1, 12),
)
def test_ages(heard_ticks: list[list[int]], bins: int) -> None:
    now, places = 6.0, 6
    heard = np.full((len(heard_ticks), places), np.nan)
    count = np.array([len(ticks) for ticks in heard_ticks], np.int32)
    expected = np.zeros((len(heard_ticks), bins), np.int64)
    for unit, ticks in enumerate(heard_ticks):
        heard[unit, : len(ticks)] = np.array(ticks) / 10.0
        for tick in ticks:
            expected[unit, min(60 - tick, bins - 1)] += 1
    counts = np.zeros_like(expected)
    kernel.ages(heard, count, now, 0.1, counts)
    assert counts.tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("delay", "kind", "pending"),
    [([0.1, 0.2], [0], []), ([0.1], [KINDS], []), ([-0.1], [0], []), ([0.1], [0], [1]), ([0.1], [0], [-1])],
)
def test_what_cannot_be(delay: list[float], kind: list[int], pending: list[int]) -> None:
    counts = np.zeros((KINDS, kernel.BINS), np.int64)
    with pytest.raises(ValueError, match=r"that cannot be|different lengths"):
        kernel.delays(
            np.array(delay, np.float32),
            np.array(kind, np.uint8),
            np.array(pending, np.intp),
            counts,
            np.zeros(KINDS, np.int64),
            np.zeros(KINDS, np.int64),
        )
