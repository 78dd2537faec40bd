"""A million come at once: whoever came first goes in first, and a place is worth nothing to a robot."""

import json
import re
from typing import Any

import pytest
from redis.crc import key_slot

from backend.interfaces.crowd import room as rooms
from backend.interfaces.crowd.front import Front
from backend.interfaces.crowd.gate import Gate
from backend.interfaces.crowd.room import Place, Room, State
from backend.interfaces.crowd.tickets import Ticket, new_pass, new_ticket, read_pass, read_ticket
from backend.interfaces.crowd.valkey import Valkey
from tests.interfaces.crowd.conftest import County, Visitor, forget
from tests.interfaces.crowd.test_kept_pages import Clock

pytestmark = pytest.mark.django_db
RATE = 5


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def room(settings: Any, clock: Clock) -> Room:
    settings.CROWD_RATE = RATE
    return Room(clock=clock)


@pytest.fixture
def door(settings: Any, clock: Clock, front: Front) -> Front:
    """The front with a waiting room on our clock."""
    settings.CROWD_RATE = RATE
    front.gate = Gate(front.shelf, lambda: False, clock=clock)
    return front


def fill(room: Room, clock: Clock, people: int) -> list[Ticket]:
    """The burst is used up, then `people` come one millisecond apart and wait."""
    while room.come(None).state is State.IN:
        pass
    tickets = []
    for _ in range(people):
        tickets.append(new_ticket(clock()))
        assert room.come(tickets[-1]).state is State.WAIT
        clock.now += 0.001
    return tickets


def visit_all(room: Room, tickets: list[Ticket]) -> list[Ticket]:
    """Everybody looks once, the latest first; who went in."""
    return [ticket for ticket in reversed(tickets) if room.come(ticket).state is State.IN]


def test_while_few_come_nobody_waits(room: Room, clock: Clock) -> None:
    for _ in range(100):
        assert room.come(None).state is State.IN
        clock.now += 1 / RATE
    assert not room.crowded


def test_first_come_first_in_whoever_looks_most_often(room: Room, clock: Clock) -> None:
    tickets = fill(room, clock, 40)
    went_in: list[Ticket] = []
    for _ in range(40):
        clock.now += 1.0
        waiting = [ticket for ticket in tickets if ticket not in went_in]
        for _ in range(5):  # the last of them hammers
            room.come(waiting[-1]) if len(waiting) > 20 else None
        went_in += sorted(visit_all(room, waiting), key=lambda ticket: ticket.came)
        if len(went_in) == len(tickets):
            break
    assert went_in == tickets


def test_no_more_go_in_than_the_rate_allows(room: Room, clock: Clock) -> None:
    tickets = fill(room, clock, 60)
    for _ in range(4):
        clock.now += 1.0
        went_in = visit_all(room, tickets)
        assert 0 < len(went_in) <= RATE + 1
        tickets = [ticket for ticket in tickets if ticket not in went_in]


def test_the_estimate_is_the_measured_pace_not_the_wished_one(room: Room, clock: Clock) -> None:
    """The house lets in half of what it hoped for: the estimate says so."""
    tickets = fill(room, clock, 100)
    for second in range(20):
        clock.now += 1.0
        if second % 2:
            gone = visit_all(room, tickets[:RATE])
            tickets = [ticket for ticket in tickets if ticket not in gone]
        else:
            room.come(tickets[-1], may_enter=False)
    last = room.come(tickets[-1])
    assert last.ahead == len(tickets) - 1
    assert last.seconds is not None and last.seconds > 1.5 * last.ahead / RATE


def test_a_place_is_known_to_nobody_before_it_is_measured() -> None:
    assert Place(State.WAIT, 50, 0.0).seconds is None


def test_looks_are_spread_and_the_far_ones_seldom() -> None:
    near = {Place(State.WAIT, 3, 5.0).look_again() for _ in range(200)}
    far = {Place(State.WAIT, 90_000, 5.0).look_again() for _ in range(200)}
    assert min(near) >= 2 and max(near) <= 4 and len(near) > 1
    assert min(far) >= 24 and max(far) <= 39 and len(far) > 5


def test_one_ticket_lets_in_one_visitor(room: Room, clock: Clock) -> None:
    ticket = fill(room, clock, 1)[0]
    clock.now += 1.0
    states = [room.come(ticket).state for _ in range(20)]
    assert states == [State.IN] + [State.USED] * 19


