"""Lingang's vehicle types and paints. Lengths and heights in m, masses in kg, capacities in Wh."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from ..files import element, param

PAINTS = ("#e8e8e6", "#c9ccd1", "#2b2f36", "#6d7480", "#8c1f28", "#1f3f73", "#f4f1ea", "#465a4a", "#b58a4c")
EV_PAINTS = ("#3fb6a8", "#6fc7e8", "#f2f5f7", "#4d7ee8", "#8fd694")


def type_elements() -> list[ET.Element]:
    """Vehicle types; lengths and heights in m, masses in kg, speeds as a share of the limit."""
    plain = [
        ("car", "passenger", "passenger/sedan", 4.5, 1.5, "HBEFA4/PC_petrol_Euro-6ab", "230,230,230"),
        ("car_small", "passenger", "passenger/hatchback", 3.9, 1.5, "HBEFA4/PC_petrol_Euro-6ab", "200,90,70"),
        ("suv", "passenger", "passenger/wagon", 4.8, 1.7, "HBEFA4/PC_diesel_Euro-6d", "90,100,110"),
        ("taxi", "taxi", "taxi", 4.6, 1.5, "HBEFA4/PC_petrol_Euro-6ab", "255,196,0"),
        ("bus", "bus", "bus", 12.0, 3.2, "HBEFA4/UBus_Std_gt15-18t_Euro-VI_A-C", "30,120,200"),
        ("truck", "truck", "truck", 9.0, 3.4, "HBEFA4/RT_le7.5t_Euro-VI_A-C", "170,120,60"),
        (
            "trailer",
            "trailer",
            "truck/semitrailer",
            15.5,
            3.9,
            "HBEFA4/TT_AT_gt34-40t_Euro-VI_A-C",
            "180,70,40",
        ),
        ("ambulance", "emergency", "emergency", 6.0, 2.6, "HBEFA4/RT_le7.5t_Euro-VI_A-C", "255,60,60"),
        ("fire_engine", "emergency", "firebrigade", 8.5, 3.2, "HBEFA4/RT_le7.5t_Euro-VI_A-C", "200,0,0"),
    ]
    found = [
        element(
            "vType",
            id=id,
            vClass=kind,
            guiShape=shape,
            length=length,
            height=height,
            emissionClass=emission,
            color=color,
            speedFactor="normc(1.0,0.08,0.8,1.2)",
        )
        for id, kind, shape, length, height, emission, color in plain
    ]
    for vtype in found:
        if vtype.get("vClass") == "emergency":
            vtype.set("speedFactor", "1.2")
        if vtype.get("id") in ("truck", "trailer"):
            vtype.set("accel", "1.3" if vtype.get("id") == "truck" else "1.1")
    electric = [
        ("car_ev", 60000, 4.6, 1.55, 1750),
        ("car_ev_small", 40000, 3.9, 1.55, 1350),
        ("car_ev_large", 80000, 4.9, 1.6, 2150),
    ]
    for id, capacity, length, height, mass in electric:
        vtype = element(
            "vType",
            id=id,
            vClass="evehicle",
            guiShape="passenger/sedan",
            length=length,
            height=height,
            mass=str(mass),
            emissionClass="Energy/unknown",
            color="90,200,180",
            speedFactor="normc(1.0,0.08,0.8,1.2)",
        )
        vtype.append(param("has.battery.device", "true"))
        vtype.append(param("device.battery.capacity", str(capacity)))
        found.append(vtype)
    return found


CAPACITY = {"car_ev": 60000.0, "car_ev_small": 40000.0, "car_ev_large": 80000.0}  # Wh
