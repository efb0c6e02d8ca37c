"""The style sheet has every token that it names, and Qt can read it."""

from __future__ import annotations

import re

from pytestqt.qtbot import QtBot

from app.text import label, set_role
from app.theme import ThemeSource


def test_no_token_is_left(qtbot: QtBot, qapp: object) -> None:
    from PySide6.QtWidgets import QApplication

    source = ThemeSource()
    for mode in ("light", "dark"):
        source.set_mode(mode)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        assert not re.search(r"\$\w+", application.styleSheet())


def test_roles_change_what_is_drawn(qtbot: QtBot) -> None:
    ThemeSource().set_mode("dark")
    made = label("x")
    qtbot.addWidget(made)
    before = made.palette().color(made.foregroundRole()).name()
    set_role(made, "error")
    made.ensurePolished()
    assert made.palette().color(made.foregroundRole()).name() not in (before, "#000000")
