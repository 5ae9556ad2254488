"""The basic safety message: where a vehicle is and how it moves. YD/T 3709-2020, BasicSafetyMessage."""

from __future__ import annotations

from wayside.edge.messages import j2735
from wayside.edge.messages.csae import common
from wayside.edge.messages.schema import BitString, Enumerated, Integer, OctetString, Optional, Sequence, SequenceOf

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
FullPositionVector = Sequence(
    utcTime=Optional(j2735.DDateTime),
    pos=common.Position3D,
    heading=Optional(common.Heading),
    transmission=Optional(j2735.TransmissionState),
    speed=Optional(common.Speed),
    posAccuracy=Optional(common.PositionConfidenceSet),
    timeConfidence=Optional(j2735.TimeConfidence),
    motionCfd=Optional(common.MotionConfidenceSet),
).extensible()
TimeOffset = Integer(1, 65535, unit="10 ms", outOfRange=65534, unavailable=65535)
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
    currGNSSstatus=Optional(j2735.GNSSstatus),
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
    msgCnt=j2735.MsgCount,
    id=OctetString(8),
    secMark=j2735.DSecond,
    timeConfidence=Optional(j2735.TimeConfidence),
    pos=common.Position3D,
    posAccuracy=Optional(j2735.PositionalAccuracy),
    posConfidence=Optional(common.PositionConfidenceSet),
    transmission=j2735.TransmissionState,
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
