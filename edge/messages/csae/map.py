"""The map: nodes, the links between them, lanes and connections. YD/T 3709-2020, MapData."""

from __future__ import annotations

from wayside.edge.messages.csae import common
from wayside.edge.messages.schema import BitString, Choice, Enumerated, Integer, Optional, Sequence, SequenceOf

SpeedLimitType = Enumerated(
    "unknown maxSpeedInSchoolZone maxSpeedInSchoolZoneWhenChildrenArePresent "
    "maxSpeedInConstructionZone vehicleMinSpeed vehicleMaxSpeed vehicleNightMaxSpeed truckMinSpeed "
    "truckMaxSpeed truckNightMaxSpeed vehiclesWithTrailersMinSpeed vehiclesWithTrailersMaxSpeed "
    "vehiclesWithTrailersNightMaxSpeed",
    "",
)
RegulatorySpeedLimit = Sequence(
    type=SpeedLimitType,
    speed=common.Speed,
)
SpeedLimitList = SequenceOf(RegulatorySpeedLimit, 1, 9)
LaneWidth = Integer(0, 32767, unit="cm")
RoadPoint = Sequence(
    posOffset=common.PositionOffsetLLV,
).extensible()
PointList = SequenceOf(RoadPoint, 2, 31)
Movement = Sequence(
    remoteIntersection=common.NodeReferenceID,
    phaseId=Optional(common.PhaseID),
)
MovementList = SequenceOf(Movement, 1, 32)
LaneID = Integer(0, 255)
LaneSharing = BitString(
    10,
    names="overlappingLaneDescriptionProvided multipleLanesTreatedAsOneLane "
    "otherNonMotorizedTrafficTypes individualMotorizedVehicleTraffic busVehicleTraffic "
    "taxiVehicleTraffic pedestriansTraffic cyclistVehicleTraffic trackedVehicleTraffic "
    "pedestrianTraffic",
)
LaneAttributes_Vehicle = BitString(
    8,
    extensible=True,
    names="isVehicleRevocableLane isVehicleFlyOverLane hovLaneUseOnly restrictedToBusUse "
    "restrictedToTaxiUse restrictedFromPublicUse hasIRbeaconCoverage permissionOnRequest",
)
LaneAttributes_Crosswalk = BitString(
    16,
    names="crosswalkRevocableLane bicyleUseAllowed isXwalkFlyOverLane fixedCycleTime "
    "biDirectionalCycleTimes hasPushToWalkButton audioSupport rfSignalRequestPresent "
    "unsignalizedSegmentsPresent",
)
LaneAttributes_Bike = BitString(
    16,
    names="bikeRevocableLane pedestrianUseAllowed isBikeFlyOverLane fixedCycleTime "
    "biDirectionalCycleTimes isolatedByBarrier unsignalizedSegmentsPresent",
)
LaneAttributes_Sidewalk = BitString(16, names="sidewalk-RevocableLane bicyleUseAllowed isSidewalkFlyOverLane walkBikes")
LaneAttributes_Barrier = BitString(
    16,
    names="median-RevocableLane median whiteLineHashing stripedLines doubleStripedLines trafficCones "
    "constructionBarrier trafficChannels lowCurbs highCurbs",
)
LaneAttributes_Striping = BitString(
    16,
    names="stripeToConnectingLanesRevocableLane stripeDrawOnLeft stripeDrawOnRight "
    "stripeToConnectingLanesLeft stripeToConnectingLanesRight stripeToConnectingLanesAhead",
)
LaneAttributes_TrackedVehicle = BitString(
    16,
    names="spec-RevocableLane spec-commuterRailRoadTrack spec-lightRailRoadTrack "
    "spec-heavyRailRoadTrack spec-otherRailType",
)
LaneAttributes_Parking = BitString(
    16,
    names="parkingRevocableLane parallelParkingInUse headInParkingInUse doNotParkZone "
    "parkingForBusUse parkingForTaxiUse noPublicParkingUse",
)
LaneTypeAttributes = Choice(
    vehicle=LaneAttributes_Vehicle,
    crosswalk=LaneAttributes_Crosswalk,
    bikeLane=LaneAttributes_Bike,
    sidewalk=LaneAttributes_Sidewalk,
    median=LaneAttributes_Barrier,
    striping=LaneAttributes_Striping,
    trackedVehicle=LaneAttributes_TrackedVehicle,
    parking=LaneAttributes_Parking,
).extensible()
LaneAttributes = Sequence(
    shareWith=Optional(LaneSharing),
    laneType=LaneTypeAttributes,
)
AllowedManeuvers = BitString(
    12,
    names="maneuverStraightAllowed maneuverLeftAllowed maneuverRightAllowed maneuverUTurnAllowed "
    "maneuverLeftTurnOnRedAllowed maneuverRightTurnOnRedAllowed maneuverLaneChangeAllowed "
    "maneuverNoStoppingAllowed yieldAllwaysRequired goWithHalt caution reserved1",
)
ConnectingLane = Sequence(
    lane=LaneID,
    maneuver=Optional(AllowedManeuvers),
)
Connection = Sequence(
    remoteIntersection=common.NodeReferenceID,
    connectingLane=Optional(ConnectingLane),
    phaseId=Optional(common.PhaseID),
)
ConnectsToList = SequenceOf(Connection, 1, 8)
Lane = Sequence(
    laneID=LaneID,
    laneWidth=Optional(LaneWidth),
    laneAttributes=Optional(LaneAttributes),
    maneuvers=Optional(AllowedManeuvers),
    connectsTo=Optional(ConnectsToList),
    speedLimits=Optional(SpeedLimitList),
    points=Optional(PointList),
).extensible()
LaneList = SequenceOf(Lane, 1, 32)

# From the upstream node to this one, with its lanes.
Link = Sequence(
    name=Optional(common.DescriptiveName),
    upstreamNodeId=common.NodeReferenceID,
    speedLimits=Optional(SpeedLimitList),
    linkWidth=LaneWidth,
    points=Optional(PointList),
    movements=Optional(MovementList),
    lanes=LaneList,
).extensible()
LinkList = SequenceOf(Link, 1, 32)

# A junction, or an end of a road; its links lead to it.
Node = Sequence(
    name=Optional(common.DescriptiveName),
    id=common.NodeReferenceID,
    refPos=common.Position3D,
    inLinks=Optional(LinkList),
).extensible()
NodeList = SequenceOf(Node, 1, 32)
MapData = Sequence(
    msgCnt=common.MsgCount,
    timeStamp=Optional(common.MinuteOfTheYear),
    nodes=NodeList,
).extensible()
