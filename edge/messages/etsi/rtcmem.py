"""The RTCM corrections extended message: satellite corrections. TS 103 301; ISO TS 19091, RTCMcorrections."""

from __future__ import annotations

from wayside.edge.messages import j2735
from wayside.edge.messages.etsi import cdd, dsrc
from wayside.edge.messages.program import Message
from wayside.edge.messages.schema import Enumerated, Integer, OctetString, Optional, Sequence, SequenceOf

RTCM_Revision = Enumerated("unknown rtcmRev2 rtcmRev3 reserved", "")
Heading = Integer(0, 28800, unit="0.0125 degree", unavailable=28800)
PositionConfidenceSet = Sequence(
    pos=j2735.PositionConfidence,
    elevation=j2735.ElevationConfidence,
)
ThrottleConfidence = Enumerated("unavailable prec10percent prec1percent prec0-5percent")
SpeedandHeadingandThrottleConfidence = Sequence(
    heading=j2735.HeadingConfidence,
    speed=j2735.SpeedConfidence,
    throttle=ThrottleConfidence,
)
FullPositionVector = Sequence(
    utcTime=Optional(j2735.DDateTime),
    long=cdd.Longitude,
    lat=cdd.Latitude,
    elevation=Optional(j2735.Elevation),
    heading=Optional(Heading),
    speed=Optional(dsrc.TransmissionAndSpeed),
    posAccuracy=Optional(j2735.PositionalAccuracy),
    timeConfidence=Optional(j2735.TimeConfidence),
    posConfidence=Optional(PositionConfidenceSet),
    speedConfidence=Optional(SpeedandHeadingandThrottleConfidence),
).extensible()
Offset_B09 = Integer(-256, 255, unit="cm")
AntennaOffsetSet = Sequence(
    antOffsetX=dsrc.Offset_B12,
    antOffsetY=Offset_B09,
    antOffsetZ=dsrc.Offset_B10,
)
RTCMheader = Sequence(
    status=j2735.GNSSstatus,
    offsetSet=AntennaOffsetSet,
)
RTCMmessage = OctetString(1, 1023)
RTCMmessageList = SequenceOf(RTCMmessage, 1, 5)
RTCMcorrections = Sequence(
    msgCnt=j2735.MsgCount,
    rev=RTCM_Revision,
    timeStamp=Optional(j2735.MinuteOfTheYear),
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
