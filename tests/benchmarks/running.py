"""Carries out the measurements: a server on the first core, its facts' receiver and the clients on the other."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path

from .cases import MODULES, Case, Contender
from .figures import Figure

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
CLIENTS = 16
WARM = 300
"""Answers before it counts; they also tell how many to ask for."""
MOST = 1_000_000


@contextmanager
def load_client() -> Iterator[Path]:
    """The client, compiled, in a directory for sockets too. Raises SystemExit without a compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise SystemExit("A C compiler is needed for the client: apt install gcc")
    with tempfile.TemporaryDirectory() as directory:
        program = Path(directory) / "load"
        subprocess.run([compiler, "-O2", "-o", program, HERE / "load.c"], check=True, timeout=60)
        yield program


def missing(contender: Contender) -> str:
    """Why it cannot be measured here, in a sentence; or nothing."""
    import engine

    if contender.variant in MODULES:
        return "" if find_spec(MODULES[contender.variant]) else f"{contender.variant} is not installed."
    name = "ThreadPoolMixIn" if contender.kind == "ThreadPoolHTTPServer" else contender.kind
    known = contender.variant == "stdlib" or "HTTP" in name or hasattr(engine, name)
    return "" if known else f"There is no {name} yet."


def measure(program: Path, case: Case, seconds: float, rounds: int, note: Callable[[str], None]) -> list[list[Figure]]:
    """All contenders in turn, A B C, A B C, ...; a list of rounds for each, empty for one that cannot be measured."""
    figures: list[list[Figure]] = [[] for _ in case.contenders]
    reasons = [missing(contender) for contender in case.contenders]
    for reason in filter(None, reasons):
        note(reason)
    for _ in range(rounds):
        for own, contender, reason in zip(figures, case.contenders, reasons, strict=True):
            if not reason:
                own.append(_once(program, case, contender, seconds))
    return figures


def _once(program: Path, case: Case, contender: Contender, seconds: float) -> Figure:
    path = str(program.parent / "socket") if "Unix" in contender.kind else ""
    with _server(case, contender, path) as server:
        total = WARM
        for part in (0.3 * seconds, seconds):  # the first answers come slowly
            warm, _ = _load(program, server.where, case, total)
            total = min(MOST, max(WARM, round(warm * part)))
        before = server.cpu()
        rate, answers = _load(program, server.where, case, total)
        figure = Figure(rate, (server.cpu() - before) / answers / 1000)
    if path:
        Path(path).unlink(missing_ok=True)
    return figure


class _Running:
    """A server in a process of its own."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._stdin, self._stdout = process.stdin, process.stdout
        self.where = self._stdout.readline().decode().strip()

    def cpu(self) -> int:
        """CPU time that it has used, ns."""
        self._stdin.write(b"\n")
        self._stdin.flush()
        return int(self._stdout.readline())


@contextmanager
def _server(case: Case, contender: Contender, path: str) -> Iterator[_Running]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ExitStack() as stack:
        stack.enter_context(ours)
        stack.enter_context(theirs)
        if contender.variant == "watched":
            stack.enter_context(_process(["sink"], theirs, case, 1))
        arguments = ["server", contender.variant, contender.kind, case.handler, path]
        process = stack.enter_context(_process(arguments, ours, case, 0))
        ours.close()
        theirs.close()
        yield _Running(process)


@contextmanager
def _process(
    arguments: Sequence[str], inherited: socket.socket, case: Case, core: int
) -> Iterator[subprocess.Popen[bytes]]:
    module, *rest = arguments
    with subprocess.Popen(
        [sys.executable, "-m", f"tests.benchmarks.{module}", *rest, str(inherited.fileno())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        pass_fds=[inherited.fileno()],
        preexec_fn=_place(case, core),
        cwd=ROOT,
        env={**os.environ, "PYTHONWARNINGS": "ignore::RuntimeWarning"},  # forking beside a thread is what is measured
    ) as process:
        try:
            yield process
        finally:
            try:
                process.communicate(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


def _load(program: Path, where: str, case: Case, total: int) -> tuple[float, int]:
    """Answers a second, and how many."""
    answer = subprocess.run(
        [program, where, case.load, str(CLIENTS), str(total)],
        check=True,
        capture_output=True,
        timeout=70,
        preexec_fn=_place(case, 1),
    )
    elapsed, done = map(int, answer.stdout.split())
    return done / elapsed * 1e9, done


def _place(case: Case, core: int) -> Callable[[], None] | None:
    return (lambda: pin(core)) if case.pinned else None


def pin(core: int) -> None:
    """Let the calling process run on one core: the first, the second, and so on."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[core % len(cores)]})


def hooks_cost() -> tuple[float, float]:
    """What the loop's way to a handler takes without the kernel, µs a request: the standard library's, and ours."""
    answer = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.hooks"],
        check=True, capture_output=True, timeout=60, cwd=ROOT, preexec_fn=lambda: pin(0),
    )  # fmt: skip
    theirs, ours = map(float, answer.stdout.split())
    return theirs, ours
