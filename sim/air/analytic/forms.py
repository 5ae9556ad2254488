"""Two published closed forms for a straight road, where every vehicle sends alike: oracles, and the radios of a run
(`radio`).

Mode 4: Gonzalez-Martin, Sepulcre, Molina-Masegosa, Gozalvez 2019, "Analytical Models of the Performance of C-V2X Mode 4
Vehicular Communications". 802.11p: Sepulcre, Gonzalez-Martin, Gozalvez, Molina-Masegosa, Coll-Perales 2021, "Analytical
Models of the Performance of IEEE 802.11p Vehicle to Vehicle Communications". Numbers of equations are theirs. Both take
the error of one interferer at a time and independent shadowing of every link.

Beyond the papers: a link may be in one of several states with a probability each (line of sight, or a vehicle in
between), each of them lognormal; and the packet in question may be sent and received otherwise than those of the rest.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from wayside.ext.arrays import Doubles

Loss = Callable[[Doubles], Doubles]  # path loss in dB over distance in m
Link = Callable[[Doubles], tuple[Doubles, Doubles, Doubles]]  # states x distances: probability; dB: mean, deviation
Errors = Callable[[Doubles], Doubles]  # packet error over SINR in dB

FAR = 1500  # m: packets from beyond are not sensed
INTERFERERS = 1000.0  # m: those beyond are not counted
SLOT = 13e-6  # s, of 802.11p
_CELL = 0.25  # dB, of received power
_FAINT = 30.0  # dB below the noise: weaker interferers are taken to be as strong as that
_BESIDE = 5.0  # m, between the interferers whose harm is computed; others' lies on straight lines between
_COUNTER = 10.0  # packets that a counter of 5 to 15 lasts on average; above 10 Hz, as many as in a second
_TINY = 1e-300  # where nobody hears anybody
_MOST_LOAD = 0.913 / (2.0 * 0.2481)  # where eq. 35 turns down again


def lognormal(loss: Loss, deviation: float) -> Link:
    """A link as the papers have it, of one state; deviation in dB."""

    def link(distance: Doubles) -> tuple[Doubles, Doubles, Doubles]:
        one = np.ones((1, len(distance)))
        return one, loss(distance)[None, :], deviation * one

    return link


@dataclass(frozen=True)
class Signal:
    """What arrives of a sender."""

    power: float  # dBm, with the gains of both antennas
    link: Link

    def above(self, threshold: float, distance: Doubles) -> Doubles:
        """Probability that more than `threshold` [dBm] arrives (mode 4: eq. 11; 802.11p: eq. 13)."""
        from scipy.special import ndtr  # it takes long to import, and few runs need it

        share, loss, deviation = self.link(np.abs(distance))
        found: Doubles = (share * ndtr((self.power - loss - threshold) / deviation)).sum(0)
        return found

    def spread(self, edges: Doubles, distance: Doubles) -> Doubles:
        """Probability of each cell of power between `edges` [dBm], distances x cells."""
        from scipy.special import ndtr

        share, loss, deviation = self.link(distance)
        below = ndtr((edges - (self.power - loss)[..., None]) / deviation[..., None])
        found: Doubles = (share[..., None] * np.diff(below, axis=-1)).sum(0)
        return found


@dataclass(frozen=True)
class Road:
    """Vehicles at a constant density that all send alike."""

    density: float  # vehicles per m
    rate: float  # Hz
    among: Signal  # of one vehicle at another
    sensing: float  # dBm, below which nothing is sensed
    far: int = FAR  # m


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


class Reception:
    """What becomes of a packet alone, and beside one other, over `distance` [m]: all that does not depend on how many
    others there are. wanted: the packet at its receiver; others: what the rest send, there; sender: what the rest hear
    of the packet's sender. noise, sensing: dBm. Interferers within `reach` m of the receiver count.
    """

    def __init__(
        self,
        wanted: Signal,
        others: Signal,
        sender: Signal,
        errors: Errors,
        noise: float,
        sensing: float,
        distance: Doubles,
        reach: float = INTERFERERS,
    ) -> None:
        self.distance, self.sensing, self.reach = distance, sensing, reach
        self.others, self.sender = others, sender
        self.sensitivity = 1.0 - wanted.above(sensing, distance)
        top = 10.0 * np.ceil(max(wanted.power, others.power) / 10.0) - 20.0
        edges, levels = _cells(sensing, top)
        # Given that it is above the sensing threshold; where it never is, it lies just above.
        level = wanted.spread(edges, distance)
        total = level.sum(1, keepdims=True)
        level = np.where(total > 1e-12, level / np.maximum(total, 1e-12), np.eye(1, len(levels)))
        alone = level @ errors(levels - noise)  # mode 4: eq. 13; 802.11p: eq. 24
        beside = level @ _beside(errors, noise, sensing, top) @ _interference(others, noise, top, reach)
        self.propagation: Doubles = alone
        self._hurt = (beside - alone[:, None]) / np.maximum(1.0 - alone[:, None], 1e-12)  # eq. 17; eq. 30

    def hurt(self, at: Doubles) -> Doubles:
        """Probability that an interferer, sending at the same time at these places around the receiver [m], destroys a
        packet that would have arrived without: distances x places.
        """
        place, rest = np.divmod(np.abs(at) / _BESIDE, 1.0)
        left = place.astype(np.intp)
        found: Doubles = self._hurt[:, left] * (1.0 - rest) + self._hurt[:, left + 1] * rest
        return found


def _cells(least: float, top: float) -> tuple[Doubles, Doubles]:
    """Cells of power from `least` on: their edges, the last one open, and their middles [dBm]."""
    edges = np.arange(least, top + _CELL, _CELL)
    return np.append(edges, np.inf), edges + _CELL / 2.0


@lru_cache(32)
def _beside(errors: Errors, noise: float, sensing: float, top: float) -> Doubles:
    """Packet error by the packet's power and one interferer's."""
    interferer = _cells(noise - _FAINT, top)[1]
    disturbed = 10.0 * np.log10(10.0 ** (noise / 10.0) + 10.0 ** (interferer / 10.0))
    return errors(_cells(sensing, top)[1][:, None] - disturbed[None, :])


@lru_cache(32)
def _interference(others: Signal, noise: float, top: float, reach: float) -> Doubles:
    """Probability of each cell of an interferer's power by its distance, cells x steps."""
    edges = _cells(noise - _FAINT, top)[0]
    edges[0] = -np.inf
    return others.spread(edges, np.arange(0.0, reach + 2.0 * _BESIDE, _BESIDE)).T.copy()


