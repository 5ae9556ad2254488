from wayside.ext.arrays import Bytes, Doubles, Flags, Ints

Pair = tuple[float, float]
Told = tuple[tuple[int, int], float, int, tuple[int, int], Pair, Pair, Pair, Pair]

class Polylines:
    count: int
    def __init__(self, points: Doubles, run: Doubles, first: Ints) -> None: ...
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

class Watch:
    def __init__(
        self,
        ways: Polylines,
        near: Ints,
        start: Ints,
        line: Doubles,
        clear: Doubles,
        speed: Doubles,
        aside: Doubles,
        width: Doubles,
        going: Bytes,
        turned: float,
    ) -> None: ...
    def look(
        self,
        state: Doubles,
        heard: Doubles,
        now: float,
        x: float,
        y: float,
        radius: float,
        stops: Flags,
        horizon: float,
        step: float,
        gap: float,
        least: float,
        braking: float,
    ) -> list[Told]: ...
