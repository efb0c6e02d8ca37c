"""A thread of ours is a thread: all that a program can see of one is as it knows it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from engine.servers import thread as module
from engine.servers.thread import Thread

DEADLINE = 10.0


def started(*, daemon: bool = False) -> tuple[Thread, threading.Event, threading.Event]:
    """One that waits until it may end."""
    runs, release = threading.Event(), threading.Event()

    def process_request_thread() -> None:
        runs.set()
        release.wait(DEADLINE)

    thread = Thread(process_request_thread, (), daemon)
    thread.start()
    return thread, runs, release


def test_the_fields_of_this_python_are_known() -> None:
    assert module._look().known


def test_it_has_every_field_that_one_of_threading_has() -> None:
    ours, theirs = Thread(print, (), False), threading.Thread(target=print)
    assert vars(ours).keys() >= vars(theirs).keys()


def test_its_life() -> None:
    thread, runs, release = started()
    assert thread.is_alive()  # at once, whether or not it runs yet
    assert runs.wait(DEADLINE)
    assert thread in threading.enumerate()
    assert threading._active[thread.ident] is thread  # type: ignore[attr-defined]
    assert thread.name.endswith("(process_request_thread)")
    assert thread.name.startswith("Thread-")
    assert thread.native_id
    assert "started" in repr(thread)
    release.set()
    thread.join(DEADLINE)
    assert not thread.is_alive()
    assert thread not in threading.enumerate()
    assert "stopped" in repr(thread)
    with pytest.raises(RuntimeError, match="once"):
        thread.start()


@pytest.mark.parametrize("daemon", [True, False])
def test_daemon_or_not(daemon: bool) -> None:
    thread, runs, release = started(daemon=daemon)
    assert thread.daemon is daemon
    assert runs.wait(DEADLINE)
    with pytest.raises(RuntimeError):
        thread.daemon = True
    release.set()
    thread.join(DEADLINE)


def test_one_that_was_never_started() -> None:
    thread = Thread(print, (), False)
    assert not thread.is_alive()
    assert "initial" in repr(thread)
    with pytest.raises(RuntimeError, match="before it is started"):
        thread.join()


def test_names_are_counted_with_all_others() -> None:
    def number(thread: threading.Thread) -> int:
        return int(thread.name.split()[0].removeprefix("Thread-"))

    first, second = Thread(print, (), False), threading.Thread(target=print)
    assert number(second) == number(first) + 1


def test_what_it_raises_is_told_by_the_hook(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", told.append)

    def fail() -> None:
        raise ValueError("no")

    thread = Thread(fail, (), False)
    thread.start()
    thread.join(DEADLINE)
    assert [(hook.exc_type, str(hook.exc_value), hook.thread) for hook in told] == [(ValueError, "no", thread)]


def test_profilers_see_it() -> None:
    seen: set[str] = set()
    threading.setprofile(lambda frame, event, argument: seen.add(frame.f_code.co_name))
    try:
        thread, runs, release = started()
        assert runs.wait(DEADLINE)
        release.set()
        thread.join(DEADLINE)
    finally:
        threading.setprofile(None)
    assert "process_request_thread" in seen


def test_a_program_waits_for_it_at_its_end() -> None:
    program = (
        "import threading, engine.servers.thread as t\n"
        "def work():\n"
        "    threading.main_thread().join()\n"
        "    print('done', flush=True)\n"
        "thread = t.Thread(work, (), False); thread.start(); thread.wait_until_it_runs()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr, done.returncode) == ("done\n", "", 0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="There is no fork here.")
def test_a_forked_child_can_join_what_is_not_there() -> None:
    program = (
        "import os, threading, engine.servers.thread as t\n"
        "release = threading.Event()\n"
        "thread = t.Thread(release.wait, (), True); thread.start(); thread.wait_until_it_runs()\n"
        "pid = os.fork()\n"
        "if not pid:\n"
        "    thread.join(5); os._exit(thread.is_alive())\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("0\n", "")


def test_where_threads_are_others_they_are_made_as_always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another Python, say: with a field that we do not know."""
    plain = threading.Thread.__init__

    def with_more(self: threading.Thread, *arguments: object, **keywords: object) -> None:
        plain(self, *arguments, **keywords)  # type: ignore[arg-type]
        self._more = True  # type: ignore[attr-defined]

    monkeypatch.setattr(module, "_model", None)
    monkeypatch.setattr(module, "_made", None)
    monkeypatch.setattr(threading.Thread, "__init__", with_more)
    thread, runs, release = started()
    assert runs.wait(DEADLINE)
    assert thread._more  # type: ignore[attr-defined]
    assert not module._look().known
    release.set()
    thread.join(DEADLINE)
    assert not thread.is_alive()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="There is no fork here.")
def test_in_a_forked_child_one_that_had_not_begun_never_will() -> None:
    program = (
        "import os, engine.servers.thread as t\n"
        "thread = t.Thread(print, (), True); began = t._Began(); thread._began = thread._started = began\n"
        "began._at_fork_reinit()\n"
        "print(thread.is_alive())\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("False\n", "")


def test_who_wraps_run_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """As programs do that measure all threads."""
    ran: list[threading.Thread] = []
    plain = threading.Thread.run

    def run(self: threading.Thread) -> None:
        ran.append(self)
        plain(self)

    monkeypatch.setattr(threading.Thread, "run", run)
    thread, _, release = started()
    release.set()
    thread.join(DEADLINE)
    assert ran == [thread]
