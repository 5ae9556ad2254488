"""The map extended message: the lanes at a junction and how they connect. TS 103 301; ISO TS 19091, MapData."""

from __future__ import annotations

from wayside.edge.messages import j2735
from wayside.edge.messages.etsi import cdd, dsrc
from wayside.edge.messages.program import Message
from wayside.edge.messages.schema import (
    BitString,
    Choice,
    Enumerated,
    IA5String,
    Integer,
    Optional,
    Sequence,
    SequenceOf,
)

LayerType = Enumerated(
    "none mixedContent generalMapData intersectionData curveData roadwaySectionData parkingAreaData sharedLaneData", ""
)
LayerID = Integer(0, 100)
RegulatorySpeedLimit = Sequence(
    type=j2735.SpeedLimitType,
    speed=dsrc.Velocity,
)
SpeedLimitList = SequenceOf(RegulatorySpeedLimit, 1, 9)
LaneDirection = BitString(2, names="ingressPath egressPath")
LaneAttributes_addGrpC = Sequence(
    maxVehicleHeight=Optional(dsrc.VehicleHeight),
    maxVehicleWeight=Optional(cdd.VehicleMass),
).extensible()
LaneAttributes = Sequence(
    directionalUse=LaneDirection,
    sharedWith=j2735.LaneSharing,
    laneType=j2735.LaneTypeAttributes,
    regional=Optional(dsrc.regional({3: LaneAttributes_addGrpC})),
)
NodeAttributeXY = Enumerated(
    "reserved stopLine roundedCapStyleA roundedCapStyleB mergePoint divergePoint downstreamStopLine "
    "downstreamStartNode closedToTraffic safeIsland curbPresentAtStepOff hydrantPresent",
    "",
)
NodeAttributeXYList = SequenceOf(NodeAttributeXY, 1, 8)
SegmentAttributeXY = Enumerated(
    "reserved doNotBlock whiteLine mergingLaneLeft mergingLaneRight curbOnLeft curbOnRight "
    "loadingzoneOnLeft loadingzoneOnRight turnOutPointOnLeft turnOutPointOnRight "
    "adjacentParkingOnLeft adjacentParkingOnRight adjacentBikeLaneOnLeft adjacentBikeLaneOnRight "
    "sharedBikeLane bikeBoxInFront transitStopOnLeft transitStopOnRight transitStopInLane "
    "sharedWithTrackedVehicle safeIsland lowCurbsPresent rumbleStripPresent audibleSignalingPresent "
    "adaptiveTimingPresent rfSignalRequestPresent partialCurbIntrusion taperToLeft taperToRight "
    "taperToCenterLine parallelParking headInParking freeParking timeRestrictionsOnParking "
    "costToPark midBlockCurbPresent unEvenPavementPresent",
    "",
)
SegmentAttributeXYList = SequenceOf(SegmentAttributeXY, 1, 8)
DeltaAngle = Integer(-150, 150, unit="degree")
RoadwayCrownAngle = Integer(-128, 127, unit="0.3 degree", unknown=-128)
MergeDivergeNodeAngle = Integer(-180, 180, unit="1.5 degree", unavailable=-180)
LaneDataAttribute = Choice(
    pathEndPointAngle=DeltaAngle,
    laneCrownPointCenter=RoadwayCrownAngle,
    laneCrownPointLeft=RoadwayCrownAngle,
    laneCrownPointRight=RoadwayCrownAngle,
    laneAngle=MergeDivergeNodeAngle,
    speedLimits=SpeedLimitList,
    regional=SequenceOf(dsrc.regional({}), 1, 4),
).extensible()
LaneDataAttributeList = SequenceOf(LaneDataAttribute, 1, 8)
PtvRequestType = Enumerated("preRequest mainRequest doorCloseRequest cancelRequest emergencyRequest", "")
Node = Sequence(
    id=Integer(),
    lane=Optional(j2735.LaneID),
    connectionID=Optional(dsrc.LaneConnectionID),
    intersectionID=Optional(dsrc.IntersectionID),
).extensible()
NodeLink = SequenceOf(Node, 1, 5)
NodeAttributeSet_addGrpC = Sequence(
    ptvRequest=Optional(PtvRequestType),
    nodeLink=Optional(NodeLink),
    node=Optional(Node),
).extensible()
NodeAttributeSetXY = Sequence(
    localNode=Optional(NodeAttributeXYList),
    disabled=Optional(SegmentAttributeXYList),
    enabled=Optional(SegmentAttributeXYList),
    data=Optional(LaneDataAttributeList),
    dWidth=Optional(dsrc.Offset_B10),
    dElevation=Optional(dsrc.Offset_B10),
    regional=Optional(SequenceOf(dsrc.regional({3: NodeAttributeSet_addGrpC}), 1, 4)),
).extensible()
NodeXY = Sequence(
    delta=dsrc.NodeOffsetPointXY,
    attributes=Optional(NodeAttributeSetXY),
).extensible()

# From the stop line outwards.
NodeSetXY = SequenceOf(NodeXY, 2, 63)
DrivenLineOffsetSm = Integer(-2047, 2047, unit="cm")
DrivenLineOffsetLg = Integer(-32767, 32767, unit="cm")
Scale_B12 = Integer(-2048, 2047, unit="0.05 %")
ComputedLane = Sequence(
    referenceLaneId=j2735.LaneID,
    offsetXaxis=Choice(
        small=DrivenLineOffsetSm,
        large=DrivenLineOffsetLg,
    ),
    offsetYaxis=Choice(
        small=DrivenLineOffsetSm,
        large=DrivenLineOffsetLg,
    ),
    rotateXY=Optional(dsrc.Angle),
    scaleXaxis=Optional(Scale_B12),
    scaleYaxis=Optional(Scale_B12),
    regional=Optional(SequenceOf(dsrc.regional({}), 1, 4)),
).extensible()
NodeListXY = Choice(
    nodes=NodeSetXY,
    computed=ComputedLane,
).extensible()

