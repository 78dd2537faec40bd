"""python -m routing solve|check|bound|bench|generate|joint|convert|explain|plot|schema"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from . import (
    bench,
    bounds,
    checker,
    convert,
    distances,
    explain,
    generate,
    plan,
    plot,
    read,
    solver,
)
from .plan import Infeasible, Plan
from .problem import Problem, Refused, dumps, problem_schema
from .stop import interruptible, process_start

REFUSED, VIOLATED, STOPPED = 2, 1, 130
ALONE = __name__ == "__main__"  # a program of its own, not called by another


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; 0 is well, 1 a plan that breaks rules, 2 an input that is refused, 130 stopped."""
    asked = _parser().parse_args(arguments)
    try:
        code: int = asked.command(asked)
    except Refused as refusal:
        print(f"refused: {refusal}", file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return STOPPED
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"{where}{error.strerror or error}", file=sys.stderr)
        return REFUSED
    except ValueError as error:
        print(error, file=sys.stderr)
        return REFUSED
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m routing", description="Plans vehicle routes, and proves how good they are."
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    _solve_parser(commands.add_parser("solve", help="find a plan; the last line is one JSON object"))
    for name, command, text in (
        ("check", _check, "list the rules that a plan breaks"),
        ("explain", _explain, "say why jobs are left out and what each stop costs"),
        ("plot", _plot, "draw a plan, or the places alone, as SVG"),
    ):
        sub = commands.add_parser(name, help=text)
        sub.set_defaults(command=command)
        sub.add_argument("problem", type=Path)
        sub.add_argument("plan", type=Path, nargs="?" if name == "plot" else None)
        if name != "check":
            sub.add_argument("--out", type=Path)
        if name == "explain":
            sub.add_argument("--job", help="say where else this one could go, and at what cost")
    bound = commands.add_parser("bound", help="a cost that no plan can undercut")
    bound.set_defaults(command=_bound)
    bound.add_argument("problem", type=Path)
    bound.add_argument("--seconds", type=float, default=10.0)
    bound.add_argument("--rounds", type=int, help="ends after so many rounds and repeats exactly")
    bound.add_argument("--prices", action="store_true", help="also the price of every job, in fen")
    _convert_parser(commands.add_parser("convert", help="write a problem in another format"))
    _generate_parser(commands.add_parser("generate", help="make up a county"))
    _joint_parser(commands.add_parser("joint", help="choose suppliers, days and routes together"))
    _bench_parser(commands.add_parser("bench", help="engines side by side, as a table"))
    schema = commands.add_parser("schema", help="the JSON Schema of problems or plans")
    schema.set_defaults(command=_schema)
    schema.add_argument("of", choices=["problem", "plan"])
    return parser


def _solve_parser(sub: argparse.ArgumentParser) -> None:
    sub.set_defaults(command=_solve)
    sub.add_argument("problem", type=Path)
    sub.add_argument("--seconds", type=float, default=10.0)
    sub.add_argument("--iterations", type=int)
    sub.add_argument("--seed", type=int, default=0)
    sub.add_argument("--engine", default="")
    sub.add_argument("--cores", type=int, default=1, help="processes that search side by side")
    _roads_arguments(sub)
    sub.add_argument(
        "--bound-seconds",
        type=float,
        default=0.0,
        help="for a tighter bound and prices per job, of --seconds",
    )
    sub.add_argument("--objective", choices=["cost", "distance", "fleet"], default="cost")
    sub.add_argument("--out", type=Path)


def _convert_parser(sub: argparse.ArgumentParser) -> None:
    sub.set_defaults(command=_convert)
    sub.add_argument("problem", type=Path)
    sub.add_argument("out", type=Path, help="a .json, .vrp (dialect of PyVRP) or .txt (Solomon)")
    sub.add_argument("--to", choices=["json", "npz", "vrplib", "solomon"], help="npz: JSON, tables beside it")
    sub.add_argument("--tables", action="store_true", help="make the tables that the problem lacks")
    _roads_arguments(sub)


def _bench_parser(sub: argparse.ArgumentParser) -> None:
    sub.set_defaults(command=_bench)
    sub.add_argument("problems", type=Path, nargs="+")
    sub.add_argument("--engines", nargs="+", default=[""], help="names; without it the engine that is chosen")
    sub.add_argument("--seconds", type=float, default=10.0)
    sub.add_argument("--seeds", type=int, nargs="+", default=[0])


