"""What anybody's CPMs say of objects, many messages at once (TS 103 324 V2.1.1)."""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

import numpy as np

from wayside.edge.messages.catalogue import message as schema
from wayside.edge.messages.columns import MISSING, Columns
from wayside.edge.messages.etsi import cdd2
from wayside.edge.messages.octets import Octets
from wayside.edge.messages.si import MICRODEGREE, ONE_IN_95_PERCENT, quantities
from wayside.edge.messages.stations import StationType
from wayside.ext.arrays import Bytes, Doubles, Ints, Longs
from wayside.sim.wire.cpms import (
    CENTIMETRE,
    CLASS,
    DECIMETRE,
    FIELDS,
    KNOWN,
    MILLISECOND,
    OBJECT,
    VEHICLE,
    VRU,
    CpmObjects,
)

_TYPES: Final = (StationType.PEDESTRIAN, StationType.CYCLIST, StationType.MOTORCYCLE)


@cache
def _said() -> Columns:
    """Of anybody's CPMs, to be read."""
    inside = "payload.cpmContainers[].containerData.5"
    management = "payload.managementContainer"
    return Columns(
        schema("CPM"),
        {},
        {
            "header.stationId": "station",
            f"{management}.referenceTime": "time",
            f"{management}.referencePosition.latitude": "latitude",
            f"{management}.referencePosition.longitude": "longitude",
            f"{management}.segmentationInfo.thisMsgNo": "segment",
            "payload.cpmContainers#": "containers",
            f"{inside}.perceivedObjects#": "count",
            **{f"{inside}.{path}": column for path, column in FIELDS.items()},
            f"{inside}.{OBJECT}.classification#": "classes",
            f"{inside}.{CLASS}.objectClass": "choice",
            f"{inside}.{CLASS}.objectClass.vehicleSubClass": "vehicle",
            f"{inside}.{CLASS}.objectClass.vruSubClass": "vru",
        },
    )


class SaidCpms(NamedTuple):
    """What CPMs say: station, time (TimestampIts [ms]), place [degrees], segment, of each message; the objects of all,
    and the message that has each. valid: which could be read and say where they are.
    """

    station: Longs
    time: Longs
    latitude: Doubles
    longitude: Doubles
    segment: Ints
    message: Ints
    objects: CpmObjects
    valid: Bytes


def decode(octets: Octets) -> SaidCpms:
    """What anybody's CPMs say of objects; what a message leaves out is NaN, of speeds 0."""
    said, valid = _said().decode_batch(*octets)
    latitude = quantities(cdd2.Latitude, said["latitude"], MICRODEGREE)
    longitude = quantities(cdd2.Longitude, said["longitude"], MICRODEGREE)
    good = valid.astype(bool) & np.isfinite(latitude) & np.isfinite(longitude)
    # From objects to containers to messages.
    container = np.repeat(np.arange(len(said["containers"])), said["containers"])
    message = np.repeat(container, said["count"]).astype(np.int32)
    classes = said["classes"]
    first = np.cumsum(classes) - classes
    n = len(classes)

    def of_class(name: str) -> Longs:
        found = np.full(n, MISSING, np.int64)
        some = classes > 0
        found[some] = said[name][first[some]]
        return found

    choice, vehicle, vru = of_class("choice"), of_class("vehicle"), of_class("vru")
    kind = np.full(n, StationType.UNKNOWN, np.int32)
    motor, person = choice == VEHICLE, choice == VRU
    kind[motor] = _KIND_OF_VEHICLE[np.clip(vehicle[motor], 0, len(_KIND_OF_VEHICLE) - 1)]
    kind[person] = _KIND_OF_VRU[np.clip(vru[person], 0, len(_KIND_OF_VRU) - 1)]
    speed = quantities(cdd2.VelocityComponentValue, said["velocity_east"], CENTIMETRE)
    north = quantities(cdd2.VelocityComponentValue, said["velocity_north"], CENTIMETRE)
    speed[np.isnan(speed)] = 0.0
    north[np.isnan(north)] = 0.0
    angle = quantities(cdd2.CartesianAngleValue, said["heading"], DECIMETRE)
    objects = CpmObjects(
        np.maximum(said["id"], 0).astype(np.int32),
        np.asarray(said["delta"] * MILLISECOND, np.float64),
        np.asarray(said["east"] * CENTIMETRE, np.float64),
        np.asarray(said["north"] * CENTIMETRE, np.float64),
        speed,
        north,
        (90.0 - angle) % 360.0,
        quantities(cdd2.ObjectDimensionValue, said["length"], DECIMETRE),
        quantities(cdd2.ObjectDimensionValue, said["width"], DECIMETRE),
        quantities(cdd2.CoordinateConfidence, said["x_confidence"], CENTIMETRE) / ONE_IN_95_PERCENT,
        quantities(cdd2.SpeedConfidence, said["vx_confidence"], CENTIMETRE) / ONE_IN_95_PERCENT,
        np.where(said["age"] == MISSING, np.nan, said["age"] * MILLISECOND),
        kind,
    )
    keep = good[message] if n else np.zeros(0, bool)
    return SaidCpms(
        np.where(valid, said["station"], -1),
        np.where(good, said["time"], 0),
        latitude,
        longitude,
        np.where(said["segment"] == MISSING, 1, said["segment"]).astype(np.int32),
        message[keep],
        CpmObjects._make(column[keep] for column in objects),
        good.view(np.uint8),
    )


_KIND_OF_VEHICLE: Final = np.array([kind if kind in {k.value for k in KNOWN} else 0 for kind in range(15)], np.int32)
_KIND_OF_VRU: Final = np.array([*_TYPES, StationType.UNKNOWN], np.int32)