# A way across the junction, and the signal group that controls it.
Connection = Sequence(
    connectingLane=j2735.ConnectingLane,
    remoteIntersection=Optional(dsrc.IntersectionReferenceID),
    signalGroup=Optional(dsrc.SignalGroupID),
    userClass=Optional(dsrc.RestrictionClassID),
    connectionID=Optional(dsrc.LaneConnectionID),
)
ConnectsToList = SequenceOf(Connection, 1, 16)
OverlayLaneList = SequenceOf(j2735.LaneID, 1, 5)
ConnectionTrajectory_addGrpC = Sequence(
    nodes=NodeSetXY,
    connectionID=dsrc.LaneConnectionID,
).extensible()

# One lane: what may use it, its nodes, and where it leads.
GenericLane = Sequence(
    laneID=j2735.LaneID,
    name=Optional(j2735.DescriptiveName),
    ingressApproach=Optional(dsrc.ApproachID),
    egressApproach=Optional(dsrc.ApproachID),
    laneAttributes=LaneAttributes,
    maneuvers=Optional(j2735.AllowedManeuvers),
    nodeList=NodeListXY,
    connectsTo=Optional(ConnectsToList),
    overlays=Optional(OverlayLaneList),
    regional=Optional(SequenceOf(dsrc.regional({3: ConnectionTrajectory_addGrpC}), 1, 4)),
).extensible()
LaneList = SequenceOf(GenericLane, 1, 255)
SignalControlZone = Sequence(
    zone=dsrc.regional({}),
).extensible()
PreemptPriorityList = SequenceOf(SignalControlZone, 1, 32)
IntersectionGeometry = Sequence(
    name=Optional(j2735.DescriptiveName),
    id=dsrc.IntersectionReferenceID,
    revision=j2735.MsgCount,
    refPoint=dsrc.Position3D,
    laneWidth=Optional(j2735.LaneWidth),
    speedLimits=Optional(SpeedLimitList),
    laneSet=LaneList,
    preemptPriorityData=Optional(PreemptPriorityList),
    regional=Optional(SequenceOf(dsrc.regional({}), 1, 4)),
).extensible()
IntersectionGeometryList = SequenceOf(IntersectionGeometry, 1, 32)
RoadLaneSetList = SequenceOf(GenericLane, 1, 255)
RoadSegment = Sequence(
    name=Optional(j2735.DescriptiveName),
    id=dsrc.RoadSegmentReferenceID,
    revision=j2735.MsgCount,
    refPoint=dsrc.Position3D,
    laneWidth=Optional(j2735.LaneWidth),
    speedLimits=Optional(SpeedLimitList),
    roadLaneSet=RoadLaneSetList,
    regional=Optional(SequenceOf(dsrc.regional({}), 1, 4)),
).extensible()
RoadSegmentList = SequenceOf(RoadSegment, 1, 32)
DataParameters = Sequence(
    processMethod=Optional(IA5String(1, 255)),
    processAgency=Optional(IA5String(1, 255)),
    lastCheckedDate=Optional(IA5String(1, 255)),
    geoidUsed=Optional(IA5String(1, 255)),
).extensible()
RestrictionAppliesTo = Enumerated(
    "none equippedTransit equippedTaxis equippedOther emissionCompliant equippedBicycle "
    "weightCompliant heightCompliant pedestrians slowMovingPersons wheelchairUsers "
    "visualDisabilities audioDisabilities otherUnknownDisabilities",
    "",
)
EmissionType = Enumerated("euro1 euro2 euro3 euro4 euro5 euro6", "")
RestrictionUserType_addGrpC = Sequence(
    emission=Optional(EmissionType),
    fuel=Optional(dsrc.FuelType),
).extensible()
RestrictionUserType = Choice(
    basicType=RestrictionAppliesTo,
    regional=SequenceOf(dsrc.regional({3: RestrictionUserType_addGrpC}), 1, 4),
).extensible()
RestrictionUserTypeList = SequenceOf(RestrictionUserType, 1, 16)
RestrictionClassAssignment = Sequence(
    id=dsrc.RestrictionClassID,
    users=RestrictionUserTypeList,
)
RestrictionClassList = SequenceOf(RestrictionClassAssignment, 1, 254)
SignalHeadLocation = Sequence(
    nodeXY=dsrc.NodeOffsetPointXY,
    nodeZ=cdd.DeltaAltitude,
    signalGroupID=dsrc.SignalGroupID,
).extensible()
SignalHeadLocationList = SequenceOf(SignalHeadLocation, 1, 64)
MapData_addGrpC = Sequence(
    signalHeadLocations=Optional(SignalHeadLocationList),
).extensible()
MapData = Sequence(
    timeStamp=Optional(j2735.MinuteOfTheYear),
    msgIssueRevision=j2735.MsgCount,
    layerType=Optional(LayerType),
    layerID=Optional(LayerID),
    intersections=Optional(IntersectionGeometryList),
    roadSegments=Optional(RoadSegmentList),
    dataParameters=Optional(DataParameters),
    restrictionList=Optional(RestrictionClassList),
    regional=Optional(SequenceOf(dsrc.regional({3: MapData_addGrpC}), 1, 4)),
).extensible()

MAPEM = Message(
    "MAPEM",
    Sequence(
        header=cdd.ItsPduHeader,
        map=MapData,
    ),
    "TS 103 301 V2.1.1: MAPEM-PDU-Descriptions",
)
