"""Writes functions.ld: the functions that the cockpit runs in usual sessions, for the linker to place next to each other.

    record.py BINARY    (`./dev layout` builds it, installs valgrind and calls this)

Each of the runs below is traced with valgrind's callgrind, against a simulator. The called functions are matched with the
sizes from `nm`. A name is written without its hash, as a pattern, so that it still matches after a change of library
features or of the compiler; the price is that a pattern matches every instance of a generic function. See README.md here.
"""

import collections
import concurrent.futures
import fcntl
import json
import os
import pathlib
import pty
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
import urllib.request

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent
# An isolated function keeps this many bytes in memory: the kernel maps 64 KiB around a touched page (fault_around_bytes),
# half of which is used by its neighbours.
WINDOW = 32 * 1024
CLUSTER = "bookmark-manager-staging-cluster"
# The build-specific parts of a symbol name: a hash at its end (legacy mangling) or in each crate's name (v0), and a number
# if link-time optimisation created several copies.
BUILD_SPECIFIC = [(re.compile(r"17h[0-9a-f]{16}E(\..*)?$"), "17h*"), (re.compile(r"Cs[0-9A-Za-z]+_"), "Cs*_"), (re.compile(r"\.\d+$"), "*")]


def environment(home, endpoint):
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "example",
        "AWS_REGION": "ap-northeast-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "HOME": str(home),
        "PATH": os.environ["PATH"],
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
    }


