"""The life of a server: its states, and that it starts and stops whoever asks, and however often."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import engine
from engine.servers.life import ServerState
from tests.engine.serving import DEADLINE, Echo, ask, serving

ROOT = Path(engine.__file__).parent.parent


def _serve(server: Any) -> threading.Thread:
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    assert server.wait_started(DEADLINE)
    return thread


def _state(server: Any) -> ServerState:
    return server.state  # type: ignore[no-any-return]  # asked through Any, for the type checker thinks it stays


def _stopped(thread: threading.Thread) -> bool:
    thread.join(DEADLINE)
    return not thread.is_alive()


def test_states() -> None:
    server = engine.TCPServer(("127.0.0.1", 0), Echo, bind_and_activate=False)
    assert _state(server) is ServerState.NEW
    server.server_bind()
    assert _state(server) is ServerState.BOUND
    server.server_activate()
    assert _state(server) is ServerState.LISTENING
    for _ in range(2):  # a server can serve again
        thread = _serve(server)
        assert _state(server) is ServerState.SERVING
        assert ask(server.server_address, b"hi\n") == b"hi\n"
        server.shutdown()
        assert _state(server) is ServerState.STOPPED
        assert _stopped(thread)
    server.server_close()
    server.server_close()
    assert _state(server) is ServerState.CLOSED
    assert not server.wait_started(0)


def test_states_of_a_datagram_server() -> None:
    with engine.UDPServer(("127.0.0.1", 0), Echo) as server:
        assert _state(server) is ServerState.LISTENING
    assert _state(server) is ServerState.CLOSED


def test_wait_started_gives_up() -> None:
    with engine.TCPServer(("127.0.0.1", 0), Echo) as server:
        assert not server.wait_started(0.01)


def test_closing_ends_the_wait_for_a_start() -> None:
    server = engine.TCPServer(("127.0.0.1", 0), Echo)
    answers: list[bool] = []
    waiting = threading.Thread(target=lambda: answers.append(server.wait_started(DEADLINE)))
    waiting.start()
    server.server_close()
    assert _stopped(waiting)
    assert answers == [False]


def test_shutdown_is_quick() -> None:
    taken = []
    with engine.ThreadingTCPServer(("127.0.0.1", 0), Echo) as server:
        for _ in range(20):
            thread = _serve(server)
            started = time.monotonic()
            server.shutdown()
            taken.append(time.monotonic() - started)
            assert _stopped(thread)
    assert sorted(taken)[10] < 0.05  # half a millisecond where nothing else runs


def test_shutdown_before_serving_returns_and_stops_the_first_loop_only() -> None:
    with engine.TCPServer(("127.0.0.1", 0), Echo) as server:
        server.shutdown()
        server.serve_forever()
        thread = _serve(server)
        assert ask(server.server_address, b"hi\n") == b"hi\n"
        server.shutdown()
        assert _stopped(thread)


def test_a_server_closed_before_its_thread_got_so_far() -> None:
    server = engine.TCPServer(("127.0.0.1", 0), Echo)
    server.shutdown()
    server.server_close()
    server.serve_forever()
    with pytest.raises(ValueError, match="Invalid file descriptor"):
        server.serve_forever()


def test_shutdown_stops_all_loops() -> None:
    with engine.ThreadingTCPServer(("127.0.0.1", 0), Echo) as server:
        loops = [_serve(server) for _ in range(3)]
        for _ in range(20):  # those that lose the race for a client must not wait for the next
            assert ask(server.server_address, b"hi\n") == b"hi\n"
        server.shutdown(DEADLINE)
        assert all(_stopped(loop) for loop in loops)
        assert server.socket.gettimeout() is None


def test_shutdown_from_many_threads_at_once() -> None:
    with engine.TCPServer(("127.0.0.1", 0), Echo) as server:
        loop = _serve(server)
        stopping = [threading.Thread(target=server.shutdown) for _ in range(8)]
        for thread in stopping:
            thread.start()
        assert all(_stopped(thread) for thread in [*stopping, loop])


def test_shutdown_and_close_from_a_handler_thread() -> None:
    done = threading.Event()

    class Handler(engine.BaseRequestHandler):
        def handle(self) -> None:
            self.server.shutdown()
            self.server.server_close()
            self.server.server_close()
            done.set()

    server = engine.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    loop = _serve(server)
    ask(server.server_address, b"")
    assert done.wait(DEADLINE)
    assert _stopped(loop)
    assert _state(server) is ServerState.CLOSED


def test_shutdown_in_a_forked_child_waits_for_nobody() -> None:
    class Handler(engine.BaseRequestHandler):
        def handle(self) -> None:
            self.server.shutdown()
            self.request.sendall(b"done")

    with serving(engine.ForkingTCPServer(("127.0.0.1", 0), Handler)) as server:
        assert ask(server.server_address, b"") == b"done"
        assert ask(server.server_address, b"") == b"done"


def test_shutdown_gives_up_waiting() -> None:
    release, entered = threading.Event(), threading.Event()

    class Handler(engine.BaseRequestHandler):
        def handle(self) -> None:
            entered.set()
            release.wait(DEADLINE)

    with engine.TCPServer(("127.0.0.1", 0), Handler) as server:
        loop = _serve(server)
        client = threading.Thread(target=ask, args=(server.server_address, b""))
        client.start()
        assert entered.wait(DEADLINE)
        with pytest.raises(TimeoutError, match=r"has not stopped within 0.01 s"):
            server.shutdown(timeout=0.01)
        assert _state(server) is ServerState.DRAINING
        release.set()
        assert _stopped(loop)
        assert _stopped(client)


@pytest.mark.parametrize("timeout", [-1, "5", float("nan"), True])
def test_bad_timeouts(timeout: Any) -> None:
    with engine.TCPServer(("127.0.0.1", 0), Echo) as server:
        for call in (server.shutdown, server.wait_started, server.drain):
            with pytest.raises(ValueError, match="timeout must be"):
                call(timeout)


SCRIPT = """
import engine, signal, sys
server = engine.ThreadingTCPServer(("127.0.0.1", 0), engine.BaseRequestHandler)
signal.signal(signal.SIGTERM, lambda *_: (server.shutdown(), server.shutdown()))
print("ready", flush=True)
server.serve_forever()
print("stopped", flush=True)
"""


def test_shutdown_in_a_signal_handler_of_the_serving_thread() -> None:
    with subprocess.Popen([sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, text=True, cwd=ROOT) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "ready\n"
        os.kill(program.pid, signal.SIGTERM)
        assert program.communicate(timeout=DEADLINE)[0] == "stopped\n"


def test_suspend_and_resume() -> None:
    with serving(engine.ThreadingTCPServer(("127.0.0.1", 0), Echo)) as server:
        assert ask(server.server_address, b"a\n") == b"a\n"
        server.suspend()
        assert server.suspended
        answers: list[bytes] = []
        client = threading.Thread(target=lambda: answers.append(ask(server.server_address, b"b\n")))
        client.start()
        before = time.process_time()
        client.join(0.3)
        assert time.process_time() - before < 0.15  # a loop that spun would have used it all
        assert answers == []
        server.resume()
        assert _stopped(client)
        assert answers == [b"b\n"]


def test_a_suspended_server_can_be_stopped() -> None:
    with engine.TCPServer(("127.0.0.1", 0), Echo) as server:
        server.suspend()
        thread = _serve(server)
        server.shutdown(DEADLINE)
        assert _stopped(thread)


def test_a_policy_that_there_is_not() -> None:
    class Server(engine.TCPServer):
        on_error = "ignore"

    with Server(("127.0.0.1", 0), Echo) as server, pytest.raises(ValueError, match="on_error must be 'continue' or"):
        server.serve_forever()
