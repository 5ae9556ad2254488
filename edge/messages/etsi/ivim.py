"""The infrastructure to vehicle information message: signs and rules by zone. TS 103 301; its content is in `ivi`."""

from __future__ import annotations

from wayside.edge.messages.etsi import cdd, ivi
from wayside.edge.messages.program import Message
from wayside.edge.messages.schema import Sequence

IVIM = Message(
    "IVIM",
    Sequence(
        header=cdd.ItsPduHeader,
        ivi=ivi.IviStructure,
    ),
    "TS 103 301 V2.1.1: IVIM-PDU-Descriptions",
)
