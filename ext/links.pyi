from collections.abc import Sequence

from numpy.typing import ArrayLike

from wayside.ext.arrays import Bytes, Doubles, Floats, Hashes, Ints, Longs

class Links:
    def __init__(
        self,
        *,
        range_m: float,
        loss: ArrayLike,
        deviation: ArrayLike,
        step: float = ...,
        sight: ArrayLike | None = ...,
        blocked: ArrayLike | None = ...,
        spread: ArrayLike | None = ...,
        blocked_deviation: ArrayLike | None = ...,
        heights: Sequence[float] | None = ...,
        decorrelation: float = ...,
        skin: float = ...,
        floor: float | None = ...,
        seed: int = ...,
    ) -> None: ...
    def build_walls(self, x: Doubles, y: Doubles, first: Longs, cell: float = ...) -> None: ...
    def wall_loss(
        self,
        x: Doubles,
        y: Doubles,
        to_x: Doubles,
        to_y: Doubles,
    ) -> Floats: ...
    def place_bodies(
        self,
        x: Doubles,
        y: Doubles,
        there: Bytes,
        tall: Bytes,
        first: int,
        z: Doubles | None = ...,
    ) -> None: ...
    def blocker(
        self, one: int, x: float, y: float, height: float, other: int, to_x: float, to_y: float, to_height: float
    ) -> int: ...
    def update(
        self,
        x: Doubles,
        y: Doubles,
        on: Bytes,
        ids: Hashes,
        classes: Bytes,
        emitted: Floats,
        gain: Floats,
        z: Doubles | None = ...,
    ) -> None: ...
    @property
    def searches(self) -> int: ...
    def renew(self, threads: int = ...) -> int: ...
    def table(self, threads: int = ...) -> tuple[Longs, Ints, Floats]: ...
    def row(self, station: int) -> tuple[Ints, Floats]: ...
    def powers(self, station: Ints, other: Ints) -> Floats: ...
