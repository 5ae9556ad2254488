import numpy as np
from numpy.typing import NDArray

_Pairs = tuple[NDArray[np.int32], NDArray[np.int32]]

class Packets:
    def __init__(
        self,
        id: NDArray[np.int64],
        sender: NDArray[np.int32],
        to: NDArray[np.int32],
        radius: NDArray[np.float64],
        named: NDArray[np.uint8],
        units: int,
        x: NDArray[np.float64],
        y: NDArray[np.float64],
    ) -> None: ...
    def take_up(
        self,
        ids: NDArray[np.int64],
        receiver: NDArray[np.int32],
        done: NDArray[np.int64],
        spent: NDArray[np.float32],
    ) -> tuple[NDArray[np.int32], NDArray[np.int32], _Pairs, _Pairs, NDArray[np.float32], NDArray[np.intp]]: ...
    def asked(
        self,
        rows: NDArray[np.intp],
        ids: NDArray[np.int64],
        receiver: NDArray[np.int32],
        fate: NDArray[np.uint8],
    ) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.uint8]]: ...

def moments(sender: NDArray[np.int32], id: NDArray[np.uint64], span: int, seed: int) -> NDArray[np.int64]: ...
