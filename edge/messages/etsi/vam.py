"""The vulnerable road user awareness message: a pedestrian, cyclist or motorcyclist, or a cluster. TS 103 300-3 V2.1.1.

Later editions number the message 16 and are not read by this one.
"""

from __future__ import annotations

from wayside.edge.messages import j2735
from wayside.edge.messages.etsi import cam, cdd, dsrc
from wayside.edge.messages.program import Message
from wayside.edge.messages.schema import BitString, Boolean, Choice, Enumerated, Integer, Optional, Sequence, SequenceOf

ItsPduHeader = Sequence(
    protocolVersion=Integer(0, 255),
    messageID=Integer(
        0,
        255,
        denm=1,
        cam=2,
        poi=3,
        spatem=4,
        mapem=5,
        ivim=6,
        ev_rsr=7,
        tistpgtransaction=8,
        srem=9,
        ssem=10,
        evcsn=11,
        saem=12,
        rtcmem=13,
        vam=14,
    ),
    stationID=cdd.StationID,
)
ItsPduHeaderVam = ItsPduHeader
StationType = Integer(
    0,
    255,
    unknown=0,
    pedestrian=1,
    cyclist=2,
    moped=3,
    motorcycle=4,
    passengerCar=5,
    bus=6,
    lightTruck=7,
    heavyTruck=8,
    trailer=9,
    specialVehicles=10,
    tram=11,
    lightVruVehicle=12,
    animal=13,
    roadSideUnit=15,
)
BasicContainer = Sequence(
    stationType=StationType,
    referencePosition=cdd.ReferencePosition,
).extensible()
OffRoadLanePosition = Enumerated("unavailable sidewalk parkingLane bikeLane max=15")
MapPosition = Sequence(
    intersectionId=dsrc.IntersectionReferenceID,
    lane=j2735.LaneID,
)
NonIslandLanePosition = Choice(
    offRoadLanePosition=OffRoadLanePosition,
    vehicularLanePosition=cdd.LanePosition,
    mapPosition=MapPosition,
).extensible()
TrafficIslandPosition = Sequence(
    oneSide=NonIslandLanePosition,
    otherSide=NonIslandLanePosition,
).extensible()
VruLanePosition = Choice(
    offRoadLanePosition=OffRoadLanePosition,
    vehicularLanePosition=cdd.LanePosition,
    trafficIslandPosition=TrafficIslandPosition,
    mapPosition=MapPosition,
).extensible()
VruEnvironment = Enumerated(
    "unavailable intersectionCrossing zebraCrossing sidewalk onVehicleRoad protectedGeographicArea max=255"
)
VruMovementControl = Enumerated(
    "unavailable braking hardBraking stopPedaling brakingAndStopPedaling hardBrakingAndStopPedaling noReaction max=255"
)
VruOrientation = cdd.Heading
VruRollAngle = cdd.Heading
VruDeviceUsage = Enumerated(
    "unavailable other idle listeningToAudio typing calling playingGames reading viewing max=255"
)
VruHighFrequencyContainer = Sequence(
    heading=cdd.Heading,
    speed=cdd.Speed,
    longitudinalAcceleration=cdd.LongitudinalAcceleration,
    curvature=Optional(cdd.Curvature),
    curvatureCalculationMode=Optional(cdd.CurvatureCalculationMode),
    yawRate=Optional(cdd.YawRate),
    lateralAcceleration=Optional(cdd.LateralAcceleration),
    verticalAcceleration=Optional(cdd.VerticalAcceleration),
    vruLanePosition=Optional(VruLanePosition),
    environment=Optional(VruEnvironment),
    movementControl=Optional(VruMovementControl),
    orientation=Optional(VruOrientation),
    rollAngle=Optional(VruRollAngle),
    deviceUsage=Optional(VruDeviceUsage),
).extensible()
VruSubProfilePedestrian = Enumerated("unavailable ordinary-pedestrian road-worker first-responder max=15")
VruSubProfileBicyclist = Enumerated(
    "unavailable bicyclist wheelchair-user horse-and-rider rollerskater e-scooter "
    "personal-transporter pedelec speed-pedelec max=15"
)
VruSubProfileMotorcyclist = Enumerated(
    "unavailable moped motorcycle motorcycle-and-sidecar-right motorcycle-and-sidecar-left max=15"
)
VruSubProfileAnimal = Enumerated("unavailable wild-animal farm-animal service-animal max=15")
VruProfileAndSubprofile = Choice(
    pedestrian=VruSubProfilePedestrian,
    bicyclist=VruSubProfileBicyclist,
    motorcylist=VruSubProfileMotorcyclist,
    animal=VruSubProfileAnimal,
).extensible()
VruSpecificExteriorLights = BitString(8, names="unavailable backFlashLight helmetLight armLight legLight wheelLight")
VruExteriorLights = Sequence(
    vruSpecific=VruSpecificExteriorLights,
    vehicular=cdd.ExteriorLights,
)
VruSizeClass = Enumerated("unavailable low medium high max=15")
VruLowFrequencyContainer = Sequence(
    profileAndSubprofile=Optional(VruProfileAndSubprofile),
    exteriorLights=Optional(VruExteriorLights),
    sizeClass=Optional(VruSizeClass),
).extensible()
ClusterId = Integer(0, 255)
NodeOffsetPointZ = Choice(
    node_Z1=dsrc.Offset_B10,
    node_Z2=dsrc.Offset_B11,
    node_Z3=dsrc.Offset_B12,
    node_Z4=dsrc.Offset_B13,
    node_Z5=dsrc.Offset_B14,
    node_Z6=dsrc.Offset_B16,
)
OffsetPoint = Sequence(
    nodeOffsetPointXY=dsrc.NodeOffsetPointXY,
    nodeOffsetPointZ=Optional(NodeOffsetPointZ),
)
SemiRangeLength = Integer(0, 10000, unit="0.1 m", zeroPointOneMeter=1, oneMeter=10)
WGS84AngleValue = Integer(
    0, 3601, unit="0.1 degree", wgs84North=0, wgs84East=900, wgs84South=1800, wgs84West=2700, unavailable=3601
)
AreaRectangle = Sequence(
    nodeCenterPoint=Optional(OffsetPoint),
    semiMajorRangeLength=SemiRangeLength,
    semiMinorRangeLength=SemiRangeLength,
    semiMajorRangeOrientation=WGS84AngleValue,
    semiHeight=Optional(SemiRangeLength),
)
Radius = Integer(0, 10000, unit="0.1 m", zeroPointOneMeter=1, oneMeter=10)
AreaCircular = Sequence(
    nodeCenterPoint=Optional(OffsetPoint),
    radius=Radius,
)
PolyPointList = SequenceOf(OffsetPoint, 3, 16, extensible=True)
AreaPolygon = Sequence(
    polyPointList=PolyPointList,
)
ClusterBoundingBoxShape = Choice(
    clusterRectangle=AreaRectangle,
    clusterCircle=AreaCircular,
    clusterPolygon=AreaPolygon,
).extensible()
ClusterCardinalitySize = Integer(0, 255, unavailable=0, onlyLeader=1)
ClusterProfiles = BitString(4, names="pedestrian bicyclist motorcyclist animal")
VruClusterInformationContainer = Sequence(
    clusterId=ClusterId,
    clusterBoundingBoxShape=ClusterBoundingBoxShape,
    clusterCardinalitySize=ClusterCardinalitySize,
    clusterProfiles=ClusterProfiles,
).extensible()
VruClusterOpTimestamp = Integer(1, 255)
ClusterJoinInfo = Sequence(
    clusterId=ClusterId,
    joinTime=VruClusterOpTimestamp,
).extensible()
ClusterLeaveReason = Enumerated(
    "notProvided clusterLeaderLost clusterDisbandedByLeader outOfClusterBoundingBox "
    "outOfClusterSpeedRange joiningAnotherCluster cancelledJoin failedJoin safetyCondition max=15"
)
ClusterLeaveInfo = Sequence(
    clusterId=ClusterId,
    clusterLeaveReason=ClusterLeaveReason,
).extensible()
ClusterBreakupReason = Enumerated(
    "notProvided clusteringPurposeCompleted leaderMovedOutOfClusterBoundingBox joiningAnotherCluster "
    "enteringLowRiskAreaBasedOnMaps receptionOfCpmContainingCluster max=15"
)
ClusterBreakupInfo = Sequence(
    clusterBreakupReason=ClusterBreakupReason,
    breakupTime=VruClusterOpTimestamp,
).extensible()
VruClusterOperationContainer = Sequence(
    clusterJoinInfo=Optional(ClusterJoinInfo),
    clusterLeaveInfo=Optional(ClusterLeaveInfo),
    clusterBreakupInfo=Optional(ClusterBreakupInfo),
    clusterIdChangeTimeInfo=Optional(VruClusterOpTimestamp),
).extensible()
VruPathPoint = Sequence(
    pathPosition=cdd.ReferencePosition,
    pathDeltaTime=Optional(cdd.PathDeltaTime),
)
SequenceOfVruPathPoint = SequenceOf(VruPathPoint)
StationSafeDistanceIndication = Boolean()
ActionDeltaTime = Integer(0, 127, unit="100 ms", zero=0, hundredMs=1, twoHundredMs=2, unavailable=127)
VruSafeDistanceIndication = Sequence(
    subjectStation=Optional(cdd.StationID),
    stationSafeDistanceIndication=StationSafeDistanceIndication,
    timeToCollision=Optional(ActionDeltaTime),
).extensible()
SequenceOfVruSafeDistanceIndication = SequenceOf(VruSafeDistanceIndication, 1, 8)
TrajectoryInterceptionProbability = Integer(
    0, 63, zero=0, twoPercent=1, fourPercent=2, oneHundredPercent=50, unavailable=63
)
TrajectoryInterceptionConfidence = Integer(
    0, 3, lessthan50percent=0, between50and70Percent=1, between70and90Percent=2, above90Percent=3
)
TrajectoryInterceptionIndication = Sequence(
    subjectStation=Optional(cdd.StationID),
    trajectoryInterceptionProbability=TrajectoryInterceptionProbability,
    trajectoryInterceptionConfidence=Optional(TrajectoryInterceptionConfidence),
).extensible()
SequenceOfTrajectoryInterceptionIndication = SequenceOf(TrajectoryInterceptionIndication, 1, 8)
AccelOrDecel = Enumerated("accelerate decelerate")
AccelerationChangeIndication = Sequence(
    accelOrDecel=AccelOrDecel,
    actionDeltaTime=ActionDeltaTime,
).extensible()
LeftOrRight = Enumerated("left right")
HeadingChangeIndication = Sequence(
    direction=LeftOrRight,
    actionDeltaTime=ActionDeltaTime,
).extensible()
StabilityLossProbability = Integer(0, 63, zero=0, twoPercent=1, fourPercent=2, unavailable=63)
StabilityChangeIndication = Sequence(
    lossProbability=StabilityLossProbability,
    actionDeltaTime=ActionDeltaTime,
).extensible()
VruMotionPredictionContainer = Sequence(
    pathHistory=Optional(cdd.PathHistory),
    pathPrediction=Optional(SequenceOfVruPathPoint),
    safeDistance=Optional(SequenceOfVruSafeDistanceIndication),
    trajectoryInterceptionIndication=Optional(SequenceOfTrajectoryInterceptionIndication),
    accelerationChangeIndication=Optional(AccelerationChangeIndication),
    headingChangeIndication=Optional(HeadingChangeIndication),
    stabilityChangeIndication=Optional(StabilityChangeIndication),
).extensible()
VamParameters = Sequence(
    basicContainer=BasicContainer,
    vruHighFrequencyContainer=Optional(VruHighFrequencyContainer),
    vruLowFrequencyContainer=Optional(VruLowFrequencyContainer),
    vruClusterInformationContainer=Optional(VruClusterInformationContainer),
    vruClusterOperationContainer=Optional(VruClusterOperationContainer),
    vruMotionPredictionContainer=Optional(VruMotionPredictionContainer),
).extensible()
VruAwareness = Sequence(
    generationDeltaTime=cam.GenerationDeltaTime,
    vamParameters=VamParameters,
)

VAM = Message(
    "VAM",
    Sequence(
        header=ItsPduHeaderVam,
        vam=VruAwareness,
    ),
    "TS 103 300-3 V2.1.1: VAM-PDU-Descriptions",
)
