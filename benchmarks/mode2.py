"""NR-V2X mode 2 as a run has it on the road of another simulator, WiLabV2Xsim 6.2, against what that delivers there.

No published curve was found for mode 2, so the program itself was run under Octave: its "ETSI-Highway" of 2 km with
open ends, on which 100 vehicles stand anywhere in six lanes of 4 m, drive at 240 km/h and come in again at the other
end; 10 packets a second from each, 23 dBm, antennas of 3 dBi, a noise figure of 9 dB, WINNER+ B1 with 0.5 m, 3 dB of
shadowing. 15 kHz, MCS 7, sub-channels of 10 blocks, of which a packet takes any neighbouring ones
(`BRoverlapAllowed`), the power the same for every packet (`FixedPdensity` false), no reservation kept (`probResKeep`
0), received from 6.235 dB on, which is its own bound for 350 bytes. What is measured lies between 4 and 8 s.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks import measure
from wayside.edge.app import TICK
from wayside.ext.arrays import Doubles, Longs
from wayside.sim.air import BIN_M, BINS, FATES, Outgoing, RadioContext, errors
from wayside.sim.air.lte_v2x import NrV2xRadio
from wayside.sim.scenario.sections import Air

LENGTH, LANE, LANES = 2000.0, 4.0, 6  # m, m, both ways together
VEHICLES, SPEED = 100, 240.0 / 3.6  # m/s
SETTLE, UNTIL = 40, 80  # ticks
BOUND = 6.234873  # dB: SINR from which everything is received
DISTANCE = np.arange(50.0, 301.0, 50.0)  # m, 25 m around each
SEEDS = range(1, 7)
GATE = 0.02, 0.05  # mean and largest deviation: those of 802.11p
# Errors that can be planted by a setting: no reservation is ever kept off, antennas at 1.5 m.
PLANTS = {"sensing-off": {"threshold": 0.0}, "antenna-height": {"height": 1.5}}


@dataclass(frozen=True)
class Setting:
    """What was varied there, and the delivery at `DISTANCE`, of three or four seeds."""

    size: int  # bytes: 350 take three sub-channels of the five, 200 two
    threshold: float  # dBm in a resource element
    delivered: tuple[float, ...]

    def name(self) -> str:
        """In a few words."""
        return f"{self.size} bytes, {self.threshold:g} dBm"


MEASURED = (
    Setting(350, -110.0, (0.993, 0.966, 0.912, 0.849, 0.726, 0.493)),
    Setting(350, -126.0, (0.992, 0.983, 0.964, 0.920, 0.798, 0.547)),
    Setting(200, -110.0, (0.989, 0.971, 0.942, 0.891, 0.815, 0.682)),
    Setting(200, -126.0, (0.983, 0.969, 0.948, 0.918, 0.853, 0.713)),
)


class _Bounded(NrV2xRadio):
    """Received from `BOUND` on, whatever was sent."""

    def _errors(self, mcs: int, block: int) -> errors.Table:
        return np.array([BOUND - 1e-6, BOUND]), np.array([1.0, 0.0])


def air(setting: Setting) -> Air:
    """The settings of a run that are those of that road."""
    return Air(
        propagation="winner-b1",
        height=0.5,  # WINNER+ B1 takes the heights as they are
        gain=3.0,
        spacing=15,
        reach=LENGTH,
        size=setting.size,
        threshold=setting.threshold,
    )


def simulate(settings: Air, seed: int) -> Longs:
    """Packets x receivers by distance (bins of 25 m) and fate, as `Csma.tally`, of the counted time."""
    random = np.random.default_rng(seed)
    start, lane = random.uniform(0.0, LENGTH, VEHICLES), random.permutation(VEHICLES) % LANES
    speed = np.where(lane < LANES // 2, SPEED, -SPEED)
    y = np.asarray(LANE * (lane + 1.0), np.float64)
    radio = _Bounded(RadioContext(LENGTH, settings, seed, tuple))
    radio.place_units(np.empty(0), np.empty(0), np.empty(0, np.uint8))
    out, pending = Outgoing(0), np.empty(0, np.intp)
    everybody, size = np.arange(VEHICLES, dtype=np.int32), settings.size or 0
    before = np.zeros((BINS, len(FATES)), np.int64)
    for tick in range(UNTIL):
        if tick == SETTLE:
            before = radio.tally
        x = (start + speed * (TICK * tick)) % LENGTH
        radio.place_vehicles(x, y, np.ones(VEHICLES, np.uint8), np.zeros(VEHICLES, np.uint8))
        out.begin(pending)
        out.add(everybody, size, 2, periodic=True)
        out.close()
        pending = radio.carry(out).pending
    return radio.tally - before


def delivered(tallies: Sequence[Longs]) -> Doubles:
    """At `DISTANCE`, of all runs together."""
    at = np.sum(tallies, axis=0)[(DISTANCE / BIN_M).astype(int)]
    ratio: Doubles = at[:, 0] / at.sum(axis=1)
    return ratio


def compare(setting: Setting, plant: Collection[str] = ()) -> measure.Result:
    """What is delivered here and there, and whether the gate is met. plant: errors to be found out, of `PLANTS`."""
    planted = air(setting).model_copy(
        update={name: value for one in plant for name, value in PLANTS.get(one, {}).items()}
    )
    here, there = delivered([simulate(planted, seed) for seed in SEEDS]), np.array(setting.delivered)
    off = np.abs(here - there)
    return {
        "setting": setting.name(),
        "distance_m": DISTANCE.tolist(),
        "there": there.tolist(),
        "measured": here.tolist(),
        "mean_deviation": float(off.mean()),
        "largest_deviation": float(off.max()),
        "met": bool(off.mean() <= GATE[0] and off.max() <= GATE[1]),
    }
