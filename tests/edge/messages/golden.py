"""Vectors that the oracles made, kept so that the suite means something without the module texts.

golden/NAME.json has a few values with their octets in full, and for the messages that pycrate does not come with the
digests of 1,000 more, of which the values are drawn anew from their seeds (`values.random_value`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from random import Random
from typing import Any

from tests.edge.messages.values import random_value
from wayside.edge.messages.program import Message

FOLDER = Path(__file__).parent / "golden"
FULL, LONGEST = 16, 250  # values of each message in full, octets
MANY = 1000


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, bytes):
        return {"octets": value.hex()}
    if isinstance(value, tuple):
        return {"pair": [plain(value[0]), plain(value[1])]}
    if isinstance(value, list):
        return [plain(element) for element in value]
    if isinstance(value, dict):
        return {"members": {name: plain(inner) for name, inner in value.items()}}
    return value


def restored(value: Any) -> Any:
    """The value that JSON stands for."""
    if isinstance(value, list):
        return [restored(element) for element in value]
    if isinstance(value, dict):
        ((kind, inner),) = value.items()
        if kind == "octets":
            return bytes.fromhex(inner)
        if kind == "pair":
            return (restored(inner[0]), restored(inner[1]))
        return {name: restored(member) for name, member in inner.items()}
    return value


def drawn(message: Message, count: int, seed: int = 1) -> Iterator[Any]:
    """The values that the vectors are of."""
    random = Random(f"{message.name}/{seed}")
    for _ in range(count):
        yield random_value(message.type, random)


def digest(octets: bytes) -> str:
    """A short one: a slip goes unseen once in 2^32."""
    return blake2b(octets, digest_size=4).hexdigest()


def load(name: str) -> dict[str, Any]:
    """The vectors of a message."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return found
