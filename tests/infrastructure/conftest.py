"""Fixtures: the emulator, a proxy that blocks all other traffic, and the environments, each applied in its own worker."""

import contextlib
import http.server
import json
import os
import pathlib
import subprocess
import sys
import threading

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import environments  # noqa: E402
import figures  # noqa: E402
import support  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--full", action="store_true", help="apply every environment, not only staging and pantri-dev")
    parser.addoption("--figures", action="store_true", help="write what was measured into docs/infrastructure.md")


def pytest_generate_tests(metafunc):
    if "applied" in metafunc.fixturenames:
        full = metafunc.config.getoption("--full")
        chosen = [each for each in environments.ALL if full or each.quick]
        metafunc.parametrize("applied", chosen, indirect=True, ids=lambda each: each.name, scope="module")


# The unit of work of a worker (`--dist loadgroup`): an environment, or a file. The longest come first, as a worker that
# starts with a short one would have the longest left at the end; those that need the cockpit, which may still be building, come last.
ORDER = (
    "staging", "pantri-dev", "prod", "minimal-2", "minimal-1", "pantri-prod", "test_from_nothing", "test_plans", "test_state",
    "test_refused", "test_records", "test_workflows", "test_static", "test_instance", "test_scheduler", "test_cockpit_runs", "test_states_moved", "test_cockpit_permissions",
)


def group(item):
    parameters = getattr(item, "callspec", None)
    environment = parameters and parameters.params.get("applied")
    return environment.name if environment else item.path.stem


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker(pytest.mark.xdist_group(group(item)))
    items.sort(key=lambda item: ORDER.index(group(item)) if group(item) in ORDER else len(ORDER))


@pytest.fixture(scope="session")
def wall():
    """A proxy that refuses everything and records who tried: the tests fail if anyone did."""
    attempts = []

    class Wall(http.server.BaseHTTPRequestHandler):
        def refuse(self):
            attempts.append(f"{self.command} {self.path}")
            self.send_error(403, "nothing leaves this machine")

        do_CONNECT = do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = refuse

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Wall)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.attempts = attempts
    server.address = f"http://127.0.0.1:{server.server_port}"
    yield server
    server.shutdown()
    assert attempts == [], "something tried to leave this machine"


@contextlib.contextmanager
def running_emulator():
    """moto in its own process."""
    python = os.environ.get("COCKPIT_PYTHON") or sys.executable
    script = pathlib.Path(__file__).parent / "moto_server.py"
    child = subprocess.Popen(
        [python, str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "PYTHONDONTWRITEBYTECODE": "1", "NO_PROXY": "*"},
    )
    line = child.stdout.readline()
    if not line:
        raise support.Failed(f"{script} did not start with {python}: are tests/requirements.txt installed?")
    endpoint = json.loads(line)["endpoint"]
    assert endpoint.startswith("http://127.0.0.1:")
    yield endpoint
    child.stdin.close()
    child.wait(timeout=30)


@pytest.fixture(scope="session")
def emulator():
    """The emulator shared by most tests of a worker, until they end."""
    with running_emulator() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def own_shell(tmp_path_factory, wall):
    """A shell with its own emulator, for tests that count everything in the account, or leave something in it."""
    with running_emulator() as endpoint:
        made = support.Shell(tmp_path_factory.mktemp("own"), endpoint, wall.address)
        yield made
        made.close()


@pytest.fixture(scope="session")
def shell(tmp_path_factory, emulator, wall):
    made = support.Shell(tmp_path_factory.mktemp("infra"), emulator, wall.address)
    yield made
    made.close()


@pytest.fixture(scope="session")
def stopwatch(request):
    watch = support.Stopwatch()
    yield watch
    if request.config.getoption("--figures"):
        figures.write(watch)


@pytest.fixture(scope="module")
def applied(request, shell, stopwatch):
    """One environment: planned, applied, planned again; destroyed after its last test."""
    environment = request.param.start(shell, stopwatch, request.config.getoption("--full"))
    yield environment
    environment.finish()
