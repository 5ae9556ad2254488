from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

class Links:
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    id: NDArray[np.uint64]

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
        settle: float = ...,
        floor: float | None = ...,
        seed: int = ...,
    ) -> None: ...
    def build_walls(
        self, x: NDArray[np.float64], y: NDArray[np.float64], first: NDArray[np.int64], cell: float = ...
    ) -> None: ...
    def wall_loss(
        self,
        x: NDArray[np.float64],
        y: NDArray[np.float64],
        to_x: NDArray[np.float64],
        to_y: NDArray[np.float64],
    ) -> NDArray[np.float32]: ...
    def place_bodies(
        self,
        x: NDArray[np.float64],
        y: NDArray[np.float64],
        there: NDArray[np.uint8],
        tall: NDArray[np.uint8],
        first: int,
    ) -> None: ...
    def blocker(
        self, one: int, x: float, y: float, height: float, other: int, to_x: float, to_y: float, to_height: float
    ) -> int: ...
    def update(
        self,
        x: NDArray[np.float64],
        y: NDArray[np.float64],
        on: NDArray[np.uint8],
        ids: NDArray[np.uint64],
        classes: NDArray[np.uint8],
        emitted: NDArray[np.float32],
        gain: NDArray[np.float32],
        threads: int = ...,
    ) -> int: ...
    @property
    def searches(self) -> int: ...
    def table(self) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]: ...
    def row(self, station: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]: ...
