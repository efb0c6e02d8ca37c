"""What goes wrong in the window itself: a line in the log file and in the status bar, never a box in the way."""

from __future__ import annotations

import faulthandler
import logging
import logging.handlers
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import TextIO

from PySide6.QtCore import QMessageLogContext, QObject, QtMsgType, Signal, qInstallMessageHandler

from app.text import safe_text, tr

log = logging.getLogger("app")

_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


class LogLines(QObject):
    """Where log lines become a signal, for the Output panel and the status bar. Safe to emit from any thread."""

    written = Signal(int, str)
    """Level, and one safe line."""


class _SignalHandler(logging.Handler):
    def __init__(self, lines: LogLines) -> None:
        super().__init__(logging.INFO)
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.written.emit(record.levelno, safe_text(record.getMessage()))


class Reports:
    """The program's hooks for errors while it runs. `close` puts back what was there before."""

    def __init__(self, folder: Path) -> None:
        self.lines = LogLines()
        self._handlers: list[logging.Handler] = [_SignalHandler(self.lines)]
        self._faults: TextIO | None = None
        self._open_files(folder)
        for handler in self._handlers:
            logging.getLogger().addHandler(handler)
        logging.getLogger("app").setLevel(logging.INFO)
        logging.getLogger("engine").setLevel(logging.INFO)
        self._hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
        sys.excepthook = _on_exception
        threading.excepthook = lambda args: _report(tr("In a thread"), args.exc_value)
        sys.unraisablehook = lambda args: _report(tr("While cleaning up"), args.exc_value)
        qInstallMessageHandler(_on_qt_message)

    def _open_files(self, folder: Path) -> None:
        """A read-only home costs the files, not the program."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / "socketscope.log"
            file = logging.handlers.RotatingFileHandler(path, maxBytes=1 << 20, backupCount=2, encoding="utf-8")
            file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
            self._handlers.append(file)
            self._faults = (folder / "faults.log").open("a", encoding="utf-8")
            faulthandler.enable(self._faults)
        except OSError as error:
            log.info("No log file: %s.", error)

    def close(self) -> None:
        """Put back the hooks that were there before, and close the files."""
        qInstallMessageHandler(None)
        sys.excepthook, threading.excepthook, sys.unraisablehook = self._hooks
        for handler in self._handlers:
            logging.getLogger().removeHandler(handler)
            handler.close()
        if self._faults is not None:
            faulthandler.disable()
            self._faults.close()


def _on_exception(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    _report(tr("Something in the window failed"), error)


def _report(where: str, error: BaseException | None) -> None:
    """One line for the person; the traceback goes to the log file with it."""
    sentence = f"{where}: {type(error).__name__}: {error}"
    log.error("%s", sentence, exc_info=error)


def _on_qt_message(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
    logging.getLogger("app.qt").log(_LEVELS.get(kind, logging.WARNING), "%s", text)
