"""Draws that belong to (seed, purpose, who), whatever else is drawn."""

from collections.abc import Callable
from hashlib import blake2b


def number(seed: int, purpose: str, id: str) -> int:
    """A number of 64 bits that depends on the seed, the purpose and an id only."""
    return int.from_bytes(blake2b(f"{seed}/{purpose}/{id}".encode(), digest_size=8).digest(), "big")


def draw(seed: int, purpose: str, id: str) -> float:
    """A number in [0, 1) that depends on the seed, the purpose and the vehicle's id only.

    So the same vehicles are equipped whatever an algorithm does to their order, two algorithms are compared on the
    same fleet, and a higher share adds vehicles to those of a lower one.
    """
    return (number(seed, purpose, id) >> 11) * 2.0**-53


def draws(seed: int, purpose: str) -> Callable[[str], float]:
    """`draw` for one seed and purpose, quicker where many ids are drawn for."""
    begun = blake2b(f"{seed}/{purpose}/".encode(), digest_size=8)

    def drawn(id: str) -> float:
        hashed = begun.copy()
        hashed.update(id.encode())
        return (int.from_bytes(hashed.digest(), "big") >> 11) * 2.0**-53

    return drawn
