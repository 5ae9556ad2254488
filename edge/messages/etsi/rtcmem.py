"""The RTCM corrections extended message: satellite corrections. TS 103 301; ISO TS 19091, RTCMcorrections."""

from __future__ import annotations

from wayside.edge.messages.etsi import cdd, dsrc
from wayside.edge.messages.program import Message
from wayside.edge.messages.schema import BitString, Enumerated, Integer, OctetString, Optional, Sequence, SequenceOf

RTCM_Revision = Enumerated("unknown rtcmRev2 rtcmRev3 reserved", "")
DYear = Integer(0, 4095, unit="year")
DMonth = Integer(0, 12, unit="month")
DDay = Integer(0, 31, unit="day")
DHour = Integer(0, 31, unit="hour")
DMinute = Integer(0, 60, unit="min")
DOffset = Integer(-840, 840, unit="min")
DDateTime = Sequence(
    year=Optional(DYear),
    month=Optional(DMonth),
    day=Optional(DDay),
    hour=Optional(DHour),
    minute=Optional(DMinute),
    second=Optional(dsrc.DSecond),
    offset=Optional(DOffset),
)
Heading = Integer(0, 28800, unit="0.0125 degree")
SemiMajorAxisAccuracy = Integer(0, 255, unit="5 cm")
SemiMinorAxisAccuracy = Integer(0, 255, unit="5 cm")
SemiMajorAxisOrientation = Integer(0, 65535, unit="360/65535 degree")
PositionalAccuracy = Sequence(
    semiMajor=SemiMajorAxisAccuracy,
    semiMinor=SemiMinorAxisAccuracy,
    orientation=SemiMajorAxisOrientation,
)
TimeConfidence = Enumerated(
    "unavailable time-100-000 time-050-000 time-020-000 time-010-000 time-002-000 time-001-000 "
    "time-000-500 time-000-200 time-000-100 time-000-050 time-000-020 time-000-010 time-000-005 "
    "time-000-002 time-000-001 time-000-000-5 time-000-000-2 time-000-000-1 time-000-000-05 "
    "time-000-000-02 time-000-000-01 time-000-000-005 time-000-000-002 time-000-000-001 "
    "time-000-000-000-5 time-000-000-000-2 time-000-000-000-1 time-000-000-000-05 "
    "time-000-000-000-02 time-000-000-000-01 time-000-000-000-005 time-000-000-000-002 "
    "time-000-000-000-001 time-000-000-000-000-5 time-000-000-000-000-2 time-000-000-000-000-1 "
    "time-000-000-000-000-05 time-000-000-000-000-02 time-000-000-000-000-01"
)
PositionConfidence = Enumerated(
    "unavailable a500m a200m a100m a50m a20m a10m a5m a2m a1m a50cm a20cm a10cm a5cm a2cm a1cm"
)
ElevationConfidence = Enumerated(
    "unavailable elev-500-00 elev-200-00 elev-100-00 elev-050-00 elev-020-00 elev-010-00 elev-005-00 "
    "elev-002-00 elev-001-00 elev-000-50 elev-000-20 elev-000-10 elev-000-05 elev-000-02 elev-000-01"
)
PositionConfidenceSet = Sequence(
    pos=PositionConfidence,
    elevation=ElevationConfidence,
)
HeadingConfidence = Enumerated(
    "unavailable prec10deg prec05deg prec01deg prec0-1deg prec0-05deg prec0-01deg prec0-0125deg"
)
ThrottleConfidence = Enumerated("unavailable prec10percent prec1percent prec0-5percent")
SpeedandHeadingandThrottleConfidence = Sequence(
    heading=HeadingConfidence,
    speed=dsrc.SpeedConfidence,
    throttle=ThrottleConfidence,
)
FullPositionVector = Sequence(
    utcTime=Optional(DDateTime),
    long=cdd.Longitude,
    lat=cdd.Latitude,
    elevation=Optional(dsrc.Elevation),
    heading=Optional(Heading),
    speed=Optional(dsrc.TransmissionAndSpeed),
    posAccuracy=Optional(PositionalAccuracy),
    timeConfidence=Optional(TimeConfidence),
    posConfidence=Optional(PositionConfidenceSet),
    speedConfidence=Optional(SpeedandHeadingandThrottleConfidence),
).extensible()
GNSSstatus = BitString(
    8,
    names="unavailable isHealthy isMonitored baseStationType aPDOPofUnder5 inViewOfUnder5 "
    "localCorrectionsPresent networkCorrectionsPresent",
)
Offset_B09 = Integer(-256, 255, unit="cm")
AntennaOffsetSet = Sequence(
    antOffsetX=dsrc.Offset_B12,
    antOffsetY=Offset_B09,
    antOffsetZ=dsrc.Offset_B10,
)
RTCMheader = Sequence(
    status=GNSSstatus,
    offsetSet=AntennaOffsetSet,
)
RTCMmessage = OctetString(1, 1023)
RTCMmessageList = SequenceOf(RTCMmessage, 1, 5)
RTCMcorrections = Sequence(
    msgCnt=dsrc.MsgCount,
    rev=RTCM_Revision,
    timeStamp=Optional(dsrc.MinuteOfTheYear),
    anchorPoint=Optional(FullPositionVector),
    rtcmHeader=Optional(RTCMheader),
    msgs=RTCMmessageList,
    regional=Optional(SequenceOf(dsrc.regional({}), 1, 4)),
).extensible()

RTCMEM = Message(
    "RTCMEM",
    Sequence(
        header=cdd.ItsPduHeader,
        rtcmc=RTCMcorrections,
    ),
    "TS 103 301 V2.1.1: RTCMEM-PDU-Descriptions",
)
