"""The collective perception message: what a station's sensors see. TS 103 324 V2.1.1."""

from __future__ import annotations

from wayside.edge.messages.etsi import cdd2
from wayside.edge.messages.program import Message
from wayside.edge.messages.schema import Boolean, Integer, OpenType, Optional, Sequence, SequenceOf

MessageRateRange = Sequence(
    messageRateMin=cdd2.MessageRateHz,
    messageRateMax=cdd2.MessageRateHz,
)
ManagementContainer = Sequence(
    referenceTime=cdd2.TimestampIts,
    referencePosition=cdd2.ReferencePosition,
    segmentationInfo=Optional(cdd2.MessageSegmentationInfo),
    messageRateRange=Optional(MessageRateRange),
).extensible()
TrailerDataSet = SequenceOf(cdd2.TrailerData, 1, 8, extensible=True)
OriginatingVehicleContainer = Sequence(
    orientationAngle=cdd2.Wgs84Angle,
    pitchAngle=Optional(cdd2.CartesianAngle),
    rollAngle=Optional(cdd2.CartesianAngle),
    trailerDataSet=Optional(TrailerDataSet),
).extensible()
OriginatingRsuContainer = Sequence(
    mapReference=Optional(cdd2.MapReference),
).extensible()

# What a sensor covers.
SensorInformation = Sequence(
    sensorId=cdd2.Identifier1B,
    sensorType=cdd2.SensorType,
    perceptionRegionShape=Optional(cdd2.Shape),
    perceptionRegionConfidence=Optional(cdd2.ConfidenceLevel),
    shadowingApplies=Boolean(),
).extensible()
SensorInformationContainer = SequenceOf(SensorInformation, 1, 128, extensible=True)
PerceivedObjectIds = SequenceOf(cdd2.Identifier2B, 0, 255, extensible=True)
PerceptionRegion = Sequence(
    measurementDeltaTime=cdd2.DeltaTimeMilliSecondSigned,
    perceptionRegionConfidence=cdd2.ConfidenceLevel,
    perceptionRegionShape=cdd2.Shape,
    shadowingApplies=Boolean(),
    sensorIdList=Optional(cdd2.SequenceOfIdentifier1B),
    numberOfPerceivedObjects=Optional(cdd2.CardinalNumber1B),
    perceivedObjectIds=Optional(PerceivedObjectIds),
).extensible()
PerceptionRegionContainer = SequenceOf(PerceptionRegion, 1, 256, extensible=True)
PerceivedObjects = SequenceOf(cdd2.PerceivedObject, 0, 255, extensible=True)

# What has been seen, at most 255 in one message.
PerceivedObjectContainer = Sequence(
    numberOfPerceivedObjects=cdd2.CardinalNumber1B,
    perceivedObjects=PerceivedObjects,
).extensible()

# Containers by their number; at most one of the station, and segments of the others.
WrappedCpmContainer = Sequence(
    containerId=Integer(1, 16),
    containerData=OpenType(
        {
            1: OriginatingVehicleContainer,
            2: OriginatingRsuContainer,
            3: SensorInformationContainer,
            4: PerceptionRegionContainer,
            5: PerceivedObjectContainer,
        }
    ),
)
WrappedCpmContainers = SequenceOf(WrappedCpmContainer, 1, 8, extensible=True)
ConstraintWrappedCpmContainers = WrappedCpmContainers
CpmPayload = Sequence(
    managementContainer=ManagementContainer,
    cpmContainers=ConstraintWrappedCpmContainers,
).extensible()

CPM = Message(
    "CPM",
    Sequence(
        header=cdd2.ItsPduHeader,
        payload=CpmPayload,
    ),
    "TS 103 324 V2.1.1: CPM-PDU-Descriptions",
)
