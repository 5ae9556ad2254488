"""Children in processes of their own, against a small one that counts: from its start to all the ways it may end."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from wayside.sim.children import FIRST, Child, GoneError, PlainChild, RefusedError, last_words

LONG = 60.0  # s


class Told:
    """All that a child has said."""

    def __init__(self) -> None:
        self.said: list[tuple[int, bytes]] = []

    def __call__(self, channel: int, payload: bytes) -> None:
        self.said.append((channel, payload))

    async def until(self, message: tuple[int, bytes]) -> None:
        async with asyncio.timeout(LONG):
            while message not in self.said:
                await asyncio.sleep(0.01)


def with_child(work: Callable[[Child, Told], Awaitable[None]], **first: object) -> None:
    """Let a test have a child; it has ended afterwards."""

    async def main() -> None:
        told = Told()
        child = await Child.start("tests.sim.small_child", {"at": 5, **first}, told)
        try:
            await work(child, told)
        finally:
            await child.end(0.0)
            with pytest.raises(ProcessLookupError):
                os.kill(child.pid, 0)

    asyncio.run(main())


def test_orders_and_answers() -> None:
    async def work(child: Child, told: Told) -> None:
        child.order("add", how_many=3)
        assert await child.ask("total", LONG) == {"total": 8}
        assert told.said == [(FIRST + 1, b"8")]  # all that it said before its answer has been heard
        both = await asyncio.gather(child.ask("total", LONG), child.ask("total", LONG))
        assert both == [{"total": 8}, {"total": 8}]
        with pytest.raises(RefusedError, match=r"^not that$") as refusal:
            await child.ask("refuse", LONG)
        assert refusal.value.status == 409
        with pytest.raises(TimeoutError):
            await child.ask("sleep", 0.05, seconds=0.3)
        assert await child.ask("total", LONG) == {"total": 8}  # what came too late is nobody's
        await child.end(LONG)
        assert await child.wait() == ""
        with pytest.raises(GoneError, match="has been ended"):
            await child.ask("total", LONG)
        child.order("add", how_many=1)  # to nobody

    with_child(work)


def test_a_sign_of_life_while_there_is_nothing_to_do() -> None:
    async def work(child: Child, told: Told) -> None:
        await told.until((FIRST, b"idle"))
        assert await child.ask("total", LONG) == {"total": 5}

    with_child(work, tick=0.02)


@pytest.mark.parametrize("name", ["SIGKILL", "SIGSEGV"])
def test_death_by_a_signal_is_told_in_one_line(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    async def work(child: Child, told: Told) -> None:
        child.order("say", text="first line\nthe last one")
        waiting = asyncio.create_task(child.ask("sleep", LONG, seconds=0.1))
        child.order("die", of=name)
        words = await child.wait()
        assert words == f"the simulation's process was ended by {name}; its last words: the last one"
        with pytest.raises(GoneError, match=f"has died: .* by {name}"):  # who has asked does not wait for ever
            await waiting
        with pytest.raises(GoneError, match=f"has died: .* by {name}"):
            await child.ask("total", LONG)

    with_child(work)
    assert "first line\nthe last one\n" in capfd.readouterr().err  # what it says is passed on


def test_ends_of_its_own() -> None:
    async def returns(child: Child, told: Told) -> None:
        child.order("return", status=3)
        assert await child.wait() == "the simulation's process ended with status 3"

    async def fails(child: Child, told: Told) -> None:
        child.order("fail", text="no such place")
        words = await child.wait()
        assert words == "the simulation's process ended with status 1; its last words: ValueError: no such place"

    with_child(returns)
    with_child(fails)


def test_ctrl_c_is_not_for_it() -> None:
    async def work(child: Child, told: Told) -> None:
        assert await child.ask("total", LONG)
        for number in (signal.SIGINT, signal.SIGTERM):
            os.kill(child.pid, number)
        assert await child.ask("total", LONG) == {"total": 5}

    with_child(work)


def test_patience_and_its_end() -> None:
    async def patient(child: Child, told: Told) -> None:
        child.order("sleep", seconds=0.3)
        await child.end(LONG)
        assert child._process.returncode == 0  # it has left by itself

    async def killed(child: Child, told: Told) -> None:
        assert await child.ask("total", LONG)
        child.order("sleep", seconds=LONG)
        await child.end(0.05)
        assert child._process.returncode == -signal.SIGKILL
        assert await child.wait() == ""  # as it was told to end

    with_child(patient)
    with_child(killed)


def test_it_does_not_outlive_its_parent(tmp_path: Path) -> None:
    """The parent is killed; its child hears that and leaves."""
    script = """
