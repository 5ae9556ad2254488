from wayside.ext.arrays import Bytes, Doubles, Ints, States

class FlowBook:
    def __init__(self, tolerance: float) -> None: ...
    def bind(
        self,
        capacity_wh: Doubles,
        alive: Bytes,
        edge: Ints,
        charge: Doubles,
        charger: Ints,
        charged: Doubles,
        stations: Bytes,
        at: Ints,
        consumed: Doubles,
        regenerated: Doubles,
        gift: Doubles,
        here: States,
        had: Doubles,
        used: Doubles,
        near: Ints,
        there: Ints,
    ) -> None: ...
    def near(self, n: int) -> int: ...
    def enter(self, slots: Ints) -> int: ...

def book(
    there: Ints,
    charger: Ints,
    charged: Doubles,
    efficiency: Doubles,
    price_per_kwh: Doubles,
    state: States,
    plugged: int,
    own: Ints,
    given_wh: Doubles,
    energy_wh: Doubles,
    cost: Doubles,
) -> bool: ...