@lru_cache(1024)
def _heard(signal: Signal, threshold: float, far: int) -> Doubles:
    """Probability that more than the threshold [dBm] arrives, over 0, 1 ... m."""
    return signal.above(threshold, np.arange(far + 1.0))


@lru_cache(32)
def _common(signal: Signal, threshold: float, far: int) -> Doubles:
    """How much two stations sense in common, 0, 1 ... m apart: the autocorrelation of `_heard`, as a share of that of
    one with itself.
    """
    half = _heard(signal, threshold, far)
    whole = np.concatenate((half[:0:-1], half))
    overlap = np.correlate(whole, whole, "full")[len(whole) - 1 :]
    return overlap / max(overlap[0], _TINY)


@lru_cache(4096)
def span(signal: Signal, threshold: float, far: int) -> float:
    """Over how many metres of road one is heard."""
    half = _heard(signal, threshold, far)
    return float(2.0 * half.sum() - half[0])


def _at(table: Doubles, distance: Doubles) -> Doubles:
    found: Doubles = table[np.minimum(np.round(np.abs(distance)).astype(int), len(table) - 1)]
    return found


def _interferers(density: float, reach: float) -> Doubles:
    """Places of the others relative to the receiver [m]."""
    many = int(reach * density + 1e-9)
    return np.concatenate([np.arange(-many, 0), np.arange(1, many + 1)]) / density


def _excluded(neighbours: Doubles, resources: Doubles) -> Doubles:
    """Resources that so many neighbours take: half of them apart, the others as it comes (mode 4: eq. 29)."""
    half = neighbours / 2.0
    left = np.maximum(resources - half, 1e-9)
    many = np.floor(np.minimum(half, left))  # of the second half, as long as anything is left
    return np.where(resources > half, half + many - many * (many + 1.0) / (2.0 * left), resources)


def mode4_busy(neighbours: Doubles, rate: Doubles, channels: Doubles) -> Doubles:
    """Channel busy ratio where so many vehicles are sensed: the resources that they take, of all."""
    resources = channels * 1000.0 / rate
    return _excluded(neighbours, resources) / resources