def test_a_pass_is_not_for_a_bus_full_of_people(room: Room) -> None:
    held = new_pass("abc", 1_000.0)
    uses = [room.may_use(held.id) for _ in range(rooms.PASS_USES + 10)]
    assert uses == [True] * rooms.PASS_USES + [False] * 10


def test_a_pass_that_went_around_the_processes_ends_too(clock: Clock, settings: Any) -> None:
    """Each process keeps the first two posts to itself, and then tells them all."""
    settings.CROWD_RATE = RATE
    processes = [Room(clock=clock) for _ in range(4)]
    uses = [processes[turn % 4].may_use("abc") for turn in range(rooms.PASS_USES + 30)]
    assert rooms.PASS_USES <= uses.count(True) <= rooms.PASS_USES + 2 * len(processes)
    assert not any(uses[-20:])


def test_a_pass_is_counted_over_the_edge_of_a_span(room: Room, clock: Clock) -> None:
    clock.now += rooms.PASS_SECONDS - clock.now % rooms.PASS_SECONDS - 1
    assert all(room.may_use("abc") for _ in range(rooms.PASS_USES))
    clock.now += 2
    assert not any(room.may_use("abc") for _ in range(5))


def test_a_pass_used_once_or_twice_asks_nobody(settings: Any, clock: Clock) -> None:
    settings.CROWD_RATE = RATE
    asked: list[Any] = []

    class Told(Valkey):
        def ask(self, call: Any) -> Any:
            asked.append(call)
            return super().ask(call)

    room = Room(store=Told(), clock=clock)
    assert [room.may_use("abc"), room.may_use("abc"), len(asked)] == [True, True, 0]
    assert room.may_use("abc") and asked


def test_tickets_and_passes_are_ours_and_end() -> None:
    ticket, held = new_ticket(1_000.0), new_pass("abc", 1_000.0)
    assert read_ticket(ticket.signed(), 1_000.0) == ticket
    assert read_ticket(ticket.signed(), 1_000.0 + 7_201) is None
    assert read_ticket(ticket.signed().replace(str(ticket.came), "1"), 1_000.0) is None
    assert read_ticket(held.signed(), 1_000.0) is None
    assert read_pass(held.signed(), 1_000.0 + 899) == held
    assert read_pass(held.signed(), 1_000.0 + 900) is None
    assert read_ticket("nonsense", 1.0) is None and read_pass("", 1.0) is None


def test_valkey_is_emptied_and_everybody_gets_their_place_back(
    room: Room, clock: Clock, settings: Any
) -> None:
    """The last in line looks first, and still goes in last."""
    tickets = fill(room, clock, 30)
    clock.now += 5.0
    forget(settings.REDIS_URL, settings.QUEUE_PREFIX)
    other_process = Room(clock=clock)
    assert other_process.come(tickets[-1]).state is State.WAIT
    assert room.come(None).state is State.WAIT  # somebody new does not slip in either
    for ticket in reversed(tickets):
        assert room.come(ticket).state is State.WAIT
    assert [room.come(ticket).ahead for ticket in tickets] == list(range(30))
    clock.now += rooms.GRACE_MS / 1000 + 1.0
    went_in = visit_all(room, tickets)
    assert sorted(went_in, key=lambda ticket: ticket.came) == tickets[: len(went_in)] and went_in


def test_who_went_away_holds_nobody_up(room: Room, clock: Clock) -> None:
    tickets = fill(room, clock, 20)
    stays = tickets[-1]
    for _ in range(4):
        clock.now += 25.0
        last = room.come(stays, may_enter=False)
    assert last.ahead == 0
    back = room.come(tickets[0], may_enter=False)
    assert back.ahead == 0 and room.come(stays, may_enter=False).ahead == 1


def test_without_valkey_people_go_in_at_the_rate(settings: Any, clock: Clock) -> None:
    settings.CROWD_RATE, settings.REDIS_URL = RATE, "redis://127.0.0.1:1/0"
    room = Room(store=Valkey(), clock=clock)
    assert [room.come(None).state for _ in range(RATE + 3)].count(State.IN) == RATE
    clock.now += 1.0
    assert room.come(None).state is State.IN and room.may_use("abc")
    assert room.come(None, may_enter=False) == Place(State.WAIT, known=False)


# at the door


