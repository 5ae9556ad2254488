"""What a simulation and its agents hand each other: a row of shared memory for each simulation.

It is an anonymous file that both processes have open, so nothing is left of it however they end.
"""

from __future__ import annotations

import mmap
import os
from typing import Any

import numpy as np
from numpy.typing import NDArray


def layout(agents: int, columns: int, actions: int) -> np.dtype[np.void]:
    """What a row holds, for so many agents with so many entries of an observation and so many actions each."""
    return np.dtype(
        [
            ("time", np.float64),  # s
            ("action", np.int64, (agents,)),
            ("reward", np.float64, (agents,)),
            ("observation", np.float32, (agents, columns)),
            ("mask", np.int8, (agents, actions)),  # 1: the action is possible
            ("asked", np.int8, (agents,)),  # 1: the agent has something to decide
        ],
        align=True,
    )


def create() -> int:
    """The descriptor of a new shared memory, empty as yet."""
    return os.memfd_create("wayside-environments")


def opened(descriptor: int, kind: np.dtype[np.void], rows: int) -> NDArray[Any]:
    """The rows in a shared memory, which is made large enough."""
    size = max(kind.itemsize * rows, 1)
    if os.fstat(descriptor).st_size < size:
        os.ftruncate(descriptor, size)
    return np.ndarray((rows,), kind, buffer=mmap.mmap(descriptor, size))
