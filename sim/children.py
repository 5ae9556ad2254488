"""A simulation in a process of its own: started, told what to do, heard, ended with patience, outlived.

libsumo allows one simulation per process, and a process that dies takes nobody with it. Where one is wanted:

child = await Child.start("my.simulating", {"scenario": "crossing"}, hear)
time = await child.ask("time", within=1.0)
await child.end(patience=1.0)

The module of that name hands what it does to `serve`, and is told by a `Parent` what is wanted. The two talk over a
pair of sockets: a length, a channel and the bytes. Channels below `FIRST` are this module's, the others their users'.
`PlainChild` is the same for who has no event loop and waits for each answer.
"""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import faulthandler
import itertools
import json
import os
import queue
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import traceback
import warnings
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from wayside.edge.errors import WaysideError

ORDER, ANSWER = range(2)
FIRST = 2
LAST_LINES = 20  # of a child's standard error that are kept
LONGEST_LINE = 500  # characters of one
WORDS_WITHIN = 1.0  # s that standard error is waited for when the process has ended
OBEYED = 200
_PREFIX = struct.Struct("<IB")
_ROOM = 1 << 22  # octets that are taken in ahead


class RefusedError(WaysideError):
    """What was asked for is not done: one line that says why, and a number for it, as HTTP has them (RFC 9110, 15)."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class GoneError(WaysideError):
    """The child has died, or was ended, before it answered."""


def dumps(value: object) -> bytes:
    """Compact JSON. ValueError for a number that JSON does not know."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()


class Parent:
    """The child's end: who wants something. It may be written to by several threads."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._lock = threading.Lock()
        self._orders: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        threading.Thread(target=self._read, name="orders", daemon=True).start()

    def send(self, channel: int, payload: bytes) -> None:
        """Say something. OSError where nobody is there any more."""
        with self._lock:
            self._socket.sendall(_PREFIX.pack(len(payload), channel) + payload)

    @property
    def calls(self) -> bool:
        """Whether an order has come that nobody has taken yet: while one is carried out, to leave."""
        return not self._orders.empty()

    def next(self, timeout: float | None = None) -> dict[str, Any] | None:
        """The next order, with its name at `do`; None: to leave, as the parent says or has gone itself.

        TimeoutError where none comes within `timeout` s; None: however long it takes.
        """
        try:
            return self._orders.get(timeout=timeout)
        except queue.Empty:
            raise TimeoutError from None

    def answer(self, order: Mapping[str, Any], body: object, status: int = OBEYED) -> None:
        """Answer what was asked by `Child.ask`; `body` is JSON. Another status refuses it, and `body` says why."""
        self.send(ANSWER, dumps({"id": order["id"], "status": status, "body": body}))

    def _read(self) -> None:
        """In another thread, so that a parent that has gone is heard of at once."""
        order: dict[str, Any] | None = {}
        while order is not None:
            order = self._receive()
            if order is not None and order.get("do") == "leave":
                order = None
            self._orders.put(order)

    def _receive(self) -> dict[str, Any] | None:
        prefix = self._exactly(_PREFIX.size)
        payload = None if prefix is None else self._exactly(_PREFIX.unpack(prefix)[0])
        return None if payload is None else json.loads(payload)

    def _exactly(self, size: int) -> bytes | None:
        pieces = bytearray()
        while len(pieces) < size:
            try:
                piece = self._socket.recv(size - len(pieces))
            except OSError:
                return None
            if not piece:
                return None
            pieces += piece
        return bytes(pieces)


def serve(work: Callable[[Parent, dict[str, Any]], int]) -> NoReturn:
    """Be a child: the last thing that its module does when it is run.

    work: is called with the parent and with what `Child.start` was given; its value is the exit status. What stands on
    standard error is kept by the parent as last words.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to hear; it says when to end
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    faulthandler.register(signal.SIGUSR1)  # where it is, on standard error: for who wonders why it does not come back
    warnings.showwarning = lambda message, *_, **__: print(f"warning: {message}", file=sys.stderr)
    parent = Parent(socket.socket(fileno=int(sys.argv[1])))
    status = 0
    try:
        if (first := parent.next()) is not None:
            status = work(parent, first)
    except BaseException:
        traceback.print_exc()
        status = 1
    sys.stderr.flush()
    os._exit(status)  # whatever threads of libraries still do


