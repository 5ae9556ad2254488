"""Transport block sizes against entries of the standards' tables."""

import pytest

from wayside.sim.air import transport


@pytest.mark.parametrize(
    ("index", "blocks", "bits"),
    [  # TS 36.213, table 7.1.7.2.1-1: corners, and entries that are quoted often
        (0, 10, 256),
        (0, 48, 1320),
        (5, 10, 872),
        (7, 10, 1224),
        (9, 10, 1544),
        (7, 20, 2472),
        (6, 2, 176),
        (10, 12, 2088),
        (13, 45, 11448),
        (16, 25, 7992),
        (26, 2, 1480),
        (26, 48, 35160),
    ],
)
def test_lte_by_table(index: int, blocks: int, bits: int) -> None:
    # MCS 11 and 21 have the TBS index of the one before them, with a higher modulation (table 8.6.1-1).
    mcs = index + (index > 10) + (index > 19)
    assert 8 * transport.lte_block(mcs, 1, blocks + 2) == bits


def test_lte_modulation_steps() -> None:
    assert transport.lte_block(10, 1, 12) == transport.lte_block(11, 1, 12)
    assert transport.lte_block(20, 1, 12) == transport.lte_block(21, 1, 12)


def test_lte_takes_what_sc_fdma_can_send() -> None:
    # 2 x 12 - 2 = 22 has a factor 11: 20 blocks are sent. 4 x 12 - 2 = 46 = 2 x 23: 45.
    assert transport.lte_block(7, 2, 12) == transport.lte_block(7, 1, 22) == 2472 // 8
    assert transport.lte_block(7, 4, 12) == 5544 // 8


def test_lte_grows() -> None:
    for subchannel in transport.LTE_SUBCHANNELS:
        for mcs in range(29):
            sizes = [transport.lte_block(mcs, width, subchannel) for width in range(1, 50 // subchannel + 1)]
            assert sizes == sorted(sizes)


@pytest.mark.parametrize(
    ("bits", "rate", "size"),
    [
        (24.0, 0.3, 24),
        (25.0, 0.3, 24),
        (192.0, 0.3, 192),
        (207.9, 0.3, 208),
        (3824.0, 0.5, 3824),
        (3825.0, 0.5, 3840),  # beyond the table
        (8000.0, 0.5, 7936),  # 62 steps of 128
        (20000.0, 0.7, 19968),  # 39 steps of 512, 3 code blocks
        (10000.0, 0.2, 9984),
    ],
)
def test_nr_quantisation(bits: float, rate: float, size: int) -> None:
    """TS 38.214, clause 5.1.3.2, steps 3 and 4 by hand."""
    assert transport.nr_size(bits, rate) == size


def test_nr_grows_with_blocks_and_mcs() -> None:
    for mcs in range(29):
        sizes = [transport.nr_block(mcs, blocks) for blocks in range(1, 53)]
        assert sizes == sorted(sizes)
        assert mcs in (10, 17) or sizes[20] >= transport.nr_block(max(mcs - 1, 0), 21)
    # 12 blocks at MCS 7 (QPSK, 526/1024): (144 - 18) x 12 - 360 - 115 = 1037 elements, 1065.4 bits.
    assert transport.nr_block(7, 12) == 1064 // 8
