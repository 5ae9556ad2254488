"""What plug-ins draw over the map: what is taken, what is refused, whose it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.sim.plugged import NOWHERE
from wayside.edge.context import Context
from wayside.edge.drawings import LONGEST_KIND, MOST_KINDS, MOST_POINTS, MOST_SHAPES, Drawings
from wayside.edge.reports import CityReports


def context(owner: tuple[str, ...] = ("rsu.apps", "queues"), drawings: Drawings | None = None) -> Context:
    return Context(1, owner, lambda: 5.0, NOWHERE, CityReports(), drawings)


def test_what_is_shown_takes_the_place_of_what_was() -> None:
    all_of_them = Drawings()
    app = context(drawings=all_of_them).at("rsu_1")
    app.show("queue", points=[(1, 2.004)], lines=[np.array([[0.0, 0.0], [3.0, 4.0]])], labels=[(5, 6, "7 cars")])
    context(("parking.policy", "mine"), all_of_them).show("fog", areas=[[(0, 0), (1, 0), (1, 1)]])
    first, second = all_of_them.shown()
    assert (first.by, first.unit, first.kind) == ("queues", "rsu_1", "queue")
    assert first.drawing == ([[1.0, 2.0]], [[0.0, 0.0, 3.0, 4.0]], [], [(5.0, 6.0, "7 cars")])
    assert (second.by, second.unit, second.drawing.areas) == ("mine", "", [[0.0, 0.0, 1.0, 0.0, 1.0, 1.0]])
    app.show("queue", points=[(9, 9)])
    assert app.shown["queue"].lines == []
    app.show("queue")
    assert [one.kind for one in all_of_them.shown()] == ["fog"]


def test_each_unit_has_its_own() -> None:
    everybodys = Drawings()
    for name in ("a", "b"):
        context(drawings=everybodys).at(name).show("queue", points=[(0, 0)])
    context(drawings=everybodys).at("a").show("queue")
    assert [one.unit for one in everybodys.shown()] == ["b"]


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"kind": ""}, "must be a text of 1 to 40"),
        ({"kind": "x" * (LONGEST_KIND + 1)}, "must be a text of 1 to 40"),
        ({"kind": "a\nb"}, "must be a text of 1 to 40"),
        ({"kind": 5}, "must be a text of 1 to 40"),
        ({"points": 5}, r"points=5\): must be a list"),
        ({"points": "12"}, "must be a list"),
        ({"points": [5]}, r"points\[0\]\): must be points"),
        ({"points": [(1, 2), (1, 2, 3)]}, r"points\[1\]\): must be at least 1 points, x and y each"),
        ({"points": [(1, "a")]}, "must be points, x and y each"),
        ({"points": [(1, float("nan"))]}, "must be finite"),
        ({"lines": [[(0, 0)]]}, r"lines\[0\]\): must be at least 2 points"),
        ({"areas": [[(0, 0), (1, 1)]]}, r"areas\[0\]\): must be at least 3 points"),
        ({"labels": [(0, 0)]}, r"labels\[0\]\): must be x, y and a text"),
        ({"labels": [(0, 0, "")]}, "must have a text of 1 to 60"),
        ({"labels": [(0, 0, 7)]}, "must have a text"),
        ({"labels": [(0, float("inf"), "a")]}, "must be finite"),
        ({"points": [(0, 0)] * (MOST_SHAPES + 1)}, "501 shapes: must be at most 500"),
        ({"lines": [[(0, 0)] * (MOST_POINTS + 1)]}, "must be at most 5,000"),
    ],
)
def test_nonsense_is_refused_in_one_line(said: dict[str, Any], error: str) -> None:
    mine = context()
    with pytest.raises((TypeError, ValueError), match=error) as raised:
        mine.show(**{"kind": "queue", **said})
    assert "\n" not in str(raised.value)
    assert mine.shown == {}


def test_kinds_are_bounded() -> None:
    mine = context()
    for number in range(MOST_KINDS):
        mine.show(f"kind {number}", points=[(0, 0)])
    with pytest.raises(ValueError, match="at most 20 kinds"):
        mine.show("one more", points=[(0, 0)])
    mine.show("kind 0")
    mine.show("one more", points=[(0, 0)])
    assert len(mine.shown) == MOST_KINDS
