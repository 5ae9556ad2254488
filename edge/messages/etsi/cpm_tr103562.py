"""The collective perception message as first studied. TR 103 562 V2.1.1, annex A; `cpm` has the standard."""

from __future__ import annotations

from wayside.edge.messages import j2735
from wayside.edge.messages.etsi import cam, cdd, dsrc
from wayside.edge.messages.program import Message
from wayside.edge.messages.schema import Boolean, Choice, Default, Integer, Optional, Sequence, SequenceOf

SegmentCount = Integer(1, 127)
PerceivedObjectContainerSegmentInfo = Sequence(
    totalMsgSegments=SegmentCount,
    thisSegmentNum=SegmentCount,
)
CpmManagementContainer = Sequence(
    stationType=cdd.StationType,
    perceivedObjectContainerSegmentInfo=Optional(PerceivedObjectContainerSegmentInfo),
    referencePosition=cdd.ReferencePosition,
).extensible()
WGS84AngleValue = Integer(
    0, 3601, unit="0.1 degree", wgs84North=0, wgs84East=900, wgs84South=1800, wgs84West=2700, unavailable=3601
)
AngleConfidence = Integer(
    1, 127, unit="0.1 degree", zeroPointOneDegree=1, oneDegree=10, outOfRange=126, unavailable=127
)
WGS84Angle = Sequence(
    value=WGS84AngleValue,
    confidence=AngleConfidence,
)
CartesianAngleValue = Integer(0, 3601, unit="0.1 degree", zeroPointOneDegree=1, oneDegree=10, unavailable=3601)
CartesianAngle = Sequence(
    value=CartesianAngleValue,
    confidence=AngleConfidence,
)
RefPointId = Integer(0, 255)
HitchPointOffset = Integer(0, 100, unit="0.1 m", zeroPointOneMeter=1, oneMeter=10)
FrontOverhang = Integer(0, 50, unit="0.1 m", zeroPointOneMeter=1, oneMeter=10)
RearOverhang = Integer(0, 150, unit="0.1 m", zeroPointOneMeter=1, oneMeter=10)
TrailerData = Sequence(
    refPointId=RefPointId,
    hitchPointOffset=HitchPointOffset,
    frontOverhang=FrontOverhang,
    rearOverhang=RearOverhang,
    trailerWidth=Optional(cdd.VehicleWidth),
    hitchAngle=Optional(CartesianAngle),
).extensible()
TrailerDataContainer = SequenceOf(TrailerData, 1, 2)
OriginatingVehicleContainer = Sequence(
    heading=cdd.Heading,
    speed=cdd.Speed,
    vehicleOrientationAngle=Optional(WGS84Angle),
    driveDirection=Default(cdd.DriveDirection, "forward"),
    longitudinalAcceleration=Optional(cdd.LongitudinalAcceleration),
    lateralAcceleration=Optional(cdd.LateralAcceleration),
    verticalAcceleration=Optional(cdd.VerticalAcceleration),
    yawRate=Optional(cdd.YawRate),
    pitchAngle=Optional(CartesianAngle),
    rollAngle=Optional(CartesianAngle),
    vehicleLength=Optional(cdd.VehicleLength),
    vehicleWidth=Optional(cdd.VehicleWidth),
    vehicleHeight=Optional(dsrc.VehicleHeight),
    trailerDataContainer=Optional(TrailerDataContainer),
).extensible()
OriginatingRSUContainer = Choice(
    intersectionReferenceId=dsrc.IntersectionReferenceID,
    roadSegmentReferenceId=dsrc.RoadSegmentReferenceID,
).extensible()
StationDataContainer = Choice(
    originatingVehicleContainer=OriginatingVehicleContainer,
    originatingRSUContainer=OriginatingRSUContainer,
).extensible()
Identifier = Integer(0, 255)
SensorType = Integer(
    0,
    15,
    undefined=0,
    radar=1,
    lidar=2,
    monovideo=3,
    stereovision=4,
    nightvision=5,
    ultrasonic=6,
    pmd=7,
    fusion=8,
    inductionloop=9,
    sphericalCamera=10,
    itssaggregation=11,
)
XSensorOffset = Integer(-5000, 0, unit="cm", negativeOneMeter=-100, negativeZeroPointZeroOneMeter=-1)
YSensorOffset = Integer(-1000, 1000, unit="cm", zeroPointZeroOneMeter=1, oneMeter=100)
ZSensorOffset = Integer(0, 1000, unit="cm", zeroPointZeroOneMeter=1, oneMeter=100)
Range = Integer(0, 10000, unit="0.1 m", zeroPointOneMeter=1, oneMeter=10)
VehicleSensorProperties = Sequence(
    range=Range,
    horizontalOpeningAngleStart=CartesianAngleValue,
    horizontalOpeningAngleEnd=CartesianAngleValue,
    verticalOpeningAngleStart=Optional(CartesianAngleValue),
    verticalOpeningAngleEnd=Optional(CartesianAngleValue),
).extensible()
VehicleSensorPropertyList = SequenceOf(VehicleSensorProperties, 1, 10)
VehicleSensor = Sequence(
    refPointId=Default(RefPointId, 0),
    xSensorOffset=XSensorOffset,
    ySensorOffset=YSensorOffset,
    zSensorOffset=Optional(ZSensorOffset),
    vehicleSensorPropertyList=VehicleSensorPropertyList,
).extensible()
NodeOffsetPointZ = Choice(
    node_Z1=dsrc.Offset_B10,
    node_Z2=dsrc.Offset_B11,
    node_Z3=dsrc.Offset_B12,
    node_Z4=dsrc.Offset_B13,
    node_Z5=dsrc.Offset_B14,
    node_Z6=dsrc.Offset_B16,
)
OffsetPoint = Sequence(
    nodeOffsetPointxy=dsrc.NodeOffsetPointXY,
    nodeOffsetPointZ=Optional(NodeOffsetPointZ),
)
SensorHeight = Integer(-5000, 5000, unit="cm", zeroPointZeroOneMeter=1)
AreaRadial = Sequence(
    range=Range,
    stationaryHorizontalOpeningAngleStart=WGS84AngleValue,
    stationaryHorizontalOpeningAngleEnd=WGS84AngleValue,
    verticalOpeningAngleStart=Optional(CartesianAngleValue),
    verticalOpeningAngleEnd=Optional(CartesianAngleValue),
    sensorPositionOffset=Optional(OffsetPoint),
    sensorHeight=Optional(SensorHeight),
).extensible()
PolyPointList = SequenceOf(OffsetPoint, 3, 16, extensible=True)
AreaPolygon = Sequence(
    polyPointList=PolyPointList,
)
Radius = Integer(0, 10000, unit="0.1 m", zeroPointOneMeter=1, oneMeter=10)
AreaCircular = Sequence(
    nodeCenterPoint=Optional(OffsetPoint),
    radius=Radius,
)
SemiRangeLength = Integer(0, 10000, unit="0.1 m", zeroPointOneMeter=1, oneMeter=10)
AreaEllipse = Sequence(
    nodeCenterPoint=Optional(OffsetPoint),
    semiMinorRangeLength=SemiRangeLength,
    semiMajorRangeLength=SemiRangeLength,
    semiMajorRangeOrientation=WGS84AngleValue,
    semiHeight=Optional(SemiRangeLength),
)
AreaRectangle = Sequence(
    nodeCenterPoint=Optional(OffsetPoint),
    semiMajorRangeLength=SemiRangeLength,
    semiMinorRangeLength=SemiRangeLength,
    semiMajorRangeOrientation=WGS84AngleValue,
    semiHeight=Optional(SemiRangeLength),
)
DetectionArea = Choice(
    vehicleSensor=VehicleSensor,
    stationarySensorRadial=AreaRadial,
    stationarySensorPolygon=AreaPolygon,
    stationarySensorCircular=AreaCircular,
    stationarySensorEllipse=AreaEllipse,
    stationarySensorRectangle=AreaRectangle,
).extensible()
FreeSpaceConfidence = Integer(0, 101, unknown=0, onePercent=1, oneHundredPercent=100, unavailable=101)
SensorInformation = Sequence(
    sensorID=Identifier,
    type=SensorType,
    detectionArea=DetectionArea,
    freeSpaceConfidence=Optional(FreeSpaceConfidence),
).extensible()
SensorInformationContainer = SequenceOf(SensorInformation, 1, 128, extensible=True)
SensorIdList = SequenceOf(Identifier, 1, 128, extensible=True)
TimeOfMeasurement = Integer(-1500, 1500, unit="ms", oneMilliSecond=1)
ObjectAge = Integer(0, 1500, unit="ms", oneMiliSec=1)
ObjectConfidence = Integer(0, 101, unknown=0, onePercent=1, oneHundredPercent=100, unavailable=101)
DistanceValue = Integer(-132768, 132767, unit="cm", zeroPointZeroOneMeter=1, oneMeter=100)
DistanceConfidence = Integer(0, 102, unit="cm", zeroPointZeroOneMeter=1, oneMeter=100, outOfRange=101, unavailable=102)
ObjectDistanceWithConfidence = Sequence(
    value=DistanceValue,
    confidence=DistanceConfidence,
)
SpeedValueExtended = Integer(-16383, 16383, unit="cm/s", standstill=0, oneCentimeterPerSec=1, unavailable=16383)
SpeedExtended = Sequence(
    value=SpeedValueExtended,
    confidence=cdd.SpeedConfidence,
)
ObjectDimensionValue = Integer(0, 1023, unit="0.1 m", zeroPointOneMeter=1, oneMeter=10)
ObjectDimensionConfidence = Integer(
    0, 102, unit="cm", zeroPointZeroOneMeter=1, oneMeter=100, outOfRange=101, unavailable=102
)
ObjectDimension = Sequence(
    value=ObjectDimensionValue,
    confidence=ObjectDimensionConfidence,
)
ObjectRefPoint = Integer(
    0, 8, mid=0, bottomLeft=1, midLeft=2, topLeft=3, bottomMid=4, topMid=5, bottomRight=6, midRight=7, topRight=8
)
DynamicStatus = Integer(0, 2, dynamic=0, hasBeenDynamic=1, static=2)
ClassConfidence = Integer(0, 101, unknown=0, onePercent=1, oneHundredPercent=100, unavailable=101)
VehicleSubclassType = Integer(
    0,
    255,
    unknown=0,
    moped=1,
    motorcycle=2,
    passengerCar=3,
    bus=4,
    lightTruck=5,
    heavyTruck=6,
    trailer=7,
    specialVehicles=8,
    tram=9,
    emergencyVehicle=10,
    agricultural=11,
)
VehicleSubclass = Sequence(
    type=Default(VehicleSubclassType, 0),
    confidence=Default(ClassConfidence, 0),
)
PersonSubclassType = Integer(
    0,
    255,
    unknown=0,
    pedestrian=1,
    personInWheelchair=2,
    cyclist=3,
    personWithStroller=4,
    personOnSkates=5,
    personGroup=6,
)
PersonSubclass = Sequence(
    type=Default(PersonSubclassType, 0),
    confidence=Default(ClassConfidence, 0),
)
AnimalSubclassType = Integer(0, 255, unknown=0)
AnimalSubclass = Sequence(
    type=Default(AnimalSubclassType, 0),
    confidence=Default(ClassConfidence, 0),
)
OtherSublassType = Integer(0, 255, unknown=0, roadSideUnit=1)
OtherSubclass = Sequence(
    type=Default(OtherSublassType, 0),
    confidence=Default(ClassConfidence, 0),
)
ObjectClass = Sequence(
    confidence=ClassConfidence,
    class_=Choice(
        vehicle=VehicleSubclass,
        person=PersonSubclass,
        animal=AnimalSubclass,
        other=OtherSubclass,
    ),
)
ObjectClassDescription = SequenceOf(ObjectClass, 1, 8)
LongitudinalLanePositionValue = Integer(0, 32767, unit="0.1 m", zeroPointOneMeter=1)
LongitudinalLanePositionConfidence = Integer(
    0, 102, unit="cm", zeroPointZeroOneMeter=1, oneMeter=100, outOfRange=101, unavailable=102
)
LongitudinalLanePosition = Sequence(
    longitudinalLanePositionValue=LongitudinalLanePositionValue,
    longitudinalLanePositionConfidence=LongitudinalLanePositionConfidence,
)
MatchedPosition = Sequence(
    laneID=Optional(j2735.LaneID),
    longitudinalLanePosition=Optional(LongitudinalLanePosition),
).extensible()
PerceivedObject = Sequence(
    objectID=Identifier,
    sensorIDList=Optional(SensorIdList),
    timeOfMeasurement=TimeOfMeasurement,
    objectAge=Optional(ObjectAge),
    objectConfidence=Default(ObjectConfidence, 0),
    xDistance=ObjectDistanceWithConfidence,
    yDistance=ObjectDistanceWithConfidence,
    zDistance=Optional(ObjectDistanceWithConfidence),
    xSpeed=SpeedExtended,
    ySpeed=SpeedExtended,
    zSpeed=Optional(SpeedExtended),
    xAcceleration=Optional(cdd.LongitudinalAcceleration),
    yAcceleration=Optional(cdd.LateralAcceleration),
    zAcceleration=Optional(cdd.VerticalAcceleration),
    yawAngle=Optional(CartesianAngle),
    planarObjectDimension1=Optional(ObjectDimension),
    planarObjectDimension2=Optional(ObjectDimension),
    verticalObjectDimension=Optional(ObjectDimension),
    objectRefPoint=Default(ObjectRefPoint, 0),
    dynamicStatus=Optional(DynamicStatus),
    classification=Optional(ObjectClassDescription),
    matchedPosition=Optional(MatchedPosition),
).extensible()
PerceivedObjectContainer = SequenceOf(PerceivedObject, 1, 128, extensible=True)
FreeSpaceArea = Choice(
    freeSpacePolygon=AreaPolygon,
    freeSpaceCircular=AreaCircular,
    freeSpaceEllipse=AreaEllipse,
    freeSpaceRectangle=AreaRectangle,
).extensible()
ShadowingApplies = Boolean()
FreeSpaceAddendum = Sequence(
    freeSpaceConfidence=FreeSpaceConfidence,
    freeSpaceArea=FreeSpaceArea,
    sensorIDList=Optional(SensorIdList),
    shadowingApplies=Default(ShadowingApplies, True),
).extensible()
FreeSpaceAddendumContainer = SequenceOf(FreeSpaceAddendum, 1, 128, extensible=True)
NumberOfPerceivedObjects = Integer(0, 255)
CpmParameters = Sequence(
    managementContainer=CpmManagementContainer,
    stationDataContainer=Optional(StationDataContainer),
    sensorInformationContainer=Optional(SensorInformationContainer),
    perceivedObjectContainer=Optional(PerceivedObjectContainer),
    freeSpaceAddendumContainer=Optional(FreeSpaceAddendumContainer),
    numberOfPerceivedObjects=NumberOfPerceivedObjects,
).extensible()
CollectivePerceptionMessage = Sequence(
    generationDeltaTime=cam.GenerationDeltaTime,
    cpmParameters=CpmParameters,
)

CPM_TR = Message(
    "CPM_TR",
    Sequence(
        header=cdd.ItsPduHeader,
        cpm=CollectivePerceptionMessage,
    ),
    "TR 103 562 V2.1.1, annex A: CPM-PDU-Descriptions",
)
