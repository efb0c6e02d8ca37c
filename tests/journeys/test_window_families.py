"""All twenty servers in one window at once, talked to from outside by the programs that people use: nc and socat."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.capture.records import RequestRecord
from engine.hosting.profile import SERVER_CLASSES, Profile
from tests.scenes.theatre import Theatre, theatre

HANDLERS = Path(__file__).with_name("handlers_headless.py")
SAID = b"from outside\n"
ANSWER = SAID.upper()
STAGES = {"get_request", "verify_request", "process_request", "finish_request", "setup", "handle", "finish"}

pytestmark = [
    pytest.mark.window,
    pytest.mark.skipif(not shutil.which("socat") or not shutil.which("nc"), reason="needs nc and socat"),
]


@pytest.fixture
def here(tmp_path: Path, qtbot: QtBot) -> Iterator[Theatre]:
    with theatre(tmp_path) as opened:
        yield opened


def profile(family: str, concurrency: str, folder: Path) -> Profile:
    """A server that answers in upper case."""
    return Profile(
        f"{family}-{concurrency}",
        server_class=SERVER_CLASSES[family, concurrency],
        path=str(folder / f"{concurrency}-{family}") if family.startswith("unix") else "",
        handler_file=str(HANDLERS),
        handler_class="UpperDatagram" if family in ("udp", "unixgram") else "Upper",
    )


def client(family: str, address: str, mine: str) -> list[str]:
    """The command that a person would use."""
    host, _, port = address.rpartition(":")
    commands = {
        "tcp": ["nc", "-N", host, port],
        "udp": ["nc", "-u", "-w1", host, port],
        "unix": ["socat", "-t5", "-", f"UNIX-CONNECT:{address}"],
        "unixgram": ["socat", "-t1", "-", f"UNIX-SENDTO:{address},bind={mine}"],
    }
    return commands[family]


def talk(here: Theatre, keys: dict[tuple[str, str], str], folder: Path) -> dict[tuple[str, str], bytes]:
    """Every client at once; what each got."""
    said = folder / "said"
    said.write_bytes(SAID)
    talking = {}
    for kind, key in keys.items():
        command = client(kind[0], here.wait_listening(key).address, str(folder / f"me-{kind[1]}"))
        with said.open("rb") as words, heard(folder, kind).open("wb") as answer:
            talking[kind] = subprocess.Popen(command, stdin=words, stdout=answer)
    here.wait("the clients have ended", lambda: all(p.poll() is not None for p in talking.values()))
    return {kind: heard(folder, kind).read_bytes() for kind in talking}


def heard(folder: Path, kind: tuple[str, str]) -> Path:
    """Where a client's answer is kept."""
    return folder / f"heard-{'-'.join(kind)}"


def check(here: Theatre, row: RequestRecord, concurrency: str, host: int) -> None:
    """The right bytes, worker and stages in a row."""
    chunks = here.window.context.link.reader.chunks(row.id)
    assert b"".join(chunk.data for chunk in chunks if chunk.received) == SAID
    assert b"".join(chunk.data for chunk in chunks if not chunk.received) == ANSWER
    seen = {stage.stage.method for stage in row.stages}
    assert seen >= STAGES
    assert ("queue" in seen) == (concurrency not in ("single", "prefork"))
    assert row.worker is not None
    assert row.worker.child == (concurrency in ("forking", "prefork"))
    assert (row.worker.pid == host) == (concurrency not in ("forking", "prefork"))
    assert (row.worker.thread == host) == (concurrency == "single")


def test_twenty_servers_at_once(here: Theatre, tmp_path: Path) -> None:
    keys = {kind: here.serve(profile(*kind, tmp_path)) for kind in SERVER_CLASSES}
    answers = talk(here, keys, tmp_path)
    assert answers == dict.fromkeys(SERVER_CLASSES, ANSWER)
    here.wait_requests(len(keys), "state:done")
    for (family, concurrency), key in keys.items():
        (row,) = here.requests(f"server:{family}-{concurrency}")
        status = here.status(key)
        assert status is not None
        assert row.transport == family
        check(here, row, concurrency, status.pid or 0)
