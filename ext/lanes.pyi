from wayside.ext.arrays import Doubles, Flags, Ints

def locate(
    x: Doubles,
    y: Doubles,
    sine: Doubles,
    cosine: Doubles,
    start: Doubles,
    way: Doubles,
    ahead: Doubles,
    square: Doubles,
    near: Doubles,
    within: Doubles,
    edge: Ints,
    lane: Ints,
    begin: Doubles,
    run: Doubles,
    along: float,
    against: float,
) -> tuple[Ints, Ints, Doubles, Flags]: ...
