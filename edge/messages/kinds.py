"""The table of message kinds: for each one record of all that a run, a capture and a viewer must know of it.

A kind has a content class, what applications and vehicles hold, and a codec between that and octets. Whoever receives
octets tells their kind by the message id in them (`Kinds.tell`). A package adds a kind by a record of its own
(docs/extending.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

import numpy as np

from wayside.edge.errors import DecodeError, PluginError
from wayside.edge.messages import Broadcast, Request, Response
from wayside.edge.messages.octets import Octets
from wayside.edge.messages.program import Message
from wayside.ext.arrays import Doubles, Ints, Longs, Shorts

if TYPE_CHECKING:
    from wayside.edge.platform import CityPlatform


FAMILIES: Final = ("etsi", "csae")
FIRST_UNIT: Final = 1_000_000_000  # StationID of unit 0: vehicles have their own numbers, all below
MOST_KINDS: Final = 256  # a packet's kind has 8 bits
VERSIONS: Final = (1, 2, 3)  # protocolVersion of an ItsPduHeader
_HEADER: Final = 6  # octets of an ItsPduHeader
_NONE, _SHARED = -1, -2  # of a messageID: no kind has it, several have


class Id(NamedTuple):
    """By what octets tell their kind: the messageID in their ItsPduHeader, or the alternative in a MessageFrame.

    number: of either; framed: whether it is a MessageFrame's (YD/T 3709); body: where kinds share it, the first 4 bits
    behind the header: the alternative of an extensible choice of 5 to 8; of a frame those behind its alternative: of an
    RSI which of its optional parts are there.
    """

    number: int
    framed: bool = False
    body: int | None = None

    def collides(self, other: Id) -> bool:
        """Whether octets could be of both."""
        alike = self.framed == other.framed and self.number == other.number
        return alike and (self.body is None or other.body is None or self.body == other.body)

    def __str__(self) -> str:
        body = "" if self.body is None else f" with alternative {self.body} behind it"
        return f"{'MessageFrame alternative' if self.framed else 'messageID'} {self.number}{body}"


@dataclass(frozen=True)
class Form:
    """How a kind is said in one family of standards.

    name: in tables, figures and the viewer; message: what its octets are, a name of `catalogue`; port: where they go,
    in ETSI's family a BTP port, in the Chinese set a DSMP AID.
    """

    name: str
    message: str
    id: Id
    port: int


class Place(Protocol):
    """Where the net lies: between its coordinates [m] and WGS 84 [degrees]; numbers or arrays."""

    def degrees(self, x: Doubles, y: Doubles) -> tuple[Doubles, Doubles]:
        """Latitude and longitude."""

    def metres(self, latitude: Doubles, longitude: Doubles) -> tuple[Doubles, Doubles]:
        """X and y."""

    def near_degrees(self, x: Doubles, y: Doubles) -> tuple[Doubles, Doubles]:
        """Latitude and longitude, within 1 mm."""

    def near_metres(self, latitude: Doubles, longitude: Doubles) -> tuple[Doubles, Doubles]:
        """X and y, within 1 mm."""


@dataclass(frozen=True)
class CodecContext:
    """What a codec may know of the run that it is built for.

    family: "etsi" or "csae"; epoch: UTC of the simulation's second 0 [s since 1970]; place: the net's; positions: of
    the units [degrees of latitude and longitude]; platform: what the units share, for what people read; ground: the
    height [m] by x and y [m], None where the net has none.
    """

    family: str
    epoch: float
    place: Place
    positions: Sequence[tuple[float, float]]
    platform: CityPlatform | None
    ground: Callable[[float, float], float] | None

    @staticmethod
    def station(unit: int) -> int:
        """A unit's number in messages."""
        return FIRST_UNIT + unit


class Utterance(NamedTuple):
    """What a unit has begun to say. octets: those of each repetition, None where each has others; length: of them.

    thread: what its updates and its end must know of it, the codec's own.
    """

    message: Broadcast
    octets: bytes | None
    length: int
    thread: Any = None


