"""The frames of a tick: Ethernet, GeoNetworking and BTP-B headers before many messages at once, from columns.

Octet for octet what `ethernet`, `geonetworking` and `btp` make of one. Columns have a value a message, or one for all:

    station_type, mac        StationType, and the sender's MAC address as a number (48 bits)
    time                     TimestampIts of the position [ms]
    latitude, longitude      degrees
    speed, heading           m/s, degrees clockwise from north                          0
    accurate, mobile         0 or 1                                                     1
    port, info               of BTP-B                                                   info: 0
    destination              the receiver's MAC address as a number                     all
    link                     the MAC address of who sends it now, as a number           mac
    lifetime, traffic_class  s, number                                                  60, 0

and for geo-broadcasts

    sequence                 sequence number
    shape                    index in `geonetworking.SHAPES`                            0, circle
    area_latitude, area_longitude, a, b, angle    degrees, m, degrees                   b, angle: 0
    hops, remaining          hop limit at first and now                                 10, hops
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wayside.edge.errors import EncodeError
from wayside.edge.net import btp, ethernet
from wayside.edge.net import geonetworking as gn
from wayside.edge.net.fields import Field, column, lengths, prefixed
from wayside.ext.arrays import Bytes, Longs

Columns = Mapping[str, ArrayLike]

_FIRST: Final = [
    ("destination_high", ">u2"),
    ("destination_low", ">u4"),
    ("source_high", ">u2"),
    ("source_low", ">u4"),
    ("ethertype", ">u2"),
    ("version", "u1"),
    ("reserved", "u1"),
    ("lifetime", "u1"),
    ("remaining", "u1"),
    ("next", "u1"),
    ("type", "u1"),
    ("traffic", "u1"),
    ("flags", "u1"),
    ("length", ">u2"),
    ("hops", "u1"),
    ("reserved_2", "u1"),
]
_POSITION: Final = [
    ("address", ">u8"),
    ("time", ">u4"),
    ("latitude", ">i4"),
    ("longitude", ">i4"),
    ("speed", ">u2"),
    ("heading", ">u2"),
]
_SEQUENCE: Final = [("sequence", ">u2"), ("reserved_3", ">u2")]
_AREA: Final = [
    ("area_latitude", ">i4"),
    ("area_longitude", ">i4"),
    ("a", ">u2"),
    ("b", ">u2"),
    ("angle", ">u2"),
    ("reserved_4", ">u2"),
]
_LAST: Final = [("port", ">u2"), ("info", ">u2")]
_SHB: Final = np.dtype(_FIRST + _POSITION + [("media", ">u4")] + _LAST)
_GBC: Final = np.dtype(_FIRST + _SEQUENCE + _POSITION + _AREA + _LAST)
SHB_SIZE: Final = _SHB.itemsize  # octets before a message, Ethernet's too
GBC_SIZE: Final = _GBC.itemsize

_MAC: Final = Field("mac", 0, 2**48 - 1)
_DESTINATION: Final = Field("destination", 0, 2**48 - 1)
_LINK: Final = Field("link", 0, 2**48 - 1)
_TIME: Final = Field("time", 0, 2**42 - 1, unit="ms")  # TimestampIts
_ACCURATE, _MOBILE = Field("accurate", 0, 1), Field("mobile", 0, 1)
_SHAPE: Final = Field("shape", 0, len(gn.SHAPES) - 1)


def shb(columns: Columns, buffer: Bytes, offsets: Longs) -> tuple[Bytes, Longs]:
    """Single-hop broadcasts of messages; message k is buffer[offsets[k]:offsets[k + 1]], and so are the frames.

    EncodeError names the column, the row, the value and what is allowed.
    """
    heads = _heads(_SHB, columns, lengths(buffer, offsets))
    heads["type"], heads["hops"], heads["remaining"] = gn.SINGLE_HOP, 1, 1
    return prefixed(heads, buffer, offsets)


def gbc(columns: Columns, buffer: Bytes, offsets: Longs) -> tuple[Bytes, Longs]:
    """Geo-broadcasts of messages, as `shb`."""
    heads = _heads(_GBC, columns, lengths(buffer, offsets))
    rows = len(heads)
    heads["sequence"] = gn.SEQUENCE.many(column(columns, "sequence"), rows)
    shape = _SHAPE.many(column(columns, "shape", 0), rows)
    heads["type"] = gn.GEO_BROADCAST + shape
    heads["hops"] = hops = gn.HOP_LIMIT.many(column(columns, "hops", gn.HOPS), rows)
    heads["remaining"] = remaining = gn.REMAINING.many(column(columns, "remaining", hops), rows)
    if (remaining > hops).any():
        row = int(np.argmax(remaining > hops))
        said = f"GN remaining hop limit remaining[{row}] = {remaining[row]}"
        raise EncodeError(f"{said}: must be at most {hops[row]}, the maximum")
    heads["area_latitude"] = gn.AREA_LATITUDE.many(column(columns, "area_latitude"), rows)
    heads["area_longitude"] = gn.AREA_LONGITUDE.many(column(columns, "area_longitude"), rows)
    heads["a"] = gn.DISTANCE_A.many(column(columns, "a"), rows)
    heads["b"] = gn.DISTANCE_B.many(column(columns, "b", 0), rows)
    heads["angle"] = gn.ANGLE.many(column(columns, "angle", 0), rows)
    uneven = (shape == gn.SHAPES.index("circle")) & ((heads["b"] != 0) | (heads["angle"] != 0))
    if uneven.any():
        row = int(np.argmax(uneven))
        values = f"b[{row}] = {heads['b'][row]}, angle[{row}] = {heads['angle'][row]}"
        raise EncodeError(f"GN area distance {values}: must be 0 for a circle")
    return prefixed(heads, buffer, offsets)


def _heads(dtype: np.dtype[np.void], columns: Columns, sizes: Longs) -> NDArray[np.void]:
    """What both have."""
    rows = len(sizes)
    heads = np.zeros(rows, dtype)

    def given(field: Field, name: str, otherwise: ArrayLike | None = None) -> Longs:
        return field.many(column(columns, name, otherwise), rows)

    mac = given(_MAC, "mac")
    to = given(_DESTINATION, "destination", int.from_bytes(ethernet.BROADCAST, "big"))
    heads["destination_high"], heads["destination_low"] = to >> 32, to & 0xFFFFFFFF
    link = given(_LINK, "link", mac)
    heads["source_high"], heads["source_low"] = link >> 32, link & 0xFFFFFFFF
    heads["ethertype"] = ethernet.GEONETWORKING
    heads["version"] = gn.VERSION << 4 | 1
    heads["lifetime"] = _lifetimes(given(gn.LIFETIMES, "lifetime", gn.LIFETIME), columns)
    heads["next"] = gn.NEXT.index("btp-b") << 4
    heads["traffic"] = given(gn.TRAFFIC_CLASS, "traffic_class", 0)
    heads["flags"] = given(_MOBILE, "mobile", 1) << 7
    heads["length"] = gn.LENGTH.many(sizes + btp.SIZE, rows)
    heads["address"] = given(gn.STATION_TYPE, "station_type").astype(np.uint64) << np.uint64(58) | mac.astype(np.uint64)
    heads["time"] = given(_TIME, "time") % 2**32
    heads["latitude"], heads["longitude"] = given(gn.LATITUDE, "latitude"), given(gn.LONGITUDE, "longitude")
    heads["speed"] = given(_ACCURATE, "accurate", 1) << 15 | given(gn.SPEED, "speed", 0.0) & 0x7FFF
    heads["heading"] = given(gn.HEADING, "heading", 0.0) % gn.TURN
    heads["port"], heads["info"] = given(btp.DESTINATION, "port"), given(btp.INFO, "info", 0)
    return heads


def _lifetimes(checked: Longs, columns: Columns) -> Longs:
    """`geonetworking.lifetime_octet` of each; there are few that differ."""
    seconds = np.broadcast_to(np.asarray(column(columns, "lifetime", gn.LIFETIME), np.float64), checked.shape)
    different, inverse = np.unique(seconds, return_inverse=True)
    return np.array([gn.lifetime_octet(float(value)) for value in different], np.int64)[inverse]
