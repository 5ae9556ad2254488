from typing import Any

import numpy as np
from numpy.typing import NDArray

_Words = NDArray[np.int64]

class Program:
    name: str
    words: _Words
    objects: tuple[Any, ...]
    def __init__(
        self,
        words: _Words,
        objects: tuple[Any, ...],
        name: str,
        encode_error: type[Exception] = ...,
        decode_error: type[Exception] = ...,
    ) -> None: ...
    def encode(self, value: Any) -> bytes: ...
    def encode_bits(self, value: Any) -> tuple[bytes, int]: ...
    def decode(self, data: bytes | bytearray | memoryview | NDArray[np.uint8]) -> Any: ...
