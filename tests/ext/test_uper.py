"""The UPER engine type by type: asn1tools on the same types, the standard's own rules by hand, and what it refuses."""

from __future__ import annotations

from random import Random
from typing import Any

import asn1tools
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.edge.messages.oracles import pycrate_encode, pycrate_module, to_asn1tools
from tests.edge.messages.values import random_value
from wayside.edge.errors import DecodeError, EncodeError
from wayside.edge.messages import asn1
from wayside.edge.messages.program import Message, compiled
from wayside.edge.messages.schema import (
    MAX,
    BitString,
    Boolean,
    Choice,
    Default,
    Enumerated,
    IA5String,
    Integer,
    Later,
    Null,
    NumericString,
    OctetString,
    OpenType,
    Optional,
    Sequence,
    SequenceOf,
    Type,
    UTF8String,
    VisibleString,
    with_defaults,
)
from wayside.ext import uper

POINT = Sequence(x=Integer(-512, 511), y=Optional(Integer(0, 255)))
TYPES: dict[str, Type] = {
    "boolean": Boolean(),
    "null": Sequence(a=Null(), b=Boolean()),
    "constrained": Integer(-5, 250),
    "single": Sequence(a=Integer(7, 7), b=Integer(0, 1)),
    "wide": Integer(-(2**40), 2**40),
    "whole64": Integer(-(2**63), 2**63 - 1),
    "semi-constrained": Integer(-1000),
    "unconstrained": Integer(),
    "extensible": Integer(1, 8, extensible=True),
    "enumerated": Enumerated("a b c"),
    "sparse": Enumerated("a=3 b=17 c=200"),
    "one-item": Sequence(a=Enumerated("only"), b=Boolean()),
    "growing-enumerated": Enumerated("a b c", "d e"),
    "many-items": Enumerated("first", " ".join(f"item{k}" for k in range(90))),
    "bits": BitString(13),
    "bits-ranged": BitString(3, 70),
    "bits-any": BitString(),
    "octets": OctetString(3),
    "octets-ranged": OctetString(0, 300),
    "octets-any": OctetString(),
    "octets-growing": OctetString(1, 2, extensible=True),
    "ia5": IA5String(0, 30),
    "ia5-growing": IA5String(1, 4, extensible=True),
    "visible": VisibleString(1, 9),
    "numeric": NumericString(1, 20),
    "utf8": UTF8String(0, 12),
    "list": SequenceOf(POINT, 0, 9),
    "list-fixed": SequenceOf(Boolean(), 5),
    "list-any": SequenceOf(Integer(0, 9)),
    "list-growing": SequenceOf(Integer(0, 9), 1, 3, extensible=True),
    "sequence": Sequence(a=Boolean(), b=Optional(POINT), c=Default(Integer(0, 600), 60)),
    "growing": Sequence(a=Boolean()).extensible(),
    "grown": Sequence(a=Boolean()).extensible(b=Optional(POINT), c=Optional(Null())).group(
        d=Integer(0, 3), e=Optional(POINT)
    ),
    "much-grown": Sequence(a=Boolean()).extensible(**{f"b{k}": Optional(Integer(0, 9)) for k in range(70)}),
    "choice": Choice(a=Boolean(), b=POINT, c=Null()),
    "one-alternative": Sequence(a=Choice(b=Integer(0, 3)), c=Boolean()),
    "growing-choice": Choice(a=Boolean(), b=POINT).extensible(c=Integer(0, 1000), d=SequenceOf(POINT, 0, 3)),
    "nested": SequenceOf(Choice(a=SequenceOf(POINT, 1, 4), b=Sequence(a=Optional(OctetString(1, 4)))), 1, 8),
}  # fmt: skip
TEXT = asn1.text("Types", {f"T-{name}": type for name, type in TYPES.items()})
THEIRS = asn1tools.compile_string(TEXT, "uper")


def of(type: Type) -> Message:
    """A type as a message."""
    return Message("T", type, "")


