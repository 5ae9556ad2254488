"""The messages of a tick, as columns: what the shapes bind, and the columns from SI units and back.

All else in them is as the standards have it for what is not known. Arrays have one entry a message.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wayside.edge.messages.catalogue import message
from wayside.edge.messages.columns import Columns
from wayside.edge.messages.csae import common
from wayside.edge.messages.etsi import cdd
from wayside.edge.messages.si import MICRODEGREE, quantities, steps, turned

Ints = NDArray[np.int64]
Doubles = NDArray[np.float64]

_SECOND = 1000  # ms
_DAY_MINUTE = 60 * _SECOND
_CENTIMETRE, _DECIMETRE = 0.01, 0.1
_BSM_SPEED, _BSM_HEADING = 0.02, 0.0125  # m/s, degrees

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


UNKNOWN_MOTION: dict[str, Any] = {
    "heading": {"headingValue": 3601, "headingConfidence": 127},
    "speed": {"speedValue": 16383, "speedConfidence": 127},
    "driveDirection": "unavailable",
    "vehicleLength": {"vehicleLengthValue": 1023, "vehicleLengthConfidenceIndication": "unavailable"},
    "vehicleWidth": 62,
    "longitudinalAcceleration": {"longitudinalAccelerationValue": 161, "longitudinalAccelerationConfidence": 102},
    "curvature": {"curvatureValue": 1023, "curvatureConfidence": "unavailable"},
    "curvatureCalculationMode": "unavailable",
    "yawRate": {"yawRateValue": 32767, "yawRateConfidence": "unavailable"},
}


@cache
def cam() -> Columns:
    """CAMs of vehicles: station, time, kind, latitude, longitude, heading, speed, length, width, acceleration, low.

    Those whose `low` is 1 carry the low frequency container, with an empty path history.
    """
    high = "cam.camParameters.highFrequencyContainer.basicVehicleContainerHighFrequency"
    basic = "cam.camParameters.basicContainer"
    low = {"vehicleRole": "default", "exteriorLights": (0, 8), "pathHistory": []}
    template = {
        "header": {"protocolVersion": 2, "messageID": 2},
        "cam": {
            "camParameters": {
                "basicContainer": {"referencePosition": position()},
                "highFrequencyContainer": ("basicVehicleContainerHighFrequency", UNKNOWN_MOTION),
                "lowFrequencyContainer": ("basicVehicleContainerLowFrequency", low),
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
            f"{high}.heading.headingValue": "heading",
            f"{high}.speed.speedValue": "speed",
            f"{high}.vehicleLength.vehicleLengthValue": "length",
            f"{high}.vehicleWidth": "width",
            f"{high}.longitudinalAcceleration.longitudinalAccelerationValue": "acceleration",
            "cam.camParameters.lowFrequencyContainer?": "low",
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
) -> dict[str, Ints]:
    """Columns of `cam()`.

    station: number; time: TimestampIts of the position [ms]; kind: StationType; latitude, longitude [degrees];
    heading [degrees clockwise from north]; speed [m/s], length, width [m], acceleration forwards [m/s^2], NaN where
    not known; low: whether the low frequency container is due.
    """
    station = np.asarray(station, np.int64)
    columns = {
        "station": station,
        "time": np.asarray(time, np.int64) % 65536,
        "kind": np.asarray(kind, np.int64),
        "latitude": steps(cdd.Latitude, latitude, MICRODEGREE),
        "longitude": steps(cdd.Longitude, longitude, MICRODEGREE),
        "heading": turned(heading, _DECIMETRE),
        "speed": steps(cdd.SpeedValue, speed, _CENTIMETRE),
        "length": steps(cdd.VehicleLengthValue, length, _DECIMETRE),
        "width": steps(cdd.VehicleWidth, width, _DECIMETRE),
        "acceleration": steps(cdd.LongitudinalAccelerationValue, acceleration, _DECIMETRE),
        "low": np.asarray(low, np.int64),
    }
    return {name: np.broadcast_to(column, station.shape) for name, column in columns.items()}


def cam_quantities(columns: dict[str, Ints]) -> dict[str, Doubles]:
    """What decoded CAMs say, in the units of `cam_columns`; NaN where a message says that it is not known, or not."""
    return {
        "latitude": quantities(cdd.Latitude, columns["latitude"], MICRODEGREE),
        "longitude": quantities(cdd.Longitude, columns["longitude"], MICRODEGREE),
        "heading": quantities(cdd.HeadingValue, columns["heading"], _DECIMETRE),
        "speed": quantities(cdd.SpeedValue, columns["speed"], _CENTIMETRE),
        "length": quantities(cdd.VehicleLengthValue, columns["length"], _DECIMETRE),
        "width": quantities(cdd.VehicleWidth, columns["width"], _DECIMETRE),
        "acceleration": quantities(cdd.LongitudinalAccelerationValue, columns["acceleration"], _DECIMETRE),
    }


@cache
def bsm() -> Columns:
    """BSMs: station, count, time, latitude, longitude, heading, speed, acceleration, length, width, kind.

    The station's number makes the 8 octets of the id; the kind is a BasicVehicleClass.
    """
    body = "bsmFrame"
    template = (
        "bsmFrame",
        {
            "pos": {},
            "transmission": "unavailable",
            "accelSet": {"lat": 2001, "vert": -127, "yaw": 0},
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
            f"{body}.size.length": "length",
            f"{body}.size.width": "width",
            f"{body}.vehicleClass.classification": "kind",
        },
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
) -> dict[str, Ints]:
    """Columns of `bsm()`: as `cam_columns`, but count: of the station's messages; time: UTC since midnight [ms]."""
    station = np.asarray(station, np.int64)
    columns = {
        "station": station,
        "count": np.asarray(count, np.int64) % 128,
        "time": np.asarray(time, np.int64) % _DAY_MINUTE,
        "latitude": steps(common.Latitude, latitude, MICRODEGREE),
        "longitude": steps(common.Longitude, longitude, MICRODEGREE),
        "heading": turned(heading, _BSM_HEADING),
        "speed": steps(common.Speed, speed, _BSM_SPEED),
        "acceleration": steps(common.Acceleration, acceleration, _CENTIMETRE),
        "length": steps(common.VehicleLength, length, _CENTIMETRE),
        "width": steps(common.VehicleWidth, width, _CENTIMETRE),
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
    signal groups), and for each of them: group, state, earliest, likely.

    minute: of the year; millisecond: within it; state: index of a MovementPhaseState; earliest, likely end: TimeMark.
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
            f"{event}.timing.likelyTime": "likely",
        },
    )
