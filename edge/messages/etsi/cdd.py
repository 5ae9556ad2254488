"""The common data dictionary of release 1: what most ETSI messages are made of. TS 102 894-2 V1.3.1, ITS-Container."""

from __future__ import annotations

from wayside.edge.messages.schema import (
    BitString,
    Boolean,
    Enumerated,
    IA5String,
    Integer,
    NumericString,
    OctetString,
    Optional,
    Sequence,
    SequenceOf,
    UTF8String,
)

SpeedLimit = Integer(1, 255, unit="km/h", oneKmPerHour=1)
TrafficRule = Enumerated("noPassing noPassingForTrucks passToRight passToLeft", "")

# EN 302 637-3, table 10.
CauseCodeType = Integer(
    0,
    255,
    reserved=0,
    trafficCondition=1,
    accident=2,
    roadworks=3,
    impassability=5,
    adverseWeatherCondition_Adhesion=6,
    aquaplannning=7,
    hazardousLocation_SurfaceCondition=9,
    hazardousLocation_ObstacleOnTheRoad=10,
    hazardousLocation_AnimalOnTheRoad=11,
    humanPresenceOnTheRoad=12,
    wrongWayDriving=14,
    rescueAndRecoveryWorkInProgress=15,
    adverseWeatherCondition_ExtremeWeatherCondition=17,
    adverseWeatherCondition_Visibility=18,
    adverseWeatherCondition_Precipitation=19,
    slowVehicle=26,
    dangerousEndOfQueue=27,
    vehicleBreakdown=91,
    postCrash=92,
    humanProblem=93,
    stationaryVehicle=94,
    emergencyVehicleApproaching=95,
    hazardousLocation_DangerousCurve=96,
    collisionRisk=97,
    signalViolation=98,
    dangerousSituation=99,
)
SubCauseCodeType = Integer(0, 255)
CauseCode = Sequence(
    causeCode=CauseCodeType,
    subCauseCode=SubCauseCodeType,
).extensible()
LightBarSirenInUse = BitString(2, names="lightBarActivated sirenActivated")
EmergencyPriority = BitString(2, names="requestForRightOfWay requestForFreeCrossingAtATrafficLight")
HardShoulderStatus = Enumerated("availableForStopping closed availableForDriving")

# From the outermost lane inwards; 1 is closed.
DrivingLaneStatus = BitString(1, 13)
ClosedLanes = Sequence(
    innerhardShoulderStatus=Optional(HardShoulderStatus),
    outerhardShoulderStatus=Optional(HardShoulderStatus),
    drivingLaneStatus=Optional(DrivingLaneStatus),
).extensible()
RoadworksSubCauseCode = Integer(
    0,
    255,
    unavailable=0,
    majorRoadworks=1,
    roadMarkingWork=2,
    slowMovingRoadMaintenance=3,
    shortTermStationaryRoadworks=4,
    streetCleaning=5,
    winterService=6,
)
DangerousGoodsBasic = Enumerated(
    "explosives1 explosives2 explosives3 explosives4 explosives5 explosives6 flammableGases "
    "nonFlammableGases toxicGases flammableLiquids flammableSolids "
    "substancesLiableToSpontaneousCombustion substancesEmittingFlammableGasesUponContactWithWater "
    "oxidizingSubstances organicPeroxides toxicSubstances infectiousSubstances radioactiveMaterial "
    "corrosiveSubstances miscellaneousDangerousSubstances"
)
SpecialTransportType = BitString(4, names="heavyLoad excessWidth excessLength excessHeight")
PtActivationType = Integer(0, 255, undefinedCodingType=0, r09_16CodingType=1, vdv_50149CodingType=2)
PtActivationData = OctetString(1, 20)
PtActivation = Sequence(
    ptActivationType=PtActivationType,
    ptActivationData=PtActivationData,
)
EmbarkationStatus = Boolean()
DeltaLatitude = Integer(
    -131071, 131072, unit="0.1 microdegree", oneMicrodegreeSouth=-10, oneMicrodegreeNorth=10, unavailable=131072
)
DeltaLongitude = Integer(
    -131071, 131072, unit="0.1 microdegree", oneMicrodegreeWest=-10, oneMicrodegreeEast=10, unavailable=131072
)
DeltaAltitude = Integer(-12700, 12800, unit="cm", oneCentimeterDown=-1, oneCentimeterUp=1, unavailable=12800)

# Relative to the reference position, or to the point before.
DeltaReferencePosition = Sequence(
    deltaLatitude=DeltaLatitude,
    deltaLongitude=DeltaLongitude,
    deltaAltitude=DeltaAltitude,
)
PathDeltaTime = Integer(1, 65535, unit="10 ms", extensible=True, tenMilliSecondsInPast=1)
PathPoint = Sequence(
    pathPosition=DeltaReferencePosition,
    pathDeltaTime=Optional(PathDeltaTime),
)

