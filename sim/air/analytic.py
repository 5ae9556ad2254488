"""Two published closed forms for a straight road, where every vehicle sends alike: a fast mode and an oracle.

Mode 4: Gonzalez-Martin, Sepulcre, Molina-Masegosa, Gozalvez 2019, "Analytical Models of the Performance of C-V2X Mode 4
Vehicular Communications". 802.11p: Sepulcre, Gonzalez-Martin, Gozalvez, Molina-Masegosa, Coll-Perales 2021, "Analytical
Models of the Performance of IEEE 802.11p Vehicle to Vehicle Communications". Numbers of equations are theirs. Both take
the error of one interferer at a time and independent lognormal shadowing of every link.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

Doubles = NDArray[np.float64]
Loss = Callable[[Doubles], Doubles]  # path loss in dB over distance in m
Errors = Callable[[Doubles], Doubles]  # packet error over SINR in dB

FAR = 1500  # m: packets from beyond are not sensed
INTERFERERS = 1000.0  # m: those beyond are not counted
_POINTS = 81  # of the quadrature over each link's shadowing


@dataclass(frozen=True)
class Road:
    """Vehicles at a constant density that all send alike."""

    density: float  # vehicles per m
    rate: float  # Hz
    power: float  # dBm
    loss: Loss
    deviation: float  # dB, of the shadowing
    errors: Errors
    noise: float  # dBm, in the bandwidth of a packet
    sensing: float  # dBm, below which nothing is sensed


@dataclass(frozen=True)
class Delivery:
    """Probabilities over distance; the kinds of loss exclude one another in the papers' order."""

    delivered: Doubles
    half_duplex: Doubles
    sensitivity: Doubles
    busy: Doubles  # receiver busy with another packet: 802.11p alone
    propagation: Doubles
    collision: Doubles
    busy_ratio: float  # CBR


def sensed(road: Road, distance: Doubles, sensing: float | None = None) -> Doubles:
    """Probability that a packet is sensed (mode 4: eq. 11; 802.11p: eq. 13)."""
    level = road.power - road.loss(np.abs(distance)) - (road.sensing if sensing is None else sensing)
    ratio: Doubles = 0.5 * (1.0 + erf(level / (road.deviation * np.sqrt(2.0))))
    return ratio


def _error(road: Road, wanted: Doubles, other: Doubles | None) -> Doubles:
    """Mean packet error at mean powers `wanted` and `other` [dBm], given that the wanted packet is above the sensing
    threshold (mode 4: eq. 13 and 17; 802.11p: eq. 24 and 30).
    """
    steps, width = np.linspace(-4.5, 4.5, _POINTS, retstep=True)
    weight = np.exp(-0.5 * steps**2) * width
    power = wanted[..., None] + road.deviation * steps
    # The density is cut off at the threshold; where it is cut hardest, the rest piles up just above it.
    above = np.maximum(power, road.sensing)
    kept = np.where(power >= road.sensing, weight, 0.0)
    kept = np.where(kept.sum(-1, keepdims=True) > 0.0, kept, np.eye(1, _POINTS, _POINTS - 1)[0])
    kept = kept / kept.sum(-1, keepdims=True)
    noise = 10.0 ** (road.noise / 10.0)
    if other is None:
        return (kept * road.errors(above - road.noise)).sum(-1)
    beside = 10.0 * np.log10(noise + 10.0 ** ((other[..., None] + road.deviation * steps) / 10.0))
    error = road.errors(above[..., :, None] - beside[..., None, :])
    found: Doubles = np.einsum("...ij,...i,j->...", error, kept, weight / weight.sum())
    return found


def _overlap(profile: Doubles) -> Doubles:
    """Autocorrelation of a sensing profile over [-FAR, FAR] m, from 0 m on."""
    full = np.correlate(profile, profile, "full")
    found: Doubles = full[len(profile) - 1 :]
    return found


def _interferers(road: Road) -> Doubles:
    """Places of the others relative to the receiver [m]."""
    many = round(INTERFERERS * road.density)
    return np.concatenate([np.arange(-many, 0), np.arange(1, many + 1)]) / road.density


def _at(table: Doubles, distance: Doubles) -> Doubles:
    found: Doubles = table[np.minimum(np.round(np.abs(distance)).astype(int), len(table) - 1)]
    return found


def _excluded(neighbours: float, resources: float) -> float:
    """Resources that so many neighbours take: half of them apart, the others as it comes (mode 4: eq. 29)."""
    half = neighbours / 2.0
    k = np.arange(1, int(half) + 1)
    return float(half + np.maximum(1.0 - k / (resources - half), 0.0).sum()) if resources > half else resources


