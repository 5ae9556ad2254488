import numpy as np
from numpy.typing import NDArray

_Words = NDArray[np.int64]
_Octets = NDArray[np.uint8]
_Refusal = tuple[int, int, int, int] | None

def run(
    plan: _Words, columns: list[_Words], list_of: _Words, rows: int, elements: _Words, room: int
) -> tuple[_Octets, _Words, _Words, _Refusal]: ...
def fill(
    code: _Words, plan: _Words, buffer: _Octets, offsets: _Words, fills: _Words, list_of: _Words
) -> tuple[list[_Words], NDArray[np.bool_]]: ...

class Encoder:
    def __init__(
        self,
        plan: _Words,
        columns: list[_Words],
        list_of: _Words,
        elements: _Words,
        buffer: _Octets,
        offsets: _Words,
        used: _Words,
    ) -> None: ...
    def run(self, rows: int) -> _Refusal: ...

class Decoder:
    def __init__(
        self,
        code: _Words,
        plan: _Words,
        fills: _Words,
        list_of: _Words,
        columns: list[_Words | None],
        valid: _Octets,
        kept: list[bool] | None = None,
    ) -> None: ...
    def run(self, buffer: _Octets, offsets: _Words, which: NDArray[np.int32] | None = None) -> int: ...
    def elements(self, column: int) -> _Words: ...
