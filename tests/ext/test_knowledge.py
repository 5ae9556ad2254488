"""Who knows of whom, against loops in Python."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wayside.ext.knowledge import Knowledge


def plainly(source, ago, x, y, ux, uy, there, gate, ax, ay, listens, received, within):  # type: ignore[no-untyped-def]
    told: dict[tuple[int, int], dict[int, float]] = {}
    for s, k, px, py in zip(source, ago, x, y, strict=True):
        away = np.where(there == 1, np.hypot(ux - px, uy - py), np.inf)
        if len(away) and away.min() < gate:
            mine = told.setdefault((int(away.argmin()), int(s)), {})
            mine.setdefault(int(k), float(away.min()))
    found = {}
    for v in range(len(ax)):
        for u in range(len(ux)):
            if not listens[v] or not there[u] or np.hypot(ux[u] - ax[v], uy[u] - ay[v]) > within:
                continue
            best = (99, -1)
            error = np.nan
            for (user, s), at in sorted(told.items()):
                heard = [k for k in at if received[v, s] >> k & 1]
                if user == u and heard and (min(heard), s) < best:
                    best, error = (min(heard), s), at[min(at)]
            found[v, u] = error, best[1]
    return found


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_pairs_are_those_of_loops(seed: int) -> None:
    random = np.random.default_rng(seed)
    users, receivers, objects, sources = (int(random.integers(1, n)) for n in (9, 6, 12, 4))
    place = [random.uniform(0.0, 60.0, n) for n in (users, users, receivers, receivers)]
    source = random.integers(0, sources, objects).astype(np.int32)
    ago = random.integers(0, 6, objects).astype(np.int32)
    near = random.integers(0, users, objects)
    x, y = (place[axis][near] + random.normal(0.0, 3.0, objects) for axis in (0, 1))
    there, listens = (random.integers(0, 2, n).astype(np.uint8) for n in (users, receivers))
    received = random.integers(0, 2**6, (receivers, sources)).astype(np.uint32)
    arguments = source, ago, x, y, *place[:2], there, 4.0, *place[2:], listens, received, 30.0
    knower, known, error, by = Knowledge().look(*arguments)
    expected = plainly(*arguments)
    assert {(int(v), int(u)) for v, u in zip(knower, known, strict=True)} == expected.keys()
    for v, u, off, whose in zip(knower, known, error, by, strict=True):
        assert whose == expected[int(v), int(u)][1]
        if len(source) == len({(int(s), int(k)) for s, k in zip(source, ago, strict=True)}):
            np.testing.assert_allclose(off, expected[int(v), int(u)][0])


def test_nobody_and_nothing() -> None:
    none, nothing = np.zeros(0, np.int32), np.zeros(0)
    flags, masks = np.zeros(0, np.uint8), np.zeros((0, 1), np.uint32)
    found = Knowledge().look(
        none, none, nothing, nothing, nothing, nothing, flags, 3.0, nothing, nothing, flags, masks, 9.0
    )
    assert [len(column) for column in found] == [0, 0, 0, 0]
    with pytest.raises(ValueError, match="source 1"):
        Knowledge().look(
            np.ones(1, np.int32), np.zeros(1, np.int32), np.zeros(1), np.zeros(1),
            nothing, nothing, flags, 3.0, nothing, nothing, flags, masks, 9.0,
        )  # fmt: skip
