"""What a class must be like for a weakness to befall it, and what is said of those that are not."""

from __future__ import annotations

from .records import Condition

STREAM = Condition(lambda traits: traits.stream, "It serves datagrams: there are no connections.")
DATAGRAMS = Condition(lambda traits: not traits.stream, "It serves connections, not datagrams.")
TCP = Condition(lambda traits: traits.transport == "tcp", "That is TCP's doing, and it serves Unix sockets.")
UNIX = Condition(lambda traits: traits.transport.startswith("unix"), "Its address is no file.")
NAMELESS = Condition(
    lambda traits: traits.transport == "unixgram", "Its clients have an address always: it serves no Unix datagrams."
)
TLS = Condition(lambda traits: bool(traits.tls), "It speaks no TLS; --tls has it do so.")
THREADS = Condition(lambda traits: traits.workers == "thread", "It serves without threads.")
PROCESSES = Condition(lambda traits: traits.workers == "process", "It serves without child processes.")
FORKS = Condition(lambda traits: traits.forks, "It forks no child for a request.")
CONCURRENT = Condition(lambda traits: traits.workers != "loop", "It serves one after the other in any case.")
