import numpy as np
from numpy.typing import NDArray

_Doubles = NDArray[np.float64]
_Longs = NDArray[np.int64]

class Paths:
    def __init__(self) -> None: ...
    def grow(self, slots: int) -> None: ...
    def bind(
        self,
        x: _Doubles,
        y: _Doubles,
        heading: _Doubles,
        station: _Longs,
        latitude: _Longs,
        longitude: _Longs,
        count: _Longs,
        north: _Longs,
        east: _Longs,
        since: _Longs,
    ) -> None: ...
    def tell(self, slots: NDArray[np.int32], due: NDArray[np.uint8], time: int) -> int: ...
