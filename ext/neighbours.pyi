from wayside.ext.arrays import Doubles, Ints, Longs

LIFETIME: int
GAPS: int
BINS: int
BIN: float

class NeighbourTables:
    def __init__(self) -> None: ...
    def hear(
        self,
        packet: Ints,
        receiver: Ints,
        sender: Ints,
        content: Doubles,
        x: Doubles,
        y: Doubles,
        station: Longs,
        at_x: Doubles,
        at_y: Doubles,
        tick: int,
    ) -> None: ...
    def forget(self, before: int) -> None: ...
    def of(self, receiver: int, station: int, now: int) -> tuple[Ints, Longs, Doubles]: ...
    def gaps(self) -> Longs: ...
    @property
    def pairs(self) -> int: ...
    @property
    def nbytes(self) -> int: ...
