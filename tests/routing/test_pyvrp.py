"""PyVRP as an engine: plain classes as they are, groups of routes, fewer vehicles."""

from __future__ import annotations

import itertools
from dataclasses import replace
from math import inf
from time import monotonic
from typing import Any

import pytest

from routing.checker import check
from routing.distances import completed
from routing.engine import choose, pyvrp_fleet, pyvrp_search, pyvrp_standing, pyvrp_tuning
from routing.engine.crew import Crew
from routing.engine.pyvrp_fleet import vehicles_first
from routing.engine.pyvrp_model import ENDLESS, Model, Tour, kind_counts
from routing.engine.pyvrp_part import Outcome, search
from routing.engine.pyvrp_part import Task as Asked
from routing.engine.pyvrp_ruin import FewerTours
from routing.engine.pyvrp_standing import Standing, map_of
from routing.generate import Size, county
from routing.plan import Facts, sequences_of
from routing.problem import Job, Problem, Task, Vehicle
from routing.read import problem_text, with_objective
from routing.solver import solve_with
from tests.routing.town import QUICK, town


def test_a_plain_class_is_what_pyvrp_would_read_itself() -> None:
    problem = town()
    model = Model(problem)
    data = model.part(range(len(model.jobs)), [12]).data
    (kind,) = data.vehicle_types()
    assert (data.num_locations, data.num_profiles, data.num_depots) == (40, 1, 1)
    assert all(client.required and client.prize == 0 for client in data.clients())
    assert (kind.unit_distance_cost, kind.unit_duration_cost, kind.fixed_cost) == (1, 0, 0)
    assert kind.max_distance == kind.shift_duration == ENDLESS and not data.has_time_windows()
    metres = problem.profiles[0].metres
    assert metres is not None and data.distance_matrix(0).max() == metres.values.max()


def test_a_job_has_a_price_only_where_it_may_be_left_out() -> None:
    problem = town()
    jobs = (replace(problem.jobs[0], tariff=77), *problem.jobs[1:])
    model = Model(replace(problem, jobs=jobs))
    first, second, *_ = model.part(range(39), [12], prices={1: 5}).data.clients()
    assert (first.required, first.prize) == (False, 77)
    assert (second.required, second.prize) == (False, 5)


def in_groups(monkeypatch: pytest.MonkeyPatch, **limits: int) -> None:
    for name, value in {"LONE": 10, "LONE_CHOICE": 10, "GROUP": 15, **limits}.items():
        monkeypatch.setattr(pyvrp_search, name, value)


def test_groups_find_again_what_they_found(monkeypatch: pytest.MonkeyPatch) -> None:
    in_groups(monkeypatch)
    first, second = solve_with(town(), QUICK), solve_with(town(), QUICK)
    assert first.routes == second.routes and first.iterations == second.iterations == 400
    assert not first.unserved and check(town(), first) == []


@pytest.fixture
def searched(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Asked, Outcome]]:
    """Every search of a run: what it was asked and what it found."""
    seen: list[tuple[Asked, Outcome]] = []

    def spy(model: Model, task: Asked, watch: Any = None) -> Outcome:
        outcome = search(model, task, watch)
        seen.append((task, outcome))
        return outcome

    monkeypatch.setattr(pyvrp_search, "search", spy)
    return seen


def test_where_vehicles_are_scarce_half_of_the_search_is_of_the_whole(
    monkeypatch: pytest.MonkeyPatch, searched: list[tuple[Asked, Outcome]]
) -> None:
    in_groups(monkeypatch, FIRST_WHOLE=10, BLOCK=12)
    plan = solve_with(town(vehicles=7), QUICK)
    first, outcome = searched[0]
    assert len(first.jobs) == 39 and first.own and outcome.iterations == QUICK.iterations / 2
    assert not plan.unserved and max(len(task.jobs) for task, _ in searched[1:]) < 39
    searched.clear()
    solve_with(town(vehicles=8), QUICK)
    assert len(searched[0][0].jobs) < 39


def test_scarce_vehicles_that_cannot_do_all_leave_time_for_groups(
    monkeypatch: pytest.MonkeyPatch, searched: list[tuple[Asked, Outcome]]
) -> None:
    in_groups(monkeypatch)
    plan = solve_with(town(vehicles=6), QUICK)
    assert [(task.own, task.owed) for task, _ in searched[:2]] == [(True, False), (False, True)]
    assert len(searched) > 2 and len(plan.owed) == 3  # 390 of load in six sixties


def test_a_plan_too_large_for_one_search_is_made_of_blocks(
    monkeypatch: pytest.MonkeyPatch, searched: list[tuple[Asked, Outcome]]
) -> None:
    in_groups(monkeypatch, WHOLE=20, BLOCK=12)
    problem = town(60, vehicles=14)
    plan = solve_with(problem, QUICK)
    assert not plan.unserved and check(problem, plan) == []
    assert max(len(task.jobs) for task, _ in searched) < len(problem.jobs) / 2


