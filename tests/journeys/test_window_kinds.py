"""A thread pool, pre-forked processes and TLS in one window: configured in the dialog, loaded, and looked at."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from app.dialogs.server import ServerDialog
from app.models.workernames import short_name
from app.models.workers import LanesModel
from app.widgets.lanes import LanesView
from engine.capture.records import RequestRecord
from engine.hosting.profile import Profile
from engine.observe.stages import Stage
from tests.engine.certificates import certificate
from tests.journeys.headless import DEADLINE, alive, port_of
from tests.scenes.theatre import Theatre, theatre

HANDLERS = Path(__file__).with_name("handlers_headless.py")
SAID = b"from outside\n"
CLIENTS = 60

pytestmark = pytest.mark.window


@pytest.fixture
def here(tmp_path: Path, qtbot: QtBot) -> Iterator[Theatre]:
    with theatre(tmp_path) as opened:
        yield opened


def configure(here: Theatre, name: str, change: Callable[[ServerDialog], None], handler: str = "Upper") -> str:
    """Make a server in the dialog, and start it; its key."""
    made: list[tuple[Profile, bool]] = []
    dialog = ServerDialog(Profile("", handler_file=str(HANDLERS), handler_class=handler), (), here.window)
    dialog.profile_accepted.connect(lambda profile, start: made.append((profile, start)))
    dialog.show()
    dialog.name.setText(name)
    change(dialog)
    assert dialog.problem() == ""
    dialog.buttons.start.click()
    [(profile, start)] = made
    assert start
    return here.serve(profile)


def put(dialog: ServerDialog, name: str, value: str) -> None:
    """Type a class attribute of the server."""
    editor = dialog.attributes.editor("server", name)
    assert isinstance(editor, QLineEdit)
    assert editor.isVisibleTo(dialog.attributes)
    editor.setText(value)


def make_pool(dialog: ServerDialog) -> None:
    dialog.concurrency.choose("pool")
    put(dialog, "max_workers", "3")


def make_prefork(dialog: ServerDialog) -> None:
    dialog.concurrency.choose("prefork")
    put(dialog, "workers", "2")


def load(here: Theatre, key: str) -> None:
    """Many clients, four at a time."""
    address = port_of(here.wait_listening(key).address)

    def one(_number: int) -> bytes:
        with socket.create_connection(address, DEADLINE) as client:
            client.sendall(SAID)
            client.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: client.recv(100), b""))

    with ThreadPoolExecutor(4) as clients:
        answers = [clients.submit(one, number) for number in range(CLIENTS)]
        here.wait("all clients have their answers", lambda: all(answer.done() for answer in answers))
    assert {answer.result() for answer in answers} == {SAID.upper()}


def bytes_of(here: Theatre, row: RequestRecord) -> tuple[bytes, bytes]:
    """In and out."""
    chunks = here.window.context.link.reader.chunks(row.id)
    found = (b"".join(chunk.data for chunk in chunks if chunk.received is way) for way in (True, False))
    return next(found), next(found)


def lanes(here: Theatre) -> LanesModel:
    """The lanes of the selected server."""
    return here.find(LanesView)._model


def test_threads_of_a_pool_serve_many_requests_each(here: Theatre) -> None:
    key = configure(here, "pool", make_pool)
    load(here, key)
    rows = here.wait_requests(CLIENTS, "state:done")
    workers = {row.worker.id for row in rows if row.worker is not None}
    assert 1 <= len(workers) <= 3
    assert {bytes_of(here, row) for row in rows} == {(SAID, SAID.upper())}
    status = here.status(key)
    assert status is not None
    assert status.concurrency == "pool"
    assert all(row.worker is not None and row.worker.pid == status.pid for row in rows)
    here.window.context.selection.select_server(key)
    model = lanes(here)
    here.wait("a lane for each thread", lambda: len(model.lanes) == len(workers))
    assert {lane.label for lane in model.lanes} == {short_name(row.worker) for row in rows if row.worker is not None}


def test_preforked_processes_serve_many_requests_each_and_tell_how_they_end(here: Theatre) -> None:
    key = configure(here, "prefork", make_prefork, "Trouble")
    address = port_of(here.wait_listening(key).address)
    status = here.status(key)
    assert status is not None
    pids: set[int] = set()

    def echo() -> RequestRecord:
        before = len(here.requests("state:done"))
        with socket.create_connection(address, DEADLINE) as client:
            client.sendall(b"echo\n")
            client.shutdown(socket.SHUT_WR)
            row = here.wait_requests(before + 1, "state:done")[-1]
            assert client.recv(100) == b"done\n"
        assert row.worker is not None
        pids.add(row.worker.pid)
        return row

    here.window.context.selection.select_server(key)
    model = lanes(here)
    here.wait("two workers", lambda: (now := here.status(key)) is not None and now.children == 2)
    rows = [echo() for _ in range(12)]
    assert all(row.worker is not None and row.worker.child for row in rows)
    assert len(pids) <= 2
    assert status.pid not in pids
    victim = rows[-1].worker
    assert victim is not None
    os.kill(victim.pid, signal.SIGKILL)
    here.wait("its end is in its lane", lambda: [e.status for lane in model.lanes for e in lane.ends] == [-9])
    assert here.requests("state:killed") == []
    with socket.create_connection(address, DEADLINE) as client:
        client.sendall(b"leave\n")
        (killed,) = here.wait_requests(1, "state:killed")
    assert killed.worker is not None
    here.wait("both ends", lambda: {e.status for lane in model.lanes for e in lane.ends} == {-9, 3})
    here.wait("two workers again", lambda: (now := here.status(key)) is not None and now.children == 2)
    echo()
    here.window.action("server.stop").trigger()
    here.wait("it has stopped", lambda: (now := here.status(key)) is not None and now.pid is None)
    assert alive(sorted(pids | {status.pid or 0})) == []


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_curl_over_tls_is_seen_as_plain_text(here: Theatre, tmp_path: Path) -> None:
    certificate(tmp_path)
    (tmp_path / "page.txt").write_text("plain to see")
    web = tmp_path / "web.py"
    web.write_text(
        "from http.server import SimpleHTTPRequestHandler\n\n\nclass Web(SimpleHTTPRequestHandler):\n    pass\n"
    )

    def make_tls(dialog: ServerDialog) -> None:
        dialog.handler.file.setText(str(web))
        dialog.tls.cert.setText(str(tmp_path / "certificate.pem"))
        dialog.tls.key.setText(str(tmp_path / "key.pem"))
        dialog.launch.directory.setText(str(tmp_path))

    key = configure(here, "tls", make_tls)
    address = here.wait_listening(key).address
    got = tmp_path / "got"
    curl = subprocess.Popen(["curl", "-sk", "-m", "15", "-o", str(got), f"https://{address}/page.txt"])
    here.wait("curl has ended", lambda: curl.poll() is not None)
    assert curl.returncode == 0
    assert got.read_text() == "plain to see"
    (row,) = here.wait_requests(1, "state:done")
    received, sent = bytes_of(here, row)
    assert received.startswith(b"GET /page.txt HTTP/1.1\r\n")
    assert sent.endswith(b"plain to see")
    assert Stage.HANDSHAKE in {stage.stage for stage in row.stages}
