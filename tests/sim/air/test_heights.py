"""Distances in space: bridges, storeys, and vehicles on them."""

import numpy as np
import pytest

from tests.ext.radio_doubles import CLEAN, attach, csma_send, links
from tests.sim.air.towns import Town, line
from wayside.ext.csma import Csma
from wayside.sim.air import FATES, Radio, RadioContext
from wayside.sim.air.ideal import IdealRadio
from wayside.sim.air.itsg5 import ItsG5Radio
from wayside.sim.air.lte_v2x import LteV2xRadio, NrV2xRadio
from wayside.sim.scenario.sections import Air


def two(radio: type, above: float, **air: object) -> Town:
    """A vehicle on the ground and one straight above it."""
    settings = Air(propagation="free-space").model_copy(update=air)
    heights = np.array([0.0, above])
    made: Radio = radio(
        RadioContext(300.0, settings, 1, tuple, ground=lambda: heights, unit_ground=lambda: np.empty(0))
    )
    return line(made, [50.0, 50.0], ())


@pytest.mark.parametrize("radio", [ItsG5Radio, LteV2xRadio, NrV2xRadio])
@pytest.mark.parametrize(("above", "power", "arrives"), [(0.0, -10.0, 1.0), (200.0, -20.0, 0.0), (200.0, 23.0, 1.0)])
def test_who_is_far_above_is_far(radio: type, above: float, power: float, arrives: float) -> None:
    """200 m of free space take 94 dB: 19 dB below the noise at -20 dBm, six times what shadows deviate by."""
    where = two(radio, above, power=power)
    got = sum(int(where.tick(where.speak()).at_vehicles.sum()) for _ in range(10))
    sent = 20 if radio is ItsG5Radio else max(got, 1)
    assert got / sent == pytest.approx(arrives, abs=0.1)
    assert (got > 0) == (arrives > 0.0)
    tally = where.radio.tally
    assert tally is not None
    assert tally[round(above / 25.0)].sum() == tally.sum() > 0
    if not arrives:
        assert tally[8, FATES.index("below-sensitivity")] == tally.sum()


@pytest.mark.parametrize(("above", "arrives"), [(0.0, 2), (299.0, 2), (301.0, 0)])
def test_the_ideal_range_is_a_ball(above: float, arrives: int) -> None:
    where = two(IdealRadio, above)
    carried = where.tick(where.speak())
    assert carried.at_vehicles.sum() == arrives


def test_beyond_reach_is_measured_in_space() -> None:
    assert two(ItsG5Radio, 450.0, reach=400.0).tick({"sender": np.zeros(1, np.int32)}).at_vehicles.sum() == 0
    assert two(ItsG5Radio, 350.0, reach=400.0).tick({"sender": np.zeros(1, np.int32)}).at_vehicles.sum() == 1


def test_links_know_heights() -> None:
    """Power, list and renewal: 40 dB and 20 dB per decade."""
    air, n = links(), 2
    x, ids, ones = np.zeros(n), np.arange(1, n + 1, dtype=np.uint64), np.ones(n, np.uint8)
    mw, gain = np.full(n, 200.0, np.float32), np.ones(n, np.float32)
    for above, expected in ((100.0, -80.0), (110.0, -80.0 - 20.0 * np.log10(1.1)), (50.0, -74.0)):
        air.update(x, x, ones, ids, np.zeros(n, np.uint8), mw, gain, z=np.array([0.0, above]))
        assert 10.0 * np.log10(air.row(0)[1][0] / 200.0) == pytest.approx(expected, abs=0.05)
    access = Csma(errors=[CLEAN], noise=-95.0, bin_m=25.0, bins=12)
    attach(access, air, n)
    csma_send(access, [0], [0])
    access.advance(10**9)
    assert access.tally().sum(axis=1).nonzero()[0].tolist() == [2]  # 50 m


def test_a_bridge_hides_what_stands_on_it_from_below() -> None:
    from tests.ext.test_bodies import looking

    x, there = np.array([50.0]), np.ones(1, np.uint8)
    for base, expected in ((0.0, 2), (6.0, 0), (-6.0, 0)):
        air = looking()
        air.place_bodies(x, np.zeros(1), there, there, 9, np.array([base]))
        assert air.blocker(0, 0.0, 0.0, 1.5, 1, 100.0, 0.0, 1.5) == expected
        # From bridge to bridge it is in the way again.
        assert air.blocker(0, 0.0, 0.0, base + 1.5, 1, 100.0, 0.0, base + 1.5) == 2
