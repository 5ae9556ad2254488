import numpy as np
from numpy.typing import NDArray

_Doubles = NDArray[np.float64]
_Ints = NDArray[np.int32]

class Grid:
    def __init__(self, cell: float) -> None: ...
    @property
    def count(self) -> int: ...
    def build(self, x: _Doubles, y: _Doubles, present: NDArray[np.uint8]) -> None: ...
    def count_within(
        self, x: _Doubles, y: _Doubles, radius: float, counts: _Ints, which: _Ints | None = None
    ) -> int: ...
    def pairs_within(
        self, x: _Doubles, y: _Doubles, radius: float, which: _Ints | None = None
    ) -> tuple[_Ints, _Ints]: ...

class Posts:
    def build(self, x: _Doubles, y: _Doubles, present: NDArray[np.uint8]) -> None: ...
    def pairs_within(
        self, x: _Doubles, y: _Doubles, radius: float, which: _Ints | None = None
    ) -> tuple[_Ints, _Ints]: ...

class Discs:
    reach: float
    def __init__(self, reach: float) -> None: ...
    def place_units(self, x: _Doubles, y: _Doubles, on: NDArray[np.uint8]) -> None: ...
    def place_vehicles(self, x: _Doubles, y: _Doubles, on: NDArray[np.uint8]) -> None: ...
    def carry(
        self,
        sender: _Ints,
        to: _Ints,
        radius: _Doubles,
        named: NDArray[np.uint8],
        at_vehicles: _Ints,
        at_units: _Ints,
    ) -> tuple[tuple[_Ints, _Ints], tuple[_Ints, _Ints]]: ...
