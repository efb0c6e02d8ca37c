"""What actions do with requests: find failed ones, end, run again, compare, clear, save, and make tests of them."""

from __future__ import annotations

import time
from pathlib import Path

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog

from app.conditions import Scope
from app.link.saving import Saving
from app.text import number, safe_text, size, tr
from engine.capture.filters import FilterError, parse
from engine.capture.reader import BadCapture
from engine.replay.playback import NotPlayable, read_playback
from engine.replay.pytestcase import pytest_case


def next_error(scope: Scope, *, forward: bool = True) -> None:
    """The failed request after (or before) the selected one, among those that the filter shows."""
    view, selection = scope.context.view, scope.context.selection
    try:
        failed = parse(f"{view.filter} state:error".strip())
    except FilterError:
        return
    place = selection.request
    for record in scope.context.link.reader.requests(failed, descending=not forward, limit=5000):
        if place is None or (record.id > place if forward else record.id < place):
            view.set_following(False)
            selection.select_request(record.id)
            return
    scope.context.tell(tr("No further error.") if forward else tr("No earlier error."))


def close_request(scope: Scope, how: str) -> None:
    request = scope.context.selection.request
    if request is not None:
        scope.context.link.close_request(request, how, lambda trouble: scope.context.tell(trouble.sentence))


def clear_capture(scope: Scope) -> None:
    scope.context.selection.select_request(None)
    count = scope.context.clearing.clear()
    scope.context.tell(tr("Cleared {n} requests. Ctrl+Z brings them back.").format(n=number(count)))


def run_again(scope: Scope) -> None:
    request = scope.context.selection.request
    if request is not None:
        scope.context.reruns.run_again(request)


def compare_two(scope: Scope) -> None:
    pair = scope.context.selection.pair
    if pair is not None:
        scope.context.reruns.compare(*pair)


def copy_test(scope: Scope) -> None:
    request, reader = scope.context.selection.request, scope.context.link.reader
    if request is None:
        return
    try:
        playback = read_playback(reader, request)
        record = reader.request(request)
        server = next((one for one in reader.servers() if record is not None and one.id == record.server), None)
        text = pytest_case(playback, server.profile if server is not None else {})
    except (NotPlayable, BadCapture) as error:
        scope.context.tell(str(error))
        return
    QGuiApplication.clipboard().setText(text)
    scope.context.tell(tr("A test of #{n} is on the clipboard; save it as test_….py and run pytest.").format(n=request))


def save_session(scope: Scope) -> None:
    name = time.strftime("%Y%m%d-%H%M.socketscope")
    path, _kind = QFileDialog.getSaveFileName(scope.parent, tr("Save session"), name, tr("Captures (*.socketscope)"))
    if path:
        save_to(scope, Path(path))


def save_to(scope: Scope, target: Path) -> Saving:
    """Begin to save; how it ends is told in the status bar."""
    if not target.suffix:
        target = target.with_suffix(".socketscope")
    saving = Saving(scope.context.link.reader.path, target, scope.parent)

    def told(path: Path, count: int) -> None:
        file = safe_text(str(path), 300)
        scope.context.tell(tr("Saved {size} to {file}.").format(size=size(count), file=file))

    saving.saved.connect(told)
    saving.failed.connect(scope.context.tell)
    saving.start()
    return saving
