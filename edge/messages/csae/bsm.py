"""The basic safety message: where a vehicle is and how it moves. YD/T 3709-2020, BasicSafetyMessage."""

from __future__ import annotations

from wayside.edge.messages.csae import common
from wayside.edge.messages.schema import BitString, Enumerated, Integer, OctetString, Optional, Sequence, SequenceOf

SemiMajorAxisAccuracy = Integer(0, 255, unit="5 cm", outOfRange=254, unavailable=255)
SemiMinorAxisAccuracy = Integer(0, 255, unit="5 cm", outOfRange=254, unavailable=255)
SemiMajorAxisOrientation = Integer(0, 65535, unit="360/65535 degree", unavailable=65535)
PositionalAccuracy = Sequence(
    semiMajor=SemiMajorAxisAccuracy,
    semiMinor=SemiMinorAxisAccuracy,
    orientation=SemiMajorAxisOrientation,
)
BrakePedalStatus = Enumerated("unavailable off on")
BrakeAppliedStatus = BitString(5, names="unavailable leftFront leftRear rightFront rightRear")
TractionControlStatus = Enumerated("unavailable off on engaged")
AntiLockBrakeStatus = Enumerated("unavailable off on engaged")
StabilityControlStatus = Enumerated("unavailable off on engaged")
BrakeBoostApplied = Enumerated("unavailable off on")
AuxiliaryBrakeStatus = Enumerated("unavailable off on reserved")
BrakeSystemStatus = Sequence(
    brakePadel=Optional(BrakePedalStatus),
    wheelBrakes=Optional(BrakeAppliedStatus),
    traction=Optional(TractionControlStatus),
    abs=Optional(AntiLockBrakeStatus),
    scs=Optional(StabilityControlStatus),
    brakeBoost=Optional(BrakeBoostApplied),
    auxBrakes=Optional(AuxiliaryBrakeStatus),
)
VehicleEventFlags = BitString(
    13,
    extensible=True,
    names="eventHazardLights eventStopLineViolation eventABSactivated eventTractionControlLoss "
    "eventStabilityControlactivated eventHazardousMaterials eventReserved1 eventHardBraking "
    "eventLightsChanged eventWipersChanged eventFlatTire eventDisabledVehicle "
    "eventAirBagDeployment",
)
DYear = Integer(0, 4095, unit="year")
DMonth = Integer(0, 12, unit="month")
DDay = Integer(0, 31, unit="day")
DHour = Integer(0, 31, unit="hour")
DMinute = Integer(0, 60, unit="min")
DTimeOffset = Integer(-840, 840, unit="min")
DDateTime = Sequence(
    year=Optional(DYear),
    month=Optional(DMonth),
    day=Optional(DDay),
    hour=Optional(DHour),
    minute=Optional(DMinute),
    second=Optional(common.DSecond),
    offset=Optional(DTimeOffset),
)
FullPositionVector = Sequence(
    utcTime=Optional(DDateTime),
    pos=common.Position3D,
    heading=Optional(common.Heading),
    transmission=Optional(common.TransmissionState),
    speed=Optional(common.Speed),
    posAccuracy=Optional(common.PositionConfidenceSet),
    timeConfidence=Optional(common.TimeConfidence),
    motionCfd=Optional(common.MotionConfidenceSet),
).extensible()
GNSSstatus = BitString(
    8,
    names="unavailable isHealthy isMonitored baseStationType aPDOPofUnder5 inViewOfUnder5 "
    "localCorrectionsPresent networkCorrectionsPresent",
)
TimeOffset = Integer(1, 65535, unit="10 ms", unavailable=65535)
CoarseHeading = Integer(0, 240, unit="1.5 degree", unavailable=240)
PathHistoryPoint = Sequence(
    llvOffset=common.PositionOffsetLLV,
    timeOffset=TimeOffset,
    speed=Optional(common.Speed),
    posAccuracy=Optional(common.PositionConfidenceSet),
    heading=Optional(CoarseHeading),
).extensible()
PathHistoryPointList = SequenceOf(PathHistoryPoint, 1, 23)
PathHistory = Sequence(
    initialPosition=Optional(FullPositionVector),
    currGNSSstatus=Optional(GNSSstatus),
    crumbData=PathHistoryPointList,
).extensible()
RadiusOfCurvature = Integer(-32767, 32767, unit="10 cm")
PathPrediction = Sequence(
    radiusOfCurve=RadiusOfCurvature,
    confidence=common.Confidence,
).extensible()
ExteriorLights = BitString(
    9,
    extensible=True,
    names="lowBeamHeadlightsOn highBeamHeadlightsOn leftTurnSignalOn rightTurnSignalOn hazardSignalOn "
    "automaticLightControlOn daytimeRunningLightsOn fogLightOn parkingLightsOn",
)
VehicleSafetyExtensions = Sequence(
    events=Optional(VehicleEventFlags),
    pathHistory=Optional(PathHistory),
    pathPrediction=Optional(PathPrediction),
    lights=Optional(ExteriorLights),
).extensible()
ResponseType = Enumerated(
    "notInUseOrNotEquipped emergency nonEmergency pursuit stationary slowMoving stopAndGoMovement", ""
)
SirenInUse = Enumerated("unavailable notInUse inUse reserved")
LightbarInUse = Enumerated(
    "unavailable notInUse inUse yellowCautionLights schooldBusLights arrowSignsActive slowMovingVehicle freqStops"
)
VehicleEmergencyExtensions = Sequence(
    responseType=Optional(ResponseType),
    sirenUse=Optional(SirenInUse),
    lightsUse=Optional(LightbarInUse),
).extensible()
BasicSafetyMessage = Sequence(
    msgCnt=common.MsgCount,
    id=OctetString(8),
    secMark=common.DSecond,
    timeConfidence=Optional(common.TimeConfidence),
    pos=common.Position3D,
    posAccuracy=Optional(PositionalAccuracy),
    posConfidence=Optional(common.PositionConfidenceSet),
    transmission=common.TransmissionState,
    speed=common.Speed,
    heading=common.Heading,
    angle=Optional(common.SteeringWheelAngle),
    motionCfd=Optional(common.MotionConfidenceSet),
    accelSet=common.AccelerationSet4Way,
    brakes=BrakeSystemStatus,
    size=common.VehicleSize,
    vehicleClass=common.VehicleClassification,
    safetyExt=Optional(VehicleSafetyExtensions),
    emergencyExt=Optional(VehicleEmergencyExtensions),
).extensible()
