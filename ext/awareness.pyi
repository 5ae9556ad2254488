from wayside.ext.arrays import Bytes, Doubles, Ints, Longs

class CamGenerator:
    capacity: int
    def __init__(self, capacity: int, regular: bool = False) -> None: ...
    def grow(self, capacity: int) -> None: ...
    def bind(
        self,
        active: Bytes,
        x: Doubles,
        y: Doubles,
        speed: Doubles,
        heading: Doubles,
        wait: Ints,
        vru: Bytes,
        senders: Ints,
        low_due: Bytes,
    ) -> None: ...
    def reset(self, stations: Ints) -> None: ...
    def select(self, tick: int, n: int) -> int: ...

class VamGenerator:
    capacity: int
    def __init__(self, capacity: int) -> None: ...
    def grow(self, capacity: int) -> None: ...
    def bind(
        self,
        active: Bytes,
        x: Doubles,
        y: Doubles,
        speed: Doubles,
        heading: Doubles,
        wait: Ints,
        vru: Bytes,
        senders: Ints,
        low_due: Bytes,
    ) -> None: ...
    def reset(self, stations: Ints) -> None: ...
    def select(self, tick: int, n: int) -> int: ...

class NearestUnits:
    def __init__(self) -> None: ...
    def bind(self, x: Doubles, y: Doubles, home: Ints, distance: Doubles, heard: Longs) -> None: ...
    def hear(
        self,
        packet: Ints,
        receiver: Ints,
        unit: Ints,
        x: Doubles,
        y: Doubles,
        offered: Bytes,
        tick: int,
        heard_for: int,
        first: int = 0,
    ) -> None: ...
