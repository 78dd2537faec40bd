"""When to start and when each act begins, for a given order of acts.

Waiting is allowed everywhere, so the earliest end for a given start is found by one pass forward, with
several windows per act; with breaks, by a pass over (act, breaks held), as leaving earlier never hurts.
The latest start that still reaches that end wastes least time. Ends move in jumps with several windows, so
the shortest duration is sought jump by jump.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

MAX_JUMPS = 64
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Halt:
    """One act: the way to it, when it may begin (no windows: any time), how long it holds the vehicle."""

    leg: int
    windows: tuple[Span, ...]
    work: int


@dataclass(frozen=True, slots=True)
class Rule:
    """What holds for the route. Breaks are (seconds, earliest start, latest start), in order of time."""

    start: Span
    end: int
    last_leg: int = 0
    max_seconds: int | None = None
    breaks: tuple[tuple[int, int, int], ...] = ()


@dataclass(slots=True)
class Timetable:
    """Start and end of the route, begin of each act, breaks as (start, end)."""

    start: int
    end: int
    begins: list[int]
    rests: list[Span] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Late:
    """No timetable: act `index` (or the end, where index is the number of acts) is `by` seconds too late."""

    index: int
    by: int
    code: str


def timetable(halts: Sequence[Halt], rule: Rule, *, shortest: bool = False) -> Timetable | Late:
    """The earliest end with least waiting; with `shortest` the shortest duration, earliest among equals."""
    found = [_best_from(halts, part, shortest) for part in _parts(rule)]
    good = [times for times in found if isinstance(times, Timetable)]
    if not good:
        return found[0]
    return min(good, key=lambda t: (t.end - t.start, t.end) if shortest else (t.end, t.start - t.end))


def _parts(rule: Rule) -> list[Rule]:
    """The rule cut where one more break can be over before the start.

    Within a part a later start never reaches an earlier end; across a cut it may.
    """
    low, high = rule.start
    now, cuts = 0, [low]
    for seconds, early, late in rule.breaks:
        now = max(now, early) + seconds
        if now - seconds > late:
            break
        if low < now <= high:
            cuts.append(now)
    ends = [*(cut - 1 for cut in cuts[1:]), high]
    return [replace(rule, start=span) for span in zip(cuts, ends, strict=True)]


def _best_from(halts: Sequence[Halt], rule: Rule, shortest: bool) -> Timetable | Late:
    """Jump by jump through the ends that can be reached, until none is better or the start is too late."""
    best: Timetable | None = None
    start = rule.start[0]
    least = sum(halt.leg + halt.work for halt in halts) + rule.last_leg
    for _ in range(MAX_JUMPS):
        early = _pass(halts, rule, start)
        if isinstance(early, Late):
            break
        late = _latest(halts, rule, early)
        length = late.end - late.start
        if best is None or length < best.end - best.start:
            best = late
        fits = rule.max_seconds is None or length <= rule.max_seconds
        if length <= least or (fits and not shortest):
            break
        start = late.start + max(1, _slack(halts, rule, late))
        if start > rule.start[1]:
            break
    if best is None:
        return early if isinstance(early, Late) else Late(0, 0, "shift")
    over = best.end - best.start - (rule.max_seconds if rule.max_seconds is not None else best.end)
    return Late(len(halts), over, "duration") if over > 0 else best


def _slack(halts: Sequence[Halt], rule: Rule, times: Timetable) -> int:
    """By how much all of it can begin later before a window, a break or the shift is missed.

    Until then a later start ends that much later, unless another order of breaks is quicker by then.
    """
    slack = min(rule.start[1] - times.start, rule.end - times.end)
    for halt, begin in zip(halts, times.begins, strict=True):
        if halt.windows:
            slack = min(slack, next(high for _, high in halt.windows if begin <= high) - begin)
    for start, _ in times.rests:
        slack = min(slack, min(high for _, low, high in rule.breaks if low <= start <= high) - start)
    return slack


def _pass(halts: Sequence[Halt], rule: Rule, start: int) -> Timetable | Late:
    plain = _forward(halts, rule, start)
    if isinstance(plain, Late) or not rule.breaks:
        return plain
    return _forward_with_breaks(halts, rule, start)


def _forward(halts: Sequence[Halt], rule: Rule, start: int) -> Timetable | Late:
    if start > rule.start[1]:
        return Late(0, start - rule.start[1], "shift")
    now, begins = start, []
    for index, halt in enumerate(halts):
        now += halt.leg
        begin = _open(halt.windows, now)
        if begin is None:
            return Late(index, now - halt.windows[-1][1], "window")
        begins.append(begin)
        now = begin + halt.work
    now += rule.last_leg
    if now > rule.end:
        return Late(len(halts), now - rule.end, "shift")
    return Timetable(start, now, begins)


def _open(windows: tuple[Span, ...], now: int) -> int | None:
    """The first moment from `now` on at which an act may begin."""
    if not windows:
        return now
    for low, high in windows:
        if now <= high:
            return max(now, low)
    return None


def _latest(halts: Sequence[Halt], rule: Rule, early: Timetable) -> Timetable:
    """The timetable with the same end and the latest start."""
    if rule.breaks:
        return _latest_with_breaks(halts, rule, early)
    now = early.end - rule.last_leg
    for halt in reversed(halts):
        now -= halt.work
        if halt.windows:
            now = max(min(now, high) for low, high in halt.windows if low <= now)
        now -= halt.leg
    late = _forward(halts, rule, min(now, rule.start[1]))
    return early if isinstance(late, Late) else late


def _latest_with_breaks(halts: Sequence[Halt], rule: Rule, early: Timetable) -> Timetable:
    """From the end backward, per number of breaks still to be held; whoever begins later held them no worse."""
    after = early.end
    begins = {held: after for held in range(len(rule.breaks) + 1) if _after(rule, held, after)}
    begins = _back(begins, Halt(rule.last_leg, (), 0), rule)
    for spot in range(len(halts) - 1, -1, -1):
        begins = {held: _close(halts[spot], leaves) for held, leaves in begins.items()}
        begins = _back({held: begin for held, begin in begins.items() if begin >= 0}, halts[spot], rule)
    starts = (min(leaves, rule.start[1]) for held, leaves in begins.items() if leaves >= rule.start[0])
    for start in sorted(starts, reverse=True):
        late = _forward_with_breaks(halts, rule, start)
        if isinstance(late, Timetable) and late.end == after:
            return late
    return early


def _close(halt: Halt, leaves: int) -> int:
    """The last moment at which the act may begin to be done when the vehicle leaves, or -1."""
    now = leaves - halt.work
    if not halt.windows:
        return now
    return max((min(now, high) for low, high in halt.windows if low <= now), default=-1)


def _back(begins: dict[int, int], halt: Halt, rule: Rule) -> dict[int, int]:
    """The latest departure towards an act, from its latest begin, by breaks held before that departure."""
    left: dict[int, int] = {}
    for held, begin in begins.items():
        now, rested = begin, 0
        for count in range(held, -1, -1):
            leaves = min(now, begin - halt.leg - rested)
            if leaves > left.get(count, -1):
                left[count] = leaves
            if not count:
                break
            seconds, low, high = rule.breaks[count - 1]
            now = min(now - seconds, high)
            if now < low:
                break
            rested += seconds
    return left


# Earliest departure after some acts; begins and breaks so far as (last, those before).
_Chain = tuple[Any, Any] | None
_State = tuple[int, _Chain, _Chain]


def _forward_with_breaks(halts: Sequence[Halt], rule: Rule, start: int) -> Timetable | Late:
    if start > rule.start[1]:
        return Late(0, start - rule.start[1], "shift")
    states: dict[int, _State] = dict.fromkeys(range(_before(rule, start) + 1), (start, None, None))
    for index, halt in enumerate(halts):
        states = _advance(states, halt, rule)
        if not states:
            return Late(index, 0, "break")
    ends = _advance(states, Halt(rule.last_leg, (), 0), rule)
    good = [state for held, state in ends.items() if state[0] <= rule.end and _after(rule, held, state[0])]
    if not good:
        return Late(len(halts), 0, "break")
    leaves, begins, rests = min(good, key=lambda state: state[0])
    return Timetable(start, leaves, _unchained(begins)[:-1], _unchained(rests))


def _unchained(chain: _Chain) -> list[Any]:
    found = []
    while chain is not None:
        last, chain = chain
        found.append(last)
    return found[::-1]


def _before(rule: Rule, start: int) -> int:
    """How many breaks can lie wholly before the start."""
    now = 0
    for held, (seconds, low, high) in enumerate(rule.breaks):
        now = max(now, low) + seconds
        if now > start or now - seconds > high:
            return held
    return len(rule.breaks)


def _after(rule: Rule, held: int, now: int) -> bool:
    """Whether the remaining breaks can lie wholly after the end."""
    for seconds, low, high in rule.breaks[held:]:
        now = max(now, low)
        if now > high:
            return False
        now += seconds
    return True


def _advance(states: dict[int, _State], halt: Halt, rule: Rule) -> dict[int, _State]:
    """Drive the leg, holding none or more breaks on the way, and do the act."""
    reached: dict[int, _State] = {}
    last = len(rule.breaks)
    for held, (leaves, begins, rests) in states.items():
        now = arrives = leaves + halt.leg
        breaks_end = leaves
        for count in range(held, last + 1):
            begin = _open(halt.windows, now)
            if begin is not None and (count not in reached or begin + halt.work < reached[count][0]):
                reached[count] = begin + halt.work, (begin, begins), rests
            if count == last:
                break
            seconds, low, high = rule.breaks[count]
            breaks_end = max(breaks_end, low)
            if breaks_end > high:
                break
            rests = (breaks_end, breaks_end + seconds), rests
            breaks_end += seconds
            arrives += seconds
            now = max(arrives, breaks_end)
    return reached
