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
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
VARIANTS = ("stdlib", "ours", "watched")
CLIENTS = 16
TOTALS = {"conn": 6_000, "req": 40_000}
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


@contextmanager
def _server(variant: str, kind: str, sink: bool) -> Iterator[int]:
    """A server in a process of its own on the first core; yields its port."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with ExitStack() as stack:
        stack.enter_context(ours)
        stack.enter_context(theirs)
        command = [sys.executable, str(HERE / "server.py"), variant, kind, str(ours.fileno())]
        if sink:
            receiving = [sys.executable, str(HERE / "sink.py"), str(theirs.fileno())]
            stack.enter_context(_process(receiving, theirs, 1, environment))
        process = stack.enter_context(_process(command, ours, 0, environment))
        ours.close()
        theirs.close()
        assert process.stdout is not None
        yield int(process.stdout.readline())


@contextmanager
def _process(
    command: list[str], inherited: socket.socket, core: int, environment: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        pass_fds=[inherited.fileno()],
        preexec_fn=lambda: _pin(core),
        env=environment,
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


def measure(kind: str, what: str, rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Rates of all variants, measured in turn: A B C, A B C, ..."""
    rates: dict[str, list[float]] = {variant: [] for variant in VARIANTS}
    with _load() as load:
        for _ in range(rounds):
            for variant in VARIANTS:
                with _server(variant, kind, sink=variant == "watched") as port:
                    _rate(load, port, what, WARM[what])
                    rates[variant].append(_rate(load, port, what, TOTALS[what]))
    return rates


def report() -> None:
    """Print the table: medians, and the median of each round's ratio to the standard library."""
    print(f"{'ThreadingTCPServer':<22}{'conn/s':>10}{'ratio':>8}{'req/s':>12}{'ratio':>8}")
    results = {what: measure("ThreadingTCPServer", what) for what in TOTALS}
    for variant in VARIANTS:
        cells = [f"{variant:<22}"]
        for what, width in (("conn", 10), ("req", 12)):
            rates, base = results[what][variant], results[what]["stdlib"]
            ratio = statistics.median(rate / beside for rate, beside in zip(rates, base, strict=True))
            cells.append(f"{statistics.median(rates):>{width},.0f}{ratio:>8.2f}")
        print("".join(cells))
