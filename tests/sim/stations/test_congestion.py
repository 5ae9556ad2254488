"""Congestion control of units and vehicles: who has which state, when it adapts, and what a reused slot knows."""

import numpy as np
import pytest

from wayside.edge.net.dcc import Adaptive, Limeric
from wayside.ext.arrays import Floats, Ints
from wayside.sim.stations import congestion
from wayside.sim.stations.congestion import Congestion

UNITS, VEHICLES = 2, 3
BUSY = np.array([0.1, 0.9, 0.1, 0.9, 0.45], np.float32)


def slots(*numbers: int) -> Ints:
    return np.array(numbers, np.int32)


def after(control: Congestion, ticks: int, busy: Floats = BUSY) -> list[float]:
    for _ in range(ticks):
        waits = control.update(busy)
    found: list[float] = np.round(waits.astype(np.float64), 6).tolist()
    return found


def test_off_and_without_a_channel_nobody_waits() -> None:
    assert not Congestion("off", UNITS, VEHICLES).on
    assert after(Congestion("off", UNITS, VEHICLES), 3) == [0.0] * 5
    for approach in ("reactive", "adaptive"):
        assert Congestion(approach, UNITS, VEHICLES).update(None).tolist() == [0.0] * 5


def test_reactive_by_station() -> None:
    assert after(Congestion("reactive", UNITS, VEHICLES), 4) == [0.1, 1.0, 0.1, 1.0, 0.4]
    assert after(Congestion("reactive", UNITS, VEHICLES, 0.5e-3), 4) == [0.05, 1.0, 0.05, 1.0, 0.2]
    assert after(Congestion("reactive", UNITS, VEHICLES, 2e-3), 4) == [0.1, 1.0, 0.1, 1.0, 0.4]


def alone(busy: list[float], airtime: float = 1e-3) -> list[float]:
    """T_off of one station, which adapts every second time with the two latest measurements."""
    dcc = Adaptive(1)
    waits = []
    for k, ratio in enumerate(busy):
        if k % 2:
            dcc.adapt(np.array([ratio], np.float32), np.array([busy[k - 1]], np.float32))
        waits.append(float(dcc.wait(airtime)[0]))
    return waits


@pytest.mark.parametrize("planted", [None, 1, 3])
def test_adaptive_every_200_ms_with_both_measurements(monkeypatch: pytest.MonkeyPatch, planted: int | None) -> None:
    if planted:
        monkeypatch.setattr(congestion, "ADAPT_EVERY", planted)
    control = Congestion("adaptive", 0, 1)
    busy = [0.1, 0.9, 0.8, 0.0, 0.0, 0.3, 0.7, 0.2] * 3
    found = [float(control.update(np.array([ratio], np.float32))[0]) for ratio in busy]
    assert (found == alone(busy)) == (planted is None)


def test_the_airtime_of_the_last_packet_counts() -> None:
    control = Congestion("adaptive", 0, 2)
    for _ in range(20):
        control.update(np.zeros(2, np.float32))
    control.airtime[1] = 0.5e-3
    assert control.update(np.zeros(2, np.float32)).tolist() == pytest.approx(
        [alone([0.0] * 21)[-1], alone([0.0] * 21, 0.5e-3)[-1]]
    )


@pytest.mark.parametrize("approach", ["reactive", "adaptive"])
def test_a_reused_slot_knows_nothing_of_the_former_vehicle(approach: str) -> None:
    control = Congestion(approach, UNITS, VEHICLES)  # type: ignore[arg-type]
    control.airtime[UNITS + 1] = 0.2e-3
    before = after(control, 41)
    control.reset(slots(1))
    now = after(control, 1)
    expected = 0.2 if approach == "reactive" else alone([0.0, float(BUSY[UNITS + 1])])[-1]
    assert now[UNITS + 1] == pytest.approx(expected, abs=1e-5)
    assert [now[k] for k in (0, 1, 4)] == pytest.approx([before[k] for k in (0, 1, 4)], rel=0.1)


@pytest.mark.parametrize("approach", ["off", "reactive", "adaptive"])
def test_of_several_channels_one_is_controlled(approach: str) -> None:
    """Its own busy ratio counts, and only for those on it."""
    alone = Congestion(approach, UNITS, VEHICLES)  # type: ignore[arg-type]
    on_it = np.array([1, 1, 0, 1], bool)  # of the first four, of five
    mixed = Congestion(approach, UNITS, VEHICLES, channel=lambda: (BUSY[:4], on_it))  # type: ignore[arg-type]
    expected = np.array(after(alone, 9, BUSY[:4]))
    expected[2] = 0.0
    assert after(mixed, 9, np.zeros(5, np.float32)) == expected.tolist()


@pytest.mark.parametrize("approach", ["off", "reactive", "adaptive"])
def test_growing_keeps_the_others(approach: str) -> None:
    control, other = (Congestion(approach, UNITS, VEHICLES) for _ in range(2))  # type: ignore[arg-type]
    after(control, 9)
    after(other, 9)
    control.grow(6)
    control.grow(4)  # nothing to do
    longer = np.concatenate((BUSY, np.zeros(3, np.float32)))
    assert after(control, 4, longer)[:5] == after(other, 4)
    assert len(control.update(BUSY)) == UNITS + 6  # a ratio for the first ones


def test_many_stations_converge_below_the_target() -> None:
    """200 vehicles that hear each other, packets of 0.5 ms: what they send together is less than the target."""
    control = Congestion("adaptive", 0, 200, 0.5e-3)
    busy = 0.0
    for _ in range(2000):
        waits = control.update(np.full(200, busy, np.float32))
        busy = min(1.0, float((0.5e-3 / waits).sum()))
    p = Limeric()
    assert busy == pytest.approx(200 * p.beta * p.target / (p.alpha + 200 * p.beta), rel=0.02)
    assert busy < p.target
