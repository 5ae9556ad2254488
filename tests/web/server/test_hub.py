"""Who gets which frame: clients without sockets, and time that passes by hand."""

from __future__ import annotations

import asyncio
import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame as WebSocketFrame
from websockets.frames import Opcode
from websockets.streams import StreamReader

from wayside.web.server import hub as hub_module
from wayside.web.server.frames import CHARGE, DELTA, KEYFRAME, PACKETS, Stamp
from wayside.web.server.hub import Client, Hub, TooSlowError


def frame(type: int, sequence: int, reference: int = 0) -> bytes:
    return Stamp(sequence, 0.0, 0.0, False).header(type, 0) + struct.pack("<I", reference)


def sequence(data: bytes) -> int:
    found: int = struct.unpack_from("<I", data, 8)[0]
    return found


def read(message: bytes) -> str | bytes:
    """What a client reads, with somebody else's reader of websockets."""
    reader = StreamReader()
    reader.feed_data(message)
    parsing = WebSocketFrame.parse(reader.read_exact, mask=False)
    try:
        next(parsing)
    except StopIteration as done:
        frame: WebSocketFrame = done.value
        assert frame.fin
        assert not reader.buffer
        return bytes(frame.data).decode() if frame.opcode is Opcode.TEXT else bytes(frame.data)
    raise AssertionError("not a whole message")


async def take(client: Client) -> str | bytes | None:
    """What there is for a client now."""
    try:
        return read(await asyncio.wait_for(client.next(), 0.01))
    except TimeoutError:
        return None


async def drain(client: Client, acknowledge: bool = False) -> list[int]:
    """Sequences of all frames that there are for it now."""
    found = []
    while (data := await take(client)) is not None:
        if isinstance(data, bytes):
            found.append(sequence(data))
            if acknowledge:
                client.acknowledge(found[-1])
    return found


def live(hub: Hub) -> Client:
    """A client with its snapshot."""
    client = hub.join()
    hub.snapshot(b'{"type":"snapshot"}')
    return client


def test_who_keeps_up_gets_all() -> None:
    async def run() -> None:
        hub = Hub()
        client = live(hub)
        assert await take(client) == '{"type":"snapshot"}'
        got = []
        hub.publish(frame(KEYFRAME, 1))
        got += await drain(client, acknowledge=True)
        for number in range(2, 10):
            hub.publish(frame(DELTA, number, 1))
            got += await drain(client, acknowledge=True)
        assert got == list(range(1, 10))
        assert client.missed == 0

    asyncio.run(run())


def test_two_are_on_the_way_at_most_and_the_newest_wins() -> None:
    async def run() -> None:
        hub = Hub()
        client = live(hub)
        hub.publish(frame(KEYFRAME, 1))
        assert await drain(client) == [1]
        for number in range(2, 8):
            hub.publish(frame(DELTA, number, 1))
        assert await drain(client) == [7]  # 2 to 6 are old
        hub.publish(frame(DELTA, 8, 1))
        assert await drain(client) == []  # two are not acknowledged
        client.acknowledge(7)
        assert await drain(client) == [8]
        assert client.missed == 5
        client.tell_missed()
        assert json.loads(str(await take(client))) == {"type": "missed", "frames": 5}
        client.tell_missed()
        assert await take(client) is None  # told once

    asyncio.run(run())


def test_who_lacks_the_keyframe_gets_it_first() -> None:
    async def run() -> None:
        hub = Hub()
        client = live(hub)
        hub.publish(frame(KEYFRAME, 1))
        hub.publish(frame(DELTA, 2, 1))
        assert await drain(client) == [1, 2]
        hub.publish(frame(KEYFRAME, 3))
        hub.publish(frame(DELTA, 4, 3))
        client.acknowledge(1)
        assert await drain(client) == [3]  # there is room for one
        hub.publish(frame(DELTA, 5, 3))
        client.acknowledge(3)
        assert await drain(client) == [5]

    asyncio.run(run())


def test_charge_and_packets_come_only_to_who_can_use_them() -> None:
    async def run() -> None:
        hub = Hub()
        client = live(hub)
        hub.publish(frame(KEYFRAME, 1))
        hub.publish(frame(CHARGE, 2, 1))
        hub.publish(frame(PACKETS, 3))
        assert await drain(client, acknowledge=True) == [1, 2, 3]
        hub.publish(frame(DELTA, 4, 1))
        hub.publish(frame(PACKETS, 5))
        assert await drain(client) == [4, 5]
        hub.publish(frame(KEYFRAME, 6))
        assert await drain(client) == [6]
        hub.publish(frame(KEYFRAME, 7))
        hub.publish(frame(CHARGE, 8, 7))
        hub.publish(frame(PACKETS, 9))
        assert await drain(client) == []  # it lacks that keyframe, and is behind
        client.acknowledge(6)
        assert await drain(client) == [7, 8, 9]

    asyncio.run(run())


def test_what_belongs_to_a_state_is_not_overtaken_by_the_next() -> None:
    """A charge and packets come while the client's own task is not at work, and then the next state."""

    async def run() -> None:
        hub = Hub()
        client = live(hub)
        await take(client)
        hub.publish(frame(KEYFRAME, 1))
        assert await drain(client, acknowledge=True) == [1]
        hub.publish(frame(CHARGE, 2, 1))
        hub.publish(frame(DELTA, 3, 1))
        assert await drain(client, acknowledge=True) == [2, 3]
        hub.publish(frame(PACKETS, 4))
        hub.publish(frame(DELTA, 5, 1))
        assert await drain(client, acknowledge=True) == [4, 5]
        hub.publish(frame(PACKETS, 6))
        hub.publish(frame(KEYFRAME, 7))
        hub.publish(frame(CHARGE, 8, 7))
        assert await drain(client, acknowledge=True) == [6, 7, 8]

    asyncio.run(run())


