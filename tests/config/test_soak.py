"""What `make soak` calls a drift: each one is seen, and nothing is seen where all is flat."""

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from backend.config.proofs import drift, gauge
from backend.config.proofs.plot import Panel, svg
from backend.config.proofs.soak import Run
from backend.donations.models import PaymentNotice

MB = drift.MB
SLICES = 30


def flat() -> Run:
    """Half an hour as it should be: gifts add to what is kept for good, and to nothing else."""
    run = Run(rate=100.0)
    for n in range(1, SLICES + 1):
        told = {"sent": 1_000, "odd": {}, "per_s": 100.0, "p50_ms": 9.0, "p99_ms": 30.0, "cpu_us": 900.0}
        memory = {"web": 200 * MB, "worker": 350 * MB}
        tables = {"donations_donation": 600_000 * n, "journal_unplaced": 65_536, "needs_needline": 90_000}
        run.note(10.0 * n, told, memory, tables)
    return run


def test_flat_is_flat() -> None:
    assert flat().wrong() == []


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda run: run.memory.update(web=[(200 + 2 * n) * MB for n in range(SLICES)]), "web: memory"),
        (lambda run: run.told.update(p99_ms=[30.0 + 5 * n for n in range(SLICES)]), "p99_ms went from"),
        (lambda run: run.told.update(p50_ms=[9.0 + 2 * n for n in range(SLICES)]), "p50_ms went from"),
        (lambda run: run.told.update(cpu_us=[900.0 + 30 * n for n in range(SLICES)]), "cpu_us went from"),
        (
            lambda run: run.tables.update(journal_unplaced=[MB * n / 4 for n in range(SLICES)]),
            "nothing purges it",
        ),
        (lambda run: run.tables.update(a_new_table=[MB * n / 4 for n in range(SLICES)]), "a_new_table grows"),
        (
            lambda run: run.tables.update(donations_donation=[30_000.0 * n * n for n in range(SLICES)]),
            "donations_donation: a gift took",
        ),
        (lambda run: run.odd.update({"503": 2}), "2 answers were 503"),
    ],
)
def test_each_drift_is_seen(harm: object, said: str) -> None:
    run = flat()
    harm(run)  # type: ignore[operator]
    (words,) = run.wrong()
    assert said in words


def test_a_warm_up_is_no_drift() -> None:
    run = flat()
    run.memory["web"] = [min(100 + 20 * n, 200) * float(MB) for n in range(SLICES)]
    run.told["p99_ms"] = [900.0, 500.0, *([30.0] * (SLICES - 2))]
    assert run.wrong() == []


@pytest.mark.django_db
def test_every_table_is_measured_and_what_is_kept_or_purged_is_there() -> None:
    sizes = gauge.table_bytes()
    assert PaymentNotice._meta.db_table in sizes and min(sizes.values()) >= 0
    assert drift.KEPT | drift.PURGED.keys() <= sizes.keys()


def test_own_memory_is_counted() -> None:
    import os

    before = gauge.own_memory(os.getpid())
    held = bytearray(40 * MB)
    held[::4096] = b"x" * len(held[::4096])
    assert gauge.own_memory(os.getpid()) - before > 30 * MB
    assert gauge.own_memory(2**22 + 1) == 0


def test_the_plot_is_an_image_with_every_line() -> None:
    panel = Panel("Answers & more", "ms", [10, 20], {"p50": [1, 2], "p99": [3, 4]})
    drawn = svg("Gifts <at> half", "words", [panel, replace(panel, lines={"none": []}, seconds=[])])
    root = ET.fromstring(drawn)
    assert len(root.findall("{http://www.w3.org/2000/svg}polyline")) == 3
    assert "p99 4.0" in drawn and "Gifts &lt;at&gt; half" in drawn
