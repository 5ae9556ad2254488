"""What IVI takes from other dictionaries: vehicle dimensions, weights and emissions (ISO 14906), station numbers
(ISO 14816), registration (ISO 24534-3), providers and numbers of variable length (ISO 17419).
"""

from __future__ import annotations

from wayside.edge.messages.schema import BitString, Choice, Enumerated, Integer, Null, Sequence

CountryCode = BitString(10)
IssuerIdentifier = Integer(0, 16383)
Provider = Sequence(
    countryCode=CountryCode,
    providerIdentifier=IssuerIdentifier,
)
Int1 = Integer(0, 255)
SoundLevel = Sequence(
    soundstationary=Int1,
    sounddriveby=Int1,
)
UnitType = Enumerated("mg-km mg-kWh")
Int2 = Integer(0, 65535)
DieselEmissionValues = Sequence(
    particulate=Sequence(
        unitType=UnitType,
        value=Integer(0, 32767),
    ),
    absorptionCoeff=Int2,
)
ExhaustEmissionValues = Sequence(
    unitType=UnitType,
    emissionCO=Integer(0, 32767),
    emissionHC=Int2,
    emissionNOX=Int2,
    emissionHCNOX=Int2,
)
PassengerCapacity = Sequence(
    numberOfSeats=Int1,
    numberOfStandingPlaces=Int1,
)
AxleWeightLimits = Sequence(
    maxLadenweightOnAxle1=Int2,
    maxLadenweightOnAxle2=Int2,
    maxLadenweightOnAxle3=Int2,
    maxLadenweightOnAxle4=Int2,
    maxLadenweightOnAxle5=Int2,
)
VehicleWeightLimits = Sequence(
    vehicleMaxLadenWeight=Int2,
    vehicleTrainMaximumWeight=Int2,
    vehicleWeightUnladen=Int2,
)
VehicleDimensions = Sequence(
    vehicleLengthOverall=Int1,
    vehicleHeigthOverall=Int1,
    vehicleWidthOverall=Int1,
)
EngineCharacteristics = Integer(
    0,
    255,
    noEntry=0,
    noEngine=1,
    petrolUnleaded=2,
    petrolLeaded=3,
    diesel=4,
    lPG=5,
    battery=6,
    solar=7,
    hybrid=8,
    hydrogen=9,
)
EuroValue = Enumerated(
    "noEntry euro-1 euro-2 euro-3 euro-4 euro-5 euro-6 reservedForUse1 reservedForUse2 "
    "reservedForUse3 reservedForUse4 reservedForUse5 reservedForUse6 reservedForUse7 reservedForUse8 "
    "eev"
)
CopValue = Enumerated("noEntry co2class1 co2class2 co2class3 co2class4 co2class5 co2class6 co2class7 reservedforUse")
EnvironmentalCharacteristics = Sequence(
    euroValue=EuroValue,
    copValue=CopValue,
)
Iso3833VehicleType = Integer(
    0,
    255,
    passengerCar=0,
    saloon=1,
    convertibleSaloon=2,
    pullmanSaloon=3,
    stationWagon=4,
    truckStationWagon=5,
    coupe=6,
    convertible=7,
    multipurposePassengerCar=8,
    forwardControlPassengerCar=9,
    specialPassengerCar=10,
    bus=11,
    minibus=12,
    urbanBus=13,
    interurbanCoach=14,
    longDistanceCoach=15,
    articulatedBus=16,
    trolleyBus=17,
    specialBus=18,
    commercialVehicle=19,
    specialCommercialVehicle=20,
    specialVehicle=21,
    trailingTowingVehicle=22,
    semiTrailerTowingVehicle=23,
    trailer=24,
    busTrailer=25,
    generalPurposeTrailer=26,
    caravan=27,
    specialTrailer=28,
    semiTrailer=29,
    busSemiTrailer=30,
    generalPurposeSemiTrailer=31,
    specialSemiTrailer=32,
    roadTrain=33,
    passengerRoadTrain=34,
    articulatedRoadTrain=35,
    doubleRoadTrain=36,
    compositeRoadTrain=37,
    specialRoadTrain=38,
    moped=39,
    motorCycle=40,
)
EuVehicleCategoryL = Enumerated("l1 l2 l3 l4 l5 l6 l7")
EuVehicleCategoryM = Enumerated("m1 m2 m3")
EuVehicleCategoryN = Enumerated("n1 n2 n3")
EuVehicleCategoryO = Enumerated("o1 o2 o3 o4")
EuVehicleCategoryCode = Choice(
    euVehicleCategoryL=EuVehicleCategoryL,
    euVehicleCategoryM=EuVehicleCategoryM,
    euVehicleCategoryN=EuVehicleCategoryN,
    euVehicleCategoryO=EuVehicleCategoryO,
    euVehilcleCategoryT=Null(),
    euVehilcleCategoryG=Null(),
)
Ext3 = Integer(2113664, 270549119, extensible=True)
Ext2 = Choice(
    content=Integer(16512, 2113663),
    extension=Ext3,
)
Ext1 = Choice(
    content=Integer(128, 16511),
    extension=Ext2,
)

# Of one, two, three or more octets.
VarLengthNumber = Choice(
    content=Integer(0, 127),
    extension=Ext1,
)
