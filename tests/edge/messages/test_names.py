"""The words in our tables, which no octet shows: names of numbers and bits are pycrate's, and units fit the names."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest

from tests.edge.messages import oracles
from wayside.edge.messages import j2735, units
from wayside.edge.messages import schema as s
from wayside.edge.messages.catalogue import MODULES, message
from wayside.edge.messages.etsi import cdd, dsrc, mapem, rtcmem, spatem

# Only told in J2735's text: these are not in the module.
OURS = {
    id(j2735.TimeMark): {"later", "undefined"},
    id(j2735.DSecond): {"unavailable"},
    id(j2735.MinuteOfTheYear): {"invalid"},
    id(j2735.Elevation): {"unknown"},
    id(j2735.SemiMajorAxisAccuracy): {"outOfRange", "unavailable"},
    id(j2735.SemiMinorAxisAccuracy): {"outOfRange", "unavailable"},
    id(j2735.SemiMajorAxisOrientation): {"unavailable"},
    id(dsrc.Velocity): {"unavailable"},
    id(dsrc.Angle): {"unavailable"},
    id(dsrc.DeltaTime): {"unavailable"},
    id(spatem.SpeedAdvice): {"outOfRange", "unavailable"},
    id(spatem.ZoneLength): {"outOfRange", "unknown"},
    id(mapem.RoadwayCrownAngle): {"unknown"},
    id(mapem.MergeDivergeNodeAngle): {"unavailable"},
    id(rtcmem.Heading): {"unavailable"},
}
# Each attribute of a sign names some of the units of the dictionary of signs.
FEWER = re.compile(r"iso14823.*\.unit$")


def differences(ours: s.Member, theirs: Any, path: str, seen: set[int]) -> Iterator[str]:
    """Names that the two do not share."""
    type = s.resolved(ours)
    if id(type) in seen:
        return
    seen.add(id(type))
    named = {name: theirs._cont[name] for name in theirs._cont or ()} if not _parts(type) else {}
    match type:
        case s.Integer():
            extra = OURS.get(id(type), set())
            mine = {name: value for name, value in type.named.items() if name not in extra}
            if mine != named and not (FEWER.search(path) and mine.items() <= named.items()):
                yield f"{path}: {mine} {named}"
        case s.BitString():
            mine = {name: place for place, name in enumerate(type.names) if name != "-"}
            if mine != named:
                yield f"{path}: {mine} {named}"
        case s.Enumerated():
            if type.numbers != named:
                yield f"{path}: {type.numbers} {named}"
        case s.SequenceOf():
            yield from differences(type.element, theirs._cont, f"{path}[]", seen)
        case s.Sequence():
            for name, member in type.all():
                if isinstance(s.resolved(member), s.OpenType) or name == "header":  # of an older edition in some
                    continue
                component = theirs._cont[name]
                if (member.value if isinstance(member, s.Default) else None) != component._def:
                    yield f"{path}.{name}: default {component._def}"
                yield from differences(member, component, f"{path}.{name}", seen)
        case s.Choice():
            for name, inner in type.alternatives.items():
                yield from differences(inner, theirs._cont[name], f"{path}.{name}", seen)


def _parts(type: s.Type) -> bool:
    return not isinstance(type, (s.Integer, s.BitString, s.Enumerated))


@pytest.mark.parametrize("name", oracles.PYCRATE)
def test_names_are_the_standards(name: str) -> None:
    assert list(differences(message(name).type, oracles.pycrate(name), name, set())) == []


def test_a_slip_in_a_name_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(cdd.SpeedValue.named, "unavailable", 16382)
    monkeypatch.setattr(cdd.ExteriorLights, "names", cdd.ExteriorLights.names[::-1])
    found = list(differences(message("CAM").type, oracles.pycrate("CAM"), "CAM", set()))
    assert [path.split(":")[0].rpartition(".")[2] for path in found] == ["speedValue", "exteriorLights"]


# Seconds since 2013 that may be any number, and a list of accuracies.
NO_QUANTITIES = ("TimestampUTC", "DefinitionAccuracy")
_AMOUNTS = {
    "zeroPointZeroOne": Fraction(1, 100), "zeroPointOne": Fraction(1, 10), "pointOne": Fraction(1, 10),
    "onePointFive": Fraction(3, 2), "one": Fraction(1), "two": Fraction(2), "ten": Fraction(10),
}  # fmt: skip
_SIZES = {
    "KmPerHour": Fraction(10, 36), "CentimeterPerSec": Fraction(1, 100), "MeterPerSec": Fraction(1),
    "Centimeter": Fraction(1, 100), "Meter": Fraction(1), "Microdegree": Fraction(1, 10**6), "Degree": Fraction(1),
    "Milli?[Ss]ec": Fraction(1, 1000), "Second": Fraction(1),
}  # fmt: skip
_HINT = re.compile(f"({'|'.join(_AMOUNTS)})({'|'.join(_SIZES)})(?!.*Celsius)")


def hints(type: s.Integer) -> Iterator[Fraction]:
    """What 1 is in SI, by the names of numbers like zeroPointOneMeter."""
    for name, number in type.named.items():
        found = _HINT.match(name)
        if found and number:
            size = next(value for pattern, value in _SIZES.items() if re.fullmatch(pattern, found[2]))
            yield _AMOUNTS[found[1]] * size / abs(number)


def test_units_fit_the_names() -> None:
    for name in MODULES:
        message(name)
    told = 0
    for module in [module for path, module in sorted(sys.modules.items()) if ".edge.messages." in path]:
        for name, type in vars(module).items():
            if isinstance(type, s.Integer) and name not in NO_QUANTITIES:
                for hint in hints(type):
                    unit = units.unit(type)
                    assert unit is not None, (module.__name__, name)
                    assert unit[0] == hint, (module.__name__, name)
                    told += 1
    assert told > 60
