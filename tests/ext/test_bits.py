"""Strings of bits end to end, against texts of zeros and ones."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayside.ext import bits

texts = st.lists(st.tuples(st.text("01", max_size=40), st.text("01", max_size=40)), max_size=6)


def packed(rows: list[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """As octets, with ones behind the last bit, which must not matter."""
    octets = [
        int(row.ljust(-(-len(row) // 8) * 8, "1"), 2).to_bytes(-(-len(row) // 8), "big") if row else b"" for row in rows
    ]
    offsets = np.cumsum([0, *map(len, octets)]).astype(np.int64)
    return np.frombuffer(b"".join(octets), np.uint8).copy(), offsets, np.array([len(row) for row in rows], np.int64)


@given(texts)
def test_bits_stand_behind_bits(rows: list[tuple[str, str]]) -> None:
    buffer, offsets, counts = bits.append(*packed([a for a, _ in rows]), *packed([b for _, b in rows]))
    for k, (a, b) in enumerate(rows):
        octets = buffer[offsets[k] : offsets[k + 1]].tobytes()
        whole = "".join(f"{octet:08b}" for octet in octets)
        assert whole == (a + b).ljust(len(whole), "0")
        assert counts[k] == len(a + b)
        assert len(octets) == -(-len(a + b) // 8)


def test_more_bits_than_octets_are_refused() -> None:
    octets, offsets, counts = packed(["101"])
    with pytest.raises(ValueError, match="row 0: more bits"):
        bits.append(octets, offsets, counts + 8, octets, offsets, counts)
    with pytest.raises(ValueError, match="different lengths"):
        bits.append(octets, offsets, counts, octets, offsets, counts[:0])
