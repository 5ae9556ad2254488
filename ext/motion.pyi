import numpy as np
from numpy.typing import NDArray

_Doubles = NDArray[np.float64]
_Ints = NDArray[np.int32]
_Bytes = NDArray[np.uint8]

class Motion:
    def __init__(self) -> None: ...
    def bind(
        self,
        x: _Doubles,
        y: _Doubles,
        speed: _Doubles,
        heading: _Doubles,
        stop_state: _Ints,
        on_net: _Bytes,
        equipped: _Bytes,
        active: _Bytes,
        vx: _Doubles,
        vy: _Doubles,
        to_x: _Doubles,
        to_y: _Doubles,
    ) -> None: ...
    def sense(self, n: int, parking: int) -> None: ...
    def advance(self, n: int, seconds: float) -> None: ...

class Drift:
    capacity: int
    def __init__(self, seed: int, deviation: float, correlation: float) -> None: ...
    def bind(
        self,
        active: _Bytes,
        x: _Doubles,
        y: _Doubles,
        station: NDArray[np.int64],
        said_x: _Doubles,
        said_y: _Doubles,
    ) -> None: ...
    def advance(self, tick: int, n: int) -> None: ...
