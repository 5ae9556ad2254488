"""What the Chinese messages share: positions, motion, vehicles. YD/T 3709-2020, after T/CSAE 53.

The module names no single values: those that stand for "unavailable" or "out of range" are told in its comments and
in the text.
"""

from __future__ import annotations

from wayside.edge.messages import j2735
from wayside.edge.messages.schema import Choice, Enumerated, Integer, Optional, Sequence

NodeID = Integer(0, 65535)
NodeReferenceID = Sequence(
    region=Optional(j2735.RoadRegulatorID),
    id=NodeID,
)
OffsetLL_B12 = Integer(-2048, 2047, unit="0.1 microdegree")
Position_LL_24B = Sequence(
    lon=OffsetLL_B12,
    lat=OffsetLL_B12,
)
OffsetLL_B14 = Integer(-8192, 8191, unit="0.1 microdegree")
Position_LL_28B = Sequence(
    lon=OffsetLL_B14,
    lat=OffsetLL_B14,
)
OffsetLL_B16 = Integer(-32768, 32767, unit="0.1 microdegree")
Position_LL_32B = Sequence(
    lon=OffsetLL_B16,
    lat=OffsetLL_B16,
)
OffsetLL_B18 = Integer(-131072, 131071, unit="0.1 microdegree")
Position_LL_36B = Sequence(
    lon=OffsetLL_B18,
    lat=OffsetLL_B18,
)
OffsetLL_B22 = Integer(-2097152, 2097151, unit="0.1 microdegree")
Position_LL_44B = Sequence(
    lon=OffsetLL_B22,
    lat=OffsetLL_B22,
)
OffsetLL_B24 = Integer(-8388608, 8388607, unit="0.1 microdegree")
Position_LL_48B = Sequence(
    lon=OffsetLL_B24,
    lat=OffsetLL_B24,
)
Longitude = Integer(-1799999999, 1800000001, unit="0.1 microdegree")
Latitude = Integer(-900000000, 900000001, unit="0.1 microdegree")
Position_LLmD_64b = Sequence(
    lon=Longitude,
    lat=Latitude,
)
PositionOffsetLL = Choice(
    position_LL1=Position_LL_24B,
    position_LL2=Position_LL_28B,
    position_LL3=Position_LL_32B,
    position_LL4=Position_LL_36B,
    position_LL5=Position_LL_44B,
    position_LL6=Position_LL_48B,
    position_LatLon=Position_LLmD_64b,
)
VertOffset_B07 = Integer(-64, 63, unit="10 cm", unavailable=-64, negativeOutOfRange=-63, positiveOutOfRange=63)
VertOffset_B08 = Integer(-128, 127, unit="10 cm", unavailable=-128, negativeOutOfRange=-127, positiveOutOfRange=127)
VertOffset_B09 = Integer(-256, 255, unit="10 cm", unavailable=-256, negativeOutOfRange=-255, positiveOutOfRange=255)
VertOffset_B10 = Integer(-512, 511, unit="10 cm", unavailable=-512, negativeOutOfRange=-511, positiveOutOfRange=511)
VertOffset_B11 = Integer(
    -1024, 1023, unit="10 cm", unavailable=-1024, negativeOutOfRange=-1023, positiveOutOfRange=1023
)
VertOffset_B12 = Integer(
    -2048, 2047, unit="10 cm", unavailable=-2048, negativeOutOfRange=-2047, positiveOutOfRange=2047
)
VerticalOffset = Choice(
    offset1=VertOffset_B07,
    offset2=VertOffset_B08,
    offset3=VertOffset_B09,
    offset4=VertOffset_B10,
    offset5=VertOffset_B11,
    offset6=VertOffset_B12,
    elevation=j2735.Elevation,
)
PositionOffsetLLV = Sequence(
    offsetLL=PositionOffsetLL,
    offsetV=Optional(VerticalOffset),
)
Confidence = Integer(0, 200, unit="0.5 %")
Position3D = Sequence(
    lat=Latitude,
    long=Longitude,
    elevation=Optional(j2735.Elevation),
)
PhaseID = Integer(0, 255)
BasicVehicleClass = Integer(
    0,
    255,
    unknownVehicleClass=0,
    specialVehicleClass=1,
    passenger_Vehicle_TypeUnknown=10,
    passenger_Vehicle_TypeOther=11,
    lightTruck_Vehicle_TypeUnknown=20,
    lightTruck_Vehicle_TypeOther=21,
    truck_Vehicle_TypeUnknown=25,
    truck_Vehicle_TypeOther=26,
    truck_axleCnt2=27,
    truck_axleCnt3=28,
    truck_axleCnt4=29,
    truck_axleCnt4Trailer=30,
    truck_axleCnt5Trailer=31,
    truck_axleCnt6Trailer=32,
    truck_axleCnt5MultiTrailer=33,
    truck_axleCnt6MultiTrailer=34,
    truck_axleCnt7MultiTrailer=35,
    motorcycle_TypeUnknown=40,
    motorcycle_TypeOther=41,
    motorcycle_Cruiser_Standard=42,
    motorcycle_SportUnclad=43,
    motorcycle_SportTouring=44,
    motorcycle_SuperSport=45,
    motorcycle_Touring=46,
    motorcycle_Trike=47,
    motorcycle_wPassengers=48,
    transit_TypeUnknown=50,
    transit_TypeOther=51,
    transit_BRT=52,
    transit_ExpressBus=53,
    transit_LocalBus=54,
    transit_SchoolBus=55,
    transit_FixedGuideway=56,
    transit_Paratransit=57,
    transit_Paratransit_Ambulance=58,
    emergency_TypeUnknown=60,
    emergency_TypeOther=61,
    emergency_Fire_Light_Vehicle=62,
    emergency_Fire_Heavy_Vehicle=63,
    emergency_Fire_Paramedic_Vehicle=64,
    emergency_Fire_Ambulance_Vehicle=65,
    emergency_Police_Light_Vehicle=66,
    emergency_Police_Heavy_Vehicle=67,
    emergency_Other_Responder=68,
    emergency_Other_Ambulance=69,
    otherTraveler_TypeUnknown=80,
    otherTraveler_TypeOther=81,
    otherTraveler_Pedestrian=82,
    otherTraveler_Visually_Disabled=83,
    otherTraveler_Physically_Disabled=84,
    otherTraveler_Bicycle=85,
    otherTraveler_Vulnerable_Roadworker=86,
    infrastructure_TypeUnknown=90,
    infrastructure_Fixed=91,
    infrastructure_Movable=92,
    equipped_CargoTrailer=93,
)
FuelType = Integer(
    0,
    15,
    unknownFuel=0,
    gasoline=1,
    ethanol=2,
    diesel=3,
    electric=4,
    hybrid=5,
    hydrogen=6,
    natGasLiquid=7,
    natGasComp=8,
    propane=9,
)
VehicleClassification = Sequence(
    classification=BasicVehicleClass,
    fuelType=Optional(FuelType),
).extensible()
VehicleWidth = Integer(0, 1023, unit="cm", unavailable=0)
VehicleLength = Integer(0, 4095, unit="cm", unavailable=0)
VehicleHeight = Integer(0, 127, unit="5 cm", unavailable=0)
VehicleSize = Sequence(
    width=VehicleWidth,
    length=VehicleLength,
    height=Optional(VehicleHeight),
)
Acceleration = Integer(
    -2000, 2001, unit="0.01 m/s^2", negativeOutOfRange=-2000, positiveOutOfRange=2000, unavailable=2001
)

