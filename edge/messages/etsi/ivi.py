"""In-vehicle information: zones, signs, texts, rules for automated vehicles. ISO TS 19321:2020, module IVI."""

from __future__ import annotations

from wayside.edge.messages import j2735
from wayside.edge.messages.etsi import cdd, dsrc, efc, gdd
from wayside.edge.messages.schema import (
    BitString,
    Boolean,
    Choice,
    Enumerated,
    Integer,
    OctetString,
    Optional,
    Sequence,
    SequenceOf,
    UTF8String,
)

IviIdentificationNumber = Integer(1, 32767, extensible=True)
IviIdentificationNumbers = SequenceOf(IviIdentificationNumber, 1, 8)
IviStatus = Integer(0, 7, new=0, update=1, cancellation=2, negation=3)
ConnectedDenms = SequenceOf(cdd.ActionID, 1, 8, extensible=True)
IviManagementContainer = Sequence(
    serviceProviderId=efc.Provider,
    iviIdentificationNumber=IviIdentificationNumber,
    timeStamp=Optional(cdd.TimestampIts),
    validFrom=Optional(cdd.TimestampIts),
    validTo=Optional(cdd.TimestampIts),
    connectedIviStructures=Optional(IviIdentificationNumbers),
    iviStatus=IviStatus,
).extensible(
    connectedDenms=Optional(ConnectedDenms),
)
Zid = Integer(1, 32, extensible=True)
DeltaPosition = Sequence(
    deltaLatitude=cdd.DeltaLatitude,
    deltaLongitude=cdd.DeltaLongitude,
)
DeltaPositions = SequenceOf(DeltaPosition, 1, 32, extensible=100)
DeltaReferencePositions = SequenceOf(cdd.DeltaReferencePosition, 1, 32, extensible=100)
AbsolutePosition = Sequence(
    latitude=cdd.Latitude,
    longitude=cdd.Longitude,
)
AbsolutePositions = SequenceOf(AbsolutePosition, 1, 8, extensible=True)
AbsolutePositionWAltitude = Sequence(
    latitude=cdd.Latitude,
    longitude=cdd.Longitude,
    altitude=cdd.Altitude,
)
AbsolutePositionsWAltitude = SequenceOf(AbsolutePositionWAltitude, 1, 8, extensible=True)
PolygonalLine = Choice(
    deltaPositions=DeltaPositions,
    deltaPositionsWithAltitude=DeltaReferencePositions,
    absolutePositions=AbsolutePositions,
    absolutePositionsWithAltitude=AbsolutePositionsWAltitude,
).extensible()
IviLaneWidth = Integer(0, 1023, unit="cm")
Segment = Sequence(
    line=PolygonalLine,
    laneWidth=Optional(IviLaneWidth),
)
ComputedSegment = Sequence(
    zoneId=Zid,
    laneNumber=cdd.LanePosition,
    laneWidth=IviLaneWidth,
    offsetDistance=Optional(Integer(-32768, 32767)),
    offsetPosition=Optional(cdd.DeltaReferencePosition),
)
Zone = Choice(
    segment=Segment,
    area=PolygonalLine,
    computedSegment=ComputedSegment,
).extensible()

