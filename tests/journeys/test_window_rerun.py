"""The story of a mended handler in a real window: nobody is refused, the port stays, and the answers are compared."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from app.panels.bench import BenchPanel
from app.panels.diff_tab import DiffTab
from app.panels.inspector import EXCEPTION
from tests.scenes.plays import MENDED, mend, version_of
from tests.scenes.theatre import PATIENCE, Theatre, theatre

pytestmark = [pytest.mark.window, pytest.mark.loud]


@pytest.fixture
def here(tmp_path: Path, qtbot: QtBot) -> Iterator[Theatre]:
    with theatre(tmp_path) as opened:
        yield opened


@contextmanager
def asking(address: str) -> Iterator[list[bytes]]:
    """A client that asks all the time what the handler has always answered; a refusal ends the test."""
    host, _, port = address.rpartition(":")
    answers: list[bytes] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            with socket.create_connection((host, int(port)), PATIENCE) as client:
                client.sendall(b"\0\0\0\x02hi\r\n")
                answers.append(client.recv(100))

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield answers
    finally:
        done.set()
        thread.join()


def failed_request(here: Theatre) -> int:
    key = here.window.context.desk.run_example("broken-length")
    here.window.context.desk.stop_demo(key)
    return here.wait_requests(1, "server:broken-length state:error")[0].id


@pytest.mark.parametrize("how", ["reload", "restart"])
def test_mended_saved_run_again(how: str, here: Theatre) -> None:
    context = here.window.context
    failed = failed_request(here)
    key = context.workspace.entries[0].key
    here.window.run(f"on_save.{how}")
    before = here.wait_listening(key)
    here.select(failed)
    here.look_at(EXCEPTION)
    with asking(before.address) as answers:
        mend(here, *MENDED)
        here.wait("the new code serves", lambda: version_of(here, key) == 2 and here.wait_listening(key))
        here.window.run("request.again")
        diff = here.find(DiffTab)
        here.wait("it was answered", lambda: "no answer before, 13 bytes now" in diff.words.text())
        mended = context.selection.request
        assert mended is not None
        here.wait("it is over", lambda: (r := context.link.reader.request(mended)) is not None and r.closed)
        here.window.run("request.again")
        here.wait("and once more the same", lambda: diff.words.text() == "✓ Equal: all 13 bytes.")
        seen = len(answers)
        here.wait("the others are served", lambda: len(answers) > seen)
    after = here.wait_listening(key)
    assert after.address == before.address
    assert (after.pid == before.pid) is (how == "reload")
    assert set(answers) == {b"got 2 bytes\n"}
    record = context.link.reader.request(mended)
    assert record is not None
    assert context.link.reader.version_of(record) == 2


def test_code_that_does_not_load_is_told_where_it_stands(here: Theatre) -> None:
    context = here.window.context
    failed = failed_request(here)
    key = context.workspace.entries[0].key
    mend(here, "if len(buf) != n:", "if len(buf) != n")
    here.wait("it is told", lambda: context.desk.warning(key) is not None)
    warning = context.desk.warning(key)
    assert warning is not None
    assert "broken_length.py, line 21: " in warning.sentence
    assert warning.sentence.endswith("The old code is kept.")
    mend(here, "if len(buf) != n", MENDED[1])
    here.wait("it is taken back", lambda: context.desk.warning(key) is None)
    here.select(failed)
    here.window.run("request.copy_test")
    compile(QGuiApplication.clipboard().text(), "test_it.py", "exec")


def test_what_is_expected_is_checked_when_the_code_has_changed(here: Theatre) -> None:
    context = here.window.context
    failed = failed_request(here)
    here.select(failed)
    here.window.run("perspective.replay")
    bench = here.find(BenchPanel)
    here.wait("it can be sent", lambda: bench.form.playback is not None)
    bench.form.keep_button.click()
    (expectation,) = context.expectations.all
    mend(here, *MENDED)
    here.wait("it was checked", lambda: context.expectations.fared(expectation.name).passed is False)
    assert context.expectations.fared(expectation.name).first == 0
    bench.form.times.setValue(5)
    bench.form.clients.setValue(3)
    bench.form.send_button.click()
    reruns = context.reruns
    here.wait("all are back", lambda: reruns.bench is not None and not reruns.bench.running)
    assert reruns.bench is not None
    assert (reruns.bench.played, reruns.bench.different, reruns.bench.failed) == (15, 15, 0)