def give(county: County) -> str:
    return f"/give/?need={county.need.public_id}"


def crowd_at(door: Front, clock: Clock) -> None:
    while Visitor(door).ask("/give/").status == 200:
        pass


def test_aming_waits_without_a_script_and_goes_on_to_her_page(
    door: Front, county: County, clock: Clock
) -> None:
    crowd_at(door, clock)
    aming = Visitor(door)
    sent = aming.ask(give(county))
    assert sent.status == 303 and sent.headers["Location"].startswith("/wait/?to=")
    page = aming.ask(sent.headers["Location"])
    assert page.status == 200 and "下一个就是你" in page.text and "[[" not in page.text
    assert re.search(r'<noscript><meta http-equiv="refresh" content="\d+"></noscript>', page.text)
    assert "no-store" in page.headers["Cache-Control"]
    clock.now += 1.0
    led = aming.ask(sent.headers["Location"])
    assert (led.status, led.headers["Location"]) == (303, give(county))
    assert set(aming.cookies) >= {"pass"} and "turn" not in aming.cookies
    confirm = aming.ask(give(county))
    assert confirm.status == 200 and 'name="key"' in confirm.text


def test_the_script_asks_a_tiny_answer_that_is_mostly_304(door: Front, county: County, clock: Clock) -> None:
    crowd_at(door, clock)
    aming = Visitor(door)
    aming.ask(give(county))
    first = aming.ask("/wait/status?to=%2Fgive%2F")
    assert json.loads(first.body)["state"] == "wait" and len(first.body) < 250
    again = aming.ask("/wait/status?to=%2Fgive%2F", HTTP_IF_NONE_MATCH=first.headers["ETag"])
    assert (again.status, again.body) == (304, b"")
    clock.now += 1.0
    assert json.loads(aming.ask("/wait/status?to=%2Fgive%2F").body) == {"state": "in"}
    assert "pass" in aming.cookies


def test_a_gift_that_was_begun_goes_on_through_the_crowd(door: Front, county: County, clock: Clock) -> None:
    aming = Visitor(door)
    assert aming.ask(give(county)).status == 200
    crowd_at(door, clock)
    waits = Visitor(door)
    waits.ask("/wait/")
    waits.ask("/wait/")
    assert aming.ask(give(county)).status == 200
    assert (
        aming.ask("/give/", "POST").status == 403
    )  # Django's own answer, for want of a token: it got through
    robot = Visitor(door).ask("/give/", "POST")
    assert (robot.status, robot.headers["Location"]) == (303, "/wait/?to=/give/")


def test_the_loop_lets_by_only_what_it_can_tell_by_itself(door: Front, county: County, clock: Clock) -> None:
    assert door.gate.lets_by({}), "nobody waits"
    held = {"pass": new_pass("abc", clock()).signed()}
    crowd_at(door, clock)
    waits = Visitor(door)
    waits.ask("/wait/")
    waits.ask("/wait/")
    assert not door.gate.lets_by({}) and not door.gate.lets_by({"pass": "abc"})
    assert [door.gate.lets_by(held) for _ in range(3)] == [True, True, False], "the third asks Valkey"


def test_no_place_without_a_ticket_that_comes_back(door: Front, county: County, clock: Clock) -> None:
    crowd_at(door, clock)
    for _ in range(50):
        Visitor(door).ask(give(county))
        Visitor(door).ask("/wait/")
    aming = Visitor(door)
    page = aming.ask(aming.ask(give(county)).headers["Location"])
    assert "下一个就是你" in page.text


def test_it_speaks_english_and_leads_nowhere_else(door: Front, county: County, clock: Clock) -> None:
    crowd_at(door, clock)
    aming = Visitor(door, language="en")
    aming.ask("/give/")
    page = aming.ask("/wait/?to=https://evil.example/")
    assert "You are next" in page.text and "evil" not in page.text
    clock.now += 1.0
    assert aming.ask("/wait/?to=//evil.example/").headers["Location"] == "/give/"


def test_without_a_rate_there_is_no_room(front: Front, county: County, settings: Any) -> None:
    settings.CROWD_RATE = 0
    assert all(Visitor(front).ask("/give/").status == 200 for _ in range(8))


def test_all_that_one_visit_touches_lies_in_one_slot_of_a_cluster(room: Room) -> None:
    assert len({key_slot(key.encode()) for key in room.keys("a-ticket")}) == 1
