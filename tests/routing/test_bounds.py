"""Bounds against the whole truth about small problems: never above it, close to it, the same every time."""

from __future__ import annotations

import importlib
import itertools
import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from routing import bounds
from routing.bounds.columns import Effort, Way, generate
from routing.distances import completed
from routing.generate import Size, county
from routing.matrix import Travel
from routing.problem import Grid, Job, Location, Problem, Profile, Task, Vehicle, Window, dumps
from routing.solver import Params, solve_with
from tests.routing.random_problems import optimum, problems

radial = importlib.import_module("routing.bounds.radial")  # the package calls its function by the same name

FULL = Effort(60.0, 60)
THOROUGH = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def ways_for(problem: Problem) -> list[Way]:
    lone = not any(job.pickup and job.delivery for job in problem.jobs)
    lone = lone and not any(vehicle.reloads for vehicle in problem.vehicles)
    return ["flow", "load", "trips", "time"] if lone else ["flow", "trips", "time"]


@pytest.mark.parametrize(
    ("kinds", "rich"), [(("pair", "delivery", "pickup"), True), (("delivery",), False), (("pair",), False)]
)
def test_no_relaxation_claims_more_than_the_truth(kinds: tuple[str, ...], rich: bool) -> None:
    @THOROUGH
    @given(problems(kinds=kinds, trips=rich, choices=rich))
    def claim(problem: Problem) -> None:
        best = optimum(problem)
        if best is None or best[0]:
            return
        for way in ways_for(problem):
            found = bounds.search(problem, way, replace(FULL, rounds=30))
            assert found is None or found.value <= best[1] + 0.01, (way, dumps(problem))

    claim()


def plane(seed: int, customers: int = 7, vehicles: int = 7) -> Problem:
    """A depot in the middle of customers on a plane; three fill a vehicle, more or less."""
    draw = random.Random(seed)
    spots = np.array(
        [(500, 500)] + [(draw.randint(0, 1000), draw.randint(0, 1000)) for _ in range(customers)]
    )
    metres = np.rint(np.hypot(*(spots[:, None] - spots).astype(float).T)).astype(np.int32).T
    van = Vehicle("v", "p0", "p0", (100,), fixed_price=draw.choice((0, 400)), km_price=1000)
    return Problem(
        locations=tuple(Location(f"p{n}") for n in range(customers + 1)),
        vehicles=tuple(replace(van, id=f"v{n}") for n in range(vehicles)),
        jobs=tuple(
            Job(
                f"j{n}",
                (draw.randint(15, 50),),
                delivery=Task(f"p{n}"),
                tariff=draw.choice((None, None, draw.randint(200, 1200))),
            )
            for n in range(1, customers + 1)
        ),
        profiles=(Profile("road", Grid(metres), Grid(metres)),),
        dimensions=("grams",),
    )


def truth(problem: Problem) -> int:
    """The least cost by dynamic programming over sets (Held and Karp), any number of vehicles."""
    metres = problem.profiles[0].metres
    assert metres is not None
    way, jobs, van = metres.values, problem.jobs, problem.vehicles[0]
    ends: dict[tuple[int, int], int] = {(1 << n, n): int(way[0, n + 1]) for n in range(len(jobs))}
    for chosen in range(1, 1 << len(jobs)):
        for last, after in itertools.permutations(range(len(jobs)), 2):
            if chosen >> last & 1 and not chosen >> after & 1:
                cost = ends[chosen, last] + int(way[last + 1, after + 1])
                key = chosen | 1 << after, after
                ends[key] = min(cost, ends.get(key, cost))
    best = [0] * (1 << len(jobs))
    for left in range(1, 1 << len(jobs)):
        first = left & -left
        tariff = jobs[first.bit_length() - 1].tariff
        options = [] if tariff is None else [best[left ^ first] + tariff]
        part = left
        while part:
            inside = [n for n in range(len(jobs)) if part >> n & 1]
            if part & first and sum(jobs[n].amount[0] for n in inside) <= van.capacity[0]:
                drive = min(ends[part, n] + int(way[n + 1, 0]) for n in inside)
                options.append(best[left ^ part] + van.fixed_price + drive)
            part = (part - 1) & left
        best[left] = min(options)
    return best[-1]


