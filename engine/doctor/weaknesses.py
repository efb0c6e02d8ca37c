"""The list of weaknesses: what they are called, whom they can befall, and what cures them where a class offers it."""

from __future__ import annotations

from .checks import accepting, children, datagrams, raising, stopping, talking, threads
from .cures import BOUNDED, DRAIN, HARDENED, TOTAL
from .records import Traits, Weakness


def _all(traits: Traits) -> bool:
    return True


def _stream(traits: Traits) -> bool:
    return traits.stream


def _datagram(traits: Traits) -> bool:
    return not traits.stream


def _threads(traits: Traits) -> bool:
    return traits.stream and traits.workers == "thread"


def _in_process(traits: Traits) -> bool:
    return traits.workers != "process"


def _forks(traits: Traits) -> bool:
    return traits.forks


def _forks_stream(traits: Traits) -> bool:
    return traits.forks and traits.stream


WEAKNESSES = (
    Weakness("shutdown-latency", "shutdown() waits for the poll interval", stopping.shutdown_latency, _all),
    Weakness("idle-wakeups", "an idle loop wakes up", stopping.idle_wakeups, _all),
    Weakness("shutdown-unserved", "shutdown() before serving hangs", stopping.shutdown_before_serving, _all),
    Weakness("shutdown-twice", "a second shutdown() spoils the next start", stopping.stale_shutdown, _all),
    Weakness("shutdown-two-loops", "shutdown() ends only one of two loops", stopping.two_loops, _all),
    Weakness("shutdown-in-handler", "shutdown() in a handler deadlocks", stopping.shutdown_in_handler, _in_process),
    Weakness("close-in-handler", "server_close() in a handler fails", stopping.close_in_handler, _threads),
    Weakness("close-serving", "server_close() while serving spins", stopping.close_while_serving, _all),
    Weakness(
        "close-idle-client", "an idle client holds up server_close()", stopping.close_with_idle_client, _stream,
        (HARDENED, DRAIN),
    ),
    Weakness(
        "unix-file", "the Unix socket's file is left", stopping.file_left, lambda t: t.transport.startswith("unix"),
        (HARDENED,),
    ),
    Weakness("raising", "an override that raises ends the loop", raising.dying_loop, _all, (HARDENED,)),
    Weakness("raising-leak", "a raising override leaks the socket", raising.leaking_socket, _stream),
    Weakness("descriptors", "without descriptors the loop spins", accepting.exhausted, _stream),
    Weakness("backlog", "the accept queue is short", accepting.short_queue, _stream, (HARDENED,)),
    Weakness(
        "shared-listener", "losing a race for a request blocks the loop", accepting.blocking_accept, _all, (HARDENED,)
    ),
    Weakness("udp-cut", "long datagrams are cut silently", datagrams.silent_cut, _datagram),
    Weakness("udp-empty-answer", "no answer is an empty datagram", datagrams.empty_answer, _datagram, (HARDENED,)),
    Weakness(
        "udp-failed-answer", "a failing handler still answers", datagrams.answer_after_failure, _datagram, (HARDENED,)
    ),
    Weakness(
        "udp-nameless", "a client without a name cannot be served", datagrams.nameless_client,
        lambda t: t.transport == "unixgram" and t.workers != "process", (HARDENED,),
    ),
    Weakness("dead-threads", "dead threads are kept", threads.kept_threads, _threads),
    Weakness("reaping-cost", "each accept looks at every thread", threads.costly_reaping, _threads),
    Weakness("thread-refused", "a thread that cannot start breaks the server", threads.unstartable_thread, _threads),
    Weakness(
        "silent-clients", "each silent client holds a thread", threads.silent_clients, _threads, (BOUNDED, HARDENED)
    ),
    Weakness(
        "slow-clients", "a trickling client outlives the timeout", talking.slow_clients,
        lambda t: t.stream and t.workers != "process", (TOTAL, HARDENED),
    ),
    Weakness("unread-input", "closing with unread input loses the reply", talking.lost_reply, _stream, (HARDENED,)),
    Weakness(
        "small-writes", "two small writes take 40 ms", talking.small_writes, lambda t: t.transport == "tcp",
        (HARDENED,),
    ),
    Weakness("zombies", "handle_request() leaves zombies", children.zombies, _forks),
    Weakness("stolen-status", "a foreign child's exit status is stolen", children.stolen_status, _forks_stream),
    Weakness("child-listener", "a child keeps the listening socket", children.kept_listener, _forks_stream),
    Weakness("full-shutdown", "shutdown() hangs at max_children", children.shutdown_when_full, _forks_stream),
    Weakness("silent-crash", "a child's crash is not reported", children.silent_crash, _forks),
)  # fmt: skip

BY_NAME = {weakness.name: weakness for weakness in WEAKNESSES}