def test_few_acts_are_annealed_as_one_from_a_first_plan(searched: list[tuple[Asked, Outcome]]) -> None:
    plan = solve_with(town(), QUICK)
    (first, begun), (task, found) = searched
    assert not first.tours and task.tours == begun.tours and task.heat is not None
    assert found.cost <= begun.cost and plan.iterations == 400
    searched.clear()
    again = solve_with(replace(town(), initial=sequences_of(plan)), QUICK)
    assert [bool(task.tours) for task, _ in searched] == [True]
    assert again.cost.total <= plan.cost.total


def test_where_jobs_are_a_choice_groups_begin_sooner(
    monkeypatch: pytest.MonkeyPatch, searched: list[tuple[Asked, Outcome]]
) -> None:
    in_groups(monkeypatch, LONE=100)
    solve_with(town(), QUICK)
    assert all(len(task.jobs) == 39 for task, _ in searched)
    searched.clear()
    chosen = (replace(town().jobs[0], tariff=5_000), *town().jobs[1:])
    solve_with(replace(town(), jobs=chosen), QUICK)
    assert min(len(task.jobs) for task, _ in searched) < 39


def test_groups_cool_together_from_the_beginning_to_the_end(
    monkeypatch: pytest.MonkeyPatch, searched: list[tuple[Asked, Outcome]]
) -> None:
    in_groups(monkeypatch)
    solve_with(town(), QUICK)
    heats = [task.heat.first for task, _ in searched if task.heat is not None]
    assert len(heats) > 3 and heats == sorted(set(heats), reverse=True)
    steady = [task.heat.last for task, _ in searched if task.heat is not None]
    assert steady == heats and heats[-1] < heats[0] / 10


def test_groups_go_where_plans_are_worse_and_the_best_is_kept(
    monkeypatch: pytest.MonkeyPatch, searched: list[tuple[Asked, Outcome]]
) -> None:
    """The best is what standing tours and groups had when together they cost least."""
    in_groups(monkeypatch)
    plan = solve_with(town(), QUICK)
    groups = [outcome for task, outcome in searched if task.heat is not None]
    assert any(out.before is not None and out.last_cost > out.before for out in groups)
    cost = best = 0
    for out in groups:
        assert out.before is not None and out.cost <= min(out.before, out.last_cost)
        best = min(best, cost + out.cost - out.before)
        cost += out.last_cost - out.before
    model = Model(town())
    begun = sum(out.cost for task, out in searched if task.heat is None)
    assert plan.cost.total == round(model.fen(begun + best))


def test_a_search_whose_first_plan_is_the_best_goes_on_to_its_end() -> None:
    few = town(4, vehicles=1)
    van = replace(few.vehicles[0], reloads=(Task(few.vehicles[0].start or ""),))
    plan = solve_with(replace(few, vehicles=(van,)), replace(QUICK, iterations=3_000))
    assert (plan.iterations, len(plan.unserved)) == (3_000, 0)


def test_vehicles_have_their_price_until_there_are_as_few_as_may_be(
    searched: list[tuple[Asked, Outcome]],
) -> None:
    dear = tuple(replace(vehicle, fixed_price=10**9) for vehicle in town().vehicles)
    solve_with(replace(town(), vehicles=dear), QUICK)
    priced = [task.priced for task, _ in searched]
    assert priced[0] and not priced[-1] and priced == sorted(priced, reverse=True)


def test_vehicles_that_come_first_are_given_up_before_their_goods_fit_elsewhere() -> None:
    """With lateness dearer than a vehicle none is ever given up: nine of the sixty stay on the road."""
    stops = [(37 * n % 101, 91 * n * n % 103, 5 + n % 20, 53 * n * n % 700) for n in range(1, 61)]
    rows = [f"{n} {x} {y} {load} {ready} {ready + 120} 10" for n, (x, y, load, ready) in enumerate(stops, 1)]
    head = "TEST\n\nVEHICLE\nNUMBER CAPACITY\n60 200\n\nCUSTOMER\nCUST NO. XCOORD. YCOORD. DEMAND READY DUE SERVICE\n"
    model = Model(problem_text("\n".join([head, "0 50 50 0 0 1000 0", *rows]).encode()))
    all_of_it = tuple(range(len(model.jobs))), tuple(kind_counts(model.kinds)), ()
    found = search(model, Asked(*all_of_it, 1, 200, monotonic() + 60, until_feasible=2_000, priced=True))
    assert found.tours is not None and len(found.tours) <= 6


