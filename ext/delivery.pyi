from wayside.ext.arrays import Bytes, Doubles, Floats, Hashes, Indices, Ints, Longs

_Pairs = tuple[Ints, Ints]

class TickPackets:
    told: Bytes

    def __init__(
        self,
        id: Longs,
        sender: Ints,
        to: Ints,
        radius: Doubles,
        named: Bytes,
        units: int,
        x: Doubles,
        y: Doubles,
    ) -> None: ...
    def take_up(
        self,
        ids: Longs,
        receiver: Ints,
        done: Longs,
        spent: Floats,
        received: Ints | None = ...,
    ) -> tuple[Ints, Ints, _Pairs, _Pairs, Floats, Indices]: ...
    def asked(
        self,
        rows: Indices,
        ids: Longs,
        receiver: Ints,
        fate: Bytes,
    ) -> tuple[Ints, Ints, Bytes]: ...

def moments(sender: Ints, id: Hashes, span: int, seed: int) -> Longs: ...
