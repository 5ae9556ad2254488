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
