import numpy as np
from numpy.typing import NDArray

_Doubles = NDArray[np.float64]
_Ints = NDArray[np.int32]
_Bytes = NDArray[np.uint8]

class CamGenerator:
    capacity: int
    def __init__(self, capacity: int, regular: bool = False) -> None: ...
    def grow(self, capacity: int) -> None: ...
    def bind(
        self,
        active: _Bytes,
        x: _Doubles,
        y: _Doubles,
        speed: _Doubles,
        heading: _Doubles,
        wait: _Ints,
        senders: _Ints,
        low_due: _Bytes,
    ) -> None: ...
    def reset(self, stations: _Ints) -> None: ...
    def select(self, tick: int, n: int) -> int: ...

class NearestUnits:
    def __init__(self) -> None: ...
    def bind(self, x: _Doubles, y: _Doubles, home: _Ints, distance: _Doubles, heard: NDArray[np.int64]) -> None: ...
    def hear(
        self,
        packet: _Ints,
        receiver: _Ints,
        unit: _Ints,
        x: _Doubles,
        y: _Doubles,
        offered: _Bytes,
        tick: int,
        heard_for: int,
        first: int = 0,
    ) -> None: ...
