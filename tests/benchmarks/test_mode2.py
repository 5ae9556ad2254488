"""The road of another simulator: what it delivers is met, and by no mistake that would have gone unnoticed before."""

import numpy as np
import pytest

from benchmarks import mode2
from wayside.sim.air import transport

ONE, _, _, TWO = mode2.MEASURED


def off(setting: mode2.Setting, **planted: object) -> float:
    """Mean deviation with these settings instead."""
    air = mode2.air(setting).model_copy(update=planted)
    found = mode2.delivered([mode2.simulate(air, seed) for seed in (1, 2, 3)])
    return float(np.abs(found - np.array(setting.delivered)).mean())


@pytest.mark.parametrize("setting", mode2.MEASURED, ids=mode2.Setting.name)
def test_what_it_delivers_is_met(setting: mode2.Setting) -> None:
    row = mode2.compare(setting)
    assert row["met"], row


def test_its_packets_take_as_many_sub_channels() -> None:
    octets = [transport.nr_block(7, 10 * width) - 11 for width in (1, 2, 3)]
    assert octets[0] < TWO.size <= octets[1] < ONE.size <= octets[2]


@pytest.mark.parametrize(
    ("setting", "planted"),
    [
        (ONE, {"threshold": -110.0 - 10.0 * np.log10(12 * 10)}),  # that of a whole sub-channel, as it was
        (ONE, {"threshold": 0.0}),  # nobody keeps off anything
        (TWO, {"threshold": 0.0}),
        (ONE, {"size": 200}),
        (ONE, {"height": 1.5}),
        (TWO, {"emission": False}),
    ],
    ids=lambda planted: " ".join(planted) if isinstance(planted, dict) else "",
)
def test_planted_errors_are_found_out(setting: mode2.Setting, planted: dict[str, float]) -> None:
    assert off(setting) < mode2.GATE[0] < off(setting, **planted)


def test_one_seed_one_outcome() -> None:
    first, again, other = (mode2.simulate(mode2.air(ONE), seed) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()