def simulator(binary, home):
    process = subprocess.Popen(
        [binary, "sim", "--scenario", "staging", "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True, env=environment(home, "")
    )
    return process, json.loads(process.stdout.readline())["endpoint"]


def ask(endpoint, path, body, **headers):
    request = urllib.request.Request(endpoint + path, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def ecs(endpoint, operation, **arguments):
    """Calls the simulator, which checks only the region and the service in a signature."""
    signed = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261118/ap-northeast-1/ecs/aws4_request, SignedHeaders=host, Signature=00"
    target = f"AmazonEC2ContainerServiceV20141113.{operation}"
    headers = {"Authorization": signed, "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target}
    return ask(endpoint, "/", arguments, **headers)


def transfer(port, size):
    """Sends bytes through the tunnel to an echo and reads them back; False if the connection is reset."""
    with socket.create_connection(("127.0.0.1", port), timeout=300) as connection:
        sender = threading.Thread(target=lambda: connection.sendall(bytes(size)), daemon=True)
        sender.start()
        try:
            while size > 0 and (read := connection.recv(65536)):
                size -= len(read)
        except ConnectionResetError:
            return False
        sender.join()
        return size == 0


def use_the_tunnel(endpoint, shown):
    """The usual events of a tunnel: transfers, a link that the service closes during one, another task."""
    port = int(re.search(rb"127\.0\.0\.1:(\d+)", shown)[1])
    transfer(port, 256 * 1024)
    for _ in range(2):
        ask(endpoint, "/_sim/fault", {"operation": "gateway:link", "kind": "close", "count": 1})
        if not transfer(port, 1024 * 1024):
            sys.exit("a transfer through the tunnel was not resumed")
    for task in ecs(endpoint, "ListTasks", cluster=CLUSTER)["taskArns"]:
        ecs(endpoint, "StopTask", cluster=CLUSTER, task=task, reason="the tunnel must move to another task")


def under_callgrind(binary, home, endpoint, arguments, keys, seconds, meanwhile=None):
    """Runs the binary in a pseudo terminal, calls `meanwhile` with its output, waits, sends the keys, and ends it.

    Returns the names of the called functions."""
    out = home / f"calls-{time.monotonic_ns()}"
    command = ["valgrind", "--tool=callgrind", "--demangle=no", f"--callgrind-out-file={out}", f"--log-file={out}.log"]
    pid, terminal = pty.fork()
    if pid == 0:
        # A shell starts background programs with interrupts ignored; the recorded program is ended by one.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("4H", 40, 120, 0, 0))
        os.chdir(home)
        os.execvpe(command[0], [*command, binary, "--config", str(ROOT / "config.toml"), *arguments], environment(home, endpoint))

    began = threading.Event()
    shown = b""

    def drain():
        nonlocal shown
        try:
            while written := os.read(terminal, 65536):
                shown += written
                # A whole screen, or the ready message of a command.
                if len(shown) > 4000 or b"ready" in shown.lower():
                    began.set()
        except OSError:
            began.set()  # the terminal is closed when its program ends

    threading.Thread(target=drain, daemon=True).start()
    # Callgrind slows everything down by a factor of fifty.
    if not began.wait(300):
        sys.exit(f"{arguments} shows nothing; see {out}.log")
    if meanwhile:
        meanwhile(endpoint, shown)
    time.sleep(seconds)
    for key in keys:
        os.write(terminal, key.encode())
        time.sleep(15)
    deadline = time.monotonic() + 120
    while (ended := os.waitpid(pid, os.WNOHANG))[0] == 0:
        if time.monotonic() > deadline:
            sys.exit(f"{arguments} does not end; see {out}.log")
        os.kill(pid, signal.SIGINT)
        time.sleep(3)
    code = os.waitstatus_to_exitcode(ended[1])
    if code not in (0, 130):
        sys.exit(f"{arguments} ended with {code}")
    return set(re.findall(r"^c?fn=\(\d+\) (\S+)$", out.read_text(errors="replace"), re.MULTILINE))


def sizes(binary):
    listed = subprocess.run(["nm", "--print-size", binary], check=True, capture_output=True, text=True).stdout
    fields = (line.split() for line in listed.splitlines())
    return {name: int(size, 16) for _, size, kind, name in (f for f in fields if len(f) == 4) if kind in "tTwW"}


def pattern(name):
    for expression, wildcard in BUILD_SPECIFIC:
        name = expression.sub(wildcard, name)
    return name


def patterns(called, size):
    """The names without hashes, except those that would match far more code than is called."""
    without = {name: pattern(name) for name in size}
    calls, used, total = collections.Counter(), collections.Counter(), collections.Counter()
    for name, length in size.items():
        total[without[name]] += length
        if name in called:
            calls[without[name]] += 1
            used[without[name]] += length
    return {name for name in calls if total[name] - used[name] < calls[name] * WINDOW}


def grouped(called):
    """The names in their order in the binary: first those shared by the two long-running kinds of process, so that no drawing
    code lies between the functions of a tunnel; then the additional names of each run."""
    (session, of_session), (tunnel, of_tunnel), *others = called.items()
    groups, written = [(f"{session}, and {tunnel}", sorted(of_session & of_tunnel))], of_session & of_tunnel
    for what, names in [(tunnel, of_tunnel), (session, of_session), *others]:
        groups.append((what, sorted(names - written)))
        written |= names
    return groups


def main():
    binary = os.path.abspath(sys.argv[1])
    size = sizes(binary)
    # The long-running processes come first, then the occasional ones.
    runs = {
        "a session that is left alone": (["--env", "staging"], ["q"], 60, None),
        "a tunnel": (["tunnel", "staging", "--port", "0"], [], 90, use_the_tunnel),
        "each pane once": (["--env", "staging"], [*"2345678", "q"], 40, None),
        "a snapshot": (["snapshot", "--env", "staging"], [], 0, None),
    }

    def record(what):
        # With a simulator and a home folder of its own, so that no run depends on what another has left.
        with tempfile.TemporaryDirectory() as folder:
            home = pathlib.Path(folder)
            process, endpoint = simulator(binary, home)
            try:
                names = patterns(under_callgrind(binary, home, endpoint, *runs[what]), size)
            finally:
                process.terminate()
        print(f"{what}: {len(names)} names", file=sys.stderr)
        return names

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        called = dict(zip(runs, pool.map(record, runs)))
    groups = grouped(called)
    lines = ["/* Written by record.py; see README.md. */", "SECTIONS", "{", "  .text.usual :", "  {"]
    for what, names in groups:
        lines.append(f"    /* {what} */")
        # Code that the compiler considers unlikely is in a section with another name.
        lines.extend(f"    *(.text.{name} .text.unlikely.{name})" for name in names)
    lines += ["  }", "}", "INSERT BEFORE .text;", ""]
    (HERE / "functions.ld").write_text("\n".join(lines))


if __name__ == "__main__":
    main()
