"""How many octets a sidelink transport block holds: LTE-V2X by table, NR-V2X by formula; how wide a block is."""

from __future__ import annotations

import math
from bisect import bisect_right

SUBCARRIERS = 12  # of a resource block: TS 36.211, clause 5.2.3; TS 38.211, clause 4.4.4.1

# Sizes of sub-channels that a resource pool can have, in resource blocks (TS 36.331, SL-CommResourcePoolV2X).
LTE_SUBCHANNELS = (4, 5, 6, 8, 9, 10, 12, 15, 16, 18, 20, 25, 30, 48, 50)
_CONTROL = 2  # resource blocks of PSCCH beside the data (TS 36.213, clause 14.1.1.4C)

# TS 36.213, table 7.1.7.2.1-1, in octets: a row per TBS index, a column per number of resource blocks. The numbers left
# out have other prime factors than 2, 3 and 5 and cannot be sent with SC-FDMA (TS 36.211, clause 5.3.3).
_BLOCKS = (2, 3, 4, 5, 6, 8, 9, 10, 12, 15, 16, 18, 20, 24, 25, 27, 30, 32, 36, 40, 45, 48)
_OCTETS = [
    [int(octets) for octets in row.split()]
    for row in """4 7 11 15 19 26 28 32 41 49 53 61 67 81 85 93 101 109 125 137 157 165
7 11 18 22 26 32 41 43 53 65 71 79 89 109 113 121 133 145 161 177 201 217
9 18 22 26 32 41 47 53 65 81 87 97 109 133 137 149 165 177 201 225 253 269
13 22 26 32 41 55 63 71 85 109 113 129 145 173 177 193 217 233 261 293 325 349
15 26 32 41 51 69 79 87 105 133 141 161 177 217 225 241 269 285 325 357 405 437
18 28 41 53 63 85 97 109 129 165 173 193 217 261 277 293 333 349 389 437 501 533
22 32 49 63 75 101 117 129 153 193 209 233 261 309 325 349 389 421 469 517 597 621
28 41 59 73 89 121 137 153 185 225 241 277 309 373 389 421 453 485 549 621 693 749
32 49 67 85 101 137 157 173 209 261 277 317 349 421 437 469 533 573 621 693 775 839
37 57 77 97 117 157 177 193 233 293 317 357 389 469 501 533 597 645 717 775 871 935
41 63 85 109 129 173 193 217 261 333 349 389 437 533 549 597 669 717 775 871 999 1063
47 73 97 125 149 201 225 253 301 373 405 453 501 597 621 693 749 807 903 999 1143 1191
55 85 113 141 169 225 253 285 341 421 453 517 573 693 717 775 839 903 1031 1143 1287 1383
61 93 125 157 193 253 285 317 389 485 517 573 645 775 807 871 967 1031 1143 1287 1431 1527
69 105 141 177 217 285 325 357 437 533 573 645 717 871 903 967 1063 1143 1287 1431 1620 1692
75 113 153 193 225 309 341 389 453 573 621 693 775 903 967 1031 1143 1239 1383 1527 1692 1836
79 121 161 201 241 325 373 405 485 621 645 749 807 967 999 1095 1239 1287 1479 1620 1836 1980
87 133 177 225 269 357 405 453 549 669 717 807 903 1095 1143 1239 1335 1431 1620 1836 2052 2196
97 145 193 249 293 389 453 501 597 749 775 903 999 1191 1239 1335 1479 1572 1764 1980 2196 2385
105 161 217 269 325 437 485 533 645 807 871 967 1063 1287 1335 1431 1620 1692 1908 2124 2385 2577
113 173 233 293 349 469 517 573 693 871 935 1031 1143 1383 1431 1572 1764 1836 2124 2292 2577 2769
125 185 249 309 373 501 573 621 749 935 999 1143 1239 1527 1572 1692 1908 1980 2292 2481 2865 3062
133 201 269 333 405 533 597 669 807 999 1063 1191 1335 1620 1692 1836 2052 2124 2385 2673 3062 3182
141 217 285 357 437 573 645 717 871 1063 1143 1287 1431 1692 1764 1908 2124 2292 2577 2865 3182 3422
149 225 301 373 453 621 693 749 903 1143 1239 1383 1527 1836 1908 2052 2292 2481 2769 3062 3422 3662
157 233 317 389 469 645 717 775 935 1191 1287 1431 1572 1908 1980 2124 2385 2577 2865 3182 3542 3822
185 277 373 469 549 749 839 935 1095 1383 1479 1692 1836 2196 2292 2481 2769 2961 3302 3662 4107 4395""".splitlines()
]

