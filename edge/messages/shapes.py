"""The messages of a tick, as columns: what the shapes bind, and the columns from SI units and back.

All else in them is as the standards have it for what is not known. Arrays have one entry a message.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from wayside.edge.messages.catalogue import message
from wayside.edge.messages.columns import Columns
from wayside.edge.messages.csae import common
from wayside.edge.messages.etsi import cdd
from wayside.edge.messages.si import MICRODEGREE, quantities, steps, turned
from wayside.edge.messages.stations import VehicleRole
from wayside.ext.arrays import Doubles, Longs

_MINUTE = 60_000  # ms
CENTIMETRE, DECIMETRE = 0.01, 0.1
BSM_SPEED, BSM_HEADING = 0.02, 0.0125  # m/s, degrees
YAW_RATE, CURVATURE = 0.01, 1e-4  # degrees/s, 1/m
BSM_YAW_RATE = -YAW_RATE  # to the right

_SPECIAL = (VehicleRole.PUBLIC_TRANSPORT, VehicleRole.EMERGENCY)  # whose CAMs have a special vehicle container
CONTAINERS = np.maximum(np.arange(16) - 1, 0)  # alternatives of SpecialVehicleContainer, in the order of the roles

UNKNOWN_ELLIPSE = {"semiMajorConfidence": 4095, "semiMinorConfidence": 4095, "semiMajorOrientation": 3601}
UNKNOWN_ALTITUDE = {"altitudeValue": 800001, "altitudeConfidence": "unavailable"}


def position(latitude: int = 900000001, longitude: int = 1800000001) -> dict[str, Any]:
    """A ReferencePosition [0.1 microdegree] of which nothing else is known."""
    return {
        "latitude": latitude,
        "longitude": longitude,
        "positionConfidenceEllipse": UNKNOWN_ELLIPSE,
        "altitude": UNKNOWN_ALTITUDE,
    }


def _within(confidence: float) -> dict[str, Any]:
    """A position whose error is at most so many m in all directions with 95 %; NaN: that is not known."""
    where = position()
    if confidence == confidence:
        axis = int(steps(cdd.SemiAxisLength, confidence, CENTIMETRE))
        ellipse = {"semiMajorConfidence": axis, "semiMinorConfidence": axis, "semiMajorOrientation": 0}
        where["positionConfidenceEllipse"] = ellipse
    return where


UNKNOWN_MOTION: dict[str, Any] = {
    "heading": {"headingValue": 3601, "headingConfidence": 127},
    "speed": {"speedValue": 16383, "speedConfidence": 127},
    "driveDirection": "unavailable",
    "vehicleLength": {"vehicleLengthValue": 1023, "vehicleLengthConfidenceIndication": "unavailable"},
    "vehicleWidth": 62,
    "longitudinalAcceleration": {"longitudinalAccelerationValue": 161, "longitudinalAccelerationConfidence": 102},
    "curvature": {"curvatureValue": 1023, "curvatureConfidence": "unavailable"},
    "curvatureCalculationMode": "yawRateUsed",
    "yawRate": {"yawRateValue": 32767, "yawRateConfidence": "unavailable"},
}


@cache
def cam(confidence: float = np.nan) -> Columns:
    """CAMs of vehicles: station, time, kind, latitude, longitude, altitude, heading, speed, length, width,
    acceleration, yaw_rate, curvature, low, role, special, container, points; for each point of a path: north, east,
    since.

    Those whose `low` is 1 carry the low frequency container, with the vehicle's role (VehicleRole) and the way that it
    came: so many points, the newest first, each from the one before (DeltaLatitude, DeltaLongitude, PathDeltaTime).
    Those whose `special` is 1 carry a special vehicle container, the alternative `container`: 0, of public transport
    (of which nobody gets on or off), or 5, of an emergency vehicle with its lights and siren in use.
    confidence: m around the position, the same in all directions, in which the vehicle is with 95 %; NaN: not known.
    """
    where = _within(confidence)
    high = "cam.camParameters.highFrequencyContainer.basicVehicleContainerHighFrequency"
    basic = "cam.camParameters.basicContainer"
    rare = "cam.camParameters.lowFrequencyContainer.basicVehicleContainerLowFrequency"
    low = {"exteriorLights": (0, 8), "pathHistory": [{"pathPosition": {"deltaAltitude": 12800}}]}
    special = {
        "publicTransportContainer": {"embarkationStatus": False},
        "emergencyContainer": {"lightBarSirenInUse": (0b11, 2)},
    }
    template = {
        "header": {"protocolVersion": 2, "messageID": 2},
        "cam": {
            "camParameters": {
                "basicContainer": {"referencePosition": where},
                "highFrequencyContainer": ("basicVehicleContainerHighFrequency", UNKNOWN_MOTION),
                "lowFrequencyContainer": ("basicVehicleContainerLowFrequency", low),
                "specialVehicleContainer": special,
            }
        },
    }
    return Columns(
        message("CAM"),
        template,
        {
            "header.stationID": "station",
            "cam.generationDeltaTime": "time",
            f"{basic}.stationType": "kind",
            f"{basic}.referencePosition.latitude": "latitude",
            f"{basic}.referencePosition.longitude": "longitude",
            f"{basic}.referencePosition.altitude.altitudeValue": "altitude",
            f"{high}.heading.headingValue": "heading",
            f"{high}.speed.speedValue": "speed",
            f"{high}.vehicleLength.vehicleLengthValue": "length",
            f"{high}.vehicleWidth": "width",
            f"{high}.longitudinalAcceleration.longitudinalAccelerationValue": "acceleration",
            f"{high}.yawRate.yawRateValue": "yaw_rate",
            f"{high}.curvature.curvatureValue": "curvature",
            "cam.camParameters.lowFrequencyContainer?": "low",
            f"{rare}.vehicleRole": "role",
            "cam.camParameters.specialVehicleContainer?": "special",
            "cam.camParameters.specialVehicleContainer": "container",
            f"{rare}.pathHistory#": "points",
            f"{rare}.pathHistory[].pathPosition.deltaLatitude": "north",
            f"{rare}.pathHistory[].pathPosition.deltaLongitude": "east",
            f"{rare}.pathHistory[].pathDeltaTime": "since",
        },
    )


def cam_columns(
    station: ArrayLike,
    time: ArrayLike,
    kind: ArrayLike,
    latitude: ArrayLike,
    longitude: ArrayLike,
    heading: ArrayLike,
    speed: ArrayLike,
    length: ArrayLike,
    width: ArrayLike = np.nan,
    acceleration: ArrayLike = np.nan,
    low: ArrayLike = 0,
    role: ArrayLike = 0,
    altitude: ArrayLike = np.nan,
    yaw_rate: ArrayLike = np.nan,
    curvature: ArrayLike = np.nan,
) -> dict[str, Longs]:
    """Columns of `cam()`, with empty path histories.

    station: number; time: TimestampIts of the position [ms]; kind: StationType; latitude, longitude [degrees];
    heading [degrees clockwise from north]; speed [m/s], length, width, altitude [m], acceleration forwards [m/s^2],
    yaw rate [degrees/s] and curvature [1/m] to the left, NaN where not known; low: whether the low frequency container
    is due; role: VehicleRole, with a special vehicle container for public transport and emergencies when it is due
    too (EN 302 637-2, 6.1.3).
    """
    station, role = np.asarray(station, np.int64), np.asarray(role, np.int64)
    due = np.asarray(low, np.int64)
    columns = {
        "station": station,
        "time": np.asarray(time, np.int64) % 65536,
        "kind": np.asarray(kind, np.int64),
        "latitude": steps(cdd.Latitude, latitude, MICRODEGREE),
        "longitude": steps(cdd.Longitude, longitude, MICRODEGREE),
        "altitude": steps(cdd.AltitudeValue, altitude, CENTIMETRE),
        "heading": turned(heading, DECIMETRE),
        "speed": steps(cdd.SpeedValue, speed, CENTIMETRE),
        "length": steps(cdd.VehicleLengthValue, length, DECIMETRE),
        "width": steps(cdd.VehicleWidth, width, DECIMETRE),
        "acceleration": steps(cdd.LongitudinalAccelerationValue, acceleration, DECIMETRE),
        "yaw_rate": steps(cdd.YawRateValue, yaw_rate, YAW_RATE),
        "curvature": steps(cdd.CurvatureValue, curvature, CURVATURE),
        "low": due,
        "role": role,
        "special": (due != 0) * np.isin(role, _SPECIAL).astype(np.int64),
        "container": CONTAINERS[role % len(CONTAINERS)],
        "points": np.zeros(1, np.int64),
    }
    paths = {name: np.zeros(0, np.int64) for name in ("north", "east", "since")}
    return {name: np.broadcast_to(column, station.shape) for name, column in columns.items()} | paths


def cam_quantities(columns: dict[str, Longs]) -> dict[str, Doubles]:
    """What decoded CAMs say, in the units of `cam_columns`; NaN where a message says that it is not known, or not."""
    return {
        "latitude": quantities(cdd.Latitude, columns["latitude"], MICRODEGREE),
        "longitude": quantities(cdd.Longitude, columns["longitude"], MICRODEGREE),
        "altitude": quantities(cdd.AltitudeValue, columns["altitude"], CENTIMETRE),
        "heading": quantities(cdd.HeadingValue, columns["heading"], DECIMETRE),
        "speed": quantities(cdd.SpeedValue, columns["speed"], CENTIMETRE),
        "length": quantities(cdd.VehicleLengthValue, columns["length"], DECIMETRE),
        "width": quantities(cdd.VehicleWidth, columns["width"], DECIMETRE),
        "acceleration": quantities(cdd.LongitudinalAccelerationValue, columns["acceleration"], DECIMETRE),
        "yaw_rate": quantities(cdd.YawRateValue, columns["yaw_rate"], YAW_RATE),
        "curvature": quantities(cdd.CurvatureValue, columns["curvature"], CURVATURE),
    }


@cache
def vam(confidence: float = np.nan) -> Columns:
    """VAMs of single road users: station, time, kind, latitude, longitude, altitude, heading, speed, acceleration, low,
    profile.

    Those whose `low` is 1 carry the low frequency container, with the profile: 0 an ordinary pedestrian, 1 a bicyclist
    (VruProfileAndSubprofile). confidence: as of `cam`.
    """
    basic, high = "vam.vamParameters.basicContainer", "vam.vamParameters.vruHighFrequencyContainer"
    motion = {name: UNKNOWN_MOTION[name] for name in ("heading", "speed", "longitudinalAcceleration")}
    profiles = {"pedestrian": "ordinary-pedestrian", "bicyclist": "bicyclist"}
    template = {
        "header": {"protocolVersion": 2, "messageID": 14},
        "vam": {
            "vamParameters": {
                "basicContainer": {"referencePosition": _within(confidence)},
                "vruHighFrequencyContainer": motion,
                "vruLowFrequencyContainer": {"profileAndSubprofile": profiles},
            }
        },
    }
    return Columns(
        message("VAM"),
        template,
        {
            "header.stationID": "station",
            "vam.generationDeltaTime": "time",
            f"{basic}.stationType": "kind",
            f"{basic}.referencePosition.latitude": "latitude",
            f"{basic}.referencePosition.longitude": "longitude",
            f"{basic}.referencePosition.altitude.altitudeValue": "altitude",
            f"{high}.heading.headingValue": "heading",
            f"{high}.speed.speedValue": "speed",
            f"{high}.longitudinalAcceleration.longitudinalAccelerationValue": "acceleration",
            "vam.vamParameters.vruLowFrequencyContainer?": "low",
            "vam.vamParameters.vruLowFrequencyContainer.profileAndSubprofile": "profile",
        },
    )


@cache
def bsm(elevated: bool = False) -> Columns:
    """BSMs: station, count, time, latitude, longitude, heading, speed, acceleration, yaw_rate, length, width, kind; and
    altitude (Elevation), where they are `elevated`.

    The station's number makes the 8 octets of the id; the kind is a BasicVehicleClass.
    """
    body = "bsmFrame"
    template = (
        "bsmFrame",
        {
            "pos": {},
            "transmission": "unavailable",
            "accelSet": {"lat": 2001, "vert": -127},
            "brakes": {},
            "size": {},
            "vehicleClass": {},
        },
    )
    return Columns(
        message("MESSAGE_FRAME"),
        template,
        {
            f"{body}.id": "station",
            f"{body}.msgCnt": "count",
            f"{body}.secMark": "time",
            f"{body}.pos.lat": "latitude",
            f"{body}.pos.long": "longitude",
            f"{body}.heading": "heading",
            f"{body}.speed": "speed",
            f"{body}.accelSet.long": "acceleration",
            f"{body}.accelSet.yaw": "yaw_rate",
            f"{body}.size.length": "length",
            f"{body}.size.width": "width",
            f"{body}.vehicleClass.classification": "kind",
        }
        | ({f"{body}.pos.elevation": "altitude"} if elevated else {}),
    )


def bsm_columns(
    station: ArrayLike,
    count: ArrayLike,
    time: ArrayLike,
    kind: ArrayLike,
    latitude: ArrayLike,
    longitude: ArrayLike,
    heading: ArrayLike,
    speed: ArrayLike,
    length: ArrayLike,
    width: ArrayLike,
    acceleration: ArrayLike = np.nan,
    yaw_rate: ArrayLike = 0.0,
) -> dict[str, Longs]:
    """Columns of `bsm()`: as `cam_columns`, but count: of the station's messages; time: UTC since midnight [ms].

    A BSM cannot say that its yaw rate is not known.
    """
    station = np.asarray(station, np.int64)
    columns = {
        "station": station,
        "count": np.asarray(count, np.int64) % 128,
        "time": np.asarray(time, np.int64) % _MINUTE,
        "latitude": steps(common.Latitude, latitude, MICRODEGREE),
        "longitude": steps(common.Longitude, longitude, MICRODEGREE),
        "heading": turned(heading, BSM_HEADING),
        "speed": steps(common.Speed, speed, BSM_SPEED),
        "acceleration": steps(common.Acceleration, acceleration, CENTIMETRE),
        "yaw_rate": steps(common.YawRate, yaw_rate, BSM_YAW_RATE),
        "length": steps(common.VehicleLength, length, CENTIMETRE),
        "width": steps(common.VehicleWidth, width, CENTIMETRE),
        "kind": np.asarray(kind, np.int64),
    }
    return {name: np.broadcast_to(column, station.shape) for name, column in columns.items()}


@cache
def denm() -> Columns:
    """DENMs: station, origin, sequence, detected, said, latitude, longitude, validity, kind, quality, cause, subcause.

    All in the standard's own units; a validity of 600 s, the default, is not sent.
    """
    management, situation = "denm.management", "denm.situation"
    template = {
        "header": {"protocolVersion": 2, "messageID": 1},
        "denm": {"management": {"eventPosition": position()}, "situation": {}},
    }
    return Columns(
        message("DENM"),
        template,
        {
            "header.stationID": "station",
            f"{management}.actionID.originatingStationID": "origin",
            f"{management}.actionID.sequenceNumber": "sequence",
            f"{management}.detectionTime": "detected",
            f"{management}.referenceTime": "said",
            f"{management}.eventPosition.latitude": "latitude",
            f"{management}.eventPosition.longitude": "longitude",
            f"{management}.validityDuration": "validity",
            f"{management}.stationType": "kind",
            f"{situation}.informationQuality": "quality",
            f"{situation}.eventType.causeCode": "cause",
            f"{situation}.eventType.subCauseCode": "subcause",
        },
    )


@cache
def spatem() -> Columns:
    """SPATEMs of one intersection each: station, region, intersection, revision, minute, millisecond; groups (how many
    signal groups), and for each of them: group, state, earliest, likely, bounded, latest.

    minute: of the year; millisecond: within it; state: index of a MovementPhaseState; earliest, likely, latest end:
    TimeMark; the latest is told where `bounded` is 1.
    """
    one = "spat.intersections[]"
    state = f"{one}.states[]"
    event = f"{state}.state-time-speed[]"
    template = {
        "header": {"protocolVersion": 2, "messageID": 4},
        "spat": {"intersections": [{"status": (0, 16)}]},
    }
    return Columns(
        message("SPATEM"),
        template,
        {
            "header.stationID": "station",
            "spat.intersections#": "intersections",
            f"{one}.id.region": "region",
            f"{one}.id.id": "intersection",
            f"{one}.revision": "revision",
            f"{one}.moy": "minute",
            f"{one}.timeStamp": "millisecond",
            f"{one}.states#": "groups",
            f"{state}.signalGroup": "group",
            f"{state}.state-time-speed#": "events",
            f"{event}.eventState": "state",
            f"{event}.timing.minEndTime": "earliest",
            f"{event}.timing.maxEndTime?": "bounded",
            f"{event}.timing.maxEndTime": "latest",
            f"{event}.timing.likelyTime": "likely",
        },
    )
