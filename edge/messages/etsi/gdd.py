"""The graphic data dictionary: pictograms of signs and what they say. ISO 14823, module GDD."""

from __future__ import annotations

from wayside.edge.messages.schema import (
    BitString,
    Choice,
    Enumerated,
    Integer,
    Later,
    OctetString,
    Optional,
    Sequence,
    SequenceOf,
    UTF8String,
)

DestinationType = Integer(
    0,
    15,
    extensible=True,
    none=0,
    importantArea=1,
    principalArea=2,
    generalArea=3,
    wellKnownPoint=4,
    country=5,
    city=6,
    street=7,
    industrialArea=8,
    historicArea=9,
    touristicArea=10,
    culturalArea=11,
    touristicRoute=12,
    recommendedRoute=13,
    touristicAttraction=14,
    geographicArea=15,
)
MonthDay = Sequence(
    month=Integer(1, 12),
    day=Integer(1, 31),
)
RepeatingPeriodDayTypes = BitString(4, names="national-holiday even-days odd-days market-day")
HoursMinutes = Sequence(
    hours=Integer(0, 23),
    mins=Integer(0, 59),
)
DayOfWeek = BitString(8, names="unused monday tuesday wednesday thursday friday saturday sunday")
InternationalSign_applicablePeriod = Sequence(
    year=Optional(
        Sequence(
            yearRangeStartYear=Integer(2000, 2127, extensible=True),
            yearRangeEndYear=Integer(2000, 2127, extensible=True),
        )
    ),
    month_day=Optional(
        Sequence(
            dateRangeStartMonthDay=MonthDay,
            dateRangeEndMonthDay=MonthDay,
        )
    ),
    repeatingPeriodDayTypes=Optional(RepeatingPeriodDayTypes),
    hourMinutes=Optional(
        Sequence(
            timeRangeStartTime=HoursMinutes,
            timeRangeEndTime=HoursMinutes,
        )
    ),
    dateRangeOfWeek=Optional(DayOfWeek),
    durationHourMinute=Optional(HoursMinutes),
)
InternationalSign_exemptedApplicablePeriod = InternationalSign_applicablePeriod
InternationalSign_directionalFlowOfLane = Integer(1, 8, sDL=1, sLT=2, sRT=3, lTO=4, rTO=5, cLL=6, cRI=7, oVL=8)
Distance = Sequence(
    value=Integer(1, 16384),
    unit=Integer(2, 8, without=(5,), kilometre=2, metre=3, decimetre=4, centimetre=5, mile=6, yard=7, foot=8),
)
Weight = Sequence(
    value=Integer(1, 16384),
    unit=Integer(10, 12, tonnes=10, hundredkg=11, pound=12),
)
InternationalSign_applicableVehicleDimensions = Sequence(
    vehicleHeight=Optional(Distance),
    vehicleWidth=Optional(Distance),
    vehicleLength=Optional(Distance),
    vehicleWeight=Optional(Weight),
)
InternationalSign_speedLimits = Sequence(
    speedLimitMax=Optional(Integer(0, 250)),
    speedLimitMin=Optional(Integer(0, 250)),
    unit=Integer(0, 1, kmperh=0, milesperh=1),
)
InternationalSign_rateOfIncline = Integer(1, 32)
InternationalSign_distanceBetweenVehicles = Distance
InternationalSign_section = Sequence(
    startingPointLength=Optional(Distance),
    continuityLength=Optional(Distance),
)
InternationalSign_numberOfLane = Integer(0, 99)
GddAttribute = Choice(
    dtm=InternationalSign_applicablePeriod,
    edt=InternationalSign_exemptedApplicablePeriod,
    dfl=InternationalSign_directionalFlowOfLane,
    ved=InternationalSign_applicableVehicleDimensions,
    spe=InternationalSign_speedLimits,
    roi=InternationalSign_rateOfIncline,
    dbv=InternationalSign_distanceBetweenVehicles,
    ddd=Later(lambda: InternationalSign_destinationInformation),
    set=InternationalSign_section,
    nol=InternationalSign_numberOfLane,
)
GddAttributes = SequenceOf(GddAttribute, 1, 8, extensible=True)
GddStructure = Sequence(
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
    attributes=Optional(GddAttributes),
)
DestinationPlace = Sequence(
    destType=DestinationType,
    destRSCode=Optional(GddStructure),
    destBlob=Optional(OctetString()),
    placeNameIdentification=Optional(Integer(1, 999)),
    placeNameText=Optional(UTF8String()),
)
DestinationPlaces = SequenceOf(DestinationPlace, 1, 4, extensible=True)
DestinationRoadType = Integer(
    0,
    15,
    extensible=True,
    none=0,
    nationalHighway=1,
    localHighway=2,
    tollExpresswayMotorway=3,
    internationalHighway=4,
    highway=5,
    expressway=6,
    nationalRoad=7,
    regionalProvincialRoad=8,
    localRoad=9,
    motorwayJunction=10,
    diversion=11,
    rfu1=12,
    rfu2=13,
    rfu3=14,
    rfu4=15,
)
DestinationRoad = Sequence(
    derType=DestinationRoadType,
    roadNumberIdentifier=Optional(Integer(1, 999)),
    roadNumberText=Optional(UTF8String()),
)
DestinationRoads = SequenceOf(DestinationRoad, 1, 4, extensible=True)
DistanceOrDuration = Sequence(
    value=Integer(1, 16384),
    unit=Integer(2, 9, kilometre=2, metre=3, decimetre=4, centimetre=5, mile=6, yard=7, foot=8, minutesOfTime=9),
)
DDD_IO = Sequence(
    arrowDirection=Integer(0, 7),
    destPlace=Optional(DestinationPlaces),
    destRoad=Optional(DestinationRoads),
    roadNumberIdentifier=Optional(Integer(1, 999)),
    streetName=Optional(Integer(1, 999)),
    streetNameText=Optional(UTF8String()),
    distanceToDivergingPoint=Optional(DistanceOrDuration),
    distanceToDestinationPlace=Optional(DistanceOrDuration),
)
DDD_IO_LIST = SequenceOf(DDD_IO, 1, 8, extensible=True)
InternationalSign_destinationInformation: Sequence = Sequence(
    junctionDirection=Optional(Integer(1, 128)),
    roundaboutCwDirection=Optional(Integer(1, 128)),
    roundaboutCcwDirection=Optional(Integer(1, 128)),
    ioList=DDD_IO_LIST,
)
