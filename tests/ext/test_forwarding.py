"""Contention against a simulation of events, one by one, that knows nothing of the kernel."""

from __future__ import annotations

import heapq

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayside.ext.forwarding import Contention, take_in

LEAST, MOST, REACH = 0.001, 0.1, 1000.0


def waits(metres: float) -> float:
    """Annex F.3 of EN 302 636-4-1."""
    return MOST + (LEAST - MOST) * metres / REACH if metres < REACH else LEAST


def judge(end: list[float], out: list[float], hears: list[list[bool]], silenced: list[bool]) -> list[bool]:
    """Who forwards one packet: a heap of events, a timer that ends or a copy that comes, the former first."""
    buffered = [not one for one in silenced]
    sends = [False] * len(end)
    events = [(time, 0, k, k) for k, time in enumerate(end)]
    heapq.heapify(events)
    while events:
        _, what, who, by = heapq.heappop(events)
        if not buffered[who]:
            continue
        if what == 0:
            buffered[who], sends[who] = False, True
            for other in range(len(end)):
                if other != who and hears[who][other]:
                    heapq.heappush(events, (out[who], 1, other, who))
        else:
            assert sends[by]
            buffered[who] = False
    return sends


def resolved(
    packet: list[int], end: list[float], out: list[float], hears: list[list[bool]], silenced: list[bool]
) -> list[bool]:
    contention = Contention(np.array(packet, np.int32), np.array(end), np.array(out), np.array(silenced, np.uint8))
    while True:
        leaders, one, other = contention.lead()
        if not len(leaders):
            break
        heard = [bool(hears[a][b]) for a, b in zip(one.tolist(), other.tolist(), strict=True)]
        contention.silence(other[np.array(heard, bool)])
    return [bool(sends) for sends in contention.sends]


@given(st.integers(0, 2**32 - 1), st.integers(1, 25), st.integers(1, 3), st.sampled_from([0.0, 0.0005, 0.05]))
def test_the_same_forward_as_by_events(seed: int, stations: int, packets: int, access: float) -> None:
    """Stations at random in a square, each with a timer for one of the packets; some links are lost."""
    random = np.random.default_rng(seed)
    places = random.uniform(0.0, 800.0, (stations, 2))
    far = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
    hears = ((far <= 300.0) & (random.random(far.shape) < 0.9)).tolist()
    end = [waits(float(np.hypot(*place))) for place in places]
    out = [time + access * float(random.random()) for time in end]
    packet = random.integers(0, packets, stations).tolist()
    silenced = (random.random(stations) < 0.1).tolist()
    found = resolved(packet, end, out, hears, silenced)
    for number in range(packets):
        mine = [k for k in range(stations) if packet[k] == number]
        apart = [[hears[a][b] for b in mine] for a in mine]
        wanted = judge([end[k] for k in mine], [out[k] for k in mine], apart, [silenced[k] for k in mine])
        assert [found[k] for k in mine] == wanted


def test_a_contention_in_which_nobody_is_silenced_is_found_out() -> None:
    """The planted error: three who hear one another, and one timer is the shortest."""
    end, everybody = [0.02, 0.01, 0.03], [[True] * 3] * 3
    nobody = [[False] * 3] * 3
    assert resolved([0, 0, 0], end, end, everybody, [False] * 3) == judge(end, end, everybody, [False] * 3)
    assert resolved([0, 0, 0], end, end, everybody, [False] * 3) == [False, True, False]
    assert resolved([0, 0, 0], end, end, nobody, [False] * 3) == [True] * 3


@given(st.integers(0, 2**32 - 1), st.integers(0, 60))
def test_first_receptions_timers_and_copies(seed: int, pairs: int) -> None:
    """Against dictionaries: who has it first and when, and whether another copy came while the timer ran."""
    random = np.random.default_rng(seed)
    packet, station = random.integers(0, 3, pairs).astype(np.int32), random.integers(0, 6, pairs).astype(np.int32)
    at, far = random.choice([0.0, 0.01, 0.02, 0.06], pairs), random.uniform(0.0, 1500.0, pairs)
    known = (random.random((3, 6)) < 0.2).astype(np.uint8)
    before = known.copy()
    first, end, silenced, again = take_in(packet, station, at, far, known, LEAST, MOST, REACH)
    whose: dict[tuple[int, int], list[int]] = {}
    for k in range(pairs):
        whose.setdefault((int(packet[k]), int(station[k])), []).append(k)
    wanted = {}
    for (one, who), rows in whose.items():
        rows.sort(key=lambda k: at[k])
        assert (again[rows] == before[one, who]).all()
        assert known[one, who] == 1
        if not before[one, who]:
            over = at[rows[0]] + waits(float(far[rows[0]]))
            wanted[rows[0]] = over, any(at[k] < over for k in rows[1:])
    assert first.tolist() == sorted(wanted)
    for k, time, silent in zip(first.tolist(), end.tolist(), silenced.tolist(), strict=True):
        assert time == pytest.approx(wanted[k][0], abs=1e-12)
        assert bool(silent) == wanted[k][1]


def test_what_cannot_be_is_refused() -> None:
    one, time = np.zeros(1, np.int32), np.zeros(1)
    with pytest.raises(ValueError, match="packet 0 at station 0: there is room for 0 packets and 4 stations"):
        take_in(one, one, time, time, np.zeros((0, 4), np.uint8), LEAST, MOST, REACH)
    with pytest.raises(ValueError, match="different lengths"):
        take_in(one, one, time, np.zeros(2), np.zeros((1, 1), np.uint8), LEAST, MOST, REACH)
    with pytest.raises(ValueError, match="before its timer ends"):
        Contention(one, time + 1.0, time, np.zeros(1, np.uint8))
    contention = Contention(one, time, time, np.zeros(1, np.uint8))
    contention.lead()
    with pytest.raises(ValueError, match="no timer that runs"):
        contention.silence(one)
