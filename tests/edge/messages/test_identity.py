"""Our octets are other people's: pycrate's for what it has, and the vectors that it made for the rest; and back."""

from __future__ import annotations

import logging
from random import Random
from typing import Any

import asn1tools
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.edge.messages import golden, oracles
from tests.edge.messages.strategies import values
from tests.edge.messages.values import random_value
from wayside.edge.messages import asn1
from wayside.edge.messages import schema as s
from wayside.edge.messages.catalogue import MODULES, message
from wayside.edge.messages.etsi import cdd
from wayside.edge.messages.program import Message

MANY = 1000
logging.getLogger("pycrate").setLevel(logging.CRITICAL)


def mismatches(ours: Message, theirs: Any, count: int, seed: int) -> list[Any]:
    """Values that pycrate encodes otherwise, or that do not come back."""
    random = Random(seed)
    found = []
    for _ in range(count):
        value = random_value(ours.type, random)
        octets = oracles.pycrate_encode(theirs, ours.type, value)
        if ours.encode(value) != octets or ours.decode(octets) != s.with_defaults(ours.type, value):
            found.append(value)
    return found


@pytest.mark.parametrize("name", oracles.PYCRATE)
def test_pycrates_octets(name: str) -> None:
    assert mismatches(message(name), oracles.pycrate(name), MANY, seed=1) == []


@pytest.mark.parametrize("name", oracles.PYCRATE)
def test_pycrates_values(name: str) -> None:
    """What pycrate says that its octets mean, ours says too."""
    ours, theirs = message(name), oracles.pycrate(name)
    random = Random(2)
    for _ in range(MANY // 10):
        octets = oracles.pycrate_encode(theirs, ours.type, random_value(ours.type, random))
        theirs.from_uper(octets)
        meant = oracles.from_pycrate(theirs, ours.type, theirs._val)
        assert ours.decode(octets) == s.with_defaults(ours.type, meant)


# What has vectors of others: of J2735 no text is public, so that its frame is only held against asn1tools, below.
VECTORS = [name for name in MODULES if name != "J2735_FRAME"]


@pytest.mark.parametrize("name", VECTORS)
def test_golden_vectors(name: str) -> None:
    ours, vectors = message(name), golden.load(name)
    assert len(vectors["full"]) == golden.FULL
    for stored, octets in vectors["full"]:
        value = golden.restored(stored)
        assert ours.encode(value).hex() == octets
        assert ours.decode(bytes.fromhex(octets)) == s.with_defaults(ours.type, value)


@pytest.mark.parametrize("name", [name for name in VECTORS if name not in oracles.PYCRATE])
def test_digests_of_many(name: str) -> None:
    """1,000 values each for what needs a module text that is not ours to keep."""
    ours, vectors = message(name), golden.load(name)
    values = list(golden.drawn(ours, golden.MANY, seed=2))
    assert golden.digest(repr(values).encode()) == vectors["values"], "the values are drawn otherwise: make_golden.py"
    octets = [ours.encode(value) for value in values]
    assert "".join(golden.digest(encoded) for encoded in octets) == vectors["many"]
    assert [ours.decode(encoded) for encoded in octets] == [s.with_defaults(ours.type, value) for value in values]


def _known_otherwise(value: Any) -> bool:
    """What asn1tools 0.169 encodes otherwise than X.691: a DEFAULT TRUE of a named type, sent though it is equal."""
    if isinstance(value, dict):
        return value.get("shadowingApplies") is True or any(map(_known_otherwise, value.values()))
    return isinstance(value, (list, tuple)) and any(map(_known_otherwise, value))


@pytest.mark.parametrize("name", MODULES)
def test_asn1tools_on_our_printed_module(name: str) -> None:
    """A second opinion on the engine and the printer, not on the tables: it is given our own text."""
    ours = message(name)
    theirs = asn1tools.compile_string(asn1.module(ours), "uper")
    random = Random(3)
    compared = 0
    for _ in range(60):
        value = random_value(ours.type, random)
        try:
            octets = theirs.encode(name.replace("_", "-"), oracles.to_asn1tools(theirs, ours.type, value))
        except NotImplementedError:  # bit strings with an extensible size
            continue
        if name == "CPM_TR" and _known_otherwise(value):
            continue
        assert ours.encode(value) == octets
        compared += 1
    assert compared > 30


@pytest.mark.parametrize("name", MODULES)
@settings(max_examples=40)
@given(data=st.data())
def test_whatever_a_value_is_built_of(name: str, data: st.DataObject) -> None:
    """As above, of values that hypothesis builds and takes apart."""
    ours = message(name)
    value = data.draw(values(ours.type))
    octets = ours.encode(value)
    assert ours.decode(octets) == s.with_defaults(ours.type, value)
    if name in oracles.PYCRATE:
        assert octets == oracles.pycrate_encode(oracles.pycrate(name), ours.type, value)


def test_the_fixed_point() -> None:
    """A CAM that pycrate made on another machine."""
    octets = bytes.fromhex(
        "02020012d68710e10059ada558161561a000c806470833450c00384122b68402c08a50540e21fe1880",
    )
    value = message("CAM").decode(octets)
    assert value["header"] == {"protocolVersion": 2, "messageID": 2, "stationID": 1234567}
    assert message("CAM").encode(value) == octets


@pytest.mark.parametrize(
    ("slip", "planted"),
    [
        ("a bound", lambda: setattr(cdd.SpeedValue, "high", 8000)),
        ("an item", lambda: setattr(cdd.DriveDirection, "names", ("backward", "forward", "unavailable"))),
        ("a size", lambda: setattr(cdd.PathHistory, "high", 23)),
        ("a marker", lambda: setattr(cdd.ReferencePosition, "grows", True)),
    ],
)
def test_a_slip_in_a_table_is_found(slip: str, planted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for type in (cdd.SpeedValue, cdd.DriveDirection, cdd.PathHistory, cdd.ReferencePosition):
        for field in ("high", "names", "grows"):
            if hasattr(type, field):
                monkeypatch.setattr(type, field, getattr(type, field))  # undone afterwards
    planted()
    cam = message("CAM")
    wrong = Message("CAM", cam.type, "")  # with a program of its own
    right = Message("CAM", cam.type, "")
    assert wrong.program.words is not right.program.words
    random = Random(5)
    differ = 0
    for _ in range(50):
        value = random_value(cam.type, random)
        try:
            octets = wrong.encode(value)
        except Exception:
            differ += 1
            continue
        differ += octets != oracles.pycrate_encode(oracles.pycrate("CAM"), cam.type, value)
    assert differ, slip
