"""Signs and rules by zone, IVIM, as `build` has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from wayside.edge.messages.build import Position, Said, header, reference_position, said
from wayside.edge.messages.si import direction, timestamp_its

_IVIM: Final = 6  # TS 102 894-2, MessageId
_STATUS: Final = ("new", "update", "cancellation", "negation")  # IviStatus
# ITA2 (ITU-T S.1), the first bit first, as in which ISO 14816 writes countries, and IVIM languages.
_CODES: Final = (
    "11000 10011 01110 10010 10000 10110 01011 00101 01100 11010 11110 01001 00111 "
    "00110 00011 01101 11101 01010 10100 00001 11100 01111 11001 10111 10101 10001"
)
_LETTERS: Final = {chr(ord("A") + k): code for k, code in enumerate(_CODES.split())}


def two_letters(code: str) -> tuple[int, int]:
    """A country or language ("DE", "en") as the 10 bits of ISO 14816. ValueError where it is none."""
    letters = code.upper()
    if len(letters) != 2 or not set(letters) <= set(_LETTERS):
        raise ValueError(f"country or language {code!r}: must be two letters")
    return int("".join(_LETTERS[letter] for letter in letters), 2), 10


@dataclass(frozen=True)
class Sign:
    """What holds in some zones. code: of RSCode, ("iso14823", ...) and so on, as `vienna` and `pictogram` make it.

    relevance, detection: the zones where it holds, and from where one comes to it; lines: further text, with its
    language; type: IviType; lanes: to which it applies, from the innermost driving lane on, which is 1 (LanePosition);
    status: of these (LaneStatus; 1 is closed).
    """

    code: tuple[str, Any]
    relevance: Sequence[int] = (1,)
    detection: Sequence[int] = ()
    type: int = 1
    lines: Sequence[tuple[str, str]] = ()
    lanes: Sequence[int] = ()
    status: int | None = None


def vienna(group: int, number: int, *, value: int | None = None, unit: int | None = None) -> tuple[str, Any]:
    """A sign of the Vienna convention: class (0 = A ... 7 = H), number there; value and RSCUnit, as a speed in km/h."""
    found: dict[str, int] = {"roadSignClass": group, "roadSignCode": number, "vcOption": 0}
    found |= {} if value is None else {"value": value}
    return ("viennaConvention", found | ({} if unit is None else {"unit": unit}))


def pictogram(category: str, nature: int, serial: int, *, country: bytes = b"") -> tuple[str, Any]:
    """A sign of ISO 14823: "dangerWarning", "regulatory" or "informative", its nature (1..9) and serial number."""
    code: dict[str, Any] = {"countryCode": country} if country else {}
    code["serviceCategoryCode"] = ("trafficSignPictogram", category)
    code["pictogramCategoryCode"] = {"nature": nature, "serialNumber": serial}
    return ("iso14823", {"pictogramCode": code})


def ivim(
    station: int,
    number: int,
    position: Position,
    time: float,
    zones: Mapping[int, Sequence[Position]],
    signs: Sequence[Sign],
    *,
    provider: tuple[str, int] = ("CN", 1),
    begin: float | None = None,
    end: float | None = None,
    status: str = "new",
    heading: float | None = None,
) -> Said:
    """Signs (TS 103 301, IVIM; ISO TS 19321).

    number: of this information at its provider (country, and number there); zones: by number, lines of points, at most
    8 of them; begin, end: when it holds [s since 1970, UTC]; heading: of the way at the reference position.
    ValueError for a status or a country that there is not.
    """
    if status not in _STATUS:
        raise ValueError(f"IVIM status {status!r}: must be one of {', '.join(_STATUS)}")
    management: dict[str, Any] = {
        "serviceProviderId": {"countryCode": two_letters(provider[0]), "providerIdentifier": provider[1]},
        "iviIdentificationNumber": number,
        "timeStamp": timestamp_its(time) / 1000,
    }
    for name, when in (("validFrom", begin), ("validTo", end)):
        if when is not None:
            management[name] = timestamp_its(when) / 1000
    management["iviStatus"] = _STATUS.index(status)
    where: dict[str, Any] = {"referencePosition": reference_position(position)}
    if heading is not None:
        where["referencePositionHeading"] = {"headingValue": direction(heading, 0.1), "headingConfidence": None}
    where["parts"] = [
        {"zoneId": zone, "zone": ("segment", {"line": ("absolutePositions", [_point(point) for point in points])})}
        for zone, points in zones.items()
    ]
    content: dict[str, Any] = {"mandatory": management}
    if zones or signs:
        content["optional"] = [("glc", where), ("giv", [_sign(sign) for sign in signs])]
    return said("IVIM", {"header": header(_IVIM, station), "ivi": content})


def _point(point: Position) -> dict[str, float]:
    return {"latitude": point[0], "longitude": point[1]}


def _sign(sign: Sign) -> dict[str, Any]:
    found: dict[str, Any] = {"detectionZoneIds": list(sign.detection)} if sign.detection else {}
    found |= {"relevanceZoneIds": list(sign.relevance), "direction": 0, "iviType": sign.type}
    found |= {"applicableLanes": list(sign.lanes)} if sign.lanes else {}
    found |= {} if sign.status is None else {"laneStatus": sign.status}
    found["roadSignCodes"] = [{"code": sign.code}]
    if sign.lines:
        found["extraText"] = [{"language": two_letters(language), "textContent": text} for language, text in sign.lines]
    return found
