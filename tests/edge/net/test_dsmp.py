"""The Chinese set's headers: octets as other people's stacks write them, back again, and what is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.edge.net.packets import HERE, MAC, TIME
from wayside.edge.errors import DecodeError, EncodeError
from wayside.edge.messages import build_csae
from wayside.edge.net import dsmp
from wayside.edge.net.dissect import dissect
from wayside.edge.net.ethernet import Frame


def theirs(aid: int, payload: bytes, elements: dsmp.Elements) -> bytes:
    """What an open stack of a vendor's does, step by step: AIDs of two octets are offset by 0x7F80."""
    octets = bytes((4, 0x10 if elements else 0))
    if elements:
        octets += bytes((len(elements),))
        for number, content in elements:
            octets += bytes((number, len(content))) + content
    octets += bytes((aid,)) if aid <= 0x7F else (aid + 0x7F80).to_bytes(2, "big")
    return octets + len(payload).to_bytes(2, "big") + payload


octets = st.integers(0, 255)
elements = st.lists(st.tuples(octets, st.binary(max_size=5)), max_size=3).map(tuple)


@given(st.integers(0, 16511), st.binary(max_size=20), elements, st.binary(max_size=4))
def test_as_others_write_it(aid: int, payload: bytes, extension: dsmp.Elements, padding: bytes) -> None:
    message = dsmp.Dsm(aid, payload, extension)
    assert message.encode() == theirs(aid, payload, extension)
    assert dsmp.Dsm.decode(message.encode() + padding) == message


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        (b"\4\x10\2\x0f\1\x70", "DSMP extension element: ends after 0 octets: must have 2"),
        (b"\4\x10\1\x0f\3\x70\0", "DSMP extension element: ends after 2 octets: must have 3"),
        (b"\4\x10\1\x0f\0", "DSMP AID: ends after 0 octets"),
    ],
)
def test_an_extension_that_is_none(data: bytes, wrong: str) -> None:
    with pytest.raises(DecodeError, match=wrong):
        dsmp.Dsm.decode(data)


def test_what_an_extension_cannot_hold() -> None:
    with pytest.raises(EncodeError, match=r"DSMP extension element = 256: must be 0\.\.255"):
        dsmp.Dsm(111, b"", ((256, b""),)).encode()
    with pytest.raises(EncodeError, match=r"DSMP extension element's length = 256: must be 0\.\.255 octets"):
        dsmp.Dsm(111, b"", ((1, bytes(256)),)).encode()
    with pytest.raises(EncodeError, match=r"DSMP extension elements = 256: must be 0\.\.255"):
        dsmp.Dsm(111, b"", ((1, b""),) * 256).encode()


@pytest.mark.parametrize("aid", dsmp.SET)
def test_all_applications_of_the_set_are_known(aid: int) -> None:
    said = build_csae.bsm(7, HERE, TIME)
    packet = dsmp.Dsm(aid, said.encode(), ((15, b"\x70"),)).encode()
    found = dissect(Frame(MAC, packet, ethertype=dsmp.ETHERTYPE).encode())
    assert not found.problem
    assert found.json["message"] == "MESSAGE_FRAME"
    assert found.json["dsmp"] == {"aid": aid, "payload_in_octets": len(said.encode()), "extension": "15: 70"}
