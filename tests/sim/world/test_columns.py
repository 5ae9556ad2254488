"""Columns by slot: growing keeps what is there, resetting makes slots as if never used."""

from typing import ClassVar

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from wayside.sim.world.columns import SlotColumns


class Things(SlotColumns):
    """Two plain columns and one with three rows."""

    fields: ClassVar[dict[str, tuple[type, float]]] = {
        "number": (np.int32, -1),
        "weight": (np.float64, np.inf),
        "marks": (np.uint8, 7),
    }
    rows: ClassVar[dict[str, str]] = {"marks": "how_many"}
    how_many = 3

    number: np.ndarray
    weight: np.ndarray
    marks: np.ndarray


def state(things: Things) -> list[list[float]]:
    """By slot: number, weight, marks."""
    return [[*map(float, row)] for row in zip(things.number, things.weight, *things.marks, strict=True)]


EMPTY = [-1.0, np.inf, 7.0, 7.0, 7.0]

steps = st.lists(
    st.integers(1, 5) | st.lists(st.integers(0, 30), unique=True, max_size=4) | st.just("one"), max_size=12
)


@given(steps)
def test_against_a_list(script: list[int | list[int] | str]) -> None:
    things = Things()
    things.grow(2)
    model = [EMPTY] * 2
    for k, step in enumerate(script):
        if isinstance(step, int):
            things.grow(len(model) + step)
            model = model + [EMPTY] * step
        elif isinstance(step, list):
            slots = [slot for slot in step if slot < len(model)]
            things.reset(np.array(slots, np.int32))
            model = [EMPTY if slot in slots else row for slot, row in enumerate(model)]
        else:
            things.reset(len(model) - 1)
            model[-1] = EMPTY
        assert state(things) == model
        slot = k % len(model)
        things.number[slot], things.weight[slot], things.marks[:, slot] = k, k / 2, (1, 2, k)
        model = [[k, k / 2, 1, 2, k] if i == slot else row for i, row in enumerate(model)]
        assert state(things) == model
