import numpy as np
from numpy.typing import NDArray

_Words = NDArray[np.int64]

def run(
    plan: _Words, columns: list[_Words], list_of: _Words, rows: int, lists: int, room: int
) -> tuple[NDArray[np.uint8], _Words, _Words, tuple[int, int, int, int] | None]: ...
def fill(
    code: _Words, buffer: NDArray[np.uint8], offsets: _Words, fills: _Words, list_of: _Words
) -> tuple[list[_Words], NDArray[np.bool_]]: ...
