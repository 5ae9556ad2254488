"""Electric vehicle recharging spot reservation: asking for a spot and its answers. TS 101 556-3."""

from __future__ import annotations

from wayside.edge.messages.etsi import cdd
from wayside.edge.messages.program import Message
from wayside.edge.messages.schema import (
    BitString,
    Choice,
    Enumerated,
    Integer,
    OctetString,
    Optional,
    Sequence,
    UTF8String,
    VisibleString,
)

EVSE_ID = OctetString(1, 32)
TimestampUTC = Integer(utcStartOf2013=0, oneSecondAfterUTCStartOf2013=1)
RechargingMode = Integer(
    0,
    15,
    mode1=0,
    mode2=1,
    mode3=2,
    mode4=3,
    quickDrop=8,
    inductiveChargingWhileStationary=12,
    inductiveChargingWhileDriving=14,
)
PowerSource = Integer(0, 7, notApplicable=0, ac1Phase=1, ac2Phase=2, ac3Phase=3, dcc=4, chaDeMo=5)
RechargingType = Sequence(
    rechargingMode=RechargingMode,
    powerSource=PowerSource,
)
BatteryType = UTF8String(1, 16)

# The first of three steps: is there a spot at that time?
PreReservationRequestMessage = Sequence(
    evse_ID=EVSE_ID,
    arrivalTime=TimestampUTC,
    departureTime=Optional(TimestampUTC),
    rechargingType=RechargingType,
    batteryType=Optional(BatteryType),
).extensible()
Reservation_ID = VisibleString(8)
PreReservation_ID = Reservation_ID
AvailabilityStatus = Enumerated("available no-free-capacity")
SupportedPaymentTypes = BitString(2, names="contract externalIdentification")
PreReservationResponseMessage = Sequence(
    preReservation_ID=PreReservation_ID,
    availabilityStatus=AvailabilityStatus,
    preReservationExpirationTime=TimestampUTC,
    supportedPaymentTypes=SupportedPaymentTypes,
).extensible()
EAmount = Integer(1, 500000, oneWh=1)
PaymentType = Enumerated("contract externalIdentification")
ContractID = UTF8String(1, 24)
ExternalIdentificationMeans = UTF8String(1, 24)
Payment_ID = Choice(
    contractID=ContractID,
    externalIdentificationMeans=ExternalIdentificationMeans,
)
Pairing_ID = VisibleString(1, 64)
ReservationRequestMessage = Sequence(
    currentTime=TimestampUTC,
    preReservation_ID=PreReservation_ID,
    arrivalTime=TimestampUTC,
    departureTime=Optional(TimestampUTC),
    eAmount=EAmount,
    eAmountMin=EAmount,
    paymentType=PaymentType,
    payment_ID=Payment_ID,
    secondPayment_ID=Optional(Payment_ID),
    pairing_ID=Optional(Pairing_ID),
).extensible()
ReservationResponseCode = Enumerated(
    "ok invalid-EVSE-ID payment-type-not-supported payment-error authentication-error insufficient-power-availability"
)
Reservation_Password = VisibleString(8)
StationDetails = UTF8String(1, 32)
ChargingSpotLabel = UTF8String(1, 4)
ReservationResponseMessage = Sequence(
    reservationResponseCode=ReservationResponseCode,
    reservation_ID=Optional(Reservation_ID),
    reservation_Password=Optional(Reservation_Password),
    stationDetails=Optional(StationDetails),
    chargingSpotLabel=Optional(ChargingSpotLabel),
    expirationTime=TimestampUTC,
    freeCancelTimeLimit=Optional(TimestampUTC),
).extensible()
CancellationRequestMessage = Sequence(
    reservation_ID=Reservation_ID,
    reservation_Password=Reservation_Password,
    currentTime=TimestampUTC,
).extensible()
CancellationResponseCode = Enumerated("ok unknown-Reservation-ID mismatching-Reservation-Password")
CancellationResponseMessage = Sequence(
    reservation_ID=Reservation_ID,
    cancellationResponseCode=CancellationResponseCode,
).extensible()
UpdateRequestMessage = Sequence(
    reservation_ID=Reservation_ID,
    reservation_Password=Reservation_Password,
    updatedArrivalTime=TimestampUTC,
    updatedDepartureTime=TimestampUTC,
).extensible()
UpdateResponseCode = Enumerated(
    "ok unknown-Reservation-ID mismatching-Reservation-Password invalid-Arrival-Time invalid-Departure-Time"
)
UpdateResponseMessage = Sequence(
    reservation_ID=Reservation_ID,
    updateResponseCode=UpdateResponseCode,
    chargingSpotLabel=Optional(ChargingSpotLabel),
).extensible()
EV_RSR_MessageBody = Choice(
    preReservationRequestMessage=PreReservationRequestMessage,
    preReservationResponseMessage=PreReservationResponseMessage,
    reservationRequestMessage=ReservationRequestMessage,
    reservationResponseMessage=ReservationResponseMessage,
    cancellationRequestMessage=CancellationRequestMessage,
    cancellationResponseMessage=CancellationResponseMessage,
    updateRequestMessage=UpdateRequestMessage,
    updateResponseMessage=UpdateResponseMessage,
).extensible()

EV_RSR = Message(
    "EV_RSR",
    Sequence(
        header=cdd.ItsPduHeader,
        messageBody=EV_RSR_MessageBody,
    ),
    "TS 101 556-3 V1.1.1: EV-RechargingSpotReservation-PDU-Descriptions",
)
