"""What SUMO wrote, made reproducible: the facts of the wall clock taken out of its files.

Where SUMO 1.28 writes such facts: a comment at the head of every XML output (date, options with their paths),
or with --write-metadata an element; `performance` in the statistics; the `duration` of each step in the
summaries (ms of computing; also as CSV and Parquet); in logs the time each part took, the performance block,
timestamps and process ids, and words that tell libsumo from TraCI. The path of the run's own folder, which has
a temporary name, is taken out too: logs and saved states have it.
"""

import gzip
import os
import re
import shutil
import zlib
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, cast

import pyarrow as pa
import pyarrow.parquet as pq

from wayside.sim.disk.rundir import disk_error

_CHUNK = 1 << 20  # bytes read at once
_TAIL = 4096  # bytes in which a closing root element must stand
_NOT_SUMOS = (".json", ".toml", ".pcap")

_GENERATED = re.compile(rb"<!-- generated on (\S+) by .*?-->\s*", re.DOTALL)
_METADATA = re.compile(rb'[ \t]*<metadata created_at="([^"]*)".*?</metadata>\r?\n?', re.DOTALL)
_PROLOG = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>]*>)*", re.DOTALL)
_ROOT = re.compile(rb"<([A-Za-z_][\w.:-]*)[^>]*?(/?)>")
_CLOCK_ATTRIBUTE = re.compile(
    rb" (clockBegin|clockEnd|clockDuration|traciDuration|realTimeFactor|vehicleUpdatesPerSecond"
    rb'|personUpdatesPerSecond)="([^"]*)"'
)
_STEP_DURATION = re.compile(rb' duration="([\d.]*)"')
_SUMMARY_COLUMNS = frozenset({"loaded", "inserted", "ended", "arrived", "teleports", "discarded", "duration"})

_STAMP = re.compile(rb"^(?:\[\d{4}-\d\d-\d\dT[^\]]*\] )?(?:\[PID: \d+\] )?")
_TOOK = re.compile(rb"(\bdone) \((\d+)ms\)")
_LOG_CUTS = (
    (re.compile(rb" spent [\d.]+s answering queries \([\d.]+ms on average\)"), b" answered its queries"),
    (re.compile(rb" started via libsumo with time:"), b" started with time:"),
    (re.compile(rb"^Reason: (?:TraCI|Libsumo) requested"), b"Reason: TraCI requested"),
)
_PORT = re.compile(rb"^\*\*\*Starting server on port \d+ \*\*\*")
_PERFORMANCE = re.compile(rb"^ (Duration|TraCI-Duration|Real time factor|UPS|UPS-Persons): (\S+)")

Facts = dict[str, object]


@dataclass(frozen=True)
class _Shape:
    """How one file is settled."""

    head: bytes  # its beginning as read
    new_head: bytes  # and as it shall be
    line: Callable[[bytes], bytes] | None = None  # what becomes of each line, that of the new head too
    closing: bytes = b""  # what the whole file ends with, before white space if it is none


@dataclass
class Settled:
    """What `settle` found, by file (relative, with slashes)."""

    facts: dict[str, Facts] = field(default_factory=dict)  # taken out: for timing.json
    truncated: list[str] = field(default_factory=list)  # not finished by SUMO: a full disk, a kill


class _TruncatedError(Exception):
    """The file ends too early to be settled."""


def settle(folder: Path) -> Settled:
    """Take the wall clock out of every file of SUMO's below `folder`; a second time changes nothing more.

    Call it before the folder is renamed and after the inputs are unlinked; links are left alone. It streams,
    and replaces a file when its new form is whole. Raises OutputError where that cannot be written: the file
    is then as SUMO left it.
    """
    settled = Settled()
    homes = [os.fsencode(f"{path}/") for path in {folder, folder.absolute(), folder.resolve()}]
    homes.sort(key=lambda home: (-len(home), home))
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file() or path.suffix in _NOT_SUMOS:
            continue
        name = path.relative_to(folder).as_posix()
        facts: Facts = {}
        try:
            _settle(path, homes, facts)
        except _TruncatedError:
            settled.truncated.append(name)
        except OSError as error:
            raise disk_error(path, error) from None
        if facts:
            settled.facts[name] = facts
    return settled