# A zone: a line or polygon, or one that is defined elsewhere.
GlcPart = Sequence(
    zoneId=Zid,
    laneNumber=Optional(cdd.LanePosition),
    zoneExtension=Optional(Integer(0, 255)),
    zoneHeading=Optional(cdd.HeadingValue),
    zone=Optional(Zone),
).extensible()
GlcParts = SequenceOf(GlcPart, 1, 16, extensible=True)
GeographicLocationContainer = Sequence(
    referencePosition=cdd.ReferencePosition,
    referencePositionTime=Optional(cdd.TimestampIts),
    referencePositionHeading=Optional(cdd.Heading),
    referencePositionSpeed=Optional(cdd.Speed),
    parts=GlcParts,
).extensible()
ZoneIds = SequenceOf(Zid, 1, 8, extensible=True)
Direction = Integer(0, 3, sameDirection=0, oppositeDirection=1, bothDirections=2, valueNotUsed=3)
LanePositions = SequenceOf(cdd.LanePosition, 1, 8, extensible=True)
IviType = Integer(
    0,
    7,
    immediateDangerWarningMessages=0,
    regulatoryMessages=1,
    trafficRelatedInformationMessages=2,
    pollutionMessages=3,
    notTrafficRelatedInformationMessages=4,
)
IviPurpose = Integer(0, 3, safety=0, environmental=1, trafficOptimisation=2)
LaneStatus = Integer(
    0, 7, extensible=True, open=0, closed=1, mergeR=2, mergeL=3, mergeLR=4, provisionallyOpen=5, diverging=6
)
GoodsType = Integer(
    0,
    15,
    extensible=True,
    ammunition=0,
    chemicals=1,
    empty=2,
    fuel=3,
    glass=4,
    dangerous=5,
    liquid=6,
    liveStock=7,
    dangerousForPeople=8,
    dangerousForTheEnvironment=9,
    dangerousForWater=10,
    perishableProducts=11,
    pharmaceutical=12,
    vehicles=13,
)
LoadType = Sequence(
    goodsType=GoodsType,
    dangerousGoodsType=cdd.DangerousGoodsBasic,
    specialTransportType=cdd.SpecialTransportType,
)
VehicleCharacteristicsFixValues = Choice(
    simpleVehicleType=cdd.StationType,
    euVehicleCategoryCode=efc.EuVehicleCategoryCode,
    iso3833VehicleType=efc.Iso3833VehicleType,
    euroAndCo2value=efc.EnvironmentalCharacteristics,
    engineCharacteristics=efc.EngineCharacteristics,
    loadType=LoadType,
    usage=cdd.VehicleRole,
).extensible()
VehicleCharacteristicsFixValuesList = SequenceOf(VehicleCharacteristicsFixValues, 1, 4, extensible=True)
ComparisonOperator = Integer(0, 3, greaterThan=0, greaterThanOrEqualTo=1, lessThan=2, lessThanOrEqualTo=3)
VehicleCharacteristicsRanges = Sequence(
    comparisonOperator=ComparisonOperator,
    limits=Choice(
        numberOfAxles=Integer(0, 7),
        vehicleDimensions=efc.VehicleDimensions,
        vehicleWeightLimits=efc.VehicleWeightLimits,
        axleWeightLimits=efc.AxleWeightLimits,
        passengerCapacity=efc.PassengerCapacity,
        exhaustEmissionValues=efc.ExhaustEmissionValues,
        dieselEmissionValues=efc.DieselEmissionValues,
        soundLevel=efc.SoundLevel,
    ).extensible(),
)
VehicleCharacteristicsRangesList = SequenceOf(VehicleCharacteristicsRanges, 1, 4, extensible=True)
TractorCharacteristics = Sequence(
    equalTo=Optional(VehicleCharacteristicsFixValuesList),
    notEqualTo=Optional(VehicleCharacteristicsFixValuesList),
    ranges=Optional(VehicleCharacteristicsRangesList),
)
TrailerCharacteristicsFixValuesList = SequenceOf(VehicleCharacteristicsFixValues, 1, 4, extensible=True)
TrailerCharacteristicsRangesList = SequenceOf(VehicleCharacteristicsRanges, 1, 4, extensible=True)
TrailerCharacteristics = Sequence(
    equalTo=Optional(TrailerCharacteristicsFixValuesList),
    notEqualTo=Optional(TrailerCharacteristicsFixValuesList),
    ranges=Optional(TrailerCharacteristicsRangesList),
)
TrailerCharacteristicsList = SequenceOf(TrailerCharacteristics, 1, 3)
TrainCharacteristics = TractorCharacteristics
CompleteVehicleCharacteristics = Sequence(
    tractor=Optional(TractorCharacteristics),
    trailer=Optional(TrailerCharacteristicsList),
    train=Optional(TrainCharacteristics),
)
VehicleCharacteristicsList = SequenceOf(CompleteVehicleCharacteristics, 1, 8, extensible=True)
DriverCharacteristics = Integer(0, 3, unexperiencedDrivers=0, experiencedDrivers=1, rfu1=2, rfu2=3)
VcClass = Integer(0, 7, classA=0, classB=1, classC=2, classD=3, classE=4, classF=5, classG=6, classH=7)
VcOption = Integer(0, 7, none=0, a=1, b=2, c=3, d=4, e=5, f=6, g=7)
ValidityPeriods = SequenceOf(gdd.InternationalSign_applicablePeriod, 1, 8, extensible=True)
RSCUnit = Integer(
    0,
    15,
    kmperh=0,
    milesperh=1,
    kilometer=2,
    meter=3,
    decimeter=4,
    centimeter=5,
    mile=6,
    yard=7,
    foot=8,
    minutesOfTime=9,
    tonnes=10,
    hundredkg=11,
    pound=12,
    rateOfIncline=13,
)
VcCode = Sequence(
    roadSignClass=VcClass,
    roadSignCode=Integer(1, 64),
    vcOption=VcOption,
    validity=Optional(ValidityPeriods),
    value=Optional(Integer(0, 65535)),
    unit=Optional(RSCUnit),
)
ISO14823Attribute = Choice(
    dtm=gdd.InternationalSign_applicablePeriod,
    edt=gdd.InternationalSign_exemptedApplicablePeriod,
    dfl=gdd.InternationalSign_directionalFlowOfLane,
    ved=gdd.InternationalSign_applicableVehicleDimensions,
    spe=gdd.InternationalSign_speedLimits,
    roi=gdd.InternationalSign_rateOfIncline,
    dbv=gdd.InternationalSign_distanceBetweenVehicles,
    ddd=gdd.InternationalSign_destinationInformation,
)
ISO14823Attributes = SequenceOf(ISO14823Attribute, 1, 8, extensible=True)
ISO14823Code = Sequence(
    pictogramCode=Sequence(
        countryCode=Optional(OctetString(2)),
        serviceCategoryCode=Choice(
            trafficSignPictogram=Enumerated("dangerWarning regulatory informative", ""),
            publicFacilitiesPictogram=Enumerated("publicFacilities", ""),
            ambientOrRoadConditionPictogram=Enumerated("ambientCondition roadCondition", ""),
        ).extensible(),
        pictogramCategoryCode=Sequence(
            nature=Integer(1, 9),
            serialNumber=Integer(0, 99),
        ),
    ),
    attributes=Optional(ISO14823Attributes),
)
AnyCatalogue = Sequence(
    owner=efc.Provider,
    version=Integer(0, 255),
    pictogramCode=Integer(0, 65535),
    value=Optional(Integer(0, 65535)),
    unit=Optional(RSCUnit),
    attributes=Optional(ISO14823Attributes),
)
RSCode = Sequence(
    layoutComponentId=Optional(Integer(1, 4, extensible=True)),
    code=Choice(
        viennaConvention=VcCode,
        iso14823=ISO14823Code,
        itisCodes=Integer(0, 65535),
        anyCatalogue=AnyCatalogue,
    ).extensible(),
)
RoadSignCodes = SequenceOf(RSCode, 1, 4, extensible=True)
Text = Sequence(
    layoutComponentId=Optional(Integer(1, 4, extensible=True)),
    language=BitString(10),
    textContent=UTF8String(),
)
ConstraintTextLines1 = SequenceOf(Text, 1, 4, extensible=True)

