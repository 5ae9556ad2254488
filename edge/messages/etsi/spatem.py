"""The signal phase and timing message: what the lights show, and until when. TS 103 301; ISO TS 19091, SPAT."""

from __future__ import annotations

from wayside.edge.messages import j2735
from wayside.edge.messages.etsi import cdd, dsrc
from wayside.edge.messages.program import Message
from wayside.edge.messages.schema import Boolean, Enumerated, Integer, Optional, Sequence, SequenceOf

EnabledLaneList = SequenceOf(j2735.LaneID, 1, 16)

# What a light means, whatever colours a country shows for it.
MovementPhaseState = Enumerated(
    "unavailable dark stop-Then-Proceed stop-And-Remain pre-Movement permissive-Movement-Allowed "
    "protected-Movement-Allowed permissive-clearance protected-clearance caution-Conflicting-Traffic"
)
TimeIntervalConfidence = Integer(0, 15)

# In the hour that the time mark is in; 36001 is unknown.
TimeChangeDetails = Sequence(
    startTime=Optional(j2735.TimeMark),
    minEndTime=j2735.TimeMark,
    maxEndTime=Optional(j2735.TimeMark),
    likelyTime=Optional(j2735.TimeMark),
    confidence=Optional(TimeIntervalConfidence),
    nextTime=Optional(j2735.TimeMark),
)
AdvisorySpeedType = Enumerated("none greenwave ecoDrive transit", "")
SpeedAdvice = Integer(0, 500, unit="0.1 m/s", outOfRange=499, unavailable=500)
ZoneLength = Integer(0, 10000, unit="m", unknown=0, outOfRange=10000)
AdvisorySpeed = Sequence(
    type=AdvisorySpeedType,
    speed=Optional(SpeedAdvice),
    confidence=Optional(j2735.SpeedConfidence),
    distance=Optional(ZoneLength),
    class_=Optional(dsrc.RestrictionClassID),
    regional=Optional(SequenceOf(dsrc.regional({}), 1, 4)),
).extensible()
AdvisorySpeedList = SequenceOf(AdvisorySpeed, 1, 16)
ExceptionalCondition = Enumerated(
    "unknown publicTransportPriority emergencyVehiclePriority trainPriority bridgeOpen vehicleHeight "
    "weather trafficJam tunnelClosure meteringActive truckPriority bicyclePlatoonPriority "
    "vehiclePlatoonPriority",
    "",
)
MovementEvent_addGrpC = Sequence(
    stateChangeReason=Optional(ExceptionalCondition),
).extensible()
MovementEvent = Sequence(
    eventState=MovementPhaseState,
    timing=Optional(TimeChangeDetails),
    speeds=Optional(AdvisorySpeedList),
    regional=Optional(SequenceOf(dsrc.regional({3: MovementEvent_addGrpC}), 1, 4)),
).extensible()
MovementEventList = SequenceOf(MovementEvent, 1, 16)
WaitOnStopline = Boolean()
PedestrianBicycleDetect = Boolean()
TimeReference = Integer(0, 60000, unit="ms", oneMilliSec=1)
ItsStationPosition = Sequence(
    stationID=cdd.StationID,
    laneID=Optional(j2735.LaneID),
    nodeXY=Optional(dsrc.NodeOffsetPointXY),
    timeReference=Optional(TimeReference),
).extensible()
ItsStationPositionList = SequenceOf(ItsStationPosition, 1, 5)
ConnectionManeuverAssist_addGrpC = Sequence(
    itsStationPosition=Optional(ItsStationPositionList),
).extensible()
ConnectionManeuverAssist = Sequence(
    connectionID=dsrc.LaneConnectionID,
    queueLength=Optional(ZoneLength),
    availableStorageLength=Optional(ZoneLength),
    waitOnStop=Optional(WaitOnStopline),
    pedBicycleDetect=Optional(PedestrianBicycleDetect),
    regional=Optional(SequenceOf(dsrc.regional({3: ConnectionManeuverAssist_addGrpC}), 1, 4)),
).extensible()
ManeuverAssistList = SequenceOf(ConnectionManeuverAssist, 1, 16)

# A signal group, and what it shows now and next.
MovementState = Sequence(
    movementName=Optional(j2735.DescriptiveName),
    signalGroup=dsrc.SignalGroupID,
    state_time_speed=MovementEventList,
    maneuverAssistList=Optional(ManeuverAssistList),
    regional=Optional(SequenceOf(dsrc.regional({}), 1, 4)),
).extensible()
MovementList = SequenceOf(MovementState, 1, 255)
PrioritizationResponse = Sequence(
    stationID=cdd.StationID,
    priorState=dsrc.PrioritizationResponseStatus,
    signalGroup=dsrc.SignalGroupID,
).extensible()
PrioritizationResponseList = SequenceOf(PrioritizationResponse, 1, 10)
IntersectionState_addGrpC = Sequence(
    activePrioritizations=Optional(PrioritizationResponseList),
).extensible()
IntersectionState = Sequence(
    name=Optional(j2735.DescriptiveName),
    id=dsrc.IntersectionReferenceID,
    revision=j2735.MsgCount,
    status=j2735.IntersectionStatusObject,
    moy=Optional(j2735.MinuteOfTheYear),
    timeStamp=Optional(j2735.DSecond),
    enabledLanes=Optional(EnabledLaneList),
    states=MovementList,
    maneuverAssistList=Optional(ManeuverAssistList),
    regional=Optional(SequenceOf(dsrc.regional({3: IntersectionState_addGrpC}), 1, 4)),
).extensible()
IntersectionStateList = SequenceOf(IntersectionState, 1, 32)
SPAT = Sequence(
    timeStamp=Optional(j2735.MinuteOfTheYear),
    name=Optional(j2735.DescriptiveName),
    intersections=IntersectionStateList,
    regional=Optional(SequenceOf(dsrc.regional({}), 1, 4)),
).extensible()

SPATEM = Message(
    "SPATEM",
    Sequence(
        header=cdd.ItsPduHeader,
        spat=SPAT,
    ),
    "TS 103 301 V2.1.1: SPATEM-PDU-Descriptions",
)
