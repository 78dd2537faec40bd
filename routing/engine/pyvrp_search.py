"""PyVRP (MIT) as an engine: its local search in C++, annealed on the whole, or on neighbouring groups in turn.

An iteration of the whole costs time in proportion to all stops, while its moves concern a few; so from a few
hundred stops on, groups of routes searched one after another find more in the same time, at one temperature that
falls over all of it. With a count everything ends and cools by it, and the clock only cuts: the same seed and
counts give the same tours in one process.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import version

from ..params import Params
from ..plan import Facts
from ..problem import Problem
from . import annealing, pyvrp_trips
from .crew import Crew
from .interface import Draft, Report
from .pyvrp_blocks import available, blocks, shares
from .pyvrp_cooling import ENDLESS, Heat, heat
from .pyvrp_fleet import Fewer, Fitted, Turns, fewer, vehicles_first, without_fixed
from .pyvrp_model import Model, Tour
from .pyvrp_part import Outcome, Task, Watch, draw, search
from .pyvrp_standing import Loan, Standing, map_of
from .pyvrp_tuning import chooses_fleet, first_per_act, is_scarce

MOST_ACTS = 20_000
WHOLE = 2_000  # acts that are ever searched as one
LONE = 400  # acts up to which groups are not worth their making, where all jobs must be done
LONE_CHOICE = 200  # the same where jobs are a choice: a search of the whole seldom begins a tour for several
GROUP = 200  # acts of a group
PER_ACT = 2  # iterations of a group for each of its acts
FIRST_WHOLE = 600  # acts that a first plan is made of at once, where it can be made of blocks instead
BLOCK = 400  # acts of a block from which a first plan is made, where the whole is too large
REPORT_EVERY = 0.5
PRICED_SHARE = 0.3  # of the search, with what vehicles cost where they come first
FLEET_SHARE = 0.8  # of the search, for fewer vehicles where they come first
QUIET_SHARE = 0.4  # of it, after which no further vehicle is hoped for
FEASIBLE_SHARE = 0.3  # of the search, after which mandatory jobs may be left out at a price
SCARCE_SHARE = 0.5  # of it where vehicles are scarce: groups hardly ever find a place for what has none


@dataclass(frozen=True, slots=True)
class Told:
    """The best so far of a search that goes on."""

    tours: tuple[Tour, ...]
    cost: int
    iterations: int


Lent = tuple[Loan | None, Task | Fewer]
Found = Outcome | Fitted | Told


class PyVrpSearch:
    """See routing.engine.interface.Engine."""

    name = "pyvrp"

    def unable(self, problem: Problem) -> str | None:
        tasks = [task for job in problem.jobs for task in (job.pickup, job.delivery) if task]
        lacks = {
            "breaks": any(vehicle.breaks for vehicle in problem.vehicles),
            "frozen prefixes": bool(problem.prefixes),
            "fixed orders": bool(problem.orders),
            "several windows": any(len(task.windows) > 1 for task in tasks),
            f"{len(tasks)} acts (at most {MOST_ACTS})": len(tasks) > MOST_ACTS,
        }
        return next((lack for lack, there in lacks.items() if there), None) or pyvrp_trips.lack(problem)

    def versions(self) -> tuple[str, ...]:
        return (f"pyvrp {version('pyvrp')}", *annealing.ENGINE.versions())

    def search(self, problem: Problem, params: Params, report: Report) -> Draft:
        begun = time.monotonic()
        if pyvrp_trips.needed(problem):
            return pyvrp_trips.search(problem, params, report, begun)
        fleet = vehicles_first(problem)
        model = Model(without_fixed(problem) if fleet else problem)
        if not model.jobs:
            return Draft((), 0, 0.0)
        return _Run(model, params, report, begun, Model(problem) if fleet else None).done()


class _Run:
    """`priced` is the model with what vehicles cost, where they come first and `model` does without."""

    def __init__(
        self, model: Model, params: Params, report: Report, begun: float, priced: Model | None
    ) -> None:
        self._model, self._params, self._report = model, params, report
        self._fleet, self._priced = priced is not None, priced or model
        self._begun, self._end = begun, begun + params.seconds
        self._count = ENDLESS if params.iterations is None else params.iterations
        self._iterations = 0
        self._steps = 0
        self._reported = 0.0
        self._heard: Told | None = None
        self._best: Callable[[], tuple[Tour, ...]] = tuple
        self._where = map_of(model)
        self._first_per_act = first_per_act(model, params.seconds, self._count)
        self._alone = len(model.acts) <= (LONE if all(model.mandatory) else LONE_CHOICE)
        self._scarce = LONE < len(model.acts) <= WHOLE and is_scarce(model)
        self._standing = Standing(model, self._where, owed=False)

    def done(self) -> Draft:
        """The search from beginning to end."""
        with Crew[Lent, Found](self._params.cores, self._do, self._hear) as crew:
            self._begin(crew)
            if self._fleet and not self._standing.left:
                if len(self._model.acts) <= WHOLE:
                    self._side_by_side(crew, PRICED_SHARE, priced=True)
                self._squeeze(crew)
            if self._alone:
                self._lone(crew)
            else:
                self._in_groups(crew)
        return self._draft()

    def _do(self, lent: Lent, tell: Callable[[Found], None]) -> Found:
        loan, task = lent
        if isinstance(task, Fewer):
            return fewer(self._model, task)
        whole = loan is None and len(task.jobs) == len(self._model.jobs)
        watch = _telling(tell) if whole else None
        return search(self._priced if task.priced else self._model, task, watch)

    def _hear(self, found: Found) -> None:
        """What one of several searches of the whole has so far, where no other has better."""
        assert isinstance(found, Told)
        if self._heard is None or found.cost < self._heard.cost:
            self._heard = found
            self._watch(lambda: found.tours, found.cost, found.iterations)

    def _left(self) -> int:
        return ENDLESS if self._count == ENDLESS else max(0, self._count - self._iterations)

    def _over(self) -> bool:
        return self._left() == 0 or time.monotonic() >= self._end

    def _seed(self) -> int:
        self._steps += 1
        return draw(self._params.seed, self._steps).randrange(2**31)

    def _begin(self, crew: Crew[Lent, Found]) -> None:
        """First tours: the plan given, or made anew; with jobs left out at a price if it cannot be helped."""
        problem, standing = self._model.problem, self._standing
        drivable = [
            item
            for item in problem.initial
            if isinstance(self._model.appraiser.appraise(item.vehicle, item.acts), Facts)
        ]
        if drivable:
            standing.add(self._model.given(drivable))
        elif self._begins_with_blocks():
            self._first_blocks(crew)
            if self._owes() and len(self._model.acts) <= WHOLE:
                standing.clear()
                self._first_whole()
        else:
            self._first_whole()
        standing.owed = standing.owed or self._owes()
        self._improved()

    def _owes(self) -> bool:
        return any(self._model.mandatory[job] for job in self._standing.left)

    def _begins_with_blocks(self) -> bool:
        """Whether a first plan is made of blocks: sooner, but each with the vehicles of its share."""
        model, acts = self._model, len(self._model.acts)
        if acts <= FIRST_WHOLE or acts > WHOLE or self._scarce:
            return acts > WHOLE
        return not self._fleet and not chooses_fleet(model)

    def _first_blocks(self, crew: Crew[Lent, Found]) -> None:
        """Blocks of neighbouring jobs, each planned from nothing. Where one has too few vehicles, it and those
        after it leave out at a price what these cannot take: groups find vehicles for it later.
        """
        owed = False
        parts = blocks(self._model, self._where, BLOCK)
        share = dict(zip(map(tuple, parts), shares(self._model, parts), strict=True))
        waiting = list(share)
        standing, lent = self._standing, [0] * len(self._model.kinds)
        while (waiting or crew.busy) and not self._over():
            while waiting and crew.free:
                jobs = waiting.pop()
                rest = share[jobs] + sum(share[each] for each in waiting)
                idle = [have - out for have, out in zip(standing.idle, lent, strict=True)]
                own = available(idle, share[jobs], rest)
                if not any(own):
                    continue
                lent = [out + mine for out, mine in zip(lent, own, strict=True)]
                acts = sum(len(self._model.acts_of_job[job]) for job in jobs)
                count = min(self._left(), int(self._first_per_act * acts))
                task = Task(jobs, own, (), self._seed(), count, self._end, owed=owed)
                crew.give((None, task))
            answer = crew.next(self._end - time.monotonic()) if crew.busy else None
            if answer is not None:
                outcome, asked = _outcome(answer), answer[0][1]
                assert isinstance(asked, Task)
                self._iterations += outcome.iterations
                lent = [out - mine for out, mine in zip(lent, asked.available, strict=True)]
                standing.add(outcome.tours or ())
                if outcome.tours is None and not asked.owed:
                    owed = True
                    waiting.append(asked.jobs)

    def _first_whole(self) -> None:
        acts, standing = len(self._model.acts), self._standing
        share = SCARCE_SHARE if self._scarce else FEASIBLE_SHARE
        first = min(self._left(), 0 if self._alone else int(self._first_per_act * acts))
        most = min(self._left(), 20 * acts + 1_000)
        if self._scarce:
            most = max(1, int(share * self._left()))
        elif self._count != ENDLESS:
            most = min(most, max(1, int(share * self._count)))
        now = time.monotonic()
        for owed in (False, True):
            standing.owed, patient = owed, self._scarce and not owed
            end = self._end if owed else now + share * (self._end - now)
            task = standing.whole(seed=self._seed(), iterations=most if patient else first, end=end)
            task = replace(task, until_feasible=most, priced=self._fleet, own=patient)
            outcome = search(self._priced, task, self._watch)
            self._iterations += outcome.iterations
            if outcome.tours is not None:
                standing.add(outcome.tours)
                standing.penalties = outcome.penalties
                return
            most = self._left()

    def _squeeze(self, crew: Crew[Lent, Found]) -> None:
        """Fewer and fewer tours, for most of the time; after that no vehicle more than these."""
        now = time.monotonic()
        end, most = now + FLEET_SHARE * (self._end - now), self._iterations + FLEET_SHARE * self._left()
        patience = QUIET_SHARE * (self._end - self._begun), QUIET_SHARE * self._count
        until = min(end, now + patience[0]), min(most, self._iterations + patience[1])
        turns = Turns(self._model, self._where, self._standing.tours, self._seed)
        fewest = self._model.least_tours
        while len(turns.tours) > fewest and self._iterations < until[1] and time.monotonic() < until[0]:
            while crew.free:
                rounds = max(1, int(until[1]) - self._iterations)
                crew.give((None, turns.task(until[0], rounds)))
            answer = crew.next(until[0] + 0.1 - time.monotonic())
            if answer is None:
                break
            (_, task), found = answer
            assert isinstance(task, Fewer) and isinstance(found, Fitted)
            self._iterations += found.iterations
            if turns.take(task, found):
                until = min(end, time.monotonic() + patience[0]), min(most, self._iterations + patience[1])
                self._standing.clear()
                self._standing.add(turns.tours)
                self._improved()
        while crew.busy and crew.next(self._end - time.monotonic()):
            pass
        self._standing.idle = [0] * len(self._standing.idle)
        self._standing.penalties = None  # those of before weigh against the price of a vehicle

    def _lone(self, crew: Crew[Lent, Found]) -> None:
        """One search of the whole for all the time there is, or several side by side."""
        if crew.size == 1:
            task = self._whole(self._left(), self._end)
            self._take_best([search(self._model, task, self._watch)], keep_idle=self._fleet)
            return
        self._side_by_side(crew, 1.0)

    def _whole(self, count: int, end: float) -> Task:
        """The whole, annealed for so long."""
        task = self._standing.whole(seed=self._seed(), iterations=count, end=end)
        return replace(task, heat=self._heat())

    def _heat(self) -> Heat:
        model, tours = self._model, self._standing.tours
        facts = [model.appraiser.appraise(item.vehicle, item.acts) for item in model.sequences(tours)]
        fen = sum(each.cost for each in facts if isinstance(each, Facts))
        acts = sum(len(tour.acts) for tour in tours)
        return heat(fen / model.fen(1), acts, fleet=chooses_fleet(model))

    def _side_by_side(self, crew: Crew[Lent, Found], share: float, *, priced: bool = False) -> None:
        """Everybody searches the whole for this share of what is left; the best of them is kept."""
        end = time.monotonic() + share * (self._end - time.monotonic())
        count = ENDLESS if self._count == ENDLESS else int(share * self._left() / crew.size)
        for _ in range(crew.free if count else 0):
            task = self._whole(count, end)
            crew.give((None, replace(task, priced=True, heat=None) if priced else task))
        found = []
        while crew.busy and (answer := crew.next(self._end + 0.1 - time.monotonic())):
            found.append(_outcome(answer))
        self._take_best(found, keep_idle=self._fleet and not priced)
        self._improved()

    def _take_best(self, found: list[Outcome], *, keep_idle: bool) -> None:
        """Of what was found, and of what was told by a search that did not end in time."""
        told, self._heard = self._heard, None
        self._iterations += sum(outcome.iterations for outcome in found)
        best = min((o for o in found if o.tours is not None), key=lambda outcome: outcome.cost, default=None)
        if told is not None and (best is None or told.cost < best.cost):
            self._replace(told.tours, keep_idle=keep_idle)
        elif best is not None and best.tours is not None:
            self._replace(best.tours, keep_idle=keep_idle)
            self._standing.penalties = best.penalties

    def _replace(self, tours: tuple[Tour, ...], *, keep_idle: bool) -> None:
        """These tours in the place of all."""
        idle = self._standing.idle if keep_idle else None
        self._standing.clear()
        self._standing.add(tours)
        self._standing.idle = self._standing.idle if idle is None else idle
        self._best = lambda: self._standing.tours

    def _in_groups(self, crew: Crew[Lent, Found]) -> None:
        standing, cooling = self._standing, self._heat()
        begun, done = time.monotonic(), self._iterations
        standing.keep()
        self._best = lambda: standing.best
        while not self._over():
            passed, whole = time.monotonic() - begun, self._end - begun
            if self._count != ENDLESS:
                passed, whole = self._iterations - done, self._count - done
            temperature = cooling.at(passed / whole)
            while crew.free and (lent := self._lend(crew.size, temperature)):
                crew.give(lent)
            answer = crew.next(self._end + 0.1 - time.monotonic()) if crew.busy else None
            if answer is None:
                return
            (loan, _), outcome = answer[0], _outcome(answer)
            self._iterations += outcome.iterations
            if loan is not None and standing.give_back(loan, outcome):
                self._watch(lambda: standing.best, 0, 0)

    def _lend(self, sharers: int, temperature: float) -> Lent | None:
        loan = self._standing.lend(GROUP, draw(self._params.seed, self._steps, 1), sharers)
        if loan is None:
            return None
        steady = Heat(temperature, temperature)
        task = self._standing.task(
            loan, seed=self._seed(), per_act=PER_ACT, most=self._left(), end=self._end, heat=steady
        )
        return loan, task

    def _improved(self) -> None:
        self._watch(lambda: self._standing.tours, 0, 0)

    def _watch(self, tours: Callable[[], tuple[Tour, ...]], cost: int, iterations: int) -> None:
        self._best = tours
        now = time.monotonic()
        if now - self._reported >= REPORT_EVERY:
            self._report(self._draft(iterations))
            self._reported = time.monotonic()

    def _draft(self, more: int = 0) -> Draft:
        sequences = self._model.sequences(self._best())
        return Draft(sequences, self._iterations + more, time.monotonic() - self._begun)


def _telling(tell: Callable[[Found], None]) -> Watch:
    """Tells what is better, not more often than it helps."""
    told = 0.0

    def watch(tours: Callable[[], tuple[Tour, ...]], cost: int, iterations: int) -> None:
        nonlocal told
        now = time.monotonic()
        if now - told >= REPORT_EVERY:
            told = now
            tell(Told(tours(), cost, iterations))

    return watch


def _outcome(answer: tuple[Lent, Found]) -> Outcome:
    found = answer[1]
    assert isinstance(found, Outcome)
    return found


ENGINE = PyVrpSearch()
