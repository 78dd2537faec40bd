"""What Aming reads of her three quilts, on good days and bad."""

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from backend.timelines.story import Asked, Attempt, MoneyBack, NewsKind, Ordered, Standing
from tests.backend.timelines.told import (
    NORTH,
    NUANHE,
    boxed,
    counted,
    delivered,
    ordered,
    quilts,
    standing,
    story,
)
from tests.cast import later


def kinds(line: object) -> list[str]:
    return [event.kind.value for event in story(line).events]  # type: ignore[arg-type]


def test_a_gift_just_paid_waits_to_be_ordered() -> None:
    told = story(quilts())

    assert standing(quilts()) == [("given", 3, "")]
    assert [e.kind for e in told.events] == [Standing.GIVEN]
    assert told.ahead[0].steps[0] is Standing.ORDERED
    assert not told.finished and told.news == [] and told.proof is None


def test_the_good_road_to_the_count() -> None:
    box = boxed(left_at=later(days=2), attempts=(delivered(),), fate=counted(3, batch=40))
    line = quilts(ordered(boxes=(box,)))
    told = story(line)

    assert kinds(line) == ["given", "ordered", "packed", "road", "arrived", "counted"]
    assert standing(line) == [("counted", 3, "")]
    assert told.finished and told.ahead == [] and told.news == []
    assert told.proof and (told.proof.received, told.proof.batch, told.proof.boxes) == (3, 40, ("6",))


def test_a_silent_supplier_is_named_with_the_hour_it_must_answer_by() -> None:
    waiting = ordered(answered_at=None, respond_by=later(days=1))

    event = story(quilts(waiting)).events[-1]

    assert (event.kind, event.until, event.at) == (Standing.ORDERED, later(days=1), later(hours=1))


def test_what_a_supplier_declines_stands_above_the_story_until_another_takes_it() -> None:
    refused = ordered(dropped=3, reason="缺棉花")
    told = story(quilts(refused))
    assert standing(quilts(refused)) == [("given", 3, "")]
    assert [(n.kind, n.quantity, n.who, n.reason) for n in told.news] == [
        (NewsKind.DECLINED, 3, NUANHE, "缺棉花")
    ]

    second = ordered(supplier=NORTH, submitted_at=later(hours=6), answered_at=later(hours=7))
    told = story(quilts(refused, second))
    assert told.news == []
    assert [(e.kind.value, e.who) for e in told.events[1:]] == [("declined", NUANHE), ("ordered", NORTH)]


def test_silence_is_told_as_silence() -> None:
    event = story(quilts(ordered(dropped=3, expired=True))).events[-1]

    assert event.kind is Standing.DECLINED and event.silent


def test_goods_split_where_a_supplier_takes_a_part() -> None:
    line = quilts(ordered(3, dropped=1), ordered(1, supplier=NORTH, answered_at=later(hours=9)))

    assert [(e.kind.value, e.quantity) for e in story(line).events] == [
        ("given", 3), ("ordered", 2), ("declined", 1), ("ordered", 1),
    ]  # fmt: skip
    assert standing(line) == [("ordered", 3, "")]


def test_goods_split_where_they_go_into_boxes_of_different_days() -> None:
    first = boxed(2, left_at=later(days=2))
    second = boxed(1, number=7, packed_at=later(days=2))
    line = quilts(ordered(boxes=(first, second)))

    assert standing(line) == [("road", 2, ""), ("packed", 1, "")]
    assert [(e.kind.value, e.quantity, e.boxes) for e in story(line).events[2:]] == [
        ("packed", 2, ("6",)), ("packed", 1, ("7",)), ("road", 2, ("6",)),
    ]  # fmt: skip


def test_a_short_count_splits_the_gift_and_says_why() -> None:
    box = boxed(
        left_at=later(days=2), attempts=(delivered(),), fate=counted(2, missing=1, reason="box_whole")
    )
    told = story(quilts(ordered(boxes=(box,)), reopened=1))

    assert standing(quilts(ordered(boxes=(box,)), reopened=1)) == [("counted", 2, ""), ("given", 1, "short")]
    assert [(n.kind, n.quantity, n.reason) for n in told.news] == [(NewsKind.SHORT, 1, "box_whole")]
    assert told.news[0].expected is not None
    assert told.last_count and told.last_count.fate and told.last_count.fate.missing == 1


def test_a_replacement_is_followed_until_it_is_counted() -> None:
    box = boxed(left_at=later(days=2), attempts=(delivered(),), fate=counted(2, missing=1))
    first = ordered(boxes=(box,))
    again = ordered(1, replacement=True, submitted_at=later(days=3), answered_at=later(days=3, hours=2))
    assert standing(quilts(first, again, reopened=1)) == [("counted", 2, ""), ("ordered", 1, "short")]

    came = boxed(
        1,
        number=1,
        of=1,
        packed_at=later(days=4),
        left_at=later(days=5),
        attempts=(delivered(later(days=6)),),
        fate=counted(1, at=later(days=6)),
    )
    done = quilts(first, replace(again, boxes=(came,)), reopened=1)
    assert standing(done) == [("counted", 3, "")]
    assert story(done).news == [] and story(done).finished


def test_broken_goods_are_told_as_broken() -> None:
    box = boxed(attempts=(delivered(),), fate=counted(1, damaged=1, expired=1, reason="灯罩裂了"))
    told = story(quilts(ordered(boxes=(box,)), reopened=2))

    assert [(n.kind, n.quantity) for n in told.news] == [(NewsKind.BROKEN, 2)]


