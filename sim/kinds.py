"""What a vehicle of one of SUMO's vehicle classes is to V2X."""

from __future__ import annotations

UNKNOWN, PEDESTRIAN, CYCLIST, MOPED, MOTORCYCLE, PASSENGER, BUS, LIGHT_TRUCK, HEAVY_TRUCK = range(9)
SPECIAL_VEHICLE, TRAM = 10, 11

# StationType of TS 102 894-2 V1.3.1 by SUMO's vClass; classes not named here are 0, unknown.
STATION_TYPES = {
    "pedestrian": PEDESTRIAN,
    "wheelchair": PEDESTRIAN,
    "bicycle": CYCLIST,
    "scooter": CYCLIST,
    "moped": MOPED,
    "motorcycle": MOTORCYCLE,
    "private": PASSENGER,
    "vip": PASSENGER,
    "passenger": PASSENGER,
    "hov": PASSENGER,
    "taxi": PASSENGER,
    "evehicle": PASSENGER,
    "custom1": PASSENGER,
    "custom2": PASSENGER,
    "bus": BUS,
    "coach": BUS,
    "delivery": LIGHT_TRUCK,
    "truck": HEAVY_TRUCK,
    "trailer": HEAVY_TRUCK,
    "emergency": SPECIAL_VEHICLE,
    "authority": SPECIAL_VEHICLE,
    "army": SPECIAL_VEHICLE,
    "tram": TRAM,
    "rail_urban": TRAM,
}

# Antennas at 3.0 m, and in the way of others' signals (vehicle type 3 of TR 37.885).
TALL = frozenset({"bus", "coach", "truck", "trailer", "tram", "rail_urban"})