@pytest.mark.parametrize("vehicles", [24, 10])
def test_many_acts_begin_with_blocks_unless_these_leave_something_out(
    monkeypatch: pytest.MonkeyPatch, searched: list[tuple[Asked, Outcome]], vehicles: int
) -> None:
    in_groups(monkeypatch, FIRST_WHOLE=20, BLOCK=12)
    monkeypatch.setattr(pyvrp_tuning, "SCARCE_FLEET", 0)
    problem = town(60, vehicles=vehicles)
    plan = solve_with(problem, QUICK)
    assert not plan.unserved and check(problem, plan) == []
    asked = [len(task.jobs) for task, _ in searched]
    assert asked[0] <= 12 and (len(problem.jobs) in asked) is (vehicles == 10)


@pytest.mark.parametrize("dear", [15, 5])
def test_blocks_take_the_vehicles_that_others_left(monkeypatch: pytest.MonkeyPatch, dear: int) -> None:
    """All blocks prefer the cheap kind: what one takes the next cannot have."""
    in_groups(monkeypatch, WHOLE=20, BLOCK=12)
    problem = town(60, vehicles=5 + dear)
    cheap, rest = problem.vehicles[:5], problem.vehicles[5:]
    fleet = (*(replace(v, fixed_price=1) for v in cheap), *(replace(v, fixed_price=9_999) for v in rest))
    model = Model(replace(problem, vehicles=fleet))
    run = pyvrp_search._Run(model, replace(QUICK, iterations=9_000), lambda draft: None, monotonic(), None)
    with Crew[Any, Any](1, run._do, run._hear) as crew:
        run._first_blocks(crew)
    standing = run._standing
    assert min(standing.idle) >= 0
    used = [sum(tour.kind == kind for tour in standing.tours) for kind in range(len(model.kinds))]
    assert [one + two for one, two in zip(used, standing.idle, strict=True)] == [
        len(members) for members in model.kinds
    ]
    if dear == 15:
        assert not standing.left
    else:  # just enough for all, if nothing were lost between blocks: groups find room for the rest
        assert 0 < len(standing.left) < len(problem.jobs) / 2


def test_lent_groups_share_no_tour_no_vehicle_and_no_job() -> None:
    problem = town()
    plan = solve_with(problem, replace(QUICK, iterations=20))
    model = Model(problem)
    standing = Standing(model, map_of(model), owed=False)
    standing.add(model.given(sequences_of(plan)))
    idle = standing.idle[0]
    draw = pyvrp_search.draw(1)
    loans = []
    while loan := standing.lend(12, draw, shares=3):
        loans.append(loan)
    tours = [number for loan in loans for number in loan.tours]
    assert len(loans) > 1 and sorted(tours) == list(range(len(plan.routes)))
    assert sum(loan.idle[0] for loan in loans) + standing.idle[0] == idle
    assert standing.idle[0] >= 0


@pytest.mark.parametrize(("tariff", "every"), [(None, True), (99, False)])
def test_half_of_the_groups_are_around_what_must_be_done_and_has_no_place(
    monkeypatch: pytest.MonkeyPatch, tariff: int | None, every: bool
) -> None:
    monkeypatch.setattr(pyvrp_standing, "OWED_SHARE", 1.0)
    problem = town()
    plan = solve_with(problem, replace(QUICK, iterations=20))
    problem = replace(problem, jobs=(replace(problem.jobs[0], tariff=tariff), *problem.jobs[1:]))
    model = Model(problem)
    given = [
        replace(sequence, acts=tuple(act for act in sequence.acts if act.job != problem.jobs[0].id))
        for sequence in sequences_of(plan)
    ]
    with_it = set()
    for seed in range(20):
        standing = Standing(model, map_of(model), owed=True)
        standing.add(model.given(given))
        loan = standing.lend(1, pyvrp_search.draw(seed))
        assert loan is not None and standing.left == {0} - set(loan.extra)
        with_it.add(loan.extra == (0,))
    assert with_it == ({True} if every else {True, False})


def test_what_cannot_all_be_done_is_left_out_by_priority() -> None:
    problem = town(13, vehicles=1)
    jobs = tuple(replace(job, priority=int(job.id == "7")) for job in problem.jobs)
    plan = solve_with(replace(problem, jobs=jobs), QUICK)
    assert len(plan.owed) == 6 and "7" not in {item.job for item in plan.owed}


def test_vehicles_come_first_where_each_costs_more_than_any_way() -> None:
    problem = town(40, vehicles=20)
    assert not vehicles_first(problem)
    fleet = with_objective(problem, "fleet")
    assert vehicles_first(fleet)
    plan = solve_with(fleet, QUICK)
    assert len(plan.routes) == 7 and not plan.unserved  # 390 of load in sixties
    optional = replace(fleet, jobs=(replace(fleet.jobs[0], tariff=1), *fleet.jobs[1:]))
    assert not vehicles_first(optional)