class BroadcastCodec:
    """Between what units say and its octets, without headers. Derive one; `encode` and `decode` are enough.

    unit: its number, `CodecContext.station` gives the one in messages; time: of the simulation [s], from when on it is
    said.
    """

    def encode(self, unit: int, message: Any, time: float) -> bytes:
        """The octets of a message. EncodeError for what its schema cannot say."""
        raise NotImplementedError

    def decode(self, octets: bytes) -> Broadcast:
        """What octets say. DecodeError where they are none of this kind."""
        raise NotImplementedError

    def parts(self, message: Any) -> Sequence[Any]:
        """The messages in which something is said: itself, or several where one would be too long."""
        return (message,)

    def say(self, unit: int, message: Any, time: float, before: Utterance | None = None) -> Utterance:
        """A unit begins to say something; `before`: what this updates.

        The octets are made here, once, so that what cannot be encoded is refused where it is said. A codec whose
        octets differ from repetition to repetition gives None in their place, and makes them in `repeat`.
        """
        octets = self.encode(unit, message, time)
        return Utterance(message, octets, len(octets))

    def repeat(self, units: Ints, messages: Sequence[Any], time: float) -> Octets:
        """The octets of a repetition, of the same lengths each time; only asked of a codec that says no octets."""
        raise NotImplementedError

    def read(self, octets: Octets, time: float) -> Any:
        """All that several messages say at a time [s], for services that act on it; only asked of a kind that a
        service names in `reads`, and what it gives is between the two.
        """
        raise NotImplementedError

    def end(self, unit: int, said: Utterance, time: float) -> Utterance | None:
        """What a unit says last when it stops saying something; None: nothing."""
        return None

    def describe(self, message: Any) -> dict[str, Any]:
        """For people: a structure that JSON can hold, whose names tell the units."""
        return {field.name: _plain(getattr(message, field.name)) for field in fields(message)}


class UnicastCodec:
    """Between requests or responses and their octets, one message each. Derive one; all batches are arrays."""

    def encode(self, batch: Any, unit: int, time: float) -> Octets:
        """The octets of each; unit: who is asked, or who answers; time: of the simulation [s]."""
        raise NotImplementedError

    def decode(self, octets: Octets, vehicle: Ints) -> Request | Response:
        """What octets say; vehicle: slots of those who sent or are to have them. DecodeError where one is none."""
        raise NotImplementedError

    def describe(self, batch: Any, row: int) -> dict[str, Any]:
        """One of them for people: a structure that JSON can hold, whose names tell the units."""
        names = (field.name for field in fields(batch) if field.name != "vehicle")
        return {name: _plain(getattr(batch, name)[row]) for name in names}


@dataclass(frozen=True)
class Kind:
    """One kind of message.

    content: a class derived from `Broadcast`, `Request` or `Response`, which says whether it is broadcast or unicast;
    codec: makes the run's codec of its `CodecContext`, None of awareness messages, which a run makes by columns;
    category: access category, 0 to 3 = AC_VO, AC_VI, AC_BE, AC_BK (EN 302 663 V1.3.1, table B.1, by the traffic
    classes of TS 103 175); schema: of one that `catalogue` does not have; regional: always sent to an area
    (geo-broadcast), not only where a radius is said; routine: said all the time, whatever happens, so that a viewer
    shows some of it only; public: has a standard that others can read it by.
    """

    content: type
    codec: Callable[[Any], BroadcastCodec | UnicastCodec] | None
    etsi: Form
    csae: Form
    category: int = 1
    schema: Message | None = None
    regional: bool = False
    routine: bool = False
    public: bool = True

    @property
    def name(self) -> str:
        """As ETSI names it."""
        return self.etsi.name

    @property
    def unicast(self) -> bool:
        """Whether each has one receiver."""
        return issubclass(self.content, Request | Response)

    def form(self, family: str) -> Form:
        """How it is said in a family."""
        return self.csae if family == "csae" else self.etsi


def own_kind(
    schema: Message,
    content: type,
    codec: Callable[[Any], BroadcastCodec | UnicastCodec],
    *,
    id: int,
    port: int,
    aid: int,
    name: str = "",
    category: int = 1,
    routine: bool = False,
    public: bool = False,
) -> Kind:
    """A kind with a schema of its own, the same in both families.

    The schema must be a sequence that begins with an ItsPduHeader (`edge.messages.etsi.cdd`), whose messageID is `id`;
    port: BTP's, aid: DSMP's; name: in tables, else the schema's own in lower case with hyphens.
    """
    name = name or schema.name.lower().replace("_", "-")
    etsi, csae = Form(name, schema.name, Id(id), port), Form(name, schema.name, Id(id), aid)
    return Kind(content, codec, etsi, csae, category, schema, routine=routine, public=public)


