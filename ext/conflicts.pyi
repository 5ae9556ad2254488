from wayside.ext.arrays import Bytes, Doubles, Ints

class Polylines:
    count: int
    def __init__(self, points: Doubles, run: Doubles, first: Ints) -> None: ...
    def match(
        self, ways: Ints, x: Doubles, y: Doubles, heading: Doubles, aside: Doubles, turned: float
    ) -> tuple[Ints, Ints, Doubles]: ...
    def meet(
        self,
        mover: Ints,
        way: Ints,
        at: Doubles,
        queue: Ints,
        x: Doubles,
        y: Doubles,
        heading: Doubles,
        speed: Doubles,
        acceleration: Doubles,
        length: Doubles,
        width: Doubles,
        afoot: Bytes,
        horizon: float,
        step: float,
        gap: float,
        least: float,
    ) -> tuple[Ints, Ints, Doubles, Doubles, Doubles, Doubles]: ...
