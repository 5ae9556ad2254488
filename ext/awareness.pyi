import numpy as np
from numpy.typing import NDArray

_Doubles = NDArray[np.float64]
_Ints = NDArray[np.int32]

class CamGenerator:
    capacity: int
    def __init__(self, capacity: int) -> None: ...
    def grow(self, capacity: int) -> None: ...
    def reset(self, stations: _Ints) -> None: ...
    def select(
        self,
        tick: int,
        active: NDArray[np.uint8],
        x: _Doubles,
        y: _Doubles,
        speed: _Doubles,
        heading: _Doubles,
        senders: _Ints,
    ) -> int: ...
