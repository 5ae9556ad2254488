"""Neighbour tables against a dict of pairs."""

import math
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayside.ext.arrays import Longs
from wayside.ext.neighbours import BIN, BINS, GAPS, LIFETIME, NeighbourTables

SLOTS = 7
VALUES = 9


@dataclass
class Entry:
    """What a receiver knows of a sender."""

    receiver: int  # stations
    sender: int
    tick: int
    content: list[float]


@dataclass
class Reference:
    """The docstrings' words, one pair at a time."""

    lifetime: int = LIFETIME
    checks_receiver: bool = True
    checks_sender: bool = True
    known: dict[tuple[int, int], Entry] = field(default_factory=dict)
    gaps: Longs = field(default_factory=lambda: np.zeros((BINS, GAPS), np.int64))

    def hear(self, receiver: int, mine: int, sender: int, content: list[float], distance: float, tick: int) -> None:
        theirs = int(content[5])
        old = self.known.get((receiver, sender))
        if (
            old is not None
            and (old.receiver == mine or not self.checks_receiver)
            and (old.sender == theirs or not self.checks_sender)
        ):
            gap = tick - old.tick
            if 1 <= gap <= GAPS and distance < BINS * BIN:
                self.gaps[int(distance / BIN), gap - 1] += 1
        self.known[receiver, sender] = Entry(mine, theirs, tick, content)

    def forget(self, before: int) -> None:
        self.known = {pair: entry for pair, entry in self.known.items() if entry.tick >= before}

    def of(self, receiver: int, mine: int, now: int) -> list[tuple[int, int, list[float]]]:
        return [
            (sender, entry.tick, entry.content)
            for (r, sender), entry in sorted(self.known.items(), key=lambda item: item[0])
            if r == receiver and entry.receiver == mine and now - self.lifetime <= entry.tick <= now
        ]


@dataclass(frozen=True)
class Tick:
    """What happens in one tick: time since the last, new vehicles, who hears whom, a sweep (so many ticks back)."""

    step: int
    new: set[int]
    heard: dict[int, set[int]]
    sweep: int | None


slot = st.integers(0, SLOTS - 1)
tick_of = st.builds(
    Tick,
    st.sampled_from([1, 1, 1, 2, 5, 19, 20, 21, 49, 50, 51]),
    st.sets(slot, max_size=1) | st.just(set()),
    st.dictionaries(slot, st.sets(slot), max_size=SLOTS),
    st.none() | st.integers(0, 60),
)
histories = st.lists(tick_of, max_size=25)
places = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=SLOTS, max_size=SLOTS)


def known(table: NeighbourTables, receiver: int, station: int, now: int) -> list[tuple[int, int, list[float]]]:
    senders, ticks, state = table.of(receiver, station, now)
    assert senders.dtype == np.int32
    assert ticks.dtype == np.int64
    assert state.shape == (VALUES, len(senders))
    return list(zip(senders.tolist(), ticks.tolist(), state.T.tolist(), strict=True))


def agrees(history: list[Tick], at: list[tuple[int, int]], model: Reference) -> bool:
    """Whether kernel and model tell the same after every tick. Positions are multiples of 25 m."""
    table = NeighbourTables()
    station = np.arange(SLOTS, dtype=np.int64) + 2**33  # beyond 32 bits
    x, y = np.array(at, np.float64).T.copy() * 25.0
    now, born = 0, int(station[-1]) + 1
    for tick in history:
        now += tick.step
        for new in sorted(tick.new):
            station[new] = born
            born += 1
        senders = np.array(sorted(tick.heard), np.int32)
        content = np.array([[now, s, 3, 4, 5, station[s], 6, 7, 8] for s in senders], np.float64).reshape(-1, VALUES)
        pairs = [(p, r) for p, s in enumerate(senders.tolist()) for r in sorted(tick.heard[s])]
        packet, receiver = (np.array([pair[k] for pair in pairs], np.int32) for k in (0, 1))
        table.hear(packet, receiver, senders, content, x[senders], y[senders], station, x, y, now)
        for p, r in pairs:
            s = int(senders[p])
            distance = math.sqrt((x[s] - x[r]) ** 2 + (y[s] - y[r]) ** 2)
            model.hear(r, int(station[r]), s, content[p].tolist(), distance, now)
        if tick.sweep is not None:
            table.forget(now - tick.sweep)
            model.forget(now - tick.sweep)
        if any(known(table, r, int(station[r]), now) != model.of(r, int(station[r]), now) for r in range(SLOTS)):
            return False
    return bool((table.gaps() == model.gaps).all())


@given(histories, places)
def test_against_a_dict(history: list[Tick], at: list[tuple[int, int]]) -> None:
    assert agrees(history, at, Reference())


