"""What SPATEM, MAPEM, SREM, SSEM and others share. ISO TS 19091 (after SAE J2735), modules DSRC and AddGrpC."""

from __future__ import annotations

from wayside.edge.messages import j2735
from wayside.edge.messages.etsi import cdd, efc
from wayside.edge.messages.schema import (
    Choice,
    Enumerated,
    Integer,
    OctetString,
    OpenType,
    Optional,
    Sequence,
    SequenceOf,
    Type,
)


def regional(types: dict[int, Type]) -> Sequence:
    """A region's own addition (RegionalExtension): the region's number says what it is; 3 is Europe's, AddGrpC."""
    return Sequence(regionId=Integer(0, 255), regExtValue=OpenType(types))


SignalGroupID = Integer(0, 255)
PrioritizationResponseStatus = Enumerated(
    "unknown requested processing watchOtherTraffic granted rejected maxPresence reserviceLocked", ""
)
Offset_B10 = Integer(-512, 511, unit="cm")
Node_XY_20b = Sequence(
    x=Offset_B10,
    y=Offset_B10,
)
Offset_B11 = Integer(-1024, 1023, unit="cm")
Node_XY_22b = Sequence(
    x=Offset_B11,
    y=Offset_B11,
)
Offset_B12 = Integer(-2048, 2047, unit="cm")
Node_XY_24b = Sequence(
    x=Offset_B12,
    y=Offset_B12,
)
Offset_B13 = Integer(-4096, 4095, unit="cm")
Node_XY_26b = Sequence(
    x=Offset_B13,
    y=Offset_B13,
)
Offset_B14 = Integer(-8192, 8191, unit="cm")
Node_XY_28b = Sequence(
    x=Offset_B14,
    y=Offset_B14,
)
Offset_B16 = Integer(-32768, 32767, unit="cm")
Node_XY_32b = Sequence(
    x=Offset_B16,
    y=Offset_B16,
)
Node_LLmD_64b = Sequence(
    lon=cdd.Longitude,
    lat=cdd.Latitude,
)
NodeOffsetPointXY = Choice(
    node_XY1=Node_XY_20b,
    node_XY2=Node_XY_22b,
    node_XY3=Node_XY_24b,
    node_XY4=Node_XY_26b,
    node_XY5=Node_XY_28b,
    node_XY6=Node_XY_32b,
    node_LatLon=Node_LLmD_64b,
    regional=regional({}),
)
LaneConnectionID = Integer(0, 255)
RestrictionClassID = Integer(0, 255)
IntersectionID = Integer(0, 65535)
IntersectionReferenceID = Sequence(
    region=Optional(j2735.RoadRegulatorID),
    id=IntersectionID,
)
FuelType = Integer(0, 15)
Velocity = Integer(0, 8191, unit="0.02 m/s", unavailable=8191)
Angle = Integer(0, 28800, unit="0.0125 degree", unavailable=28800)
VehicleHeight = Integer(0, 127, unit="5 cm")
ApproachID = Integer(0, 15)
Position3D_addGrpC = Sequence(
    altitude=cdd.Altitude,
).extensible()
Position3D = Sequence(
    lat=cdd.Latitude,
    long=cdd.Longitude,
    elevation=Optional(j2735.Elevation),
    regional=Optional(SequenceOf(regional({3: Position3D_addGrpC}), 1, 4)),
).extensible()
RoadSegmentID = Integer(0, 65535)
RoadSegmentReferenceID = Sequence(
    region=Optional(j2735.RoadRegulatorID),
    id=RoadSegmentID,
)
DeltaTime = Integer(-122, 121, unit="10 s", unavailable=-122)
TransmissionAndSpeed = Sequence(
    transmisson=j2735.TransmissionState,
    speed=Velocity,
)
BasicVehicleRole = Enumerated(
    "basicVehicle publicTransport specialTransport dangerousGoods roadWork roadRescue emergency "
    "safetyCar none-unknown truck motorcycle roadSideSource police fire ambulance dot transit "
    "slowMoving stopNgo cyclist pedestrian nonMotorized military",
    "",
)
RequestSubRole = Enumerated(
    "requestSubRoleUnKnown requestSubRole1 requestSubRole2 requestSubRole3 requestSubRole4 "
    "requestSubRole5 requestSubRole6 requestSubRole7 requestSubRole8 requestSubRole9 "
    "requestSubRole10 requestSubRole11 requestSubRole12 requestSubRole13 requestSubRole14 "
    "requestSubRoleReserved"
)
RequestImportanceLevel = Enumerated(
    "requestImportanceLevelUnKnown requestImportanceLevel1 requestImportanceLevel2 "
    "requestImportanceLevel3 requestImportanceLevel4 requestImportanceLevel5 requestImportanceLevel6 "
    "requestImportanceLevel7 requestImportanceLevel8 requestImportanceLevel9 "
    "requestImportanceLevel10 requestImportanceLevel11 requestImportanceLevel12 "
    "requestImportanceLevel13 requestImportanceLevel14 requestImportanceReserved"
)
VehicleType = Enumerated(
    "none unknown special moto car carOther bus axleCnt2 axleCnt3 axleCnt4 axleCnt4Trailer "
    "axleCnt5Trailer axleCnt6Trailer axleCnt5MultiTrailer axleCnt6MultiTrailer axleCnt7MultiTrailer",
    "",
)
RequestorType = Sequence(
    role=BasicVehicleRole,
    subrole=Optional(RequestSubRole),
    request=Optional(RequestImportanceLevel),
    iso3883=Optional(efc.Iso3833VehicleType),
    hpmsType=Optional(VehicleType),
    regional=Optional(regional({})),
).extensible()
TemporaryID = OctetString(4)
VehicleID = Choice(
    entityID=TemporaryID,
    stationID=cdd.StationID,
)
IntersectionAccessPoint = Choice(
    lane=j2735.LaneID,
    approach=ApproachID,
    connection=LaneConnectionID,
).extensible()
RequestID = Integer(0, 255)
