from collections.abc import Collection, Sequence

from numpy.typing import ArrayLike

from wayside.ext.arrays import Bytes, Floats, Ints, Longs
from wayside.ext.links import Links

Deliveries = tuple[Longs, Ints]
Done = tuple[Longs, Longs, Longs, Ints]
Traced = tuple[Longs, Ints, Bytes]

class Csma:
    def __init__(
        self,
        *,
        errors: Sequence[tuple[ArrayLike, ArrayLike]],
        noise: float,
        sensitivity: float = ...,
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
    def attach(self, links: Links, listed: Bytes, measured: Bytes) -> None: ...
    def submit(
        self,
        station: Ints,
        queue: Ints,
        table: Ints,
        arrival: Longs,
        expiry: Longs,
        duration: Longs,
        tag: Longs,
        told: Bytes | None = ...,
    ) -> None: ...
    def advance(self, until: int, threads: int = ...) -> tuple[Deliveries, Done]: ...
    def trace(self, on: bool) -> None: ...
    def traced(self) -> Traced: ...
    @property
    def time(self) -> int: ...
    def busy_ratio(self) -> Floats: ...
    @property
    def links(self) -> int: ...
    def tally(self) -> Longs: ...
    def levels(self) -> Longs: ...
