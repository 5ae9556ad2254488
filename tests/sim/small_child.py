"""A child that counts instead of simulating; tests/sim/test_children.py starts it."""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import Any

from wayside.sim.children import FIRST, Parent, serve


def count(parent: Parent, first: dict[str, Any]) -> int:
    """Count from `first["at"]` up until told to leave; a sign of life at each `first["tick"]` s without an order."""
    at = first["at"]
    while True:
        try:
            order = parent.next(first.get("tick"))
        except TimeoutError:
            parent.send(FIRST, b"idle")
            continue
        if order is None:
            return 0
        do = order["do"]
        if do == "add":
            at += order["how_many"]
            parent.send(FIRST + 1, str(at).encode())
        elif do == "total":
            parent.answer(order, {"total": at})
        elif do == "refuse":
            parent.answer(order, "not that", 409)
        elif do == "say":
            print(order["text"], file=sys.stderr, flush=True)
        elif do == "spell":
            for octet in order["text"].encode():
                os.write(2, bytes([octet]))
                time.sleep(order["pause"])
        elif do == "die":
            os.kill(os.getpid(), getattr(signal, order["of"]))
        elif do == "return":
            return int(order["status"])
        elif do == "fail":
            raise ValueError(order["text"])
        elif do == "sleep":
            time.sleep(order["seconds"])


if __name__ == "__main__":
    serve(count)
