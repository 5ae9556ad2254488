from typing import Any

from wayside.ext.arrays import Bytes, Longs

class TypeProgram:
    name: str
    words: Longs
    objects: tuple[Any, ...]
    def __init__(
        self,
        words: Longs,
        objects: tuple[Any, ...],
        name: str,
        encode_error: type[Exception] = ...,
        decode_error: type[Exception] = ...,
    ) -> None: ...
    def encode(self, value: Any) -> bytes: ...
    def encode_bits(self, value: Any) -> tuple[bytes, int]: ...
    def decode(self, data: bytes | bytearray | memoryview | Bytes) -> Any: ...
