"""The frame of SAE J2735 (2016), as sent in North America: basic safety messages, and what ISO TS 19091 took over.

Messages of other numbers, and the second parts of basic safety messages, stay octets.
"""

from __future__ import annotations

from wayside.edge.messages import j2735
from wayside.edge.messages.csae import bsm, common
from wayside.edge.messages.etsi import mapem, rtcmem, spatem, srem, ssem
from wayside.edge.messages.program import Message
from wayside.edge.messages.schema import Integer, OctetString, OpenType, Optional, Sequence, SequenceOf

BSMcoreData = Sequence(
    msgCnt=j2735.MsgCount,
    id=OctetString(4, 4),
    secMark=j2735.DSecond,
    lat=common.Latitude,
    long=common.Longitude,
    elev=j2735.Elevation,
    accuracy=j2735.PositionalAccuracy,
    transmission=j2735.TransmissionState,
    speed=common.Speed,
    heading=common.Heading,
    angle=common.SteeringWheelAngle,
    accelSet=common.AccelerationSet4Way,
    brakes=Sequence(
        wheelBrakes=bsm.BrakeAppliedStatus,
        traction=bsm.TractionControlStatus,
        abs=bsm.AntiLockBrakeStatus,
        scs=bsm.StabilityControlStatus,
        brakeBoost=bsm.BrakeBoostApplied,
        auxBrakes=bsm.AuxiliaryBrakeStatus,
    ),
    size=Sequence(width=common.VehicleWidth, length=common.VehicleLength),
)
BasicSafetyMessage = Sequence(
    coreData=BSMcoreData,
    partII=Optional(SequenceOf(Sequence(partII_Id=Integer(0, 63), partII_Value=OpenType({})), 1, 8)),
    regional=Optional(SequenceOf(Sequence(regionId=Integer(0, 255), regExtValue=OpenType({})), 1, 4)),
).extensible()

J2735_FRAME = Message(
    "J2735_FRAME",
    Sequence(
        messageId=Integer(0, 32767),
        value=OpenType(
            {
                18: mapem.MapData,
                19: spatem.SPAT,
                20: BasicSafetyMessage,
                28: rtcmem.RTCMcorrections,
                29: srem.SignalRequestMessage,
                30: ssem.SignalStatusMessage,
            }
        ),
    ).extensible(),
    "SAE J2735 (2016): MessageFrame",
)
