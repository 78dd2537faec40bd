"""What is measured, in which order: the database alone, the operation, the door, the rivals."""

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backend.config.bench_orders import oscar, single
from backend.config.bench_orders.house import House
from backend.config.bench_orders.wishes import Need, make_needs, requests
from backend.config.services.children import Child
from backend.config.services.lines import say

if TYPE_CHECKING:
    from backend.config.bench_orders.__main__ import Plan, Table

DISTINCT = 2_000
PGBENCH_CLIENTS = (1, 8, 32, 128)
GIVERS = (1, 64, 256)
Told = dict[str, Any]


def all_of(house: House, plan: "Plan", table: "Table") -> Told:
    needs = make_needs(DISTINCT + 1)
    hot, others = needs[:1], needs[1:]
    account = int(
        house.ask(f"SELECT id FROM donations_paymentaccount WHERE charity_id = {hot[0].charity_id}")
    )
    told: Told = {}
    made = {
        name: house.requests(name, requests(chosen, plan.visitors))
        for name, chosen in (("hot", hot), ("distinct", others))
    }
    for name in made:
        _through_the_door(house, plan, table, told, name, made[name])
    told["cpu_us_per_gift"] = told["hot_cpu_us_per_gift"]
    _steady(house, plan, table, told, made["hot"])
    for name, chosen in (("hot", hot), ("distinct", others)):
        _without_http(house, plan, table, told, name, chosen)
    for name, chosen in (("hot", hot), ("distinct", others)):
        _pgbench(house, plan, table, told, name, chosen, account)
        _bare(house, plan, table, told, name, chosen, account)
    _oscar(house, plan, table, told)
    _account(house, table, told)
    return _ratios(table, told)