def _settle(path: Path, homes: list[bytes], facts: Facts) -> None:
    """Settle one file, by what it is and not by its name."""
    with path.open("rb") as raw:
        magic = raw.read(4)
    if magic == b"PAR1" or path.suffix == ".parquet":
        _settle_parquet(path, facts)
        return
    if not magic:
        if path.suffix in (".xml", ".gz"):  # SUMO writes the head when it opens the file
            raise _TruncatedError
        return
    packed = magic.startswith(b"\x1f\x8b")
    partial = path.with_name(path.name + ".settling")
    try:
        with ExitStack() as opened:
            source = _source(opened, path, packed)
            shape = _shape(source, facts)
            if shape.line is None and shape.new_head == shape.head:
                changed, tail = False, _end(source, shape.head, packed)
            else:
                with ExitStack() as stack:
                    changed, tail = _rewrite(source, shape, homes, _sink(stack, partial, packed))
        if not (tail if shape.closing == b"\n" else tail.rstrip()).endswith(shape.closing):
            raise _TruncatedError
        if changed:
            shutil.copymode(path, partial)
            os.replace(partial, path)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        facts.clear()
        raise _TruncatedError from None
    finally:
        partial.unlink(missing_ok=True)


def _source(stack: ExitStack, path: Path, packed: bool) -> IO[bytes]:
    return stack.enter_context(cast(IO[bytes], gzip.open(path)) if packed else path.open("rb"))


def _sink(stack: ExitStack, partial: Path, packed: bool) -> IO[bytes]:
    """Where a file's new form is written; a gzip without name and time."""
    raw = stack.enter_context(partial.open("wb"))
    if not packed:
        return raw
    return cast(IO[bytes], stack.enter_context(gzip.GzipFile("", "wb", 6, raw, mtime=0)))


def _end(source: IO[bytes], head: bytes, packed: bool) -> bytes:
    """The last bytes of a file of which `head` was read."""
    if not packed:
        source.seek(max(0, source.seek(0, os.SEEK_END) - _TAIL))
        return source.read()
    tail = head
    while chunk := source.read(_CHUNK):
        tail = tail[-_TAIL:] + chunk
    return tail[-_TAIL:]


def _rewrite(source: IO[bytes], shape: _Shape, homes: list[bytes], sink: IO[bytes]) -> tuple[bool, bytes]:
    """Write the new form of a file: whether it differs, and its last bytes."""
    changed = shape.new_head != shape.head
    pending, tail = shape.new_head, b""
    while pending:
        if not pending.endswith(b"\n"):
            pending += source.readline()
        new = pending
        if shape.line is not None:
            new = b"".join(map(shape.line, pending.splitlines(keepends=True)))
        for home in homes:
            new = new.replace(home, b"")
        changed = changed or new != pending
        sink.write(new)
        tail = (tail + new)[-_TAIL:]
        pending = source.read(_CHUNK)
    return changed, tail


def _shape(source: IO[bytes], facts: Facts) -> _Shape:
    """Read a file's beginning and see what it is."""
    head = source.read(_CHUNK)
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return _xml(source, head, facts)
    first = head.partition(b"\n")[0].rstrip(b"\r")
    separator = re.search(rb"[^\w.]", first)
    if separator:
        columns = [column.rpartition(b"_")[2].decode("latin-1") for column in first.split(separator[0])]
        if columns[-1] == "duration" and _SUMMARY_COLUMNS.issubset(columns):
            return _Shape(head, head, _csv_line(separator[0], facts), b"\n")
        if b" " not in first:  # another table: nothing to look for in it
            return _Shape(head, head, closing=b"\n")
    if b"\0" in head:
        return _Shape(head, head)
    return _Shape(head, head, _log_line(facts))


