"""In-band emission: the shape of the mask, and what a near station does to a far one's packet beside it."""

import numpy as np
import pytest

from tests.ext.radio_doubles import attach, links, place, sps_send
from tests.sim.air.towns import line, site
from wayside.ext.sps import Sps
from wayside.sim.air import FATES
from wayside.sim.air.emission import LTE, NR, evm, leakage
from wayside.sim.air.lte_v2x import LteV2xRadio, NrV2xRadio
from wayside.sim.scenario.sections import Air


def db(share: float) -> float:
    return float(10.0 * np.log10(share))


def test_the_mask_by_hand() -> None:
    """Two sub-channels of 10 blocks out of 24, QPSK, the limits: the first and the last block of the other one."""
    found = leakage(2, 10, 24, 0.175, NR)
    assert found[0].diagonal().tolist() == [1.0, 1.0]
    assert found[1, 0].tolist() == [1.0, 1.0]
    near = [20.0 * np.log10(0.175) - 3.0 - 5.0 * (away - 1) / 10.0 for away in range(1, 11)]
    general = sum(10.0 ** (level / 10.0) for level in near)
    # Of blocks 10 to 19, 14 to 19 are images of 4 to 9; 11 is the carrier's, with 12.
    expected = (general + 6 * 10.0**-2.5 + 2 * 10.0**-2.5) / 10.0
    assert found[0, 0, 1] == pytest.approx(expected, rel=1e-9)


def test_margins_and_modulation_lower_it() -> None:
    limit, usual = leakage(4, 12, 50, evm(2), NR), leakage(4, 12, 50, evm(2), LTE)
    away = (limit < 1.0) & (limit > 0.0)
    assert (usual[away] < limit[away]).all()
    assert (leakage(4, 12, 50, evm(6), LTE)[away] <= usual[away]).all()
    # TR 36.885's {3, 6, 3, 3}: near by -21 dB at the edge, less on the mean of twelve blocks; never below -38 dB.
    assert -24.0 < db(usual[0, 0, 1]) < -21.0
    assert db(usual[0, 0, 3]) > -25.0 - db(50 / 12) - 6.0


def pair(emission: object) -> list[tuple[int, int]]:
    """Stations at 0 and 900 m send in one slot, in the two sub-channels: which of them are heard at 30 m."""
    heard = set()
    for seed in range(20):
        air = links()
        access = Sps(
            errors=[([0.0, 1e-9], [1.0, 0.0])], noise=-120.0, channels=2, t1=1, t2=1, seed=seed, emission=emission
        )
        place(air, [0.0, 900.0, 30.0], [0.0] * 3)
        attach(access, air, 3)
        sps_send(access, [0, 1], [0, 0])
        (tags, to), _ = access.advance(10)
        if (0, 2) in zip(tags.tolist(), to.tolist(), strict=True):  # in sub-channels of their own
            heard |= {tag for tag, who in zip(tags.tolist(), to.tolist(), strict=True) if who == 2}
    return sorted(heard)


def test_a_near_station_drowns_a_far_one_beside_it() -> None:
    """At 30 m the one is 29 dB above the other, which is 9 dB more than what it leaks is below it."""
    assert pair(None) == [0, 1]
    assert pair(leakage(2, 10, 24, 0.175, NR)) == [0]
    assert pair(np.broadcast_to(np.eye(2), (2, 2, 2)) * 1.0) == [0, 1]


def test_shares_of_another_shape_are_refused() -> None:
    for wrong in (np.zeros((2, 2)), np.full((2, 2, 2), 1.5), np.full((2, 2, 2), -0.1)):
        with pytest.raises(ValueError, match="emission"):
            Sps(errors=[([0.0, 1.0], [1.0, 0.0])], noise=-101.0, channels=2, emission=wrong)


@pytest.mark.parametrize("radio", [LteV2xRadio, NrV2xRadio])
def test_it_costs_delivery_in_a_run_and_can_be_turned_off(radio: type[LteV2xRadio | NrV2xRadio]) -> None:
    received = []
    for emission in (True, False):
        air = Air(propagation="winner-b1", spacing=15, emission=emission)  # at 30 kHz a packet takes all of the carrier
        shares = []
        for seed in range(6):
            where = line(radio(site(air, seed)), [10.0 * k for k in range(100)])
            for _ in range(12):
                where.tick(where.speak() | {"size": 190})
            tally = where.radio.tally
            assert tally is not None
            shares.append(tally[:, FATES.index("received")].sum() / tally.sum())
        received.append(np.mean(shares))
    assert received[0] < 0.98 * received[1]
