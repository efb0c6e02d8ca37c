"""Who holds a lock, as far as stacks tell."""

from __future__ import annotations

import sys
import threading

from engine.debug.calls import UNKNOWN
from engine.debug.locks import holders, is_lock, underlying


def test_what_is_a_lock() -> None:
    assert is_lock(threading.Lock())
    assert is_lock(threading.RLock())
    assert is_lock(threading.Condition())
    assert not is_lock(threading.Event())
    assert not is_lock(UNKNOWN)
    lock = threading.Lock()
    assert underlying(threading.Condition(lock)) is lock


def test_the_owner_of_an_rlock_is_known_though_no_line_shows_it() -> None:
    lock = threading.RLock()
    held = threading.Event()

    def hold() -> None:
        def take() -> None:
            lock.acquire()

        take()
        held.set()
        done.wait(10)

    done = threading.Event()
    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(10)
    (holder,) = holders(lock, sys._current_frames())
    assert (holder.ident, holder.place) == (thread.ident, None)
    done.set()
    thread.join(10)


def test_a_free_lock_is_held_by_nobody() -> None:
    lock = threading.Lock()
    with lock:
        (holder,) = holders(lock, sys._current_frames())
        assert holder.ident == threading.get_ident()
    assert holders(lock, sys._current_frames()) == []