def mode4(road: Road, distance: Doubles, channels: int) -> Delivery:
    """LTE-V2X mode 4 with `channels` sub-channels; a vehicle keeps no resource when its counter ends."""
    resources = channels * 1000.0 / road.rate
    wanted = 0.2 * resources
    axis = np.arange(-FAR, FAR + 1, dtype=float)
    profile = sensed(road, axis)
    neighbours = road.density * profile.sum()
    common = _overlap(profile)
    excluded = _excluded(neighbours, resources)
    ratio = excluded / resources
    half_duplex = np.full(len(distance), road.rate / 1000.0)
    sensitivity = 1.0 - sensed(road, distance)
    level = road.power - road.loss(distance)
    propagation = _error(road, level, None)
    to_receiver = _interferers(road)
    hurt = np.empty((len(distance), len(to_receiver)))
    for d in range(len(distance)):
        error = _error(road, np.full(len(to_receiver), level[d]), road.power - road.loss(np.abs(to_receiver)))
        hurt[d] = (error - propagation[d]) / max(1.0 - propagation[d], 1e-12)
    to_sender = to_receiver[None, :] + distance[:, None]

    def collide(taken: float, sensing: float) -> Doubles:
        left = resources - taken
        shared = (common / common[0]) * (road.density * taken * common[0] / neighbours - taken**2 / resources)
        shared += taken**2 / resources
        candidates = (resources - 2.0 * taken + shared) * (wanted / left) ** 2
        unaware = 1.0 - (1.0 - 1.0 / road.rate) * sensed(road, to_sender, sensing)
        both = unaware * _at(candidates, to_sender) / wanted**2
        found: Doubles = 1.0 - np.prod(1.0 - np.clip(both * hurt, 0.0, 1.0), axis=1)
        return found

    # Step 3 (ranking by energy): in the last second every vehicle has held two resources; the threshold rises until
    # enough are left (eq. 32 and 33).
    threshold = road.sensing
    ranked = _excluded(2.0 * road.density * sensed(road, axis, threshold).sum(), resources)
    while resources - ranked < wanted:
        threshold += 0.1
        ranked = _excluded(2.0 * road.density * sensed(road, axis, threshold).sum(), resources)
    part = float(np.clip(2.0 * ratio - 0.4, 0.0, 1.0))  # eq. 22
    collision = np.zeros(len(distance))
    if part > 0.0:
        collision += part * collide(min(excluded, resources - wanted), road.sensing)
    if part < 1.0:
        collision += (1.0 - part) * collide(ranked, threshold)
    reached = 1.0 - half_duplex
    sensitivity = sensitivity * reached
    reached = reached - sensitivity
    propagation = propagation * reached
    reached = reached - propagation
    collision = collision * reached
    return Delivery(
        reached - collision, half_duplex, sensitivity, np.zeros(len(distance)), propagation, collision, ratio
    )


def dot11p(road: Road, distance: Doubles, duration: float, slot: float = 13e-6) -> Delivery:
    """802.11p with packets of `duration` s on the air."""
    axis = np.arange(-FAR, FAR + 1, dtype=float)
    profile = sensed(road, axis)
    load = road.density * road.rate * duration * profile.sum()  # eq. 34
    ratio = -0.2481 * load**2 + 0.913 * load + 0.003844  # eq. 35
    common = _overlap(profile)
    common = common / common[0]
    to_receiver = _interferers(road)
    hears = sensed(road, to_receiver)
    nearer = np.abs(to_receiver)[None, :] < distance[:, None]
    to_sender = to_receiver[None, :] + distance[:, None]
    aware = sensed(road, to_sender)
    free = 1.0 - ratio * _at(common, to_sender)
    together = slot * road.rate * aware / free  # eq. 22
    hidden = duration * road.rate * (1.0 - aware) / free  # eq. 18
    level = road.power - road.loss(distance)
    sensitivity = 1.0 - sensed(road, distance)
    propagation = _error(road, level, None)
    hurt = np.empty(to_sender.shape)
    for d in range(len(distance)):
        error = _error(road, np.full(len(to_receiver), level[d]), road.power - road.loss(np.abs(to_receiver)))
        hurt[d] = (error - propagation[d]) / max(1.0 - propagation[d], 1e-12)
    caught = np.where(nearer, together * hears, 0.0) + hidden * hears  # eq. 16 and 21
    struck = np.where(nearer, 0.0, hurt * together) + hurt * hidden * (2.0 - hears)  # eq. 28 and 32
    busy = 1.0 - np.prod(1.0 - np.clip(caught, 0.0, 1.0), axis=1)  # eq. 14
    collision = 1.0 - np.prod(1.0 - np.clip(struck, 0.0, 1.0), axis=1)  # eq. 26
    reached = 1.0 - sensitivity
    busy = busy * reached
    reached = reached - busy
    propagation = propagation * reached
    reached = reached - propagation
    collision = collision * reached
    none = np.zeros(len(distance))
    return Delivery(reached - collision, none, sensitivity, busy, propagation, collision, ratio)