import asyncio
from wayside.sim.children import Child
async def main():
    child = await Child.start("tests.sim.small_child", {"at": 1}, print)
    print(child.pid, flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()
    for _ in range(6000):
        stat = Path(f"/proc/{pid}/stat")
        if not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z":  # gone, or nobody's any more
            return
        subprocess.run(["sleep", "0.01"], check=True)
    raise AssertionError(f"{pid} lives")


def test_last_words() -> None:
    assert last_words(-9, []) == "the simulation's process was ended by SIGKILL"
    assert last_words(-200, [" x "]) == "the simulation's process ended with status -200; its last words: x"
    assert last_words(0, []) == "the simulation's process ended with status 0"


def test_a_child_that_is_waited_for() -> None:
    """`PlainChild`: answers in whatever order they are asked for, refusals, the end."""
    child = PlainChild("tests.sim.small_child", {"at": 5})
    child.order("add", how_many=3)
    first, second = child.call("total"), child.call("total")
    assert child.answer(second) == child.answer(first) == {"total": 8}
    with pytest.raises(RefusedError, match=r"^not that$"):
        child.answer(child.call("refuse"))
    child.end(LONG)
    child.end(LONG)
    with pytest.raises(ProcessLookupError):
        os.kill(child.pid, 0)
    with pytest.raises(GoneError, match=r"^the simulation has died: it has been ended$"):
        child.answer(child.call("total"))


@pytest.mark.parametrize(
    ("do", "what", "told"),
    [
        ("die", {"of": "SIGKILL"}, "the simulation's process was ended by SIGKILL"),
        ("return", {"status": 3}, "the simulation's process ended with status 3"),
        ("fail", {"text": "no"}, "the simulation's process ended with status 1; its last words: ValueError: no"),
    ],
)
def test_a_child_that_is_waited_for_and_dies(do: str, what: dict[str, object], told: str) -> None:
    child = PlainChild("tests.sim.small_child", {"at": 5})
    child.order(do, **what)
    with pytest.raises(GoneError) as error:
        child.answer(child.call("total"))
    assert str(error.value) == f"the simulation has died: {told}"
    child.end(0.0)


def test_a_child_that_is_waited_for_and_does_not_leave() -> None:
    child = PlainChild("tests.sim.small_child", {"at": 5})
    assert child.answer(child.call("total")) == {"total": 5}
    child.order("sleep", seconds=LONG)
    child.end(0.05)
    with pytest.raises(ProcessLookupError):
        os.kill(child.pid, 0)


def test_words_that_come_in_pieces() -> None:
    async def work(child: Child, told: Told) -> None:
        child.order("spell", text="first\n  sm\u00e4ll child\n\nlast", pause=0.01)
        await child.ask("total", LONG)
        async with asyncio.timeout(LONG):
            while not child.words or child.words[-1] != "last":
                await asyncio.sleep(0.01)
        assert list(child.words) == ["first", "  sm\u00e4ll child", "last"]

    with_child(work)


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="there is no such signal here")
def test_a_child_tells_where_it_is() -> None:
    async def work(child: Child, told: Told) -> None:
        await child.ask("total", LONG)
        os.kill(child.pid, signal.SIGUSR1)
        async with asyncio.timeout(LONG):
            while not any("small_child.py" in line for line in child.words):
                await asyncio.sleep(0.01)
        assert await child.ask("total", LONG) == {"total": 5}  # and goes on

    with_child(work)
