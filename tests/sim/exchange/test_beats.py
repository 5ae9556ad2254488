"""What units repeat and say once, against a plain list that is looked through anew in each tick."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from wayside.edge.messages import Saem
from wayside.edge.messages.kinds import Utterance
from wayside.sim.exchange.beats import Broadcasts, Chorus, Repetition

CATEGORY, NAMED = (2, 0, 1), (False, False, True)  # by kind
Row = tuple[int, float, int, int, str, bool]  # kind, radius, unit, octets, what, whether it comes in the next tick


@dataclass
class Plain:
    """One that is repeated, or said once (interval 0)."""

    kind: int
    radius: float
    unit: int
    first: int
    interval: int
    until: int
    what: str
    size: int

    def row(self, tick: int) -> Row | None:
        on = self.first <= tick <= self.until if self.interval else tick == self.first
        if not on or (self.interval and tick % self.interval != self.first % self.interval):
            return None
        return self.kind, self.radius, self.unit, self.size, self.what, self.interval == 1


def said(what: str) -> Utterance:
    return Utterance(Saem((what,)), what.encode(), len(what))


def rows(choruses: list[Chorus]) -> list[Row]:
    """As the beats have them; held against the block that goes on the air."""
    found: list[Row] = []
    for chorus in choruses:
        n, block = 0, {}
        for name in ("sender", "size", "category", "to", "radius", "periodic", "named", "kind"):
            block[name] = np.asarray(getattr(_Seen(chorus.block), name))
        for begin, beat in chorus.begins:
            assert begin == n
            for unit, utterance, size, message in zip(beat.units, beat.said, beat.size, beat.messages, strict=True):
                assert isinstance(message, Saem)
                assert message is utterance.message
                found.append((beat.kind, beat.radius, int(unit), int(size), message.services[0], beat.periodic))
                on_air = [block[name][n] for name in ("kind", "radius", "sender", "size", "periodic")]
                assert on_air == [beat.kind, beat.radius, unit, size, beat.periodic]
                assert (block["category"][n], block["named"][n]) == (CATEGORY[beat.kind], NAMED[beat.kind])
                assert block["to"][n] == -1
                n += 1
        assert len(chorus) == n > 0
    return found


class _Seen:
    """A block's columns, as they come out where it is put."""

    def __init__(self, block: Any) -> None:
        from wayside.sim.air import Outgoing

        out = Outgoing(5)
        out.begin(np.empty(0, np.intp))
        out.put(block)
        out.close()
        self.out = out

    def __getattr__(self, name: str) -> Any:
        return getattr(self.out, name)


ORDERS = st.lists(
    st.tuples(
        st.sampled_from(["once", "repeat", "repeat", "change", "stop"]),
        st.integers(0, 2),  # kind
        st.sampled_from([np.inf, 100.0, 400.0]),
        st.integers(0, 4),  # unit
        st.integers(1, 3),  # interval
        st.integers(0, 12),  # lasting
        st.integers(0, 9),  # which of those there are
    ),
    max_size=4,
)


@given(st.lists(ORDERS, min_size=1, max_size=25))
def test_each_tick_has_what_is_due(ticks: list[Any]) -> None:
    broadcasts = Broadcasts(CATEGORY, NAMED)
    plain: list[Plain] = []
    held: list[tuple[Repetition, Plain]] = []
    number = 0
    for tick, orders in enumerate(ticks):
        for order, kind, radius, unit, interval, lasting, which in orders:
            number += 1
            what = f"{number:04}" + "x" * which
            if order == "once":
                broadcasts.once(unit, kind, radius, said(what), len(what), tick)
                plain.append(Plain(kind, radius, unit, tick, 0, tick, what, len(what)))
            elif order == "repeat":
                until = tick + lasting
                found = broadcasts.repeat(unit, kind, radius, said(what), len(what), tick, interval, until)
                plain.append(Plain(kind, radius, unit, tick, interval, until, what, len(what)))
                held.append((found, plain[-1]))
            elif held:
                place, one = held[which % len(held)]
                if order == "change":
                    broadcasts.change(place, said(what), len(what))
                    one.what, one.size = what, len(what)
                else:
                    broadcasts.stop(place)
                    one.until = -1
        due = [row for one in plain if (row := one.row(tick)) is not None]
        assert sorted(rows(broadcasts.due(tick))) == sorted(due)


def test_what_is_said_once_leaves_the_others_alone() -> None:
    """The chorus of what is repeated is the same object, not made again."""
    broadcasts = Broadcasts(CATEGORY, NAMED)
    for unit in range(5):
        broadcasts.repeat(unit, 2, np.inf, said("again"), 5, 0, 1, 99)
    (before,) = broadcasts.due(0)
    broadcasts.once(3, 1, 400.0, said("once"), 4, 1)
    again, once = broadcasts.due(1)
    assert again is before
    assert [(beat.kind, beat.periodic, beat.units.tolist()) for beat in once.beats] == [(1, False, [3])]
    assert broadcasts.due(2) == [before]


def test_a_change_gathers_only_its_own_beat() -> None:
    broadcasts = Broadcasts(CATEGORY, NAMED)
    held = [broadcasts.repeat(unit, 2, np.inf, said("again"), 5, unit % 2, 2, 99) for unit in range(6)]
    even, odd = broadcasts.due(0)[0], broadcasts.due(1)[0]
    broadcasts.change(held[2], said("other"), 5)
    changed = broadcasts.due(2)[0]
    assert [message.services for message in changed.beats[0].messages] == [("again",), ("other",), ("again",)]  # type: ignore[attr-defined]
    assert changed is not even
    assert broadcasts.due(3)[0] is odd


def test_units_speak_in_the_order_in_which_they_began() -> None:
    """Also one that says something else meanwhile; so the order of packets does not depend on what was changed."""
    broadcasts = Broadcasts(CATEGORY, NAMED)
    held = [broadcasts.repeat(unit, 2, np.inf, said("again"), 5, 0, 1, 99) for unit in (4, 1, 3)]
    broadcasts.change(held[0], said("other"), 5)
    assert broadcasts.due(0)[0].beats[0].units.tolist() == [4, 1, 3]
