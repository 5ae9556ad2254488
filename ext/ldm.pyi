import numpy as np
from numpy.typing import NDArray

_Doubles = NDArray[np.float64]
_Ints = NDArray[np.int32]

def hear(
    packet: _Ints,
    unit: _Ints,
    sender: _Ints,
    content: _Doubles,
    now: float,
    index: _Ints,
    count: _Ints,
    vehicle: _Ints,
    heard: _Doubles,
    state: _Doubles,
    received: NDArray[np.int64],
    first: int = 0,
    shift: int = 0,
) -> int: ...
def forget(before: float, index: _Ints, count: _Ints, vehicle: _Ints, heard: _Doubles, state: _Doubles) -> None: ...
def enter(index: _Ints, count: _Ints, vehicle: _Ints, heard: _Doubles) -> None: ...
