"""Rules of a single route: who may go where, what is on board, when, how far, at what cost."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from ..matrix import location_index, travel
from ..plan import Done, Route, Step
from ..problem import Job, Problem, Task
from .violation import Violation


def check_route(problem: Problem, route: Route) -> list[Violation]:
    """Violations of one route of a known vehicle with known jobs."""
    asked = _Route(problem, route)
    if shape := list(asked.shape()):
        return shape
    return [
        *asked.access(),
        *asked.order(),
        *asked.trips(),
        *asked.loads(),
        *asked.legs(),
        *asked.times(),
        *asked.limits(),
        *asked.breaks(),
        *asked.costs(),
    ]


class _Route:
    def __init__(self, problem: Problem, route: Route) -> None:
        self.problem, self.route = problem, route
        self.jobs = {job.id: job for job in problem.jobs}
        self.places = {place.id: place for place in problem.locations}
        self.index = location_index(problem)
        (self.vehicle,) = [vehicle for vehicle in problem.vehicles if vehicle.id == route.vehicle]

    def _fault(self, code: str, text: str, step: int | None = None) -> Violation:
        where = self.route.vehicle if step is None else f"{self.route.vehicle}.steps[{step}]"
        return Violation(code, where, text)

    def _task(self, done: Done, location: str) -> Task | None:
        """Where and when something may be done; None where it may not be done at all."""
        if done.kind == "reload":
            here = [task for task in self.vehicle.reloads if task.location == location]
            return here[0] if here and not done.job else None
        job = self.jobs[done.job]
        return job.pickup if done.kind == "pickup" else job.delivery

    def _visits(self) -> Iterator[tuple[int, Step]]:
        yield from ((spot, step) for spot, step in enumerate(self.route.steps) if step.kind == "visit")

    def shape(self) -> Iterator[Violation]:
        """Start, visits, end; at known places; something done at every visit, at the place of the job."""
        steps, vehicle = self.route.steps, self.vehicle
        kinds = [step.kind for step in steps]
        if len(kinds) < 3 or kinds != ["start", *["visit"] * (len(kinds) - 2), "end"]:
            yield self._fault("shape", f"steps are {kinds}")
            return
        for spot, step in enumerate(steps):
            if step.location not in self.places:
                yield self._fault("shape", f"no such location: {step.location!r}", spot)
            if (step.kind == "visit") != bool(step.acts):
                yield self._fault("shape", "acts belong to visits, and visits have acts", spot)
        if steps[0].location != (vehicle.start if vehicle.start is not None else steps[1].location):
            yield self._fault("place.start", f"starts at {steps[0].location!r}")
        if steps[-1].location != (vehicle.end if vehicle.end is not None else steps[-2].location):
            yield self._fault("place.end", f"ends at {steps[-1].location!r}")
        for spot, step in self._visits():
            for done in step.acts:
                task = self._task(done, step.location)
                if task is None or task.location != step.location:
                    yield self._fault("place.job", f"{done.kind} of {done.job!r} is elsewhere", spot)
            if spot > 1 and steps[spot - 1].location == step.location:
                yield self._fault("visit.split", "one visit written as two", spot)

    def access(self) -> Iterator[Violation]:
        locks = {lock.job: lock.vehicle for lock in self.problem.locks}
        for spot, step in self._visits():
            classes = self.places[step.location].classes
            if classes is not None and self.vehicle.vehicle_class not in classes:
                yield self._fault("access.place", f"class {self.vehicle.vehicle_class!r} not admitted", spot)
            for job in (self.jobs[done.job] for done in step.acts if done.kind != "reload"):
                yield from self._access_of(job, locks.get(job.id), spot)

    def _access_of(self, job: Job, lock: str | None, spot: int) -> Iterator[Violation]:
        vehicle = self.vehicle
        if job.classes is not None and vehicle.vehicle_class not in job.classes:
            yield self._fault("access.job", f"{job.id!r} does not go with {vehicle.vehicle_class!r}", spot)
        if missing := sorted(set(job.skills) - set(vehicle.skills)):
            yield self._fault("access.skills", f"{job.id!r} needs {missing}", spot)
        if job.vehicles is not None and vehicle.id not in job.vehicles:
            yield self._fault("access.vehicle", f"{job.id!r} is for {list(job.vehicles)}", spot)
        if lock is not None and lock != vehicle.id:
            yield self._fault("lock.vehicle", f"{job.id!r} is locked to {lock!r}", spot)

    def order(self) -> Iterator[Violation]:
        picked: set[str] = set()
        for spot, step in self._visits():
            for done in step.acts:
                if done.kind == "pickup":
                    picked.add(done.job)
                elif done.kind == "delivery" and self.jobs[done.job].pickup and done.job not in picked:
                    yield self._fault("pair.order", f"{done.job!r} is delivered before it is picked up", spot)
        for order in self.problem.orders:
            wanted = [(act.job, act.kind) for act in order.acts]
            here = [key for key in self._keys() if key in wanted]
            if here and order.vehicle != self.vehicle.id:
                yield self._fault("lock.order", f"{here[0][0]!r} is bound to {order.vehicle!r}")
            if here != [key for key in wanted if key in here]:
                yield self._fault("lock.order", f"{here} is not in its fixed order")

    def _keys(self) -> list[tuple[str, str]]:
        return [(done.job, done.kind) for _, step in self._visits() for done in step.acts]

    def trips(self) -> Iterator[Violation]:
        count = 1 + sum(kind == "reload" for _, kind in self._keys())
        if self.vehicle.max_trips is not None and count > self.vehicle.max_trips:
            yield self._fault("max_trips", f"drives {count} trips")

    def _trip_numbers(self) -> list[list[int]]:
        """The trip of every act, step by step; a reload begins the next."""
        numbers, trip = [], 0
        for step in self.route.steps:
            here = []
            for done in step.acts:
                trip += done.kind == "reload"
                here.append(trip)
            numbers.append(here)
        return numbers

    def loads(self) -> Iterator[Violation]:
        width = range(len(self.problem.dimensions))
        numbers = self._trip_numbers()
        brought = {trip: [0 for _ in width] for here in numbers for trip in here} | {0: [0 for _ in width]}
        for step, here in zip(self.route.steps, numbers, strict=True):
            for done, trip in zip(step.acts, here, strict=True):
                if done.kind == "delivery" and self.jobs[done.job].pickup is None:
                    amount = self.jobs[done.job].amount
                    brought[trip] = [brought[trip][d] + amount[d] for d in width]
        carried = {"brought": brought[0], "paired": [0 for _ in width], "taken": [0 for _ in width]}
        yield from self._load_at(0, carried)
        for spot, step in enumerate(self.route.steps):
            for done, trip in zip(step.acts, numbers[spot], strict=True):
                if done.kind == "reload":
                    carried |= {"brought": brought[trip], "taken": [0 for _ in width]}
                else:
                    self._carry(carried, self.jobs[done.job], done.kind)
                yield from self._load_at(spot, carried)
            if list(step.load) != self._aboard(carried):
                text = f"load {list(step.load)}, not {self._aboard(carried)}"
                yield self._fault("load", text, spot)

    def _carry(self, carried: dict[str, list[int]], job: Job, kind: str) -> None:
        """What an act of a job changes on board: goods from the start of the trip, of pairs, to its end."""
        share = "paired" if job.pickup and job.delivery else "taken" if job.pickup else "brought"
        sign = 1 if kind == "pickup" else -1
        carried[share] = [held + sign * more for held, more in zip(carried[share], job.amount, strict=True)]
        if job.returns:
            carried["taken"] = [a + b for a, b in zip(carried["taken"], job.returns, strict=True)]

    def _aboard(self, carried: dict[str, list[int]]) -> list[int]:
        return [sum(parts) for parts in zip(*carried.values(), strict=True)]

    def _load_at(self, spot: int, carried: dict[str, list[int]]) -> Iterator[Violation]:
        aboard = self._aboard(carried)
        for d, name in enumerate(self.problem.dimensions):
            if aboard[d] > self.vehicle.capacity[d]:
                yield self._fault("capacity", f"{aboard[d] - self.vehicle.capacity[d]} {name} too much", spot)

    def _leg(self, spot: int) -> tuple[int, int]:
        tables = travel(self.problem, self.vehicle.profile)
        before, here = self.route.steps[spot - 1].location, self.route.steps[spot].location
        if before == here:
            return 0, 0
        edge = self.index[before], self.index[here]
        return int(tables.metres[edge]), int(tables.seconds[edge])

    def legs(self) -> Iterator[Violation]:
        total = 0
        for spot in range(1, len(self.route.steps)):
            step, (metres, seconds) = self.route.steps[spot], self._leg(spot)
            total += metres
            if step.leg_metres != metres:
                yield self._fault("leg.metres", f"{step.leg_metres} m, not {metres}", spot)
            if step.leg_seconds != seconds:
                yield self._fault("leg.seconds", f"{step.leg_seconds} s, not {seconds}", spot)
        if self.route.metres != total:
            yield self._fault("route.metres", f"{self.route.metres} m, not {total}")

    def times(self) -> Iterator[Violation]:
        steps = self.route.steps
        for spot in range(1, len(steps)):
            step, before = steps[spot], steps[spot - 1]
            rested = sum(
                min(rest.end, step.arrival) - rest.start
                for rest in self.route.rests
                if before.departure <= rest.start < step.arrival
            )
            earliest = before.departure + self._leg(spot)[1] + rested
            if step.arrival < earliest:
                text = f"arrives at {step.arrival}, before {earliest}"
                yield self._fault("time.travel", text, spot)
            if step.start - step.arrival != step.wait or step.wait < 0:
                yield self._fault("time.wait", f"waits {step.wait}", spot)
        for spot, step in self._visits():
            yield from self._visit_times(spot, step)
        for spot in (0, len(steps) - 1):
            if not steps[spot].arrival == steps[spot].start == steps[spot].departure:
                yield self._fault("time.ends", "stays at the start or the end", spot)

    def _visit_times(self, spot: int, step: Step) -> Iterator[Violation]:
        if step.acts[0].start != step.start:
            yield self._fault("time.start", "does not start with its first act", spot)
        free = step.start
        for done in step.acts:
            task, what = self._task(done, step.location), done.job or done.kind
            if task is None:
                continue
            if done.start < free:
                yield self._fault("time.overlap", f"{what!r} begins before {free}", spot)
            if task.windows and not any(w.start <= done.start <= w.end for w in task.windows):
                yield self._fault("window", f"{what!r} begins at {done.start}, when closed", spot)
            if done.kind == "pickup" and done.start < self.jobs[done.job].release:
                yield self._fault("release", f"{what!r} is ready at {self.jobs[done.job].release}", spot)
            free = done.start + task.service_seconds
        if step.departure < free + self.places[step.location].visit_seconds:
            yield self._fault("time.service", f"leaves at {step.departure}, before the work is done", spot)

    def limits(self) -> Iterator[Violation]:
        vehicle, first, last = self.vehicle, self.route.steps[0], self.route.steps[-1]
        if first.departure < vehicle.shift.start:
            yield self._fault("shift.start", f"starts at {first.departure}")
        if last.arrival > vehicle.shift.end:
            yield self._fault("shift.end", f"ends at {last.arrival}")
        yield from self._releases()
        if self.route.seconds != last.arrival - first.departure:
            yield self._fault(
                "route.seconds", f"{self.route.seconds} s, not {last.arrival - first.departure}"
            )
        if vehicle.max_seconds is not None and last.arrival - first.departure > vehicle.max_seconds:
            yield self._fault("max_seconds", f"takes {last.arrival - first.departure} s")
        metres = sum(self._leg(spot)[0] for spot in range(1, len(self.route.steps)))
        if vehicle.max_metres is not None and metres > vehicle.max_metres:
            yield self._fault("max_metres", f"drives {metres} m")

    def _releases(self) -> Iterator[Violation]:
        """Goods that are on board from the start of a trip were ready when it was loaded."""
        loaded = self.route.steps[0].departure
        for _, step in self._visits():
            for done in step.acts:
                if done.kind == "reload":
                    loaded = done.start
                    continue
                job = self.jobs[done.job]
                if job.pickup is None and job.release > loaded:
                    yield self._fault("release", f"leaves before {job.id!r} is ready at {job.release}")

    def breaks(self) -> Iterator[Violation]:
        """Each break is a rest of the route, or lies wholly before the start or after the end."""
        rests = [(rest.start, rest.end) for rest in self.route.rests]
        work = list(self._work())
        for low, high in rests:
            if any(low < end and start < high for start, end in work):
                yield self._fault("break.work", f"a rest at {low} falls into work")
        for (_, end), (start, _) in itertools.pairwise(rests):
            if start < end:
                yield self._fault("break.work", f"two rests overlap at {start}")
        if not self._held(0, 0, rests):
            yield self._fault("break", "a break is not held")

    def _work(self) -> Iterator[tuple[int, int]]:
        for _, step in self._visits():
            for done in step.acts:
                task = self._task(done, step.location)
                yield done.start, done.start + (task.service_seconds if task else 0)
            last = self.places[step.location].visit_seconds
            yield step.departure - last, step.departure

    def _held(self, wanted: int, used: int, rests: list[tuple[int, int]]) -> bool:
        breaks = self.vehicle.breaks
        if wanted == len(breaks):
            return used == len(rests)
        rest = breaks[wanted]
        low, high = rest.window.start, rest.window.end
        if used < len(rests):
            start, end = rests[used]
            if (
                low <= start <= high
                and end - start == rest.seconds
                and self._held(wanted + 1, used + 1, rests)
            ):
                return True
        outside = low + rest.seconds <= self.route.steps[0].departure or high >= self.route.steps[-1].arrival
        return outside and self._held(wanted + 1, used, rests)

    def costs(self) -> Iterator[Violation]:
        vehicle, route = self.vehicle, self.route
        wanted = {
            "fixed_cost": vehicle.fixed_price,
            "km_cost": _half_up(route.metres * vehicle.km_price, 1000),
            "hour_cost": _half_up(route.seconds * vehicle.hour_price, 3600),
        }
        for name, amount in wanted.items():
            if getattr(route, name) != amount:
                yield self._fault(f"cost.{name}", f"{getattr(route, name)} fen, not {amount}")


def _half_up(numerator: int, denominator: int) -> int:
    whole, rest = divmod(numerator, denominator)
    return whole + (1 if 2 * rest >= denominator else 0)
