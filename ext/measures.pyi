import numpy as np
from numpy.typing import NDArray

_Longs = NDArray[np.int64]

BINS: int

def edges() -> NDArray[np.float64]: ...
def traffic(
    kind: NDArray[np.uint8],
    size: NDArray[np.int32],
    fresh: int,
    at_vehicles: NDArray[np.int32],
    at_units: NDArray[np.int32],
    counts: _Longs,
) -> None: ...
def delays(
    delay: NDArray[np.float32],
    kind: NDArray[np.uint8],
    pending: NDArray[np.intp],
    counts: _Longs,
    total_ns: _Longs,
    missing: _Longs,
) -> None: ...
def ages(heard: NDArray[np.float64], count: NDArray[np.int32], now: float, width: float, counts: _Longs) -> None: ...
