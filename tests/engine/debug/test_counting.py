"""One count, whoever counts."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from engine.debug.counting import Count

EACH = 500


def test_threads_and_children_count_together() -> None:
    count = Count()
    threads = [threading.Thread(target=lambda: [count.next() for _ in range(EACH)]) for _ in range(3)]
    children = [fork_counting(count) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0]
    assert count.value == 5 * EACH


def fork_counting(count: Count) -> int:
    child = os.fork()
    if child:
        return child
    try:
        numbers = [count.next() for _ in range(EACH)]
        os._exit(int(len(set(numbers)) != EACH))
    finally:
        os._exit(2)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_that_dies_while_it_counts_holds_up_nobody() -> None:
    count = Count()
    child = os.fork()
    if not child:
        count._count = lambda: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[method-assign,assignment,return-value]
        count.next()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    assert count.next() == 1