def test_a_failed_stop_is_late_until_the_goods_arrive() -> None:
    failed = Attempt(
        later(days=2), later(days=2, hours=1), failed_at=later(days=2, hours=1), fail_reason="road"
    )
    box = boxed(left_at=later(days=2), attempts=(failed,))
    told = story(quilts(ordered(boxes=(box,))))
    assert [(n.kind, n.quantity, n.reason) for n in told.news] == [(NewsKind.LATE, 3, "road")]

    planned = Attempt(later(days=4), later(days=4, hours=1))
    told = story(quilts(ordered(boxes=(replace(box, attempts=(failed, planned)),))))
    assert told.news[0].expected and told.news[0].expected.at == (later(days=4), later(days=4, hours=1))

    came = replace(box, attempts=(failed, delivered(later(days=4))))
    told = story(quilts(ordered(boxes=(came,))))
    assert told.news == [] and "late" in [e.kind.value for e in told.events]


def test_an_arrival_after_the_promised_day_says_how_late() -> None:
    promised = Attempt(later(days=2), later(days=2, hours=1), failed_at=later(days=2))
    box = boxed(left_at=later(days=2), attempts=(promised, delivered(later(days=4))))

    arrived = next(e for e in story(quilts(ordered(boxes=(box,)))).events if e.kind is Standing.ARRIVED)

    assert arrived.late_days == 2


def test_an_open_question_comes_first_and_silences_the_refusal() -> None:
    asked = Asked("que_1", "no_supplier", 3, ("refund", "wait"), "refund", later(hours=6), later(days=3))
    told = story(quilts(ordered(dropped=3), questions=(asked,)))
    assert [n.kind for n in told.news] == [NewsKind.QUESTION]

    answered = replace(asked, answer="wait", answered_at=later(days=1))
    told = story(quilts(ordered(dropped=3), questions=(answered,)))
    assert [n.kind for n in told.news] == [NewsKind.DECLINED]


def test_money_that_went_back_is_told_and_its_units_are_an_end() -> None:
    back = MoneyBack(20_400, later(days=1), later(days=2))
    line = quilts(released=3, refunds=(back,))

    told = story(line)

    assert standing(line) == [("refunded", 3, "")]
    assert told.finished and [(n.kind, n.amount) for n in told.news] == [(NewsKind.REFUNDED, 20_400)]


def test_units_let_go_to_another_school_are_not_refunded() -> None:
    line = quilts(released=2)
    there = quilts(quantity=2, elsewhere={"zh-Hans": "示范小学（坡脚村）"}).bought
    told = story(replace(line, bought=(*line.bought, *there)))

    assert told.quantity == 3
    assert [(p.kind, p.quantity) for p in told.portions] == [(Standing.GIVEN, 3)]


def test_a_released_route_names_the_hour_and_the_range_before_it_skips_days_when_nobody_receives() -> None:
    box = boxed(left_at=later(days=2), attempts=(Attempt(later(days=3), later(days=3, hours=1)),))
    planned = story(quilts(ordered(boxes=(box,)))).ahead[0].expected
    assert planned and planned.at == (later(days=3), later(days=3, hours=1))

    # packed on a Friday: one to three days later is a weekend, so it is Monday
    told = story(quilts(ordered(boxes=(boxed(),))), now=later(days=4)).ahead[0].expected
    assert told and (told.first, told.last) == (date(2026, 11, 30), date(2026, 11, 30))
    assert [day.kind for day in told.days] == ["shut", "likely", "", "", "", "", "shut"]


amounts = st.integers(0, 4)


@st.composite
def orders(draw: st.DrawFn) -> Ordered:
    """An order in any state, with its boxes; what it holds is at least what is boxed."""
    boxes = []
    for number in range(draw(st.integers(0, 3))):
        received, missing, damaged = draw(amounts), draw(amounts), draw(amounts)
        total = received + missing + damaged
        if not total:
            continue
        fate = draw(st.sampled_from([None, counted(received, missing=missing, damaged=damaged)]))
        left = draw(st.sampled_from([None, later(days=2)]))
        boxes.append(boxed(total, number=number, fate=fate, left_at=left))
    held = sum(box.quantity for box in boxes) + draw(amounts)
    dropped = draw(amounts)
    return ordered(
        max(held + dropped, 1), dropped=dropped if held else max(dropped, 1), boxes=tuple(boxes),
        replacement=draw(st.booleans()),
    )  # fmt: skip


@given(st.lists(orders(), max_size=4), amounts, amounts)
def test_every_unit_stands_in_exactly_one_portion(placed: list[Ordered], waiting: int, released: int) -> None:
    fates = [box.fate for order in placed for box in order.boxes if box.fate]
    lacking = sum(fate.lacking for fate in fates)
    quantity = sum(order.held for order in placed) - lacking + waiting + released
    if quantity <= 0:
        return

    told = story(quilts(*placed, quantity=quantity, released=released, reopened=lacking))

    assert sum(portion.quantity for portion in told.portions) == quantity
    assert all(portion.quantity > 0 for portion in told.portions)
    assert sum(p.quantity for p in told.portions if p.kind is Standing.COUNTED) == sum(
        f.received for f in fates
    )
