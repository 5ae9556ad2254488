"""The common data dictionary of release 2, as far as CPM and POIM use it. TS 102 894-2 V2.4.1, ETSI-ITS-CDD.

Hardly anything is as it is in release 1 (`cdd`): ranges, the values that say "out of range", and names differ.
"""

from __future__ import annotations

from wayside.edge.messages.etsi import cdd, efc
from wayside.edge.messages.schema import (
    BitString,
    Choice,
    Default,
    Enumerated,
    Integer,
    Null,
    Optional,
    Sequence,
    SequenceOf,
)

Identifier2B = Integer(0, 65535)
DeltaTimeMilliSecondSigned = Integer(-2048, 2047, unit="0.001 s")
CartesianCoordinateLarge = Integer(
    -131072, 131071, unit="0.01 m", negativeOutOfRange=-131072, positiveOutOfRange=131071
)
CoordinateConfidence = Integer(1, 4096, unit="0.01 m", outOfRange=4095, unavailable=4096)
CartesianCoordinateWithConfidence = Sequence(
    value=CartesianCoordinateLarge,
    confidence=CoordinateConfidence,
)
CartesianPosition3dWithConfidence = Sequence(
    xCoordinate=CartesianCoordinateWithConfidence,
    yCoordinate=CartesianCoordinateWithConfidence,
    zCoordinate=Optional(CartesianCoordinateWithConfidence),
)
SpeedValue = Integer(0, 16383, unit="0.01 m/s", standstill=0, outOfRange=16382, unavailable=16383)
SpeedConfidence = Integer(1, 127, unit="0.01 m/s", outOfRange=126, unavailable=127)
Speed = Sequence(
    speedValue=SpeedValue,
    speedConfidence=SpeedConfidence,
)
CartesianAngleValue = Integer(0, 3601, unit="0.1 degree", valueNotUsed=3600, unavailable=3601)
AngleConfidence = Integer(1, 127, unit="0.1 degree", outOfRange=126, unavailable=127)
CartesianAngle = Sequence(
    value=CartesianAngleValue,
    confidence=AngleConfidence,
)
VelocityComponentValue = Integer(
    -16383, 16383, unit="0.01 m/s", negativeOutOfRange=-16383, positiveOutOfRange=16382, unavailable=16383
)
VelocityComponent = Sequence(
    value=VelocityComponentValue,
    confidence=SpeedConfidence,
)
VelocityPolarWithZ = Sequence(
    velocityMagnitude=Speed,
    velocityDirection=CartesianAngle,
    zVelocity=Optional(VelocityComponent),
)
VelocityCartesian = Sequence(
    xVelocity=VelocityComponent,
    yVelocity=VelocityComponent,
    zVelocity=Optional(VelocityComponent),
)
Velocity3dWithConfidence = Choice(
    polarVelocity=VelocityPolarWithZ,
    cartesianVelocity=VelocityCartesian,
)
AccelerationMagnitudeValue = Integer(0, 161, unit="0.1 m/s^2", positiveOutOfRange=160, unavailable=161)
AccelerationConfidence = Integer(0, 102, unit="0.1 m/s^2", outOfRange=101, unavailable=102)
AccelerationMagnitude = Sequence(
    accelerationMagnitudeValue=AccelerationMagnitudeValue,
    accelerationConfidence=AccelerationConfidence,
)
AccelerationValue = Integer(
    -160, 161, unit="0.1 m/s^2", negativeOutOfRange=-160, positiveOutOfRange=160, unavailable=161
)
AccelerationComponent = Sequence(
    value=AccelerationValue,
    confidence=AccelerationConfidence,
)
AccelerationPolarWithZ = Sequence(
    accelerationMagnitude=AccelerationMagnitude,
    accelerationDirection=CartesianAngle,
    zAcceleration=Optional(AccelerationComponent),
)
AccelerationCartesian = Sequence(
    xAcceleration=AccelerationComponent,
    yAcceleration=AccelerationComponent,
    zAcceleration=Optional(AccelerationComponent),
)
Acceleration3dWithConfidence = Choice(
    polarAcceleration=AccelerationPolarWithZ,
    cartesianAcceleration=AccelerationCartesian,
)
EulerAnglesWithConfidence = Sequence(
    zAngle=CartesianAngle,
    yAngle=Optional(CartesianAngle),
    xAngle=Optional(CartesianAngle),
)
CartesianAngularVelocityComponentValue = Integer(
    -255, 256, unit="degree/s", negativeOutofRange=-255, positiveOutOfRange=255, unavailable=256
)
AngularSpeedConfidence = Enumerated(
    "degSec-01 degSec-02 degSec-05 degSec-10 degSec-20 degSec-50 outOfRange unavailable"
)
CartesianAngularVelocityComponent = Sequence(
    value=CartesianAngularVelocityComponentValue,
    confidence=AngularSpeedConfidence,
)
MatrixIncludedComponents = BitString(
    13,
    extensible=True,
    names="xPosition yPosition zPosition xVelocityOrVelocityMagnitude yVelocityOrVelocityDirection "
    "zSpeed xAccelOrAccelMagnitude yAccelOrAccelDirection zAcceleration zAngle yAngle xAngle "
    "zAngularVelocity",
)
CorrelationCellValue = Integer(
    -100,
    101,
    full_negative_correlation=-100,
    no_correlation=0,
    full_positive_correlation=100,
    unavailable=101,
)
CorrelationColumn = SequenceOf(CorrelationCellValue, 1, 13, extensible=True)
LowerTriangularPositiveSemidefiniteMatrixColumns = SequenceOf(CorrelationColumn, 1, 13, extensible=True)
LowerTriangularPositiveSemidefiniteMatrix = Sequence(
    componentsIncludedIntheMatrix=MatrixIncludedComponents,
    matrix=LowerTriangularPositiveSemidefiniteMatrixColumns,
)
LowerTriangularPositiveSemidefiniteMatrices = SequenceOf(LowerTriangularPositiveSemidefiniteMatrix, 1, 4)
ObjectDimensionValue = Integer(1, 256, unit="0.1 m", outOfRange=255, unavailable=256)
ObjectDimensionConfidence = Integer(1, 32, unit="0.1 m", outOfRange=31, unavailable=32)
ObjectDimension = Sequence(
    value=ObjectDimensionValue,
    confidence=ObjectDimensionConfidence,
)
ObjectPerceptionQuality = Integer(0, 15, noConfidence=0, fullConfidence=15)
Identifier1B = Integer(0, 255)
SequenceOfIdentifier1B = SequenceOf(Identifier1B, 1, 128, extensible=True)
VruSubProfilePedestrian = Integer(0, 15, unavailable=0, ordinary_pedestrian=1, road_worker=2, first_responder=3)
VruSubProfileBicyclist = Integer(
    0,
    15,
    unavailable=0,
    bicyclist=1,
    wheelchair_user=2,
    horse_and_rider=3,
    rollerskater=4,
    e_scooter=5,
    personal_transporter=6,
    pedelec=7,
    speed_pedelec=8,
    roadbike=9,
    childrensbike=10,
    racebike=11,
)
VruSubProfileMotorcyclist = Integer(
    0, 15, unavailable=0, moped=1, motorcycle=2, motorcycle_and_sidecar_right=3, motorcycle_and_sidecar_left=4
)
VruSubProfileAnimal = Integer(0, 15, unavailable=0, wild_animal=1, farm_animal=2, service_animal=3)
VruProfileAndSubprofile = Choice(
    pedestrian=VruSubProfilePedestrian,
    bicyclistAndLightVruVehicle=VruSubProfileBicyclist,
    motorcyclist=VruSubProfileMotorcyclist,
    animal=VruSubProfileAnimal,
).extensible()
CartesianCoordinate = Integer(-32768, 32767, unit="0.01 m", negativeOutOfRange=-32768, positiveOutOfRange=32767)
CartesianPosition3d = Sequence(
    xCoordinate=CartesianCoordinate,
    yCoordinate=CartesianCoordinate,
    zCoordinate=Optional(CartesianCoordinate),
)
StandardLength12b = Integer(0, 4095, unit="0.1 m")
RectangularShape = Sequence(
    shapeReferencePoint=Optional(CartesianPosition3d),
    semiLength=StandardLength12b,
    semiBreadth=StandardLength12b,
    orientation=Optional(CartesianAngleValue),
    height=Optional(StandardLength12b),
)
CircularShape = Sequence(
    shapeReferencePoint=Optional(CartesianPosition3d),
    radius=StandardLength12b,
    height=Optional(StandardLength12b),
)
PolygonalShape = Sequence(
    shapeReferencePoint=Optional(CartesianPosition3d),
    polygon=SequenceOf(CartesianPosition3d, 3, 16, extensible=True),
    height=Optional(StandardLength12b),
)
EllipticalShape = Sequence(
    shapeReferencePoint=Optional(CartesianPosition3d),
    semiMajorAxisLength=StandardLength12b,
    semiMinorAxisLength=StandardLength12b,
    orientation=Optional(CartesianAngleValue),
    height=Optional(StandardLength12b),
)
RadialShape = Sequence(
    shapeReferencePoint=Optional(CartesianPosition3d),
    range=StandardLength12b,
    horizontalOpeningAngleStart=CartesianAngleValue,
    horizontalOpeningAngleEnd=CartesianAngleValue,
    verticalOpeningAngleStart=Optional(CartesianAngleValue),
    verticalOpeningAngleEnd=Optional(CartesianAngleValue),
)
CartesianCoordinateSmall = Integer(-3094, 1001, unit="0.01 m", negativeOutOfRange=-3094, positiveOutOfRange=1001)
RadialShapeDetails = Sequence(
    range=StandardLength12b,
    horizontalOpeningAngleStart=CartesianAngleValue,
    horizontalOpeningAngleEnd=CartesianAngleValue,
    verticalOpeningAngleStart=Optional(CartesianAngleValue),
    verticalOpeningAngleEnd=Optional(CartesianAngleValue),
)
RadialShapesList = SequenceOf(RadialShapeDetails, 1, 16, extensible=True)
RadialShapes = Sequence(
    refPointId=Identifier1B,
    xCoordinate=CartesianCoordinateSmall,
    yCoordinate=CartesianCoordinateSmall,
    zCoordinate=Optional(CartesianCoordinateSmall),
    radialShapesList=RadialShapesList,
)
Shape = Choice(
    rectangular=RectangularShape,
    circular=CircularShape,
    polygonal=PolygonalShape,
    elliptical=EllipticalShape,
    radial=RadialShape,
    radialShapes=RadialShapes,
).extensible()
CardinalNumber1B = Integer(0, 255)
VruClusterProfiles = BitString(4, names="pedestrian bicyclist motorcyclist animal")
VruClusterInformation = Sequence(
    clusterId=Optional(Identifier1B),
    clusterBoundingBoxShape=Optional(Shape),
    clusterCardinalitySize=CardinalNumber1B,
    clusterProfiles=Optional(VruClusterProfiles),
).extensible()
OtherSubClass = Integer(0, 255, unknown=0, singleObject=1, multipleObjects=2, bulkMaterial=3)
ObjectClass = Choice(
    vehicleSubClass=Integer(
        0,
        14,
        without=(1, 2, 3, 4, 12, 13),
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
        specialVehicle=10,
        tram=11,
        lightVruVehicle=12,
        animal=13,
        agricultural=14,
    ),
    vruSubClass=VruProfileAndSubprofile,
    groupSubClass=VruClusterInformation,
    otherSubClass=OtherSubClass,
).extensible()
ConfidenceLevel = Integer(1, 101, unit="%", unavailable=101)
ObjectClassWithConfidence = Sequence(
    objectClass=ObjectClass,
    confidence=ConfidenceLevel,
)
ObjectClassDescription = SequenceOf(ObjectClassWithConfidence, 1, 8)
RoadSegmentReferenceId = Sequence(
    region=Optional(Identifier2B),
    id=Identifier2B,
)
IntersectionReferenceId = Sequence(
    region=Optional(Identifier2B),
    id=Identifier2B,
)
MapReference = Choice(
    roadsegment=RoadSegmentReferenceId,
    intersection=IntersectionReferenceId,
)
LongitudinalLanePositionValue = Integer(0, 32767, unit="0.1 m", outOfRange=32766, unavailable=32767)
LongitudinalLanePositionConfidence = Integer(0, 1023, unit="0.1 m", outOfRange=1022, unavailable=1023)
LongitudinalLanePosition = Sequence(
    longitudinalLanePositionValue=LongitudinalLanePositionValue,
    longitudinalLanePositionConfidence=LongitudinalLanePositionConfidence,
)
MapPosition = Sequence(
    mapReference=Optional(MapReference),
    laneId=Optional(Identifier1B),
    connectionId=Optional(Identifier1B),
    longitudinalLanePosition=Optional(LongitudinalLanePosition),
).extensible()
PerceivedObject = Sequence(
    objectId=Optional(Identifier2B),
    measurementDeltaTime=DeltaTimeMilliSecondSigned,
    position=CartesianPosition3dWithConfidence,
    velocity=Optional(Velocity3dWithConfidence),
    acceleration=Optional(Acceleration3dWithConfidence),
    angles=Optional(EulerAnglesWithConfidence),
    zAngularVelocity=Optional(CartesianAngularVelocityComponent),
    lowerTriangularCorrelationMatrices=Optional(LowerTriangularPositiveSemidefiniteMatrices),
    objectDimensionZ=Optional(ObjectDimension),
    objectDimensionY=Optional(ObjectDimension),
    objectDimensionX=Optional(ObjectDimension),
    objectAge=Optional(Integer(0, 2047, unit="ms")),
    objectPerceptionQuality=Optional(ObjectPerceptionQuality),
    sensorIdList=Optional(SequenceOfIdentifier1B),
    classification=Optional(ObjectClassDescription),
    mapPosition=Optional(MapPosition),
).extensible()
SensorType = Integer(
    0,
    31,
    undefined=0,
    radar=1,
    lidar=2,
    monovideo=3,
    stereovision=4,
    nightvision=5,
    ultrasonic=6,
    pmd=7,
    inductionLoop=8,
    sphericalCamera=9,
    uwb=10,
    acoustic=11,
    localAggregation=12,
    itsAggregation=13,
    rfid=14,
)
StandardLength1B = Integer(0, 255, unit="0.1 m")
VehicleWidth = Integer(1, 62, unit="0.1 m", outOfRange=61, unavailable=62)
TrailerData = Sequence(
    refPointId=Identifier1B,
    hitchPointOffset=StandardLength1B,
    frontOverhang=Optional(StandardLength1B),
    rearOverhang=Optional(StandardLength1B),
    trailerWidth=Optional(VehicleWidth),
    hitchAngle=CartesianAngle,
).extensible()
Wgs84AngleValue = Integer(
    0,
    3601,
    unit="0.1 degree",
    wgs84North=0,
    wgs84East=900,
    wgs84South=1800,
    wgs84West=2700,
    doNotUse=3600,
    unavailable=3601,
)
Wgs84AngleConfidence = Integer(1, 127, unit="0.1 degree", outOfRange=126, unavailable=127)
Wgs84Angle = Sequence(
    value=Wgs84AngleValue,
    confidence=Wgs84AngleConfidence,
)
MessageRateHz = Sequence(
    mantissa=Integer(1, 100),
    exponent=Integer(-5, 2),
)
CardinalNumber3b = Integer(1, 8)
OrdinalNumber3b = Integer(1, 8)
MessageSegmentationInfo = Sequence(
    totalMsgNo=CardinalNumber3b,
    thisMsgNo=OrdinalNumber3b,
)
Latitude = Integer(-900000000, 900000001, unit="0.1 microdegree", unavailable=900000001)
Longitude = Integer(-1800000000, 1800000001, unit="0.1 microdegree", valueNotUsed=-1800000000, unavailable=1800000001)
SemiAxisLength = Integer(0, 4095, unit="0.01 m", doNotUse=0, outOfRange=4094, unavailable=4095)
HeadingValue = Integer(
    0,
    3601,
    unit="0.1 degree",
    wgs84North=0,
    wgs84East=900,
    wgs84South=1800,
    wgs84West=2700,
    doNotUse=3600,
    unavailable=3601,
)
PosConfidenceEllipse = Sequence(
    semiMajorConfidence=SemiAxisLength,
    semiMinorConfidence=SemiAxisLength,
    semiMajorOrientation=HeadingValue,
)
AltitudeValue = Integer(
    -100000, 800001, unit="0.01 m", negativeOutOfRange=-100000, postiveOutOfRange=800000, unavailable=800001
)
AltitudeConfidence = cdd.AltitudeConfidence
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

