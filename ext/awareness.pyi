import numpy as np
from numpy.typing import NDArray

_Doubles = NDArray[np.float64]
_Ints = NDArray[np.int32]

class CamGenerator:
    capacity: int
    def __init__(self, capacity: int) -> None: ...
    def grow(self, capacity: int) -> None: ...
    def bind(
        self,
        active: NDArray[np.uint8],
        x: _Doubles,
        y: _Doubles,
        speed: _Doubles,
        heading: _Doubles,
        length: _Doubles,
        station: NDArray[np.int64],
        senders: _Ints,
        content: _Doubles,
    ) -> None: ...
    def reset(self, stations: _Ints) -> None: ...
    def select(self, tick: int, n: int) -> int: ...

def keep_nearest(
    packet: _Ints,
    receiver: _Ints,
    unit: _Ints,
    x: _Doubles,
    y: _Doubles,
    offered: NDArray[np.uint8],
    at_x: _Doubles,
    at_y: _Doubles,
    tick: int,
    heard_for: int,
    home: _Ints,
    distance: _Doubles,
    heard: NDArray[np.int64],
) -> None: ...
