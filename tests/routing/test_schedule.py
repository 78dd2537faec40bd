"""The clock of a route, against every timetable there is on a small clock."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from routing.plan.schedule import Halt, Late, Rule, Timetable, timetable

DAY = 24
Spans = tuple[tuple[int, int], ...]


@st.composite
def windows(draw: st.DrawFn) -> Spans:
    edges = sorted(draw(st.sets(st.integers(0, DAY), max_size=4)))
    if len(edges) % 2:
        edges.pop()
    return tuple((edges[spot], edges[spot + 1]) for spot in range(0, len(edges), 2))


halts = st.lists(st.builds(Halt, st.integers(0, 5), windows(), st.integers(0, 3)), min_size=1, max_size=3)
breaks = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, DAY), st.integers(0, 4)).map(
        lambda b: (b[0], b[1], b[1] + b[2])
    ),
    max_size=2,
).map(lambda found: tuple(sorted(found, key=lambda b: b[1])))
rules = st.builds(
    lambda low, length, last, most, rests: Rule(
        start=(low, low + length), end=low + length, last_leg=last, max_seconds=most, breaks=rests
    ),
    st.integers(0, 4),
    st.integers(5, DAY),
    st.integers(0, 4),
    st.none() | st.integers(3, DAY),
    breaks,
)


def every_end(halts: list[Halt], rule: Rule) -> dict[int, set[int]]:
    """Every end that can be reached from each start, second by second: drive, rest, wait or work."""
    ends: dict[int, set[int]] = {}
    for start in range(rule.start[0], rule.start[1] + 1):
        ends[start] = {
            end for end, held in _walk(halts, rule, start) if end <= rule.end and _rest_after(rule, held, end)
        }
    return ends


def _held_before(rule: Rule, start: int) -> set[int]:
    counts, now = {0}, 0
    for count, (seconds, low, high) in enumerate(rule.breaks, 1):
        now = max(now, low) + seconds
        if now > start or max(now - seconds, low) > high:
            break
        counts.add(count)
    return counts


def _rest_after(rule: Rule, held: int, end: int) -> bool:
    now = end
    for seconds, low, high in rule.breaks[held:]:
        if max(now, low) > high:
            return False
        now = max(now, low) + seconds
    return True


def _walk(halts: list[Halt], rule: Rule, start: int) -> set[tuple[int, int]]:
    """(end, breaks held) by search over single seconds: state is (now, next act, leg left, breaks held)."""
    legs = [halt.leg for halt in halts] + [rule.last_leg]
    open_states = [(start, 0, legs[0], held) for held in _held_before(rule, start)]
    seen = set(open_states)
    ends: set[tuple[int, int]] = set()
    while open_states:
        now, act, left, held = open_states.pop()
        nexts = []
        if now > rule.end:
            continue
        if left > 0:
            nexts.append((now + 1, act, left - 1, held))
        elif act == len(halts):
            ends.add((now, held))
        elif not halts[act].windows or any(low <= now <= high for low, high in halts[act].windows):
            nexts.append((now + halts[act].work, act + 1, legs[act + 1], held))
        nexts.append((now + 1, act, left, held))
        if held < len(rule.breaks) and rule.breaks[held][1] <= now <= rule.breaks[held][2]:
            nexts.append((now + rule.breaks[held][0], act, left, held + 1))
        open_states += [state for state in nexts if state not in seen]
        seen.update(nexts)
    return ends


@settings(max_examples=300, deadline=None)
@given(halts, rules)
def test_the_earliest_end_is_found_and_nothing_is_found_where_nothing_is(
    halts: list[Halt], rule: Rule
) -> None:
    reached = every_end(halts, rule)
    most = rule.max_seconds if rule.max_seconds is not None else 10**6
    durations = {end - start for start, ends in reached.items() for end in ends}
    found = timetable(halts, rule)
    if not any(duration <= most for duration in durations):
        assert isinstance(found, Late)
        return
    assert isinstance(found, Timetable), (found, durations)
    assert found.end in reached[found.start] and found.end - found.start <= most
    if rule.max_seconds is None:
        assert found.end == min(end for ends in reached.values() for end in ends)


@settings(max_examples=300, deadline=None)
@given(halts, rules)
def test_the_shortest_duration_is_found(halts: list[Halt], rule: Rule) -> None:
    reached = every_end(halts, rule)
    durations = [end - start for start, ends in reached.items() for end in ends]
    found = timetable(halts, rule, shortest=True)
    if isinstance(found, Timetable):
        assert found.end - found.start == min(durations)
    else:
        most = rule.max_seconds if rule.max_seconds is not None else 10**6
        assert all(duration > most for duration in durations)


def test_a_van_leaves_late_rather_than_wait_at_a_closed_gate() -> None:
    found = timetable([Halt(2, ((10, 12),), 1)], Rule((0, 20), 20, last_leg=2))
    assert found == Timetable(8, 13, [10], [])


def test_lunch_is_held_on_the_way() -> None:
    rule = Rule((0, 0), 40, last_leg=4, breaks=((3, 5, 6),))
    found = timetable([Halt(10, (), 2)], rule)
    assert found == Timetable(0, 19, [13], [(5, 8)])
