"""What the server's child says to it (`sim.children`). Its frames and JSON go to the clients as they are; the other
channels are for the server itself.
"""

from __future__ import annotations

from enum import IntEnum

from wayside.sim.children import FIRST


class StreamChannel(IntEnum):
    """What a message is."""

    FRAME = FIRST  # binary, for all clients
    TEXT = FIRST + 1  # JSON, for all clients
    SNAPSHOT = FIRST + 2  # JSON, for the clients that wait for one
    DETAILS = FIRST + 3  # a reference, a line break, JSON: for the clients that watch that object
    WORLD = FIRST + 4  # JSON, to be kept
    TYPES = FIRST + 5  # JSON list: the world's `types`, which grow
    STATE = FIRST + 6  # JSON: what has changed of the run's state
    HEALTH = FIRST + 7  # JSON, to be completed by the server
    FILM = FIRST + 8  # a piece of the recording, to be kept (web.film.pieces)
    TIME = FIRST + 9  # f64: how far a run is that goes beside another
    ERRANDS = FIRST + 10  # JSON list: what drivers of such a run have come to the end of (web.server.errands)
