"""`socketscope show --summary`: what became of each server's requests, and how long each stage took."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from ..capture.reader import CaptureReader
from ..capture.records import CountersRecord, ServerRecord
from ..observe.histogram import Histogram
from ..observe.stages import Stage
from .terminal import safe, say, say_json

PERCENTS = (50, 95, 99)
HEADER = f"  {'stage':18}{'count':>10}{'p50':>11}{'p95':>11}{'p99':>11}{'max':>11}   ms"
WHOLE = "whole request"


def show_summary(reader: CaptureReader, *, as_json: bool) -> int:
    """Print one block, or one JSON object, for each run of each server."""
    for server in reader.servers():
        counters, timings = reader.counters(server.id), reader.timings(server.id)
        if as_json:
            say_json(summary_json(server, counters, timings))
            continue
        for line in _lines(server, counters, timings):
            say(line)
    return 0


def summary_json(
    server: ServerRecord, counters: CountersRecord, timings: dict[Stage | None, Histogram]
) -> dict[str, Any]:
    """One run of one server as a JSON object; times in ns."""
    stages = {
        (stage.method if stage is not None else "request"): {
            "count": found.count,
            **{f"p{percent}": found.percentile(percent) for percent in PERCENTS},
            "max": found.longest,
        }
        for stage, found in ordered(timings)
    }
    return {
        "server": server.name,
        "id": server.id,
        "class": server.server_class,
        "address": server.address,
        "counters": {**asdict(counters), "live": counters.live},
        "stages": stages,
    }


def ordered(timings: dict[Stage | None, Histogram]) -> list[tuple[Stage | None, Histogram]]:
    """The whole request first, then the stages in the order of the pipeline."""
    return sorted(timings.items(), key=lambda item: (-1, 0) if item[0] is None else item[0].place)


def _lines(server: ServerRecord, counters: CountersRecord, timings: dict[Stage | None, Histogram]) -> Iterator[str]:
    what = ", ".join(part for part in (server.server_class, server.address) if part)
    yield f"{safe(server.name)} ({safe(what)})"
    counts = {**asdict(counters), "live": counters.live}
    received, sent = counts.pop("bytes_in"), counts.pop("bytes_out")
    accepted = counts.pop("accepted")
    words = [f"{count} {name.replace('_', ' ')}" for name, count in counts.items() if count]
    yield f"  {accepted} accepted" + (f": {', '.join(words)}" if words else "")
    yield f"  {received} bytes in, {sent} bytes out"
    if timings:
        yield HEADER
    for stage, found in ordered(timings):
        times = (*(found.percentile(percent) for percent in PERCENTS), found.longest)
        cells = "".join(f"{time / 1e6:>11.3f}" for time in times)
        yield f"  {stage.method if stage is not None else WHOLE:18}{found.count:>10}{cells}"
