"""The stream repeats for its seed, comes in real time order, and is a prefix of every longer one."""

from collections import Counter
from itertools import pairwise

from backend.interfaces.jobs.demo.cut import rows
from backend.interfaces.jobs.replay.stream import visits


def test_the_same_seed_is_the_same_stream() -> None:
    assert visits(orders=200, seed=7) == visits(orders=200, seed=7)
    assert visits(orders=200, seed=7) != visits(orders=200, seed=8)
    assert visits(orders=500, seed=7)[:200] == visits(orders=200, seed=7)


def test_visits_come_when_the_real_orders_came() -> None:
    stream = visits(orders=5_279, seed=1)
    afters = [visit.after for visit in stream]
    assert afters == sorted(afters) and afters[0] == 0
    assert 500 < afters[-1] / 86_400 < 520  # 2016-09-04 to 2018-01-31
    busiest, count = Counter(int((a + 21 * 3600 + 15 * 60) // 86_400) for a in afters).most_common(1)[0]
    assert (busiest, count) == (446, 128)  # 2017-11-24


def test_a_stream_longer_than_the_cut_goes_round() -> None:
    stream = visits(orders=6_000, seed=1)
    assert len({visit.number for visit in stream}) == 6_000
    assert all(a.after <= b.after for a, b in pairwise(stream))


def test_baskets_are_small_and_their_weights_are_real() -> None:
    stream = visits(orders=2_000, seed=3)
    sizes = Counter(len(visit.wishes) for visit in stream)
    assert set(sizes) == {1, 2, 3, 4} and 0.85 < sizes[1] / 2_000 < 0.95
    known = {float(row["weight_g"]) for row in rows("orders/weights.csv")}
    wishes = [wish for visit in stream for wish in visit.wishes]
    assert {wish.grams for wish in wishes} <= known
    assert all(0 <= wish.draw < 1 and wish.quantity > 0 for wish in wishes)
