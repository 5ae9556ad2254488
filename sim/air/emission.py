"""What a sidelink transmitter leaks into the sub-channels of its slot that it was not given: in-band emission."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from wayside.ext.arrays import Doubles


class Margins(NamedTuple):
    """How far a transmitter stays below the limits, dB: general part's slope and floor, IQ image, carrier leakage."""

    slope: float = 0.0
    floor: float = 0.0
    image: float = 0.0
    carrier: float = 0.0


LTE = Margins(3.0, 6.0, 3.0, 3.0)  # {W, X, Y, Z} of TR 36.885, annex A.2.1.5 (as TR 36.843 has them)
NR = Margins()  # the limits themselves, as WiLabV2Xsim has it
IMAGE = CARRIER = -25.0  # dB, TS 36.101, table 6.5.2A.3.1-1; TS 38.101-1, table 6.4.2.3-1, has as much at low power


def evm(bits: int) -> float:
    """The error vector magnitude allowed with so many bits a symbol (TS 36.101, table 6.5.2.1.1-1; TS 38.101-1)."""
    return {2: 0.175, 4: 0.125, 6: 0.08}[bits]


def leakage(channels: int, subchannel: int, carrier: int, error: float, margins: Margins) -> Doubles:
    """Power in a sub-channel as a share of that in each one given: by how many are given, less one, the first of them,
    and the sub-channel. 1 within; 0 where a packet does not fit.

    `subchannel`, `carrier`: resource blocks, sub-channels from the first one on. error: EVM, 0..1. In each resource
    block, by its distance D from the L given ones of N (TS 36.101, clause 6.5.2A.3; TS 38.101-1, clause 6.4.2.3), the
    sum of max(-25 - 10 log10(N/L), 20 log10(EVM) - 3 - 5 (D - 1)/L), of the image and of the carrier, less the margins.
    The absolute limit of -57 dBm in 180 kHz is far below at powers of vehicles and left out.
    """
    blocks = np.arange(channels * subchannel)
    middle = {(carrier - 1) // 2, carrier // 2}
    found = np.zeros((channels, channels, channels))
    for width in range(1, channels + 1):
        given = width * subchannel
        floor = -25.0 - 10.0 * math.log10(carrier / given) - margins.floor
        for first in range(channels - width + 1):
            begin, end = first * subchannel, (first + width) * subchannel - 1
            away = np.maximum(begin - blocks, blocks - end)
            near = 20.0 * math.log10(error) - 3.0 - 5.0 * (away - 1) / given - margins.slope
            share = 10.0 ** (np.maximum(floor, near) / 10.0)
            mirrored = carrier - 1 - blocks
            share += ((mirrored >= begin) & (mirrored <= end)) * 10.0 ** ((IMAGE - margins.image) / 10.0)
            share += np.isin(blocks, list(middle)) * 10.0 ** ((CARRIER - margins.carrier) / 10.0)
            share[away <= 0] = 1.0
            found[width - 1, first] = share.reshape(channels, subchannel).mean(axis=1)
    return found
