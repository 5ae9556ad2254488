"""What a battery can take, how long a charge takes with it, and where a car can be plugged in."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from tests.edge.charging.test_policies import EFFICIENCY, city
from wayside.edge.charging.forecast import ExpectedEnds
from wayside.edge.charging.piles import CONNECTORS, plugs
from wayside.edge.charging.policies import least_completion, nearest
from wayside.edge.charging.state import Chargers, PileRequests
from wayside.edge.charging.taper import able_w, left_at, takes_s


def column(*values: float) -> Any:
    return np.array(values, np.float64)


def test_constant_power_then_falling() -> None:
    soc = column(0.0, 0.5, 0.6, 0.8, 0.9, 1.0)
    found = able_w(soc, column(1e5), column(0.6), column(2e4))
    assert np.allclose(found, [1e5, 1e5, 1e5, 6e4, 4e4, 2e4])
    assert able_w(column(1.0), column(1e5), column(1.0), column(1e5)).tolist() == [1e5]


@given(st.floats(100.0, 1e5), st.floats(1e3, 3e5), st.floats(-0.2, 1.2), st.floats(0.01, 1.0), st.floats(1e3, 4e5))
def test_how_long_a_charge_takes(energy: float, most: float, part: float, end: float, pile: float) -> None:
    """The integral of d energy / power, by quadrature."""
    taper = min(max(part, 0.0), 1.0) * energy

    def seconds_per_wh(wh: float) -> float:
        share = 0.0 if wh <= taper else (wh - taper) / (energy - taper)
        return 3600.0 / min(pile, most + (end * most - most) * share)

    drop = taper + (1.0 - pile / most) / (1.0 - end) * (energy - taper) if end < 1.0 and pile < most else taper
    points = [one for one in (taper, drop) if 0.0 < one < energy]
    judged = quad(seconds_per_wh, 0.0, energy, points=points or None, limit=200)[0]
    found = takes_s(column(energy), column(most), column(part * energy), column(end * most), column(pile))
    assert found[0] == pytest.approx(judged, rel=1e-5)


def test_nothing_flows_forever() -> None:
    assert takes_s(column(1e3), column(1e4), column(1e3), column(1e4), column(0.0)).tolist() == [np.inf]


def test_the_cold() -> None:
    assert [left_at(degrees) for degrees in (40.0, 25.0, 0.0, -30.0)] == [1.0, 1.0, 0.64, 0.352]
    assert left_at(12.5) == pytest.approx(0.82)


def asks(**said: Any) -> PileRequests:
    """Of one car at edge 0 that wants 20 kWh and can take 100 kW."""
    return PileRequests(np.zeros(1, np.int32), column(2e4), column(1e5), 1e9, **said)


def best(policy: Any, chargers: Chargers, request: PileRequests) -> int:
    return int(policy(request, chargers, ExpectedEnds.of(chargers.piles, [[] for _ in chargers.ids])).charger[0])


def test_a_battery_that_tapers_is_not_sent_far_for_a_fast_pile() -> None:
    """A pile of 100 kW 5 minutes off against one of 50 kW at hand."""
    chargers = city([(1, 100, [300, 300, 300], []), (1, 50, [0, 0, 0], [])])
    assert best(least_completion, chargers, asks()) == 0
    assert best(least_completion, chargers, asks(taper_wh=column(0.0), end_power_w=column(1e4))) == 1
    charge = asks(taper_wh=column(0.0), end_power_w=column(1e4)).charge_s(0, column(5e4 * EFFICIENCY))
    assert charge[0] > 3600.0 * 2e4 / (5e4 * EFFICIENCY)


@pytest.mark.parametrize("policy", [nearest, least_completion])
def test_nobody_is_sent_where_it_cannot_be_plugged_in(policy: Any) -> None:
    chargers = city([(1, 50, [0, 0, 0], []), (1, 50, [60, 60, 60], []), (1, 50, [90, 90, 90], [])])
    chargers.name_connectors(["ccs2", "type2", ""])
    said = {"": 0, "type2": 1, "ccs2": 0, "chademo": 2}
    for names, group in said.items():
        request = asks(plugs=np.array([plugs(names.split())], np.int32))
        assert best(policy, chargers, request) == group, names
    none = city([(1, 50, [0, 0, 0], [])])
    none.name_connectors(["ccs2"])
    assert best(policy, none, asks(plugs=np.array([plugs(["nacs"])], np.int32))) == -1


def test_connectors_are_bits() -> None:
    assert sorted(plugs([name]) for name in CONNECTORS) == [1 << k for k in range(len(CONNECTORS))]
    assert plugs(["type2", "ccs2"]) == plugs(["type2"]) | plugs(["ccs2"])
    with pytest.raises(ValueError, match=r"^'usb': must be one of type1, type2"):
        plugs(["usb"])
