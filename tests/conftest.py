"""What holds for every test: no screen, fresh settings, no widget left behind, no unexpected word in the log."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("SOCKETSCOPE_NO_BOOTSTRAP", "1")


@pytest.fixture(autouse=True)
def _fresh_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOCKETSCOPE_CONFIG_DIR", str(tmp_path / "config"))


def pytest_configure(config: pytest.Config) -> None:
    """Declare our own markers, and let what is interrupted hear it: a shell's background programs ignore Ctrl+C."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    config.addinivalue_line("markers", "loud: the test expects lines at WARNING or above in the log")


@pytest.fixture(autouse=True)
def _quiet_log(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A line at WARNING or above fails the test, unless it is marked `loud` or has said `caplog.clear()`."""
    yield
    if request.node.get_closest_marker("loud") is not None:
        return
    loud = [r for when in ("setup", "call") for r in caplog.get_records(when) if r.levelno >= logging.WARNING]
    assert [record.getMessage() for record in loud] == []


@pytest.fixture(autouse=True)
def _no_widget_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """Only tests that use Qt pay for it."""
    if not {"qtbot", "qapp"} & set(request.fixturenames):
        yield
        return
    from PySide6.QtCore import QCoreApplication, QEvent
    from PySide6.QtWidgets import QApplication

    before = set(QApplication.topLevelWidgets())
    yield
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    left = [widget for widget in QApplication.topLevelWidgets() if widget not in before and widget.isVisible()]
    assert [repr(widget) for widget in left] == []
