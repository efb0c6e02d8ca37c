"""The same scripts, played by the standard library's servers and by ours, make the same stories."""

from __future__ import annotations

import os
import signal
import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import engine

from .differences import DIFFERENCES
from .scripts import Client, Override, Script, play

pytestmark = [
    # The standard library leaves sockets to the garbage collector; so do scripts that leave out `super()`.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]
STAGES = (
    "verify_request",
    "process_request",
    "finish_request",
    "handle_error",
    "shutdown_request",
    "close_request",
    "handle_timeout",
    "setup",
    "handle",
    "finish",
)
DECLARED = ("verify_request", "handle_error", "shutdown_request", "close_request")
"""Stages whose exceptions are among the declared differences."""
LIMIT = 20
"""Seconds for one script; it takes milliseconds."""

overrides = st.builds(
    Override,
    where=st.sampled_from(["before", "after"]),
    error=st.sampled_from(["", "value", "reset", "quit"]),
    calls_super=st.booleans(),
)
clients = st.builds(
    Client, data=st.sampled_from([b"x", b"hello\n", b"one\ntwo\n", b"no end", b"y" * 3000]), half_close=st.booleans()
)


@st.composite
def scripts(draw: st.DrawFn) -> Script:
    datagrams = draw(st.booleans())
    script = Script(
        workers=draw(st.sampled_from(["", "", "Threading", "Threading", "Forking"])),
        datagrams=datagrams,
        handler=draw(st.sampled_from(["BaseRequestHandler", f"{'Datagram' if datagrams else 'Stream'}RequestHandler"])),
        forever=draw(st.booleans()),
        clients=tuple(draw(st.lists(clients, min_size=1, max_size=3))),
        overrides=draw(st.dictionaries(st.sampled_from(STAGES), overrides, max_size=3)),
        rejects=draw(st.frozensets(st.integers(0, 2), max_size=2)),
        answer=draw(st.sampled_from([b"", b"answer", b"z" * 5000])),
        buffered=draw(st.booleans()),
        idle_requests=draw(st.integers(0, 1)),
    )
    return _fit(script)


def _fit(script: Script) -> Script:
    """The same script without what is declared to differ, and without races between the loop and a worker."""
    declared = any(difference.applies(script) for difference in DIFFERENCES)
    fitting = {name: _fit_override(script, name, override, declared) for name, override in script.overrides.items()}
    return replace(script, overrides=fitting)


def _fit_override(script: Script, name: str, override: Override, declared: bool) -> Override:
    if declared and name in DECLARED:
        return replace(override, error="")
    if script.workers and name == "process_request":  # after it, the loop would end what a worker serves
        return replace(override, where="before")
    return override


@contextmanager
def _bounded() -> Iterator[None]:
    """A script that hangs raises, in the process that plays it."""
    own = os.getpid()

    def give_up(number: int, frame: FrameType | None) -> None:
        assert own != os.getpid(), f"not done after {LIMIT} s"
        os._exit(1)

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(LIMIT)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(scripts())
@example(Script(workers="Threading", overrides={"handle": Override(error="value")}))
@example(Script(workers="Forking", overrides={"handle": Override("before", "quit")}))
@example(Script(datagrams=True, forever=True, clients=(Client(b"1"), Client(b"2"), Client(b"3")), answer=b"ok"))
def test_the_stories_are_the_same(script: Script) -> None:
    with _bounded():
        theirs, ours = play(socketserver, script), play(engine, script)
    assert ours == theirs


@pytest.mark.parametrize("workers", ["", "Threading", "Forking"])
@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage not in DECLARED])
@pytest.mark.parametrize("datagrams", [False, True])
def test_a_stage_that_raises(workers: str, stage: str, datagrams: bool) -> None:
    raising = {stage: Override(error="value")}
    script = _fit(Script(workers=workers, datagrams=datagrams, overrides=raising, idle_requests=1))
    with _bounded():
        theirs, ours = play(socketserver, script), play(engine, script)
    assert ours == theirs


@pytest.mark.parametrize("stage", ["verify_request", "handle_error"])
def test_what_is_declared_to_differ_does(stage: str) -> None:
    """Ours shuts down what the standard library forgets."""
    raising = {stage: Override(error="value"), "handle": Override(error="value")}
    script = Script(overrides=raising)
    with _bounded():
        theirs, ours = play(socketserver, script), play(engine, script)
    assert ours.calls != theirs.calls
    assert "shutdown_request begins" not in theirs.calls
    assert ours.calls[-4:-2] == ["shutdown_request begins", "close_request begins"]
    assert ours.results == theirs.results
    assert ours.errors == theirs.errors


def test_every_difference_has_its_reason() -> None:
    assert all(difference.name and difference.reason for difference in DIFFERENCES)
