import numpy as np
from numpy.typing import NDArray

_Doubles = NDArray[np.float64]

def velocities(
    speed: _Doubles,
    heading: _Doubles,
    east: _Doubles,
    north: _Doubles,
    turned: _Doubles,
    vx: _Doubles,
    vy: _Doubles,
) -> None: ...
def advance(
    x: _Doubles, y: _Doubles, vx: _Doubles, vy: _Doubles, seconds: float, to_x: _Doubles, to_y: _Doubles
) -> None: ...
