"""The road of the published curves: straight, constant density, every vehicle sends alike at a fixed rate.

What the papers leave open is taken as they name it elsewhere: vehicles drive at 140 km/h, half of them each way (the
block error curves of mode 4 are for 280 km/h between two of them); in each direction each has a stretch of 2/density m
to itself and stands anywhere in it; links are shadowed with 3 dB that decorrelate over 25 m; packets begin at a random
time in each period. The road is 5 km long and only packets sent within 1 km of its middle count, so that its ends do
not show. What stands on top of a packet of 802.11p and how it is sent is what Veins does unless told otherwise
(docs/radio.md says why).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wayside.edge.app import TICK
from wayside.ext.arrays import Doubles, Ints, Longs
from wayside.ext.csma import Csma
from wayside.ext.sps import Sps
from wayside.sim.air import errors
from wayside.sim.air.channel import Channel

PLANTS = ("sensing-off", "hidden-off", "half-duplex-off", "antenna-height")
LENGTH, MIDDLE = 5000.0, 1000.0  # m
SPEED = 140.0 / 3.6  # m/s
RANGE = 1000.0  # m: as far as the code of both closed forms looks for interferers (`Lint_max`)
BINS = 1001  # of 1 m
STEP = 25.0  # m around a single distance
NOISE = -95.0  # dBm in 10 MHz, noise figure 9 dB
BLOCKS = 50  # resource blocks in 10 MHz
# Both papers: WINNER+ B1 with antennas at 1.5 m. The one subtracts nothing, the other 0.5 m.
ENVIRONMENT = {"mode4": 0.0, "11p": 0.5}  # m
FREQUENCY = {"mode4": 5.91, "11p": 5.89}  # GHz
# Mode 4: MCS and resource blocks by the number of sub-channels and bytes (`msepulcre/C-V2X-mode-3`).
SCHEMES = {(4, 190): (9, 10), (2, 190): (7, 14), (2, 300): (7, 20)}
PERIODS = (100, 50, 20)  # ms
SENSING = {"mode4": -90.5, "11p": -85.0}  # dBm: what is below is not sensed at all
# 802.11p: preamble and SIGNAL [s], service and tail [bits], as in IEEE 802.11; a header of 88 bits, as Veins'
# applications have it (`headerLength`), and AC_VO, with which they send beacons (`beaconUserPriority` 7).
PREAMBLE, SERVICE_AND_TAIL, HEADERS = 40e-6, 22, 11
AIFSN, WINDOW = 2, 3
RATES = tuple(errors.RATES)  # Mbit/s
SETTLE = {"mode4": 12.0, "11p": 1.0}  # s before counting
COUNTED = {"mode4": 6.0, "11p": 8.0}  # s


@dataclass(frozen=True)
class Road:
    """What is sent on a road."""

    technology: str  # "mode4" or "11p"
    density: float  # vehicles per m
    rate: float  # Hz
    power: float  # dBm
    payload: int  # bytes
    channels: int = 0  # mode 4
    bit_rate: float = 0.0  # 802.11p, Mbit/s
    plant: tuple[str, ...] = ()

    def name(self) -> str:
        """In a few words."""
        how = f"{self.channels} sub-channels" if self.technology == "mode4" else f"{self.bit_rate:g} Mbit/s"
        return (
            f"{self.technology}, {self.density:g}/m, {self.rate:g} Hz, {self.power:g} dBm, {how}, {self.payload} bytes"
        )

    def problem(self) -> str:
        """What cannot be simulated about it; empty where all can."""
        for name, value, low, high in (
            ("beta_veh_per_m", self.density, 0.001, 1.0),
            ("lambda_Hz", self.rate, 0.1, 100.0),
            ("Pt_dBm", self.power, -10.0, 40.0),
            ("payload_B", self.payload, 1, 2304),
        ):
            if not low <= value <= high:
                return f"{name} {value:g}: must be from {low:g} to {high:g}"
        if self.technology == "11p":
            rates = ", ".join(f"{rate:g}" for rate in RATES)
            return "" if self.bit_rate in RATES else f"rate_Mbps {self.bit_rate:g}: must be one of {rates}"
        if (self.channels, self.payload) not in SCHEMES:
            has = ", ".join(f"{size} bytes in {channels}" for channels, size in SCHEMES)
            return f"{self.channels} sub-channels and {self.payload} bytes: mode 4 has error curves for {has}"
        if self.rate not in [1000.0 / period for period in PERIODS]:
            return f"lambda_Hz {self.rate:g}: mode 4 reserves at 10, 20 or 50 Hz"
        return ""

    def duration(self) -> float:
        """Of a packet of 802.11p on the air [s]."""
        return PREAMBLE + (SERVICE_AND_TAIL + 8.0 * (HEADERS + self.payload)) / (self.bit_rate * 1e6)


@dataclass(frozen=True)
class Counts:
    """Packets by distance in bins of 1 m and fate, as `Csma.tally`; mean channel busy ratio around the middle."""

    fates: Longs
    busy: float
    links: int


def simulate(road: Road, seed: int, small: bool = False) -> Counts:
    """Run one road; `small` counts for a third of the time."""
    random = np.random.default_rng(seed)
    n = round(road.density * LENGTH)
    start = 2.0 * (np.arange(n) // 2 + random.uniform(size=n)) / road.density
    forth = np.arange(n) % 2 == 0
    speed, y = np.where(forth, SPEED, -SPEED), np.where(forth, 2.0, -2.0)
    links = _channel(road).links(seed)
    access = _mode4(road, seed) if road.technology == "mode4" else _dot11p(road, seed)
    ids, ones = np.arange(1, n + 1, dtype=np.uint64), np.ones(n, np.uint8)
    zeros, gain = np.zeros(n, np.uint8), np.ones(n, np.float32)
    emitted = np.full(n, 10.0 ** (road.power / 10.0), np.float32)
    offset = random.uniform(0.0, 1.0 / road.rate, n)
    settle = SETTLE[road.technology]
    ticks = round((settle + COUNTED[road.technology] / (3.0 if small else 1.0)) / TICK)
    busy = []
    for tick in range(ticks):
        now = tick * TICK
        x = (start + speed * now) % LENGTH
        middle = np.abs(x - LENGTH / 2.0) < MIDDLE
        counts = tick >= round(settle / TICK)
        links.update(x, y, ones, ids, zeros, emitted, gain)
        access.attach(links, zeros, (middle & counts).astype(np.uint8))
        # All packets of this tick: the k-th of a vehicle arrives at offset + k / rate.
        first = np.ceil((now - offset) * road.rate - 1e-9).astype(int)
        many = np.ceil((now + TICK - offset) * road.rate - 1e-9).astype(int) - first
        station = np.repeat(np.arange(n, dtype=np.int32), many)
        number = np.arange(len(station)) - np.repeat(np.cumsum(many) - many, many) + first[station]
        _send(access, road, station, offset[station] + number / road.rate)
        _advance(access, tick + 1)
        if counts:
            busy.append(access.busy_ratio()[middle].mean())
        else:
            access.busy_ratio()
    return Counts(access.tally(), float(np.mean(busy)), access.links)


def fates(counts: Sequence[Counts], distance: Doubles) -> Doubles:
    """Share of each fate, distances x fates: around each distance [m], half way to its neighbours, none beyond the
    last (the losses below the sensing threshold that are published for 500 m are those of 494 m). NaN where nobody was.
    """
    total = np.sum([count.fates for count in counts], axis=0)
    gap, last = (distance[1] - distance[0], 0.0) if len(distance) > 1 else (STEP, STEP / 2.0)
    edges = np.concatenate([[distance[0] - gap / 2.0], (distance[1:] + distance[:-1]) / 2.0, [distance[-1] + last]])
    at = np.arange(len(total))
    found = []
    for low, high in itertools.pairwise(edges):
        part = total[(at > low) & (at <= high)].sum(axis=0)
        found.append(part / part.sum() if part.sum() else np.full(len(part), np.nan))
    return np.array(found)


def _channel(road: Road) -> Channel:
    environment = ENVIRONMENT[road.technology]
    if "antenna-height" in road.plant:
        environment = ENVIRONMENT["mode4" if road.technology == "11p" else "11p"]
    return Channel(
        model="winner-b1",
        frequency=FREQUENCY[road.technology],
        heights=(1.5,),
        environment=environment,
        range_m=RANGE,
    )


def _dot11p(road: Road, seed: int) -> Csma:
    return Csma(
        errors=[errors.sepulcre_2021(road.bit_rate)],
        noise=NOISE,
        sensitivity=SENSING["11p"],
        sense=SENSING["11p"],
        measure=None,  # busy as carrier sensing has it: the paper's CBR counts packets that are sensed
        aifsn=(AIFSN,) * 4,
        window=(WINDOW,) * 4,
        bin_m=1.0,
        bins=BINS,
        seed=seed,
        plant=tuple(set(road.plant) - {"antenna-height"}),
    )


def _mode4(road: Road, seed: int) -> Sps:
    period = round(1000.0 / road.rate)
    mcs, blocks = SCHEMES[road.channels, road.payload]
    return Sps(
        errors=[errors.sempere_2020(mcs, road.payload)],
        noise=NOISE - 10.0 * np.log10(BLOCKS / blocks),
        channels=road.channels,
        period=period,
        t2=period,
        # TS 36.321 clause 5.14.1.1: 5 to 15 packets at 10 Hz, more at shorter periods.
        counters=(5 * (100 // period), 15 * (100 // period)),
        sensitivity=SENSING["mode4"],
        sense=SENSING["mode4"],
        floor=SENSING["mode4"],
        threshold=SENSING["mode4"] - 20.0,  # whoever is sensed is excluded, until too few resources are left
        bin_m=1.0,
        bins=BINS,
        seed=seed,
        plant=tuple(set(road.plant) - {"antenna-height"}),
    )


def _send(access: Csma | Sps, road: Road, station: Ints, at: Doubles) -> None:
    none = np.zeros(len(station), np.int32)
    tag = np.arange(len(station))
    if isinstance(access, Sps):
        slot = (at * 1e3).astype(np.int64)
        life = round(1000.0 / road.rate) + 1
        access.submit(station, none, slot, slot + life, np.zeros(len(station), np.uint8), tag)
    else:
        ns = np.round(at * 1e9).astype(np.int64)
        duration = np.full(len(station), round(road.duration() * 1e9), np.int64)
        access.submit(station, none, none, ns, ns + round(1e9 / road.rate), duration, tag)


def _advance(access: Csma | Sps, tick: int) -> None:
    access.advance(tick * (100 if isinstance(access, Sps) else 100_000_000))
