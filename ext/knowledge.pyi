from numpy import uint32
from numpy.typing import NDArray

from wayside.ext.arrays import Bytes, Doubles, Ints

class Knowledge:
    def look(
        self,
        source: Ints,
        ago: Ints,
        x: Doubles,
        y: Doubles,
        user_x: Doubles,
        user_y: Doubles,
        there: Bytes,
        gate: float,
        at_x: Doubles,
        at_y: Doubles,
        listens: Bytes,
        received: NDArray[uint32],
        within: float,
    ) -> tuple[Ints, Ints, Doubles, Ints]: ...