def test_goods_on_a_plane_are_bounded_closely_and_at_any_moment() -> None:
    shares = []
    for seed in range(12):
        problem = plane(seed)
        best = truth(problem)
        for rounds in (1, 3, 10, 60):
            found = bounds.lower(problem, seconds=60, rounds=rounds)
            assert found.fen is not None and found.fen <= best, (seed, rounds)
        shares.append(found.fen / best)
    assert sum(shares) / len(shares) > 0.97, shares


def test_few_vehicles_are_not_counted_twice() -> None:
    """Two vans for what would like three: the bound may rise above that of any fleet, never above the truth."""
    for seed in range(6):
        problem = plane(seed, customers=5)
        some = generate(replace(problem, vehicles=problem.vehicles[:2]), by="load", effort=FULL)
        many = generate(problem, by="load", effort=FULL)
        assert some is not None and many is not None and some.value >= many.value - 1


def test_a_bound_that_is_not_found_in_time_is_none() -> None:
    assert bounds.radial(plane(0), seconds=0) == bounds.Bound(None, "no time for a bound")


def test_pairs_of_a_county_are_bounded_better_than_by_the_radial_way() -> None:
    problem = completed(county(Size(warehouses=2, recipients=8, pairs=9, vehicles=2, optional=1.0), seed=4))
    radial, found = bounds.radial(problem), bounds.lower(problem, seconds=60, rounds=40)
    plan = solve_with(problem, Params(seconds=20, iterations=2_000, isolated=False))
    assert radial.fen is not None and found.fen is not None
    assert radial.fen < found.fen <= plan.cost.total
    assert 1 - found.fen / plan.cost.total < 0.25


def towns(*grams: int, vehicles: tuple[int, ...], fixed: int = 0, tariff: int | None = None) -> Problem:
    """A depot and towns 100 apart on one road, each 1,000 from the depot, goods for each."""
    count = len(grams)
    line = np.arange(count) * 100
    metres = np.full((count + 1, count + 1), 1_000, dtype=np.int32)
    metres[1:, 1:] = abs(line[:, None] - line)
    metres[0, 0] = 0
    van = Vehicle("v", "p0", "p0", (100,), fixed_price=fixed, km_price=1000)
    return Problem(
        locations=tuple(Location(f"p{n}") for n in range(count + 1)),
        vehicles=tuple(replace(van, id=f"v{n}", capacity=(room,)) for n, room in enumerate(vehicles)),
        jobs=tuple(
            Job(f"j{n}", (amount,), delivery=Task(f"p{n + 1}"), tariff=tariff)
            for n, amount in enumerate(grams)
        ),
        profiles=(Profile("road", Grid(metres), Grid(metres)),),
        dimensions=("grams",),
    )


def flows(problem: Problem) -> float:
    found = bounds.search(problem, "flow", FULL)
    assert found is not None
    return found.value


def test_what_needs_two_loads_is_entered_twice() -> None:
    """120 for vans of 100: two vans, though they are only a fifth too full for one."""
    problem = towns(40, 40, 40, vehicles=(100, 100))
    best = optimum(problem)
    assert best is not None and best[1] - 2 <= flows(problem) <= best[1]
    mixed = towns(40, 40, 40, 90, vehicles=(100, 100, 230))
    best = optimum(mixed)
    assert best is not None and flows(mixed) <= best[1]


def test_half_a_vehicle_is_not_paid() -> None:
    """Nothing fills a van, but two must go: one town is beyond the shift of the other's van."""
    problem = towns(1, 1, vehicles=(100, 100), fixed=5_000)
    short = tuple(replace(van, max_metres=2_050) for van in problem.vehicles)
    best = optimum(replace(problem, vehicles=short))
    assert best is not None and best[1] == 14_000
    assert flows(replace(problem, vehicles=short)) > 13_900


def test_a_set_of_stops_is_never_a_circle_of_its_own() -> None:
    problem = towns(1, 1, 1, 1, vehicles=(100,))
    best = optimum(problem)
    assert best is not None and best[1] == 2_300 and flows(problem) > 2_298


def test_flow_prices_add_up_to_what_they_prove() -> None:
    problem = towns(40, 40, 40, vehicles=(100, 100))
    found = bounds.search(problem, "flow", FULL)
    assert found is not None and found.prices.sum() == pytest.approx(found.value, rel=0.01)


def test_a_price_says_what_a_job_costs_at_least_and_never_more_than_the_carrier() -> None:
    problem = plane(3)
    found = bounds.lower(problem, seconds=60, rounds=60)
    prices, jobs = dict(found.prices), {job.id: job for job in problem.jobs}
    assert set(prices) == set(jobs) and min(prices.values()) >= 0
    assert all(price <= (jobs[job].tariff or price) for job, price in prices.items())
    assert sum(prices.values()) == pytest.approx(found.fen, rel=0.02)