def _xml(source: IO[bytes], head: bytes, facts: Facts) -> _Shape:
    """An XML file: its head without date and options, and the lines of the two kinds that time themselves."""
    while True:
        prolog = _PROLOG.match(head)
        root = _ROOT.match(head, prolog.end() if prolog else 0)
        if root and (b"<metadata " not in head[root.end() : root.end() + 100] or b"</metadata>" in head):
            break
        more = source.read(_CHUNK)
        if not more:
            raise _TruncatedError
        head += more
    before, after = head[: root.start()], head[root.start() :]
    for pattern in (_GENERATED, _METADATA):
        part = before if pattern is _GENERATED else after
        if found := pattern.search(part):
            facts["generated"] = found[1].decode("latin-1")
            part = part[: found.start()] + part[found.end() :]
        before, after = (part, after) if pattern is _GENERATED else (before, part)
    name = root[1]
    closing = b"/>" if root[2] else b"</" + name + b">"
    lines = {b"statistics": _statistics_line, b"summary": _step_line, b"personSummary": _step_line}
    return _Shape(head, before + after, lines[name](facts) if name in lines else None, closing)


def _statistics_line(facts: Facts) -> Callable[[bytes], bytes]:
    def line(text: bytes) -> bytes:
        if b"<performance " not in text:
            return text
        facts.update({m[1].decode(): _number(m[2]) for m in _CLOCK_ATTRIBUTE.finditer(text)})
        return _CLOCK_ATTRIBUTE.sub(b"", text)

    return line


def _step_line(facts: Facts) -> Callable[[bytes], bytes]:
    def line(text: bytes) -> bytes:
        if b"<step " not in text or not (found := _STEP_DURATION.search(text)):
            return text
        _add(facts, "steps_ms", found[1])
        return text[: found.start()] + text[found.end() :]

    return line


def _csv_line(separator: bytes, facts: Facts) -> Callable[[bytes], bytes]:
    def line(text: bytes) -> bytes:
        row = text.rstrip(b"\r\n")
        kept, found, last = row.rpartition(separator)
        if not found:
            return text
        if not last.endswith(b"duration"):
            _add(facts, "steps_ms", last)
        return kept + text[len(row) :]

    return line


def _log_line(facts: Facts) -> Callable[[bytes], bytes]:
    in_performance = False

    def line(text: bytes) -> bytes:
        nonlocal in_performance
        text = _STAMP.sub(b"", text)
        if in_performance:
            if found := _PERFORMANCE.match(text):
                facts[found[1].decode()] = _number(found[2].rstrip(b"s"))
                return b""
            in_performance = False
        if text.rstrip() == b"Performance:":
            in_performance = True
            return b""
        if _PORT.match(text):
            return b""
        if took := _TOOK.search(text):
            _add(facts, "done_ms", took[2])
            text = text[: took.end(1)] + text[took.end() :]
        for pattern, new in _LOG_CUTS:
            text = pattern.sub(new, text)
        return text

    return line


def _settle_parquet(path: Path, facts: Facts) -> None:
    partial = path.with_name(path.name + ".settling")
    try:
        with pq.ParquetFile(path) as file:
            names = file.schema_arrow.names
            columns = [name.rpartition("_")[2] for name in names]
            if columns[-1] != "duration" or not _SUMMARY_COLUMNS.issubset(columns):
                return
            with pq.ParquetWriter(partial, file.schema_arrow.remove(len(names) - 1), compression="none") as writer:
                for group in range(file.num_row_groups):
                    table = file.read_row_group(group)
                    for value in table.column(len(names) - 1):
                        _add(facts, "steps_ms", str(value.as_py()).encode())
                    writer.write_table(table.remove_column(len(names) - 1))
        os.replace(partial, path)
    except pa.ArrowInvalid:  # no footer
        raise _TruncatedError from None
    finally:
        partial.unlink(missing_ok=True)


def _add(facts: Facts, name: str, value: bytes) -> None:
    """Add up what several lines say."""
    so_far, more = facts.get(name, 0.0), _number(value)
    if isinstance(so_far, float) and isinstance(more, float):
        facts[name] = so_far + more


def _number(value: bytes) -> float | str:
    try:
        return float(value)
    except ValueError:
        return value.decode("latin-1")
