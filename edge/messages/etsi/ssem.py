"""The signal status extended message: what became of requests. TS 103 301; ISO TS 19091, SignalStatusMessage."""

from __future__ import annotations

from wayside.edge.messages import j2735
from wayside.edge.messages.etsi import cdd, dsrc
from wayside.edge.messages.program import Message
from wayside.edge.messages.schema import Enumerated, Optional, Sequence, SequenceOf

SignalRequesterInfo = Sequence(
    id=dsrc.VehicleID,
    request=dsrc.RequestID,
    sequenceNumber=j2735.MsgCount,
    role=Optional(dsrc.BasicVehicleRole),
    typeData=Optional(dsrc.RequestorType),
).extensible()
RejectedReason = Enumerated(
    "unknown exceptionalCondition maxWaitingTimeExceeded ptPriorityDisabled higherPTPriorityGranted "
    "vehicleTrackingUnknown",
    "",
)
SignalStatusPackage_addGrpC = Sequence(
    synchToSchedule=Optional(dsrc.DeltaTime),
    rejectedReason=Optional(RejectedReason),
).extensible()
SignalStatusPackage = Sequence(
    requester=Optional(SignalRequesterInfo),
    inboundOn=dsrc.IntersectionAccessPoint,
    outboundOn=Optional(dsrc.IntersectionAccessPoint),
    minute=Optional(j2735.MinuteOfTheYear),
    second=Optional(j2735.DSecond),
    duration=Optional(j2735.DSecond),
    status=dsrc.PrioritizationResponseStatus,
    regional=Optional(SequenceOf(dsrc.regional({3: SignalStatusPackage_addGrpC}), 1, 4)),
).extensible()
SignalStatusPackageList = SequenceOf(SignalStatusPackage, 1, 32)
SignalStatus = Sequence(
    sequenceNumber=j2735.MsgCount,
    id=dsrc.IntersectionReferenceID,
    sigStatus=SignalStatusPackageList,
    regional=Optional(SequenceOf(dsrc.regional({}), 1, 4)),
).extensible()
SignalStatusList = SequenceOf(SignalStatus, 1, 32)
SignalStatusMessage = Sequence(
    timeStamp=Optional(j2735.MinuteOfTheYear),
    second=j2735.DSecond,
    sequenceNumber=Optional(j2735.MsgCount),
    status=SignalStatusList,
    regional=Optional(SequenceOf(dsrc.regional({}), 1, 4)),
).extensible()

SSEM = Message(
    "SSEM",
    Sequence(
        header=cdd.ItsPduHeader,
        ssm=SignalStatusMessage,
    ),
    "TS 103 301 V2.1.1: SSEM-PDU-Descriptions",
)
