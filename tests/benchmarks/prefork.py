"""What a process a request costs: connections a second of forking and of pre-forking servers.

`python -m tests.benchmarks.prefork`
"""

from __future__ import annotations

import os
import statistics
import threading
import time
from pathlib import Path
from typing import Any

import engine
from tests.benchmarks import engine_servers

CASES = (
    ("stdlib", "ForkingTCPServer", 400),
    ("ours", "ForkingTCPServer", 400),
    ("watched", "ForkingTCPServer", 400),
    ("ours", "PreforkTCPServer", 6_000),
    ("watched", "PreforkTCPServer", 6_000),
)
"""Which, of what class, and how many connections."""
ROUNDS = 3
STOPS = 20


def rate(load: Path, variant: str, kind: str, total: int) -> float:
    """Connections a second."""
    with engine_servers._server(variant, kind) as server:
        engine_servers._rate(load, server.port, "conn", total // 20)
        return engine_servers._rate(load, server.port, "conn", total)


def stop_times() -> list[float]:
    """How long `shutdown` takes when all workers are idle, ms."""

    class Handler(engine.BaseRequestHandler):
        def handle(self) -> None: ...

    times = []
    for _ in range(STOPS):
        with engine.PreforkTCPServer(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            _await_workers(server)
            started = time.perf_counter()
            server.shutdown()
            times.append((time.perf_counter() - started) * 1e3)
            thread.join()
    return sorted(times)


def _await_workers(server: Any) -> None:
    """Until as many are there as are to be, and all of them rest."""
    until = time.monotonic() + 5
    while time.monotonic() < until and not _resting(server):
        os.sched_yield()


def _resting(server: Any) -> bool:
    pids = server.active_children
    return len(pids) == server._worker_count() and all(_state(pid) == "S" for pid in pids)


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def main() -> None:
    """Print the table."""
    figures: dict[tuple[str, str], list[float]] = {}
    with engine_servers._load() as load:
        for _ in range(ROUNDS):
            for variant, kind, total in CASES:
                figures.setdefault((variant, kind), []).append(rate(load, variant, kind, total))
    base = figures["stdlib", "ForkingTCPServer"]
    print(f"{'':<34}{'conn/s':>10}{'ratio':>8}")
    for (variant, kind), rates in figures.items():
        ratio = statistics.median(own / other for own, other in zip(rates, base, strict=True))
        print(f"{variant + ' ' + kind:<34}{statistics.median(rates):>10,.0f}{ratio:>8.1f}")
    times = stop_times()
    print(f"shutdown, idle: median {statistics.median(times):.2f} ms, worst of {STOPS} {times[-1]:.2f} ms")


if __name__ == "__main__":
    main()
