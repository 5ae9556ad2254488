"""How long a packet takes through the cellular network (5G Uu) and its edge, and whether it is lost: by hashes alone.

A packet goes up by radio where a vehicle sends it, through the edge, and down by radio where vehicles receive it;
roadside units are wired to the edge. Every draw is a hash of the seed and what it is for, so it depends
neither on the order of packets nor on who else sends.

ideal: an edge server at the base station, in an otherwise idle cell. For 40 vehicles/km/lane and 300 octets, vehicle to
vehicle, published means are 1.5 ms for both radio ways, 0.66 ms for transport and 0.75 ms for the server, and 99.99 %
of packets take less than 4.5 ms. Many small steps add up, so every part is gamma distributed, all with one scale:
then sums are gamma distributed too, and the scale follows from the two figures. Gamma with mean 2.91 ms has its 99.99 %
quantile at 4.5 ms for a scale of 0.047524 ms (shape 61.2). Nothing is lost.

field: what trials on public networks report, 40 to 50 ms from vehicle to vehicle: lognormal with a median of 20 ms for
each radio way and what follows or precedes it, 0.5 the standard deviation of its logarithm, 1 packet of 1000 lost on
each way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from wayside.ext.arrays import Doubles, Hashes, Longs

RADIO, EDGE = 0.75e-3, 1.41e-3  # s, means: one radio way; transport and server
SCALE = 0.047524e-3  # s
MEDIAN, SPREAD, LOSS = 20e-3, 0.5, 1e-3  # s; of the logarithm; per radio way
UP, DOWN = 1, 2  # radio ways, as salts of draws


@dataclass(frozen=True)
class LatencyProfile:
    """A network: `latency(seed, packet, ways)` in s, for 0 to 2 radio ways; `loss` is the probability on each way."""

    latency: Callable[[int, Longs, Longs], Doubles]
    loss: float


def _ideal(seed: int, packet: Longs, ways: Longs) -> Doubles:
    from scipy.special import gammaincinv  # it takes long to import, and few runs need it

    shape = (EDGE + RADIO * ways) / SCALE
    taken: Doubles = SCALE * gammaincinv(shape, uniform(seed, packet, 0))
    return taken


def _field(seed: int, packet: Longs, ways: Longs) -> Doubles:
    from scipy.special import ndtri

    # Two ways are drawn apart; between two units there is only the wire.
    first, second = (MEDIAN * np.exp(SPREAD * ndtri(uniform(seed, packet, way))) for way in (UP, DOWN))
    taken: Doubles = np.where(ways == 0, _ideal(seed, packet, ways), first + np.where(ways == 2, second, 0.0))
    return taken


PROFILES = {"ideal": LatencyProfile(_ideal, 0.0), "field": LatencyProfile(_field, LOSS)}


def uniform(seed: int, key: Longs, salt: int) -> Doubles:
    """In (0, 1), by what the chance belongs to and `salt` (of the draw): SplitMix64's finalizer over both."""
    keys = _mix(np.uint64(seed) + key.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    hashes = hashed(keys, np.full(key.shape, salt, np.uint64))
    return ((hashes >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53


def hashed(a: Hashes, b: Hashes) -> Hashes:
    """One hash of two."""
    return _mix(a + (b + np.uint64(1)) * np.uint64(0xD1342543DE82EF95))


def _mix(z: Hashes) -> Hashes:
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: Hashes = z ^ (z >> np.uint64(31))
    return mixed