def pairs(customers: int = 40, vehicles: int = 20) -> Problem:
    """The town with every load fetched at the customer before."""
    problem = town(customers, vehicles)
    jobs = problem.jobs
    fetched = [
        replace(job, pickup=Task(before.delivery.location))
        for before, job in itertools.pairwise(jobs)
        if before.delivery
    ]
    return with_objective(replace(problem, jobs=tuple(fetched)), "fleet")


def one_each(problem: Problem) -> tuple[Model, tuple[Tour, ...]]:
    model = Model(problem)
    return model, tuple(Tour(0, acts) for acts in model.acts_of_job[: len(problem.vehicles)])


@pytest.mark.parametrize("problem", [with_objective(town(), "fleet"), pairs()], ids=["clients", "pairs"])
def test_ruin_and_recreate_loses_no_job_and_breaks_no_rule(problem: Problem) -> None:
    model, tours = one_each(problem)
    everybody = range(len(model.jobs))
    ruin = FewerTours(model, everybody, tours[:9], [1] * len(everybody), seed=1)
    for _ in range(200):
        if not ruin.left:
            break
        ruin.run(lambda rounds, most=ruin.rounds + 1: rounds >= most)
        now = ruin.tours()
        acts = sorted(act for tour in now for act in tour.acts)
        left = [act for job in ruin.left for act in model.acts_of_job[job]]
        assert sorted(acts + left) == list(range(len(model.acts)))
        for item in model.sequences(now):
            assert isinstance(model.appraiser.appraise(item.vehicle, item.acts), Facts)
    assert not ruin.left and all(count >= 1 for count in ruin.absent().values())


def test_pairs_do_with_fewer_vehicles() -> None:
    plan = solve_with(pairs(), QUICK)
    assert not plan.unserved and check(pairs(), plan) == []
    assert len(plan.routes) == 1  # what is fetched next door is soon off board again


def test_neighbouring_tours_are_saved_where_there_are_too_many_for_one_search(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pyvrp_fleet, "MOST_ACTS", 20)
    monkeypatch.setattr(pyvrp_fleet, "GROUP", 20)
    problem = with_objective(town(40, vehicles=39), "fleet")
    model, tours = one_each(problem)
    seeds = iter(range(10_000))
    turns = pyvrp_fleet.Turns(model, map_of(model), tours, lambda: next(seeds))
    for _ in range(200):
        task = turns.task(inf, 50)
        assert len(task.jobs) <= 26
        turns.take(task, pyvrp_fleet.fewer(model, task))
    assert sorted(act for tour in turns.tours for act in tour.acts) == list(range(39))
    assert len(turns.tours) <= 9 and model.least_tours == 7


def test_a_tour_saved_meanwhile_by_another_is_not_saved_twice() -> None:
    model, tours = one_each(with_objective(town(), "fleet"))
    seeds = iter(range(100))
    turns = pyvrp_fleet.Turns(model, map_of(model), tours, lambda: next(seeds))
    first, second = turns.task(inf, 50), turns.task(inf, 50)
    assert set(first.tours) != set(second.tours)
    assert turns.take(first, pyvrp_fleet.fewer(model, first))
    saved = turns.tours
    assert not turns.take(second, pyvrp_fleet.fewer(model, second)) and turns.tours == saved


def test_a_plan_to_start_from_is_not_made_worse(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = town()
    good = solve_with(problem, QUICK)
    in_groups(monkeypatch)
    again = solve_with(replace(problem, initial=sequences_of(good)), replace(QUICK, iterations=5))
    assert again.cost.total <= good.cost.total


def test_pairs_go_to_pyvrp_and_what_it_lacks_elsewhere() -> None:
    problem = completed(county(Size(warehouses=2, recipients=6, pairs=8, vehicles=2), seed=1))
    assert choose(problem).name == "ruin"  # villages open twice a day
    once = [replace(job, delivery=_once(job)) for job in problem.jobs]
    assert choose(replace(problem, jobs=tuple(once))).name == "pyvrp"


def _once(job: Job) -> Task:
    assert job.delivery is not None
    return replace(job.delivery, windows=job.delivery.windows[:1])


def test_a_place_that_admits_some_vehicles_only_is_not_driven_to_by_others() -> None:
    problem = town(20, vehicles=4, capacity=60)
    small = tuple(replace(vehicle, vehicle_class="van") for vehicle in problem.vehicles[:2])
    fleet: tuple[Vehicle, ...] = (*small, *problem.vehicles[2:])
    narrow = tuple(replace(job, classes=("van",)) if int(job.id) % 3 == 0 else job for job in problem.jobs)
    plan = solve_with(replace(problem, vehicles=fleet, jobs=narrow), QUICK)
    assert not plan.unserved and check(replace(problem, vehicles=fleet, jobs=narrow), plan) == []
