"""How many facts a second the capture takes: `python -m tests.benchmarks.capture_writer [SECONDS]`."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from time import perf_counter, process_time

from engine.capture.writer import CaptureWriter
from engine.channel.codec import Batch
from engine.observe.stages import Stage
from tests.engine.capture.batches import START, Sending, closed, number, opened, received, sent, stage

STAGES = (
    Stage.GET_REQUEST,
    Stage.VERIFY_REQUEST,
    Stage.PROCESS_REQUEST,
    Stage.QUEUE,
    Stage.SETUP,
    Stage.HANDLE,
    Stage.FINISH,
    Stage.FINISH_REQUEST,
    Stage.SHUTDOWN_REQUEST,
)
REQUESTS = 400
"""In a batch."""
STEP = 50_000
"""Nanoseconds between two requests: 20,000 a second."""


def echoes(first: int) -> Iterator[tuple[object, ...]]:
    """The facts of REQUESTS echoes with nine stages each."""
    for running in range(first, first + REQUESTS):
        request, at = number(running), START + running * STEP
        yield opened(request, at)
        for place, which in enumerate(STAGES):
            yield stage(request, which, at + place * 100, at + place * 100 + 90, cpu=80)
        yield received(request, b"x" * 64, at + 500)
        yield sent(request, b"x" * 64, at + 600)
        yield closed(request, at + 1000)


def main(seconds: float) -> None:
    """Feed as a supervisor does, with a commit and an eviction for each 20,000 facts or so, and print the rates."""
    with tempfile.TemporaryDirectory() as directory:
        writer = CaptureWriter(Path(directory) / "bench.capture")
        server = writer.add_server("bench", "ThreadingTCPServer", "tcp", "127.0.0.1:9", "Echo", 4000, START, {})
        sending = Sending()
        batches: list[Batch] = []
        facts = requests = 0
        wall = cpu = worst = 0.0
        while wall < seconds:
            batches = [sending.batch(*echoes(requests + 1 + n * REQUESTS)) for n in range(4)]  # type: ignore[arg-type]
            began, burnt = perf_counter(), process_time()
            for batch in batches:
                writer.feed(1, {1: server}, batch)
            writer.commit()
            writer.evict()
            wall += perf_counter() - began
            cpu += process_time() - burnt
            worst = max(worst, perf_counter() - began)
            facts += len(list(chain.from_iterable(batch.rows for batch in batches)))
            requests += 4 * REQUESTS
        totals = writer.totals()
        writer.close()
    stages = requests * len(STAGES)
    print(f"facts/s        {facts / wall:12,.0f}   (CPU only: {facts / cpu:,.0f})")
    print(f"stage rows/s   {stages / wall:12,.0f}   (CPU only: {stages / cpu:,.0f})")
    print(f"requests/s     {requests / wall:12,.0f}")
    print(f"worst tick     {worst * 1000:12.1f} ms")
    print(f"file           {totals.size / 1e6:12.1f} MB, {totals.requests:,} requests, {totals.evicted:,} evicted")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0)