PYCRATES = pycrate_module([TEXT]).Types
# Where an oracle is wrong, and by which clause; the other one agrees with us in each case.
ASN1TOOLS_ERRS = {
    "semi-constrained": "forgets the lower bound: X.691 11.7 and 13.2.3",
    "ia5-growing": "forgets the length beyond the root: X.691 30.5.7",
    "grown": "an open type with a NULL has no octet: X.691 11.1.3 and 11.2.1",
}
PYCRATE_ERRS = {"much-grown": "more than 64 additions are counted as a number, not as a length: X.691 11.9.3.4"}


@pytest.mark.parametrize("name", TYPES)
@given(seed=st.integers(0, 2**32))
def test_as_others_have_it(name: str, seed: int) -> None:
    type, message = TYPES[name], of(TYPES[name])
    value = random_value(type, Random(seed))
    octets = message.encode(value)
    if name not in ASN1TOOLS_ERRS:
        assert octets == THEIRS.encode(f"T-{name}", to_asn1tools(THEIRS, type, value))
    if name not in PYCRATE_ERRS:
        assert octets == pycrate_encode(getattr(PYCRATES, f"T_{name.replace('-', '_')}"), type, value)
    assert message.decode(octets) == with_defaults(type, value)


@pytest.mark.parametrize("count", [0, 1, 127, 128, 16383, 16384, 16385, 32768, 65535, 65536, 65537, 200_000])
@pytest.mark.parametrize("name", ["octets-any", "bits-any", "list-any", "utf8-any"])
def test_lengths_of_every_form(name: str, count: int) -> None:
    """X.691 11.9: one octet, two, and fragments of 16384 items."""
    type = {**TYPES, "utf8-any": UTF8String()}[name]
    random = Random(count)
    value: Any = {
        "octets-any": lambda: random.randbytes(count),
        "bits-any": lambda: (random.getrandbits(count) if count else 0, count),
        "list-any": lambda: [random.randint(0, 9) for _ in range(count)],
        "utf8-any": lambda: "x" * count,
    }[name]()
    octets = of(type).encode(value)
    theirs = asn1tools.compile_string(asn1.text("M", {"T": type}), "uper")
    assert octets == theirs.encode("T", to_asn1tools(theirs, type, value))
    assert of(type).decode(octets) == value


