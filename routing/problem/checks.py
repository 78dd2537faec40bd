"""Refusal of nonsense that types alone do not catch; every refusal names the field."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .codec import Refused

if TYPE_CHECKING:
    from .model import Act, Job, Problem, Sequence, Task, Vehicle, Window


def refuse_nonsense(problem: Problem) -> None:
    """Raises Refused at the first field that contradicts another."""
    names = _Names(problem)
    _check_profiles(problem)
    for index, vehicle in enumerate(problem.vehicles):
        _check_vehicle(vehicle, f"vehicles[{index}]", problem, names)
    for index, job in enumerate(problem.jobs):
        _check_job(job, f"jobs[{index}]", problem, names)
    _check_locks(problem, names)
    _check_groups(problem, names)
    for label in ("prefixes", "orders", "initial"):
        _check_sequences(getattr(problem, label), label, names, problem)
    _check_homes(problem)


class _Names:
    def __init__(self, problem: Problem) -> None:
        self.locations = _unique("locations", [place.id for place in problem.locations])
        self.vehicles = _unique("vehicles", [vehicle.id for vehicle in problem.vehicles])
        self.jobs = _unique("jobs", [job.id for job in problem.jobs])
        self.profiles = _unique("profiles", [profile.id for profile in problem.profiles])
        _unique("dimensions", problem.dimensions)


def _unique(path: str, ids: Iterable[str]) -> frozenset[str]:
    seen: set[str] = set()
    for index, item in enumerate(ids):
        if item in seen:
            raise Refused(f"{path}[{index}]", f"{item!r} appears twice")
        seen.add(item)
    return frozenset(seen)


def _known(path: str, item: str | None, names: frozenset[str], what: str) -> None:
    if item is not None and item not in names:
        raise Refused(path, f"no such {what}: {item!r}")


def _check_profiles(problem: Problem) -> None:
    size = len(problem.locations)
    for index, profile in enumerate(problem.profiles):
        for name, grid in (("metres", profile.metres), ("seconds", profile.seconds)):
            if grid is not None and len(grid) != size:
                raise Refused(f"profiles[{index}].{name}", f"{len(grid)} rows for {size} locations")
            if grid is not None and size and int(grid.values.min()) < 0:
                raise Refused(f"profiles[{index}].{name}", "a negative entry")
        if profile.metres is None or profile.seconds is None:
            for spot, place in enumerate(problem.locations):
                if place.lon is None or place.lat is None:
                    missing = "lon" if place.lon is None else "lat"
                    reason = f"wanted, because profile {profile.id!r} has no table of its own"
                    raise Refused(f"locations[{spot}].{missing}", reason)


def _check_vehicle(vehicle: Vehicle, path: str, problem: Problem, names: _Names) -> None:
    _known(f"{path}.start", vehicle.start, names.locations, "location")
    _known(f"{path}.end", vehicle.end, names.locations, "location")
    _known(f"{path}.profile", vehicle.profile, names.profiles, "profile")
    _vector(f"{path}.capacity", vehicle.capacity, problem)
    _ordered(f"{path}.shift", vehicle.shift)
    for index, rest in enumerate(vehicle.breaks):
        _ordered(f"{path}.breaks[{index}].window", rest.window)
        if index and rest.window.start < vehicle.breaks[index - 1].window.start:
            raise Refused(f"{path}.breaks[{index}].window", "breaks must come in order of time")
    for index, reload_ in enumerate(vehicle.reloads):
        _check_task(reload_, f"{path}.reloads[{index}]", names)
    _unique(f"{path}.reloads", [reload_.location for reload_ in vehicle.reloads])


def _check_job(job: Job, path: str, problem: Problem, names: _Names) -> None:
    if job.pickup is None and job.delivery is None:
        raise Refused(path, "a job needs a pickup, a delivery or both")
    _vector(f"{path}.amount", job.amount, problem)
    for kind, task in (("pickup", job.pickup), ("delivery", job.delivery)):
        if task is not None:
            _check_task(task, f"{path}.{kind}", names)
    for index, vehicle in enumerate(job.vehicles or ()):
        _known(f"{path}.vehicles[{index}]", vehicle, names.vehicles, "vehicle")
    if job.returns:
        _vector(f"{path}.returns", job.returns, problem)
        if job.pickup is not None:
            raise Refused(f"{path}.returns", "only a delivery alone takes goods back")


def _check_task(task: Task, path: str, names: _Names) -> None:
    _known(f"{path}.location", task.location, names.locations, "location")
    for index, window in enumerate(task.windows):
        _ordered(f"{path}.windows[{index}]", window)
        if index and window.start <= task.windows[index - 1].end:
            raise Refused(f"{path}.windows[{index}]", "windows must come in order and not touch")


def _vector(path: str, amounts: tuple[int, ...], problem: Problem) -> None:
    if len(amounts) != len(problem.dimensions):
        raise Refused(path, f"{len(amounts)} numbers for {len(problem.dimensions)} dimensions")


def _ordered(path: str, window: Window) -> None:
    if window.end < window.start:
        raise Refused(path, f"ends at {window.end}, before it starts at {window.start}")


def _check_locks(problem: Problem, names: _Names) -> None:
    for index, lock in enumerate(problem.locks):
        _known(f"locks[{index}].job", lock.job, names.jobs, "job")
        _known(f"locks[{index}].vehicle", lock.vehicle, names.vehicles, "vehicle")
    _unique("locks", [lock.job for lock in problem.locks])


def _check_groups(problem: Problem, names: _Names) -> None:
    _unique("groups", [group.id for group in problem.groups])
    tariffs = {job.id: job.tariff for job in problem.jobs}
    taken: set[str] = set()
    for index, group in enumerate(problem.groups):
        for spot, job in enumerate(group.jobs):
            path = f"groups[{index}].jobs[{spot}]"
            _known(path, job, names.jobs, "job")
            if job in taken:
                raise Refused(path, f"{job!r} is in a group already")
            if tariffs[job] is not None:
                raise Refused(path, f"{job!r} has a tariff of its own; that of the group holds")
            taken.add(job)


def _check_sequences(sequences: Iterable[Sequence], label: str, names: _Names, problem: Problem) -> None:
    asked = _Acts(problem, names)
    vehicles: set[str] = set()
    for index, sequence in enumerate(sequences):
        path = f"{label}[{index}]"
        _known(f"{path}.vehicle", sequence.vehicle, names.vehicles, "vehicle")
        if sequence.vehicle in vehicles and label != "orders":
            raise Refused(f"{path}.vehicle", f"{sequence.vehicle!r} appears twice")
        vehicles.add(sequence.vehicle)
        here: set[tuple[str, str]] = set()
        for spot, act in enumerate(sequence.acts):
            at = f"{path}.acts[{spot}]"
            if act.kind == "reload":
                asked.check_reload(act, at, sequence.vehicle, label)
            else:
                asked.check_act(act, at, here, label)


class _Acts:
    """The acts of one list of sequences."""

    def __init__(self, problem: Problem, names: _Names) -> None:
        self._names = names
        self._jobs = {job.id: job for job in problem.jobs}
        self._reloads = {vehicle.id: vehicle.reloads for vehicle in problem.vehicles}
        self._group_of = {job: group.id for group in problem.groups for job in group.jobs}
        self._done: set[tuple[str, str]] = set()
        self._chosen: dict[str, str] = {}

    def check_reload(self, act: Act, at: str, vehicle: str, label: str) -> None:
        if label == "orders":
            raise Refused(f"{at}.kind", "an order is of jobs, not of reloads")
        if act.job:
            raise Refused(f"{at}.job", "a reload has a location and no job")
        if act.location not in {task.location for task in self._reloads[vehicle]}:
            raise Refused(f"{at}.location", f"{vehicle!r} has no reload at {act.location!r}")

    def check_act(self, act: Act, at: str, here: set[tuple[str, str]], label: str) -> None:
        _known(f"{at}.job", act.job, self._names.jobs, "job")
        job = self._jobs[act.job]
        if act.location:
            raise Refused(f"{at}.location", "only a reload names its location")
        if (job.pickup if act.kind == "pickup" else job.delivery) is None:
            raise Refused(f"{at}.kind", f"{act.job!r} has no {act.kind}")
        if (act.job, act.kind) in self._done:
            raise Refused(at, f"the {act.kind} of {act.job!r} appears twice")
        early = act.kind == "delivery" and job.pickup and (act.job, "pickup") not in here
        if early and label != "orders":
            raise Refused(at, f"{act.job!r} is delivered before it is picked up")
        if act.kind == "pickup" and (act.job, "delivery") in here:
            raise Refused(at, f"{act.job!r} is delivered before it is picked up")
        group = self._group_of.get(act.job)
        if group is not None and label != "orders" and self._chosen.setdefault(group, act.job) != act.job:
            raise Refused(f"{at}.job", f"{self._chosen[group]!r} of the same group is done already")
        self._done.add((act.job, act.kind))
        here.add((act.job, act.kind))


def _check_homes(problem: Problem) -> None:
    """A job is bound to one vehicle at most, whether by lock, prefix or order."""
    bound = {lock.job: lock.vehicle for lock in problem.locks}
    for label in ("prefixes", "orders"):
        for index, sequence in enumerate(getattr(problem, label)):
            for spot, act in enumerate(sequence.acts):
                if act.job and bound.setdefault(act.job, sequence.vehicle) != sequence.vehicle:
                    path = f"{label}[{index}].acts[{spot}].job"
                    raise Refused(path, f"{act.job!r} is bound to {bound[act.job]!r} already")