# The way that the vehicle came, each point relative to the one before, the newest first.
PathHistory = SequenceOf(PathPoint, 0, 40)
ExteriorLights = BitString(
    8,
    names="lowBeamHeadlightsOn highBeamHeadlightsOn leftTurnSignalOn rightTurnSignalOn "
    "daytimeRunningLightsOn reverseLightOn fogLightOn parkingLightsOn",
)
VehicleRole = Enumerated(
    "default publicTransport specialTransport dangerousGoods roadWork rescue emergency safetyCar "
    "agriculture commercial military roadOperator taxi reserved1 reserved2 reserved3"
)
ProtectedZoneType = Enumerated("permanentCenDsrcTolling", "temporaryCenDsrcTolling")

# International atomic time since the beginning of 2004: it does not repeat leap seconds.
TimestampIts = Integer(0, 4398046511103, unit="ms", utcStartOf2004=0, oneMillisecAfterUTCStartOf2004=1)

# WGS 84; 900000001 is said where there is no position.
Latitude = Integer(
    -900000000,
    900000001,
    unit="0.1 microdegree",
    oneMicrodegreeSouth=-10,
    oneMicrodegreeNorth=10,
    unavailable=900000001,
)
Longitude = Integer(
    -1800000000,
    1800000001,
    unit="0.1 microdegree",
    oneMicrodegreeWest=-10,
    oneMicrodegreeEast=10,
    unavailable=1800000001,
)
ProtectedZoneRadius = Integer(1, 255, unit="m", extensible=True, oneMeter=1)
ProtectedZoneID = Integer(0, 134217727)
ProtectedCommunicationZone = Sequence(
    protectedZoneType=ProtectedZoneType,
    expiryTime=Optional(TimestampIts),
    protectedZoneLatitude=Latitude,
    protectedZoneLongitude=Longitude,
    protectedZoneRadius=Optional(ProtectedZoneRadius),
    protectedZoneID=Optional(ProtectedZoneID),
).extensible()
ProtectedCommunicationZonesRSU = SequenceOf(ProtectedCommunicationZone, 1, 16)
CenDsrcTollingZoneID = ProtectedZoneID
CenDsrcTollingZone = Sequence(
    protectedZoneLatitude=Latitude,
    protectedZoneLongitude=Longitude,
    cenDsrcTollingZoneID=Optional(CenDsrcTollingZoneID),
).extensible()
PerformanceClass = Integer(0, 7, unavailable=0, performanceClassA=1, performanceClassB=2)
VerticalAccelerationValue = Integer(
    -160, 161, unit="0.1 m/s^2", pointOneMeterPerSecSquaredDown=-1, pointOneMeterPerSecSquaredUp=1, unavailable=161
)
AccelerationConfidence = Integer(
    0, 102, unit="0.1 m/s^2", pointOneMeterPerSecSquared=1, outOfRange=101, unavailable=102
)
VerticalAcceleration = Sequence(
    verticalAccelerationValue=VerticalAccelerationValue,
    verticalAccelerationConfidence=AccelerationConfidence,
)
LateralAccelerationValue = Integer(
    -160,
    161,
    unit="0.1 m/s^2",
    pointOneMeterPerSecSquaredToRight=-1,
    pointOneMeterPerSecSquaredToLeft=1,
    unavailable=161,
)
LateralAcceleration = Sequence(
    lateralAccelerationValue=LateralAccelerationValue,
    lateralAccelerationConfidence=AccelerationConfidence,
)
SteeringWheelAngleValue = Integer(
    -511,
    512,
    unit="1.5 degree",
    onePointFiveDegreesToRight=-1,
    straight=0,
    onePointFiveDegreesToLeft=1,
    unavailable=512,
)
SteeringWheelAngleConfidence = Integer(
    1, 127, unit="1.5 degree", equalOrWithinOnePointFiveDegree=1, outOfRange=126, unavailable=127
)
SteeringWheelAngle = Sequence(
    steeringWheelAngleValue=SteeringWheelAngleValue,
    steeringWheelAngleConfidence=SteeringWheelAngleConfidence,
)
LanePosition = Integer(
    -1, 14, offTheRoad=-1, innerHardShoulder=0, innermostDrivingLane=1, secondLaneFromInside=2, outerHardShoulder=14
)
AccelerationControl = BitString(
    7,
    names="brakePedalEngaged gasPedalEngaged emergencyBrakeEngaged collisionWarningEngaged accEngaged "
    "cruiseControlEngaged speedLimiterEngaged",
)

