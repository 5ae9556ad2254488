"""Roadside information: traffic events and signs. YD/T 3709-2020, RoadSideInformation."""

from __future__ import annotations

from wayside.edge.messages import j2735
from wayside.edge.messages.csae import common
from wayside.edge.messages.schema import (
    BitString,
    Choice,
    Enumerated,
    IA5String,
    Integer,
    OctetString,
    Optional,
    Sequence,
    SequenceOf,
)

EventType = Integer(0, 65535)
EventSource = Enumerated("unknown police government meteorological internet detection", "")
Radius = Integer(0, 65535, unit="0.1 m")
Description = Choice(
    textString=IA5String(1, 512),
    textGB2312=OctetString(2, 512),
)
RSITimeDetails = Sequence(
    startTime=Optional(j2735.MinuteOfTheYear),
    endTime=Optional(j2735.MinuteOfTheYear),
    endTimeConfidence=Optional(j2735.TimeConfidence),
)
RSIPriority = OctetString(1)
PathPointList = SequenceOf(common.PositionOffsetLLV, 2, 32)
ReferencePath = Sequence(
    activePath=PathPointList,
    pathRadius=Radius,
)
ReferencePathList = SequenceOf(ReferencePath, 1, 8)
ReferenceLanes = BitString(
    16, names="reserved lane1 lane2 lane3 lane4 lane5 lane6 lane7 lane8 lane9 lane10 lane11 lane12 lane13 lane14 lane15"
)
ReferenceLink = Sequence(
    upstreamNodeId=common.NodeReferenceID,
    downstreamNodeId=common.NodeReferenceID,
    referenceLanes=Optional(ReferenceLanes),
)
ReferenceLinkList = SequenceOf(ReferenceLink, 1, 16)

# A traffic event; its type is a code of GB/T 29100.
RTEData = Sequence(
    rteId=Integer(0, 255),
    eventType=EventType,
    eventSource=EventSource,
    eventPos=Optional(common.PositionOffsetLLV),
    eventRadius=Optional(Radius),
    description=Optional(Description),
    timeDetails=Optional(RSITimeDetails),
    priority=Optional(RSIPriority),
    referencePaths=Optional(ReferencePathList),
    referenceLinks=Optional(ReferenceLinkList),
    eventConfidence=Optional(common.Confidence),
).extensible()
RTEList = SequenceOf(RTEData, 1, 8)
SignType = Integer(0, 65535)

# A traffic sign; its type is a code of GB 5768.2.
RTSData = Sequence(
    rtsId=Integer(0, 255),
    signType=SignType,
    signPos=Optional(common.PositionOffsetLLV),
    description=Optional(Description),
    timeDetails=Optional(RSITimeDetails),
    priority=Optional(RSIPriority),
    referencePaths=Optional(ReferencePathList),
    referenceLinks=Optional(ReferenceLinkList),
).extensible()
RTSList = SequenceOf(RTSData, 1, 16)
RoadSideInformation = Sequence(
    msgCnt=j2735.MsgCount,
    moy=Optional(j2735.MinuteOfTheYear),
    id=OctetString(8),
    refPos=common.Position3D,
    rtes=Optional(RTEList),
    rtss=Optional(RTSList),
).extensible()