class Child:
    """The parent's end, for asyncio: a process that simulates."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        hear: Callable[[int, bytes], None],
    ) -> None:
        """See `start`."""
        self.words: deque[str] = deque(maxlen=LAST_LINES)  # the last lines of its standard error
        self._process = process
        self._reader = reader
        self._writer = writer
        self._hear = hear
        self._told = ""  # why it is ending
        self._calls = itertools.count(1)
        self._answers: dict[int, asyncio.Future[tuple[int, Any]]] = {}
        self._errors = asyncio.create_task(self._listen())
        self._life = asyncio.create_task(self._outlive())

    @classmethod
    async def start(cls, module: str, first: Mapping[str, object], hear: Callable[[int, bytes], None]) -> Child:
        """A new process that runs a module as `python -m` does; `first` is JSON for it (see `serve`).

        hear: is called with the channel and the bytes of whatever the child sends.
        """
        ours, theirs = socket.socketpair()
        try:
            process = await asyncio.create_subprocess_exec(
                *_command(module, theirs),
                pass_fds=(theirs.fileno(),),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,  # Ctrl-C in a terminal is for the parent alone
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        child = cls(process, *await asyncio.open_connection(sock=ours, limit=_ROOM), hear)
        child.order("start", **first)
        return child

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def order(self, do: str, **what: object) -> None:
        """Tell it to do something; nothing happens where it has gone."""
        if not self._writer.is_closing():
            self._writer.write(_framed(do, what))

    async def ask(self, do: str, within: float, **what: object) -> Any:
        """Tell it to do something and wait for the answer.

        TimeoutError where there is none within so many s, RefusedError where it does not do it, GoneError.
        """
        if self._life.done() or self._told:
            raise GoneError(self._told or f"the simulation has died: {self._life.result()}")
        id = next(self._calls)
        waiting = self._answers[id] = asyncio.get_running_loop().create_future()
        self.order(do, id=id, **what)
        try:
            status, body = await asyncio.wait_for(waiting, within)
        finally:
            self._answers.pop(id, None)
        if status != OBEYED:
            raise RefusedError(status, str(body))
        return body

    async def wait(self) -> str:
        """Its last words in one line, when it has ended by itself; "" where it was told to."""
        return await asyncio.shield(self._life)

    async def end(self, patience: float) -> None:
        """Tell it to leave, and wait until it has; kill it where it has not within so many s."""
        self._told = "the simulation has been ended"
        self._fail(self._told)
        self.order("leave")
        try:
            await asyncio.wait_for(self._process.wait(), patience)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        self._writer.close()
        await self._life

    async def _outlive(self) -> str:
        """Hear it until it has ended."""
        while (message := await self._receive()) is not None:
            channel, payload = message
            if channel == ANSWER:
                answer = json.loads(payload)
                waiting = self._answers.get(answer["id"])
                if waiting is not None and not waiting.done():
                    waiting.set_result((answer["status"], answer["body"]))
            else:
                self._hear(channel, payload)
        self._writer.close()
        status = await self._process.wait()
        if not self._told:
            await asyncio.wait([self._errors], timeout=WORDS_WITHIN)
        self._errors.cancel()  # somebody whom it has started may hold its standard error
        if self._told:
            return ""
        words = last_words(status, self.words)
        self._fail(f"the simulation has died: {words}")
        return words

    async def _receive(self) -> tuple[int, bytes] | None:
        try:
            size, channel = _PREFIX.unpack(await self._reader.readexactly(_PREFIX.size))
            return channel, await self._reader.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    async def _listen(self) -> None:
        """Keep the last lines of its standard error, and pass them on. A read may end within a line, or a letter."""
        assert self._process.stderr is not None
        decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        rest = ""  # of a line that goes on
        chunk = b"?"
        while chunk:
            chunk = await self._process.stderr.read(1 << 16)
            text = decode(chunk, final=not chunk)
            sys.stderr.write(text)
            sys.stderr.flush()
            if rest.strip():
                self.words.pop()
            lines = (rest + text).splitlines()
            self.words.extend(line[:LONGEST_LINE] for line in lines if line.strip())
            rest = lines[-1][:LONGEST_LINE] if lines and text[-1:] not in ("\r", "\n") else ""

    def _fail(self, reason: str) -> None:
        """Nobody will answer any more."""
        for waiting in self._answers.values():
            if not waiting.done():
                waiting.set_exception(GoneError(reason))


class PlainChild:
    """The parent's end, for who waits: a process that simulates. What it sends beside answers is not heard."""

    def __init__(self, module: str, first: Mapping[str, object], files: Sequence[int] = ()) -> None:
        """A new process that runs a module as `python -m` does; `first` is JSON for it (see `serve`).

        files: descriptors that it inherits, by the same numbers.
        """
        self._words = tempfile.TemporaryFile()  # noqa: SIM115 - kept as long as this object
        self._calls = itertools.count(1)
        self._answers: dict[int, dict[str, Any]] = {}  # that have come before somebody waited for them
        self._socket, theirs = socket.socketpair()
        try:
            self._process = subprocess.Popen(
                _command(module, theirs),
                pass_fds=(theirs.fileno(), *files),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._words,
                start_new_session=True,  # Ctrl-C in a terminal is for the parent alone
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},  # it has one core
            )
        except BaseException:
            self._socket.close()
            raise
        finally:
            theirs.close()
        self.order("start", **first)

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def order(self, do: str, **what: object) -> None:
        """Tell it to do something; nothing happens where it has gone."""
        with contextlib.suppress(OSError):
            self._socket.sendall(_framed(do, what))

    def call(self, do: str, **what: object) -> int:
        """Tell it to do something: the number by which its answer is asked for."""
        id = next(self._calls)
        self.order(do, id=id, **what)
        return id

    def answer(self, id: int) -> Any:
        """Wait for the answer to a call. RefusedError where it does not do it; GoneError, with its last words."""
        while id not in self._answers:
            channel, payload = self._receive()
            if channel == ANSWER:
                answer = json.loads(payload)
                self._answers[answer["id"]] = answer
        answer = self._answers.pop(id)
        if answer["status"] != OBEYED:
            raise RefusedError(answer["status"], str(answer["body"]))
        return answer["body"]

    def end(self, patience: float) -> None:
        """Tell it to leave, and wait until it has; kill it where it has not within so many s. A second call does
        nothing.
        """
        if self._words.closed:
            return
        self.order("leave")
        self._bury(patience)
        self._words.close()

    def _receive(self) -> tuple[int, bytes]:
        size, channel = _PREFIX.unpack(self._exactly(_PREFIX.size))
        return channel, self._exactly(size)

    def _exactly(self, size: int) -> bytes:
        pieces = bytearray()
        while len(pieces) < size:
            try:
                piece = self._socket.recv(size - len(pieces))
            except OSError:
                piece = b""
            if not piece:
                raise GoneError(f"the simulation has died: {self._last_words()}")
            pieces += piece
        return bytes(pieces)

    def _last_words(self) -> str:
        if self._words.closed:
            return "it has been ended"
        status = self._bury(WORDS_WITHIN)
        self._words.seek(0)
        lines = self._words.read().decode("utf-8", "replace").splitlines()
        return last_words(status, [line[:LONGEST_LINE] for line in lines if line.strip()])

    def _bury(self, patience: float) -> int:
        """Its exit status, when it has ended within so many s, or by force."""
        self._socket.close()
        try:
            return self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()


def _command(module: str, end: socket.socket) -> list[str]:
    """How a child is started that has this end of the pair."""
    # -P: modules in the working directory are the scenario's, and must not stand for others.
    return [sys.executable, "-P", "-m", module, str(end.fileno())]


def _framed(do: str, what: Mapping[str, object]) -> bytes:
    payload = dumps({"do": do, **what})
    return _PREFIX.pack(len(payload), ORDER) + payload


def last_words(status: int, lines: Sequence[str]) -> str:
    """What is known of a process that did not say why it ended: one line. status: below 0, a signal's number.

    lines: of its standard error.
    """
    ended = f"ended with status {status}"
    if status < 0:
        with contextlib.suppress(ValueError):
            ended = f"was ended by {signal.Signals(-status).name}"
    text = f"the simulation's process {ended}"
    return f"{text}; its last words: {lines[-1].strip()}" if lines else text
