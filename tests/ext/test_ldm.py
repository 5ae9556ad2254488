"""The local dynamic maps against a dict per unit."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayside.edge.ldm import CONTENT, LocalDynamicMaps
from wayside.ext import ldm as kernel

UNITS = 3
VEHICLES = (0, 1, 2, 3, 64, 128, 99_991, 2**20)  # some of which begin at the same place of an index
Known = dict[int, tuple[float, list[float]]]  # by vehicle: when heard, and what it said

deliveries = st.dictionaries(st.sampled_from(VEHICLES), st.sets(st.integers(0, UNITS - 1)))
ticks = st.lists(st.tuples(deliveries, st.none() | st.integers(0, 6)), max_size=30)
STATION, ROLE = CONTENT.index("station"), CONTENT.index("role")


def known(maps: LocalDynamicMaps, unit: int) -> Known:
    view = maps.of(unit)
    entries = {
        vehicle: (heard, view.state[:, k].tolist())
        for k, (vehicle, heard) in enumerate(zip(view.vehicle.tolist(), view.heard.tolist(), strict=True))
    }
    assert len(entries) == len(view) == maps.count[unit]
    return entries


def order(maps: LocalDynamicMaps, unit: int) -> Callable[[tuple[int, object]], int]:
    """By place in a unit's row."""
    places = maps.of(unit).vehicle.tolist()
    return lambda entry: places.index(entry[0])


def merged(before: tuple[float, list[float]] | None, said: list[float]) -> list[float]:
    """What is known of a vehicle: a role that is not said now is that of before, if it is still the same vehicle."""
    if before is None or said[ROLE] == said[ROLE] or before[1][STATION] != said[STATION]:
        return said
    return [*said[:ROLE], before[1][ROLE], *said[ROLE + 1 :]]


def play(maps: LocalDynamicMaps, history: list[tuple[dict[int, set[int]], int | None]]) -> list[Known]:
    """Hear and forget; check after every tick against the model, which is returned."""
    model: list[Known] = [{} for _ in range(UNITS)]
    for tick, (heard_by, age) in enumerate(history):
        now = tick / 10.0
        senders = sorted(heard_by)
        content = np.array([[100.0 * tick + 10.0 * c + v for c in range(len(CONTENT))] for v in senders])
        content = content.reshape(len(senders), len(CONTENT))
        for row, v in zip(content, senders, strict=True):
            row[STATION] = v + 1000 * (tick // 7)  # now and then a slot has a new owner
            if (tick + v) % 3:
                row[ROLE] = np.nan
        pairs = [(packet, unit) for packet, v in enumerate(senders) for unit in sorted(heard_by[v])]
        maps.hear(
            np.array([pair[0] for pair in pairs], np.int32),
            np.array([pair[1] for pair in pairs], np.int32),
            np.array(senders, np.int32),
            content,
            now,
        )
        for packet, unit in pairs:
            model[unit][senders[packet]] = (now, merged(model[unit].get(senders[packet]), content[packet].tolist()))
        if age is not None:
            maps.forget(now - age / 10.0)
            model = [{v: e for v, e in unit.items() if e[0] >= now - age / 10.0} for unit in model]
        for unit in range(UNITS):
            assert str(known(maps, unit)) == str(dict(sorted(model[unit].items(), key=order(maps, unit)))), (
                "NaN equals NaN"
            )
        for unit in range(UNITS):
            places = dict(maps.index[unit, maps.index[unit, :, 0] >= 0].tolist())
            assert sorted(places) == sorted(model[unit])
            assert sorted(places.values()) == list(range(len(places)))  # without gaps
            assert all(maps.vehicle[unit, place] == v for v, place in places.items())
    return model


@given(ticks)
def test_as_a_dict_per_unit(history: list[tuple[dict[int, set[int]], int | None]]) -> None:
    play(LocalDynamicMaps(UNITS, places=2), history)  # two places: the rows must widen


def test_a_planted_error_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    history: list[tuple[dict[int, set[int]], int | None]] = [({0: {0}, 1: {0, 1}}, None), ({1: {0}}, 0)]
    play(LocalDynamicMaps(UNITS), history)
    monkeypatch.setattr(kernel, "forget", lambda *arguments: None)
    with pytest.raises(AssertionError):
        play(LocalDynamicMaps(UNITS), history)


def test_the_kernel_stops_where_a_row_is_full() -> None:
    index = np.full((1, 4, 2), -1, np.int32)
    count, vehicle = np.zeros(1, np.int32), np.zeros((1, 2), np.int32)
    heard, state = np.zeros((1, 2)), np.zeros((1, 2, 9))
    everyone = np.arange(3, dtype=np.int32)
    content = np.repeat([[7.0], [8.0], [9.0]], 9, axis=1)
    unit, received = np.zeros(3, np.int32), np.zeros(1, np.int64)
    assert kernel.hear(everyone, unit, everyone, content, 1.0, index, count, vehicle, heard, state, received) == 2
    assert (count[0], vehicle[0].tolist(), state[0, :, 0].tolist()) == (2, [0, 1], [7.0, 8.0])
    assert sorted(index[0].tolist()) == [[-1, -1], [-1, -1], [0, 0], [1, 1]]
    assert received.tolist() == [2]


def test_what_does_not_fit_is_refused() -> None:
    maps = LocalDynamicMaps(1)
    one = np.zeros(1, np.int32)
    with pytest.raises(ValueError, match="different lengths"):
        maps.hear(one, np.zeros(2, np.int32), one, np.ones((1, 9)), 0.0)
    with pytest.raises(ValueError, match="different lengths"):
        maps.hear(one, one, one, np.ones((1, 8)), 0.0)
    maps.index = maps.index[:, :64]
    with pytest.raises(ValueError, match="an index of 64 x 2 for 64 places"):
        maps.hear(one, one, one, np.ones((1, 9)), 0.0)
    with pytest.raises(ValueError, match="an index of"):
        maps.forget(0.0)
