"""The map: nodes, the links between them, lanes and connections. YD/T 3709-2020, MapData."""

from __future__ import annotations

from wayside.edge.messages import j2735
from wayside.edge.messages.csae import common
from wayside.edge.messages.schema import Optional, Sequence, SequenceOf

RegulatorySpeedLimit = Sequence(
    type=j2735.SpeedLimitType,
    speed=common.Speed,
)
SpeedLimitList = SequenceOf(RegulatorySpeedLimit, 1, 9)
RoadPoint = Sequence(
    posOffset=common.PositionOffsetLLV,
).extensible()
PointList = SequenceOf(RoadPoint, 2, 31)
Movement = Sequence(
    remoteIntersection=common.NodeReferenceID,
    phaseId=Optional(common.PhaseID),
)
MovementList = SequenceOf(Movement, 1, 32)
LaneAttributes = Sequence(
    shareWith=Optional(j2735.LaneSharing),
    laneType=j2735.LaneTypeAttributes,
)
Connection = Sequence(
    remoteIntersection=common.NodeReferenceID,
    connectingLane=Optional(j2735.ConnectingLane),
    phaseId=Optional(common.PhaseID),
)
ConnectsToList = SequenceOf(Connection, 1, 8)
Lane = Sequence(
    laneID=j2735.LaneID,
    laneWidth=Optional(j2735.LaneWidth),
    laneAttributes=Optional(LaneAttributes),
    maneuvers=Optional(j2735.AllowedManeuvers),
    connectsTo=Optional(ConnectsToList),
    speedLimits=Optional(SpeedLimitList),
    points=Optional(PointList),
).extensible()
LaneList = SequenceOf(Lane, 1, 32)

# From the upstream node to this one, with its lanes.
Link = Sequence(
    name=Optional(j2735.DescriptiveName),
    upstreamNodeId=common.NodeReferenceID,
    speedLimits=Optional(SpeedLimitList),
    linkWidth=j2735.LaneWidth,
    points=Optional(PointList),
    movements=Optional(MovementList),
    lanes=LaneList,
).extensible()
LinkList = SequenceOf(Link, 1, 32)

# A junction, or an end of a road; its links lead to it.
Node = Sequence(
    name=Optional(j2735.DescriptiveName),
    id=common.NodeReferenceID,
    refPos=common.Position3D,
    inLinks=Optional(LinkList),
).extensible()
NodeList = SequenceOf(Node, 1, 32)
MapData = Sequence(
    msgCnt=j2735.MsgCount,
    timeStamp=Optional(j2735.MinuteOfTheYear),
    nodes=NodeList,
).extensible()
