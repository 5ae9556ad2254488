"""What a vehicle of one of SUMO's vehicle classes is to V2X."""

from __future__ import annotations

from wayside.edge.messages.stations import StationType

# By SUMO's vClass; classes not named here are unknown.
STATION_TYPES = {
    "pedestrian": StationType.PEDESTRIAN,
    "wheelchair": StationType.PEDESTRIAN,
    "bicycle": StationType.CYCLIST,
    "scooter": StationType.CYCLIST,
    "moped": StationType.MOPED,
    "motorcycle": StationType.MOTORCYCLE,
    "private": StationType.PASSENGER,
    "vip": StationType.PASSENGER,
    "passenger": StationType.PASSENGER,
    "hov": StationType.PASSENGER,
    "taxi": StationType.PASSENGER,
    "evehicle": StationType.PASSENGER,
    "custom1": StationType.PASSENGER,
    "custom2": StationType.PASSENGER,
    "bus": StationType.BUS,
    "coach": StationType.BUS,
    "delivery": StationType.LIGHT_TRUCK,
    "truck": StationType.HEAVY_TRUCK,
    "trailer": StationType.HEAVY_TRUCK,
    "emergency": StationType.SPECIAL_VEHICLE,
    "authority": StationType.SPECIAL_VEHICLE,
    "army": StationType.SPECIAL_VEHICLE,
    "tram": StationType.TRAM,
    "rail_urban": StationType.TRAM,
}

# Antennas at 3.0 m, and in the way of others' signals (vehicle type 3 of TR 37.885).
TALL = frozenset({"bus", "coach", "truck", "trailer", "tram", "rail_urban"})

# SUMO's class of those who walk.
PEDESTRIANS = "pedestrian"
# Whose devices say VAMs. Riders of mopeds and motorcycles (profile 3 of TS 103 300-2) say CAMs.
VULNERABLE = frozenset({StationType.PEDESTRIAN, StationType.CYCLIST})
