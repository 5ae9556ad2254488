"""The point of interest message: parking and how much of it is free. TS 103 916 V2.1.1."""

from __future__ import annotations

from wayside.edge.messages.etsi import cdd2, gdd
from wayside.edge.messages.program import Message
from wayside.edge.messages.schema import (
    Choice,
    Default,
    Integer,
    Null,
    OpenType,
    Optional,
    Sequence,
    SequenceOf,
    UTF8String,
)

PoiBlockManagementContainer = Sequence(
    serviceProviderId=cdd2.Provider,
    blockIdentificationNumber=cdd2.Identifier2B,
    timestamp=cdd2.TimestampIts,
    linkedIvims=Optional(cdd2.IvimReferences),
    linkedMapems=Optional(cdd2.MapReferences),
).extensible()
DayOfWeek = gdd.DayOfWeek
TimeOfDay = Sequence(
    hours=Integer(0, 23),
    mins=Integer(0, 59),
)
Period = Sequence(
    days=DayOfWeek,
    opening=TimeOfDay,
    closing=TimeOfDay,
)
Periods = SequenceOf(Period, 1, 8, extensible=True)
GeneralParkingPlaceContainer = Sequence(
    position=cdd2.GeoPosition,
    name=UTF8String(1, 31),
    openingPeriods=Optional(Periods),
    address=Optional(UTF8String(1, 255)),
    phoneNumber=Optional(UTF8String(1, 31)),
    website=Optional(UTF8String(1, 31)),
).extensible()
OpeningStatus = Integer(0, 15, closed=0, open=1, subscribersOnly=2, full=3, unknown=15)
OccupancyRate = Integer(1, 101, unavailable=101)
OccupancyTrend = Integer(
    0,
    15,
    decreasing=0,
    decreasingQuickly=1,
    decreasingSlowly=2,
    increasing=3,
    increasingQuickly=4,
    increasingSlowly=5,
    stable=6,
    variable=7,
    unknown=15,
)
NumberOfSpaces = Integer(1, 16383, unavailable=16383)

