"""The desktop program: makes what the window is made of, opens it, and ends in order."""

from __future__ import annotations

import argparse
import logging
import signal
import socket
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QSocketNotifier
from PySide6.QtWidgets import QApplication

from app import settings as known
from app import translations
from app.errors import Reports
from app.launch import spawner
from app.link.link import Link
from app.servercommands import open_file
from app.settings import Settings, config_dir, state_dir
from app.text import tr
from app.theme import theme_source
from app.window import Window
from app.workspace import Workspace
from engine.hosting.client import SupervisorClient
from engine.hosting.errors import HostingError

_TELL_FROM = logging.WARNING
"""Log lines from here on are told in the status bar."""


def open_window(options: argparse.Namespace, supervisor: SupervisorClient) -> int:
    """Run the program until its window is closed; its exit status."""
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    application.setApplicationDisplayName("Socketscope")
    application.setDesktopFileName("socketscope")
    translations.install(application)
    reports = Reports(state_dir())
    try:
        return _run(application, reports, options, supervisor)
    finally:
        signal.set_wakeup_fd(-1)  # its socket goes with the window
        reports.close()


def _run(application: QApplication, reports: Reports, options: argparse.Namespace, supervisor: SupervisorClient) -> int:
    settings = Settings(config_dir() / "socketscope.ini")
    if options.theme:
        settings.set(known.THEME, options.theme)
    themes = theme_source()
    themes.set_mode(settings.get(known.THEME))
    themes.follow_system()
    try:
        link = Link(spawner(supervisor))
    except (OSError, HostingError) as error:
        print(tr("The supervisor process cannot be started: {}.").format(error), file=sys.stderr)  # noqa: T201
        return 2
    workspace = Workspace(config_dir() / "workspace.json")
    damaged = workspace.load()
    limit = partial(_limit, link, settings)
    link.respawned.connect(limit)
    limit()
    window = Window(link, workspace, settings, themes)
    reports.lines.written.connect(lambda level, line: _tell(window, line) if level >= _TELL_FROM else None)
    _end_on_signal(window.close, window)
    window.show()
    if damaged:
        window.tell(damaged)
    begin(window, options)
    status: int = application.exec()
    return status


def _limit(link: Link, settings: Settings) -> None:
    link.limit(settings.get(known.LIMIT_REQUESTS), settings.get(known.LIMIT_MEGABYTES) << 20)


def _tell(window: Window, line: str) -> None:
    window.context.journal.write(line, urgent=True)


def begin(window: Window, options: argparse.Namespace) -> None:
    """What was asked for on the command line, and what starts with the workspace."""
    window.context.desk.start_marked()
    if options.demo:
        window.context.desk.run_example("echo-threads")
    for file in options.files[:1]:
        open_file(window.scope, Path(file))


def _end_on_signal(end: Callable[[], object], parent: QObject) -> None:
    """Ctrl+C and a polite kill close the window in order; Python alone would wait for Qt's next event."""
    ours, pythons = socket.socketpair()
    for end_of_pair in (ours, pythons):
        end_of_pair.setblocking(False)
    signal.set_wakeup_fd(pythons.fileno(), warn_on_full_buffer=False)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    notifier = QSocketNotifier(ours.fileno(), QSocketNotifier.Type.Read, parent)
    notifier.activated.connect(lambda: (ours.recv(64), pythons.fileno(), end()))
