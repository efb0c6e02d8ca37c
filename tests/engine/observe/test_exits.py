"""`os._exit` loses no fact: whoever has some ships them first, and the exit status is the one that was asked for."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from engine.observe.exits import hear_before_exit


class Speaker:
    """Writes to a pipe what it is told."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe

    def flush(self) -> None:
        """The interpreter ends."""

    def last_words(self) -> None:
        os.write(self._pipe, b"spoken")


class Broken(Speaker):
    def last_words(self) -> None:
        raise ValueError("cannot speak")


def _exit_of_child(speaker: Speaker, status: int) -> int:
    pid = os.fork()
    if not pid:
        hear_before_exit(speaker)
        os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def test_who_has_something_to_say_is_heard_before(pipe: tuple[int, int]) -> None:
    assert _exit_of_child(Speaker(pipe[1]), 7) == 7
    assert os.read(pipe[0], 100) == b"spoken"


def test_a_speaker_that_raises_does_not_keep_the_process_alive(pipe: tuple[int, int]) -> None:
    assert _exit_of_child(Broken(pipe[1]), 7) == 7


def test_a_handler_of_a_signal_may_exit(pipe: tuple[int, int]) -> None:
    pid = os.fork()
    if not pid:
        speaker = Speaker(pipe[1])
        hear_before_exit(speaker)
        signal.signal(signal.SIGUSR1, lambda *_: os._exit(3))
        os.kill(os.getpid(), signal.SIGUSR1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 3
    assert os.read(pipe[0], 100) == b"spoken"
