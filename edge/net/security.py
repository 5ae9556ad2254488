"""The envelope of a secured message, read and not verified: IEEE 1609.2-2016 as TS 103 097 V1.3.1 and later profile it.

What is read is the canonical octet encoding (COER, ITU-T X.696) of Ieee1609Dot2Data: who signed, when, for which
application, and the payload. No signature is checked, and nothing is decrypted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from wayside.edge.errors import DecodeError
from wayside.edge.messages.si import utc_of

VERSION: Final = 3  # of Ieee1609Dot2Data; 2 is TS 103 097 V1.2.1's own format
_HASHES: Final = ("SHA-256", "SHA-384")
_SIGNATURES: Final = {
    0: "ECDSA on NIST P-256",
    1: "ECDSA on brainpoolP256r1",
    2: "ECDSA on brainpoolP384r1",
    3: "ECDSA on NIST P-384",
    4: "SM2",
}
_ADDED: Final = 2  # curves from here on came later, so that they have their length before them
_DURATIONS: Final = (1e-6, 1e-3, 1.0, 60.0, 3600.0, 216_000.0, 31_556_952.0)  # s; 1609.2, 6.4.14
_UNSECURED, _SIGNED, _ENCRYPTED = 0, 1, 2  # Ieee1609Dot2Content
FIRST: Final = tuple(bytes((VERSION, 0x80 | content)) for content in (_UNSECURED, _SIGNED, _ENCRYPTED))
_DEEPEST: Final = 4  # data within data


@dataclass
class Envelope:
    """What an envelope says, in the order of its fields, and what it holds: empty where that cannot be read."""

    content: str  # unsecured, signed, encrypted
    values: dict[str, Any] = field(default_factory=dict)
    payload: bytes = b""


class _Octets:
    """Octets to be read from the front; DecodeError where they end."""

    def __init__(self, data: bytes, name: str) -> None:
        self.data = data
        self.at = 0
        self.name = name

    def take(self, size: int) -> bytes:
        found = self.data[self.at : self.at + size]
        if len(found) < size:
            raise DecodeError(f"{self.name}: ends after {len(self.data)} octets, {size} more at {self.at} are missing")
        self.at += size
        return found

    def number(self, size: int, signed: bool = False) -> int:
        return int.from_bytes(self.take(size), "big", signed=signed)

    def length(self) -> int:
        """A length determinant, X.696, clause 8.6."""
        first = self.number(1)
        if first < 0x80:
            return first
        if not 1 <= first & 0x7F <= 8:
            raise DecodeError(f"{self.name}: length of {first & 0x7F} octets at {self.at}: must be 1..8")
        return self.number(first & 0x7F)

    def some(self) -> bytes:
        """Octets behind their length."""
        return self.take(self.length())

    def count(self) -> int:
        """How many there are, and a whole number of any size."""
        return int.from_bytes(self.some(), "big")

    def tag(self) -> int:
        """The alternative of a choice, X.696, clause 20.1: context-specific, and below 63 in all that is read here."""
        first = self.number(1)
        if first & 0xC0 != 0x80 or first & 0x3F == 0x3F:
            raise DecodeError(f"{self.name}: tag 0x{first:02x} at {self.at - 1}: must be of a choice")
        return first & 0x3F

    def present(self, count: int) -> tuple[bool, ...]:
        """A preamble of one octet, X.696, clause 16.2: whether there are additions, and which of the optionals."""
        bits = self.number(1)
        return tuple(bool(bits >> (7 - place) & 1) for place in range(count))


def read(data: bytes) -> Envelope:
    """An envelope. DecodeError where there is none, and where what stands before its payload cannot be read.

    What cannot be read behind the payload (a signer's certificate of other kinds) is named in `values`.
    """
    return _read(_Octets(data, "IEEE 1609.2"), 0)


def _read(octets: _Octets, depth: int) -> Envelope:
    version = octets.number(1)
    if version == 2:
        raise DecodeError("security version = 2: the format of TS 103 097 V1.2.1 and before, which is not supported")
    if version != VERSION:
        raise DecodeError(f"security version = {version}: must be {VERSION}, IEEE 1609.2")
    if depth > _DEEPEST:
        raise DecodeError(f"IEEE 1609.2: more than {_DEEPEST} envelopes within each other")
    content = octets.tag()
    if content == _UNSECURED:
        return Envelope("unsecured", {}, octets.some())
    if content == _ENCRYPTED:
        return Envelope("encrypted")
    if content != _SIGNED:
        raise DecodeError(f"IEEE 1609.2: content = {content}: must be unsecured (0), signed (1) or encrypted (2)")
    return _signed(octets, depth)


def _signed(octets: _Octets, depth: int) -> Envelope:
    values: dict[str, Any] = {"hash": _named(_HASHES, octets.number(1))}
    found = Envelope("signed", values)
    additions, has_data, has_hash = octets.present(3)
    if has_data:
        inner = _read(octets, depth + 1)
        found.payload = inner.payload
        if inner.content == "encrypted":
            raise DecodeError("IEEE 1609.2: signed data that are encrypted: what follows them is not read")
    if has_hash:
        octets.tag()
        values["payload_hash"] = octets.take(32).hex()
    if additions:
        _additions(octets)
    try:
        _header(octets, values)
        _signer(octets, values)
        values["signature"] = _named(_SIGNATURES, octets.tag())
    except DecodeError as error:
        values["not_read"] = str(error)
    return found


def _header(octets: _Octets, values: dict[str, Any]) -> None:
    """HeaderInfo, 1609.2, 6.3.9."""
    additions, generated, expires, located, learning, missing, key = octets.present(7)
    values["psid"] = octets.count()
    if generated:
        values["generated"] = _time64(octets.number(8))
    if expires:
        values["expires"] = _time64(octets.number(8))
    if located:
        values["generated_at"] = _place(octets) | {"elevation_in_m": (octets.number(2) - 4096) / 10.0}
    if learning:
        values["asks_for_certificate"] = octets.take(3).hex()
    if missing:
        more = octets.present(1)[0]
        values["asks_for_crl"] = {"ca": octets.take(3).hex(), "series": octets.number(2)}
        if more:
            _additions(octets)
    if key:
        raise DecodeError("IEEE 1609.2: an encryption key in the header: what follows it is not read")
    if additions:
        asked = _additions(octets).get(0)
        if asked is not None:  # inlineP2pcdRequest
            wanted = _Octets(asked, "inlineP2pcdRequest")
            values["asks_for_certificates"] = [wanted.take(3).hex() for _ in range(wanted.count())]


def _signer(octets: _Octets, values: dict[str, Any]) -> None:
    """SignerIdentifier, 1609.2, 6.3.24."""
    kind = octets.tag()
    if kind == 0:
        values["signer"] = {"digest": octets.take(8).hex()}
    elif kind == 1:
        values["signer"] = {
            f"certificate_{number}": _certificate(octets) for number in range(1, _few(octets.count(), octets) + 1)
        }
    elif kind == 2:
        values["signer"] = "self"
    else:
        raise DecodeError(f"IEEE 1609.2: signer = {kind}: must be digest (0), certificate (1) or self (2)")


def _certificate(octets: _Octets) -> dict[str, Any]:
    """CertificateBase, 1609.2, 6.4.3: what a ticket says of itself."""
    (signed,) = octets.present(1)
    values: dict[str, Any] = {"version": octets.number(1), "type": _named(("explicit", "implicit"), octets.number(1))}
    issuer = octets.tag()
    if issuer == 1:
        values["issuer"] = "self, " + _named(_HASHES, octets.number(1))
    else:
        values["issuer"] = (octets.take(8) if issuer == 0 else octets.some()).hex()
    additions, region, assurance, permits, issues, requests, rolls, encrypts = octets.present(8)
    values["id"] = _certificate_id(octets)
    values["ca"] = octets.take(3).hex()
    values["crl_series"] = octets.number(2)
    start = octets.number(4)
    unit = octets.tag()
    if unit >= len(_DURATIONS):
        raise DecodeError(f"IEEE 1609.2: unit of a duration = {unit}: must be 0..{len(_DURATIONS) - 1}")
    values["valid_from"] = _time64(start * 1_000_000)
    values["valid_for_in_s"] = octets.number(2) * _DURATIONS[unit]
    if region:
        values["region"] = _region(octets)
    if assurance:
        values["assurance"] = octets.take(1).hex()
    if permits:
        values["permissions"] = [_permission(octets) for _ in range(_few(octets.count(), octets))]
    if issues or requests:
        raise DecodeError("IEEE 1609.2: a certificate that lets others be issued: what follows is not read")
    if rolls:
        values["may_roll_over"] = True
    if encrypts:
        octets.take(1)
        octets.tag()
        _point(octets)
    verifies = octets.tag()
    if verifies == 0:
        values["key"] = _named(_SIGNATURES, curve := octets.tag())
        if curve < _ADDED:
            _point(octets)
        else:
            octets.some()
    else:
        values["key"] = "implicit"
        _point(octets)
    if additions:
        _additions(octets)
    if signed:
        values["signature"] = _named(_SIGNATURES, curve := octets.tag())
        if curve < _ADDED:
            _point(octets)
            octets.take(32)
        else:
            octets.some()
    return values


def _certificate_id(octets: _Octets) -> str:
    match octets.tag():
        case 0:
            (group,) = octets.present(1)
            period, value = octets.number(2), octets.take(9)
            if group:
                octets.take(4 + 9)
            return f"linkage {value.hex()} of period {period}"
        case 1:
            return octets.some().decode("utf-8", "replace")
        case 2:
            return octets.some().hex()
        case 3:
            return "none"
        case other:
            raise DecodeError(f"IEEE 1609.2: id of a certificate = {other}: must be 0..3")


def _region(octets: _Octets) -> Any:
    """GeographicRegion, 1609.2, 6.4.17."""
    kind = octets.tag()
    if kind == 0:
        return {"circle": _place(octets) | {"radius_in_m": octets.number(2)}}
    count = _few(octets.count(), octets)
    if kind == 1:
        return {f"rectangle_{k}": {"north_west": _place(octets), "south_east": _place(octets)} for k in range(count)}
    if kind == 2:
        return {f"corner_{k}": _place(octets) for k in range(count)}
    if kind != 3:
        raise DecodeError(f"IEEE 1609.2: region = {kind}: must be 0..3")
    countries = []
    for _ in range(count):
        parts = octets.tag()
        text = f"country {octets.number(2)}"
        if parts == 1:
            text += f", regions {[octets.number(1) for _ in range(_few(octets.count(), octets))]}"
        elif parts == 2:
            for _ in range(_few(octets.count(), octets)):
                region = octets.number(1)
                text += f", region {region} {[octets.number(2) for _ in range(_few(octets.count(), octets))]}"
        elif parts:
            raise DecodeError(f"IEEE 1609.2: identified region = {parts}: must be 0..2")
        countries.append(text)
    return countries


def _permission(octets: _Octets) -> str:
    """PsidSsp, 1609.2, 6.4.28: an application, and what it may say."""
    (limited,) = octets.present(1)
    text = str(octets.count())
    if limited:
        kind = octets.tag()
        ssp = octets.some()
        if kind:  # an addition, so its octets have a length of their own
            ssp = _Octets(ssp, "bitmapSsp").some()
        text += f" {ssp.hex()}"
    return text


def _point(octets: _Octets) -> None:
    """EccP256CurvePoint: nothing of it is told."""
    kind = octets.tag()
    if kind > 4:
        raise DecodeError(f"{octets.name}: point of a curve = {kind} at {octets.at - 1}: must be 0..4")
    octets.take((32, 0, 32, 32, 64)[kind])


def _place(octets: _Octets) -> dict[str, Any]:
    latitude, longitude = octets.number(4, signed=True), octets.number(4, signed=True)
    return {
        "latitude_in_degrees": latitude / 1e7 if abs(latitude) <= 900_000_000 else None,
        "longitude_in_degrees": longitude / 1e7 if abs(longitude) <= 1_800_000_000 else None,
    }


def _additions(octets: _Octets) -> dict[int, bytes]:
    """Extension additions, X.696, clause 16.4: a bitmap, then the octets of each that is there."""
    bitmap = _Octets(octets.some(), "extension bitmap")
    unused = bitmap.number(1)
    bits = int.from_bytes(bitmap.data[1:], "big") >> min(unused, 7)
    size = 8 * (len(bitmap.data) - 1) - min(unused, 7)
    return {place: octets.some() for place in range(size) if bits >> (size - 1 - place) & 1}


def _few(count: int, octets: _Octets) -> int:
    """So many elements, of an octet or more each, that there are octets for."""
    if count > len(octets.data) - octets.at:
        raise DecodeError(f"{octets.name}: {count} elements at {octets.at}: more than there are octets")
    return count


def _named(names: Any, number: int) -> str:
    try:
        return str(names[number])
    except (IndexError, KeyError):
        return f"unknown ({number})"


def _time64(microseconds: int) -> str:
    """A Time64, TAI since 2004 (1609.2, 6.3.10), as UTC."""
    try:
        seconds = utc_of(microseconds // 1_000_000)
        when = datetime.fromtimestamp(0, UTC) + timedelta(seconds=seconds, microseconds=microseconds % 1_000_000)
    except (OverflowError, ValueError):
        return f"{microseconds} us after 2004"
    return f"{when:%Y-%m-%dT%H:%M:%S.%f}Z"
