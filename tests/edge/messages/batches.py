"""Columns of messages of any shape, drawn by walking through its plan."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import numpy as np

from wayside.edge.messages import shapes
from wayside.edge.messages.columns import Columns
from wayside.ext.arrays import Longs

SHAPES: dict[str, Callable[[], Columns]] = {
    "CAM": shapes.cam,
    "BSM": shapes.bsm,
    "DENM": shapes.denm,
    "SPATEM": shapes.spatem,
}
_BITS, _NUMBER, _FLAG, _SKIP, _UNLESS, _REPEAT, _AGAIN, _END = range(8)  # uper_plan.hpp


def random_columns(shape: Columns, rows: int, random: Random) -> dict[str, Longs]:
    """So many messages that the shape can have; 0 in what is not sent."""
    steps = shape._plan.words.reshape(-1, 8).tolist()
    list_of = shape._list_of.tolist()
    columns: list[list[int]] = [[] for _ in list_of]
    now: dict[int, int] = {}

    def end(of: int) -> None:
        for column in (column for column, list in enumerate(list_of) if list == of):
            columns[column].append(now.pop(column, 0))

    for _ in range(rows):
        at = 0
        loops: list[list[int]] = []  # where, how many more, list
        while steps[at][0] != _END:
            move, column, *words = steps[at]
            if move == _NUMBER:
                low, high, gaps = words[0], words[1], words[5]
                allowed = [value for value in range(low, high + 1) if not gaps >> value - low & 1] if gaps else []
                edge = random.choice((low, high, min(low + 1, high)))
                now[column] = random.choice(allowed or (edge, random.randint(low, high)))
            elif move == _FLAG:
                now[column] = words[0] + random.randint(0, 1)
            elif (move == _SKIP and now[column] == words[0]) or (move == _UNLESS and now[column] != words[0]):
                at = words[1] - 1
            elif move == _REPEAT:
                now[column] = random.randint(words[0], min(words[1], words[0] + 3))
                if now[column]:
                    loops.append([at, now[column], words[4]])
                else:
                    at = words[3] - 1
            elif move == _AGAIN:
                end(loops[-1][2])
                loops[-1][1] -= 1
                if loops[-1][1]:
                    at = loops[-1][0]
                else:
                    loops.pop()
            at += 1
        end(-1)
    return {name: np.array(column, np.int64) for name, column in zip(shape.names, columns, strict=True)}
