from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wayside.ext.links import Links

Deliveries = tuple[NDArray[np.int64], NDArray[np.int32]]
Done = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]
Traced = tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.uint8]]

class Sps:
    def __init__(
        self,
        *,
        errors: Sequence[tuple[ArrayLike, ArrayLike]],
        noise: float,
        channels: int = ...,
        period: int = ...,
        window: int = ...,
        t1: int = ...,
        t2: int = ...,
        counters: tuple[int, int] = ...,
        keep: float = ...,
        share: float = ...,
        raise_db: float = ...,
        sense: float = ...,
        floor: float | None = ...,
        threshold: float = ...,
        busy: float = ...,
        rank: bool = ...,
        retry: int = ...,
        bin_m: float = ...,
        bins: int = ...,
        seed: int = ...,
        plant: Collection[str] = ...,
    ) -> None: ...
    def attach(self, links: Links, listed: NDArray[np.uint8], measured: NDArray[np.uint8]) -> None: ...
    def submit(
        self,
        station: NDArray[np.int32],
        table: NDArray[np.int32],
        arrival: NDArray[np.int64],
        expiry: NDArray[np.int64],
        once: NDArray[np.uint8],
        tag: NDArray[np.int64],
        width: NDArray[np.int32] | None = ...,
    ) -> None: ...
    def advance(self, until: int) -> tuple[Deliveries, Done]: ...
    def trace(self, on: bool) -> None: ...
    def traced(self) -> Traced: ...
    def busy_ratio(self) -> NDArray[np.float32]: ...
    @property
    def links(self) -> int: ...
    @property
    def selections(self) -> int: ...
    def tally(self) -> NDArray[np.int64]: ...
