"""A distrustful inspector: for every rule there is a plan that breaks it, and he refuses each."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from routing.checker import check
from routing.plan import Appraiser, Plan, Rest, Route, Step, Unserved, build
from routing.problem import (
    Act,
    Break,
    Grid,
    Group,
    Job,
    Lock,
    Problem,
    Profile,
    Sequence,
    Task,
    Vehicle,
    Window,
)
from tests.routing.county import HOUR, LORRY, METRES, SECONDS, VAN, pair, road, table

Case = tuple[Problem, Plan]

LUNCH = Break(1800, Window(11 * HOUR, 12 * HOUR))
JOBS = (
    pair("rice", "near", 100, delivery=Task("near", (Window(9 * HOUR, 12 * HOUR),), 300)),
    pair("coats", "middle", 200, tariff=99_000),
    Job("scrap", (50,), pickup=Task("far", service_seconds=120)),
    Job("books", (80,), delivery=Task("far", service_seconds=60)),
    pair("lamp", "far", 10, tariff=500),
)
ORDER = tuple(
    Act(job, kind)  # type: ignore[arg-type]
    for job, kind in (
        ("rice", "pickup"),
        ("coats", "pickup"),
        ("rice", "delivery"),
        ("coats", "delivery"),
        ("books", "delivery"),
        ("scrap", "pickup"),
    )
)


@pytest.fixture
def case() -> Case:
    """A van does four jobs on its way out and back; the lamp goes by carrier; the lorry stays at home."""
    problem = road(JOBS, (VAN, LORRY))
    return problem, build(Appraiser(problem), [Sequence("van", ORDER)])


def codes(case: Case) -> set[str]:
    return {violation.code for violation in check(*case)}


def test_a_sound_plan_passes(case: Case) -> None:
    assert check(*case) == []
    assert [step.location for step in case[1].routes[0].steps] == [
        "depot",
        "depot",
        "near",
        "middle",
        "far",
        "depot",
    ]


# The plan stays, the world changes under it: one rule tighter, one violation.


def vehicle(**changes: object) -> Callable[[Problem], Problem]:
    return lambda p: replace(p, vehicles=(replace(p.vehicles[0], **changes), *p.vehicles[1:]))


def job(name: str, **changes: object) -> Callable[[Problem], Problem]:
    return lambda p: replace(p, jobs=tuple(replace(j, **changes) if j.id == name else j for j in p.jobs))


def place(name: str, **changes: object) -> Callable[[Problem], Problem]:
    return lambda p: replace(
        p, locations=tuple(replace(s, **changes) if s.id == name else s for s in p.locations)
    )


def whole(**changes: object) -> Callable[[Problem], Problem]:
    return lambda p: replace(p, **changes)


LATER = Grid(SECONDS.values * 2)
FARTHER = Grid(METRES.values * 2)
WORLDS: dict[str, tuple[Callable[[Problem], Problem], str]] = {
    "the van is smaller": (vehicle(capacity=(370,)), "capacity"),
    "the van may not take so much back": (vehicle(capacity=(329,)), "capacity"),
    "the shift starts later": (vehicle(shift=Window(10 * HOUR, 18 * HOUR)), "shift.start"),
    "the shift ends earlier": (vehicle(shift=Window(8 * HOUR, 9 * HOUR)), "shift.end"),
    "the van may not go so far": (vehicle(max_metres=59_999), "max_metres"),
    "the van may not be out so long": (vehicle(max_seconds=3600), "max_seconds"),
    "the van lives elsewhere": (vehicle(start="near"), "place.start"),
    "the van must end elsewhere": (vehicle(end="near"), "place.end"),
    "the driver must have lunch on the way": (
        vehicle(breaks=(Break(1800, Window(9 * HOUR, 9 * HOUR + 600)),)),
        "break",
    ),
    "a km costs more": (vehicle(km_price=101), "cost.km_cost"),
    "an hour costs more": (vehicle(hour_price=2_001), "cost.hour_cost"),
    "the van costs more": (vehicle(fixed_price=10_001), "cost.fixed_cost"),
    "the school opens later": (
        job("rice", delivery=Task("near", (Window(11 * HOUR, 12 * HOUR),), 300)),
        "window",
    ),
    "the goods are ready later": (job("coats", release=12 * HOUR), "release"),
    "goods on board are ready later": (job("books", release=12 * HOUR), "release"),
    "the goods need cooling": (job("coats", skills=("cold",)), "access.skills"),
    "the goods need a lorry": (job("coats", classes=("lorry",)), "access.job"),
    "the goods are for the lorry": (job("coats", vehicles=("lorry",)), "access.vehicle"),
    "the goods weigh more": (job("coats", amount=(201,)), "load"),
    "the job moved": (job("coats", delivery=Task("far", service_seconds=300)), "place.job"),
    "the work takes longer": (job("rice", delivery=Task("near", service_seconds=301)), "time.service"),
    "the carrier costs more": (job("lamp", tariff=501), "cost.tariff"),
    "the carrier no longer takes it": (job("lamp", tariff=None), "cost.tariff"),
    "the job has no pickup any more": (job("coats", pickup=None), "job.kind"),
    "the village road is narrow": (place("far", classes=("handcart",)), "access.place"),
    "the village has stairs": (place("far", visit_seconds=900), "time.service"),
    "the road is longer": (whole(profiles=(Profile("road", FARTHER, SECONDS),)), "leg.metres"),
    "the road is slower": (whole(profiles=(Profile("road", METRES, LATER),)), "time.travel"),
    "the job is locked to the lorry": (whole(locks=(Lock("coats", "lorry"),)), "lock.vehicle"),
    "the road had begun otherwise": (
        whole(prefixes=(Sequence("van", (ORDER[1],)),)),
        "lock.prefix",
    ),
    "the lorry is on the road": (
        whole(prefixes=(Sequence("lorry", (Act("lamp", "pickup"),)),)),
        "lock.prefix",
    ),
    "there is no van": (whole(vehicles=(LORRY,)), "vehicle.unknown"),
    "a job is new": (whole(jobs=(*JOBS, pair("new", "far"))), "job.account"),
    "a job is gone": (whole(jobs=JOBS[:-1]), "job.unknown"),
}


@pytest.mark.parametrize("name", WORLDS)
def test_a_tighter_world_breaks_the_plan(case: Case, name: str) -> None:
    change, code = WORLDS[name]
    assert code in codes((change(case[0]), case[1]))


# The world stays, the plan lies.


def route(change: Callable[[Route], Route]) -> Callable[[Plan], Plan]:
    return lambda plan: replace(plan, routes=(change(plan.routes[0]), *plan.routes[1:]))


def steps(change: Callable[[list[Step]], list[Step]]) -> Callable[[Plan], Plan]:
    return route(lambda r: replace(r, steps=tuple(change(list(r.steps)))))


def step(number: int, **changes: object) -> Callable[[Plan], Plan]:
    return steps(lambda s: [*s[:number], replace(s[number], **changes), *s[number + 1 :]])


def act(number: int, spot: int, **changes: object) -> Callable[[Plan], Plan]:
    def change(found: list[Step]) -> list[Step]:
        acts = list(found[number].acts)
        acts[spot] = replace(acts[spot], **changes)
        return [*found[:number], replace(found[number], acts=tuple(acts)), *found[number + 1 :]]

    return steps(change)


def split_depot(found: list[Step]) -> list[Step]:
    first, second = (replace(found[1], acts=(done,)) for done in found[1].acts)
    return [found[0], first, second, *found[2:]]


def cost(**changes: int) -> Callable[[Plan], Plan]:
    return lambda plan: replace(plan, cost=replace(plan.cost, **changes))


LIES: dict[str, tuple[Callable[[Plan], Plan], str]] = {
    "a stop is missing": (steps(lambda s: [*s[:2], *s[3:]]), "pair.half"),
    "the order is turned": (steps(lambda s: [s[0], s[2], s[1], *s[3:]]), "pair.order"),
    "the start is missing": (steps(lambda s: s[1:]), "shape"),
    "the end is missing": (steps(lambda s: s[:-1]), "shape"),
    "a visit without acts": (step(2, acts=()), "shape"),
    "a place nobody knows": (step(2, location="moon"), "shape"),
    "one visit written as two": (steps(split_depot), "visit.split"),
    "the leg is shortened": (step(2, leg_metres=9_999), "leg.metres"),
    "the leg is sped up": (step(2, leg_seconds=599), "leg.seconds"),
    "it arrives before it can": (step(3, arrival=0), "time.travel"),
    "it waits a negative time": (step(3, wait=-1), "time.wait"),
    "it starts before its first act": (step(3, start=0), "time.start"),
    "it leaves during the work": (step(3, departure=0), "time.service"),
    "two acts at once": (act(1, 1, start=0), "time.overlap"),
    "it idles at the start": (step(0, arrival=0), "time.ends"),
    "the load is wrong": (step(2, load=(0,)), "load"),
    "the route is shortened": (route(lambda r: replace(r, metres=1)), "route.metres"),
    "the route is sped up": (route(lambda r: replace(r, seconds=1)), "route.seconds"),
    "a rest during work": (
        route(lambda r: replace(r, rests=(Rest(r.steps[2].start, r.steps[2].start + 60),))),
        "break.work",
    ),
    "a rest nobody asked for": (route(lambda r: replace(r, rests=(Rest(1, 2),))), "break"),
    "two rests at once": (route(lambda r: replace(r, rests=(Rest(1, 5), Rest(2, 6)))), "break.work"),
    "a job is done twice": (
        steps(lambda s: [*s[:3], replace(s[2], location="near"), *s[3:]]),
        "job.twice",
    ),
    "a van drives twice": (lambda p: replace(p, routes=(p.routes[0], p.routes[0])), "vehicle.twice"),
    "a lamp is forgotten": (lambda p: replace(p, unserved=()), "job.account"),
    "a lamp is left out twice": (lambda p: replace(p, unserved=p.unserved * 2), "job.account"),
    "a ghost is left out": (
        lambda p: replace(p, unserved=(*p.unserved, Unserved("ghost", None))),
        "job.unknown",
    ),
    "the fixed cost is less": (cost(fixed=0), "cost.sum"),
    "the km cost is less": (cost(km=0), "cost.sum"),
    "the hour cost is less": (cost(hour=0), "cost.sum"),
    "the carrier is free": (cost(carrier=0), "cost.sum"),
    "the bound is above the cost": (lambda p: replace(p, lower_bound=p.cost.total + 1), "bound"),
}


@pytest.mark.parametrize("name", LIES)
def test_a_plan_that_lies_is_refused(case: Case, name: str) -> None:
    change, code = LIES[name]
    assert code in codes((case[0], change(case[1])))


def test_a_pair_is_not_shared_between_vehicles() -> None:
    problem = road((pair("rice", "near"), pair("coats", "near")), (VAN, LORRY))
    plan = build(
        Appraiser(problem),
        [
            Sequence("van", (Act("rice", "pickup"), Act("rice", "delivery"))),
            Sequence("lorry", (Act("coats", "pickup"), Act("coats", "delivery"))),
        ],
    )
    swapped = [
        replace(r, steps=(*r.steps[:2], other.steps[2], *r.steps[3:]))
        for r, other in zip(plan.routes, reversed(plan.routes), strict=True)
    ]
    assert "pair.split" in codes((problem, replace(plan, routes=tuple(swapped))))


def test_lunch_held_on_the_way_is_seen_and_lunch_moved_is_not() -> None:
    resting = replace(VAN, breaks=(LUNCH,), shift=Window(10 * HOUR, 18 * HOUR))
    early = Task("depot", (Window(10 * HOUR, 10 * HOUR + 300),))
    late = Task("near", (Window(13 * HOUR, 14 * HOUR),), 3600)
    problem = road((pair("rice", "near", pickup=early, delivery=late),), (resting,))
    plan = build(Appraiser(problem), [Sequence("van", (Act("rice", "pickup"), Act("rice", "delivery")))])
    assert plan.routes[0].rests and check(problem, plan) == []
    shorter = replace(
        plan.routes[0], rests=(Rest(plan.routes[0].rests[0].start, plan.routes[0].rests[0].end - 1),)
    )
    assert "break" in codes((problem, replace(plan, routes=(shorter,))))


def test_the_inspector_shares_no_code_with_those_he_inspects() -> None:
    import routing.checker.routes as routes
    import routing.checker.whole as rules

    names = {name for module in (routes, rules) for name in vars(module)}
    assert not names & {"Appraiser", "timetable", "build", "priced", "engine"}


def test_every_field_of_a_vehicle_and_a_job_is_watched() -> None:
    """A new field in the problem must come with a rule here, or be named as one that forbids nothing."""
    harmless = {"id", "profile", "priority", "skills", "vehicle_class"}
    watched = {"start", "end", "capacity", "shift", "fixed_price", "km_price", "hour_price"}
    watched |= {"max_metres", "max_seconds", "breaks", "classes", "vehicles", "release", "amount"}
    watched |= {"pickup", "delivery", "tariff", "returns", "reloads", "max_trips", "jobs"}
    fields = {field.name for kind in (Vehicle, Job, Group) for field in dataclasses.fields(kind)}
    assert fields == harmless | watched


def test_every_code_that_the_inspector_knows_has_a_plan_that_earns_it() -> None:
    folder = Path(__file__).parents[2] / "routing" / "checker"
    source = (folder / "routes.py").read_text(encoding="utf-8") + (folder / "whole.py").read_text(
        encoding="utf-8"
    )
    known = set(re.findall(r'(?:_fault|Violation)\(\s*"([a-z_.]+)"', source))
    here = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_checker*"))
    assert len(known) > 30 and {code for code in known if f'"{code}"' not in here} == set()


def test_one_way_roads_count_in_their_direction() -> None:
    uphill = table((0, 500, 9, 9), (100, 0, 9, 9), (9, 9, 0, 9), (9, 9, 9, 0))
    problem = road((pair("rice", "near"),), profiles=(Profile("road", uphill, uphill),))
    plan = build(Appraiser(problem), [Sequence("van", (Act("rice", "pickup"), Act("rice", "delivery")))])
    assert plan.metres == 600 and check(problem, plan) == []
    turned = replace(problem, profiles=(Profile("road", Grid(uphill.values.T), Grid(uphill.values.T)),))
    assert "leg.metres" in codes((turned, plan))
