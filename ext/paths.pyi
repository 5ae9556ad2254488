from wayside.ext.arrays import Bytes, Doubles, Ints, Longs

class Paths:
    def __init__(self) -> None: ...
    def grow(self, slots: int) -> None: ...
    def bind(
        self,
        x: Doubles,
        y: Doubles,
        heading: Doubles,
        station: Longs,
        latitude: Longs,
        longitude: Longs,
        count: Longs,
        north: Longs,
        east: Longs,
        since: Longs,
    ) -> None: ...
    def tell(self, slots: Ints, due: Bytes, time: int) -> int: ...
