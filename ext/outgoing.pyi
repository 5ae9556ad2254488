from wayside.ext.arrays import Bytes, Doubles, Ints, Longs

class Block:
    def __init__(
        self,
        kind: Bytes,
        sender: Ints,
        size: Ints,
        category: Bytes,
        to: Ints,
        radius: Doubles,
        periodic: Bytes,
        named: Bytes,
    ) -> None: ...
    def __len__(self) -> int: ...

class Rows:
    def __init__(self) -> None: ...
    def bind(
        self,
        id: Longs,
        kind: Bytes,
        sender: Ints,
        size: Ints,
        category: Bytes,
        to: Ints,
        radius: Doubles,
        periodic: Bytes,
        named: Bytes,
    ) -> None: ...
    def add(
        self,
        begin: int,
        rows: int,
        first: int,
        sender: Ints | int,
        size: Ints | int,
        category: Bytes | int,
        to: Ints | int,
        radius: Doubles | float,
        periodic: Bytes | bool,
        named: Bytes | bool,
        kind: Bytes | int,
    ) -> None: ...
    def put(self, begin: int, first: int, block: Block) -> None: ...
    def say(
        self,
        begin: int,
        first: int,
        sender: Ints,
        shift: int,
        offsets: Longs,
        headers: int,
        category: int,
        periodic: bool,
        named: bool,
        kind: int,
    ) -> None: ...
