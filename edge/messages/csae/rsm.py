"""The roadside safety message: participants that a roadside unit sees. YD/T 3709-2020, RoadsideSafetyMessage."""

from __future__ import annotations

from wayside.edge.messages import j2735
from wayside.edge.messages.csae import common
from wayside.edge.messages.schema import Enumerated, Integer, OctetString, Optional, Sequence, SequenceOf

ParticipantType = Enumerated("unknown motor non-motor pedestrian rsu", "")
SourceType = Enumerated("unknown selfinfo v2x video microwaveRadar loop lidar integrated", "")

# One road user: what, where, how it moves, and by which sensor it was seen.
ParticipantData = Sequence(
    ptcType=ParticipantType,
    ptcId=Integer(0, 65535),
    source=SourceType,
    id=Optional(OctetString(8)),
    secMark=j2735.DSecond,
    pos=common.PositionOffsetLLV,
    posConfidence=common.PositionConfidenceSet,
    transmission=Optional(j2735.TransmissionState),
    speed=common.Speed,
    heading=common.Heading,
    angle=Optional(common.SteeringWheelAngle),
    motionCfd=Optional(common.MotionConfidenceSet),
    accelSet=Optional(common.AccelerationSet4Way),
    size=common.VehicleSize,
    vehicleClass=Optional(common.VehicleClassification),
).extensible()
ParticipantList = SequenceOf(ParticipantData, 1, 16)
RoadsideSafetyMessage = Sequence(
    msgCnt=j2735.MsgCount,
    id=OctetString(8),
    refPos=common.Position3D,
    participants=ParticipantList,
).extensible()