@pytest.mark.parametrize("size", [100, 130, 20_000, 70_000])
def test_open_types_of_every_length(size: int) -> None:
    type = Sequence(a=Boolean()).extensible(b=OctetString(), c=Optional(Boolean()))
    theirs = pycrate_module([asn1.text("M", {"T": type})]).M.T  # asn1tools leaves out the inner fragments' lengths
    value = {"a": True, "b": bytes(range(256)) * (size // 256 + 1), "c": True}
    assert of(type).encode(value) == pycrate_encode(theirs, type, value)
    assert of(type).decode(of(type).encode(value)) == value


@pytest.mark.parametrize("value", [0, 1, 127, 128, 255, 256, -1, -128, -129, 2**31, 2**55, -(2**63), 2**63 - 1])
def test_unconstrained_integers(value: int) -> None:
    """X.691 11.8: as few octets as hold it as a two's complement."""
    count = max(1, (value.bit_length() if value >= 0 else (~value).bit_length()) // 8 + 1)
    assert of(Integer()).encode(value) == bytes([count]) + value.to_bytes(count, "big", signed=True)
    assert of(Integer()).decode(of(Integer()).encode(value)) == value


def test_nothing_takes_an_octet() -> None:
    """X.691 11.1.3."""
    assert of(Null()).encode(None) == b"\0"
    assert of(Null()).decode(b"\0") is None


def test_defaults_are_not_sent() -> None:
    """X.691 19.5; asn1tools sends some of them (tests/edge/messages/test_identity.py)."""
    type = Sequence(a=Default(Boolean(), True), b=Default(Enumerated("x y"), "y"), c=Default(Integer(0, 9), 4))
    assert of(type).encode({}) == of(type).encode({"a": True, "b": "y", "c": 4}) == b"\0"
    assert of(type).decode(b"\0") == {"a": True, "b": "y", "c": 4}
    grown = Sequence().extensible(a=Default(Integer(0, 9), 4))
    assert of(grown).encode({"a": 4}) == of(grown).encode({}) == b"\0"
    assert of(grown).decode(b"\0") == {"a": 4}


def test_zeros_behind_named_bits() -> None:
    """X.691 16.2 and 16.3; asn1tools does the first, pycrate 0.8.1 sends what it is given."""
    loose = BitString(names="a b c d")
    assert of(loose).encode((0b1000, 4)) == of(loose).encode((1, 1)) == b"\x01\x80"
    assert of(loose).encode((0, 4)) == b"\x00"
    sized = BitString(2, 6, names="a b c d")
    assert of(sized).decode(of(sized).encode((0b1000, 4))) == (0b10, 2)
    assert of(sized).decode(of(sized).encode((1, 1))) == (0b10, 2)
    assert of(BitString(4)).decode(of(BitString(4)).encode((0b1000, 4))) == (0b1000, 4)
    assert BitString(8, names="a b c").set("a", "c") == (0b10100000, 8)
    with pytest.raises(ValueError, match="bit 'z': must be one of a, b"):
        BitString(8, names="a b").set("z")


def test_what_a_later_edition_adds_is_kept() -> None:
    old = Sequence(
        s=Sequence(a=Boolean()).extensible(),
        c=Choice(a=Boolean()).extensible(),
        e=Enumerated("a", ""),
    )
    new = Sequence(
        s=Sequence(a=Boolean()).extensible(b=Optional(Null()), c=Integer(0, 255)),
        c=Choice(a=Boolean()).extensible(b=Boolean(), c=Integer(0, 255)),
        e=Enumerated("a", "b c d"),
    )
    octets = of(new).encode({"s": {"a": True, "c": 17}, "c": ("c", 18), "e": "d"})
    value = of(old).decode(octets)
    assert value == {"s": {"a": True, 1: b"\x11"}, "c": (2, b"\x12"), "e": 3}
    assert of(old).encode(value) == octets


def test_an_open_type_by_the_member_before() -> None:
    type = Sequence(id=Integer(0, 255), of=OpenType({1: Integer(0, 255), 2: POINT}), more=Boolean())
    for value, octets in (
        ({"id": 1, "of": 255, "more": True}, "0101ff80"),
        ({"id": 2, "of": {"x": 0, "y": 1}, "more": False}, "0203c0008000"[:-2] + "00"),
        ({"id": 9, "of": b"\x01\x02\x03", "more": True}, "090301020380"),
    ):
        assert of(type).decode(of(type).encode(value)) == value
        if value["id"] != 2:
            assert of(type).encode(value).hex() == octets
    with pytest.raises(ValueError, match="the member before an open type must be an integer"):
        compiled(Sequence(id=Boolean(), of=OpenType({})))


BAD = [
    (Integer(0, 7), 8, "= 8: must be 0..7"),
    (Integer(0, 7), 2**70, f"= {2**70}: must be 0..7"),
    (Integer(0, 7), "3", "= '3': must be an integer, 0..7"),
    (Integer(0, 7), 3.0, "= 3.0: must be an integer, 0..7"),
    (Integer(), 2**63, f"= {2**63}: must be an integer of at most 64 bits"),
    (Integer(5), 4, "= 4: must be at least 5"),
    (Integer(2, 8, without=(5,)), 5, "= 5: must be 2..8 without it"),
    (Boolean(), 1, "= 1: must be True or False"),
    (Null(), 0, "= 0: must be None"),
    (Enumerated("a b"), "c", "= 'c': must be one of a, b"),
    (Enumerated("a b"), 5, "= 5: must be one of a, b"),
    (Enumerated("a b", ""), 1, "= 1: must be one of a, b"),
    (BitString(2), (1, 3), ": 3 bits: must be 2..2"),
    (BitString(2), (4, 2), "= (4, 2): must be (bits as an integer, their number), and the integer of no more bits"),
    (BitString(2), 1, "= 1: must be (bits as an integer, their number)"),
    (BitString(), (-1, 2), "= (-1, 2): must be"),
    (OctetString(1, 2), b"", ": 0 octets: must be 1..2"),
    (OctetString(1, 2), "x", "= 'x': must be bytes"),
    (OctetString(1, 2, extensible=4), b"12345", ": 5 octets: must be 1..4"),
    (IA5String(0, 4), "é", "= 'é': must be of ASCII characters"),
    (IA5String(0, 4), "\ud800", "must be characters that there are"),
    (IA5String(0, 4), b"x", "= b'x': must be a string"),
    (NumericString(0, 4), "1a", "= '1a': must be of the characters ' 0123456789'"),
    (UTF8String(1, 2), "", "= '': 0 characters: must be 1..2"),
    (UTF8String(1, 2), "中中中", "3 characters: must be 1..2"),
    (SequenceOf(Boolean(), 1, 2), [], ": 0 elements: must be 1..2"),
    (SequenceOf(Boolean(), 1, 2), {}, "= {}: must be a list"),
    (SequenceOf(POINT, 1, 2), [{"x": 1}, {"x": 600}], ": [1].x = 600: must be -512..511"),
    (Sequence(a=POINT), {"a": {"y": 3}}, ": a.x: missing"),
    (Sequence(a=POINT), {"a": {"x": 3, "z": 1}}, ": a.z: no such member: must be one of x, y"),
    (Sequence(a=POINT), {"a": {"x": 3, 0: b""}}, ": a.0: no such member"),
    (Sequence(a=POINT), {"a": []}, ": a = []: must be a dict of members"),
    (Choice(a=POINT), ("a", {"x": 1, "y": -1}), ": a.y = -1: must be 0..255"),
    (Choice(a=POINT), ("b", {}), "= ('b', {}): must be one of a"),
    (Choice(a=POINT), "a", "= 'a': must be (name, value), its name one of a"),
    (Sequence().extensible(a=POINT), {"a": {"x": 1, "y": 256}}, ": a.y = 256: must be 0..255"),
    (Sequence().group(a=POINT, b=Boolean()), {"a": {"x": 1}}, ": b: missing"),
    (Choice(a=Null()).extensible(b=POINT), ("b", {"x": 999}), ": b.x = 999: must be -512..511"),
    (Sequence(i=Integer(0, 9), o=OpenType({})), {"i": 1, "o": 5}, ": o = 5: must be bytes"),
]


@pytest.mark.parametrize(("type", "value", "told"), BAD)
def test_what_cannot_be_encoded(type: Type, value: Any, told: str) -> None:
    with pytest.raises(EncodeError) as refused:
        of(type).encode(value)
    assert told in str(refused.value)
    assert str(refused.value).startswith("T")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("type", "octets", "told"),
    [
        (Integer(0, 5), "e0", "T: 7: must be 0..5"),
        (Integer(2, 8, without=(5,)), "60", "T: 5: left out"),
        (Integer(0, 255), "", "T: ends too early: 8 bits wanted, 0 left"),
        (Integer(), "00", "T: an integer of 0 octets"),
        (Integer(), "09" + "01" * 9, "T: an integer of 9 octets"),
        (Integer(0), "08" + "ff" * 8, "T: an integer of 8 octets"),
        (Enumerated("a b c"), "c0", "T: item 3: there are 3"),
        (OctetString(), "7f00", "T: ends too early: 1016 bits wanted, 8 left"),
        (OctetString(), "c5", "T: 5: must be 1..4"),
        (OctetString(), "c4", "T: ends too early: 524288 bits wanted, 0 left"),
        (NumericString(1), "b0", "T: character 11: not in the alphabet"),
        (VisibleString(1), "02", "T: character 1: not in the alphabet"),
        (UTF8String(), "01ff", "T: not UTF-8"),
        (UTF8String(), "03eda080", "T: not UTF-8"),
        (UTF8String(), "02c080", "T: not UTF-8"),
        (UTF8String(2, 3), "0141", "T: size 1: must be 2..3"),
        (SequenceOf(Integer(0, 255)), "bfff", "T: 16383 elements: cannot be in 0 bits"),
        (SequenceOf(Null()), "c4" * 5 + "00", "T: 131072 elements: cannot be in"),
        (SequenceOf(POINT, 3), "400000", "T: 3 elements: cannot be in 24 bits"),
        (SequenceOf(POINT, 2), "ffffff", "T: [1].x: ends too early: 10 bits wanted, 4 left"),
        (Sequence(a=POINT), "80", "T: a.x: ends too early: 10 bits wanted, 7 left"),
        (Boolean(), "8000", "T: 1 octets left over"),
        (Sequence().extensible(a=POINT), "808101", "T: a"),
        (Choice(a=Null()).extensible(b=POINT), "800180", "T: b.x: ends too early"),
    ],
)
def test_what_cannot_be_decoded(type: Type, octets: str, told: str) -> None:
    with pytest.raises(DecodeError) as refused:
        of(type).decode(bytes.fromhex(octets))
    assert told in str(refused.value)


def test_it_does_not_go_down_for_ever() -> None:
    chain: Choice = Choice(end=Null(), more=Later(lambda: chain))
    deep: Any = ("end", None)
    for _ in range(100):
        deep = ("more", deep)
    assert of(chain).decode(of(chain).encode(deep)) == deep
    with pytest.raises(DecodeError, match="nested too deep"):
        of(chain).decode(b"\xff" * 1000)
    for _ in range(100):
        deep = ("more", deep)
    with pytest.raises(EncodeError, match="nested too deep"):
        of(chain).encode(deep)
    endless: list[Any] = []
    endless.append(endless)
    nest: SequenceOf = SequenceOf(Later(lambda: nest), 0, 3)
    with pytest.raises(EncodeError, match="nested too deep"):
        of(nest).encode(endless)


@given(octets=st.binary(max_size=60), name=st.sampled_from(sorted(TYPES)))
def test_random_octets_are_a_value_or_refused(octets: bytes, name: str) -> None:
    message = of(TYPES[name])
    try:
        value = message.decode(octets)
    except DecodeError:
        return
    assert message.decode(message.encode(value)) == value


@pytest.mark.parametrize("number", [np.int64(3), np.uint8(3), True])
def test_numbers_of_other_kinds(number: Any) -> None:
    assert of(Integer(0, 7)).encode(number) == of(Integer(0, 7)).encode(int(number))


def test_schemas_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="must be of 64 bits"):
        compiled(Integer(0, 2**64))
    with pytest.raises(ValueError, match="65 optional members"):
        compiled(Sequence(**{f"m{k}": Optional(Null()) for k in range(65)}))
    with pytest.raises(ValueError, match="must be of the first 63"):
        compiled(Integer(0, 100, without=(70,)))
    with pytest.raises(TypeError, match="size"):
        OctetString(1, 2, 3)
    assert SequenceOf(Boolean(), 1, MAX).high is None


def test_a_program_of_ones_own() -> None:
    """The kernel by itself raises what it is given."""
    program = uper.TypeProgram(*compiled(Integer(0, 3)), "N", KeyError, IndexError)
    with pytest.raises(KeyError):
        program.encode(4)
    with pytest.raises(IndexError):
        program.decode(b"")
    assert program.encode_bits(2) == (b"\x80", 2)
    assert program.decode(np.array([0x80], np.uint8)) == program.decode(bytearray(b"\x80")) == 2