def _through_the_door(house: House, plan: "Plan", table: "Table", told: Told, name: str, made: Path) -> None:
    """One web process for short runs, one for each long one: who comes a third time within two minutes is counted
    by all houses together, which costs a gift several times as much and is no crowd.
    """
    best: Told = {"per_s": 0.0}
    with contextlib.ExitStack() as open_now:
        web: Child | None = None
        for clients in plan.clients:
            runs = []
            for _ in range(plan.rounds):
                if web is None or plan.rounds > 1:
                    open_now.close()
                    web = open_now.enter_context(house.web())
                    house.crowd(web, made, 64, 1)  # plans are made, code is warm
                runs.append(house.crowd(web, made, clients, plan.seconds))
            run = sorted(runs, key=lambda each: float(each["per_s"]))[len(runs) // 2]
            table.add(f"door, {name}, {clients} clients", _run_line(run))
            best = max(best, run, key=lambda each: float(each["per_s"]))
    told[f"{name}_per_s"] = round(best["per_s"], 1)
    told[f"{name}_cpu_us_per_gift"] = round(best["cpu_us"], 1)


def _run_line(run: Told) -> str:
    odd = f", other answers {run['odd']}" if run["odd"] else ""
    return (
        f"{run['per_s']:.0f}/s, p50 {run['p50_ms']:.1f} ms, p99 {run['p99_ms']:.1f} ms, "
        f"server {run['cpu_us']:.0f} us of CPU a gift{odd}"
    )


def _steady(house: House, plan: "Plan", table: "Table", told: Told, made: Path) -> None:
    rate = told["hot_per_s"] * 0.7
    with house.web() as web:
        house.crowd(web, made, 64, 1)
        run = house.crowd(web, made, 256, plan.steady, rate)
    table.add(f"door, hot, at 70 % of the best ({rate:.0f}/s due)", _run_line(run))
    told.update(p50_ms=round(run["p50_ms"], 1), p99_ms=round(run["p99_ms"], 1))
    told["steady_cpu_us_per_gift"] = round(run["cpu_us"], 1)


def _without_http(
    house: House, plan: "Plan", table: "Table", told: Told, name: str, needs: list[Need]
) -> None:
    rates = {}
    for givers in GIVERS if len(plan.clients) > 3 else GIVERS[-1:]:
        run = house.operation([need.ref for need in needs], needs[0].price, givers, plan.seconds)
        rates[givers] = run["per_s"]
        table.add(
            f"place, {name}, {givers} givers", f"{run['per_s']:.0f}/s, {run['cpu_us']:.0f} us in Python"
        )
    told[f"place_{name}_per_s"] = round(max(rates.values()), 1)


def _pgbench(
    house: House, plan: "Plan", table: "Table", told: Told, name: str, needs: list[Need], account: int
) -> None:
    rates = {}
    for clients in PGBENCH_CLIENTS if len(plan.clients) > 3 else PGBENCH_CLIENTS[:3]:
        house.runs += 1
        rates[clients] = house.pgbench(single.script(needs, account, house.runs), clients, plan.seconds)
    shown = ", ".join(f"{clients}: {rate:.0f}" for clients, rate in rates.items())
    table.add(f"pgbench, {name}, one gift a statement, by connections", f"{shown} /s")
    told[f"pgbench_{name}_per_s"] = round(max(rates.values()), 1)


def _bare(
    house: House, plan: "Plan", table: "Table", told: Told, name: str, needs: list[Need], account: int
) -> None:
    house.runs += 1
    file = house.folder / "bare.sql"
    file.write_text(single.statement(needs[0], account))
    first = single.FIRST_ID + house.runs * 10_000_000_000
    env = {"ZS_BENCH_SQL": str(file), "ZS_BENCH_FIRST": str(first)}
    made = house.requests(
        "bare", [text.replace(need.ref, f"nee_{need.id:026d}") for need, text in _pairs(needs)]
    )
    best: Told = {"per_s": 0.0}
    with house.web("backend.config.bench_orders.bare:application", **env) as web:
        house.crowd(web, made, 8, 1)
        for clients in plan.clients[-2:]:
            best = max(
                best, house.crowd(web, made, clients, plan.seconds), key=lambda run: float(run["per_s"])
            )
    table.add(f"bare Django view, {name}, one statement a gift", _run_line(best))
    told[f"bare_{name}_per_s"] = round(best["per_s"], 1)


def _pairs(needs: list[Need]) -> list[tuple[Need, str]]:
    made = requests(needs, 256)
    return [(needs[turn % len(needs)], text) for turn, text in enumerate(made)]


def _oscar(house: House, plan: "Plan", table: "Table", told: Told) -> None:
    """Door beside door and operation beside operation."""
    try:
        oscar.prepare(house.where)
    except Exception as error:
        say("bench-orders", f"django-oscar is left out: {error}")
        told.update(oscar_hot_per_s=None, oscar_distinct_per_s=None)
        return
    placed = oscar.placed(house, plan.seconds)
    most = max(rate for rates in placed.values() for rate in rates.values())
    for key, what, found in (
        ("oscar", "last POST of its checkout", oscar.through_its_door(house, plan.seconds, most=most)),
        ("oscar_place", "place_order without HTTP", placed),
    ):
        for name, rates in found.items():
            shown = ", ".join(f"{workers}: {rate:.1f}" for workers, rate in rates.items())
            table.add(f"django-oscar {oscar.version()}, {what}, {name}, by workers", f"{shown} /s")
            told[f"{key}_{name}_per_s"] = round(max(rates.values()), 1)


def _account(house: House, table: "Table", told: Told) -> None:
    """After all of it: is any need over its number, does any counter differ from its lines."""
    from backend.donations.queries import reconcile

    drifts = reconcile()
    told["oversold"] = house.ask("SELECT count(*) FROM needs_needline WHERE reserved > wanted")
    told["drifts"] = len(drifts)
    gifts = house.ask("SELECT count(*) FROM donations_donation")
    table.add("afterwards", f"{gifts} gifts, {told['oversold']} needs oversold, {len(drifts)} counters off")


def _ratios(table: "Table", told: Told) -> Told:
    for name in ("hot", "distinct"):
        for ours, rival in (
            (f"{name}_", "oscar"),
            (f"{name}_", "oscar_place"),
            (f"{name}_", "bare"),
            (f"place_{name}_", "oscar_place"),
            (f"place_{name}_", "pgbench"),
        ):
            if theirs := told.get(f"{rival}_{name}_per_s"):
                told[f"{ours}to_{rival}"] = round(told[f"{ours}per_s"] / theirs, 2)
    ratios = {key: value for key, value in told.items() if "_to_" in key}
    table.add("ratios", ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in ratios.items()))
    return told
