"""The host's end of the way for orders: beats, obeys, and never writes into a descriptor that is not its own."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path

from engine.channel.frames import FrameReader, send_frame
from engine.hosting.control import BEAT, Control


def test_orders_arrive_and_the_beat_goes_on() -> None:
    ours, theirs = socket.socketpair()
    beat = os.memfd_create("beat")
    os.ftruncate(beat, os.sysconf("SC_PAGESIZE"))
    control = Control(theirs, FrameReader())
    heard = threading.Event()
    control.on("listen", lambda order: heard.set())
    control.start(beat, bool)
    send_frame(ours, {"order": "unknown"})
    send_frame(ours, {"order": "listen"})
    assert heard.wait(5)
    ours.close()
    last = BEAT.unpack(os.pread(beat, 8, 0))[0]
    for _ in range(100):
        if BEAT.unpack(os.pread(beat, 8, 0))[0] > last:
            break
        threading.Event().wait(0.05)
    else:
        raise AssertionError("The beat stopped with the supervisor.")
    theirs.close()
    os.close(beat)


def test_nothing_is_written_into_a_file_of_the_user(tmp_path: Path) -> None:
    ours, theirs = socket.socketpair()
    control = Control(theirs, FrameReader())
    control.tell({"event": "first"})
    number = theirs.fileno()
    os.close(number)
    file = os.open(tmp_path / "mine", os.O_CREAT | os.O_RDWR)
    assert file == number
    control.tell({"event": "second"})
    assert os.pread(file, 100, 0) == b""
    theirs.detach()
    os.close(file)
    assert FrameReader().feed(ours.recv(1000)) == [{"event": "first"}]
    ours.close()
