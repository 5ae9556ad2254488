from wayside.ext.arrays import Bytes, Doubles, Floats, Indices, Ints, Longs

BINS: int

def edges() -> Doubles: ...
def traffic(
    kind: Bytes,
    size: Ints,
    fresh: int,
    at_vehicles: Ints,
    at_units: Ints,
    counts: Longs,
) -> None: ...
def delays(
    delay: Floats,
    kind: Bytes,
    pending: Indices,
    counts: Longs,
    total_ns: Longs,
    missing: Longs,
) -> None: ...
def ages(
    heard: Doubles, count: Ints, now: float, width: float, counts: Longs, state: Doubles | None = None
) -> None: ...
