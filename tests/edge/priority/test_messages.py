"""What an SSEM may say, checked where an application says it."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tests.edge.doubles import unit
from wayside.edge.priority.messages import GRANTED, PriorityStatus, Ssem

ONE = PriorityStatus(70, 1, 1, 1, 1, 2, 0, math.nan, GRANTED)


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (Ssem(2, 0, (ONE,)), "Ssem light 2: must be a traffic light's number"),
        (Ssem(0, 128, (ONE,)), r"Ssem sequence 128: must be 0\.\.127"),
        (Ssem(0, 0, ()), r"Ssem statuses \(\): must be a tuple of 1 to 32"),
        (Ssem(0, 0, (ONE,) * 33), "must be a tuple of 1 to 32"),
        (Ssem(0, 0, (ONE._replace(status=8),)), "must be whole numbers that an SSEM can say"),
        (Ssem(0, 0, (ONE._replace(inbound=256),)), "must be whole numbers that an SSEM can say"),
        (Ssem(0, 0, (ONE._replace(station=-1),)), "must be whole numbers that an SSEM can say"),
    ],
)
def test_what_cannot_be_said(message: Ssem, said: str) -> None:
    here: Any = unit(0)
    here.lights = 2
    with pytest.raises(ValueError, match=said):
        here.send(message)
    here.send(Ssem(1, 127, (ONE,)))
