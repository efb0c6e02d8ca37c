"""The lull: what can wait is done once, in order, after the tick, and not for what has gone."""

from __future__ import annotations

from time import monotonic_ns

from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from app.link.lull import ENOUGH, Lull


class Worker(QObject):
    """Notes what it is told to do."""

    def __init__(self, name: str, done: list[str], lasts: int = 0) -> None:
        super().__init__()
        self._name, self._done, self._lasts = name, done, lasts

    def work(self) -> None:
        """Work for so many ns."""
        until = monotonic_ns() + self._lasts
        while monotonic_ns() < until:
            pass
        self._done.append(self._name)


def test_work_waits_for_the_lull_and_is_done_once_in_order(qtbot: QtBot) -> None:
    done: list[str] = []
    lull, one, two = Lull(), Worker("one", done), Worker("two", done)
    lull.begin()
    for worker in (one, two, one):
        lull.ask(worker.work)
    lull.begin()
    assert done == []
    qtbot.waitUntil(lambda: len(done) >= 2)
    lull.ask(one.work)
    qtbot.waitUntil(lambda: done == ["one", "two", "one"])


def test_a_lull_does_no_more_than_enough(qtbot: QtBot) -> None:
    done: list[str] = []
    lull, long, short = Lull(), Worker("long", done, 2 * ENOUGH), Worker("short", done)
    lull.ask(long.work)
    lull.ask(short.work)
    lull._go_on()
    assert done == ["long"]
    qtbot.waitUntil(lambda: done == ["long", "short"])  # no tick is needed for it


def test_work_of_what_has_gone_is_left_undone(qtbot: QtBot) -> None:
    done: list[str] = []
    lull, gone, here = Lull(), Worker("gone", done), Worker("here", done)
    lull.ask(gone.work)
    lull.ask(here.work)
    delete(gone)
    qtbot.waitUntil(lambda: done == ["here"])


def test_what_was_asked_for_ends_with_the_link(qtbot: QtBot) -> None:
    done: list[str] = []
    lull, one = Lull(), Worker("one", done)
    lull.ask(one.work)
    lull.end()
    lull._go_on()
    assert done == []
