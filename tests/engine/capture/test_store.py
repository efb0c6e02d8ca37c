"""Files that are no captures, that are damaged, or that a crash left behind."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.capture.filters import parse
from engine.capture.reader import BadCapture, CaptureReader
from engine.capture.schema import VERSION
from engine.capture.writer import CaptureWriter

from .batches import START, whole
from .conftest import Bench

ROOT = Path(__file__).parents[3]


@pytest.fixture
def whole_file(bench: Bench, tmp_path: Path) -> Path:
    """A small capture in a single file."""
    for running in range(1, 30):
        bench.feed(*whole(running))
    bench.commit()
    path = tmp_path / "whole.capture"
    bench.writer._db.execute("VACUUM INTO ?", (str(path),))
    return path


def read_everything(path: Path) -> int:
    """All that a window would ask for; returns how many requests there are."""
    with CaptureReader(path) as reader:
        records = reader.requests(limit=1000)
        reader.requests(parse("ping"), order="duration")
        for record in records[:50]:
            reader.chunks(record.id)
            reader.failure(record.id)
        reader.servers(), reader.workers(), reader.spans(None, 0, START * 2), reader.output(), reader.totals()
        reader.load(None, START // 10**9, START // 10**9 + 3)
        return len(records)


def alter(sql: str) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        with sqlite3.connect(path) as connection:
            connection.executescript(sql)
        connection.close()

    return change


def test_the_size_on_disk_counts_the_log(bench: Bench) -> None:
    """Of a young capture everything is still in SQLite's log, and the file itself does not grow."""
    before = bench.writer.totals().size
    for running in range(1, 500):
        bench.feed(*whole(running))
    bench.commit()
    assert bench.writer.totals().size > before + 100_000
    assert bench.reader.totals().size == bench.writer.totals().size


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda path: path.write_bytes(b""), "is not a capture"),
        (lambda path: path.write_bytes(b"hello " * 1000), "is not a capture"),
        (lambda path: path.unlink(), "cannot be read: no such file"),
        (lambda path: path.write_bytes(path.read_bytes()[:100]), ""),
        (lambda path: path.write_bytes(path.read_bytes()[:9000]), ""),
        (alter("PRAGMA application_id = 5"), "is a database of another program"),
        (alter(f"PRAGMA user_version = {VERSION + 1}"), "was made by a newer Socketscope"),
        (alter("PRAGMA user_version = 0"), "is damaged"),
        (alter("ALTER TABLE request RENAME COLUMN message TO massage"), "is damaged"),
        (alter("DROP TABLE stage; CREATE VIEW stage AS SELECT * FROM chunk"), "is damaged"),
    ],
)
def test_what_is_no_capture_is_refused_with_one_sentence(
    whole_file: Path, change: Callable[[Path], None], sentence: str
) -> None:
    change(whole_file)
    with pytest.raises(BadCapture) as caught:
        read_everything(whole_file)
    said = str(caught.value)
    assert sentence in said
    assert whole_file.name in said
    assert said.endswith(".")
    assert "\n" not in said


def test_a_directory_is_no_capture(tmp_path: Path) -> None:
    with pytest.raises(BadCapture):
        CaptureReader(tmp_path)


def test_damage_anywhere_is_told_or_harmless(whole_file: Path, tmp_path: Path) -> None:
    good = whole_file.read_bytes()
    chance = random.Random(11)
    for turn in range(300):
        bad = bytearray(good)
        for _ in range(chance.randrange(1, 30)):
            bad[chance.randrange(len(bad))] = chance.randrange(256)
        path = tmp_path / f"bad{turn}.capture"
        path.write_bytes(bad[: chance.randrange(len(bad) // 2, len(bad))] if turn % 3 == 0 else bad)
        with contextlib.suppress(BadCapture):
            read_everything(path)
        path.unlink()


def test_odd_values_in_a_strangers_file(whole_file: Path) -> None:
    alter(
        "UPDATE request SET state = 99, stage = -1 WHERE id = 1;"
        "UPDATE stage SET stage = 77 WHERE request = 2 AND stage = 7;"
        "UPDATE server SET profile = '[1]'; UPDATE chunk SET flags = 4096 WHERE request = 3;"
        "INSERT INTO failure VALUES (1, 1, 1, 99, 0, 'T', 'm', '{{{', 9, '', '');"
    )(whole_file)
    assert read_everything(whole_file) == 29


def test_a_capture_cut_away_under_a_reader(whole_file: Path) -> None:
    with CaptureReader(whole_file) as reader:
        os.truncate(whole_file, 8192)
        with pytest.raises(BadCapture):
            reader.requests(parse("nothing"))


WRITE_FOR_EVER = """
import sys
from engine.capture.writer import CaptureWriter
from tests.engine.capture.batches import START, Sending, whole
writer = CaptureWriter(sys.argv[1], limit_requests=2000)
server = writer.add_server("echo", "TCPServer", "tcp", "127.0.0.1:9", "Echo", 1, START, {})
sending = Sending()
running = 0
while True:
    for _ in range(20):
        running += 1
        writer.feed(1, {1: server}, sending.batch(*whole(running)))
    writer.commit()
    writer.evict()
    print(running, flush=True)
"""


@pytest.mark.parametrize("lines", [1, 30, 200])
def test_a_writer_that_is_killed_leaves_a_whole_capture(tmp_path: Path, lines: int) -> None:
    path = tmp_path / "killed.capture"
    process = subprocess.Popen(
        [sys.executable, "-c", WRITE_FOR_EVER, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    acknowledged = 0
    for _ in range(lines):
        acknowledged = int(process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    with CaptureReader(path) as reader:
        assert reader.last_id >= acknowledged
        assert reader._db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        records = reader.requests(limit=100_000)
        assert [one.id for one in records] == list(range(reader.first_id, reader.last_id + 1))
        assert len(records) == reader.count()
        assert all(len(one.stages) == 6 and one.closed and one.bytes_in == 4 for one in records)
        totals = reader.totals()
        assert totals.requests + totals.evicted == reader.last_id == totals.emitted // 10
    again = CaptureWriter(path)
    assert again.totals().requests == len(records)
    again.close()
