"""One encoded frame for all clients; who is slow gets the newest, never a queue of old ones.

The hub knows nothing of sockets: a client's own task takes what it is to be sent next from `Client.next`. Messages are
put into websocket frames once, for all clients together.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import struct
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from wayside.web.server.frames import CHARGE, DELTA, HEADER, KEYFRAME, PACKETS

OUTSTANDING = 2  # keyframes and deltas on the way to a client, unacknowledged
MOST_TEXT = 8 << 20  # bytes of JSON waiting for a client that does not read
_HEAD = struct.Struct("<4xBxHI")  # of a frame: type, reserved, sequence
_REFERENCE = struct.Struct("<I")


TEXT, BINARY = 1, 2  # opcodes of RFC 6455, 5.2


def websocket_frame(opcode: int, payload: bytes) -> bytes:
    """A whole message of a server's (RFC 6455, 5.2: final, not masked)."""
    size = len(payload)
    if size < 126:
        return struct.pack(">BB", 0x80 | opcode, size) + payload
    if size < 1 << 16:
        return struct.pack(">BBH", 0x80 | opcode, 126, size) + payload
    return struct.pack(">BBQ", 0x80 | opcode, 127, size) + payload


class TooSlowError(Exception):
    """A client reads too little to be kept."""


@dataclass(frozen=True)
class EncodedFrame:
    """An encoded frame, and what the hub must know of it."""

    type: int
    sequence: int
    reference: int  # what a client must have: a delta's or charge's keyframe, the state that packets were told with
    message: bytes  # ready to be written

    @classmethod
    def of(cls, data: bytes, state: int = 0) -> EncodedFrame:
        """Look at a frame's header, and no further. state: sequence of the last keyframe or delta, 0: none yet."""
        type, _, sequence = _HEAD.unpack_from(data)
        reference = state if type == PACKETS else sequence
        if type in (DELTA, CHARGE):
            (reference,) = _REFERENCE.unpack_from(data, HEADER.size)
        return cls(type, sequence, reference, websocket_frame(BINARY, data))


