"""The vehicle table: slots are stable, reused late and lowest first, and grow without losing anything."""

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from wayside.sim.world import Signals, VehicleTable, point_along

EMPTY = {"lane": -1, "speed": 0.0, "x": 0.0, "alive": 1}


class Table(RuleBasedStateMachine):
    """A table of few slots, beside it: who sits where, what was written there, which slots rest."""

    def __init__(self) -> None:
        super().__init__()
        self.table = VehicleTable(2)
        self.sits: dict[str, int] = {}
        self.station: dict[str, int] = {}
        self.x: dict[str, float] = {}
        self.free: set[int] = set()
        self.resting: set[int] = set()
        self.born = 0

    @rule(value=st.floats(-1e6, 1e6))
    def add(self, value: float) -> None:
        id = f"v{self.born}"
        slot = self.table.add(id)
        assert slot == (min(self.free) if self.free else len(self.sits) + len(self.resting))
        assert {name: getattr(self.table, name)[slot] for name in EMPTY} == EMPTY
        assert np.isnan(self.table.charge[slot])
        self.free.discard(slot)
        self.sits[id], self.station[id], self.x[id] = slot, self.born, value
        self.table.x[slot] = value
        self.table.speed[slot] = 9.0
        self.table.lane[slot] = 3
        self.born += 1

    @precondition(lambda self: self.sits)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        id = data.draw(st.sampled_from(sorted(self.sits)))
        slot = self.table.remove(id)
        assert slot == self.sits.pop(id)
        self.resting.add(slot)
        table = self.table
        assert (table.alive[slot], table.lane[slot], table.speed[slot], table.on_net[slot]) == (0, -1, 0.0, 0)
        assert (table.x[slot], table.ids[slot], table.station[slot]) == (self.x[id], id, self.station[id])

    @rule()
    def release(self) -> None:
        self.table.release()
        assert all(self.table.ids[slot] is None for slot in self.resting)
        self.free |= self.resting
        self.resting.clear()

    @invariant()
    def everyone_sits_where_he_sat(self) -> None:
        table = self.table
        assert table.slot_of == self.sits
        assert table.count == len(self.sits)
        assert table.slots().tolist() == sorted(self.sits.values())
        assert table.extent == len(self.sits) + len(self.free) + len(self.resting)
        assert table.capacity >= table.extent
        assert len(table.ids) == table.capacity
        for id, slot in self.sits.items():
            assert (table.x[slot], table.station[slot], table.ids[slot]) == (self.x[id], self.station[id], id)


TestTable = Table.TestCase
TestTable.settings = settings(max_examples=60, stateful_step_count=40)


def test_growing_keeps_every_column_and_fills_the_rest() -> None:
    table = VehicleTable(2)
    for id in ("a", "b"):
        slot = table.add(id)
        for rank, name in enumerate(table.fields):
            getattr(table, name)[slot] = (rank + slot) % 2 if name in ("alive", "on_net") else rank + slot
    before = {name: getattr(table, name).copy() for name in table.fields}
    table.grow(5)
    for name, (dtype, empty) in table.fields.items():
        column = getattr(table, name)
        assert column.dtype == dtype
        assert len(column) == 5
        np.testing.assert_array_equal(column[:2], before[name])
        np.testing.assert_array_equal(column[2:], np.full(3, empty, dtype))


def test_a_slot_is_not_reused_in_the_step_of_its_arrival() -> None:
    table = VehicleTable(1)
    table.add("a")
    table.remove("a")
    assert table.add("b") == 1
    table.release()
    assert table.add("c") == 0


@pytest.mark.parametrize(
    ("shape", "fraction", "point"),
    [
        ([(0, 0), (10, 0)], 0.5, (5, 0)),
        ([(0, 0), (3, 0), (3, 1)], 0.75, (3, 0)),
        ([(0, 0), (3, 0), (3, 1)], 1.0, (3, 1)),
        ([(0, 0), (10, 0)], 0.0, (0, 0)),
        ([(2, 7)], 0.5, (2, 7)),
        ([(2, 7), (2, 7)], 0.5, (2, 7)),
    ],
)
def test_point_along(shape: list[tuple[float, float]], fraction: float, point: tuple[float, float]) -> None:
    assert point_along(np.array(shape, np.float64), fraction) == pytest.approx(point)


def test_signals_by_light() -> None:
    signals = Signals(["a", "b", "c"], [2, 0, 3])
    signals.state[:] = np.frombuffer(b"rGyrG", np.int8)
    assert [signals.text(light) for light in range(3)] == ["rG", "", "yrG"]
    assert Signals([], []).offsets.tolist() == [0]
