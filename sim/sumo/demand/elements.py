"""XML, element by element: read, and written anew."""

from __future__ import annotations

import gzip
import heapq
import io
import math
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, NamedTuple, cast
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from wayside.edge.errors import ScenarioError
from wayside.sim.sumo.references import open_unpacked

CHUNK = 1 << 18  # bytes read at once
ROUNDING = 0.01  # s, more than a departure is rounded by


class Node(NamedTuple):
    """An element of a file, whole."""

    tag: str
    attributes: dict[str, str]
    children: list[Node]


def opening(tag: str, attributes: Mapping[str, str]) -> str:
    """The begin of an element's tag, up to its attributes."""
    said = "".join([f' {name}="{value}"' for name, value in attributes.items()])
    if "&" in said or "<" in said or "\n" in said or said.count('"') != 2 * len(attributes):
        said = "".join([f" {name}={quoteattr(value)}" for name, value in attributes.items()])
    return f"<{tag}{said}"


def text_of(node: Node, attributes: Mapping[str, str] | None = None) -> str:
    """An element as XML, on a line of its own; with other attributes where they are given."""
    text = opening(node.tag, node.attributes if attributes is None else attributes)
    if not node.children:
        return f"{text}/>\n"
    return f"{text}>\n{''.join([text_of(child) for child in node.children])}</{node.tag}>\n"


def first_edge(node: Node) -> str:
    """The first edge of a route; empty where it has none."""
    return next(iter(node.attributes.get("edges", "").split(None, 1)), "")


def feed(parser: expat.XMLParserType, path: Path) -> None:
    """Parse all of a file. ScenarioError where it is not XML to its end."""
    with reading(path), open_unpacked(path) as stream:
        try:
            while chunk := stream.read(CHUNK):
                parser.Parse(chunk, False)
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            place = f"line {error.lineno}, column {error.offset + 1}"
            said = expat.ErrorString(error.code)
            raise ScenarioError(f"{path}: {place}: not a SUMO file: {said}") from None


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Within this block, what is wrong with a packed file is told of `path`."""
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ScenarioError(f"{path}: cannot be unpacked: {' '.join(str(error).split())}") from None


@contextmanager
def writing(path: Path, packed: bool) -> Iterator[io.TextIOWrapper]:
    """A new file of text, packed with gzip or not, that holds nothing of the clock."""
    with ExitStack() as opened:
        octets: IO[bytes] = opened.enter_context(path.open("wb"))
        if packed:  # at the least level: it is read once, then removed
            octets = cast(IO[bytes], opened.enter_context(gzip.GzipFile("", "wb", 1, octets, 0)))
        yield opened.enter_context(io.TextIOWrapper(octets, "utf-8", newline="\n"))


def is_packed(path: Path) -> bool:
    """Whether a file is gzip, whatever it is called."""
    with path.open("rb") as stream:
        return stream.read(2) == b"\x1f\x8b"


class Departures:
    """Writes a file: definitions at once, departures in their order."""

    def __init__(self, out: io.TextIOWrapper, in_order: bool, least_offset: float) -> None:
        """in_order: whether departures must be, as in SUMO's route files; least_offset: by how much later than in the
        file the earliest can be that is still to come, s, at most 0.
        """
        self._out = out
        self.in_order = in_order
        self._least = least_offset - ROUNDING
        self._heap: list[tuple[float, int, str]] = []
        self._count = 0
        self.now = -math.inf  # s: where the file's departures have come to
        self.late: list[str] = []  # ids of what is out of order in the file

    def write(self, text: str) -> None:
        """Write a definition."""
        self._out.write(text)

    def at(self, time: float, text: str) -> None:
        """Write what departs at `time`, s, when no earlier one can follow."""
        if not self.in_order:
            self._out.write(text)
            return
        self._count += 1
        heapq.heappush(self._heap, (time, self._count, text))

    def comes(self, id: str, time: float, scheduled: bool) -> bool:
        """Whether SUMO takes what departs at `time`, s, at this place of the file; `scheduled`: of a line, whose
        departure does not count for those that follow.
        """
        if not self.in_order:
            return True
        if time < self.now:
            self.late.append(id)
            return False
        if not scheduled:
            self.now = time
            bound = time + self._least
            while self._heap and self._heap[0][0] <= bound:
                self._out.write(heapq.heappop(self._heap)[2])
        return True

    def flush(self) -> None:
        """Write whatever waits."""
        while self._heap:
            self._out.write(heapq.heappop(self._heap)[2])