def mode4(road: Road, reception: Reception, channels: float) -> Delivery:
    """LTE-V2X mode 4 with `channels` sub-channels, each packet in one; a vehicle keeps no resource when its counter
    ends. Below 10 Hz a counter lasts as many packets as at 10 Hz, so longer than the papers' second.
    """
    distance = reception.distance
    resources = channels * 1000.0 / road.rate
    wanted = 0.2 * resources
    common = _common(road.among, road.sensing, road.far)
    length = span(road.among, road.sensing, road.far)
    heard = _heard(road.among, road.sensing, road.far)
    itself = float(2.0 * (heard**2).sum() - heard[0] ** 2) / max(length, _TINY)
    neighbours = road.density * length
    excluded = float(_excluded(*np.array((neighbours, resources))))
    ratio = excluded / resources
    to_receiver = _interferers(road.density, reception.reach)
    to_sender = to_receiver[None, :] + distance[:, None]
    hurt = reception.hurt(to_receiver)

    def collide(taken: float, sensing: float) -> Doubles:
        left = resources - taken
        shared = common * (taken * itself - taken**2 / resources)
        shared += taken**2 / resources
        candidates = (resources - 2.0 * taken + shared) * (wanted / left) ** 2
        aware = _at(_heard(reception.sender, sensing, road.far), to_sender)
        unaware = 1.0 - (1.0 - 1.0 / max(road.rate, _COUNTER)) * aware
        both = unaware * _at(candidates, to_sender) / wanted**2
        found: Doubles = 1.0 - np.prod(1.0 - np.clip(both * hurt, 0.0, 1.0), axis=1)
        return found

    def ranked(steps: int) -> float:
        """Step 3 (ranking by energy): in the last second every vehicle has held two resources."""
        held = 2.0 * road.density * span(road.among, road.sensing + 0.1 * steps, road.far)
        return float(_excluded(*np.array((held, resources))))

    part = float(np.clip(2.0 * ratio - 0.4, 0.0, 1.0))  # eq. 22
    collision = np.zeros(len(distance))
    if part > 0.0:
        collision += part * collide(min(excluded, resources - wanted), road.sensing)
    if part < 1.0:
        # The threshold rises until enough are left (eq. 32 and 33).
        steps = bisect_left(range(3000), True, key=lambda steps: resources - ranked(steps) >= wanted)
        collision += (1.0 - part) * collide(ranked(steps), road.sensing + 0.1 * steps)
    half_duplex = np.full(len(distance), min(road.rate / 1000.0, 1.0))
    busy = np.zeros(len(distance))
    return _in_turn(half_duplex, reception.sensitivity, busy, reception.propagation, collision, ratio)


def dot11p_busy(neighbours: Doubles, rate: Doubles, duration: Doubles) -> Doubles:
    """Channel busy ratio where so many vehicles are sensed, with packets of `duration` s on the air.

    Never above the load (eq. 35 is, by up to 0.004, on a channel that is hardly used), nor falling again where the load
    is far beyond what the channel holds.
    """
    load = neighbours * rate * duration  # eq. 34
    capped = np.minimum(load, _MOST_LOAD)
    return np.minimum(load, -0.2481 * capped**2 + 0.913 * capped + 0.003844)  # eq. 35


def dot11p(road: Road, reception: Reception, duration: float) -> Delivery:
    """802.11p with packets of `duration` s on the air."""
    distance = reception.distance
    neighbours = road.density * span(road.among, road.sensing, road.far)
    ratio = float(dot11p_busy(*np.array((neighbours, road.rate, duration))))
    common = _common(road.among, road.sensing, road.far)
    to_receiver = _interferers(road.density, reception.reach)
    hears = reception.others.above(reception.sensing, to_receiver)
    nearer = np.abs(to_receiver)[None, :] < distance[:, None]
    to_sender = to_receiver[None, :] + distance[:, None]
    aware = _at(_heard(reception.sender, road.sensing, road.far), to_sender)
    free = 1.0 - ratio * _at(common, to_sender)
    together = SLOT * road.rate * aware / free  # eq. 22
    hidden = duration * road.rate * (1.0 - aware) / free  # eq. 18
    hurt = reception.hurt(to_receiver)
    caught = np.where(nearer, together * hears, 0.0) + hidden * hears  # eq. 16 and 21
    struck = np.where(nearer, 0.0, hurt * together) + hurt * hidden * (2.0 - hears)  # eq. 28 and 32
    busy = 1.0 - np.prod(1.0 - np.clip(caught, 0.0, 1.0), axis=1)  # eq. 14
    collision = 1.0 - np.prod(1.0 - np.clip(struck, 0.0, 1.0), axis=1)  # eq. 26
    none = np.zeros(len(distance))
    return _in_turn(none, reception.sensitivity, busy, reception.propagation, collision, ratio)


def _in_turn(
    half_duplex: Doubles, sensitivity: Doubles, busy: Doubles, propagation: Doubles, collision: Doubles, ratio: float
) -> Delivery:
    """Each kind of loss takes from what those before it have left."""
    reached = np.ones(len(sensitivity))
    lost = []
    for kind in (half_duplex, sensitivity, busy, propagation, collision):
        lost.append(kind * reached)
        reached = reached - lost[-1]
    return Delivery(reached, lost[0], lost[1], lost[2], lost[3], lost[4], ratio)
