from wayside.ext.arrays import Bytes, Doubles, Ints, Longs

class Nearest:
    def __init__(
        self,
        edges: int,
        before: Ints,
        after: Ints,
        places: int,
        place: Ints,
        edge: Ints,
        along: Doubles,
        beyond: Doubles,
    ) -> None: ...
    def search(
        self,
        cost: Doubles,
        origin: Longs,
        edge: Ints,
        along: Doubles,
        usable: Bytes,
        count: int,
        origins: int = -1,
        threads: int = 1,
    ) -> tuple[Ints, Doubles]: ...
    def reach(
        self, cost: Doubles, origin: Longs, edge: Ints, along: Doubles, places: Ints, threads: int = 1
    ) -> Doubles: ...