# What holds where, for whom, and the signs that say so.
GicPart = Sequence(
    detectionZoneIds=Optional(ZoneIds),
    its_Rrid=Optional(efc.VarLengthNumber),
    relevanceZoneIds=Optional(ZoneIds),
    direction=Optional(Direction),
    driverAwarenessZoneIds=Optional(ZoneIds),
    minimumAwarenessTime=Optional(Integer(0, 255)),
    applicableLanes=Optional(LanePositions),
    iviType=IviType,
    iviPurpose=Optional(IviPurpose),
    laneStatus=Optional(LaneStatus),
    vehicleCharacteristics=Optional(VehicleCharacteristicsList),
    driverCharacteristics=Optional(DriverCharacteristics),
    layoutId=Optional(Integer(1, 4, extensible=True)),
    preStoredlayoutId=Optional(Integer(1, 64, extensible=True)),
    roadSignCodes=RoadSignCodes,
    extraText=Optional(ConstraintTextLines1),
).extensible()
GeneralIviContainer = SequenceOf(GicPart, 1, 16, extensible=True)
LaneType = Integer(
    0,
    31,
    traffic=0,
    through=1,
    reversible=2,
    acceleration=3,
    deceleration=4,
    leftHandTurning=5,
    rightHandTurning=6,
    dedicatedVehicle=7,
    bus=8,
    taxi=9,
    hov=10,
    hot=11,
    pedestrian=12,
    bikeLane=13,
    median=14,
    striping=15,
    trackedVehicle=16,
    parking=17,
    emergency=18,
    verge=19,
    minimumRiskManoeuvre=20,
)
DefinitionAccuracy = Integer(
    0, 7, extensible=True, oneCm=0, twoCm=1, fiveCm=2, tenCm=3, twentyCm=4, fiftyCm=5, oneMeter=6, unavailable=7
)
LaneMarkingStatus = Boolean()
MarkingColour = Integer(0, 7, extensible=True, white=0, yellow=1, orange=2, red=3, blue=4, unavailable=7)
LaneDelimitation = Integer(
    0,
    7,
    extensible=True,
    noDelimitation=0,
    lowLaneSeparator=1,
    highLaneSeparator=2,
    wall=3,
    curb=4,
    unpaved=5,
    guardrail=6,
)
LaneCharacteristics = Sequence(
    zoneDefinitionAccuracy=DefinitionAccuracy,
    existinglaneMarkingStatus=LaneMarkingStatus,
    newlaneMarkingColour=MarkingColour,
    laneDelimitationLeft=LaneDelimitation,
    laneDelimitationRight=LaneDelimitation,
    mergingWith=Zid,
)
FrictionCoefficient = Integer(0, 101)
MaterialType = Integer(0, 7, extensible=True, asphalt=0, concrete=1, cobblestone=2, gravel=3, unavailable=7)
WearLevel = Integer(0, 7, extensible=True, new=0, good=1, bad=2, hasPotholes=3, unavailable=7)
BankingAngle = Integer(-20, 21)
RoadSurfaceStaticCharacteristics = Sequence(
    frictionCoefficient=FrictionCoefficient,
    material=MaterialType,
    wear=WearLevel,
    avBankingAngle=BankingAngle,
)
Condition = Integer(
    0, 15, extensible=True, dry=0, moist=1, wet=2, standingWater=3, frost=4, ice=5, snow=6, slush=7, unvailable=8
)
Temperature = Integer(-100, 151)
Depth = Integer(0, 255)
TreatmentType = Integer(0, 7, no=0, antiskid=1, anti_icing=2, de_icing=3, unavailable=7)
RoadSurfaceDynamicCharacteristics = Sequence(
    condition=Condition,
    temperature=Temperature,
    iceOrWaterDepth=Depth,
    treatment=TreatmentType,
)
LaneInformation = Sequence(
    laneNumber=cdd.LanePosition,
    direction=Direction,
    validity=Optional(gdd.InternationalSign_applicablePeriod),
    laneType=LaneType,
    laneTypeQualifier=Optional(CompleteVehicleCharacteristics),
    laneStatus=LaneStatus,
    laneWidth=Optional(IviLaneWidth),
).group(
    detectionZoneIds=Optional(ZoneIds),
    relevanceZoneIds=Optional(ZoneIds),
    laneCharacteristics=Optional(LaneCharacteristics),
    laneSurfaceStaticCharacteristics=Optional(RoadSurfaceStaticCharacteristics),
    laneSurfaceDynamicCharacteristics=Optional(RoadSurfaceDynamicCharacteristics),
)
LaneConfiguration = SequenceOf(LaneInformation, 1, 16, extensible=True)
RccPart = Sequence(
    relevanceZoneIds=ZoneIds,
    roadType=cdd.RoadType,
    laneConfiguration=LaneConfiguration,
).extensible()
RoadConfigurationContainer = SequenceOf(RccPart, 1, 16, extensible=True)
TextLines = SequenceOf(Text, 1, 4, extensible=True)
TcPart = Sequence(
    detectionZoneIds=Optional(ZoneIds),
    relevanceZoneIds=ZoneIds,
    direction=Optional(Direction),
    driverAwarenessZoneIds=Optional(ZoneIds),
    minimumAwarenessTime=Optional(Integer(0, 255)),
    applicableLanes=Optional(LanePositions),
    layoutId=Optional(Integer(1, 4, extensible=True)),
    preStoredlayoutId=Optional(Integer(1, 64, extensible=True)),
    text=Optional(TextLines),
    data=OctetString(),
).group(
    iviType=IviType,
    laneStatus=Optional(LaneStatus),
    vehicleCharacteristics=Optional(VehicleCharacteristicsList),
)
TextContainer = SequenceOf(TcPart, 1, 16, extensible=True)
LayoutComponent = Sequence(
    layoutComponentId=Integer(1, 8, extensible=True),
    height=Integer(10, 73),
    width=Integer(10, 265),
    x=Integer(10, 265),
    y=Integer(10, 73),
    textScripting=Integer(0, 1, horizontal=0, vertical=1),
)
LayoutComponents = SequenceOf(LayoutComponent, 1, 4, extensible=True)
LayoutContainer = Sequence(
    layoutId=Integer(1, 4, extensible=True),
    height=Optional(Integer(10, 73)),
    width=Optional(Integer(10, 265)),
    layoutComponents=LayoutComponents,
).extensible()
PriorityLevel = Integer(0, 2)
SaeAutomationLevel = Integer(0, 5)
SaeAutomationLevels = SequenceOf(SaeAutomationLevel, 1, 5)
GapBetweenVehicles = Integer(0, 255)
ConstraintTextLines2 = SequenceOf(Text, 1, 4, extensible=True)
AutomatedVehicleRule = Sequence(
    priority=PriorityLevel,
    allowedSaeAutomationLevels=SaeAutomationLevels,
    minGapBetweenVehicles=Optional(GapBetweenVehicles),
    recGapBetweenVehicles=Optional(GapBetweenVehicles),
    automatedVehicleMaxSpeedLimit=Optional(cdd.SpeedValue),
    automatedVehicleMinSpeedLimit=Optional(cdd.SpeedValue),
    automatedVehicleSpeedRecommendation=Optional(cdd.SpeedValue),
    roadSignCodes=Optional(RoadSignCodes),
    extraText=Optional(ConstraintTextLines2),
).extensible()
AutomatedVehicleRules = SequenceOf(AutomatedVehicleRule, 1, 5)
MaxNoOfVehicles = Integer(2, 64)
MaxLenghtOfPlatoon = Integer(1, 64)
PlatooningRule = Sequence(
    priority=PriorityLevel,
    allowedSaeAutomationLevels=SaeAutomationLevels,
    maxNoOfVehicles=Optional(MaxNoOfVehicles),
    maxLenghtOfPlatoon=Optional(MaxLenghtOfPlatoon),
    minGapBetweenVehicles=Optional(GapBetweenVehicles),
    platoonMaxSpeedLimit=Optional(cdd.SpeedValue),
    platoonMinSpeedLimit=Optional(cdd.SpeedValue),
    platoonSpeedRecommendation=Optional(cdd.SpeedValue),
    roadSignCodes=Optional(RoadSignCodes),
    extraText=Optional(ConstraintTextLines2),
).extensible()
PlatooningRules = SequenceOf(PlatooningRule, 1, 5)
AvcPart = Sequence(
    detectionZoneIds=Optional(ZoneIds),
    relevanceZoneIds=ZoneIds,
    direction=Optional(Direction),
    applicableLanes=Optional(LanePositions),
    vehicleCharacteristics=Optional(VehicleCharacteristicsList),
    automatedVehicleRules=Optional(AutomatedVehicleRules),
    platooningRules=Optional(PlatooningRules),
).extensible()
AutomatedVehicleContainer = SequenceOf(AvcPart, 1, 16, extensible=True)
MapReference = Choice(
    roadsegment=dsrc.RoadSegmentReferenceID,
    intersection=dsrc.IntersectionReferenceID,
)
LaneIds = SequenceOf(j2735.LaneID, 1, 16, extensible=True)
MlcPart = Sequence(
    zoneId=Zid,
    laneIds=Optional(LaneIds),
)
MlcParts = SequenceOf(MlcPart, 1, 16, extensible=True)
MapLocationContainer = Sequence(
    reference=MapReference,
    parts=MlcParts,
)
RscPart = Sequence(
    detectionZoneIds=Optional(ZoneIds),
    relevanceZoneIds=ZoneIds,
    direction=Optional(Direction),
    roadSurfaceStaticCharacteristics=Optional(RoadSurfaceStaticCharacteristics),
    roadSurfaceDynamicCharacteristics=Optional(RoadSurfaceDynamicCharacteristics),
)
RoadSurfaceContainer = SequenceOf(RscPart, 1, 16, extensible=True)
IviContainer = Choice(
    glc=GeographicLocationContainer,
    giv=GeneralIviContainer,
    rcc=RoadConfigurationContainer,
    tc=TextContainer,
    lac=LayoutContainer,
).extensible(
    avc=AutomatedVehicleContainer,
    mlc=MapLocationContainer,
    rsc=RoadSurfaceContainer,
)
IviContainers = SequenceOf(IviContainer, 1, 8, extensible=True)
IviStructure = Sequence(
    mandatory=IviManagementContainer,
    optional=Optional(IviContainers),
)
