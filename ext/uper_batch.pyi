from wayside.ext.arrays import Bytes, Flags, Ints, Longs

_Refusal = tuple[int, int, int, int] | None

def run(
    plan: Longs, columns: list[Longs], list_of: Longs, rows: int, elements: Longs, room: int
) -> tuple[Bytes, Longs, Longs, _Refusal]: ...
def fill(
    code: Longs, plan: Longs, buffer: Bytes, offsets: Longs, fills: Longs, list_of: Longs
) -> tuple[list[Longs], Flags]: ...

class Encoder:
    def __init__(
        self,
        plan: Longs,
        columns: list[Longs],
        list_of: Longs,
        elements: Longs,
        buffer: Bytes,
        offsets: Longs,
        used: Longs,
    ) -> None: ...
    def run(self, rows: int) -> _Refusal: ...

class Decoder:
    def __init__(
        self,
        code: Longs,
        plan: Longs,
        fills: Longs,
        list_of: Longs,
        columns: list[Longs | None],
        valid: Bytes,
        kept: list[bool] | None = None,
    ) -> None: ...
    def run(self, buffer: Bytes, offsets: Longs, which: Ints | None = None) -> int: ...
    def elements(self, column: int) -> Longs: ...
