"""What an application says is checked where it says it."""

import math
from typing import Any

import numpy as np
import pytest

from tests.edge.doubles import unit
from wayside.edge.app import App
from wayside.edge.charging.messages import ChargingResponses
from wayside.edge.messages import Denm, Saem, Spatem, denm
from wayside.edge.parking.messages import ParkingResponses

NAN, INF = math.nan, math.inf


def ints(*values: int, dtype: type = np.int32) -> np.ndarray[Any, Any]:
    return np.array(values, dtype)


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (b"octets", r"send\(b'octets'\): must be one of Denm, .* of wayside\.edge\.messages"),
        (None, r"send\(None\): must be one of"),
        (Denm, r"send\(<class .*: must be one of"),
        (Denm(1, (NAN, 0.0), 5.0), r"position \(nan, 0\.0\): must be x and y, two finite numbers"),
        (Denm(1, (0.0, INF), 5.0), "two finite numbers"),
        (Denm(1, (0.0, 1.0, 2.0), 5.0), "two finite numbers"),  # type: ignore[arg-type]
        (Denm(1, [0.0, 1.0], 5.0), "two finite numbers"),  # type: ignore[arg-type]
        (Denm(1, (1e12, 1e12), 5.0), "must be within 100 km of the unit"),
        (Denm(2, (0.0, 0.0), 0.0), "validity 0.0 s: must be above 0 and at most 86,400"),
        (Denm(2, (0.0, 0.0), 86_401.0), "validity"),
        (Denm(2, (0.0, 0.0), NAN), "validity"),
        (Denm(256, (0.0, 0.0), 5.0), "cause 256: must be a cause code, 0 to 255"),
        (Denm("accident", (0.0, 0.0), 5.0), "cause 'accident'"),  # type: ignore[arg-type]
        (Spatem(-1), "Spatem light -1: must be a traffic light's number"),
        (Spatem(7), "Spatem light 7"),
        (Saem(("parking", "")), "must be a tuple of names"),
        (ParkingResponses(ints(1), ints(1), ints(2)), r"ParkingResponses car_park: must be within -1\.\.1"),
        (ParkingResponses(ints(1), ints(1, 2), ints(0)), "ParkingResponses station: must be an array"),
        (ParkingResponses(ints(-1), ints(1), ints(0)), "ParkingResponses vehicle: must be within 0"),
        (ParkingResponses([1], ints(1), ints(0)), "ParkingResponses vehicle: must be an array"),  # type: ignore[arg-type]
        (ChargingResponses(ints(1), ints(1), np.zeros(1)), "charger: must be an array of whole numbers"),
    ],
)
def test_no_message(message: Any, said: str) -> None:
    here = unit(light=3)
    here.lights = 7
    with pytest.raises((TypeError, ValueError), match=said):
        App(here).send(message)
    assert here.outbox == []


@pytest.mark.parametrize("radius", [0.0, -1.0, NAN, INF, 65_536.0, "400"])
def test_no_radius(radius: Any) -> None:
    with pytest.raises(ValueError, match="must be above 0 and at most 65,535"):
        App(unit()).send(denm("accident", (0.0, 0.0)), radius=radius)


def test_the_bounds_themselves() -> None:
    here = unit()
    App(here).send(Denm(255, (100.0, 50.0 + 1e5), 86_400.0), radius=65_535.0)
    App(here).send(denm("accident", (np.float64(1.0), np.float64(2.0))), radius=np.float64(1.0))
    App(here).send(ParkingResponses(ints(0), ints(2**32 - 1, dtype=np.int64), ints(-1)))
    assert len(here.outbox) == 3


def test_what_is_taken_is_a_kind_of_request() -> None:
    with pytest.raises(TypeError, match=r"must be one of (\w+, )*BaysLost, (\w+, )*ParkingRequests"):
        App(unit()).take(int)  # type: ignore[type-var]
