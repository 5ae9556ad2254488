import numpy as np
from numpy.typing import NDArray

_Doubles = NDArray[np.float64]
_Ints = NDArray[np.int32]
_Longs = NDArray[np.int64]

LIFETIME: int
GAPS: int
BINS: int
BIN: float

class Neighbours:
    def __init__(self) -> None: ...
    def hear(
        self,
        packet: _Ints,
        receiver: _Ints,
        sender: _Ints,
        content: _Doubles,
        x: _Doubles,
        y: _Doubles,
        station: _Longs,
        at_x: _Doubles,
        at_y: _Doubles,
        tick: int,
    ) -> None: ...
    def forget(self, before: int) -> None: ...
    def of(self, receiver: int, station: int, now: int) -> tuple[_Ints, _Longs, _Doubles]: ...
    def gaps(self) -> _Longs: ...
    @property
    def pairs(self) -> int: ...
    @property
    def nbytes(self) -> int: ...
