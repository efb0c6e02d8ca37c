"""What watching costs: connections and requests a second of ThreadingTCPServer, the standard library's beside ours."""

from __future__ import annotations

import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
VARIANTS = ("stdlib", "ours", "watched")
CLIENTS = 16
TOTALS = {"conn": 5_000, "req": 40_000}
WARM = {"conn": 300, "req": 1_000}
ROUNDS = 5


def _pin(core: int) -> None:
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[core % len(cores)]})


@contextmanager
def _load() -> Iterator[Path]:
    """The client, compiled."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise SystemExit("A C compiler is needed for the client: apt install gcc")
    with tempfile.TemporaryDirectory() as directory:
        program = Path(directory) / "load"
        subprocess.run([compiler, "-O2", "-o", program, HERE / "load.c"], check=True)
        yield program


class Running:
    """A server in a process of its own."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._stdin, self._stdout = process.stdin, process.stdout
        self.port = int(self._stdout.readline())

    def cpu(self) -> int:
        """CPU time that the process has used, ns."""
        self._stdin.write(b"\n")
        self._stdin.flush()
        return int(self._stdout.readline())


@contextmanager
def _server(variant: str, kind: str) -> Iterator[Running]:
    """A server on the first core, and if it is watched its facts' receiver on the other."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ExitStack() as stack:
        stack.enter_context(ours)
        stack.enter_context(theirs)
        if variant.startswith("watched"):
            stack.enter_context(_process(["sink.py"], theirs, 1))
        process = stack.enter_context(_process(["server.py", variant, kind], ours, 0))
        ours.close()
        theirs.close()
        yield Running(process)


@contextmanager
def _process(script: list[str], inherited: socket.socket, core: int) -> Iterator[subprocess.Popen[bytes]]:
    name, *arguments = script
    with subprocess.Popen(
        [sys.executable, str(HERE / name), *arguments, str(inherited.fileno())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        pass_fds=[inherited.fileno()],
        preexec_fn=lambda: _pin(core),
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:
        try:
            yield process
        finally:
            process.communicate(timeout=10)


def _rate(load: Path, port: int, what: str, total: int) -> float:
    """Answers a second."""
    answer = subprocess.run(
        [load, str(port), what, str(CLIENTS), str(total)],
        check=True,
        capture_output=True,
        timeout=70,
        preexec_fn=lambda: _pin(1),
    )
    elapsed, done = map(int, answer.stdout.split())
    return done / elapsed * 1e9


@dataclass(frozen=True)
class Figure:
    """One measurement: answers a second, and the server's CPU time for one, µs."""

    rate: float
    cpu: float


def measure(kind: str, what: str, rounds: int = ROUNDS) -> dict[str, list[Figure]]:
    """All variants, measured in turn: A B C, A B C, ..."""
    figures: dict[str, list[Figure]] = {variant: [] for variant in VARIANTS}
    with _load() as load:
        for _ in range(rounds):
            for variant in VARIANTS:
                with _server(variant, kind) as server:
                    _rate(load, server.port, what, WARM[what])
                    before = server.cpu()
                    rate = _rate(load, server.port, what, TOTALS[what])
                    cpu = (server.cpu() - before) / TOTALS[what] / 1000
                    figures[variant].append(Figure(rate, cpu))
    return figures


def _ratio(values: list[float], beside: list[float]) -> float:
    return statistics.median(value / base for value, base in zip(values, beside, strict=True))


def report(kind: str = "ThreadingTCPServer") -> None:
    """Print the table: medians, and the medians of each round's ratio to the standard library.

    The rates suffer from whatever else the machine does, CPU times less: beside each other they tell which it was.
    """
    for what in TOTALS:
        figures = measure(kind, what)
        print(f"{kind:<20}{what + '/s':>10}{'ratio':>8}{'µs CPU':>10}{'ratio':>8}")
        for variant in VARIANTS:
            own, base = figures[variant], figures["stdlib"]
            rates, cpus = [f.rate for f in own], [f.cpu for f in own]
            rate_ratio = _ratio(rates, [f.rate for f in base])
            cpu_ratio = _ratio([f.cpu for f in base], cpus)
            rate, cpu = statistics.median(rates), statistics.median(cpus)
            print(f"{variant:<20}{rate:>10,.0f}{rate_ratio:>8.2f}{cpu:>10.1f}{cpu_ratio:>8.2f}")
