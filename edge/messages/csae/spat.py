"""Signal phase and timing. YD/T 3709-2020, SPAT."""

from __future__ import annotations

from wayside.edge.messages import j2735
from wayside.edge.messages.csae import common
from wayside.edge.messages.schema import Choice, Enumerated, Optional, Sequence, SequenceOf

LightState = Enumerated(
    "unavailable dark flashing-red red flashing-green permissive-green protected-green yellow flashing-yellow", ""
)
TimeCountingDown = Sequence(
    startTime=j2735.TimeMark,
    minEndTime=Optional(j2735.TimeMark),
    maxEndTime=Optional(j2735.TimeMark),
    likelyEndTime=j2735.TimeMark,
    timeConfidence=Optional(common.Confidence),
    nextStartTime=Optional(j2735.TimeMark),
    nextDuration=Optional(j2735.TimeMark),
)
UTCTiming = Sequence(
    startUTCTime=j2735.TimeMark,
    minEndUTCTime=Optional(j2735.TimeMark),
    maxEndUTCTime=Optional(j2735.TimeMark),
    likelyEndUTCTime=j2735.TimeMark,
    timeConfidence=Optional(common.Confidence),
    nextStartUTCTime=Optional(j2735.TimeMark),
    nextEndUTCTime=Optional(j2735.TimeMark),
)
TimeChangeDetails = Choice(
    counting=TimeCountingDown,
    utcTiming=UTCTiming,
).extensible()

# One light of a phase: what it shows, and from when to when.
PhaseState = Sequence(
    light=LightState,
    timing=Optional(TimeChangeDetails),
).extensible()
PhaseStateList = SequenceOf(PhaseState, 1, 16)
Phase = Sequence(
    id=common.PhaseID,
    phaseStates=PhaseStateList,
)
PhaseList = SequenceOf(Phase, 1, 16)
IntersectionState = Sequence(
    intersectionId=common.NodeReferenceID,
    status=j2735.IntersectionStatusObject,
    moy=Optional(j2735.MinuteOfTheYear),
    timeStamp=Optional(j2735.DSecond),
    timeConfidence=Optional(j2735.TimeConfidence),
    phases=PhaseList,
).extensible()
IntersectionStateList = SequenceOf(IntersectionState, 1, 32)
SPAT = Sequence(
    msgCnt=j2735.MsgCount,
    moy=Optional(j2735.MinuteOfTheYear),
    timeStamp=Optional(j2735.DSecond),
    name=Optional(j2735.DescriptiveName),
    intersections=IntersectionStateList,
).extensible()
