"""Stations, links and packets for the tests of the access kernels."""

import numpy as np
from numpy.typing import ArrayLike

from wayside.ext.arrays import Floats
from wayside.ext.csma import Csma
from wayside.ext.links import Links
from wayside.ext.sps import Sps

CLEAN = ([0.0, 1e-9], [1.0, 0.0])  # received from 0 dB on
SOFT = ([0.0, 20.0], [1.0, 0.0])


def links(range_m: float = 1000.0, deviation: float = 0.0, seed: int = 1, **more: object) -> Links:
    """Loss of 40 dB and 20 dB per decade of distance."""
    d = np.maximum(np.arange(0.0, range_m + 2.0), 3.0)
    loss = (40.0 + 20.0 * np.log10(d))[None, None]
    return Links(range_m=range_m, loss=loss, deviation=np.full_like(loss, deviation), seed=seed, **more)  # type: ignore[arg-type]


def place(
    air: Links,
    x: ArrayLike,
    y: ArrayLike,
    ids: ArrayLike | None = None,
    mw: float = 200.0,
    on: ArrayLike | None = None,
) -> None:
    """Move everybody; ids count from 1."""
    px, py = np.array(x, np.float64), np.array(y, np.float64)
    n = len(px)
    names = np.arange(1, n + 1, dtype=np.uint64) if ids is None else np.array(ids, np.uint64)
    here = np.ones(n, np.uint8) if on is None else np.array(on, np.uint8)
    air.update(px, py, here, names, np.zeros(n, np.uint8), np.full(n, mw, np.float32), np.ones(n, np.float32))


def matrix(air: Links, n: int, threads: int = 1) -> Floats:
    """MW from row to column."""
    start, other, power = air.table(threads)
    full = np.zeros((n, n), np.float32)
    for i in range(n):
        full[i, other[start[i] : start[i + 1]]] = power[start[i] : start[i + 1]]
    return full


def csma_send(
    access: Csma, station: ArrayLike, arrival: ArrayLike, duration: int = 500_000, queue: int = 2, life: int = 10**9
) -> None:
    """Packets tagged by their number."""
    who, at = np.array(station, np.int32), np.array(arrival, np.int64)
    none = np.zeros(len(who), np.int32)
    access.submit(who, none + queue, none, at, at + life, np.full(len(who), duration, np.int64), np.arange(len(who)))


def sps_send(access: Sps, station: ArrayLike, arrival: ArrayLike, once: bool = False, life: int = 10**9) -> None:
    """Packets tagged by their number."""
    who, at = np.array(station, np.int32), np.array(arrival, np.int64)
    n = len(who)
    access.submit(who, np.zeros(n, np.int32), at, at + life, np.full(n, once, np.uint8), np.arange(n))


def attach(access: Csma | Sps, air: Links, n: int) -> None:
    """Tell and count all."""
    access.attach(air, np.ones(n, np.uint8), np.ones(n, np.uint8))
