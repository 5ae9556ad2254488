import numpy as np
from numpy.typing import NDArray

_Doubles = NDArray[np.float64]
_Longs = NDArray[np.int64]
_Ints = NDArray[np.int32]
_Bytes = NDArray[np.uint8]

class Block:
    def __init__(
        self,
        kind: _Bytes,
        sender: _Ints,
        size: _Ints,
        category: _Bytes,
        to: _Ints,
        radius: _Doubles,
        periodic: _Bytes,
        named: _Bytes,
    ) -> None: ...
    def __len__(self) -> int: ...

class Rows:
    def __init__(self) -> None: ...
    def bind(
        self,
        id: _Longs,
        kind: _Bytes,
        sender: _Ints,
        size: _Ints,
        category: _Bytes,
        to: _Ints,
        radius: _Doubles,
        periodic: _Bytes,
        named: _Bytes,
    ) -> None: ...
    def add(
        self,
        begin: int,
        rows: int,
        first: int,
        sender: _Ints | int,
        size: _Ints | int,
        category: _Bytes | int,
        to: _Ints | int,
        radius: _Doubles | float,
        periodic: _Bytes | bool,
        named: _Bytes | bool,
        kind: _Bytes | int,
    ) -> None: ...
    def put(self, begin: int, first: int, block: Block) -> None: ...
    def say(
        self,
        begin: int,
        first: int,
        sender: _Ints,
        shift: int,
        offsets: _Longs,
        headers: int,
        category: int,
        periodic: bool,
        named: bool,
        kind: int,
    ) -> None: ...
