"""v2x.pcap: every packet of a run as an Ethernet frame, with the simulation's time as its clock."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from wayside.edge.messages.kinds import Kind
from wayside.edge.messages.octets import Octets
from wayside.edge.messages.si import timestamp_its
from wayside.edge.net import dsmp, frames, pcap
from wayside.edge.net import geonetworking as gn
from wayside.ext.arrays import Bytes, Flags, Longs
from wayside.sim.disk.ballast import Ballast, Sink
from wayside.sim.wire.units import has_area

# Locally administered addresses (IEEE 802c), by the number of a vehicle or a unit.
VEHICLES: Final = 0x0200_0000_0000
UNITS: Final = 0x0201_0000_0000
LIFETIME: Final = 1.0  # s, of what is sent to all who hear it: CAM's (EN 302 637-2, 5.3.4.1), taken for the others too
AREA: Final = 1000.0  # m around a hazard's sender, where its application has said no radius
_FASTEST: Final = 163.83  # m/s, that a header can say; faster is said as this (EN 302 636-4-1, 9.5.2, has no word)
_WIDEST: Final = 65535.0  # m, that an area can be
_MOST_HELD: Final = 1 << 19  # octets that are held; less than the ballast, which must be enough for what is written
_SECOND: Final = 1_000_000_000  # ns


def framed(
    family: str,
    epoch: float,
    kind: Kind,
    messages: Octets,
    *,
    time: float,
    from_unit: bool,
    sender: ArrayLike,
    station_type: ArrayLike,
    latitude: ArrayLike,
    longitude: ArrayLike,
    speed: ArrayLike = 0.0,
    heading: ArrayLike = 0.0,
    radius: float = np.inf,
    to: ArrayLike | None = None,
    sequence: ArrayLike = 0,
    source: ArrayLike | None = None,
    made: ArrayLike | None = None,
    hops: ArrayLike = gn.HOPS,
    remaining: ArrayLike | None = None,
) -> Octets:
    """Ethernet frames of messages of one kind; arrays have one entry a packet, a single value stands for all.

    family: "etsi" (GeoNetworking and BTP) or "csae" (DSMP); epoch: UTC of the simulation's second 0 [s since 1970];
    time: when they were made [s]; sender, to: numbers of vehicles or units (from_unit), and of the receiver of a
    unicast, a unit of vehicles' and a vehicle of units'; latitude, longitude [degrees], speed [m/s], heading [degrees
    clockwise from north] of the sender; radius: m around the sender, infinite for all who hear it; sequence: number of
    a geo-broadcast among its sender's (EN 302 636-4-1, 8.3). Of one that others forward, all but who sends it is its
    source's: source, the MAC address as a number, and made, when that was [s]; hops, remaining: its hop limit at first
    and now. EncodeError for what the headers cannot express.
    """
    rows = len(messages.offsets) - 1
    columns: dict[str, Any] = {"mac": (UNITS if from_unit else VEHICLES) + np.asarray(sender, np.int64)}
    if to is not None:
        columns["destination"] = (VEHICLES if from_unit else UNITS) + np.asarray(to, np.int64)
    columns = {key: np.broadcast_to(column, (rows,)) for key, column in columns.items()}
    if family != "etsi":
        mac, to_mac = columns["mac"], columns.get("destination")
        return Octets(*dsmp.frames(kind.csae.port, mac, messages.buffer, messages.offsets, to_mac))
    columns |= {
        "latitude": latitude,
        "longitude": longitude,
        "speed": np.clip(speed, -_FASTEST, _FASTEST),
        "heading": np.asarray(heading, np.float64) % 360.0,
        "station_type": station_type,
        "time": timestamp_its(epoch + time),
        "port": kind.etsi.port,
        "traffic_class": kind.category,
        "mobile": int(not from_unit),
        "lifetime": LIFETIME,
    }
    if not has_area(family, kind, radius):
        return Octets(*frames.shb(columns, messages.buffer, messages.offsets))
    columns |= {
        "lifetime": gn.LIFETIME,
        "sequence": sequence,
        "area_latitude": latitude,
        "area_longitude": longitude,
        "a": min(radius, _WIDEST) if np.isfinite(radius) else AREA,
        "hops": hops,
        "remaining": hops if remaining is None else remaining,
    }
    if source is not None:
        columns |= {"link": columns["mac"], "mac": source, "mobile": (np.asarray(source) < UNITS).astype(np.int64)}
    if made is not None:
        columns["time"] = [timestamp_its(epoch + one) for one in np.broadcast_to(made, (rows,)).tolist()]
    return Octets(*frames.gbc(columns, messages.buffer, messages.offsets))


def _some(column: Any, rows: Flags) -> Any:
    """These rows of a column; a single value stays one."""
    return np.broadcast_to(np.asarray(column), rows.shape)[rows] if np.ndim(column) else column


class Sequences:
    """Numbers of geo-broadcasts, counted by sender from 0 on."""

    def __init__(self) -> None:
        self._next: dict[tuple[bool, int], int] = {}

    def take(self, from_unit: bool, senders: ArrayLike) -> list[int]:
        """The next number of each of these senders; who is there twice gets two."""
        found = []
        for sender in np.atleast_1d(np.asarray(senders, np.int64)).tolist():
            number = self._next.get((from_unit, sender), 0)
            self._next[from_unit, sender] = (number + 1) % 65536
            found.append(number)
        return found


class Capture:
    """Writes the file. family: "etsi" or "csae"; epoch: UTC of the simulation's second 0 [s since 1970].

    Frames come in pieces of one kind (`add`) and go to the file in the order of their times at each `tick`. OSError
    where the disk has run full: what was written until then stays, and is whole; nothing is written from then on.
    """

    def __init__(self, path: Path, ballast: Ballast, family: str, epoch: float) -> None:
        self.family = family
        self.epoch = epoch
        self._since_1970 = round(epoch * 1000) * 1_000_000  # ns
        self._held: list[tuple[Longs, Bytes, Longs]] = []
        self._octets = 0
        self._sequences = Sequences()
        self._broken = self._told = False
        self._sink = Sink(path, ballast)
        self._whole = 0
        self._put(np.frombuffer(pcap.head(), np.uint8))

    def add(
        self,
        kind: Kind,
        messages: Octets,
        *,
        time: float,
        delay: ArrayLike,
        from_unit: bool,
        sender: ArrayLike,
        radius: float = np.inf,
        **columns: Any,
    ) -> None:
        """Packets of one kind, as `framed` has them, but for the sequence numbers.

        delay: until they were received [s], NaN for what was never sent.
        """
        rows = len(messages.offsets) - 1
        late = np.broadcast_to(np.asarray(delay, np.float64), (rows,))
        sent = np.isfinite(late)
        if self._broken or not sent.any():
            return
        columns["sender"] = np.broadcast_to(np.asarray(sender), (rows,))
        if not sent.all():
            messages = messages.take(np.flatnonzero(sent))
            columns = {key: _some(column, sent) for key, column in columns.items()}
        if has_area(self.family, kind, radius) and "sequence" not in columns:
            columns["sequence"] = self._sequences.take(from_unit, columns["sender"])
        found = framed(
            self.family, self.epoch, kind, messages, time=time, from_unit=from_unit, radius=radius, **columns
        )
        times = self._since_1970 + round(time * _SECOND) + np.rint(late[sent] * _SECOND).astype(np.int64)
        self._held.append((times, found.buffer, found.offsets))
        self._octets += len(found.buffer)
        if self._octets >= _MOST_HELD:
            self.tick()

    def tick(self) -> None:
        """Write what has been added since the last time."""
        if not self._held or self._broken:
            return
        times, buffers, parts = zip(*self._held, strict=True)
        self._held.clear()
        self._octets = 0
        when, buffer = np.concatenate(times), np.concatenate(buffers)
        sizes = np.concatenate([np.diff(part) for part in parts])
        starts = np.cumsum(sizes) - sizes
        order = np.argsort(when, kind="stable")
        offsets = np.concatenate(([0], np.cumsum(sizes[order])))
        taken = np.repeat(starts[order] - offsets[:-1], sizes[order]) + np.arange(offsets[-1])
        self._put(pcap.records(buffer[taken], offsets, when[order])[0])

    def _put(self, octets: Bytes) -> None:
        try:
            self._sink.write(octets.data)
        except OSError:
            self._broken = True
            self._sink.truncate(self._whole)
            raise
        self._whole += len(octets)
        if self._sink.full is not None and not self._told:
            self._told = self._broken = True
            raise self._sink.full

    def close(self) -> None:
        """Write what is left; the file is whole from here on."""
        try:
            self.tick()
        finally:
            self._sink.close()
