"""Messages to encode and decode: of the sizes that stations send."""

from __future__ import annotations

from typing import Any

from wayside.edge.messages.shapes import UNKNOWN_MOTION, position

HERE = position(487654321, 113456789)
MOTION = UNKNOWN_MOTION | {
    "heading": {"headingValue": 900, "headingConfidence": 10},
    "speed": {"speedValue": 1389, "speedConfidence": 50},
    "driveDirection": "forward",
    "vehicleLength": {"vehicleLengthValue": 45, "vehicleLengthConfidenceIndication": "noTrailerPresent"},
    "vehicleWidth": 18,
}


def all_messages() -> dict[str, tuple[str, Any]]:
    """By what they are: the name of the message, and its value."""
    return {
        "CAM, minimal": ("CAM", _cam()),
        "CAM, 10 path points": ("CAM", _cam(path=10)),
        "DENM": ("DENM", _denm()),
        "SPATEM, 8 groups": ("SPATEM", _spatem(8)),
        "MAPEM, 4 approaches x 3 lanes": ("MAPEM", _mapem(4, 3)),
        "CPM, 5 objects": ("CPM", _cpm(5)),
        "BSM": ("MESSAGE_FRAME", _bsm()),
        "RSM, 16 participants": ("MESSAGE_FRAME", _rsm(16)),
    }


def _header(message: int) -> dict[str, int]:
    return {"protocolVersion": 2, "messageID": message, "stationID": 1234567}


def _cam(path: int = 0) -> dict[str, Any]:
    parameters: dict[str, Any] = {
        "basicContainer": {"stationType": 5, "referencePosition": HERE},
        "highFrequencyContainer": ("basicVehicleContainerHighFrequency", MOTION),
    }
    if path:
        point = {"deltaLatitude": 120, "deltaLongitude": -340, "deltaAltitude": 12800}
        low = {
            "vehicleRole": "default",
            "exteriorLights": (0b10000000, 8),
            "pathHistory": [{"pathPosition": point, "pathDeltaTime": 50 + k} for k in range(path)],
        }
        parameters["lowFrequencyContainer"] = ("basicVehicleContainerLowFrequency", low)
    return {"header": _header(2), "cam": {"generationDeltaTime": 54321, "camParameters": parameters}}


def _denm() -> dict[str, Any]:
    point = {"deltaLatitude": 500, "deltaLongitude": 600, "deltaAltitude": 12800}
    return {
        "header": _header(1),
        "denm": {
            "management": {
                "actionID": {"originatingStationID": 1234567, "sequenceNumber": 17},
                "detectionTime": 694_310_400_000,
                "referenceTime": 694_310_400_100,
                "eventPosition": HERE,
                "relevanceDistance": "lessThan500m",
                "relevanceTrafficDirection": "upstreamTraffic",
                "validityDuration": 60,
                "stationType": 15,
            },
            "situation": {"informationQuality": 3, "eventType": {"causeCode": 1, "subCauseCode": 0}},
            "location": {
                "eventSpeed": {"speedValue": 200, "speedConfidence": 50},
                "traces": [[{"pathPosition": point} for _ in range(5)]],
            },
        },
    }


def _spatem(groups: int) -> dict[str, Any]:
    timing = {"minEndTime": 22_120, "likelyTime": 22_200}
    states = [
        {
            "signalGroup": group + 1,
            "state-time-speed": [
                {"eventState": "stop-And-Remain" if group % 2 else "protected-Movement-Allowed", "timing": timing}
            ],
        }
        for group in range(groups)
    ]
    intersection = {
        "id": {"region": 49, "id": 1001},
        "revision": 3,
        "status": (0, 16),
        "moy": 212_345,
        "timeStamp": 31_500,
        "states": states,
    }
    return {"header": _header(4), "spat": {"intersections": [intersection]}}


def _mapem(approaches: int, lanes: int) -> dict[str, Any]:
    lane_set = [
        {
            "laneID": 1 + approach * lanes + lane,
            "ingressApproach": approach,
            "laneAttributes": {"directionalUse": (0b10, 2), "sharedWith": (0, 10), "laneType": ("vehicle", (0, 8))},
            "maneuvers": (0b100000000000, 12),
            "nodeList": (
                "nodes",
                [{"delta": ("node-XY3", {"x": 300 + 350 * lane, "y": 700})}]
                + [{"delta": ("node-XY4", {"x": 100, "y": 2500})}] * 2,
            ),
            "connectsTo": [{"connectingLane": {"lane": 20 + lane}, "signalGroup": 1 + approach}],
        }
        for approach in range(approaches)
        for lane in range(lanes)
    ]
    intersection = {
        "id": {"region": 49, "id": 1001},
        "revision": 3,
        "refPoint": {"lat": HERE["latitude"], "long": HERE["longitude"]},
        "laneWidth": 350,
        "laneSet": lane_set,
    }
    return {"header": _header(5), "map": {"msgIssueRevision": 3, "intersections": [intersection]}}


def _cpm(objects: int) -> dict[str, Any]:
    seen = [
        {
            "objectId": 100 + k,
            "measurementDeltaTime": -50,
            "position": {
                "xCoordinate": {"value": 1200 * k, "confidence": 40},
                "yCoordinate": {"value": -3400, "confidence": 40},
            },
            "velocity": (
                "cartesianVelocity",
                {"xVelocity": {"value": 1300, "confidence": 30}, "yVelocity": {"value": -20, "confidence": 30}},
            ),
            "objectDimensionX": {"value": 45, "confidence": 5},
            "objectDimensionY": {"value": 18, "confidence": 5},
            "objectAge": 800,
            "classification": [{"objectClass": ("vehicleSubClass", 5), "confidence": 95}],
        }
        for k in range(objects)
    ]
    return {
        "header": {"protocolVersion": 2, "messageId": 14, "stationId": 1234567},
        "payload": {
            "managementContainer": {"referenceTime": 694_310_400_000, "referencePosition": HERE},
            "cpmContainers": [
                {"containerId": 2, "containerData": {}},
                {"containerId": 5, "containerData": {"numberOfPerceivedObjects": objects, "perceivedObjects": seen}},
            ],
        },
    }


def _bsm() -> tuple[str, dict[str, Any]]:
    return (
        "bsmFrame",
        {
            "msgCnt": 17,
            "id": b"00012345",
            "secMark": 31_500,
            "pos": {"lat": HERE["latitude"], "long": HERE["longitude"], "elevation": 4000},
            "transmission": "forwardGears",
            "speed": 694,
            "heading": 7200,
            "accelSet": {"long": 20, "lat": 0, "vert": 0, "yaw": 0},
            "brakes": {"brakePadel": "off"},
            "size": {"width": 180, "length": 450, "height": 30},
            "vehicleClass": {"classification": 10},
        },
    )


def _rsm(participants: int) -> tuple[str, dict[str, Any]]:
    seen = [
        {
            "ptcType": "motor",
            "ptcId": k,
            "source": "video",
            "secMark": 31_500,
            "pos": {"offsetLL": ("position-LL3", {"lon": 1200 * k, "lat": -3400})},
            "posConfidence": {"pos": "a1m"},
            "speed": 500,
            "heading": 3600,
            "size": {"width": 180, "length": 450},
        }
        for k in range(participants)
    ]
    reference = {"lat": HERE["latitude"], "long": HERE["longitude"]}
    return ("rsmFrame", {"msgCnt": 3, "id": b"RSU00001", "refPos": reference, "participants": seen})
