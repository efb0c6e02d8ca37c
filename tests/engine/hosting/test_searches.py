"""Of a stack, the calls that are the user's."""

from __future__ import annotations

from engine.debug.deaths import Place
from engine.hosting.hosts import OURS
from engine.hosting.searches import own_calls

ENGINE = Place(OURS + "servers/handlers.py", 1, "run")
TAP = Place(OURS + "observe/tap.py", 1, "recv")
START = Place("/usr/lib/python3.11/threading.py", 1, "_bootstrap")
HANDLE = Place("/home/x/length.py", 1, "handle")
LIBRARY = Place("/usr/lib/python3.11/socket.py", 1, "readinto")


def test_without_what_called_it_and_what_reports_its_bytes() -> None:
    assert own_calls([TAP, LIBRARY, HANDLE, ENGINE, START, ENGINE, START]) == [HANDLE, LIBRARY]
    assert own_calls([LIBRARY, ENGINE, HANDLE, ENGINE, START]) == [HANDLE, ENGINE, LIBRARY], "it called ours"


def test_a_handler_of_pythons_own() -> None:
    assert own_calls([TAP, LIBRARY, ENGINE, START]) == [LIBRARY]


def test_a_thread_of_the_users_own() -> None:
    assert own_calls([HANDLE, START]) == [HANDLE]


def test_a_thread_that_is_nobodys() -> None:
    assert own_calls([START]) == [START]
    assert own_calls([ENGINE, START]) == [START]
    assert own_calls([]) == []
