from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wayside.ext.links import Links

Deliveries = tuple[NDArray[np.int64], NDArray[np.int32]]
Done = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]
Traced = tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.uint8]]

class Csma:
    def __init__(
        self,
        *,
        errors: Sequence[tuple[ArrayLike, ArrayLike]],
        noise: float,
        sense: float = ...,
        energy: float = ...,
        measure: float | None = ...,
        capture: float | None = ...,
        preamble: int = ...,
        aifsn: Sequence[int] = ...,
        window: Sequence[int] = ...,
        depth: int = ...,
        bin_m: float = ...,
        bins: int = ...,
        seed: int = ...,
        plant: Collection[str] = ...,
    ) -> None: ...
    def attach(self, links: Links, listed: NDArray[np.uint8], measured: NDArray[np.uint8]) -> None: ...
    def submit(
        self,
        station: NDArray[np.int32],
        queue: NDArray[np.int32],
        table: NDArray[np.int32],
        arrival: NDArray[np.int64],
        expiry: NDArray[np.int64],
        duration: NDArray[np.int64],
        tag: NDArray[np.int64],
    ) -> None: ...
    def advance(self, until: int) -> tuple[Deliveries, Done]: ...
    def trace(self, on: bool) -> None: ...
    def traced(self) -> Traced: ...
    @property
    def time(self) -> int: ...
    def busy_ratio(self) -> NDArray[np.float32]: ...
    @property
    def links(self) -> int: ...
    def tally(self) -> NDArray[np.int64]: ...
    def levels(self) -> NDArray[np.int64]: ...
