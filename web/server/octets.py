"""Messages as they went on the air, kept for whoever opens one: their frames, and what a receiver reads in these."""

from __future__ import annotations

from collections import deque
from typing import Any, NamedTuple

import numpy as np

from wayside.edge.messages.kinds import Kind
from wayside.edge.messages.octets import Octets
from wayside.edge.messages.program import Message
from wayside.edge.net.dissect import Line, dissect
from wayside.sim.engine import Simulation
from wayside.sim.results.capturing import from_where
from wayside.sim.stations.packets import Packets
from wayside.sim.wire.capture import Sequences, framed
from wayside.sim.wire.units import has_area

MOST_OCTETS = 1024  # shown of one message
MOST_LINES = 400
LONGEST = 120  # characters of a line's text
ROOM = 16 << 20  # octets of what is kept
_MORE = 4096  # of memory that each takes besides, about


class _Kept(NamedTuple):
    said: dict[str, Any]  # the message, as the list has it
    kind: Kind
    message: bytes
    about: dict[str, Any]  # what `framed` must know besides


class Shelf:
    """The last messages that were picked; the oldest go. They are read only when they are opened: that is dear."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self._kept: dict[int, _Kept] = {}
        self._order: deque[int] = deque()
        self._size = 0
        self._sequences = Sequences()
        self._numbers = [0]  # of the geo-broadcasts that are being told of, by row

    def count(self, packets: Packets) -> None:
        """Packets are being told of: geo-broadcasts are numbered by their senders, from the first that is seen on."""
        messages = self.simulation.exchange.messages
        if not has_area(messages.family, messages.kinds[packets.kind], packets.radius):
            return
        self._numbers = [0] * len(packets.sender)
        sent = np.flatnonzero(np.isfinite(packets.delay))
        for row, number in zip(
            sent.tolist(), self._sequences.take(packets.from_unit, packets.sender[sent]), strict=True
        ):
            self._numbers[row] = number

    def keep(self, packets: Packets, row: int, said: dict[str, Any]) -> None:
        """One of them, by its `number`. Only while a listener is being told of the packets."""
        messages = self.simulation.exchange.messages
        kind, message = messages.kinds[packets.kind], packets.octets().one(row)
        about = {"time": packets.time, **from_where(self.simulation, packets, np.array([row]))}
        if has_area(messages.family, kind, packets.radius) and packets.journey is None:
            about["sequence"] = self._numbers[row]
        self._kept[said["number"]] = _Kept(said, kind, message, about)
        self._order.append(said["number"])
        self._size += len(message) + _MORE
        while self._size > ROOM:
            self._size -= len(self._kept.pop(self._order.popleft()).message) + _MORE

    def open(self, number: int) -> dict[str, Any] | None:
        """A message with its octets and what these say; None where it is not kept, or no longer."""
        if number not in self._kept:
            return None
        messages = self.simulation.exchange.messages
        said, kind, message, about = self._kept[number]
        frame = framed(messages.family, messages.epoch, kind, Octets.of([message]), **about).one(0)
        return {**said, **opened(frame, len(message), kind.schema or kind.form(messages.family).message)}


def opened(frame: bytes, length: int, of: str | Message) -> dict[str, Any]:
    """What docs/live.md has of an opened message. frame: with all its headers; length: of the message at its end,
    octets; of: which message it is, or its name in the catalogue.
    """
    message, headers = frame[-length:], frame[:-length]
    found = dissect(frame, of)
    lines, standard, decoded = found.lines, None, None
    if not found.problem:
        begin = max(place for place, (depth, _, _) in enumerate(lines) if not depth)
        standard, lines, said = lines[begin][2], lines[:begin], lines[begin + 1 :]
        decoded = _shown(said[:MOST_LINES])
        if len(said) > MOST_LINES:
            decoded.append([1, "...", f"and {len(said) - MOST_LINES} lines more"])
    return {
        "headers": {"bytes": headers.hex(), "length": len(headers), "decoded": _shown(lines)},
        "bytes": message[:MOST_OCTETS].hex(),
        "standard": standard,
        "decoded": decoded,
        "problem": found.problem or None,
    }


def _shown(lines: list[Line]) -> list[list[Any]]:
    return [
        [depth, name, text if len(text) <= LONGEST else f"{text[: LONGEST - 4]} ..."] for depth, name, text in lines
    ]
