"""`wayside decode`: captures, files, hexadecimal octets; bad input is one line and status 2."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.edge.net.packets import HERE, MAC, messages
from tests.edge.net.tshark import captured
from tests.sim.children import wayside
from wayside.edge.messages import build_csae
from wayside.edge.net import geonetworking as gn
from wayside.edge.net.btp import PORTS, BtpB
from wayside.edge.net.ethernet import Frame
from wayside.sim.cli.command import main

Decode = Callable[..., tuple[int, str, str]]
# A CAM that pycrate made.
CAM = "02020012d68710e10059ada558161561a000c806470833450c00384122b68402c08a50540e21fe1880"


def frames() -> list[bytes]:
    at = gn.Position(gn.Address(MAC), 1, *HERE)
    packets = [gn.Packet(gn.SingleHop(at), BtpB(PORTS[k]).encode() + said.encode()) for k, said in messages().items()]
    return [Frame(MAC, packet.encode()).encode() for packet in packets]


@pytest.fixture
def decode(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Decode:
    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["wayside", "decode", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run


def test_octets_on_the_command_line(decode: Decode) -> None:
    status, out, err = decode(CAM)
    assert (status, err) == (0, "")
    assert out.startswith("CAM: EN 302 637-2")
    assert "\n  header\n    protocolVersion: 2\n" in out
    assert "latitude: 39.9 degrees (399000000)\n" in out
    spaced = "0x" + ":".join(CAM[k : k + 2] for k in range(0, len(CAM), 2)) + "\n"
    assert decode(spaced) == (status, out, err)
    assert decode(CAM, "--as", "cam") == (status, out, err)


def test_the_chinese_set_by_its_name(decode: Decode) -> None:
    octets = build_csae.bsm(7, HERE, 1_767_225_661.25, speed=13.9).encode()
    status, out, _ = decode(octets.hex(), "--as", "message-frame")
    assert status == 0
    assert "speed: 13.9 m/s (695)" in out


def test_a_capture(decode: Decode, tmp_path: Path) -> None:
    path = captured(tmp_path / "a.pcap", frames())
    status, out, err = decode(path)
    assert (status, err) == (0, "")
    heads = [line for line in out.splitlines() if not line.startswith(" ")]
    assert heads[1] == f"packet 2, 2026-01-01T00:01:01.251000000Z, {len(frames()[1])} octets"
    assert [
        line.split(":")[0] for line in out.splitlines() if line[:2] == "  " and line[2:].split(":")[0] in PORTS
    ] == [f"  {kind}" for kind in messages()]
    status, out, _ = decode(path, "--json", "--count", 2)
    one, two = map(json.loads, out.splitlines())
    assert (one["message"], two["message"], two["number"]) == ("CAM", "DENM", 2)
    assert two["btp-b"] == {"port": 2002, "info": 0}
    assert two["time"] == "2026-01-01T00:01:01.251000000Z"


def test_a_broken_packet_does_not_hide_the_others(decode: Decode, tmp_path: Path) -> None:
    good = frames()[0]
    path = captured(tmp_path / "a.pcap", [good, good[:-30], good])
    status, out, err = decode(path)
    assert status == 2
    assert out.count("packet ") == 3
    assert "\n  malformed: GN payload: ends after" in out
    assert err == f"wayside: {path}: 1 of 3 packets malformed\n"
    _, out, _ = decode(path, "--json")
    assert [("problem" in json.loads(line)) for line in out.splitlines()] == [False, True, False]


def test_a_file_of_one_packet(decode: Decode, tmp_path: Path) -> None:
    path = tmp_path / "one.bin"
    path.write_bytes(frames()[1])
    status, out, _ = decode(path)
    assert status == 0
    assert out.startswith("Ethernet\n  source: 02:00:00:00:00:07\n")
    assert json.loads(decode(path, "--json")[1])["message"] == "DENM"


def test_texts_do_nothing_to_a_terminal(decode: Decode) -> None:
    from wayside.sim.cli.decode import _printable

    assert _printable("a\x1b[2J\nb é") == "a\\x1b[2J\\nb é"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no octets"),
        (b"\x0a\x0d\x0d\x0a" + bytes(40), "after packet 0: byte-order magic = 00000000: must be 1a2b3c4d"),
        (b"\xd4\xc3\xb2\xa1", "ends within the file header"),
        (b"\xff\xff", "message starts with ffff: not known; --as says what it is"),
        (bytes(70_000), "no capture, and more than 65536 octets"),
        (b"\x11\0", "GN basic header: ends after 2 octets: must have 4"),
    ],
)
def test_bad_files(decode: Decode, tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    status, out, err = decode(path)
    assert (status, out) == (2, "")
    assert err.startswith(f"wayside: {path}: {told}")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nosuch.pcap"], "wayside: nosuch.pcap: no such file, and no hexadecimal octets\n"),
        (["0x"], "wayside: 0x: 0 octets: must be 1..65536\n"),
        (["zz\nzz"], "wayside: zz zz: no such file, and no hexadecimal octets\n"),
        (["123"], "wayside: 123: no such file, and no hexadecimal octets\n"),
        ([CAM[:30]], f"wayside: {CAM[:30]}: CAM: "),
        ([CAM, "--as", "XYZ"], "wayside: --as XYZ: must be one of CAM, DENM"),
        (["/"], "wayside: /: is a directory: name a capture, as the v2x.pcap in it, or a file of one packet\n"),
        (["x" * 5000], "wayside: " + "x" * 40 + " ... "),
    ],
)
def test_bad_arguments(decode: Decode, arguments: list[str], told: str) -> None:
    status, out, err = decode(*arguments)
    assert (status, out) == (2, "")
    assert err.startswith(told)
    assert err.count("\n") == 1


CASES = Path(__file__).parents[3] / "../shared/cases"
needs_cases = pytest.mark.skipif(not CASES.is_dir(), reason="../shared is not here")


@needs_cases
def test_frames_of_others_are_passed_over_and_counted_apart(decode: Decode) -> None:
    path = CASES / "non_gn_frames.pcap"
    status, out, err = decode(path)
    assert (status, out) == (0, "")
    assert err == f"wayside: {path}: 6 of 6 packets passed over: 5 IPv4, 1 ARP\n"


@needs_cases
def test_a_station_without_a_fix(decode: Decode) -> None:
    status, out, err = decode((CASES / "gn_position_int_min.hex").read_text())
    assert (status, err) == (0, "")
    assert "latitude: unavailable\n" in out
    assert "\nCAM: " in out


def test_links_that_are_not_read(decode: Decode, tmp_path: Path) -> None:
    path = captured(tmp_path / "a.pcap", frames()[:2])
    octets = bytearray(path.read_bytes())
    octets[20] = 101
    path.write_bytes(octets)
    status, out, err = decode(path)
    assert (status, out) == (2, "")
    assert err.startswith(f"wayside: {path}: link type = 101: must be one of 1 (Ethernet), 105 (802.11)")


def test_a_frame_of_sae_j2735(decode: Decode) -> None:
    from wayside.edge.messages.catalogue import message

    core = {
        "msgCnt": 1,
        "id": b"abcd",
        "secMark": 1250,
        "lat": 310000001,
        "long": 1218500000,
        "elev": 125,
        "transmission": "forwardGears",
        "speed": 695,
        "heading": 7200,
        "angle": 127,
        "accuracy": {"semiMajor": 255, "semiMinor": 255, "orientation": 65535},
        "accelSet": {"long": 2001, "lat": 2001, "vert": -127, "yaw": 0},
        "brakes": {
            "wheelBrakes": (0, 5),
            "traction": "unavailable",
            "abs": "unavailable",
            "scs": "unavailable",
            "brakeBoost": "unavailable",
            "auxBrakes": "unavailable",
        },
        "size": {"width": 180, "length": 450},
    }
    octets = message("J2735_FRAME").encode({"messageId": 20, "value": {"coreData": core}})
    for name in ("J2735", "j2735-frame"):
        status, out, _ = decode(octets.hex(), "--as", name)
        assert status == 0
        assert "speed: 13.9 m/s (695)" in out
        assert "lat: 31.0000001 degrees" in out


def test_as_a_command() -> None:
    done = wayside("decode", CAM[:30])
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_what_is_no_packet(decode: Decode, tmp_path: Path) -> None:
    allowed = "it takes a capture, a file of one packet, or hexadecimal octets"
    for what, said in (
        ("", f"decode: nothing is named: {allowed}"),
        (" ", f"decode: nothing is named: {allowed}"),
        (tmp_path, f"{tmp_path}: is a directory: name a capture, as the v2x.pcap in it, or a file of one packet"),
    ):
        assert decode(what) == (2, "", f"wayside: {said}\n")
