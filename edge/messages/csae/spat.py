"""Signal phase and timing. YD/T 3709-2020, SPAT."""

from __future__ import annotations

from wayside.edge.messages.csae import common
from wayside.edge.messages.schema import BitString, Choice, Enumerated, Integer, Optional, Sequence, SequenceOf

IntersectionStatusObject = BitString(
    16,
    names="manualControlIsEnabled stopTimeIsActivated failureFlash preemptIsActive "
    "signalPriorityIsActive fixedTimeOperation trafficDependentOperation standbyOperation "
    "failureMode off recentMAPmessageUpdate recentChangeInMAPassignedLanesIDsUsed "
    "noValidMAPisAvailableAtThisTime noValidSPATisAvailableAtThisTime",
)
LightState = Enumerated(
    "unavailable dark flashing-red red flashing-green permissive-green protected-green yellow flashing-yellow", ""
)
TimeMark = Integer(0, 36001, unit="0.1 s", later=36000, undefined=36001)
TimeCountingDown = Sequence(
    startTime=TimeMark,
    minEndTime=Optional(TimeMark),
    maxEndTime=Optional(TimeMark),
    likelyEndTime=TimeMark,
    timeConfidence=Optional(common.Confidence),
    nextStartTime=Optional(TimeMark),
    nextDuration=Optional(TimeMark),
)
UTCTiming = Sequence(
    startUTCTime=TimeMark,
    minEndUTCTime=Optional(TimeMark),
    maxEndUTCTime=Optional(TimeMark),
    likelyEndUTCTime=TimeMark,
    timeConfidence=Optional(common.Confidence),
    nextStartUTCTime=Optional(TimeMark),
    nextEndUTCTime=Optional(TimeMark),
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
    status=IntersectionStatusObject,
    moy=Optional(common.MinuteOfTheYear),
    timeStamp=Optional(common.DSecond),
    timeConfidence=Optional(common.TimeConfidence),
    phases=PhaseList,
).extensible()
IntersectionStateList = SequenceOf(IntersectionState, 1, 32)
SPAT = Sequence(
    msgCnt=common.MsgCount,
    moy=Optional(common.MinuteOfTheYear),
    timeStamp=Optional(common.DSecond),
    name=Optional(common.DescriptiveName),
    intersections=IntersectionStateList,
).extensible()