class Kinds(Sequence[Kind]):
    """The kinds of a run by number, in one family. PluginError, one line, where two cannot be told apart."""

    def __init__(self, kinds: Iterable[Kind], family: str = "etsi") -> None:
        self.family = family
        self._kinds = tuple(kinds)
        self.names = tuple(kind.form(family).name for kind in self._kinds)
        self.ids = tuple(kind.form(family).id for kind in self._kinds)
        self._refuse_twins()
        self._by_content = {kind.content: number for number, kind in enumerate(self._kinds)}
        self._plain = np.full((2, 256), _NONE, np.int16)  # framed, number
        self._bodies = np.full((2, 256, 16), _NONE, np.int16)
        self._versions = np.isin(np.arange(256), VERSIONS)
        for number, id in enumerate(self.ids):
            if self._kinds[number].codec is None and self._plain[int(id.framed), id.number] != _NONE:
                continue
            self._plain[int(id.framed), id.number] = number if id.body is None else _SHARED
            if id.body is not None:
                self._bodies[int(id.framed), id.number, id.body] = number

    def __len__(self) -> int:
        return len(self._kinds)

    def __getitem__(self, number: Any) -> Any:
        return self._kinds[number]

    def __iter__(self) -> Iterator[Kind]:
        return iter(self._kinds)

    def number(self, content: type) -> int:
        """Of the kind with this content class. KeyError where there is none in this run."""
        return self._by_content[content]

    def has(self, content: type) -> bool:
        """Whether there is a kind with this content class."""
        return content in self._by_content

    def tell(self, octets: Octets, framed: bool = False) -> Shorts:
        """The kind of each message by the id in its octets, -1 where none has it.

        framed: whether they came as MessageFrames, which the AID before them says.
        """
        starts, ends = octets.offsets[:-1], octets.offsets[1:]
        rows = np.arange(len(starts))

        def octet(place: int) -> Longs:
            found = np.zeros(len(rows), np.int64)
            there = starts + place < ends
            found[there] = octets.buffer[starts[there] + place]
            return found

        if framed:
            number, body = octet(0) >> 4, octet(0) & 15
            kinds = np.where(ends > starts, self._plain[1, number], _NONE)
            return np.where(kinds == _SHARED, self._bodies[1, number, body], kinds).astype(np.int16)
        number = octet(1)
        kinds = self._plain[0, number].copy()
        if (kinds == _SHARED).any():
            kinds = np.where(kinds == _SHARED, self._bodies[0, number, octet(_HEADER) >> 4], kinds)
        kinds[~self._versions[octet(0)]] = _NONE
        return kinds

    def refused(self, octets: bytes, framed: bool = False) -> DecodeError:
        """What is wrong with octets that are of no kind."""
        id = Id(octets[0] >> 4, True) if framed and octets else Id(octets[1]) if len(octets) > 1 else None
        return DecodeError(f"a message with {id or 'no message id'} is of no kind of this run: passed over")

    def _refuse_twins(self) -> None:
        """PluginError for kinds of which two have the same name, content, id or port."""
        if len(self) > MOST_KINDS:
            raise PluginError(f"{len(self)} kinds of messages: must be at most {MOST_KINDS}")
        for place, kind in enumerate(self):
            for other in self[:place]:
                for family in FAMILIES:
                    if what := _shared(kind, other, family):
                        raise PluginError(
                            f"message kind {kind.name!r} of {kind.content.__module__}: {what} is that of "
                            f"{other.name!r} of {other.content.__module__}: must be another"
                        )


def _shared(kind: Kind, other: Kind, family: str) -> str:
    """What two kinds have in common by which they must differ; empty for nothing."""
    mine, theirs = kind.form(family), other.form(family)
    if mine.name == theirs.name:
        return f"name {mine.name!r}"
    if kind.content is other.content:
        return f"content {kind.content.__name__}"
    # Awareness messages are told by their ports: the first VAMs have the messageID of CPMs (TS 103 324).
    if mine.id.collides(theirs.id) and kind.codec is not None and other.codec is not None:
        return str(mine.id)
    if mine.message == theirs.message and kind.schema is not other.schema:
        return f"schema name {mine.message!r}"
    if mine.port == theirs.port and mine.message != theirs.message and family == "etsi":
        return f"BTP port {mine.port}"
    return ""


def _plain(value: Any) -> Any:
    """A value of a message's field as JSON can hold it."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    if isinstance(value, float):
        return round(value, 6) if np.isfinite(value) else None
    return value if isinstance(value, str | int | bool | dict) or value is None else str(value)
