"""Files that are replaced as a whole: a reader sees the old one or the new one."""

import os
from pathlib import Path


def write_whole(path: Path, data: bytes | str) -> None:
    """Write a file under another name beside it, and give it its own. OSError where the disk will not have it."""
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("wb") as stream:
        stream.write(data.encode() if isinstance(data, str) else data)
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(path)
