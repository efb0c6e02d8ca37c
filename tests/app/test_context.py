"""The view: tells of changes once, and only of changes."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from app.context import View


def test_changes_are_told_once(qtbot: QtBot) -> None:
    view = View()
    with qtbot.waitSignals([view.filter_changed, view.frozen_changed, view.following_changed]):
        view.set_filter("echo")
        view.set_frozen(True)
        view.set_following(False)
    assert (view.filter, view.frozen, view.following) == ("echo", True, False)
    with (
        qtbot.assertNotEmitted(view.filter_changed),
        qtbot.assertNotEmitted(view.frozen_changed),
        qtbot.assertNotEmitted(view.following_changed),
    ):
        view.set_filter("echo")
        view.set_frozen(True)
        view.set_following(False)


def test_counts_and_complaints_pass(qtbot: QtBot) -> None:
    view = View()
    with qtbot.waitSignal(view.counted) as counted, qtbot.waitSignal(view.filter_refused) as refused:
        view.count(23, 434)
        view.refuse_filter("No.")
    assert (counted.args, refused.args) == ([23, 434], ["No."])
