"""Real services for every run: embedded ones of the run's own, or those DATABASE_URL and REDIS_URL name.

The first process of a run starts them before Django reads its settings; xdist workers inherit the addresses,
each with a database, a Valkey number and a queue prefix of its own.
"""

import atexit
import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
import hypothesis
import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests import flush
from tests.live import LiveStack
from tests.services import TestRun

PLAIN = "django.contrib.staticfiles.storage.StaticFilesStorage"  # hashed names need a collected folder
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
NO_CHROMIUM = "no chromium on this machine: apt install chromium fonts-noto-cjk"


def prepare() -> None:
    """Addresses into the environment, then Django, so that any test module may import any room."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if not worker and not {"DATABASE_URL", "REDIS_URL"} <= os.environ.keys():
        run = TestRun.start()
        atexit.register(run.stop)
        os.environ.update(run.environment())
    if worker and "ZS_TEST_RUN" in os.environ:
        os.environ["REDIS_URL"] += f"?db={int(worker.removeprefix('gw')) + 1}"
    os.environ["ZS_QUEUE_PREFIX"] = f"zs-test-{os.getpid()}"
    os.environ["ZS_STATIC_STORAGE"] = PLAIN
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright keeps a loop in the thread of our tests
    os.environ["DJANGO_SETTINGS_MODULE"] = "backend.config.settings"
    django.setup()
    del os.environ["DJANGO_SETTINGS_MODULE"]  # a worker would load settings before it knows its own addresses


prepare()
flush.be_quick()
UNHURRIED = [hypothesis.HealthCheck.too_slow]  # says how busy the machine is, nothing of the code
# the suite takes the same sample each time, `make fuzz` another
hypothesis.settings.register_profile(
    "default", suppress_health_check=UNHURRIED, deadline=None, derandomize=True
)
hypothesis.settings.register_profile(
    "fuzz", max_examples=2000, deadline=None, print_blob=True, suppress_health_check=UNHURRIED
)
hypothesis.settings.load_profile("default")


@contextlib.contextmanager
def running(folder: Path, name: str, **chosen: str) -> Iterator[LiveStack]:
    """A stack of real processes with its data in `folder`, started with the variables in `chosen`."""
    own = None
    if "ZS_TEST_RUN" not in os.environ:
        own = TestRun.start()
    sockets = own.place.at.socket_dir if own else Path(os.environ["ZS_TEST_RUN"]) / "s"
    database = f"{name}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    stack = LiveStack(folder, sockets, database, chosen)
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()
        if own:
            own.stop()


@pytest.fixture(scope="session")
def running_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveStack]:
    """The processes of `live_stack`, once per run and xdist worker."""
    with running(tmp_path_factory.mktemp("stack") / "var", "zs_live") as stack:
        yield stack


@pytest.fixture
def live_stack(running_stack: LiveStack, django_db_blocker: DjangoDbBlocker) -> Iterator[LiveStack]:
    """Real web, live, worker and beat; this process's Django reads the same database.

    Do not mark such a test with django_db: nothing is rolled back, each story makes its own data.
    """
    with django_db_blocker.unblock(), running_stack.in_this_process():
        yield running_stack


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's chromium; root has no sandbox for it."""
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": ["--no-sandbox"]}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever opens a page is a browser journey; without chromium it is left out, and said so loudly."""
    for item in items:
        asked = set(getattr(item, "fixturenames", ()))
        if {"page", "context", "browser"} & asked:
            item.add_marker("browser")
        if {"page", "context", "browser", "running_stack"} & asked:
            item.add_marker(pytest.mark.xdist_group("stack"))  # one stack, one browser, on one worker
        if item.get_closest_marker("browser") and not CHROMIUM and "ZS_NEED_BROWSER" not in os.environ:
            item.add_marker(pytest.mark.skip(reason=NO_CHROMIUM))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    left_out = [
        report for report in terminalreporter.getreports("skipped") if NO_CHROMIUM in str(report.longrepr)
    ]
    if left_out:
        terminalreporter.section("BROWSER JOURNEYS LEFT OUT", sep="!", red=True, bold=True)
        terminalreporter.line(f"{len(left_out)} journeys did not run: {NO_CHROMIUM}", red=True, bold=True)


@pytest.fixture(autouse=True)
def the_writer_goes_home() -> Iterator[None]:
    """The gift writer's own connection must not outlive its test: it would hold the database open."""
    from backend.donations.writer.thread import writer

    yield
    writer().stop()
