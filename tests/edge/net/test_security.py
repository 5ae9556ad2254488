"""Envelopes of secured packets: those that pycrate makes are read; broken ones are one clear line."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from pycrate_asn1dir import ITS_IEEE1609_2

from tests.edge.net.packets import HERE, MAC, messages
from wayside.edge.errors import DecodeError
from wayside.edge.messages.si import timestamp_its, utc_of
from wayside.edge.net import geonetworking as gn
from wayside.edge.net import security
from wayside.edge.net.btp import PORTS, BtpB
from wayside.edge.net.dissect import dissect
from wayside.edge.net.ethernet import Frame

DATA = ITS_IEEE1609_2.Ieee1609Dot2.Ieee1609Dot2Data
WHEN = 1_767_225_661  # 2026-01-01T00:01:01Z
GENERATED = timestamp_its(float(WHEN)) * 1000 + 250_000  # us, TAI since 2004
DIGEST, SIDE = bytes(range(8)), bytes(range(32))
POINT = ("x-only", SIDE)
SIGNATURE = ("ecdsaNistP256Signature", {"rSig": POINT, "sSig": SIDE})
AT = gn.Position(gn.Address(MAC), 1, *HERE)

REGIONS: dict[str, Any] = {
    "none": None,
    "circle": ("circularRegion", {"center": {"latitude": 310000000, "longitude": -1218500000}, "radius": 500}),
    "rectangles": (
        "rectangularRegion",
        [
            {"northWest": {"latitude": 2, "longitude": 3}, "southEast": {"latitude": 1, "longitude": 4}},
            {"northWest": {"latitude": 6, "longitude": 7}, "southEast": {"latitude": 5, "longitude": 8}},
        ],
    ),
    "polygon": ("polygonalRegion", [{"latitude": k, "longitude": -k} for k in range(4)]),
    "countries": (
        "identifiedRegion",
        [
            ("countryOnly", 276),
            ("countryAndRegions", {"countryOnly": 40, "regions": [1, 2]}),
            ("countryAndSubregions", {"country": 56, "regionAndSubregions": [{"region": 3, "subregions": [700]}]}),
        ],
    ),
}


def ticket(region: str = "none", **more: Any) -> dict[str, Any]:
    """An authorization ticket."""
    signed = {
        "id": ("none", 0),
        "cracaId": b"\0\0\0",
        "crlSeries": 7,
        "validityPeriod": {"start": GENERATED // 1_000_000 - 3600, "duration": ("hours", 168)},
        "appPermissions": [
            {"psid": 36, "ssp": ("bitmapSsp", b"\x01\xff\xfc")},
            {"psid": 37, "ssp": ("opaque", b"\x02")},
            {"psid": 141},
        ],
        "verifyKeyIndicator": ("verificationKey", ("ecdsaNistP256", ("compressed-y-0", SIDE))),
    } | more
    if REGIONS[region] is not None:
        signed["region"] = REGIONS[region]
    return {
        "version": 3,
        "type": "explicit",
        "issuer": ("sha256AndDigest", DIGEST),
        "toBeSigned": signed,
        "signature": SIGNATURE,
    }


def envelope(payload: bytes, signer: Any = ("digest", DIGEST), **header: Any) -> bytes:
    DATA.set_val(
        {
            "protocolVersion": 3,
            "content": (
                "signedData",
                {
                    "hashId": "sha256",
                    "tbsData": {
                        "payload": {"data": {"protocolVersion": 3, "content": ("unsecuredData", payload)}},
                        "headerInfo": {"psid": 36, "generationTime": GENERATED} | header,
                    },
                    "signer": signer,
                    "signature": SIGNATURE,
                },
            ),
        }
    )
    found: bytes = DATA.to_coer()
    return found


def secured(kind: str, signer: Any = ("digest", DIGEST), **header: Any) -> bytes:
    """A frame whose packet is signed."""
    packet = gn.Packet(gn.SingleHop(AT), BtpB(PORTS[kind]).encode() + messages()[kind].encode()).encode()
    return Frame(
        MAC, bytes((packet[0] & 0xF0 | gn.SECURED,)) + packet[1:4] + envelope(packet[4:], signer, **header)
    ).encode()


def test_a_signed_packet_is_read_and_said_not_to_be_verified() -> None:
    found = dissect(secured("DENM"))
    assert found.problem == ""
    assert found.json["message"] == "DENM"
    assert found.json["verified"] is False
    assert found.json["value"] == dissect(messages()["DENM"].encode()).json["value"]
    assert found.json["security"] == {
        "content": "signed",
        "verified": False,
        "hash": "SHA-256",
        "psid": 36,
        "generated": "2026-01-01T00:01:01.250000Z",
        "signer": {"digest": DIGEST.hex()},
        "signature": "ECDSA on NIST P-256",
    }
    layers = [name for depth, name, _ in found.lines if not depth]
    assert layers == ["Ethernet", "GeoNetworking", "Security", "BTP-B", "DENM"]
    assert next(text for depth, name, text in found.lines if name == "DENM").endswith(", signed, not verified")


@pytest.mark.parametrize("region", REGIONS)
def test_a_signers_certificate(region: str) -> None:
    found = dissect(secured("CAM", ("certificate", [ticket(region, assuranceLevel=b"\x80")])))
    assert found.problem == ""
    security = found.json["security"]
    assert "not_read" not in security
    signer = security["signer"]["certificate_1"]
    assert signer["issuer"] == DIGEST.hex()
    assert signer["valid_from"] == "2025-12-31T23:01:01.000000Z"
    assert signer["valid_for_in_s"] == 168 * 3600.0
    assert signer["permissions"] == ["36 01fffc", "37 02", "141"]
    assert ("region" in signer) == (region != "none")
    if region == "circle":
        place = {"latitude_in_degrees": 31.0, "longitude_in_degrees": -121.85}
        assert signer["region"] == {"circle": place | {"radius_in_m": 500}}
    assert security["signature"] == "ECDSA on NIST P-256"


def test_everything_a_header_may_have() -> None:
    where = {"latitude": 900000001, "longitude": 1218500000, "elevation": 4096 + 125}
    found = dissect(
        secured(
            "CAM",
            expiryTime=GENERATED + 5_000_000,
            generationLocation=where,
            p2pcdLearningRequest=b"\1\2\3",
            inlineP2pcdRequest=[b"\4\5\6", b"\7\x08\x09"],
        )
    ).json["security"]
    assert found["expires"] == "2026-01-01T00:01:06.250000Z"
    assert found["generated_at"] == {
        "latitude_in_degrees": None,
        "longitude_in_degrees": 121.85,
        "elevation_in_m": 12.5,
    }
    assert found["asks_for_certificate"] == "010203"
    assert found["asks_for_certificates"] == ["040506", "070809"]
    assert found["signature"] == "ECDSA on NIST P-256"


def test_names_linkage_and_keys_of_a_certificate() -> None:
    linkage = {"iCert": 5, "linkage-value": bytes(9), "group-linkage-value": {"jValue": b"\0\0\0\1", "value": bytes(9)}}
    key = {
        "supportedSymmAlg": "aes128Ccm",
        "publicKey": ("eciesNistP256", ("uncompressedP256", {"x": SIDE, "y": SIDE})),
    }
    brainpool = ("verificationKey", ("ecdsaBrainpoolP384r1", ("compressed-y-1", bytes(48))))
    for more, name in (
        ({"id": ("name", "station 7")}, "station 7"),
        ({"id": ("binaryId", b"\1\2")}, "0102"),
        ({"id": ("linkageData", linkage), "encryptionKey": key}, f"linkage {bytes(9).hex()} of period 5"),
        ({"verifyKeyIndicator": brainpool}, "none"),
    ):
        found = dissect(secured("CAM", ("certificate", [ticket(**more)]))).json["security"]
        assert found["signer"]["certificate_1"]["id"] == name
        assert found["signature"] == "ECDSA on NIST P-256"


def test_what_cannot_be_read_behind_the_payload_hides_nothing() -> None:
    """A certificate that lets others be issued."""
    more = {
        "certIssuePermissions": [
            {"subjectPermissions": ("all", 0), "minChainLength": 1, "chainLengthRange": 0, "eeType": (128, 8)}
        ]
    }
    found = dissect(secured("DENM", ("certificate", [ticket(**more)])))
    assert found.problem == ""
    assert found.json["message"] == "DENM"
    assert "lets others be issued" in found.json["security"]["not_read"]


def test_bare_envelopes_and_unsecured_ones() -> None:
    octets = messages()["CAM"].encode()
    assert dissect(envelope(octets)).json["message"] == "CAM"
    DATA.set_val({"protocolVersion": 3, "content": ("unsecuredData", octets)})
    found = dissect(DATA.to_coer())
    assert found.json["message"] == "CAM"
    assert "verified" not in found.json


def test_encrypted_ones_are_passed_over() -> None:
    found = dissect(b"\3\x82" + bytes(40))
    assert (found.problem, found.passed_over, found.json["security"]) == ("", "encrypted", {"content": "encrypted"})


@pytest.mark.parametrize(
    ("octets", "told"),
    [
        (b"\2\x81\0", "security version = 2: the format of TS 103 097 V1.2.1 and before, which is not supported"),
        (b"\4", "security version = 4: must be 3, IEEE 1609.2"),
        (b"\3\x83\0", "IEEE 1609.2: content = 3: must be unsecured"),
        (b"\3\1", "IEEE 1609.2: tag 0x01 at 1: must be of a choice"),
        (b"\3\x80\x89", "IEEE 1609.2: length of 9 octets"),
        (b"\3\x80\5ab", "IEEE 1609.2: ends after 5 octets, 5 more at 3 are missing"),
    ],
)
def test_what_is_no_envelope(octets: bytes, told: str) -> None:
    with pytest.raises(DecodeError) as refused:
        security.read(octets)
    assert str(refused.value).startswith(told)


def test_mutations_are_told_and_never_raised() -> None:
    random = Random(1)
    valid = [secured("CAM", ("certificate", [ticket(region)])) for region in REGIONS] + [secured("DENM")]
    for _ in range(3000):
        octets = bytearray(random.choice(valid))
        for _ in range(random.randint(1, 4)):
            octets[random.randrange(14, len(octets))] = random.randrange(256)
        dissect(bytes(octets[: random.randint(14, 2 * len(octets))]))


def test_seconds_are_told_both_ways() -> None:
    for utc in (1_072_915_200, 1_136_073_599, 1_136_073_600, 1_483_228_799, 1_483_228_800, WHEN):
        assert utc_of(timestamp_its(float(utc)) // 1000) == utc
