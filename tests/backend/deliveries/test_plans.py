"""Asking for a plan, running it under a lease, and the ways in which it fails clearly."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from backend.deliveries.models import Plan, Vehicle
from backend.deliveries.operations import BadDay, discard_plan, draft, fail, release_plan, renew, retry_plan
from backend.deliveries.planning import run as running
from backend.deliveries.planning import run_next
from backend.journal.models import Entry
from backend.kernel.db import claim
from backend.kernel.errors import Malformed
from backend.kernel.states import WrongState
from tests.backend.deliveries.stories import TUESDAY, XIAO_TAN, County
from tests.cast import MONDAY, later

pytestmark = pytest.mark.django_db


def test_asking_twice_for_the_same_day_is_one_plan() -> None:
    county = County()
    first, second = county.ask(), county.ask()
    assert first.pk == second.pk
    assert first.number == "P-261124-01"
    assert Entry.objects.filter(kind="plan.asked").count() == 1


def test_the_next_plan_of_a_day_has_the_next_number() -> None:
    county = County()
    discard_plan(plan=county.ask(), actor=XIAO_TAN, at=MONDAY)
    assert county.ask().number == "P-261124-02"


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({"on": (MONDAY - timedelta(days=1)).date()}, BadDay),
        ({"region": "5223"}, Malformed),
        ({"seconds": 0}, Malformed),
        ({"seconds": 100_000}, Malformed),
    ],
)
def test_nonsense_is_refused_with_the_field(values: dict[str, object], refusal: type[Malformed]) -> None:
    with pytest.raises(refusal) as refused:
        County().ask(**values)
    assert refused.value.pointer == f"/{next(iter(values))}"


def test_a_draft_keeps_everything_that_repeats_it() -> None:
    county = County()
    shipment = county.shipment(county.school())
    plan = county.drafted()
    assert plan.state == "drafted"
    assert plan.problem and plan.problem["jobs"][0]["id"] == shipment.public_id
    assert plan.bounds["cost"] >= plan.bounds["routes"] > 0
    assert plan.bounds["goods"] > 0 and 0 <= plan.bounds["whole_gap"] < 1
    assert plan.bounds["whole"] <= plan.bounds["goods"] + plan.bounds["cost"]
    assert plan.bounds["method"].startswith("geodesic x 1.45")
    assert plan.versions and plan.iterations and plan.seed == 1
    assert plan.claimed_until is None


def test_nothing_ready_is_said_plainly() -> None:
    county = County()
    county.shipment(county.school(), ready_at=None)
    plan = county.drafted()
    assert (plan.state, plan.error) == ("failed", "nothing_ready")


def test_without_a_vehicle_there_is_no_plan() -> None:
    county = County()
    county.shipment(county.school())
    Vehicle.objects.update(retired_at=MONDAY)
    assert county.drafted().error == "no_vehicles"


def test_in_the_evening_it_is_too_late_for_today() -> None:
    county = County()
    county.shipment(county.school())
    evening = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # 20:00 in Anlong
    assert county.drafted(on=MONDAY.date(), at=evening).error == "too_late"


def test_a_failed_plan_is_asked_for_again() -> None:
    county = County()
    plan = county.drafted()
    county.shipment(county.school())
    again = retry_plan(plan=plan, actor=XIAO_TAN, at=later(minutes=5))
    assert (again.state, again.error) == ("asked", "")
    run = run_next(by="worker-1", clock=lambda: MONDAY)
    assert run and run.state == "drafted"


def test_a_dead_workers_plan_is_taken_again_when_its_lease_has_run_out() -> None:
    county = County()
    county.shipment(county.school())
    plan = county.ask()
    claim(Plan.objects.all(), by="dead worker", at=MONDAY, lease=running.LEASE)
    assert run_next(by="worker-2", clock=lambda: MONDAY + timedelta(seconds=10)) is None
    run = run_next(by="worker-2", clock=lambda: MONDAY + timedelta(seconds=16))
    assert run and run.pk == plan.pk and run.state == "drafted"


def test_the_dead_worker_cannot_write_when_it_comes_back() -> None:
    county = County()
    plan = county.ask()
    claim(Plan.objects.all(), by="worker-2", at=MONDAY, lease=running.LEASE)
    with pytest.raises(WrongState):
        fail(plan=plan, by="dead worker", error="late", actor="system:jobs", at=MONDAY)
    assert not renew(plan=plan, by="dead worker", progress={}, at=MONDAY, lease=running.LEASE)


def test_three_dead_workers_are_enough() -> None:
    county = County()
    county.shipment(county.school())
    plan = county.ask()
    Plan.objects.filter(pk=plan.pk).update(tries=3)
    run = run_next(by="worker-4", clock=lambda: MONDAY)
    assert run and (run.state, run.error) == ("failed", "worker_died")


def test_a_discarded_plan_is_dropped_in_mid_search(monkeypatch: pytest.MonkeyPatch) -> None:
    county = County()
    county.shipment(county.school())
    plan = county.ask(seconds=60, limit=None)
    monkeypatch.setattr(running, "BEAT_SECONDS", 0.2)
    beats: list[float] = []

    def clock() -> datetime:
        beats.append(1)
        if len(beats) == 4:
            discard_plan(plan=Plan.objects.get(pk=plan.pk), actor=XIAO_TAN, at=MONDAY)
        return MONDAY

    run = run_next(by="worker-1", clock=clock)
    assert run and run.state == "discarded"
    assert len(beats) < 20


def test_progress_is_shown_while_it_searches() -> None:
    county = County()
    county.shipment(county.school())
    plan = county.drafted(seconds=3, limit=None)
    assert plan.progress["seconds"] == 3
    assert plan.progress["elapsed"] > 0


def test_a_release_needs_a_draft() -> None:
    county = County()
    plan = county.ask()
    with pytest.raises(WrongState):
        release_plan(plan=plan, actor=XIAO_TAN, at=MONDAY)
    discarded = discard_plan(plan=plan, actor=XIAO_TAN, at=MONDAY)
    with pytest.raises(WrongState):
        draft(
            plan=discarded, by="", problem={}, answer={}, bounds={}, versions=[], iterations={},
            actor="system:jobs", at=MONDAY,
        )  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_take_one_plan() -> None:
    county = County()
    county.ask(on=TUESDAY)
    taken: list[int] = []
    gate = threading.Barrier(8)

    def worker(name: str) -> None:
        gate.wait()
        taken.append(len(claim(Plan.objects.all(), by=name, at=MONDAY, lease=running.LEASE)))
        connection.close()

    threads = [threading.Thread(target=worker, args=(f"w{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(taken) == 1
