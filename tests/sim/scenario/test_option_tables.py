"""Options that are tables with fields of their own: checked field by field, and told."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar, Literal, NotRequired, TypedDict

import pytest

from wayside.edge.errors import PluginError, ScenarioError
from wayside.edge.plugin import Option
from wayside.edge.pool import Pooling
from wayside.sim.scenario.options import filled, kind_of, options_of, schema_of_option


class Row(TypedDict):
    cause: Literal["rain", "fog"]
    edge: str
    at: NotRequired[Annotated[float, Option("where", unit="m", ge=0, le=50)]]
    closed: NotRequired[tuple[bool, ...]]


class Rows:
    rows: Annotated[tuple[Row, ...], Option("several tables")] = ()


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"cause": "rain"}, "a.rows[0].edge: missing: it must be given"),
        ({"cause": "hail", "edge": "x"}, 'a.rows[0].cause = "hail": must be "rain" or "fog"'),
        ({"cause": "fog", "edge": "x", "at": -1}, "a.rows[0].at = -1: must be at least 0"),
        ({"cause": "fog", "edge": "x", "at": "3"}, 'a.rows[0].at = "3": must be a number'),
        ({"cause": "fog", "edge": "x", "at": math.nan}, "a.rows[0].at = nan: must be a finite number"),
        ({"cause": "fog", "edge": "x", "closed": [1]}, "a.rows[0].closed[0] = 1: must be true or false"),
        ({"cause": "fog", "edge": "x", "it": 1}, "a.rows[0].it: no such field"),
        (3, "a.rows[0] = 3: must be a table"),
    ],
)
def test_tables_with_fields_of_their_own(row: object, told: str) -> None:
    with pytest.raises(ScenarioError) as error:
        filled(Rows, {"rows": [row]}, "a", "n")
    assert str(error.value) == f"scenario: {told}"


def test_tables_as_they_are_meant() -> None:
    good = {"cause": "fog", "edge": "x", "at": 3, "closed": [True, False]}
    assert filled(Rows, {"rows": [good]}, "a", "n") == {"rows": ({**good, "closed": (True, False)},)}
    (one,) = options_of(Rows)
    assert kind_of(one) == 'list of {cause: "rain" or "fog", edge: text, at: number, closed: list of true or false}'
    schema = schema_of_option(one)
    assert "$defs" not in schema
    at = schema["items"]["properties"]["at"]
    assert (at["description"], at["minimum"], at["maximum"], at["type"]) == ("where", 0, 50, "number")
    assert schema["items"]["required"] == ["cause", "edge"]


def test_a_class_has_defaults_of_its_own_for_shared_options() -> None:
    """As attributes; a method of such a name is none; and a wrong one is told."""

    class City:
        scope: ClassVar[str] = "city"

        def window(self) -> None: ...

    class Wrong:
        window: ClassVar[float] = -1.0

    assert filled(City, {}, "parking.policy", "it", Pooling) == {"scope": "city", "window": 0.0, "district": 1000.0}
    assert filled(City, {"scope": "unit"}, "parking.policy", "it", Pooling)["scope"] == "unit"
    with pytest.raises(PluginError, match="option window: its default"):
        filled(Wrong, {}, "parking.policy", "it", Pooling)