def test_a_bound_by_rounds_repeats_exactly() -> None:
    problem = completed(county(Size(warehouses=2, recipients=8, pairs=10, vehicles=2), seed=1))
    first, again = (bounds.lower(problem, seconds=60, rounds=8) for _ in range(2))
    assert first == again


def test_who_calls_it_off_still_has_a_bound() -> None:
    asked: list[int] = []

    def tired() -> bool:
        asked.append(1)
        return len(asked) > 3

    problem = plane(5)
    found = bounds.lower(problem, seconds=60, called_off=tired)
    assert found.fen is not None and 0 < found.fen <= truth(problem) and len(asked) < 10


def test_a_van_that_reloads_makes_many_trips_for_one_fixed_price() -> None:
    problem = plane(2, customers=5)
    van = replace(problem.vehicles[0], fixed_price=300, reloads=(Task("p0"),), shift=Window(0, 10**6))
    problem = replace(problem, vehicles=(van,), jobs=tuple(replace(j, tariff=None) for j in problem.jobs))
    best = optimum(problem)
    found = bounds.lower(problem, seconds=60, rounds=40)
    assert best is not None and best[0] == 0 and found.fen is not None
    assert 0.85 * best[1] <= found.fen <= best[1]


def test_a_plan_brings_its_bound_and_its_prices() -> None:
    problem = plane(1)
    params = Params(seconds=20, iterations=300, isolated=False, bound_seconds=2.0)
    plan, again = solve_with(problem, params), solve_with(problem, params)
    assert plan.bound_method in ("flows", "columns by load") and plan.gap is not None and plan.gap < 0.05
    assert {item.job for item in plan.job_prices} == {job.id for job in problem.jobs}
    assert (plan.lower_bound, plan.job_prices) == (again.lower_bound, again.job_prices)


@pytest.mark.parametrize("rich", [True, False])
def test_goods_from_anywhere_cost_no_more_than_from_where_they_are(rich: bool) -> None:
    @settings(THOROUGH, max_examples=30)
    @given(problems(kinds=("pair", "pair", "delivery"), trips=rich, choices=rich))
    def claim(problem: Problem) -> None:
        best = optimum(problem)
        if best is not None and best[0] == 0:
            found = bounds.lower(bounds.anywhere(problem), seconds=60, rounds=20)
            assert found.fen is None or found.fen <= best[1], dumps(problem)

    claim()


def test_the_fastest_and_the_slowest_leg_are_found_block_by_block(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = np.random.default_rng(1)
    metres, seconds = (draw.integers(1, 900, (7, 7)).astype(np.int32) for _ in range(2))
    off = ~np.eye(7, dtype=bool)
    wanted = (seconds[off] / metres[off]).min(), (metres[off] / seconds[off]).min()
    for rows in (2, 3, 7, 500):
        monkeypatch.setattr(radial, "ROWS", rows)
        assert radial._speeds(Travel(metres, seconds)) == wanted
    assert radial._speeds(Travel(metres[:1, :1], seconds[:1, :1])) == (0, 0)


def test_ways_back_are_those_out_where_both_are_alike_and_only_there() -> None:
    alike = np.array([[0, 5, 9], [5, 0, 3], [9, 3, 0]], dtype=np.int32)
    oneway = alike.copy()
    oneway[0, 1] = 1
    assert radial._Ways(alike).into(0).tolist() == [0, 5, 8]
    assert radial._Ways(oneway).into(0).tolist() == [0, 5, 8]
    assert radial._Ways(oneway).out(0).tolist() == [0, 1, 4]


def test_the_cheapest_goods_stop_where_the_stock_does() -> None:
    wants = [bounds.Want(10, {"cheap": 50, "dear": 80}), bounds.Want(5, {"cheap": 60})]
    assert bounds.cheapest_goods(wants, {}) == 10 * 50 + 5 * 60
    assert bounds.cheapest_goods(wants, {"cheap": 8}) == 3 * 50 + 7 * 80 + 5 * 60
    assert bounds.cheapest_goods(wants, {"cheap": 4}) is None
    assert bounds.cheapest_goods([bounds.Want(1, {})], {}) is None
    assert bounds.cheapest_goods([], {}) == 0
