from collections.abc import Collection, Sequence

from numpy.typing import ArrayLike

from wayside.ext.arrays import Bytes, Floats, Ints, Longs
from wayside.ext.links import Links

Deliveries = tuple[Longs, Ints]
Done = tuple[Longs, Longs, Longs, Ints]
Traced = tuple[Longs, Ints, Bytes]

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
        sensitivity: float = ...,
        sense: float = ...,
        floor: float | None = ...,
        threshold: float = ...,
        busy: float = ...,
        rank: bool = ...,
        retry: int = ...,
        emission: ArrayLike | None = ...,
        bin_m: float = ...,
        bins: int = ...,
        seed: int = ...,
        plant: Collection[str] = ...,
    ) -> None: ...
    def attach(self, links: Links, listed: Bytes, measured: Bytes) -> None: ...
    def submit(
        self,
        station: Ints,
        table: Ints,
        arrival: Longs,
        expiry: Longs,
        once: Bytes,
        tag: Longs,
        width: Ints | None = ...,
        told: Bytes | None = ...,
    ) -> None: ...
    def advance(self, until: int, threads: int = ...) -> tuple[Deliveries, Done]: ...
    def trace(self, on: bool) -> None: ...
    def traced(self) -> Traced: ...
    def busy_ratio(self) -> Floats: ...
    @property
    def links(self) -> int: ...
    @property
    def selections(self) -> int: ...
    def tally(self) -> Longs: ...
