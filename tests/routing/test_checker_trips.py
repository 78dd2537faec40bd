"""The distrustful inspector on trips, goods taken back, alternatives and fixed orders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from routing.checker import check
from routing.plan import Appraiser, Plan, Unserved, build
from routing.problem import Act, Group, Job, Location, Lock, Problem, Sequence, Task, Window
from tests.routing.county import HOUR, LORRY, VAN, road

AGAIN = Act("", "reload", "depot")
TRIPPER = replace(VAN, reloads=(Task("depot", service_seconds=600),), max_trips=2)
JOBS = (
    Job("rice", (400,), delivery=Task("near"), returns=(350,)),
    Job("coats", (500,), delivery=Task("middle"), release=8 * HOUR + 600),
    Job("scrap", (90,), pickup=Task("far")),
    Job("desk", (10,), delivery=Task("near")),
    Job("chair", (10,), delivery=Task("middle")),
    Job("lamp", (10,), delivery=Task("far")),
)
GROUPS = (Group("seat", ("desk", "chair")), Group("light", ("lamp",), tariff=700))
ORDER = Sequence("van", (Act("coats", "delivery"), Act("scrap", "pickup")))
ACTS = (
    Act("rice", "delivery"),
    AGAIN,
    Act("coats", "delivery"),
    Act("scrap", "pickup"),
    Act("desk", "delivery"),
)
Case = tuple[Problem, Plan]


@pytest.fixture
def case() -> Case:
    """Out with the rice and back with its sacks; then coats and a desk, and the scrap; no lamp."""
    problem = road(JOBS, (TRIPPER, LORRY), groups=GROUPS, orders=(ORDER,))
    return problem, build(Appraiser(problem), [Sequence("van", ACTS)])


def codes(problem: Problem, plan: Plan) -> set[str]:
    return {violation.code for violation in check(problem, plan)}


def test_two_trips_pass_and_each_carries_its_own_goods(case: Case) -> None:
    problem, plan = case
    assert check(problem, plan) == []
    (route,) = plan.routes
    assert [step.load for step in route.steps] == [(400,), (350,), (510,), (10,), (100,), (90,), (90,)]
    assert [step.location for step in route.steps if step.acts and not step.acts[0].job] == ["depot"]
    assert [(item.job, item.group, item.tariff) for item in plan.unserved] == [("lamp", "light", 700)]
    assert plan.cost.carrier == 700


def van(**changes: object) -> Callable[[Problem], Problem]:
    return lambda p: replace(p, vehicles=(replace(p.vehicles[0], **changes), *p.vehicles[1:]))


def job(name: str, **changes: object) -> Callable[[Problem], Problem]:
    return lambda p: replace(p, jobs=tuple(replace(j, **changes) if j.id == name else j for j in p.jobs))


def whole(**changes: object) -> Callable[[Problem], Problem]:
    return lambda p: replace(p, **changes)


WORLDS: dict[str, tuple[Callable[[Problem], Problem], str]] = {
    "one trip is enough": (van(max_trips=1), "max_trips"),
    "there is no reload": (van(reloads=()), "place.job"),
    "the reload moved": (van(reloads=(Task("far"),)), "place.job"),
    "loading takes longer": (van(reloads=(Task("depot", service_seconds=601),)), "time.service"),
    "loading is done in the morning": (
        van(reloads=(Task("depot", (Window(0, 8 * HOUR + 60),), 600),)),
        "window",
    ),
    "the yard is narrow": (
        lambda p: replace(p, locations=(Location("depot", classes=("cart",)), *p.locations[1:])),
        "access.place",
    ),
    "the second load is too heavy": (job("coats", amount=(591,)), "capacity"),
    "too much comes back": (job("rice", returns=(601,)), "capacity"),
    "more comes back": (job("rice", returns=(351,)), "load"),
    "the second load is ready later": (job("coats", release=12 * HOUR), "release"),
    "the desk and the rice are alternatives": (
        whole(groups=(Group("seat", ("desk", "rice")), GROUPS[1])),
        "group.several",
    ),
    "no lamp is not allowed": (whole(groups=(GROUPS[0], Group("light", ("lamp",)))), "cost.tariff"),
    "no lamp costs more": (whole(groups=(GROUPS[0], Group("light", ("lamp",), 701))), "cost.tariff"),
    "there is no group of lamps": (whole(groups=GROUPS[:1]), "group.name"),
    "the lamp is in another group": (whole(groups=(GROUPS[0], replace(GROUPS[1], id="x"))), "group.name"),
    "the scrap goes before the coats": (
        whole(orders=(replace(ORDER, acts=ORDER.acts[::-1]),)),
        "lock.order",
    ),
    "the order was for the lorry": (whole(orders=(replace(ORDER, vehicle="lorry"),)), "lock.order"),
    "the van began with a reload": (whole(prefixes=(Sequence("van", (AGAIN,)),)), "lock.prefix"),
    "the desk goes with the lorry": (whole(locks=(Lock("desk", "lorry"),)), "lock.vehicle"),
}


@pytest.mark.parametrize("name", WORLDS)
def test_a_tighter_world_breaks_the_plan(case: Case, name: str) -> None:
    change, code = WORLDS[name]
    assert code in codes(change(case[0]), case[1])


LIES: dict[str, tuple[Callable[[Plan], Plan], str]] = {
    "no word about the lamp": (lambda p: replace(p, unserved=()), "group.account"),
    "the lamp twice": (lambda p: replace(p, unserved=p.unserved * 2), "group.account"),
    "the desk is left out too": (
        lambda p: replace(p, unserved=(*p.unserved, Unserved("chair", None, "seat"))),
        "group.account",
    ),
    "a group nobody knows": (
        lambda p: replace(p, unserved=(replace(p.unserved[0], group="ghosts"),)),
        "group.name",
    ),
    "the lamp is free": (lambda p: replace(p, cost=replace(p.cost, carrier=0)), "cost.sum"),
}


@pytest.mark.parametrize("name", LIES)
def test_a_plan_that_lies_is_refused(case: Case, name: str) -> None:
    change, code = LIES[name]
    assert code in codes(case[0], change(case[1]))
