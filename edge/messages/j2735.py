"""What ISO TS 19091 (SPATEM, MAPEM, RTCMEM and so on) and the Chinese set both have from SAE J2735, and alike.

Names of single values ("unavailable", "unknown", "later") are only told in J2735's text, or in comments: its modules
name none of them.
"""

from __future__ import annotations

from wayside.edge.messages.schema import BitString, Choice, Enumerated, IA5String, Integer, Optional, Sequence

DYear = Integer(0, 4095, unit="year")
DMonth = Integer(0, 12, unit="month")
DDay = Integer(0, 31, unit="day")
DHour = Integer(0, 31, unit="hour")
DMinute = Integer(0, 60, unit="min")
DTimeOffset = Integer(-840, 840, unit="min")
DSecond = Integer(0, 65535, unit="ms", unavailable=65535)
DDateTime = Sequence(
    year=Optional(DYear),
    month=Optional(DMonth),
    day=Optional(DDay),
    hour=Optional(DHour),
    minute=Optional(DMinute),
    second=Optional(DSecond),
    offset=Optional(DTimeOffset),
)
GNSSstatus = BitString(
    8,
    names="unavailable isHealthy isMonitored baseStationType aPDOPofUnder5 inViewOfUnder5 "
    "localCorrectionsPresent networkCorrectionsPresent",
)
RoadRegulatorID = Integer(0, 65535)
MsgCount = Integer(0, 127)
MinuteOfTheYear = Integer(0, 527040, unit="min", invalid=527040)
DescriptiveName = IA5String(1, 63)
LaneID = Integer(0, 255)
SpeedConfidence = Enumerated("unavailable prec100ms prec10ms prec5ms prec1ms prec0-1ms prec0-05ms prec0-01ms")
TransmissionState = Enumerated("neutral park forwardGears reverseGears reserved1 reserved2 reserved3 unavailable")
TimeConfidence = Enumerated(
    "unavailable time-100-000 time-050-000 time-020-000 time-010-000 time-002-000 time-001-000 "
    "time-000-500 time-000-200 time-000-100 time-000-050 time-000-020 time-000-010 time-000-005 "
    "time-000-002 time-000-001 time-000-000-5 time-000-000-2 time-000-000-1 time-000-000-05 "
    "time-000-000-02 time-000-000-01 time-000-000-005 time-000-000-002 time-000-000-001 "
    "time-000-000-000-5 time-000-000-000-2 time-000-000-000-1 time-000-000-000-05 "
    "time-000-000-000-02 time-000-000-000-01 time-000-000-000-005 time-000-000-000-002 "
    "time-000-000-000-001 time-000-000-000-000-5 time-000-000-000-000-2 time-000-000-000-000-1 "
    "time-000-000-000-000-05 time-000-000-000-000-02 time-000-000-000-000-01"
)
HeadingConfidence = Enumerated(
    "unavailable prec10deg prec05deg prec01deg prec0-1deg prec0-05deg prec0-01deg prec0-0125deg"
)
PositionConfidence = Enumerated(
    "unavailable a500m a200m a100m a50m a20m a10m a5m a2m a1m a50cm a20cm a10cm a5cm a2cm a1cm"
)
ElevationConfidence = Enumerated(
    "unavailable elev-500-00 elev-200-00 elev-100-00 elev-050-00 elev-020-00 elev-010-00 elev-005-00 "
    "elev-002-00 elev-001-00 elev-000-50 elev-000-20 elev-000-10 elev-000-05 elev-000-02 elev-000-01"
)
Elevation = Integer(-4096, 61439, unit="10 cm", unknown=-4096)
SpeedLimitType = Enumerated(
    "unknown maxSpeedInSchoolZone maxSpeedInSchoolZoneWhenChildrenArePresent "
    "maxSpeedInConstructionZone vehicleMinSpeed vehicleMaxSpeed vehicleNightMaxSpeed truckMinSpeed "
    "truckMaxSpeed truckNightMaxSpeed vehiclesWithTrailersMinSpeed vehiclesWithTrailersMaxSpeed "
    "vehiclesWithTrailersNightMaxSpeed",
    "",
)
LaneWidth = Integer(0, 32767, unit="cm")
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
IntersectionStatusObject = BitString(
    16,
    names="manualControlIsEnabled stopTimeIsActivated failureFlash preemptIsActive "
    "signalPriorityIsActive fixedTimeOperation trafficDependentOperation standbyOperation "
    "failureMode off recentMAPmessageUpdate recentChangeInMAPassignedLanesIDsUsed "
    "noValidMAPisAvailableAtThisTime noValidSPATisAvailableAtThisTime",
)
TimeMark = Integer(0, 36001, unit="0.1 s", later=36000, undefined=36001)
SemiMajorAxisAccuracy = Integer(0, 255, unit="5 cm", outOfRange=254, unavailable=255)
SemiMinorAxisAccuracy = Integer(0, 255, unit="5 cm", outOfRange=254, unavailable=255)
SemiMajorAxisOrientation = Integer(0, 65535, unit="360/65535 degree", unavailable=65535)
PositionalAccuracy = Sequence(
    semiMajor=SemiMajorAxisAccuracy,
    semiMinor=SemiMinorAxisAccuracy,
    orientation=SemiMajorAxisOrientation,
)