# Positive downwards.
VerticalAcceleration = Integer(
    -127, 127, unit="0.02 g", unavailable=-127, negativeOutOfRange=-126, positiveOutOfRange=127
)

# Clockwise: positive to the right, as lateral accelerations are and steering wheel angles.
YawRate = Integer(-32767, 32767, unit="0.01 degree/s")
AccelerationSet4Way = Sequence(
    long=Acceleration,
    lat=Acceleration,
    vert=VerticalAcceleration,
    yaw=YawRate,
)
SteeringWheelAngleConfidence = Enumerated("unavailable prec2deg prec1deg prec0-02deg")
MotionConfidenceSet = Sequence(
    speedCfd=Optional(j2735.SpeedConfidence),
    headingCfd=Optional(j2735.HeadingConfidence),
    steerCfd=Optional(SteeringWheelAngleConfidence),
)
SteeringWheelAngle = Integer(
    -126, 127, unit="1.5 degree", negativeOutOfRange=-126, positiveOutOfRange=126, unavailable=127
)

# Clockwise from north.
Heading = Integer(0, 28800, unit="0.0125 degree")
Speed = Integer(0, 8191, unit="0.02 m/s", unavailable=8191)
PositionConfidenceSet = Sequence(
    pos=j2735.PositionConfidence,
    elevation=Optional(j2735.ElevationConfidence),
)