def test_packets_of_a_state_that_was_skipped_are_skipped_too() -> None:
    async def run() -> None:
        hub = Hub()
        client = live(hub)
        hub.publish(frame(KEYFRAME, 1))
        hub.publish(frame(DELTA, 2, 1))
        assert await drain(client) == [1, 2]
        hub.publish(frame(DELTA, 3, 1))
        hub.publish(frame(PACKETS, 4))
        assert await drain(client) == []
        hub.publish(frame(DELTA, 5, 1))
        client.acknowledge(2)
        assert await drain(client) == [5]
        assert client.missed == 1

    asyncio.run(run())


STEPS = st.lists(st.sampled_from(["keyframe", "charge", "delta", "packets", "take", "acknowledge", "snapshot"]))


@given(STEPS)
def test_whatever_happens_sequences_ascend(steps: list[str]) -> None:
    """A client takes, and acknowledges, at any moment between any frames: what it gets has an order, and a meaning."""

    async def run() -> None:
        hub = Hub()
        client = live(hub)
        await client.next()
        number = keyframe = state = 0  # published
        got: list[tuple[int, int, int]] = []  # type, sequence, reference
        known: dict[int, int] = {}  # state by the packets' sequence
        unanswered: list[int] = []
        for step in [*steps, *["take", "acknowledge"] * 4]:
            if step == "take":
                if client._choose() is None:
                    continue
                data = read(await client.next())
                assert isinstance(data, bytes)
                type, found = data[4], sequence(data)
                reference = struct.unpack_from("<I", data, 32)[0]
                before = [one for one in got if one[0] in (KEYFRAME, DELTA)]
                assert not got or found > got[-1][1]
                if type in (DELTA, CHARGE):
                    assert [one[1] for one in before if one[0] == KEYFRAME][-1] == reference
                if type == PACKETS:
                    assert before[-1][1] == known[found]
                if type in (KEYFRAME, DELTA):
                    unanswered.append(found)
                    assert len(unanswered) <= hub_module.OUTSTANDING
                got.append((type, found, reference))
            elif step == "acknowledge":
                if unanswered:
                    client.acknowledge(unanswered[-1])
                    unanswered.clear()
            elif step == "snapshot":
                hub.snapshot(b"for others")
            elif step == "keyframe" or keyframe:
                number += 1
                if step == "keyframe":
                    keyframe = number
                if step in ("keyframe", "delta"):
                    state = number
                known[number] = state
                type = {"keyframe": KEYFRAME, "charge": CHARGE, "delta": DELTA, "packets": PACKETS}[step]
                hub.publish(frame(type, number, keyframe))
        assert not keyframe or [one[1] for one in got if one[0] in (KEYFRAME, DELTA)][-1] == state  # the newest

    asyncio.run(run())


def test_nothing_from_before_its_snapshot() -> None:
    async def run() -> None:
        hub = Hub()
        live(hub)
        hub.publish(frame(KEYFRAME, 1))
        hub.publish(frame(DELTA, 2, 1))
        late = hub.join()
        hub.say(b"for those who know more")
        assert await take(late) is None
        hub.snapshot(b"all")
        assert await take(late) == "all"
        assert await take(late) is None  # the old keyframe is none of it
        hub.publish(frame(KEYFRAME, 3))
        assert await drain(late) == [3]
        hub.say(b"news")
        assert await take(late) == "news"

    asyncio.run(run())


def test_a_new_run_begins_with_a_snapshot() -> None:
    async def run() -> None:
        hub = Hub()
        client = live(hub)
        hub.publish(frame(KEYFRAME, 1))
        assert await drain(client) == [1]
        hub.reset()
        hub.say_all(b"run")
        hub.say(b"not yet")
        assert await take(client) == "run"
        hub.publish(frame(KEYFRAME, 1))
        assert await take(client) is None
        hub.snapshot(b"all")
        hub.publish(frame(KEYFRAME, 2))
        assert await take(client) == "all"
        assert await drain(client) == [2]

    asyncio.run(run())


def test_who_never_reads_is_given_up_in_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "MOST_TEXT", 1000)

    async def run() -> None:
        hub = Hub()
        stuck, other = live(hub), live(hub)
        for number in range(100):
            hub.publish(frame(KEYFRAME, number + 1))
            hub.say(b"x" * 100)
            assert await drain(other, acknowledge=True) == [number + 1]
        assert stuck.waiting <= 1200
        with pytest.raises(TooSlowError, match="does not read"):
            await stuck.next()

    asyncio.run(run())


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536, 100_000])
def test_messages_of_all_sizes(size: int) -> None:
    assert read(hub_module.websocket_frame(hub_module.BINARY, b"x" * size)) == b"x" * size


def test_one_frame_is_shared_by_all() -> None:
    async def run() -> None:
        hub = Hub()
        clients = [live(hub) for _ in range(3)]
        hub.publish(frame(KEYFRAME, 1))
        got = []
        for client in clients:
            while not isinstance(read(message := await client.next()), bytes):
                pass
            got.append(message)
        assert got[0] is got[1] is got[2]

    asyncio.run(run())