# How much is taken, and whether it fills or empties.
OccupancyInformation = Sequence(
    rate=OccupancyRate,
    trend=OccupancyTrend,
    freeSpaces=NumberOfSpaces,
    totalSpaces=NumberOfSpaces,
    confidence=cdd2.ConfidenceLevel,
).extensible()
ParkingReservationType = Integer(
    0,
    31,
    disabled=0,
    pregnant=1,
    womenOnly=2,
    parentAndChild=3,
    loadAndOffloadGoods=4,
    manualElectricVehicleCharging=5,
    automatedElectricVehicleCharging=6,
    refriferatedTransport=7,
    vip=8,
    preBooking=9,
    freeToBeReserved=10,
    reservationNotPossible=11,
    automatedValetparking=12,
    permit=13,
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
    refrigerated=14,
)
LoadType = Sequence(
    goodsType=Optional(GoodsType),
    dangerousGoodsType=Optional(cdd2.DangerousGoodsBasic),
    specialTransportType=cdd2.SpecialTransportType,
).extensible()
ParkingFeeType = Integer(0, 7, timeDependentFee=0, flatFee=1, subscription=2)
ParkingOccupancyInfo = Choice(
    unknown=Null(),
    unlimitedOccupancy=Null(),
    onlyWhileCharging=Null(),
    limitedDuration=Integer(),
    onlyWhileChargingLimitedDuration=Integer(),
    parkingAllowedUntil=cdd2.TimestampIts,
    forcedParkingUntil=cdd2.TimestampIts,
).extensible()
ParkingStatus = Sequence(
    vehicleTypes=Optional(SequenceOf(cdd2.EuVehicleCategoryCode, 1, 4, extensible=True)),
    reservationTypes=Optional(SequenceOf(ParkingReservationType, 1, 4, extensible=True)),
    loadTypes=Optional(SequenceOf(LoadType, 1, 4, extensible=True)),
    parkingFeeTypes=Optional(SequenceOf(ParkingFeeType, 1, 4, extensible=True)),
    occupancyTypes=Optional(SequenceOf(ParkingOccupancyInfo, 1, 4, extensible=True)),
    currentOccupancy=OccupancyInformation,
).extensible()
ParkingStatusList = SequenceOf(ParkingStatus, 1, 16, extensible=True)
ParkingStatusContainer = Sequence(
    currentFacilityStatus=OpeningStatus,
    currentOccupancy=Optional(OccupancyInformation),
    detailedStatus=Optional(ParkingStatusList),
).extensible()
ParkingAreaArrangementType = Integer(
    0,
    7,
    parallelParkingSpace=0,
    diagonalParkingSpace=1,
    perpendicularParkingSpace=2,
    queueParking=3,
    mixed=4,
    unknown=7,
)
DeltaPosition = Sequence(
    deltaLatitude=cdd2.DeltaLatitude,
    deltaLongitude=cdd2.DeltaLongitude,
)
DeltaPositions = SequenceOf(DeltaPosition, 1, 32, extensible=True)
EngineCharacteristics = Integer(
    0,
    255,
    noEntry=0,
    noEngine=1,
    petrolUnleaded=2,
    petrolLeaded=3,
    diesel=4,
    lpg=5,
    battery=6,
    solar=7,
    hybrid=8,
    hydrogen=9,
    multiFuel=10,
    bivalentPetrolLpg=11,
    bivalentPetrolCng=12,
    combinedPetrolElectric=13,
    cng=14,
    lng=15,
    combinedDieselElectric=16,
    combinedHydrogenElectric=17,
    bivalentHydrogenPetrol=18,
    bivalentHydrogenPetrolElectricEngine=19,
    fuelCellHydrogen=20,
    fuelCellPetrol=21,
    fuelCellMethanol=22,
    fuelCellEthanol=23,
    fuelCellDiesel=24,
    combinedMultiFuelElectricEngine=25,
    combinedCngElectricEngine=26,
    combinedLngElectricEngine=27,
    petrolEthanol=28,
    combinedLpgElectricEngine=29,
    hybridPetrolExternalBattery=30,
    hybridDieselExternalBattery=31,
    hybridLpgExternalBattery=32,
    hybridHydrogenExternalBattery=33,
    hybridMultiFuelExternalBattery=34,
    hybridCngExternalBattery=35,
    hybridLngExternalBattery=36,
    hybridBivalentHydrogenPetrolExternalBattery=37,
    hydrogenCng=38,
    hydrogenLng=39,
    hybridHydrogenCngExternalBattery=40,
    hybridHydrogenLngExternalBattery=41,
    ethanol=42,
    hybridFuelCellHydrogen=43,
    hybridFuelCellHydrogenExternalBattery=44,
    dualFuelLngDiesel=45,
    electricExternal=46,
    biogas=47,
    bioDiesel=48,
    bioPetrol=49,
    bivalentPetrolBiogas=50,
    combinedBiogasElectricEngine=51,
    dualFuelCngDiesel=52,
    other=255,
)
ParkingSpaceStatus = Choice(
    unknown=Null(),
    free=Null(),
    freeUntil=cdd2.TimestampIts,
    fullyOccupied=Null(),
    partiallyOccupied=Integer(0, 100),
    occupiedUntil=cdd2.TimestampIts,
    reservedUntil=cdd2.TimestampIts,
    accessBlocked=Null(),
    retrictedUsage=Null(),
).extensible()
ParkingSpaceBasic = Sequence(
    id=cdd2.Identifier2B,
    location=Optional(cdd2.DeltaReferencePosition),
    status=ParkingSpaceStatus,
)
ParkingSpacesBasic = SequenceOf(ParkingSpaceBasic)
ParkingSpaceDetailed = Sequence(
    id=cdd2.Identifier2B,
    location=Optional(cdd2.DeltaReferencePosition),
    status=ParkingSpaceStatus,
    arrangementType=Optional(ParkingAreaArrangementType),
    boundary=Optional(DeltaPositions),
    orientation=Optional(cdd2.Wgs84Angle),
    occupancyRule=ParkingOccupancyInfo,
    chargingStationId=Optional(cdd2.Identifier2B),
    accessViaLane=Optional(cdd2.Identifier2B),
    accessViaParkingSpaces=Optional(SequenceOf(cdd2.Identifier2B, 0, 7)),
    reservationType=Optional(SequenceOf(ParkingReservationType, 1, 4, extensible=True)),
).extensible()
ParkingSpacesDetailed = SequenceOf(ParkingSpaceDetailed)
ParkingArea = Sequence(
    id=cdd2.Identifier2B,
    currentOccupancy=OccupancyInformation,
    location=cdd2.GeoPosition,
    level=Default(Integer(-8, 16, extensible=True), 0),
    arrangementType=ParkingAreaArrangementType,
    boundary=Optional(DeltaPositions),
    orientation=Optional(cdd2.Wgs84Angle),
    accessViaLane=Optional(cdd2.Identifier2B),
    allowedVehicleCategories=SequenceOf(cdd2.EuVehicleCategoryCode, 1, 4, extensible=True),
    notAllowedEngineCharacteristics=Optional(SequenceOf(EngineCharacteristics, 1, 4, extensible=True)),
    allowedLoadTypes=Optional(SequenceOf(LoadType, 1, 4, extensible=True)),
    notAllowedLoadTypes=Optional(SequenceOf(LoadType, 1, 4, extensible=True)),
    heightRestriction=Optional(cdd2.VehicleHeight),
    reservationType=Optional(SequenceOf(ParkingReservationType, 1, 4, extensible=True)),
    pricingInformation=Optional(UTF8String()),
    paymentInformation=Optional(UTF8String()),
    bookingContactInfo=Optional(UTF8String()),
    accessCharachteristics=Optional(UTF8String()),
    freeSpacesPosition=Optional(SequenceOf(DeltaPosition)),
    freeSpacesId=Optional(SequenceOf(cdd2.Identifier2B)),
    spacesBasic=Optional(ParkingSpacesBasic),
    spacesDetailed=Optional(ParkingSpacesDetailed),
).extensible()
ParkingAreas = SequenceOf(ParkingArea)
ParkingSupplyCapabilitiesContainer = SequenceOf(ParkingAreas)
PoiType = Integer(1, 128, extensible=True)
RelatedPoiInfoBlock = Sequence(
    poiInfoBlockType=PoiType,
    serviceProviderId=cdd2.Provider,
    blockIdentificationNumber=cdd2.Identifier2B,
    timestamp=Optional(cdd2.TimestampIts),
).extensible()
RelatedPoiInfoBlockContainer = SequenceOf(RelatedPoiInfoBlock)
ParkingAvailabilityBlock = Sequence(
    managementContainer=PoiBlockManagementContainer,
    placeInfo=GeneralParkingPlaceContainer,
    aggregatedStatus=ParkingStatusContainer,
    detailedStatus=Optional(ParkingSupplyCapabilitiesContainer),
    relatedPoi=Optional(RelatedPoiInfoBlockContainer),
).extensible()
WrappedPoiInformationBlock = Sequence(
    poiType=Integer(1, 128, extensible=True),
    poiBlock=OpenType(
        {
            1: ParkingAvailabilityBlock,
        }
    ),
)
WrappedPoiInformationBlocks = SequenceOf(WrappedPoiInformationBlock, 1, 8, extensible=True)

POIM = Message(
    "POIM",
    Sequence(
        header=cdd2.ItsPduHeader,
        payload=WrappedPoiInformationBlocks,
    ),
    "TS 103 916 V2.1.1: POIM-PDU-Description",
)