@pytest.mark.parametrize(
    "planted",
    [{"lifetime": LIFETIME - 1}, {"lifetime": LIFETIME + 1}, {"checks_receiver": False}, {"checks_sender": False}],
)
def test_a_planted_error_is_found(planted: dict[str, int]) -> None:
    random = np.random.default_rng(3)
    history = [
        Tick(
            int(random.choice([1, 1, 3, LIFETIME, LIFETIME + 1])),
            set(random.choice(SLOTS, int(random.random() < 0.2)).tolist()),
            {s: set(random.choice(SLOTS, 3).tolist()) for s in range(0, SLOTS, int(random.integers(1, 4)))},
            None,
        )
        for _ in range(60)
    ]
    at = [(3 * k, k) for k in range(SLOTS)]
    assert agrees(history, at, Reference())
    assert not agrees(history, at, Reference(**planted))  # type: ignore[arg-type]


def meet(
    table: NeighbourTables, tick: int, x: float = 0.0, receiver: int = 0, sender: int = 1, station: int = 5
) -> None:
    """One packet over x m."""
    one, here = np.zeros(1, np.int32), np.zeros(receiver + 1)
    content = np.array([[x, 0.0, 1.0, 2.0, 3.0, station, 4.0, 5.0, 6.0]])
    stations = np.arange(receiver + 1, dtype=np.int64)
    sender_of, at = np.array([sender], np.int32), np.array([x])
    table.hear(one, one + receiver, sender_of, content, at, np.zeros(1), stations, here, here, tick)


@pytest.mark.parametrize(
    ("x", "gap", "where"),
    [
        (0.0, 1, (0, 0)),
        (24.99, 10, (0, 9)),
        (25.0, 10, (1, 9)),
        (999.9, 50, (39, 49)),
        (1000.0, 10, None),
        (10.0, 51, None),
        (10.0, 0, None),
    ],
)
def test_where_a_gap_is_counted(x: float, gap: int, where: tuple[int, int] | None) -> None:
    table = NeighbourTables()
    meet(table, 7)
    meet(table, 7 + gap, x)
    assert [tuple(at) for at in np.argwhere(table.gaps()).tolist()] == ([where] if where else [])
    assert table.gaps().sum() == (1 if where else 0)
    assert table.gaps().shape == (40, 50)


def test_memory_is_that_of_the_pairs_heard() -> None:
    """50,000 pairs among slots up to 20,000: the table grows with the pairs, and shrinks again."""
    random = np.random.default_rng(2)
    n, pairs = 20_000, 50_000
    table, empty = NeighbourTables(), NeighbourTables().nbytes
    slots, station = np.arange(n, dtype=np.int32), np.arange(n, dtype=np.int64)
    x, y = random.uniform(0.0, 300.0, (2, n))
    content = np.zeros((n, VALUES))
    content[:, 5] = station
    chosen = np.sort(random.choice(n * n, pairs, replace=False))
    packet, receiver = (chosen // n).astype(np.int32), (chosen % n).astype(np.int32)
    for tick in (1, 4):
        table.hear(packet, receiver, slots, content, x, y, station, x, y, tick)
    assert table.pairs == pairs
    assert table.nbytes <= 4 * 32 * pairs
    assert table.gaps().sum() == table.gaps()[:, 2].sum() == pairs
    assert table.of(int(receiver[0]), int(receiver[0]), 4)[0].tolist() == packet[receiver == receiver[0]].tolist()
    table.forget(5)
    assert (table.pairs, table.nbytes) == (0, empty)


def test_those_long_silent_make_room_where_it_is_short() -> None:
    table = NeighbourTables()
    for tick in range(6000):  # ever new senders, none heard twice, no sweep
        meet(table, tick, sender=tick)
    assert table.pairs <= 512
    assert table.of(0, 0, 5999)[0].tolist() == list(range(5979, 6000))


def test_what_does_not_fit_is_refused() -> None:
    table, one, two = NeighbourTables(), np.zeros(1, np.int32), np.zeros(2)
    with pytest.raises(ValueError, match="tick -1"):
        meet(table, -1)
    good = one, one, one, np.zeros((1, VALUES)), two[:1], two[:1], np.zeros(2, np.int64), two, two
    table.hear(*good, 0)
    for k, bad in ((1, np.zeros(2, np.int32)), (2, np.zeros(2, np.int32)), (3, np.zeros((1, 8))), (7, np.zeros(3))):
        with pytest.raises(ValueError, match="different lengths"):
            table.hear(*good[:k], bad, *good[k + 1 :], 0)  # type: ignore[call-arg, arg-type]
