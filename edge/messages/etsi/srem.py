"""The signal request extended message: a vehicle asks for priority. TS 103 301; ISO TS 19091, SignalRequestMessage."""

from __future__ import annotations

from wayside.edge.messages import j2735
from wayside.edge.messages.etsi import cdd, dsrc
from wayside.edge.messages.program import Message
from wayside.edge.messages.schema import BitString, Enumerated, Optional, Sequence, SequenceOf

PriorityRequestType = Enumerated(
    "priorityRequestTypeReserved priorityRequest priorityRequestUpdate priorityCancellation", ""
)

# A way through a junction that priority is asked for.
SignalRequest = Sequence(
    id=dsrc.IntersectionReferenceID,
    requestID=dsrc.RequestID,
    requestType=PriorityRequestType,
    inBoundLane=dsrc.IntersectionAccessPoint,
    outBoundLane=Optional(dsrc.IntersectionAccessPoint),
    regional=Optional(SequenceOf(dsrc.regional({}), 1, 4)),
).extensible()
SignalRequestPackage = Sequence(
    request=SignalRequest,
    minute=Optional(j2735.MinuteOfTheYear),
    second=Optional(j2735.DSecond),
    duration=Optional(j2735.DSecond),
    regional=Optional(SequenceOf(dsrc.regional({}), 1, 4)),
).extensible()
SignalRequestList = SequenceOf(SignalRequestPackage, 1, 32)
RequestorPositionVector = Sequence(
    position=dsrc.Position3D,
    heading=Optional(dsrc.Angle),
    speed=Optional(dsrc.TransmissionAndSpeed),
).extensible()
TransitVehicleStatus = BitString(8, names="loading anADAuse aBikeLoad doorOpen charging atStopLine")
TransitVehicleOccupancy = Enumerated(
    "occupancyUnknown occupancyEmpty occupancyVeryLow occupancyLow occupancyMed occupancyHigh "
    "occupancyNearlyFull occupancyFull"
)
BatteryStatus = Enumerated("unknown critical low good", "")
RequestorDescription_addGrpC = Sequence(
    fuel=Optional(dsrc.FuelType),
    batteryStatus=Optional(BatteryStatus),
).extensible()
RequestorDescription = Sequence(
    id=dsrc.VehicleID,
    type=Optional(dsrc.RequestorType),
    position=Optional(RequestorPositionVector),
    name=Optional(j2735.DescriptiveName),
    routeName=Optional(j2735.DescriptiveName),
    transitStatus=Optional(TransitVehicleStatus),
    transitOccupancy=Optional(TransitVehicleOccupancy),
    transitSchedule=Optional(dsrc.DeltaTime),
    regional=Optional(SequenceOf(dsrc.regional({3: RequestorDescription_addGrpC}), 1, 4)),
).extensible()
SignalRequestMessage = Sequence(
    timeStamp=Optional(j2735.MinuteOfTheYear),
    second=j2735.DSecond,
    sequenceNumber=Optional(j2735.MsgCount),
    requests=Optional(SignalRequestList),
    requestor=RequestorDescription,
    regional=Optional(SequenceOf(dsrc.regional({}), 1, 4)),
).extensible()

SREM = Message(
    "SREM",
    Sequence(
        header=cdd.ItsPduHeader,
        srm=SignalRequestMessage,
    ),
    "TS 103 301 V2.1.1: SREM-PDU-Descriptions",
)