# International atomic time since the beginning of 2004.
TimestampIts = Integer(0, 4398046511103, unit="0.001 s")
OrdinalNumber1B = Integer(0, 255)
MessageId = Integer(
    0,
    255,
    denm=1,
    cam=2,
    poim=3,
    spatem=4,
    mapem=5,
    ivim=6,
    rfu1=7,
    rfu2=8,
    srem=9,
    ssem=10,
    evcsn=11,
    saem=12,
    rtcmem=13,
    cpm=14,
    imzm=15,
    vam=16,
    dsm=17,
    mim=18,
    mvm=19,
    mcm=20,
    pim=21,
)
StationId = Integer(0, 4294967295)
ItsPduHeader = Sequence(
    protocolVersion=OrdinalNumber1B,
    messageId=MessageId,
    stationId=StationId,
)
Provider = efc.Provider
DeltaLongitude = Integer(-131071, 131072, unit="0.1 microdegree", unavailable=131072)
DeltaLatitude = Integer(-131071, 131072, unit="0.1 microdegree", unavailable=131072)
DeltaAltitude = Integer(
    -12700, 12800, unit="0.01 m", negativeOutOfRange=-12700, positiveOutOfRange=12799, unavailable=12800
)
DeltaReferencePosition = Sequence(
    deltaLatitude=DeltaLatitude,
    deltaLongitude=DeltaLongitude,
    deltaAltitude=DeltaAltitude,
)
# By the standard's words; the names in its module are one lower (126 and 127), and then 128 would mean nothing.
VehicleHeight = Integer(1, 128, unit="0.05 m", outOfRange=127, unavailable=128)
SpecialTransportType = cdd.SpecialTransportType
DangerousGoodsBasic = cdd.DangerousGoodsBasic
EuVehicleCategoryCode = Choice(
    euVehicleCategoryL=efc.EuVehicleCategoryL,
    euVehicleCategoryM=efc.EuVehicleCategoryM,
    euVehicleCategoryN=efc.EuVehicleCategoryN,
    euVehicleCategoryO=efc.EuVehicleCategoryO,
    euVehicleCategoryT=Null(),
    euVehicleCategoryG=Null(),
)
GeoPosition = Sequence(
    latitude=Latitude,
    longitude=Longitude,
    altitude=Default(AltitudeValue, 800001),
)
MapReferences = SequenceOf(MapReference, 1, 8, extensible=True)
IviIdentificationNumber = Integer(1, 32767, extensible=True)
IvimReference = Sequence(
    serviceProviderId=Provider,
    iviIdentificationNumber=IviIdentificationNumber,
)
IvimReferences = SequenceOf(IvimReference, 1, 8, extensible=True)
