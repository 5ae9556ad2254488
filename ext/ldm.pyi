from wayside.ext.arrays import Doubles, Ints, Longs

def hear(
    packet: Ints,
    unit: Ints,
    sender: Ints,
    content: Doubles,
    now: float,
    index: Ints,
    count: Ints,
    vehicle: Ints,
    heard: Doubles,
    state: Doubles,
    received: Longs,
    first: int = 0,
    shift: int = 0,
) -> int: ...
def forget(
    before: float,
    index: Ints,
    count: Ints,
    vehicle: Ints,
    heard: Doubles,
    state: Doubles,
    vru_before: float,
) -> None: ...
def enter(index: Ints, count: Ints, vehicle: Ints, heard: Doubles) -> None: ...
