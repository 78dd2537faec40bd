"""The order stream: real arrival times, baskets drawn by a seed (see fixtures/orders/SOURCE.md)."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import cycle, islice

from backend.interfaces.jobs.demo.cut import rows

SIZES, SIZE_ODDS = (1, 2, 3, 4), (90, 7, 2, 1)
QUANTITIES, QUANTITY_ODDS = (1, 2, 3, 5), (82, 11, 4, 3)


@dataclass(frozen=True)
class Wish:
    """Something of about this weight, so many; `draw` in [0, 1) picks among the needs that fit."""

    grams: float
    quantity: int
    draw: float


@dataclass(frozen=True)
class Visit:
    """One donor comes by, `after` seconds of the real stream after the first, with a basket in mind."""

    number: int
    after: float
    wishes: tuple[Wish, ...]


def visits(*, orders: int, seed: int) -> list[Visit]:
    """The first `orders` visits: the same for the same seed, and a prefix of every longer stream."""
    return list(islice(_stream(seed), orders))


def _stream(seed: int) -> Iterator[Visit]:
    times = [datetime.fromisoformat(row["purchased"]) for row in rows("orders/orders.csv")]
    weights = [float(row["weight_g"]) for row in rows("orders/weights.csv")]
    span = (times[-1] - times[0]).total_seconds()
    for number, came in enumerate(cycle(times)):
        rng = random.Random(f"{seed}/{number}")
        after = (number // len(times)) * span + (came - times[0]).total_seconds()
        yield Visit(number, after, tuple(_basket(rng, weights)))


def _basket(rng: random.Random, weights: list[float]) -> Iterator[Wish]:
    for _ in range(rng.choices(SIZES, SIZE_ODDS)[0]):
        quantity = rng.choices(QUANTITIES, QUANTITY_ODDS)[0]
        yield Wish(rng.choice(weights), quantity, rng.random())
