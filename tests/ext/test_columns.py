"""Slots of all columns made as if never used: the kernel against NumPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from wayside.ext.columns import Blanks, turned

SLOTS = 7
KINDS = (np.uint8, np.int16, np.int32, np.float32, np.float64, np.int64, np.uint64)


def octets(column: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Rows x slots x octets of an entry."""
    return column.view(np.uint8).reshape(-1, column.shape[-1], column.dtype.itemsize)


@given(st.data())
def test_against_numpy(data: st.DataObject) -> None:
    columns = []
    for kind in data.draw(st.lists(st.sampled_from(KINDS), max_size=5)):
        rows = data.draw(st.integers(0, 3))
        values = data.draw(st.lists(st.integers(0, 255), min_size=rows * SLOTS, max_size=rows * SLOTS))
        columns.append((np.array(values, kind).reshape(rows, SLOTS), kind(data.draw(st.integers(0, 255)))))
    blanks = Blanks(SLOTS, [(octets(column), fill.tobytes()) for column, fill in columns])
    expected = [column.copy() for column, _ in columns]
    slots = data.draw(st.lists(st.integers(0, SLOTS - 1)))
    for (_, fill), plain in zip(columns, expected, strict=True):
        plain[:, slots] = fill
    if data.draw(st.booleans()):
        blanks.put(np.array(slots, np.int32))
    else:
        for slot in slots:
            blanks.put_one(slot)
    for (column, _), plain in zip(columns, expected, strict=True):
        np.testing.assert_array_equal(column, plain)


@pytest.mark.parametrize("slot", [-1, SLOTS])
def test_a_slot_that_is_not_there(slot: int) -> None:
    column = np.zeros(SLOTS, np.int32)
    blanks = Blanks(SLOTS, [(octets(column), np.int32(-1).tobytes())])
    with pytest.raises(IndexError, match=f"slot {slot} of {SLOTS}"):
        blanks.put_one(slot)
    with pytest.raises(IndexError, match=f"slot {slot} of {SLOTS}"):
        blanks.put(np.array([2, slot, 3], np.int32))
    assert column.tolist() == [0, 0, -1, 0, 0, 0, 0]


def test_what_is_no_column() -> None:
    with pytest.raises(ValueError, match="a column of 3 slots where there are 7"):
        Blanks(SLOTS, [(np.zeros((1, 3, 4), np.uint8), bytes(4))])
    with pytest.raises(ValueError, match="2 octets for entries of 4"):
        Blanks(SLOTS, [(np.zeros((1, SLOTS, 4), np.uint8), bytes(2))])
    with pytest.raises(ValueError, match="16 octets for entries of 16, 8 at most"):
        Blanks(SLOTS, [(np.zeros((1, SLOTS, 16), np.uint8), bytes(16))])


@given(
    st.lists(st.tuples(st.integers(-(2**31), 2**31 - 1), st.integers(0, 1)), max_size=9),
    st.integers(0, 255),
    st.integers(0, 9),
)
def test_turned_against_numpy(rows: list[tuple[int, int]], mask: int, n: int) -> None:
    n = min(n, len(rows))
    flags = np.array([flag for flag, _ in rows], np.int32)
    before = np.array([known for _, known in rows], np.uint8)
    found = np.full(len(rows), -1, np.int32)
    now = (flags & mask) != 0
    expected = np.flatnonzero(now[:n] != before[:n])
    after = np.concatenate((now[:n], before[n:]))
    assert turned(flags, mask, before, found, n) == len(expected)
    np.testing.assert_array_equal(found[: len(expected)], expected)
    np.testing.assert_array_equal(before, after)


def test_turned_beyond_the_columns() -> None:
    flags, before, found = np.zeros(4, np.int32), np.zeros(3, np.uint8), np.zeros(4, np.int32)
    with pytest.raises(ValueError, match="4 slots of columns that are shorter"):
        turned(flags, 1, before, found, 4)
