from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_Doubles = NDArray[np.float64]
_Longs = NDArray[np.int64]
_Ints = NDArray[np.int32]
_Bytes = NDArray[np.uint8]

class Polynomials:
    degree: int
    def __init__(self, coefficients: _Doubles, degree: int, middle: Sequence[float], half: Sequence[float]) -> None: ...
    def at(self, u: _Doubles, v: _Doubles, to: _Doubles, rows: int, slots: _Ints | None = None) -> int: ...

class Integers:
    def __init__(self, slots: int, room: int) -> None: ...
    def quantity(
        self,
        to: _Longs,
        source: _Doubles,
        step: float,
        unknown: int,
        below: int | None = None,
        above: int | None = None,
        turn: int = 0,
        plus: _Doubles | None = None,
        by_slot: bool = True,
    ) -> None: ...
    def lookup(self, to: _Longs, codes: _Bytes, table: _Longs, gate: _Bytes | None = None) -> None: ...
    def copy(self, to: _Longs, source: _Longs) -> None: ...
    def make(self, slots: _Ints) -> None: ...

def count_up(counts: _Bytes, slots: _Ints, to: _Longs, modulo: int) -> None: ...

class Content:
    def __init__(self, columns: list[_Longs], steps: list[float], unknown: list[int]) -> None: ...
    def positions(self, to: _Doubles, rows: int) -> None: ...
    def rows(self, at: _Doubles, to: _Doubles, rows: int) -> None: ...
