"""How kinds of messages are named and where they go, in both families."""

from __future__ import annotations

from wayside.edge.messages.kinds import Form, Id
from wayside.edge.net import btp, dsmp


def in_both(name: str, message: str, id: Id) -> tuple[Form, Form]:
    """The forms of a kind that is the same in both families, but for its port."""
    return Form(name, message, id, btp.PORTS[message]), Form(name, message, id, dsmp.AIDS[message])
