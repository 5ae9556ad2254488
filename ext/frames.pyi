from typing import Final

from wayside.ext.arrays import Bytes, Doubles, Ints, Longs, States

HEAD: Final[int]

class Packer:
    def __init__(self, parking: bytes, charging: bytes, signals: bytes) -> None: ...
    def keyframe(
        self,
        head: bytes,
        alive: Bytes,
        station: Longs,
        x: Doubles,
        y: Doubles,
        heading: Doubles,
        speed: Doubles,
        lane: Ints,
        signals: Ints,
        parking: States,
        charging: States,
    ) -> bytes: ...
    def delta(
        self,
        head: bytes,
        alive: Bytes,
        station: Longs,
        x: Doubles,
        y: Doubles,
        heading: Doubles,
        speed: Doubles,
        lane: Ints,
        signals: Ints,
        parking: States,
        charging: States,
    ) -> bytes | None: ...
    @property
    def slots(self) -> Longs: ...
    @property
    def reference(self) -> int: ...
    @property
    def on_road(self) -> int: ...
