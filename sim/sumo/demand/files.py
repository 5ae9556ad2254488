"""A run's demand: SUMO's route files written anew, with what a replication has drawn of them.

Files are streamed: what is held at a time is one vehicle, those whose departures may still change places, and, as in
SUMO itself, the types and the routes that have names.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from xml.parsers import expat

from wayside.sim.scenario.configuration import read_time
from wayside.sim.scenario.distributions import walk
from wayside.sim.sumo.demand import flows
from wayside.sim.sumo.demand.draws import Draws
from wayside.sim.sumo.demand.elements import (
    CHUNK,
    Departures,
    Node,
    feed,
    first_edge,
    is_packed,
    opening,
    reading,
    text_of,
    writing,
)
from wayside.sim.sumo.demand.kinds import OWN, USUAL, DemandTypes
from wayside.sim.sumo.references import open_unpacked

_ROOTS = ("routes", "additional", "add")  # of files in which an interval holds flows
_PEOPLE = {  # SUMO's type of those that name none
    "person": "DEFAULT_PEDTYPE",
    "personFlow": "DEFAULT_PEDTYPE",
    "container": "DEFAULT_CONTAINERTYPE",
    "containerFlow": "DEFAULT_CONTAINERTYPE",
}
_ONES = ("vehicle", "trip", "person", "container")
_FLOWS = ("flow", "personFlow", "containerFlow")
_RIDES = ("ride", "transport")
_WALKS = ("walk", "personTrip", "tranship", "stop")
_PUBLIC = frozenset({"busStop", "trainStop"})
# Of stops where others are waited for.
_BOUND = frozenset({"triggered", "expected", "containerTriggered", "expectedContainers", "join", "split"})
_WORDS = re.compile(rb"<(?:vehicle|trip|flow|vType|person|container|route|interval|calibrator)")
_OWN_DEFAULT = re.compile(rb"""<vType[^>]*\sid\s*=\s*["']DEFAULT_VEHTYPE["']""")
_RIDE_WORDS = (b"<ride", b"<transport")
_OVERLAP = 400  # bytes, more than what is looked for may be long
_WIDE = (b"\xff\xfe", b"\xfe\xff")  # at the begin of a file in UTF-16, in which no word is found

# Who is left as the files have it, and why.
TRANSIT = "of public transport"
RIDDEN = "that somebody rides in, or that wait for somebody"
RIDERS = "people and goods that ride"
CALIBRATED = "flows of calibrators"
LOADED = "those of the loaded state"
SCENERY = ""  # what stands there as the simulation begins is no traffic, and its place has no room for two


@dataclass
class Drawn:
    """What was drawn for all of a replication, and what has become of the vehicles and people in the files."""

    replication: int | None
    seed: int
    values: dict[str, float]  # by dotted name
    in_files: int = 0  # flows not counted
    left_out: int = 0
    repeated: int = 0


class DemandFiles:
    """All files with demand of one configuration, in the order in which SUMO loads them."""

    def __init__(self, draws: Draws, files: Mapping[Path, bool], begin: float, loaded: bool = False) -> None:
        """files: those that may hold demand, and of each whether SUMO leaves out what is out of the order of departure,
        as it does in route files; begin: of the simulation, s; loaded: whether it begins with a saved state.

        Looks through the files for what must be known before. ScenarioError for one that cannot be read.
        """
        self.draws = draws
        self.begin = begin
        self.drawn = Drawn(draws.demand.replication, draws.demand.seed, draws.told)
        self.untouched: Counter[str] = Counter()  # by the reason
        self.origins: dict[str, str] = {}  # by named route or distribution of routes
        self.routes: dict[
            str, tuple[tuple[str, ...], tuple[float, ...]]
        ] = {}  # distributions: routes, weights added up
        self.public: set[str] = set()  # named routes with stops of public transport
        self.ridden: set[str] = set()  # ids and lines that somebody rides
        self._own_default = False
        self.files = {path: in_order for path, in_order in files.items() if self._concerns(path)}
        self.kinds = DemandTypes(draws, self._own_default)
        if loaded:
            self.untouched[LOADED] = 1

    def _concerns(self, path: Path) -> bool:
        """Whether there is demand in a file; who rides in what is noted, too."""
        demand = rides = False
        tail = b""
        with reading(path), open_unpacked(path) as stream:
            while chunk := stream.read(CHUNK):
                wide = not tail and chunk.startswith(_WIDE)
                near = tail + chunk
                demand = demand or wide or _WORDS.search(near) is not None
                rides = rides or wide or any(word in near for word in _RIDE_WORDS)
                if USUAL.encode() in near and _OWN_DEFAULT.search(near):
                    self._own_default = True
                tail = near[-_OVERLAP:]
        if rides:

            def note(tag: str, attributes: dict[str, str]) -> None:
                if tag in _RIDES:
                    self.ridden.update(attributes.get("lines", "").split())

            parser = expat.ParserCreate()
            parser.StartElementHandler = note
            feed(parser, path)
        return demand

    def rewrite(self, source: Path, target: Path, edits: Mapping[int, Mapping[str, str]]) -> list[str]:
        """Write `source` to `target` as the replication has it; a line for what SUMO would have warned of.

        edits: new values of attributes, by the offset [bytes] of their element in the unpacked file. ScenarioError
        where the file is not XML to its end.
        """
        with writing(target, is_packed(source)) as out:
            departures = Departures(out, self.files[source], self.draws.least_offset)
            _File(self, departures).go(source, edits)
        if not (late := departures.late):
            return []
        more = f" and {len(late) - 1} more" if len(late) > 1 else ""
        return [f'{source}: "{late[0]}"{more} left out, as SUMO does: not in the order of departure']

    def ended(self) -> list[str]:
        """A line for each thing that was asked for and cannot be had. ScenarioError for a kind that is none."""
        warnings = self.kinds.unknown()
        untouched = {reason: count for reason, count in sorted(self.untouched.items()) if reason}
        if untouched and (self.draws.moving or self.draws.scaling):
            told = ", ".join(
                reason if reason == LOADED else f"{count:,} {reason}" for reason, count in untouched.items()
            )
            warnings.append(f"{self.draws.where}: neither more, fewer nor moved, but as the files have it: {told}")
        return warnings


class _File:
    """One file on its way."""

    def __init__(self, files: DemandFiles, departures: Departures) -> None:
        self.files = files
        self.draws = files.draws
        self.out = departures
        self._handlers: dict[str, Callable[[Node], None]] = {
            "vType": self._type,
            "vTypeDistribution": self._type_distribution,
            "route": self._route,
            "routeDistribution": self._route_distribution,
            "calibrator": self._calibrator,
            "include": self._include,
            **dict.fromkeys(_ONES, self._one),
            **dict.fromkeys(_FLOWS, self._flow),
        }

    def go(self, source: Path, edits: Mapping[int, Mapping[str, str]]) -> None:
        """Read all of `source`."""
        parser = expat.ParserCreate()
        stack: list[Node] = []  # below the root
        root = ""
        interval: dict[str, str] | None = None  # the one that flows stand in: begin and end
        handlers = self._handlers

        def start(tag: str, attributes: dict[str, str]) -> None:
            nonlocal root, interval
            if edits and (edit := edits.get(parser.CurrentByteIndex)):
                attributes = {**attributes, **edit}
            if stack:
                node = Node(tag, attributes, [])
                stack[-1].children.append(node)
                stack.append(node)
            elif not root:
                root = tag
                self.out.write(f'<?xml version="1.0" encoding="UTF-8"?>\n{opening(tag, attributes)}>\n')
                if own := self.files.kinds.own():
                    self.out.write(text_of(own))
            elif interval is None and tag == "interval" and root in _ROOTS:
                interval = attributes
            else:
                stack.append(
                    Node(tag, flows.within(attributes, interval) if interval and tag in _FLOWS else attributes, [])
                )

        def end(tag: str) -> None:
            nonlocal interval
            if len(stack) > 1:
                stack.pop()
            elif stack:
                node = stack.pop()
                if handler := handlers.get(tag):
                    handler(node)
                else:
                    self.out.write(text_of(node))
            elif interval is not None:
                interval = None
            else:
                self.out.flush()
                self.out.write(f"</{tag}>\n")

        parser.StartElementHandler = start
        parser.EndElementHandler = end
        feed(parser, source)

    # What others name

    def _type(self, node: Node) -> None:
        self.out.write(text_of(self.files.kinds.type(node)))

    def _type_distribution(self, node: Node) -> None:
        for one in self.files.kinds.distribution(node):
            self.out.write(text_of(one))

    def _route(self, node: Node) -> None:
        self._note(node, node.attributes.get("id", ""))
        self.out.write(text_of(self._with_stays(node, node.attributes.get("id", ""))))

    def _note(self, route: Node, id: str) -> None:
        if self.draws.by_origin and "edges" in route.attributes:
            self.files.origins[id] = first_edge(route)
        if any(map(_is_public, route.children)):
            self.files.public.add(id)

    def _route_distribution(self, node: Node) -> None:
        files, attributes = self.files, node.attributes
        id = attributes.get("id", "")
        names = attributes.get("routes", "").split()
        said = [_number(text) for text in attributes.get("probabilities", "").split()]
        weights = [*said, *[1.0] * len(names)][: len(names)]
        named = True
        for child in node.children:
            if child.tag == "route":
                named = named and "refId" in child.attributes  # SUMO forgets the names of those that stand in it
                name = child.attributes.get("refId") or child.attributes.get("id", "")
                names.append(name)
                weights.append(_number(child.attributes.get("probability")))
                self._note(child, name)
        if any(name in files.public for name in names):
            files.public.add(id)
        origins = {files.origins.get(name, id) for name in names}
        if self.draws.by_origin:
            files.origins[id] = origins.pop() if len(origins) == 1 else id
        drawn = [(name, weight) for name, weight in zip(names, weights, strict=True) if weight > 0.0]
        if drawn and named and not any(name in files.routes for name in names):
            files.routes[id] = tuple(name for name, _ in drawn), tuple(accumulate(weight for _, weight in drawn))
        self.out.write(text_of(self._with_stays(node, id)))

    def _calibrator(self, node: Node) -> None:
        self.files.untouched[CALIBRATED] += sum(child.tag == "flow" for child in node.children)
        self.out.write(text_of(node))

    def _include(self, node: Node) -> None:
        self.out.flush()  # what is included departs later
        self.out.write(text_of(node))

    # Who departs

    def _one(self, node: Node) -> None:
        """A vehicle, a trip, a person or a container."""
        attributes, files, draws = node.attributes, self.files, self.draws
        id = attributes.get("id", "")
        depart = attributes.get("depart", "")
        time = _time(depart)
        if time is not None and not self.out.comes(id, time, bool(attributes.get("line"))):
            return
        files.drawn.in_files += 1
        at_begin = depart == "begin"  # whenever that is
        reason = RIDDEN if time is None and not at_begin and depart else self._untouched(node)
        if reason is not None or (not at_begin and (time is None or time < files.begin)):
            if reason:
                files.untouched[reason] += 1
            self._put(node, id, time, time)
            return
        factor, origin = self._factor(node)
        copies = draws.copies(id, factor)
        if copies == 0:
            files.drawn.left_out += 1
        else:
            files.drawn.repeated += copies - 1
        for number in range(copies):
            who = f"{id}{OWN}{number}" if number else id
            at = time
            if time is not None:
                at = time + draws.gap(who) if number else time
                if draws.moving:
                    at = max(at + draws.offset(who, origin), files.begin)
            self._put(node, who, time, at)

    def _put(self, node: Node, who: str, time: float | None, at: float | None) -> None:
        """Write somebody who departs at `at` instead of `time`, s (None: not at a time), under the name of `who`."""
        attributes = dict(node.attributes)
        if who != attributes.get("id"):
            attributes["id"] = who
        if at is not None and at != time:
            attributes["depart"] = f"{at:.2f}"
            at = float(attributes["depart"])
        if (type := self._typed(node)) and (member := self.files.kinds.member(type, who)) != USUAL:
            attributes["type"] = member
        if (several := self.files.routes.get(attributes.get("route", ""))) is not None:
            attributes["route"] = several[0][walk(several[1], self.draws.chance("route", who))]
        self._write(self.out.now if at is None else at, text_of(self._with_stays(node, who), attributes), attributes)

    def _write(self, at: float, text: str, attributes: Mapping[str, str]) -> None:
        """Write what departs at `at`, s. A line stays where it is: SUMO knows it from there on, for those who ride."""
        if attributes.get("line"):
            self.out.write(text)
        else:
            self.out.at(at, text)

    def _typed(self, node: Node) -> str:
        """The type of somebody; empty for people and goods that name none: SUMO's types of theirs have no drivers."""
        type = node.attributes.get("type", "")
        return self.files.kinds.usual if type in ("", USUAL) and node.tag not in _PEOPLE else type

    def _factor(self, node: Node) -> tuple[float, str]:
        """As how many somebody comes, on average, and where it begins (as far as that matters)."""
        factor = self.draws.scale * self.files.kinds.factor(self._typed(node) or _PEOPLE[node.tag])
        if not self.draws.by_origin:
            return factor, ""
        origin = self._origin(node)
        return factor * self.draws.origin_scale(origin), origin

    def _origin(self, node: Node) -> str:
        """Where somebody begins: an edge, a zone, a junction, or a distribution of routes from several edges."""
        attributes = node.attributes
        for name in ("from", "fromTaz", "fromJunction"):
            if attributes.get(name, "").strip():
                return attributes[name].split(None, 1)[0]
        if "route" in attributes:
            return self.files.origins.get(attributes["route"], "")
        if "edges" in attributes:
            return first_edge(node)
        for child in node.children:
            if child.tag in ("route", *_WALKS):
                return self._origin(child)
            if child.tag == "routeDistribution":
                return next((first_edge(route) for route in child.children if route.tag == "route"), "")
        return attributes.get("edge") or attributes.get("lane", "").rpartition("_")[0]

    def _untouched(self, node: Node) -> str | None:
        """Why somebody is left as the file has it; None for all others."""
        attributes, files = node.attributes, self.files
        if node.tag in _PEOPLE:
            return RIDERS if any(child.tag in _RIDES for child in node.children) else None
        if attributes.get("line") or attributes.get("route") in files.public:
            return TRANSIT
        for child in node.children:
            if _is_public(child) or (child.tag == "route" and any(map(_is_public, child.children))):
                return TRANSIT
            if child.tag == "stop" and not _BOUND.isdisjoint(child.attributes):
                return RIDDEN
        if attributes.get("id") in files.ridden:
            return RIDDEN
        return SCENERY if attributes.get("departPos") == "stop" else None

    def _flow(self, node: Node) -> None:
        attributes, files, draws = dict(node.attributes), self.files, self.draws
        id = attributes.get("id", "")
        begin = _time(attributes["begin"]) if attributes.get("begin", "begin") != "begin" else files.begin
        if begin is None:  # SUMO says what is wrong with it
            self.out.at(self.out.now, text_of(node))
            return
        if not self.out.comes(id, begin, bool(attributes.get("line"))):
            return
        factor = 1.0
        reason = self._untouched(node)
        if reason is None:
            factor, origin = self._factor(node)
            shift = max(draws.offset(id, origin), files.begin - begin) if draws.moving and begin >= files.begin else 0.0
            begin = flows.shift(attributes, begin, shift)
        elif reason:
            files.untouched[reason] += 1
        if (type := self._typed(node)) not in ("", USUAL):
            attributes["type"] = type
        node = self._with_stays(node, id)
        made = flows.scaled(attributes, factor, begin, lambda number: math.floor(number + draws.chance("copies", id)))
        for number, part in enumerate(made):
            if number:
                part["id"] = f"{id}{OWN}{number}"
            self._write(begin, text_of(node, part), part)

    def _with_stays(self, node: Node, who: str) -> Node:
        """Somebody, or a route, with other durations of the stops at parking areas."""
        if not self.draws.staying:
            return node
        return _stretched(node, self.draws.stay(who)) if any(map(_parks, node.children)) else node


def _is_public(node: Node) -> bool:
    return node.tag == "stop" and not _PUBLIC.isdisjoint(node.attributes)


def _parks(node: Node) -> bool:
    """Whether an element is a stop at a parking area, or has one in it."""
    return "parkingArea" in node.attributes if node.tag == "stop" else any(map(_parks, node.children))


def _stretched(node: Node, factor: float) -> Node:
    """An element with the durations of all stops at parking areas in it `factor` times as long."""
    attributes = node.attributes
    if node.tag == "stop" and "parkingArea" in attributes:
        duration = _time(attributes.get("duration", ""))
        return node if duration is None else Node(node.tag, {**attributes, "duration": f"{duration * factor:.2f}"}, [])
    return Node(node.tag, attributes, [_stretched(child, factor) for child in node.children])


def _time(text: str) -> float | None:
    """A time, s; None where it is none that is given."""
    try:
        return round(float(text), 3) if text.isdecimal() or text.replace(".", "", 1).isdecimal() else read_time(text)
    except ValueError:
        return None


def _number(text: str | None) -> float:
    try:
        return 1.0 if text is None else float(text)
    except ValueError:  # SUMO says what is wrong with it
        return 1.0
