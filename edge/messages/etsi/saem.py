"""The service announcement extended message: what a station offers. EN 302 890-1; its content is in `wsa`."""

from __future__ import annotations

from wayside.edge.messages.etsi import cdd, wsa
from wayside.edge.messages.program import Message
from wayside.edge.messages.schema import Sequence

SAEM = Message(
    "SAEM",
    Sequence(
        header=cdd.ItsPduHeader,
        sam=wsa.SrvAdvMsg,
    ),
    "EN 302 890-1: SAEM; its content IEEE 1609.3-2020, SrvAdvMsg",
)
