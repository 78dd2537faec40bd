"""Whether something drifts: the last fifth of a run beside its second fifth (the first one warms up)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

MB = 1024 * 1024
# what a gift, its payment and its story are kept in for good: they grow by the gift, and by nothing else
KEPT = {
    "donations_checkout", "donations_donation", "donations_detail", "donations_donationline",
    "donations_fundedline", "donations_funding", "donations_payment", "donations_refund", "donations_refundline",
    "journal_entry", "journal_sequence", "ledger_transfer", "notices_letter",
    "sandbox_gateway_sandboxorder", "sandbox_gateway_sandboxnotice", "sandbox_gateway_sandboxrefund",
}  # fmt: skip
# purged by a task after so long that a run does not see it; see docs/benchmarks.md
PURGED = {"donations_paymentnotice": "30 days", "donations_attempt": "30 days", "journal_answer": "24 hours"}


@dataclass(frozen=True)
class Bound:
    """Allowed: `times` as much, or `more` than before, whichever is larger."""

    times: float
    more: float

    def broken(self, before: float, after: float) -> bool:
        return after > max(before * self.times, before + self.more)


MEMORY, P50, P99, CPU = Bound(1.1, 12 * MB), Bound(1.5, 10), Bound(2.0, 60), Bound(1.3, 150)
TABLE = Bound(1.25, MB / 2)
PER_GIFT = Bound(1.25, 200)  # bytes


def fifths(values: Sequence[float]) -> tuple[float, float]:
    """The medians of the second and of the last fifth; both 0 where there are fewer than five values."""
    size = len(values) // 5
    if not size:
        return 0.0, 0.0
    return median(values[size : 2 * size]), median(values[-size:])


def grown_memory(memory: Mapping[str, Sequence[float]]) -> list[str]:
    return [
        f"{name}: memory went from {before / MB:.0f} to {after / MB:.0f} MB"
        for name, values in memory.items()
        for before, after in [fifths(values)]
        if MEMORY.broken(before, after)
    ]


def slower(slices: Mapping[str, Sequence[float]]) -> list[str]:
    """`slices`: p50_ms, p99_ms and cpu_us of each stretch of the run."""
    bounds = {"p50_ms": P50, "p99_ms": P99, "cpu_us": CPU}
    return [
        f"{name} went from {before:.1f} to {after:.1f}"
        for name, bound in bounds.items()
        for before, after in [fifths(slices[name])]
        if bound.broken(before, after)
    ]


def grown_tables(tables: Mapping[str, Sequence[float]], gifts: Sequence[float]) -> list[str]:
    """Tables that are not kept for good must not grow; those that are take the same bytes per gift all along.

    `gifts`: how many there were at each reading.
    """
    found = []
    for name, sizes in tables.items():
        if name in PURGED:
            continue
        if name not in KEPT:
            before, after = fifths(sizes)
            if TABLE.broken(before, after):
                found.append(f"{name} grows: {before / MB:.1f} to {after / MB:.1f} MB, and nothing purges it")
            continue
        early, late = _per_gift(sizes, gifts)
        if PER_GIFT.broken(early, late):
            found.append(f"{name}: a gift took {early:.0f} bytes at first and {late:.0f} later")
    return found


def _per_gift(sizes: Sequence[float], gifts: Sequence[float]) -> tuple[float, float]:
    """Bytes per new gift in the first half after the start, and in the second."""
    if len(sizes) < 5:
        return 0.0, 0.0
    first, middle, last = len(sizes) // 5, len(sizes) * 3 // 5, len(sizes) - 1

    def per_gift(frm: int, to: int) -> float:
        return (sizes[to] - sizes[frm]) / max(gifts[to] - gifts[frm], 1)

    return per_gift(first, middle), per_gift(middle, last)
