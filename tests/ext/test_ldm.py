"""The local dynamic maps against a dict per unit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayside.edge.ldm import CONTENT, LocalDynamicMaps
from wayside.ext import ldm as kernel

UNITS, VEHICLES = 3, 8
Known = dict[int, tuple[float, list[float]]]  # by vehicle: when heard, and what it said

deliveries = st.dictionaries(st.integers(0, VEHICLES - 1), st.sets(st.integers(0, UNITS - 1)), max_size=VEHICLES)
ticks = st.lists(st.tuples(deliveries, st.none() | st.integers(0, 6)), max_size=30)


def known(maps: LocalDynamicMaps, unit: int) -> Known:
    view = maps.of(unit)
    entries = {
        vehicle: (heard, view.state[:, k].tolist())
        for k, (vehicle, heard) in enumerate(zip(view.vehicle.tolist(), view.heard.tolist(), strict=True))
    }
    assert len(entries) == len(view) == maps.count[unit]
    return entries


def play(maps: LocalDynamicMaps, history: list[tuple[dict[int, set[int]], int | None]]) -> list[Known]:
    """Hear and forget; check after every tick against the model, which is returned."""
    model: list[Known] = [{} for _ in range(UNITS)]
    for tick, (heard_by, age) in enumerate(history):
        now = tick / 10.0
        senders = sorted(heard_by)
        content = np.array([[100.0 * tick + 10.0 * c + v for c in range(len(CONTENT))] for v in senders])
        pairs = [(packet, unit) for packet, v in enumerate(senders) for unit in sorted(heard_by[v])]
        maps.hear(
            np.array([pair[0] for pair in pairs], np.int32),
            np.array([pair[1] for pair in pairs], np.int32),
            np.array(senders, np.int32),
            content.reshape(len(senders), len(CONTENT)),
            now,
        )
        for packet, unit in pairs:
            model[unit][senders[packet]] = (now, content[packet].tolist())
        if age is not None:
            maps.forget(now - age / 10.0)
            model = [{v: e for v, e in unit.items() if e[0] >= now - age / 10.0} for unit in model]
        assert [known(maps, unit) for unit in range(UNITS)] == model
        for unit in range(UNITS):
            places = {v: maps.row_of[unit, v] for v in model[unit]}
            assert sorted(places.values()) == list(range(len(places)))  # without gaps
            assert all(maps.row_of[unit, v] == -1 for v in range(VEHICLES) if v not in places)
            assert all(maps.vehicle[unit, place] == v for v, place in places.items())
    return model


@given(ticks)
def test_as_a_dict_per_unit(history: list[tuple[dict[int, set[int]], int | None]]) -> None:
    play(LocalDynamicMaps(UNITS, VEHICLES, places=2), history)  # two places: the rows must widen


def test_a_planted_error_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    history: list[tuple[dict[int, set[int]], int | None]] = [({0: {0}, 1: {0, 1}}, None), ({1: {0}}, 0)]
    play(LocalDynamicMaps(UNITS, VEHICLES), history)
    monkeypatch.setattr(kernel, "forget", lambda *arguments: None)
    with pytest.raises(AssertionError):
        play(LocalDynamicMaps(UNITS, VEHICLES), history)


def test_the_kernel_stops_where_a_row_is_full() -> None:
    row_of = np.full((1, 3), -1, np.int32)
    count, vehicle = np.zeros(1, np.int32), np.zeros((1, 2), np.int32)
    heard, state = np.zeros((1, 2)), np.zeros((1, 2, 1))
    everyone = np.arange(3, dtype=np.int32)
    content = np.array([[7.0], [8.0], [9.0]])
    unit, received = np.zeros(3, np.int32), np.zeros(1, np.int64)
    assert kernel.hear(everyone, unit, everyone, content, 1.0, row_of, count, vehicle, heard, state, received) == 2
    assert (count[0], vehicle[0].tolist(), state[0, :, 0].tolist()) == (2, [0, 1], [7.0, 8.0])
    assert row_of[0].tolist() == [0, 1, -1]
    assert received.tolist() == [2]


def test_room_for_more_vehicles() -> None:
    maps = LocalDynamicMaps(1, 2)
    maps.admit(5)
    maps.admit(3)  # there is room already
    assert maps.row_of.shape == (1, 5)
    one = np.zeros(1, np.int32)
    maps.hear(one, one, np.array([4], np.int32), np.ones((1, 6)), 0.5)
    assert known(maps, 0) == {4: (0.5, [1.0] * 6)}


def test_what_does_not_fit_is_refused() -> None:
    maps = LocalDynamicMaps(1, 2)
    one = np.zeros(1, np.int32)
    with pytest.raises(ValueError, match="different lengths"):
        maps.hear(one, np.zeros(2, np.int32), one, np.ones((1, 6)), 0.0)
    with pytest.raises(ValueError, match="different lengths"):
        maps.hear(one, one, one, np.ones((1, 5)), 0.0)
