"""Hazards by name."""

import math

import pytest

from wayside.edge.messages import CAUSES, Denm, denm

# EN 302 637-3 V1.3.1, table 10: the direct cause codes in use.
TABLE_10 = {1, 2, 3, 6, 9, 10, 11, 12, 14, 15, 17, 18, 19, 26, 27, 91, 92, 93, 94, 95, 96, 97, 98, 99}


def test_hazards_by_name() -> None:
    assert denm("traffic-jam", (1, 2), 10.0) == Denm(1, (1.0, 2.0), 10.0)
    assert denm("emergency-vehicle-approaching", (0.0, 0.0)).cause == 95
    assert denm("accident", (0.0, 0.0)).validity == 600.0


def test_causes_are_those_of_the_standard() -> None:
    assert set(CAUSES.values()) <= TABLE_10
    assert len(set(CAUSES.values())) == len(CAUSES)


@pytest.mark.parametrize("cause", ["", "traffic_jam", "Accident", "queue"])
def test_an_unknown_cause_is_refused(cause: str) -> None:
    with pytest.raises(ValueError, match=r"DENM cause '.*': must be one of traffic-jam, accident"):
        denm(cause, (0.0, 0.0))


@pytest.mark.parametrize("validity", [0.0, -1.0, math.nan])
def test_a_validity_that_is_over_is_refused(validity: float) -> None:
    with pytest.raises(ValueError, match="must be above 0"):
        denm("accident", (0.0, 0.0), validity)
