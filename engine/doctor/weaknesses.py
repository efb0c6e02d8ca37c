"""The list of weaknesses: what they are called, whom they can befall, and what cures them where a class offers it."""

from __future__ import annotations

from .checks import accepting, children, datagrams, files, greeting, raising, stopping, talking, threads
from .conditions import CONCURRENT, DATAGRAMS, FORKS, NAMELESS, PROCESSES, STREAM, TCP, THREADS, TLS, UNIX
from .cures import BOUNDED, DRAIN, HARDENED, IMPATIENT, TOTAL
from .records import Weakness

WEAKNESSES = (
    Weakness("shutdown-latency", "shutdown() waits for the poll interval", stopping.shutdown_latency),
    Weakness("idle-wakeups", "an idle loop wakes up", stopping.idle_wakeups),
    Weakness("shutdown-unserved", "shutdown() before serving hangs", stopping.shutdown_before_serving),
    Weakness("shutdown-twice", "a second shutdown() spoils the next start", stopping.stale_shutdown),
    Weakness("shutdown-two-loops", "shutdown() ends only one of two loops", stopping.two_loops),
    Weakness("shutdown-in-handler", "shutdown() in a handler deadlocks", stopping.shutdown_in_handler),
    Weakness("close-in-handler", "server_close() in a handler fails", stopping.close_in_handler, (THREADS,)),
    Weakness("close-serving", "server_close() while serving spins", stopping.close_while_serving),
    Weakness(
        "close-idle-client", "an idle client holds up server_close()", stopping.close_with_idle_client, (STREAM,),
        (HARDENED, DRAIN),
    ),
    Weakness("close-busy", "server_close() abandons a reply half-way", stopping.abandoned_reply, (CONCURRENT,)),
    Weakness("restart", "a restart finds its address in use", stopping.refused_restart, (STREAM, TCP), (HARDENED,)),
    Weakness("unix-file", "the Unix socket's file is left", files.left_file, (UNIX,), (HARDENED,)),
    Weakness("unix-stale", "a killed server's file is in the way", files.stale_file, (UNIX,), (HARDENED,)),
    Weakness("raising", "an override that raises ends the loop", raising.dying_loop, cures=(HARDENED,)),
    Weakness("raising-leak", "a raising override leaks the socket", raising.leaking_socket, (STREAM,)),
    Weakness("descriptors", "without descriptors the loop spins", accepting.exhausted, (STREAM,)),
    Weakness("backlog", "the accept queue is short", accepting.short_queue, (STREAM,), (HARDENED,)),
    Weakness(
        "shared-listener", "losing a race for a request blocks the loop", accepting.blocking_accept, cures=(HARDENED,)
    ),
    Weakness("udp-cut", "long datagrams are cut silently", datagrams.silent_cut, (DATAGRAMS,)),
    Weakness("udp-empty-answer", "no answer is an empty datagram", datagrams.empty_answer, (DATAGRAMS,), (HARDENED,)),
    Weakness(
        "udp-failed-answer", "a failing handler still answers", datagrams.answer_after_failure, (DATAGRAMS,),
        (HARDENED,),
    ),
    Weakness(
        "udp-nameless", "a client without a name cannot be served", datagrams.nameless_client, (NAMELESS,), (HARDENED,)
    ),
    Weakness("dead-threads", "dead threads are kept", threads.kept_threads, (THREADS,)),
    Weakness("reaping-cost", "each accept looks at every thread", threads.costly_reaping, (THREADS,)),
    Weakness("thread-refused", "a thread that cannot start breaks the server", threads.unstartable_thread, (THREADS,)),
    Weakness(
        "silent-clients", "each silent client holds a thread", threads.silent_clients, (STREAM, THREADS),
        (BOUNDED, HARDENED),
    ),
    Weakness(
        "slow-clients", "a trickling client outlives the timeout", talking.slow_clients, (STREAM,),
        (TOTAL, IMPATIENT, HARDENED),
    ),
    Weakness("unread-input", "closing with unread input loses the reply", talking.lost_reply, (STREAM,), (HARDENED,)),
    Weakness("small-writes", "two small writes take 40 ms", talking.small_writes, (STREAM, TCP), (HARDENED,)),
    Weakness("tls-silent", "a client that never shakes hands stays", greeting.silent_client, (STREAM, TLS)),
    Weakness(
        "tls-blocking", "silence in the handshake blocks others", greeting.blocked_others,
        (STREAM, TLS, CONCURRENT),
    ),
    Weakness("tls-plain", "plain text on a TLS port is not reported", greeting.unreported_text, (STREAM, TLS)),
    Weakness("zombies", "handle_request() leaves zombies", children.zombies, (FORKS,)),
    Weakness("stolen-status", "a foreign child's exit status is stolen", children.stolen_status, (FORKS,)),
    Weakness("child-listener", "a child keeps the listening socket", children.kept_listener, (FORKS, STREAM)),
    Weakness("full-shutdown", "shutdown() hangs at max_children", children.shutdown_when_full, (FORKS,)),
    Weakness("silent-crash", "a child's crash is not reported", children.silent_crash, (PROCESSES,)),
)  # fmt: skip

BY_NAME = {weakness.name: weakness for weakness in WEAKNESSES}