def _generate_parser(sub: argparse.ArgumentParser) -> None:
    size = generate.Size()
    sub.set_defaults(command=_generate)
    sub.add_argument("--warehouses", type=int, default=size.warehouses)
    sub.add_argument("--recipients", type=int, default=size.recipients)
    sub.add_argument("--pairs", type=int, default=size.pairs)
    sub.add_argument("--vehicles", type=int, default=size.vehicles)
    sub.add_argument("--optional", type=float, default=size.optional)
    sub.add_argument("--joint", action="store_true", help="lines and offers over the demonstration county")
    sub.add_argument("--lines", type=int, help="of a joint problem")
    sub.add_argument("--seed", type=int, default=0)
    sub.add_argument("--out", type=Path)


def _joint_parser(sub: argparse.ArgumentParser) -> None:
    sub.set_defaults(command=_joint)
    sub.add_argument("problem", type=Path)
    sub.add_argument("--seconds", type=float, default=5.0, help="for the routes of one round")
    sub.add_argument("--rounds", type=int, default=3)
    sub.add_argument("--seed", type=int, default=0)
    sub.add_argument("--fair", action="store_true", help="also under shorter longest waits, with their price")
    sub.add_argument("--out", type=Path, help="where the plan goes")


def _problem(path: Path, roads: distances.Roads | None = None) -> Problem:
    return distances.completed(read.problem_file(path), roads)


