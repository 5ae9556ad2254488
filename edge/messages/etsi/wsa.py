"""Service advertisements: who offers what, on which channel. IEEE 1609.3-2020, Ieee1609Dot3Wsa and Ieee1609Dot3Wee.

As ISO 16460 and EN 302 890-1 have it too: they use the two options of a service that IEEE leaves unused. The channel
information of LTE-V2X (M.6.2.2.2) stays octets, and so does the context of a system service.
"""

from __future__ import annotations

from wayside.edge.messages import j2735
from wayside.edge.messages.etsi import efc
from wayside.edge.messages.schema import (
    BitString,
    Integer,
    Null,
    OctetString,
    OpenType,
    Optional,
    Sequence,
    SequenceOf,
    Type,
    UTF8String,
)

VarLengthNumber = efc.VarLengthNumber

RefExt = Integer(0, 255)


def extensions(types: dict[int, Type]) -> SequenceOf:
    """Information elements, each told by its number."""
    return SequenceOf(Sequence(extensionId=RefExt, value=OpenType(types)))


RepeatRate = Integer(0, 255)  # advertisements in 5 s
Latitude = Sequence(
    fill=BitString(1),
    lat=Integer(-900000000, 900000001, unit="0.1 microdegree", unavailable=900000001),
)
Longitude = Integer(-1799999999, 1800000001, unit="0.1 microdegree", unavailable=1800000001)
TwoDLocation = Sequence(
    latitude=Latitude,
    longitude=Longitude,
)
ThreeDLocation = Sequence(
    latitude=Latitude,
    longitude=Longitude,
    elevation=j2735.Elevation,
)
AdvertiserIdentifier = UTF8String(1, 32)
OperatingClass80211 = Integer(0, 255)
ChannelNumber80211 = Integer(0, 255)
TXpower80211 = Integer(-128, 127)
WsaChInfoDataRate = Sequence(
    adaptable=BitString(1),
    dataRate=Integer(0, 127),
)
EdcaParameterRecord = Sequence(
    res=Integer(0, 1),
    aci=Integer(0, 3),
    acm=Integer(0, 1),
    aifsn=Integer(0, 15),
    ecwMax=Integer(0, 15),
    ecwMin=Integer(0, 15),
    txopLimit=Integer(0, 65535),
)
EdcaParameterSet = Sequence(
    acbeRecord=EdcaParameterRecord,
    acbkRecord=EdcaParameterRecord,
    acviRecord=EdcaParameterRecord,
    acvoRecord=EdcaParameterRecord,
)
ChannelAccess80211 = Integer(0, 255, continuous=0, alternatingTimeSlot0=1, alternatingTimeSlot1=2)
ChInfoOptions = Sequence(
    option1=Optional(Null()),
    option2=Optional(Null()),
    option3=Optional(Null()),
    option4=Optional(Null()),
    option5=Optional(Null()),
    option6=Optional(Null()),
    option7=Optional(Null()),
    extensions=Optional(extensions({12: EdcaParameterSet, 21: ChannelAccess80211})),
)
ChannelInfo = Sequence(
    operatingClass=OperatingClass80211,
    channelNumber=ChannelNumber80211,
    powerLevel=TXpower80211,
    dataRate=WsaChInfoDataRate,
    extensions=ChInfoOptions,
)
ChannelInfos = SequenceOf(ChannelInfo)
AnyChannel = Null()
ExtendedChannelInfo = Sequence(
    medId=Integer(0, 255, unknown=0, any=1, m5=5, cv2x=12),
    value=OpenType({0: AnyChannel, 1: AnyChannel, 5: ChannelInfo}),
)
ExtendedChannelInfos = SequenceOf(ExtendedChannelInfo)
SrvAdvMsgHeaderExts = extensions(
    {5: TwoDLocation, 6: ThreeDLocation, 7: AdvertiserIdentifier, 17: RepeatRate, 84: ExtendedChannelInfos}
)

ProviderServiceContext = Sequence(
    fillBit=BitString(3),
    psc=OctetString(0, 31),
)
IPv6Address = OctetString(16)
MACaddress = OctetString(6)
ServicePort = Integer(0, 65535)
RcpiThreshold = Integer(0, 255)
WsaCountThreshold = Integer(0, 255)
WsaCountThresholdInterval = Integer(0, 255, unit="0.1 s")
ApplicationData = OctetString()
AssertedBySASigner = Null()
ServiceInfoExts = extensions(
    {
        8: ProviderServiceContext,
        9: IPv6Address,
        10: ServicePort,
        11: MACaddress,
        19: RcpiThreshold,
        20: WsaCountThreshold,
        22: WsaCountThresholdInterval,
        24: VarLengthNumber,
        26: AssertedBySASigner,
        85: ApplicationData,
    }
)
ItsAidCtxRef = Sequence(
    itsaid=VarLengthNumber,
    ctx=Integer(0, 255, ctxRefNull=0, ctxRefMandApp=1),
)
SystemServiceAndContext = Sequence(
    itsaidCtxRef=ItsAidCtxRef,
    context=OctetString(),
)
SystemService = SequenceOf(SystemServiceAndContext)

# The first two are reserved in IEEE 1609.3.
ChannelOptions = Sequence(
    systemService=Optional(SystemService),
    serviceProviderPort=Optional(ServicePort),
    extensions=Optional(ServiceInfoExts),
)
ChannelIndex = Integer(0, 31, notUsed=0, firstEntry=1)
ServiceInfo = Sequence(
    serviceID=VarLengthNumber,
    channelIndex=ChannelIndex,
    chOptions=ChannelOptions,
)
ServiceInfos = SequenceOf(ServiceInfo)
RoutAdvertExts = extensions({13: IPv6Address, 14: MACaddress})
RoutingAdvertisement = Sequence(
    lifetime=Integer(0, 65535, unit="s"),
    ipPrefix=OctetString(16),
    ipPrefixLength=Integer(0, 255),
    defaultGateway=IPv6Address,
    primaryDns=IPv6Address,
    extensions=RoutAdvertExts,
)
SrvAdvChangeCount = Sequence(
    saID=Integer(0, 15),
    contentCount=Integer(0, 15),
)
SrvAdvBody = Sequence(
    changeCount=SrvAdvChangeCount,
    extensions=Optional(SrvAdvMsgHeaderExts),
    serviceInfos=Optional(ServiceInfos),
    channelInfos=Optional(ChannelInfos),
    routingAdvertisement=Optional(RoutingAdvertisement),
)
VERSION = 3
SrvAdvMsg = Sequence(
    version=Integer(0, 15),
    body=SrvAdvBody,
)