# Positive to the left.
YawRateValue = Integer(
    -32766, 32767, unit="0.01 degree/s", degSec_000_01ToRight=-1, straight=0, degSec_000_01ToLeft=1, unavailable=32767
)
YawRateConfidence = Enumerated(
    "degSec-000-01 degSec-000-05 degSec-000-10 degSec-001-00 degSec-005-00 degSec-010-00 "
    "degSec-100-00 outOfRange unavailable"
)
YawRate = Sequence(
    yawRateValue=YawRateValue,
    yawRateConfidence=YawRateConfidence,
)
CurvatureCalculationMode = Enumerated("yawRateUsed yawRateNotUsed unavailable", "")

# The reciprocal of the radius, positive in a left turn.
CurvatureValue = Integer(-1023, 1023, unit="0.0001 /m", straight=0, unavailable=1023)
CurvatureConfidence = Enumerated(
    "onePerMeter-0-00002 onePerMeter-0-0001 onePerMeter-0-0005 onePerMeter-0-002 onePerMeter-0-01 "
    "onePerMeter-0-1 outOfRange unavailable"
)
Curvature = Sequence(
    curvatureValue=CurvatureValue,
    curvatureConfidence=CurvatureConfidence,
)

# Positive forwards.
LongitudinalAccelerationValue = Integer(
    -160,
    161,
    unit="0.1 m/s^2",
    pointOneMeterPerSecSquaredBackward=-1,
    pointOneMeterPerSecSquaredForward=1,
    unavailable=161,
)
LongitudinalAcceleration = Sequence(
    longitudinalAccelerationValue=LongitudinalAccelerationValue,
    longitudinalAccelerationConfidence=AccelerationConfidence,
)
VehicleWidth = Integer(1, 62, unit="0.1 m", tenCentimeters=1, outOfRange=61, unavailable=62)
VehicleLengthValue = Integer(1, 1023, unit="0.1 m", tenCentimeters=1, outOfRange=1022, unavailable=1023)
VehicleLengthConfidenceIndication = Enumerated(
    "noTrailerPresent trailerPresentWithKnownLength trailerPresentWithUnknownLength "
    "trailerPresenceIsUnknown unavailable"
)
VehicleLength = Sequence(
    vehicleLengthValue=VehicleLengthValue,
    vehicleLengthConfidenceIndication=VehicleLengthConfidenceIndication,
)
DriveDirection = Enumerated("forward backward unavailable")
SpeedValue = Integer(0, 16383, unit="cm/s", standstill=0, oneCentimeterPerSec=1, unavailable=16383)

# Half the width of the interval that holds the speed with 95 % confidence.
SpeedConfidence = Integer(
    1,
    127,
    unit="cm/s",
    equalOrWithinOneCentimeterPerSec=1,
    equalOrWithinOneMeterPerSec=100,
    outOfRange=126,
    unavailable=127,
)
Speed = Sequence(
    speedValue=SpeedValue,
    speedConfidence=SpeedConfidence,
)

# Clockwise from true north.
HeadingValue = Integer(
    0, 3601, unit="0.1 degree", wgs84North=0, wgs84East=900, wgs84South=1800, wgs84West=2700, unavailable=3601
)
HeadingConfidence = Integer(
    1,
    127,
    unit="0.1 degree",
    equalOrWithinZeroPointOneDegree=1,
    equalOrWithinOneDegree=10,
    outOfRange=126,
    unavailable=127,
)
Heading = Sequence(
    headingValue=HeadingValue,
    headingConfidence=HeadingConfidence,
)

# Half an axis of the ellipse that holds the position with 95 % confidence.
SemiAxisLength = Integer(0, 4095, unit="cm", oneCentimeter=1, outOfRange=4094, unavailable=4095)
PosConfidenceEllipse = Sequence(
    semiMajorConfidence=SemiAxisLength,
    semiMinorConfidence=SemiAxisLength,
    semiMajorOrientation=HeadingValue,
)
AltitudeValue = Integer(-100000, 800001, unit="cm", referenceEllipsoidSurface=0, oneCentimeter=1, unavailable=800001)
AltitudeConfidence = Enumerated(
    "alt-000-01 alt-000-02 alt-000-05 alt-000-10 alt-000-20 alt-000-50 alt-001-00 alt-002-00 "
    "alt-005-00 alt-010-00 alt-020-00 alt-050-00 alt-100-00 alt-200-00 outOfRange unavailable"
)
Altitude = Sequence(
    altitudeValue=AltitudeValue,
    altitudeConfidence=AltitudeConfidence,
)
ReferencePosition = Sequence(
    latitude=Latitude,
    longitude=Longitude,
    positionConfidenceEllipse=PosConfidenceEllipse,
    altitude=Altitude,
)

