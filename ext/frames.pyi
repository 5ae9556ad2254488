from typing import Final

import numpy as np
from numpy.typing import NDArray

_Doubles = NDArray[np.float64]
_Ints = NDArray[np.int32]
_States = NDArray[np.int8]

HEAD: Final[int]

class Packer:
    def __init__(self, parking: bytes, charging: bytes, signals: bytes) -> None: ...
    def keyframe(
        self,
        head: bytes,
        alive: NDArray[np.uint8],
        station: NDArray[np.int64],
        x: _Doubles,
        y: _Doubles,
        heading: _Doubles,
        speed: _Doubles,
        lane: _Ints,
        signals: _Ints,
        parking: _States,
        charging: _States,
    ) -> bytes: ...
    def delta(
        self,
        head: bytes,
        alive: NDArray[np.uint8],
        station: NDArray[np.int64],
        x: _Doubles,
        y: _Doubles,
        heading: _Doubles,
        speed: _Doubles,
        lane: _Ints,
        signals: _Ints,
        parking: _States,
        charging: _States,
    ) -> bytes | None: ...
    @property
    def slots(self) -> NDArray[np.int64]: ...
    @property
    def reference(self) -> int: ...
    @property
    def on_road(self) -> int: ...
