"""The columns of a tick's packets, and the ideal radio that carries them."""

from typing import Any

import numpy as np
import pytest

from wayside.ext.outgoing import Block, Rows
from wayside.sim.air import RECEIVED, Outgoing, RadioContext
from wayside.sim.air.ideal import IdealRadio
from wayside.sim.scenario.sections import Air


def test_rows_are_kept_and_added() -> None:
    out = Outgoing(2)
    nobody = np.empty(0, np.intp)
    for tick in range(3):
        out.begin(nobody)
        out.add(np.arange(2, 102, dtype=np.int32), 100 + tick, 2, periodic=True)
        out.add(np.array([0, 1], np.int32), np.array([50, 60]), 1, radius=400.0, named=True)
        out.add(np.array([1], np.int32), 70, 1, to=np.array([5], np.int32))
        out.close()
        assert len(out) == 103
        np.testing.assert_array_equal(out.id, 103 * tick + np.arange(103))
    assert out.size[[0, 100, 101, 102]].tolist() == [102, 50, 60, 70]
    assert out.to[[0, 101, 102]].tolist() == [-1, -1, 5]
    assert out.radius[[0, 101, 102]].tolist() == [np.inf, 400.0, np.inf]
    assert out.named[[0, 100, 102]].tolist() == [0, 1, 0]
    assert out.periodic[[0, 100]].tolist() == [1, 0]
    assert out.category[[0, 100]].tolist() == [2, 1]
    out.begin(np.array([1, 102]))
    out.add(np.array([0], np.int32), 10, 0)
    out.close()
    assert out.fresh == 2
    assert out.id.tolist() == [207, 308, 309]
    assert out.sender.tolist() == [3, 1, 0]
    assert out.size.tolist() == [102, 70, 10]


def test_columns_of_any_type_are_taken() -> None:
    """As NumPy would put them there: other integers, booleans, every second one."""
    out = Outgoing(0)
    out.begin(np.empty(0, np.intp))
    many = 200  # more than there is room for at first
    size, flags = np.arange(2 * many)[::2], np.arange(many) % 3 == 0
    out.add(np.arange(many), size, np.uint8(1), to=size, radius=size, periodic=flags, named=flags, kind=flags)
    out.close()
    for column in (out.size, out.to, out.radius):
        np.testing.assert_array_equal(column, size)
    for column in (out.periodic, out.named, out.kind):
        np.testing.assert_array_equal(column, flags)
    assert (out.sender.tolist(), set(out.category.tolist())) == (list(range(many)), {1})


def test_blocks_and_messages() -> None:
    """What is added by the block, or as messages end to end, is what `add` would make of it."""
    n = 150  # more than there is room for at first
    random = np.random.default_rng(1)
    columns: dict[str, Any] = {
        name: random.integers(0, 100, n).astype(type) for name, type in Outgoing.columns.items() if name != "id"
    }
    offsets = np.cumsum([0, *random.integers(20, 90, n)])
    ours, theirs = Outgoing(3), Outgoing(3)
    for _ in range(2):
        for out in (ours, theirs):
            out.begin(np.empty(0, np.intp))
        ours.put(Block(**columns))
        theirs.add(**columns)
        stations, size = ours.say(columns["sender"], 3, offsets, 40, 2, True, False, 5)
        theirs.add(columns["sender"] + 3, np.diff(offsets) + 40, 2, periodic=True, kind=5)
        for out in (ours, theirs):
            out.close()
        for name in Outgoing.columns:
            np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name), name)
        np.testing.assert_array_equal(stations, theirs.sender[n:])
        np.testing.assert_array_equal(size, theirs.size[n:])
    with pytest.raises(ValueError, match="different lengths"):
        Block(**columns | {"to": columns["to"][1:]})
    with pytest.raises(ValueError, match="150 messages with 150 offsets"):
        ours.say(columns["sender"], 3, offsets[1:], 40, 2, True, False, 5)


def test_rows_that_do_not_fit() -> None:
    columns: dict[str, Any] = {name: np.zeros(3, type) for name, type in Outgoing.columns.items()}
    rows = Rows()
    one = np.zeros(1, np.int32), 1, 1, -1, 1.0, False, False, 0
    with pytest.raises(ValueError, match="no room"):
        rows.add(0, 1, 0, *one)  # bound to nothing
    with pytest.raises(ValueError, match="different lengths"):
        rows.bind(**columns | {"to": np.zeros(2, np.int32)})
    rows.bind(**columns)
    for begin, count in ((0, 4), (3, 1), (-1, 1), (0, -1)):
        with pytest.raises(ValueError, match="no room"):
            rows.add(begin, count, 0, *one)
    with pytest.raises(ValueError, match="broadcast"):
        rows.add(0, 3, 0, np.zeros(2, np.int32), *one[1:])


def test_the_ideal_radio_tells_who_received() -> None:
    radio = IdealRadio(RadioContext(300.0, Air(), 1, list))
    radio.place_units(np.array([0.0, 500.0]), np.zeros(2), np.ones(2, np.uint8))
    x, on = np.array([100.0, 250.0, 290.0, 900.0]), np.array([1, 1, 0, 1], np.uint8)
    radio.place_vehicles(x, np.zeros(4), on, np.zeros(4, np.uint8))
    out = Outgoing(2)
    out.begin(np.empty(0, np.intp))
    out.add(np.array([2, 3], np.int32), 100, 2)
    out.add(np.array([0], np.int32), 100, 1, radius=120.0, named=True)
    out.add(np.array([0, 1], np.int32), 100, 1, to=np.array([2, 5], np.int32))
    out.close()
    carried = radio.carry(out)
    assert carried.at_vehicles.tolist() == [1, 1, 1, 1, 0]
    assert carried.at_units.tolist() == [1, 2, 0, 0, 0]
    assert sorted(zip(*carried.units, strict=True)) == [(0, 0), (1, 0), (1, 1)]
    assert list(zip(*carried.vehicles, strict=True)) == [(2, 0)]
    assert not carried.delay.any()
    assert not len(carried.pending)
    traces = radio.recall(np.array([1, 3, 4]))
    assert sorted(zip(traces.packet.tolist(), traces.receiver.tolist(), strict=True)) == [
        (0, 0),
        (0, 1),
        (0, 2),
        (1, 2),
    ]
    assert (traces.fate == RECEIVED).all()
