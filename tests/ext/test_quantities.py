"""Columns of quantities and of integers: bit for bit what `edge.messages.si` makes, one field after the other."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayside.edge.messages.csae import common
from wayside.edge.messages.etsi import cdd
from wayside.edge.messages.schema import Integer
from wayside.edge.messages.si import MICRODEGREE, held, quantities, steps, turned, unavailable
from wayside.ext.arrays import Doubles
from wayside.ext.quantities import Content, Integers, Polynomials

FIELDS: list[tuple[Integer, float]] = [
    (cdd.Latitude, MICRODEGREE),
    (cdd.Longitude, MICRODEGREE),
    (cdd.SpeedValue, 0.01),
    (cdd.VehicleLengthValue, 0.1),
    (cdd.VehicleWidth, 0.1),
    (cdd.LongitudinalAccelerationValue, 0.1),
    (common.Latitude, MICRODEGREE),
    (common.Speed, 0.02),
    (common.VehicleWidth, 0.01),
    (common.Acceleration, 0.01),
    (Integer(-5, 5, negativeOutOfRange=-5, positiveOutOfRange=4, unavailable=5), 0.25),
]
DOUBLES = st.one_of(
    st.floats(-200, 200),
    st.floats(-1e290, 1e290),
    st.sampled_from((math.nan, math.inf, -math.inf)),
    st.integers(-4000, 4000).map(lambda number: number * 0.05),  # halves of a step, which go to the even one
)


def made(slots: list[int], source: list[float], by_slot: bool = True, **rule: Any) -> list[int]:
    integers = Integers(len(source), max(len(slots), len(source)))
    to = np.zeros(max(len(slots), len(source)), np.int64)
    integers.quantity(to, np.array(source), by_slot=by_slot, **rule)
    integers.make(np.array(slots, np.int32))
    return to[: len(slots)].tolist()


@pytest.mark.parametrize(("type", "step"), FIELDS)
@given(source=st.lists(DOUBLES, min_size=1, max_size=40), seed=st.integers(0, 100))
def test_steps(type: Integer, step: float, source: list[float], seed: int) -> None:
    slots = np.random.default_rng(seed).integers(0, len(source), 30).tolist()
    below, above = held(type)
    rule = {"step": step, "unknown": unavailable(type), "below": below, "above": above}
    assert made(slots, source, **rule) == steps(type, np.array(source)[slots], step).tolist()
    assert made(list(range(len(source))), source, by_slot=False, **rule) == steps(type, source, step).tolist()


@given(source=st.lists(st.floats(-1e5, 1e5), min_size=1, max_size=40), step=st.sampled_from((0.1, 0.0125)))
def test_turned(source: list[float], step: float) -> None:
    turn = round(360 / step)
    slots = list(range(len(source)))
    assert made(slots, source, step=step, unknown=turn + 1, turn=turn) == turned(source, step).tolist()
    plus = np.linspace(-2.0, 2.0, len(source))
    found = made(slots, source, step=step, unknown=turn + 1, turn=turn, plus=plus)
    assert found == turned(np.array(source) + plus, step).tolist()
    assert made([0], [math.nan], step=step, unknown=turn + 1, turn=turn) == [turn + 1]


def test_what_is_no_quantity() -> None:
    integers = Integers(3, 4)
    to = np.zeros((5, 4), np.int64)
    table = np.zeros(256, np.int64)
    table[[5, 6]] = 50, 60
    codes, gate = np.array([5, 6, 7], np.uint8), np.array([1, 0, 1, 1], np.uint8)
    integers.lookup(to[0], codes, table)
    integers.lookup(to[1], codes, table, gated=True)
    integers.copy(to[2], np.array([2**40, -1, 3]))
    counts = np.array([126, 127, 0], np.uint8)
    integers.count(to[3], counts, 128)
    integers.number(to[4])
    integers.make(np.array([1, 1, 0, 2], np.int32), gate, 7)
    assert to.tolist() == [[60, 60, 50, 0], [60, 0, 50, 0], [-1, -1, 2**40, 3], [127, 0, 126, 0], [7] * 4]
    assert counts.tolist() == [127, 1, 1]
    integers.make(np.array([0], np.int32))  # without a gate: open
    assert to[:, 0].tolist() == [50, 50, 2**40, 127, 0]


def reference(coefficients: Doubles, degree: int, u: float, v: float) -> list[float]:
    """Horner's rule, in plain Python and in the kernel's order."""
    found = []
    for row in coefficients.tolist():
        by_u = iter(row)
        terms = [[next(by_u) for _ in range(degree + 1 - i)] for i in range(degree + 1)]
        total = 0.0
        for i in range(degree, -1, -1):
            inner = terms[i][-1]
            for c in terms[i][-2::-1]:
                inner = inner * v + c
            total = inner if i == degree else total * u + inner
        found.append(total)
    return found


@given(degree=st.integers(0, 7), seed=st.integers(0, 2**32), points=st.integers(0, 20))
def test_polynomials(degree: int, seed: int, points: int) -> None:
    random = np.random.default_rng(seed)
    coefficients = random.normal(size=(3, (degree + 1) * (degree + 2) // 2))
    polynomials = Polynomials(coefficients, degree, (3.0, -4.0), (2.0, 5.0))
    u, v = random.uniform(0.9, 5.1, points + 5), random.uniform(-9.2, 1.2, points + 5)
    slots = random.integers(0, points + 5, points).astype(np.int32)
    to = np.zeros((3, points + 5))
    outside = polynomials.at(u, v, to, points, slots)
    scaled = np.stack(((u[slots] - 3.0) / 2.0, (v[slots] + 4.0) / 5.0), axis=1)
    assert outside == (np.abs(scaled) > 1.0).any(axis=1).sum()
    assert to[:, :points].T.tolist() == [reference(coefficients, degree, *point) for point in scaled.tolist()]
    polynomials.at(u[slots], v[slots], again := np.zeros((3, points + 1)), points)
    np.testing.assert_array_equal(again[:, :points], to[:, :points])
    u[0] = math.nan
    assert polynomials.at(u, v, to, 1) == 1


@given(seed=st.integers(0, 2**32))
def test_content(seed: int) -> None:
    random = np.random.default_rng(seed)
    n = 12
    types = [(cdd.Latitude, 1e-7), (cdd.Longitude, 1e-7), (cdd.SpeedValue, 0.01), (cdd.HeadingValue, 0.1)]
    types.append((cdd.VehicleLengthValue, 0.1))
    columns = [random.integers(type.low, type.high or 0, n) for type, _ in types]  # type: ignore[arg-type]
    for column, (type, _) in zip(columns, types, strict=True):
        column[random.integers(0, n, 2)] = unavailable(type)
        column[random.integers(0, n, 2)] = -(2**63)
    more = [random.integers(-16, 2**32, n) for _ in range(4)]  # station, acceleration, type, role
    steps = [step for _, step in types] + [1.0, 0.1, 1.0, 1.0]
    content = Content([*columns, *more], steps, [unavailable(type) for type, _ in types] + [-(2**63)] * 4)
    latitude, longitude, speed, heading, length = (
        quantities(type, column, step) for column, (type, step) in zip(columns, types, strict=True)
    )
    degrees, rows = np.zeros((2, n)), np.zeros((n, 9))
    content.positions(degrees, n)
    np.testing.assert_array_equal(degrees, [longitude, latitude])
    at = random.uniform(-9, 9, (3, n))
    content.rows(at, rows, n)
    np.testing.assert_array_equal(rows[:, [0, 1, 2, 4, 5]].T, [at[0], at[1], speed, length, more[0]])
    np.testing.assert_allclose(rows[:, 6:].T, [more[1] * 0.1, *more[2:]])
    np.testing.assert_allclose(rows[:, 3], (heading - at[2]) % 360.0, rtol=0, atol=1e-12)
    known = ~np.isnan(heading)
    assert ((rows[known, 3] >= 0.0) & (rows[known, 3] < 360.0)).all()


def test_what_does_not_fit() -> None:
    integers = Integers(3, 2)
    to, source = np.zeros(2, np.int64), np.zeros(3)
    three = np.zeros((3, 3))
    polynomials = Polynomials(np.zeros((3, 3)), 1, (0.0, 0.0), (1.0, 1.0))
    ints = np.zeros(3, np.int64)
    content = Content([ints] * 9, [1.0] * 9, [0] * 9)
    slots = np.array([0, 3], np.int32)
    for wrong in (
        lambda: integers.quantity(to[:1], source, 0.1, 1),
        lambda: integers.quantity(to, source[:2], 0.1, 1),
        lambda: integers.quantity(to, source, 0.1, 1, plus=source[:1]),
        lambda: integers.lookup(to, np.zeros(3, np.uint8), np.zeros(255, np.int64)),
        lambda: integers.copy(to, np.zeros(2, np.int64)),
        lambda: integers.make(slots),
        lambda: integers.make(-slots),
        lambda: integers.make(np.zeros(3, np.int32)),
        lambda: Polynomials(np.zeros((3, 4)), 1, (0.0, 0.0), (1.0, 1.0)),
        lambda: Polynomials(np.zeros((3, 3)), 1, (0.0, 0.0), (1.0, 0.0)),
        lambda: polynomials.at(source, source, three, 4),
        lambda: polynomials.at(source, source, three, 2, slots),
        lambda: polynomials.at(source, source, three[:2], 1),
        lambda: integers.make(slots[:1], np.zeros(0, np.uint8)),
        lambda: integers.count(to, np.zeros(2, np.uint8), 128),
        lambda: integers.count(to, np.zeros(3, np.uint8), 0),
        lambda: integers.number(to[:1]),
        lambda: Content([ints] * 8, [1.0] * 8, [0] * 8),
        lambda: Content([*[ints] * 8, to], [1.0] * 9, [0] * 9),
        lambda: content.positions(three[:2], 4),
        lambda: content.rows(three, np.zeros((3, 8)), 3),
        lambda: content.rows(three[:2], np.zeros((3, 9)), 3),
    ):
        with pytest.raises(ValueError):  # noqa: PT011
            wrong()
