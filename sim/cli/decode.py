"""`wayside decode`: what packets say, from a capture, a file of one packet, or hexadecimal octets."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from wayside.edge.errors import DecodeError

_LONGEST = 65_536  # octets of a packet that is alone in its file, or on the command line
_SECOND = 1_000_000_000  # ns
_NO_DIGITS = re.compile(r"0[xX]|[\s:,-]+")


def decode(
    what: Annotated[
        str,
        typer.Argument(metavar="FILE|HEX", help="A pcap or pcapng file, a binary file of one packet, or its octets."),
    ],
    as_: Annotated[
        str | None, typer.Option("--as", metavar="MESSAGE", help="The message, where no port or header tells: CAM ...")
    ] = None,
    count: Annotated[int | None, typer.Option(metavar="N", min=1, help="Only the first N packets.")] = None,
    json_: Annotated[bool, typer.Option("--json", help="One JSON object per packet.")] = False,
) -> None:
    """Print packets readably: Ethernet, GeoNetworking and BTP headers, and the message in SI units."""
    from wayside.edge.net.dissect import dissect
    from wayside.edge.net.links import LINKS, unread

    kind = _message_name(as_)
    bad = read = number = 0
    passed_over: Counter[str] = Counter()
    links: Counter[int] = Counter()  # that are not read
    for number, (time, link, data) in enumerate(islice(_packets(what), count), 1):
        alone = link is None
        if link is not None and link not in LINKS:
            links[link] += 1
            continue
        found = dissect(data, kind, link)
        if found.passed_over and not alone:
            passed_over[found.passed_over] += 1
            continue
        read += 1
        when = {} if time is None else {"time": _clock(time)}
        if json_ and (not alone or found.lines):
            head = {} if alone else {"number": number} | when
            typer.echo(json.dumps(head | {"length": len(data)} | found.json))
        elif not json_:
            if not alone:
                typer.echo(", ".join((f"packet {number}", *when.values(), f"{len(data)} octets")))
            for depth, name, text in found.lines:
                typer.echo("  " * (depth + (not alone)) + name + (f": {_printable(text)}" if text else ""))
            if found.problem and not alone:
                typer.echo(f"  malformed: {found.problem}")
        if alone and found.problem:
            raise DecodeError(_shown(f"{what}: {found.problem}"))
        bad += bool(found.problem)
    if links and not read and not passed_over:
        raise DecodeError(f"{what}: {unread(min(links))}")
    passed_over.update({f"link type {link}": times for link, times in links.items()})
    if passed_over:
        each = ", ".join(f"{times} {name}" for name, times in passed_over.most_common())
        typer.echo(f"wayside: {what}: {passed_over.total()} of {number} packets passed over: {each}", err=True)
    if bad:
        raise DecodeError(f"{what}: {bad} of {read} packets malformed")


def _message_name(as_: str | None) -> str | None:
    """As the catalogue has it, which is asked so that a mistake is told before anything else."""
    from wayside.edge.messages.catalogue import ALSO, names

    if as_ is None:
        return None
    known = {name.upper(): name for name in names()} | ALSO
    name = as_.upper().replace("-", "_")
    if name not in known:
        raise DecodeError(f"--as {as_}: must be one of {', '.join([*names(), *ALSO])}")
    return known[name]


def _packets(what: str) -> Iterator[tuple[int | None, int | None, bytes]]:
    """Each packet's time [ns since 1970], the link type of its capture, None where there is none, and its octets."""
    from wayside.edge.net import pcap

    if not what.strip():
        raise DecodeError("decode: nothing is named: it takes a capture, a file of one packet, or hexadecimal octets")
    path = Path(what)
    try:
        is_file = path.is_file()
        if path.is_dir():
            raise DecodeError(f"{what}: is a directory: name a capture, as the v2x.pcap in it, or a file of one packet")
    except (OSError, ValueError):  # too long for a name, or with a zero in it
        is_file = False
    if not is_file:
        yield None, None, _octets(what)
        return
    try:
        with path.open("rb") as file:
            start = file.read(_LONGEST + 1)
    except OSError as error:
        raise DecodeError(f"{what}: {error.strerror}") from None
    if pcap.is_capture(start):
        yield from pcap.packets(path)
    elif len(start) > _LONGEST:
        raise DecodeError(f"{what}: no capture, and more than {_LONGEST} octets: too long for a packet")
    else:
        yield None, None, start


def _octets(text: str) -> bytes:
    digits = _NO_DIGITS.sub("", text)
    try:
        found = bytes.fromhex(digits)
    except ValueError:
        raise DecodeError(f"{_shown(text)}: no such file, and no hexadecimal octets") from None
    if not 0 < len(found) <= _LONGEST:
        raise DecodeError(f"{_shown(text)}: {len(found)} octets: must be 1..{_LONGEST}")
    return found


def _printable(text: str) -> str:
    """A text from the air does nothing to a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _shown(text: str) -> str:
    """On one line, and no longer than one can read."""
    line = " ".join(text.split())
    return line if len(line) <= 300 else f"{line[:40]} ... {line[-200:]}"


def _clock(time: int) -> str:
    return f"{datetime.fromtimestamp(time // _SECOND, UTC):%Y-%m-%dT%H:%M:%S}.{time % _SECOND:09d}Z"