# TS 38.214, table 5.1.3.1-1: bits per symbol and code rate x 1024 by MCS.
_NR_MCS = (
    *((2, rate) for rate in (120, 157, 193, 251, 308, 379, 449, 526, 602, 679)),
    *((4, rate) for rate in (340, 378, 434, 490, 553, 616, 658)),
    *((6, rate) for rate in (438, 466, 517, 567, 616, 666, 719, 772, 822, 873, 910, 948)),
)
# TS 38.214, table 5.1.3.2-1, bits: in steps of 8, then of 16 and so on.
_NR_SMALL = (
    *range(24, 193, 8),
    *range(208, 385, 16),
    *range(408, 577, 24),
    *range(608, 769, 32),
    *range(808, 929, 40),
    *(984, 1032, 1064, 1128, 1160, 1192, 1224, 1256, 1288, 1320, 1352, 1416, 1480, 1544, 1608, 1672, 1736, 1800, 1864),
    *(1928, 2024, 2088, 2152, 2216, 2280, 2408, 2472, 2536, 2600, 2664, 2728, 2792, 2856, 2976, 3104, 3240, 3368),
    *(3496, 3624, 3752, 3824),
)

# A slot of NR sidelink as wayside has it. 14 symbols, of which the first (gain control) and the last (gap) carry no
# data; demodulation reference signals as {2, 3, 4} symbols (TS 38.214, table 8.1.3.2-1); PSCCH of 3 symbols and 10
# resource blocks; no feedback channel.
_SYMBOLS, _REFERENCE, _CONTROL_SYMBOLS, _CONTROL_BLOCKS = 12, 18, 3, 10
_SCI2_BITS, _SCI2_OFFSET = 35 + 24, 2.0  # SCI format 2-A and its CRC (TS 38.212, clauses 8.4.1.1, 8.4.2); beta


def noise_share(blocks: int, spacing: int = 15) -> float:
    """White noise in so many resource blocks beside that in 10 MHz [dB]; spacing of sub-carriers in kHz."""
    return 10.0 * math.log10(blocks * SUBCARRIERS * spacing / 10_000.0)


def lte_block(mcs: int, width: int, subchannel: int) -> int:
    """Octets in `width` sub-channels of `subchannel` resource blocks each, one code word.

    MCS by TS 36.213, table 8.6.1-1, size by table 7.1.7.2.1-1, over the largest number of resource blocks that can be
    sent beside the control channel.
    """
    index = mcs if mcs <= 10 else mcs - 1 if mcs <= 20 else mcs - 2
    return _OCTETS[index][bisect_right(_BLOCKS, width * subchannel - _CONTROL) - 1]


def lte_bits(mcs: int) -> int:
    """Per symbol: TS 36.213, table 8.6.1-1."""
    return 2 if mcs <= 10 else 4 if mcs <= 20 else 6


def nr_bits(mcs: int) -> int:
    """Per symbol: TS 38.214, table 5.1.3.1-1."""
    return _NR_MCS[mcs][0]


def nr_block(mcs: int, blocks: int) -> int:
    """Octets in one slot and `blocks` resource blocks, one layer (TS 38.214, clauses 8.1.3.2 and 5.1.3.2)."""
    order, rate = _NR_MCS[mcs][0], _NR_MCS[mcs][1] / 1024.0
    control = 12 * _CONTROL_SYMBOLS * min(_CONTROL_BLOCKS, blocks)
    second_stage = math.ceil(_SCI2_BITS * _SCI2_OFFSET / (2.0 * rate))  # TS 38.212, clause 8.4.4, at QPSK
    elements = (12 * _SYMBOLS - _REFERENCE) * blocks - control - second_stage
    return nr_size(elements * rate * order, rate) // 8 if elements > 0 else 0


def nr_size(bits: float, rate: float) -> int:
    """The transport block size [bits] for so many unquantized bits at a code rate: TS 38.214, clause 5.1.3.2."""
    if bits <= 3824.0:
        step = 2 ** max(3, math.floor(math.log2(max(bits, 1.0))) - 6)
        wanted = max(24, step * math.floor(bits / step))
        return next(size for size in _NR_SMALL if size >= wanted)
    step = 2 ** (math.floor(math.log2(bits - 24.0)) - 5)
    wanted = max(3840, step * math.floor((bits - 24.0) / step + 0.5))
    most = 3816 if rate <= 0.25 else 8424
    parts = math.ceil((wanted + 24) / most) if rate <= 0.25 or wanted > most else 1
    return 8 * parts * math.ceil((wanted + 24) / (8 * parts)) - 24
