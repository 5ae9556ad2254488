from wayside.ext.arrays import Bytes, Doubles, Indices, Ints

def take_in(
    packet: Ints,
    station: Ints,
    at: Doubles,
    far: Doubles,
    known: Bytes,
    least: float,
    most: float,
    reach: float,
) -> tuple[Indices, Doubles, Bytes, Bytes]: ...

class Contention:
    sends: Bytes
    def __init__(self, packet: Ints, end: Doubles, out: Doubles, silenced: Bytes) -> None: ...
    def lead(self) -> tuple[Ints, Ints, Ints]: ...
    def silence(self, rows: Ints) -> None: ...
    @property
    def silenced(self) -> Bytes: ...