# A GeoNetworking address numbers stations alike (EN 302 636-4-1, clause 6.3).
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
    roadSideUnit=15,
)
StationID = Integer(0, 4294967295)

# Before every message; the station number is the pseudonym of the moment.
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
    ),
    stationID=StationID,
)
EnergyStorageType = BitString(
    7, names="hydrogenStorage electricEnergyStorage liquidPropaneGas compressedNaturalGas diesel gasoline ammonia"
)
WMInumber = IA5String(1, 3)
VDS = IA5String(6)
VehicleIdentification = Sequence(
    wMInumber=Optional(WMInumber),
    vDS=Optional(VDS),
).extensible()
NumberOfOccupants = Integer(0, 127, oneOccupant=1, unavailable=127)
PhoneNumber = NumericString(1, 16)
DangerousGoodsExtended = Sequence(
    dangerousGoodsType=DangerousGoodsBasic,
    unNumber=Integer(0, 9999),
    elevatedTemperature=Boolean(),
    tunnelsRestricted=Boolean(),
    limitedQuantity=Boolean(),
    emergencyActionCode=Optional(IA5String(1, 24)),
    phoneNumber=Optional(PhoneNumber),
    companyName=Optional(UTF8String(1, 24)),
).extensible()
StationarySince = Enumerated("lessThan1Minute lessThan2Minutes lessThan15Minutes equalOrGreater15Minutes")
PositioningSolutionType = Enumerated("noPositioningSolution sGNSS dGNSS sGNSSplusDR dGNSSplusDR dR", "")
SequenceNumber = Integer(0, 65535)

# The same in all repetitions and updates of one event.
ActionID = Sequence(
    originatingStationID=StationID,
    sequenceNumber=SequenceNumber,
)
ItineraryPath = SequenceOf(ReferencePosition, 1, 40)
RestrictedTypes = SequenceOf(StationType, 1, 3, extensible=True)
Temperature = Integer(
    -60, 67, unit="degree Celsius", equalOrSmallerThanMinus60Deg=-60, oneDegreeCelsius=1, equalOrGreaterThan67Deg=67
)
RequestResponseIndication = Enumerated("request response")
VehicleMass = Integer(1, 1024, unit="100 kg", hundredKg=1, unavailable=1024)
PositionOfOccupants = BitString(
    20,
    names="row1LeftOccupied row1RightOccupied row1MidOccupied row1NotDetectable row1NotPresent "
    "row2LeftOccupied row2RightOccupied row2MidOccupied row2NotDetectable row2NotPresent "
    "row3LeftOccupied row3RightOccupied row3MidOccupied row3NotDetectable row3NotPresent "
    "row4LeftOccupied row4RightOccupied row4MidOccupied row4NotDetectable row4NotPresent",
)
PosFrontAx = Integer(1, 20, unit="0.1 m", tenCentimeters=1, unavailable=20)
TurningRadius = Integer(1, 255, unit="0.4 m", point4Meters=1, unavailable=255)
WheelBaseVehicle = Integer(1, 127, unit="0.1 m", tenCentimeters=1, unavailable=127)
PosCentMass = Integer(1, 63, unit="0.1 m", tenCentimeters=1, unavailable=63)
PosPillar = Integer(1, 30, unit="0.1 m", tenCentimeters=1, unavailable=30)
PositionOfPillars = SequenceOf(PosPillar, 1, 3, extensible=True)
PosLonCarr = Integer(1, 127, unit="cm", oneCentimeter=1, unavailable=127)
HeightLonCarr = Integer(1, 100, unit="cm", oneCentimeter=1, unavailable=100)
RoadType = Enumerated(
    "urban-NoStructuralSeparationToOppositeLanes urban-WithStructuralSeparationToOppositeLanes "
    "nonUrban-NoStructuralSeparationToOppositeLanes nonUrban-WithStructuralSeparationToOppositeLanes"
)
Traces = SequenceOf(PathHistory, 1, 7)
InformationQuality = Integer(0, 7, unavailable=0, lowest=1, highest=7)
EventPoint = Sequence(
    eventPosition=DeltaReferencePosition,
    eventDeltaTime=Optional(PathDeltaTime),
    informationQuality=InformationQuality,
)
EventHistory = SequenceOf(EventPoint, 1, 23)
TransmissionInterval = Integer(1, 10000, unit="ms", oneMilliSecond=1, tenSeconds=10000)
ValidityDuration = Integer(0, 86400, unit="s", timeOfDetection=0, oneSecondAfterDetection=1)
RelevanceTrafficDirection = Enumerated("allTrafficDirections upstreamTraffic downstreamTraffic oppositeTraffic")
RelevanceDistance = Enumerated(
    "lessThan50m lessThan100m lessThan200m lessThan500m lessThan1000m lessThan5km lessThan10km over10km"
)
