"""The frame that each Chinese message is sent in. YD/T 3709-2020, MessageFrame."""

from __future__ import annotations

from wayside.edge.messages.csae import bsm, map, rsi, rsm, spat
from wayside.edge.messages.program import Message
from wayside.edge.messages.schema import Choice

MESSAGE_FRAME = Message(
    "MESSAGE_FRAME",
    Choice(
        bsmFrame=bsm.BasicSafetyMessage,
        mapFrame=map.MapData,
        rsmFrame=rsm.RoadsideSafetyMessage,
        spatFrame=spat.SPAT,
        rsiFrame=rsi.RoadSideInformation,
    ).extensible(),
    "YD/T 3709-2020: MessageFrame",
)
