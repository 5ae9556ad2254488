"""What applications note down."""

import json
import math
from typing import Any

import numpy as np
import pytest

from tests.edge.doubles import unit
from wayside.edge.app import App
from wayside.edge.journal import LAST, MOST_LINES, Journal


class Talks(App):
    name = "talks"


def talker() -> App:
    here = unit()
    here.journal = Journal([])
    here.install([Talks])
    return here.apps[0]


def test_a_line_and_its_values() -> None:
    app = talker()
    app.unit.time = 7.5
    app.log("queue", count=np.int64(3), at=np.array([1.0, math.nan]), on=True, who=None, names=("a", "b"))
    journal = app.unit.journal
    assert journal.new is not None
    (line,) = journal.new
    assert (line.time, line.unit, line.application, line.why) == (7.5, "here", "talks", "queue")
    assert json.loads(line.values) == {"count": 3, "at": [1.0, None], "on": True, "who": None, "names": ["a", "b"]}


def test_no_more_lines_than_are_allowed_in_each_tick() -> None:
    app = talker()
    for _ in range(MOST_LINES):
        app.log("again")
    with pytest.warns(UserWarning, match="unit here: talks logs more than 10 lines in one tick"):
        app.log("again")
    app.log("again")  # told once
    app.unit.time = 0.1
    app.log("later")
    journal = app.unit.journal
    assert journal.new is not None
    assert [line.why for line in journal.new] == ["again"] * MOST_LINES + ["later"]


def test_the_last_lines_are_at_hand_the_newest_first() -> None:
    app = talker()
    app.unit.journal.new = None  # a run without tables
    for tick in range(2 * LAST):
        app.unit.time = tick / 10
        app.log("look", tick=tick)
    found = app.unit.journal.last("here")
    assert [json.loads(line.values)["tick"] for line in found] == list(range(2 * LAST - 1, LAST - 1, -1))
    assert app.unit.journal.last("there") == []


@pytest.mark.parametrize(
    ("why", "values", "said"),
    [
        ("", {}, r"log\(why=''\): must be a text of 1 to 200 characters"),
        ("x" * 201, {}, "must be a text of 1 to 200 characters"),
        (7, {}, r"log\(why=7\): must be a text"),
        ("w", {"text": "x" * 2000}, "values must be at most 2,000 characters"),
    ],
)
def test_what_cannot_be_kept(why: Any, values: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        talker().log(why, **values)


@pytest.mark.parametrize("value", [object(), {1, 2}, b"octets", [object()]])
def test_values_that_are_no_json(value: object) -> None:
    with pytest.raises(TypeError, match=r"log\(thing=.*\): must be a number, a text, an array"):
        talker().log("w", thing=value)
