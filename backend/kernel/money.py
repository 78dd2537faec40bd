"""Money is a whole number of minor units (fen) beside a currency."""

from collections.abc import Sequence


def split(amount: int, weights: Sequence[int]) -> list[int]:
    """Split `amount` (fen >= 0) in proportion to `weights` so that the parts add up exactly.

    The largest remainders get the odd fen; ties go to the earlier part.
    Raises ValueError for a negative amount, a negative weight or no weight at all.
    """
    total = sum(weights)
    if amount < 0 or total <= 0 or min(weights) < 0:
        raise ValueError("split needs amount >= 0 and weights >= 0 with a positive sum")
    parts = [amount * weight // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(amount * weights[i] % total), i))
    for i in by_remainder[: amount - sum(parts)]:
        parts[i] += 1
    return parts


def yuan(amount: int) -> str:
    """`amount` in fen as people write it: ¥68, ¥64.60, -¥3."""
    sign, fen = ("-" if amount < 0 else ""), abs(amount)
    text = f"{fen // 100:,}" if fen % 100 == 0 else f"{fen // 100:,}.{fen % 100:02d}"
    return f"{sign}¥{text}"
