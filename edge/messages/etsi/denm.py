"""The decentralized environmental notification message: a hazard. EN 302 637-3 V1.3.1, annex A.

One with `termination` set cancels an earlier one of the same station, or negates one of another.
"""

from __future__ import annotations

from wayside.edge.messages.etsi import cdd
from wayside.edge.messages.program import Message
from wayside.edge.messages.schema import Default, Enumerated, Optional, Sequence, SequenceOf

Termination = Enumerated("isCancellation isNegation")

# Which event, since when, until when, where.
ManagementContainer = Sequence(
    actionID=cdd.ActionID,
    detectionTime=cdd.TimestampIts,
    referenceTime=cdd.TimestampIts,
    termination=Optional(Termination),
    eventPosition=cdd.ReferencePosition,
    relevanceDistance=Optional(cdd.RelevanceDistance),
    relevanceTrafficDirection=Optional(cdd.RelevanceTrafficDirection),
    validityDuration=Default(cdd.ValidityDuration, 600),
    transmissionInterval=Optional(cdd.TransmissionInterval),
    stationType=cdd.StationType,
).extensible()

# What it is, and how sure.
SituationContainer = Sequence(
    informationQuality=cdd.InformationQuality,
    eventType=cdd.CauseCode,
    linkedCause=Optional(cdd.CauseCode),
    eventHistory=Optional(cdd.EventHistory),
).extensible()

# The ways that lead to it.
LocationContainer = Sequence(
    eventSpeed=Optional(cdd.Speed),
    eventPositionHeading=Optional(cdd.Heading),
    traces=cdd.Traces,
    roadType=Optional(cdd.RoadType),
).extensible()
ImpactReductionContainer = Sequence(
    heightLonCarrLeft=cdd.HeightLonCarr,
    heightLonCarrRight=cdd.HeightLonCarr,
    posLonCarrLeft=cdd.PosLonCarr,
    posLonCarrRight=cdd.PosLonCarr,
    positionOfPillars=cdd.PositionOfPillars,
    posCentMass=cdd.PosCentMass,
    wheelBaseVehicle=cdd.WheelBaseVehicle,
    turningRadius=cdd.TurningRadius,
    posFrontAx=cdd.PosFrontAx,
    positionOfOccupants=cdd.PositionOfOccupants,
    vehicleMass=cdd.VehicleMass,
    requestResponseIndication=cdd.RequestResponseIndication,
)
ReferenceDenms = SequenceOf(cdd.ActionID, 1, 8, extensible=True)
RoadWorksContainerExtended = Sequence(
    lightBarSirenInUse=Optional(cdd.LightBarSirenInUse),
    closedLanes=Optional(cdd.ClosedLanes),
    restriction=Optional(cdd.RestrictedTypes),
    speedLimit=Optional(cdd.SpeedLimit),
    incidentIndication=Optional(cdd.CauseCode),
    recommendedPath=Optional(cdd.ItineraryPath),
    startingPointSpeedLimit=Optional(cdd.DeltaReferencePosition),
    trafficFlowRule=Optional(cdd.TrafficRule),
    referenceDenms=Optional(ReferenceDenms),
)
StationaryVehicleContainer = Sequence(
    stationarySince=Optional(cdd.StationarySince),
    stationaryCause=Optional(cdd.CauseCode),
    carryingDangerousGoods=Optional(cdd.DangerousGoodsExtended),
    numberOfOccupants=Optional(cdd.NumberOfOccupants),
    vehicleIdentification=Optional(cdd.VehicleIdentification),
    energyStorageType=Optional(cdd.EnergyStorageType),
)

# More on road works, stationary vehicles, weather.
AlacarteContainer = Sequence(
    lanePosition=Optional(cdd.LanePosition),
    impactReduction=Optional(ImpactReductionContainer),
    externalTemperature=Optional(cdd.Temperature),
    roadWorks=Optional(RoadWorksContainerExtended),
    positioningSolution=Optional(cdd.PositioningSolutionType),
    stationaryVehicle=Optional(StationaryVehicleContainer),
).extensible()
DecentralizedEnvironmentalNotificationMessage = Sequence(
    management=ManagementContainer,
    situation=Optional(SituationContainer),
    location=Optional(LocationContainer),
    alacarte=Optional(AlacarteContainer),
)

DENM = Message(
    "DENM",
    Sequence(
        header=cdd.ItsPduHeader,
        denm=DecentralizedEnvironmentalNotificationMessage,
    ),
    "EN 302 637-3 V1.3.1, annex A: DENM-PDU-Descriptions",
)
