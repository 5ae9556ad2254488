"""Which files SUMO's files name: inputs to be read, outputs to be written."""

import gzip
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast
from xml.parsers import expat

# Options of a configuration that name files (`sumo --save-template`, type FILE, 1.28). Of these inputs, the
# first four are XML that can name further files.
XML_INPUT_OPTIONS = frozenset({"net-file", "route-files", "additional-files", "gui-settings-file"})
INPUT_OPTIONS = XML_INPUT_OPTIONS | {
    "weight-files",
    "load-state",
    "fcd-output.filter-edges.input-file",
    "device.ssm.filter-edges.input-file",
    "astar.all-distances",
    "astar.landmark-distances",
    "phemlight-path",
    "device.fcd-replay.files",
    "edgedata-files",
    "alternative-net-file",
    "selection-file",
}
OUTPUT_OPTIONS = frozenset(
    {
        "netstate-dump",
        "save-state.prefix",
        "save-state.files",
        "pedestrian.jupedsim.wkt",
        "pedestrian.jupedsim.py",
        "device.rerouting.output",
        "device.taxi.dispatch-algorithm.output",
        "device.taxi.idle-algorithm.output",
        "device.ssm.file",
        "device.toc.file",
        "gui-testing.setting-output",
        "log",
        "message-log",
        "error-log",
    }
)

# Elements whose `file` is read; of any other element it is an output: better a file that SUMO does not find,
# and says so, than one of the user's that it overwrites.
_FILE_IS_INPUT = frozenset({"variableSpeedSign", "rerouter", "calibrator", "decal", "breakpoint", "breakpoints"})
_PICTURES = ("imgFile", "imageFile", "osgFile")
_OUTPUT_PARAMETERS = frozenset({"device.ssm.file", "device.toc.file"})

# What a file must contain to name another. Nets and routes can be gigabytes, and hardly ever do.
_HINT = re.compile(
    rb"\b(?:file|href|output|dest|imgFile|imageFile|osgFile|edgesFile)\s*=|key\s*=\s*[\"'](?:file|device\.(?:ssm|toc)\.file)[\"']"
)
_WORDS = (b"ile", b"href", b"output", b"dest")  # one of which is in each match: to find them is ten times quicker
_HINT_LENGTH = 200  # bytes, more than a match can be
_CHUNK = 1 << 20  # bytes read at once

INCLUDE = "include href"  # the label of a reference whose file is read as if it stood there
NOTHING = "NUL"  # SUMO's name for an output that nobody reads
_NOTHING = re.compile(r"nul|NUL|/dev/null")
# SUMO's names for what else is no file: the console, a socket.
_NO_FILE = re.compile(
    r"-|stdout|STDOUT|stderr|STDERR|/dev/(?:stdin|stdout|stderr|tty|fd/\d+)|[^/\\:]{2,}:\d+|\w{2,}://.*"
)


@dataclass(frozen=True)
class Reference:
    """A file named in an XML file, and where."""

    value: str  # as written
    is_output: bool
    is_xml: bool  # an input that can name further files
    is_needed: bool  # SUMO fails without this input
    from_cwd: bool  # SUMO takes it relative to the working directory, not to the file that names it
    offset: int  # of the element's "<" in the (unpacked) file, bytes
    attribute: str  # the attribute to rewrite
    label: str  # for people: "variableSpeedSign file"


def is_output_option(name: str) -> bool:
    """Whether an option of a configuration names a file that SUMO writes."""
    return name in OUTPUT_OPTIONS or name.endswith("-output")


def is_file(value: str) -> bool:
    """Whether a value names a file, and not the console, a socket, an address or nothing."""
    return bool(value) and not is_nothing(value) and not _NO_FILE.fullmatch(value)


def is_nothing(value: str) -> bool:
    """Whether an output is written for nobody."""
    return _NOTHING.fullmatch(value) is not None


def open_unpacked(path: Path) -> IO[bytes]:
    """A file's bytes, gunzipped if it is gzip, whatever its name says (as SUMO does)."""
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
    return cast(IO[bytes], gzip.open(path, "rb")) if packed else path.open("rb")


def references(path: Path) -> list[Reference]:
    """The files that an XML file names, in order. Of a broken file, those before the break: SUMO will tell."""
    try:
        if not _may_refer(path):
            return []
        return list(_parse(path))
    except (OSError, EOFError, zlib.error):
        return []


def _may_refer(path: Path) -> bool:
    with open_unpacked(path) as stream:
        tail = b""
        while chunk := stream.read(_CHUNK):
            near = tail + chunk
            if any(word in near for word in _WORDS) and _HINT.search(near):
                return True
            tail = chunk[-_HINT_LENGTH:]
    return False


def _parse(path: Path) -> Iterator[Reference]:
    parser = expat.ParserCreate()
    found: list[Reference] = []
    parents: list[str] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        found.extend(_of_element(tag, attributes, parents[-1] if parents else "", parser.CurrentByteIndex))
        parents.append(tag)

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _tag: parents.pop()
    with open_unpacked(path) as stream:
        while chunk := stream.read(_CHUNK):
            try:
                parser.Parse(chunk)
            except expat.ExpatError:
                break
            yield from found
            found.clear()
    yield from found


def _of_element(tag: str, attributes: dict[str, str], parent: str, offset: int) -> Iterator[Reference]:
    """The references in one start tag."""

    def refer(
        attribute: str, output: bool = False, xml: bool = False, needed: bool = False, cwd: bool = False
    ) -> Reference:
        value = attributes[attribute]
        return Reference(value, output, xml, needed, cwd, offset, attribute, f"{tag} {attribute}")

    if tag == "include" and "href" in attributes:
        yield refer("href", xml=True, needed=True)
    elif tag == "param" and "value" in attributes:
        key = attributes.get("key")
        if key in _OUTPUT_PARAMETERS or (key == "file" and parent == "tlLogic"):
            yield refer("value", output=True)
    elif tag == "timedEvent" and "dest" in attributes:
        yield refer("dest", output=True)
    elif "file" in attributes and tag in _FILE_IS_INPUT:
        yield refer("file", xml=tag != "decal", needed=tag not in ("decal", "breakpoint", "breakpoints"))
    elif "file" in attributes:
        yield refer("file", output=True)
    if tag == "calibrator" and "output" in attributes:
        yield refer("output", output=True, cwd=True)  # measured, 1.28
    if "edgesFile" in attributes:
        yield refer("edgesFile", needed=True, cwd=True)  # measured, 1.28
    for attribute in _PICTURES:
        if attribute in attributes:
            yield refer(attribute)
