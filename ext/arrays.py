"""The arrays' types by name, one for each kind of number. Shapes and units are told where one is taken or returned."""

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Floats = NDArray[np.float32]
Longs = NDArray[np.int64]
Ints = NDArray[np.int32]
Shorts = NDArray[np.int16]
States = NDArray[np.int8]
Bytes = NDArray[np.uint8]
# Identities and their like: chance is drawn from them.
Hashes = NDArray[np.uint64]
Flags = NDArray[np.bool_]
# As NumPy's own functions return them.
Indices = NDArray[np.intp]
