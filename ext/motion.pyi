from wayside.ext.arrays import Bytes, Doubles, Ints, Longs

class Motion:
    def __init__(self, step: float, ballistic: bool = False) -> None: ...
    def bind(
        self,
        x: Doubles,
        y: Doubles,
        speed: Doubles,
        acceleration: Doubles,
        heading: Doubles,
        station: Longs,
        stop_state: Ints,
        on_net: Bytes,
        equipped: Bytes,
        active: Bytes,
        yaw_rate: Doubles,
        curvature: Doubles,
        to_x: Doubles,
        to_y: Doubles,
    ) -> None: ...
    def sense(self, n: int, parking: int) -> None: ...
    def advance(self, n: int, seconds: float) -> None: ...

class Drift:
    capacity: int
    def __init__(self, seed: int, deviation: float, correlation: float) -> None: ...
    def bind(
        self,
        active: Bytes,
        x: Doubles,
        y: Doubles,
        station: Longs,
        said_x: Doubles,
        said_y: Doubles,
    ) -> None: ...
    def advance(self, tick: int, n: int) -> None: ...