def _roads_arguments(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--roads", metavar="osrm=URL|valhalla=URL", help="ask this server for missing tables")
    sub.add_argument("--cache", type=Path, help="SQLite file that remembers its answers")


def _roads(asked: argparse.Namespace) -> distances.Roads | None:
    if asked.roads is None:
        return None
    kind, _, url = asked.roads.partition("=")
    if kind not in ("osrm", "valhalla") or not url.startswith("http"):
        raise Refused("--roads", f"osrm=URL or valhalla=URL is wanted, not {asked.roads!r}")
    server = distances.Osrm(url) if kind == "osrm" else distances.Valhalla(url)
    return distances.Roads(server, None if asked.cache is None else distances.Cache(asked.cache))


def _plan(path: Path, problem: Problem) -> Plan:
    return read.solution_file(path, problem).plan


def _write(text: str, out: Path | None) -> None:
    if out is None:
        print(text)
    else:
        out.write_text(text, encoding="utf-8")


def _solve(asked: argparse.Namespace) -> int:
    problem = read.with_objective(_problem(asked.problem, _roads(asked)), asked.objective)
    params = solver.Params(
        seconds=asked.seconds,
        iterations=asked.iterations,
        seed=asked.seed,
        engine=asked.engine,
        cores=asked.cores,
        bound_seconds=asked.bound_seconds,
    )
    with interruptible() as called_off, _bar(problem, asked.seconds) as bar:
        found = solver.solve_with(
            problem,
            params,
            on_progress=bar,
            called_off=called_off,
            begun=process_start() if ALONE else None,
            alone=ALONE and bar is None,  # a bar is drawn by a thread
        )
    if asked.out is not None:
        _write(plan.dumps(found), asked.out)
    print(json.dumps(_summary(problem, found), ensure_ascii=False))
    return 0


def _bar(
    problem: Problem, seconds: float
) -> AbstractContextManager[Callable[[solver.Progress], None] | None]:
    """A progress bar where somebody looks."""
    if not sys.stderr.isatty():
        return nullcontext()
    from .terminal import SearchBar  # a tenth of a second that only a person at a terminal need wait

    return SearchBar(seconds, problem.cost_scale or problem.scale)


def _scaled(value: int, scale: int) -> int | float:
    """A figure as the family of the instance gives it."""
    return value if scale == 1 else value / scale


def _summary(problem: Problem, found: Plan) -> dict[str, object]:
    scale = problem.cost_scale or problem.scale
    return {
        "cost": _scaled(found.cost.total, scale),
        "distance": _scaled(found.metres, problem.scale),
        "vehicles": len(found.routes),
        "lower_bound": None if found.lower_bound is None else _scaled(found.lower_bound, scale),
        "gap": found.gap,
        "engine": found.engine,
        "engine_reason": found.engine_reason,
        "seconds": found.seconds,
        "iterations": found.iterations,
        "seed": found.seed,
        "unserved": len(found.unserved),
        "owed": len(found.owed),
        "violations": 0,  # the solver returns only what the checker passes
    }


def _check(asked: argparse.Namespace) -> int:
    problem = _problem(asked.problem)
    try:
        given = read.solution_file(asked.plan, problem)
    except Infeasible as broken:
        print(f"{broken.vehicle}: {broken.broken.code} by {broken.broken.short}")
        print(json.dumps({"violations": 1}))
        return VIOLATED
    violations = checker.check(problem, given.plan)
    for violation in violations:
        print(violation)
    scale = problem.cost_scale or problem.scale
    said = {"violations": len(violations), "cost": _scaled(given.plan.cost.total, scale)}
    print(json.dumps(said if given.stated_cost is None else said | {"stated_cost": given.stated_cost}))
    return VIOLATED if violations else 0


def _convert(asked: argparse.Namespace) -> int:
    problem = read.problem_file(asked.problem)
    if asked.tables or asked.to in ("vrplib", "solomon") or asked.out.suffix in (".vrp", ".txt"):
        problem = distances.completed(problem, _roads(asked))
    for path in convert.save(problem, asked.out, asked.to):
        print(path)
    return 0


def _bound(asked: argparse.Namespace) -> int:
    problem = _problem(asked.problem)
    bound = bounds.lower(problem, seconds=asked.seconds, rounds=asked.rounds)
    scale = problem.cost_scale or problem.scale
    found = None if bound.fen is None else _scaled(bound.fen, scale)
    said: dict[str, object] = {"lower_bound": found, "method": bound.method}
    if asked.prices:
        said["prices"] = {job: _scaled(price, scale) for job, price in bound.prices}
    print(json.dumps(said, ensure_ascii=False))
    return 0


def _explain(asked: argparse.Namespace) -> int:
    problem = _problem(asked.problem)
    if asked.job is not None:
        return _explain_job(problem, _plan(asked.plan, problem), asked.job)
    found = explain.explained(problem, _plan(asked.plan, problem))
    if asked.out is not None:
        _write(plan.dumps(found), asked.out)
    for item in found.unserved:
        print(f"{item.job}: " + ", ".join(f"{r.vehicle} {r.code} {r.short}" for r in item.reasons))
        if item.relaxation is not None:
            give = item.relaxation
            added = f"adding {give.added_cost / 100:.2f} yuan"
            print(f"  let in by {give.code} +{give.amount} on {give.vehicle}, {added}")
    for price in found.stop_prices:
        carrier = "" if price.carrier is None else f", carrier {price.carrier / 100:.2f}"
        print(f"{price.vehicle} {price.step} {price.location}: {price.price / 100:.2f} yuan{carrier}")
    for job in found.job_prices:
        print(f"{job.job}: {job.price / 100:.2f} yuan of the lower bound")
    return 0


def _explain_job(problem: Problem, given: Plan, job: str) -> int:
    if job not in {known.id for known in problem.jobs}:
        raise Refused("--job", f"no such job: {job!r}")
    ways = explain.alternatives(problem, given, job)
    for way in ways:
        print(f"{way.vehicle}: adds {way.added_cost / 100:.2f} yuan")
    if not ways:
        print("no vehicle has a place for it")
    return 0


def _generate(asked: argparse.Namespace) -> int:
    if asked.joint:
        from . import joint  # CP-SAT takes a second to load, which no search should pay

        lines = asked.lines or joint.Extent().lines
        extent = joint.Extent(asked.warehouses, asked.recipients, lines, max(1, lines // 3), asked.vehicles)
        _write(joint.dumps(joint.joint_county(extent, seed=asked.seed)), asked.out)
        return 0
    size = generate.Size(asked.warehouses, asked.recipients, asked.pairs, asked.vehicles, asked.optional)
    _write(dumps(generate.county(size, seed=asked.seed)), asked.out)
    return 0


def _joint(asked: argparse.Namespace) -> int:
    from . import joint

    given = joint.from_json(json.loads(asked.problem.read_text(encoding="utf-8")))
    params = solver.Params(seconds=asked.seconds, seed=asked.seed, bound_seconds=0.3 * asked.seconds)
    found = joint.decide(given, rounds=asked.rounds, params=params)
    if asked.out is not None:
        _write(plan.dumps(found.plan), asked.out)
    if asked.fair:
        for fair in joint.fairness(given, params=params):
            said = joint.summary(fair.decision)
            print(json.dumps({"waited_days": fair.waited_days, "price": fair.price, **said}))
    print(json.dumps({"name": given.name, **joint.summary(found)}))
    return 0


def _bench(asked: argparse.Namespace) -> int:
    rows = bench.run(bench.from_files(asked.problems), asked.engines, asked.seconds, asked.seeds)
    print(bench.table(rows))
    return 0


def _plot(asked: argparse.Namespace) -> int:
    problem = _problem(asked.problem)
    found = None if asked.plan is None else _plan(asked.plan, problem)
    _write(plot.svg(problem, found), asked.out)
    return 0


def _schema(asked: argparse.Namespace) -> int:
    wanted = problem_schema() if asked.of == "problem" else plan.plan_schema()
    print(json.dumps(wanted, indent=2, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
