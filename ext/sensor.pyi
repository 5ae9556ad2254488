from wayside.ext.arrays import Bytes, Doubles, Hashes, Ints, Longs

OUTCOMES: tuple[str, ...]
COLUMNS: tuple[str, ...]
Sighted = tuple[Doubles, Doubles, Doubles, Doubles, Doubles, Doubles, Doubles, Doubles, Hashes, Bytes]
Detected = tuple[Ints, Ints, Doubles, Doubles, Doubles, Doubles, Doubles, Doubles, Doubles, Doubles]

class SensorField:
    def __init__(
        self, posts: Doubles, identity: Hashes, sectors: Doubles, corner_x: Doubles, corner_y: Doubles, first: Longs
    ) -> None: ...
    def look(self, due: Ints, salt: int, moment: int, sights: Sighted) -> Detected: ...
    def outcomes(self, sensor: int, sights: Sighted) -> Bytes: ...
    def counts(self) -> Longs: ...
