"""What a tick's packets brought, sorted out by packet: against plain Python."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayside.ext.delivery import TickPackets, moments


def packets(n: int, seed: int, stations: int = 12, units: int = 3) -> tuple[TickPackets, dict[str, np.ndarray]]:  # type: ignore[type-arg]
    random = np.random.default_rng(seed)
    columns = {
        "id": np.cumsum(random.integers(1, 4, n)).astype(np.int64),
        "sender": random.integers(0, stations, n).astype(np.int32),
        "to": np.where(random.uniform(size=n) < 0.3, random.integers(0, stations, n), -1).astype(np.int32),
        "radius": random.choice([np.inf, 300.0, 50.0], n),
        "named": random.integers(0, 2, n).astype(np.uint8),
    }
    x, y = random.uniform(0, 400, stations), random.uniform(0, 400, stations)
    return TickPackets(*columns.values(), units, x, y), columns | {"x": x, "y": y}


@given(st.integers(0, 30), st.integers(0, 10**6))
def test_against_plain_python(n: int, seed: int) -> None:
    units, stations = 3, 12
    of, c = packets(n, seed)
    random = np.random.default_rng(seed + 1)
    pairs = sorted({(int(random.integers(n)), int(random.integers(stations))) for _ in range(4 * n)}) if n else []
    random.shuffle(pairs)
    ids = np.array([c["id"][row] for row, _ in pairs], np.int64)
    receiver = np.array([station for _, station in pairs], np.int32)
    done = np.flatnonzero(random.uniform(size=n) < 0.7)
    random.shuffle(done)
    spent = random.uniform(0, 0.1, len(done)).astype(np.float32)

    def takes(row: int, station: int) -> bool:
        sender = c["sender"][row]
        far = np.hypot(c["x"][sender] - c["x"][station], c["y"][sender] - c["y"][station])
        return bool(far <= c["radius"][row] and c["to"][row] in (-1, station))

    kept = sorted((row, station) for row, station in pairs if takes(row, station))
    at_vehicles, at_units, to_units, to_vehicles, delay, pending = of.take_up(ids, receiver, c["id"][done], spent)
    assert at_vehicles.tolist() == [sum(r == k and s >= units for r, s in kept) for k in range(n)]
    assert at_units.tolist() == [sum(r == k and s < units for r, s in kept) for k in range(n)]
    told = [list(zip(*(column.tolist() for column in of_them), strict=True)) for of_them in (to_units, to_vehicles)]
    assert told[0] == [(r, s) for r, s in kept if s < units]
    wanted = [(r, s - units) for r, s in kept if s >= units and (c["named"][r] or c["to"][r] >= 0)]
    assert told[1] == wanted
    expected = np.full(n, np.nan, np.float32)
    expected[done] = spent
    assert np.array_equal(delay, expected, equal_nan=True)
    assert pending.tolist() == sorted(set(range(n)) - set(done.tolist()))

    fate = random.integers(0, 6, len(pairs)).astype(np.uint8)
    rows = random.permutation(n)[: n // 2]
    place = {int(row): k for k, row in enumerate(rows)}
    asked = zip(*(column.tolist() for column in of.asked(rows, ids, receiver, fate)), strict=True)
    assert list(asked) == sorted(
        (place[r], s, int(f)) for (r, s), f in zip(pairs, fate, strict=True) if r in place and takes(r, s)
    )


def test_moments_are_the_stations_own_and_spread() -> None:
    n, span = 4000, 100_000_000
    ids = np.arange(1, n + 1, dtype=np.uint64)
    sender = np.arange(n, dtype=np.int32)
    at = moments(sender, ids, span, 1)
    assert np.array_equal(at, moments(sender, ids, span, 1))
    assert not np.array_equal(at, moments(sender, ids, span, 2))
    # Uniform: Kolmogorov and Smirnov's distance for 4,000 draws is below 0.031 in 999 of 1,000 cases.
    assert np.abs(np.sort(at) / span - (np.arange(n) + 0.5) / n).max() < 0.031
    # The first of a station is the same whatever else is sent; the others have moments of their own.
    twice = moments(np.repeat(sender, 2), ids, span, 1)
    assert np.array_equal(twice[::2], at)
    assert abs(np.corrcoef(twice[::2], twice[1::2])[0, 1]) < 0.06
    assert ((twice >= 0) & (twice < span)).all()
    # By id, not by place.
    assert np.array_equal(moments(sender, ids[::-1].copy(), span, 1), at[::-1])
    assert moments(sender, ids, 100, 1).max() == 99


def test_refusals() -> None:
    of, c = packets(4, 1)
    none, nobody = np.empty(0, np.float32), np.empty(0, np.int64)
    with pytest.raises(ValueError, match="packet 999 is not among the tick's packets"):
        of.take_up(np.array([999]), np.zeros(1, np.int32), nobody, none)
    with pytest.raises(ValueError, match="packet 998 is not among the tick's packets"):
        of.take_up(nobody, np.empty(0, np.int32), np.array([998]), np.zeros(1, np.float32))
    with pytest.raises(ValueError, match="row 4 of 4"):
        of.asked(np.array([4]), nobody, np.empty(0, np.int32), np.empty(0, np.uint8))
    sender = c["sender"].copy()
    sender[0] = 99
    with pytest.raises(ValueError, match="from 99 to"):
        TickPackets(c["id"], sender, c["to"], c["radius"], c["named"], 3, c["x"], c["y"])
    with pytest.raises(ValueError, match="station 12 of 3"):
        moments(np.array([12], np.int32), np.ones(3, np.uint64), 10, 1)


@given(st.integers(0, 30), st.integers(0, 10**6))
def test_what_is_only_counted_need_not_be_told(n: int, seed: int) -> None:
    units, stations = 3, 12
    of, c = packets(n, seed)
    pairs = np.random.default_rng(seed + 1).uniform(size=(n, stations)) < 0.4
    row, receiver = (column.astype(np.int32) for column in np.nonzero(pairs))
    spent, received = np.zeros(n, np.float32), pairs.sum(axis=1).astype(np.int32)
    full = of.take_up(c["id"][row], receiver, c["id"], spent)
    listed = (of.told[row] == 1) | (receiver < units)
    short = of.take_up(c["id"][row[listed]], receiver[listed], c["id"], spent, received)
    for one, other in zip(full, short, strict=True):
        assert all(
            np.array_equal(a, b, equal_nan=True) for a, b in zip(np.atleast_2d(one), np.atleast_2d(other), strict=True)
        )
