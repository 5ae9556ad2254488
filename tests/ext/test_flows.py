"""What flows at charging stations: the loops against NumPy."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from wayside.ext.flows import FlowBook, book

SLOTS, EDGES, TOLERANCE = 6, 3, 0.03
ANSWERS = ("at", np.int32), ("consumed", np.float64), ("regenerated", np.float64), ("gift", np.float64)
MEMORY = ("here", np.int8), ("had", np.float64), ("used", np.float64), ("near", np.int32), ("there", np.int32)
TABLE = (
    ("capacity_wh", np.float64),
    ("alive", np.uint8),
    ("edge", np.int32),
    ("charge", np.float64),
    ("charger", np.int32),
    ("charged", np.float64),
)


class Booked:
    """The kernel with its columns."""

    def __init__(self) -> None:
        columns = {name: np.zeros(SLOTS, kind) for name, kind in (*TABLE, *ANSWERS, *MEMORY)}
        self.columns: dict[str, NDArray[Any]] = columns
        columns["charger"][:] = -1
        self.stations = np.array([1, 0, 1], np.uint8)
        self.kernel = FlowBook(TOLERANCE)
        self.bind()

    def bind(self) -> None:
        found = [self.columns[name] for name, _ in (*TABLE, *ANSWERS, *MEMORY)]
        self.kernel.bind(*found[: len(TABLE)], self.stations, *found[len(TABLE) :])

    def near(self) -> list[int]:
        count = self.kernel.near(SLOTS)
        near: list[int] = self.columns["near"][:count].tolist()
        return near

    def enter(self, slots: list[int]) -> list[int]:
        count = self.kernel.enter(np.array(slots, np.int32))
        there: list[int] = self.columns["there"][:count].tolist()
        return there


class Plain:
    """The same rules by NumPy's own means."""

    def __init__(self) -> None:
        self.here, self.charge, self.used = np.zeros(SLOTS, bool), np.zeros(SLOTS), np.zeros(SLOTS)
        self.charger, self.charged = np.full(SLOTS, -1), np.zeros(SLOTS)

    def enter(self, slots: list[int], columns: dict[str, NDArray[Any]]) -> list[int]:
        self.charger[:], self.charged[:] = -1, 0.0
        asked = np.array(slots, np.intp)
        there = np.sort(asked[columns["at"][asked] >= 0])
        charge, gift = columns["charge"][there], columns["gift"][there]
        used = columns["consumed"][there] - columns["regenerated"][there]
        balance = charge - self.charge[there] + used - self.used[there]
        sound = np.minimum(np.abs(balance), np.abs(balance - gift)) <= TOLERANCE
        self.charger[there] = columns["at"][there]
        self.charged[there] = np.where(sound & self.here[there], balance, gift)
        self.here[:] = False
        self.here[there] = True
        self.charge[there], self.used[there] = charge, used
        found: list[int] = there.tolist()
        return found


watt_hours = st.integers(0, 12).map(lambda hundredths: hundredths / 100.0)  # as SUMO prints them, often alike
step = st.lists(
    st.tuples(
        st.sampled_from([0.0, float("nan"), 50.0]),
        st.booleans(),
        st.integers(0, EDGES - 1),
        watt_hours,
        st.integers(-1, 2),
        watt_hours,
        watt_hours,
        watt_hours,
    ),
    min_size=SLOTS,
    max_size=SLOTS,
)


@settings(max_examples=100)
@given(steps=st.lists(st.tuples(step, st.permutations(range(SLOTS))), min_size=1, max_size=6), grows=st.booleans())
def test_steps_are_booked_as_numpy_does(steps: list[Any], grows: bool) -> None:
    booked, plain = Booked(), Plain()
    for rows, order in steps:
        names = "capacity_wh", "alive", "edge", "charge", "at", "consumed", "regenerated", "gift"
        for name, values in zip(names, zip(*rows, strict=True), strict=True):
            booked.columns[name][:] = values
        if grows:
            booked.columns = {name: column.copy() for name, column in booked.columns.items()}
            booked.bind()
        columns = booked.columns
        electric = (columns["capacity_wh"] > 0.0) & (columns["alive"] == 1)
        near = booked.near()
        assert near == np.flatnonzero(electric & (booked.stations[columns["edge"]] == 1)).tolist()
        asked = near + [slot for slot in order[:2] if slot not in near]  # and two who have arrived
        assert booked.enter(asked) == plain.enter(asked, columns)
        assert columns["charger"].tolist() == plain.charger.tolist()
        assert columns["charged"].tobytes() == plain.charged.tobytes()


def test_columns_of_different_lengths_are_refused() -> None:
    booked = Booked()
    booked.columns["gift"] = np.zeros(SLOTS + 1)
    with pytest.raises(ValueError, match="different lengths"):
        booked.bind()


@given(
    rows=st.lists(
        st.tuples(st.integers(0, 2), watt_hours, st.integers(1, 2), st.integers(-1, 2)), min_size=0, max_size=SLOTS
    ),
    seed=st.integers(0, 99),
)
def test_what_flows_goes_to_who_is_plugged_in(rows: list[tuple[int, float, int, int]], seed: int) -> None:
    rng = np.random.default_rng(seed)
    there = np.sort(rng.permutation(SLOTS)[: len(rows)]).astype(np.int32)
    charger, state, own = np.zeros(SLOTS, np.int32), np.zeros(SLOTS, np.int8), np.full(SLOTS, -1, np.int32)
    charged, energy, cost = np.zeros(SLOTS), rng.random(SLOTS), rng.random(SLOTS)
    efficiency, price, given = rng.uniform(0.8, 1.0, 3), rng.random(3), rng.random(3)
    for slot, row in zip(there.tolist(), rows, strict=True):
        charger[slot], charged[slot], state[slot], own[slot] = row
    plugged = there[state[there] == 2]
    expected = given.copy(), energy.copy(), cost.copy()
    np.add.at(expected[0], charger[there], charged[there])
    expected[1][plugged] += charged[plugged]
    expected[2][plugged] += charged[plugged] / efficiency[charger[plugged]] / 1000.0 * price[charger[plugged]]
    odd = book(there, charger, charged, efficiency, price, state, 2, own, given, energy, cost)
    assert odd == bool((state[there] != 2).any() or (own[plugged] != charger[plugged]).any())
    for found, wanted in zip((given, energy, cost), expected, strict=True):
        assert found.tobytes() == wanted.tobytes()