class Client:
    """What one client has, and what it is to get."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.id = secrets.token_urlsafe(9)  # known to this client alone: its calls carry it
        self._texts: deque[bytes] = deque()
        self.waiting = 0  # bytes of text
        self._wake = asyncio.Event()
        self.live = False  # has its snapshot
        self.watched: tuple[str, ...] = ()
        self.missed = 0
        self._missed_told = 0
        self._unacknowledged: deque[int] = deque()
        self._last = -1  # sequence of the last frame it was sent, or that was before its snapshot
        self._keyframe = -1  # of the keyframe it has
        self._state = -1  # of the last keyframe or delta it was sent
        self.failed = ""

    def say(self, text: bytes) -> None:
        """JSON for this client alone."""
        self.put(websocket_frame(TEXT, text))

    def put(self, message: bytes) -> None:
        """A text message, ready to be written; who has too much of that waiting is given up."""
        if self.failed:
            return
        self._texts.append(message)
        self.waiting += len(message)
        if self.waiting > MOST_TEXT and len(self._texts) > 1:
            self.fail("this client does not read what it is sent")
        self._wake.set()

    def fail(self, reason: str) -> None:
        """Give this client up."""
        self.failed = self.failed or reason
        self._texts.clear()
        self.waiting = 0
        self._wake.set()

    def poke(self) -> None:
        """There is a new frame, or room for one."""
        if self.live and self._choose() is not None:
            self._wake.set()

    def begin(self) -> None:
        """A snapshot is on its way: frames follow."""
        self.live = True
        self._last = self._hub.newest.sequence if self._hub.newest is not None else -1
        self._unacknowledged.clear()
        self._keyframe = self._state = -1

    def acknowledge(self, sequence: int) -> None:
        """All up to this frame have been taken in."""
        while self._unacknowledged and self._unacknowledged[0] <= sequence:
            self._unacknowledged.popleft()
        self.poke()

    async def next(self) -> bytes:
        """The next message, ready to be written. TooSlowError where the client is to be given up."""
        while True:
            if self.failed:
                raise TooSlowError(self.failed)
            if self._texts:
                text = self._texts.popleft()
                self.waiting -= len(text)
                return text
            if self.live and (frame := self._choose()) is not None:
                return self._sent(frame)
            self._wake.clear()
            await self._wake.wait()

    def _choose(self) -> EncodedFrame | None:
        """The oldest of the frames that it may have now: what it is sent only ascends.

        A charge or packets that come while the client is busy wait beside the next state, which must not overtake
        them: they could not be sent behind it.
        """
        hub = self._hub
        may: list[EncodedFrame | None] = []
        if hub.packets is not None and hub.packets.reference == self._state:  # they are of the moment
            may.append(hub.packets)
        if hub.keyframe is not None and hub.keyframe.sequence == self._keyframe:
            if hub.charge is not None and hub.charge.reference == self._keyframe:
                may.append(hub.charge)
            state = hub.newest
        else:
            state = hub.keyframe
        if len(self._unacknowledged) < OUTSTANDING:
            may.append(state)
        found = [frame for frame in may if frame is not None and frame.sequence > self._last]
        return min(found, key=lambda frame: frame.sequence) if found else None

    def _sent(self, frame: EncodedFrame) -> bytes:
        self._last = frame.sequence
        if frame.type in (KEYFRAME, DELTA):
            if self._state >= 0:
                self.missed += self._hub.count_between(self._state, frame.sequence)
            self._state = frame.sequence
            self._unacknowledged.append(frame.sequence)
            if frame.type == KEYFRAME:
                self._keyframe = frame.sequence
        return frame.message

    def tell_missed(self) -> None:
        """Say how many frames it has missed, where that has grown."""
        if self.missed > self._missed_told:
            self._missed_told = self.missed
            self.say(json.dumps({"type": "missed", "frames": self.missed}).encode())


class Hub:
    """All clients, and the newest frames."""

    def __init__(self) -> None:
        self.clients: set[Client] = set()
        self.keyframe: EncodedFrame | None = None
        self.newest: EncodedFrame | None = None
        self.charge: EncodedFrame | None = None
        self.packets: EncodedFrame | None = None
        self._states: deque[int] = deque(maxlen=4096)  # sequences of keyframes and deltas

    def join(self) -> Client:
        """A new client."""
        client = Client(self)
        self.clients.add(client)
        return client

    def client(self, id: str) -> Client | None:
        """The client of this id, None where there is none."""
        return next((client for client in self.clients if client.id == id), None)

    def leave(self, client: Client) -> None:
        """A client has gone."""
        self.clients.discard(client)

    def publish(self, data: bytes) -> None:
        """A frame has come."""
        frame = EncodedFrame.of(data, self.newest.sequence if self.newest is not None else 0)
        if frame.type in (KEYFRAME, DELTA):
            self.newest = frame
            self._states.append(frame.sequence)
            if frame.type == KEYFRAME:
                self.keyframe = frame
        elif frame.type == CHARGE:
            self.charge = frame
        else:
            self.packets = frame
        for client in self.clients:
            client.poke()

    def say(self, text: bytes, to: Iterable[Client] | None = None) -> None:
        """JSON for all that have their snapshot, or for these."""
        message = websocket_frame(TEXT, text)
        for client in list(self.clients if to is None else to):
            if to is not None or client.live:
                client.put(message)

    def say_all(self, text: bytes) -> None:
        """JSON for all, whether they have their snapshot or not."""
        self.say(text, self.clients)

    def snapshot(self, text: bytes) -> None:
        """The snapshot for all that wait for one."""
        message = websocket_frame(TEXT, text)
        for client in list(self.clients):
            if not client.live:
                client.put(message)
                client.begin()

    def reset(self) -> None:
        """A new run begins: nobody has anything of it."""
        self.keyframe = self.newest = self.charge = self.packets = None
        self._states.clear()
        for client in self.clients:
            client.live = False

    def count_between(self, after: int, before: int) -> int:
        """Keyframes and deltas with a sequence between two."""
        count = 0
        for sequence in reversed(self._states):
            if sequence <= after:
                break
            count += sequence < before
        return count

    def tell_missed(self) -> None:
        """To each, how many frames it has missed."""
        for client in list(self.clients):
            client.tell_missed()
