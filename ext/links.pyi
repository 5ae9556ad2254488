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
        decorrelation: float = ...,
        skin: float = ...,
        settle: float = ...,
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
