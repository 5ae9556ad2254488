"""Electric vehicle charging spot notification: stations, their spots, plugs and prices. TS 101 556-1."""

from __future__ import annotations

from wayside.edge.messages.etsi import cdd
from wayside.edge.messages.program import Message
from wayside.edge.messages.schema import (
    BitString,
    Boolean,
    Integer,
    NumericString,
    Optional,
    Sequence,
    SequenceOf,
    UTF8String,
)

POIType = Integer(0, 65535)
ItsPOIHeader = Sequence(
    poiType=POIType,
    timeStamp=cdd.TimestampIts,
    relayCapable=Boolean(),
)
NumberStations = Integer(1, 256)
DigitalMap = SequenceOf(cdd.ReferencePosition, 1, 256)
ChargingSpotType = BitString(
    names="standardChargeMode1 standardChargeMode2 standardOrFastChargeMode3 "
    "fastChargeWithExternalCharger - - - - quickDrop - - - inductiveChargeWhileStationary - "
    "inductiveChargeWhileDriving"
)
TypeOfReceptacle = BitString()
SpotAvailability = Sequence(
    maxWaitingTimeMinutes=Integer(0, 1400),
    blocking=Boolean(),
)
ParkingPlacesData = SequenceOf(SpotAvailability, 1, 4)

# A spot: its type, plugs and power.
ItsChargingSpotDataElements = Sequence(
    type=ChargingSpotType,
    evEquipmentID=Optional(UTF8String()),
    typeOfReceptacle=TypeOfReceptacle,
    energyAvailability=UTF8String(),
    parkingPlacesData=Optional(ParkingPlacesData),
)
ItsChargingSpots = SequenceOf(ItsChargingSpotDataElements, 1, 16)

# A station: where, when open, what it costs, and its spots.
ItsChargingStationData = Sequence(
    chargingStationID=cdd.StationID,
    utilityDistributorId=Optional(UTF8String(1, 32)),
    providerID=Optional(UTF8String(1, 32)),
    chargingStationLocation=cdd.ReferencePosition,
    address=Optional(UTF8String()),
    phoneNumber=Optional(NumericString(1, 16)),
    accessibility=UTF8String(1, 32),
    digitalMap=Optional(DigitalMap),
    openingDaysHours=UTF8String(),
    pricing=UTF8String(),
    bookingContactInfo=Optional(UTF8String()),
    payment=Optional(UTF8String()),
    chargingSpotsAvailable=ItsChargingSpots,
).extensible()
ItsEVCSNData = Sequence(
    totalNumberOfStations=NumberStations,
    chargingStationsData=SequenceOf(ItsChargingStationData, 1, 256),
)
EVChargingSpotNotificationPOIMessage = Sequence(
    poiHeader=ItsPOIHeader,
    evcsnData=ItsEVCSNData,
)

EVCSN = Message(
    "EVCSN",
    Sequence(
        header=cdd.ItsPduHeader,
        evcsn=EVChargingSpotNotificationPOIMessage,
    ),
    "TS 101 556-1 V1.1.1: EVCSN-PDU-Descriptions",
)
