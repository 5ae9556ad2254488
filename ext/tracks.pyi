from wayside.ext.arrays import Doubles, Ints, Longs

VALUES: int
RULES: int

def assign(n: int, m: int, a: Ints, b: Ints, cost: Doubles, gate: float) -> Ints: ...

class Tracker:
    def look(
        self,
        rows: Doubles,
        count: Ints,
        next_id: Ints,
        how: Doubles,
        units: Ints,
        first: Ints,
        time: float,
        x: Doubles,
        y: Doubles,
        vx: Doubles,
        vy: Doubles,
        heading: Doubles,
        length: Doubles,
        width: Doubles,
        sigma: Doubles,
        kind: Doubles,
    ) -> Ints: ...
    def match(
        self,
        rows: Doubles,
        count: Ints,
        units: Ints,
        heard_count: Ints,
        heard: Doubles,
        state: Doubles,
        now: float,
        sigma: Doubles,
        acceleration: float,
        track: Ints,
    ) -> None: ...
    def overhear(
        self,
        rows: Doubles,
        count: Ints,
        unit: Ints,
        object: Ints,
        x: Doubles,
        y: Doubles,
        speed: Doubles,
        sigma: Doubles,
        away: Doubles,
        now: float,
        tick: int,
    ) -> None: ...

def choose(
    rows: Doubles,
    count: Ints,
    units: Ints,
    now: float,
    tick: int,
    rules: Ints,
    limits: Doubles,
    heard: Doubles,
    room: int,
    omitted: Longs,
) -> tuple[Ints, Ints]: ...
def fuse(
    vehicle: Ints,
    heard: Doubles,
    state: Doubles,
    now: float,
    tracks: Doubles,
    track: Ints,
    lost: float,
    sigma: float,
    acceleration: float,
) -> tuple[Ints, Doubles, Doubles]: ...
