"""Stations of 802.11p in reach of each other that always have a packet to send: what Bianchi 2000 has for them.

Broadcasts never double their window, so of n stations with W slots each sends in a slot with probability 2 / (W + 1)
("Performance analysis of the IEEE 802.11 distributed coordination function", section IV, no back-off stages), and a
packet begins together with another one with 1 - (1 - 2 / (W + 1))^(n - 1). Two that begin together never hear each
other: with two stations that is all that is lost, so half duplex shows here as it does on no road.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from wayside.ext.csma import Csma
from wayside.sim.air.channel import Channel

WINDOW = 16  # slots of AC_BE
PACKETS = 4000  # of each station
DURATION = 300_000  # ns
APART = 1000  # ns between two starts in one slot at most: stations count slots by when they hear a frame end
FOREVER = 10**15  # ns
HALF_DUPLEX = 1  # column of `Csma.tally`


class Shares(NamedTuple):
    """Of all packets while all have some left."""

    together: float  # began in one slot with another
    deaf: float  # of packets x receivers: lost because the receiver was sending


def bianchi(stations: int, window: int = WINDOW) -> float:
    """Probability that a packet begins together with another."""
    return 1.0 - (1.0 - 2.0 / (window + 1)) ** (stations - 1)


def simulate(stations: int, seed: int = 1, window: int = WINDOW, plant: Collection[str] = ()) -> Shares:
    """Send all packets of stations 10 m apart."""
    n = stations
    links = Channel(model="free-space", shadowing=0.0, range_m=500.0).links(seed)
    ones, zeros = np.ones(n, np.uint8), np.zeros(n, np.uint8)
    x = np.linspace(0.0, 10.0 * (n - 1), n)
    ids, mw = np.arange(1, n + 1, dtype=np.uint64), np.full(n, 200.0, np.float32)
    links.update(x, np.zeros(n), ones, ids, zeros, mw, np.ones(n, np.float32))
    access = Csma(
        errors=[([0.0, 1e-9], [1.0, 0.0])],
        noise=-95.0,
        window=(window - 1,) * 4,
        aifsn=(6,) * 4,
        depth=PACKETS,
        seed=seed,
        plant=plant,
    )
    access.attach(links, zeros, ones)
    sender = np.repeat(np.arange(n, dtype=np.int32), PACKETS)
    none, now = np.zeros(len(sender), np.int32), np.zeros(len(sender), np.int64)
    until, lasting = np.full(len(sender), FOREVER), np.full(len(sender), DURATION)
    access.submit(sender, none + 2, none, now, until, lasting, np.arange(len(sender)))
    _, (tags, sent, _, _) = access.advance(FOREVER)
    end = min(sent[sender[tags] == k].max() for k in range(n))
    begun = np.sort(sent[sent <= end])
    many = np.diff(np.flatnonzero(np.diff(begun, prepend=-FOREVER, append=FOREVER) > APART))
    fates = access.tally().sum(axis=0)
    return Shares(float(many[many > 1].sum() / many.sum()), float(fates[HALF_DUPLEX] / fates.sum()))
