"""A profile: everything that is needed to build a server, or to run a script, in a host process."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

FAMILIES = ("tcp", "udp", "unix", "unixgram")
CONCURRENCIES = ("single", "threading", "forking", "pool", "prefork")

ON_SAVE = ("reload", "restart", "nothing")
"""New code for new requests in the same process; a new process behind the same port; or neither."""

SERVER_CLASSES = {
    ("tcp", "single"): "TCPServer",
    ("tcp", "threading"): "ThreadingTCPServer",
    ("tcp", "forking"): "ForkingTCPServer",
    ("tcp", "pool"): "ThreadPoolTCPServer",
    ("tcp", "prefork"): "PreforkTCPServer",
    ("udp", "single"): "UDPServer",
    ("udp", "threading"): "ThreadingUDPServer",
    ("udp", "forking"): "ForkingUDPServer",
    ("udp", "pool"): "ThreadPoolUDPServer",
    ("udp", "prefork"): "PreforkUDPServer",
    ("unix", "single"): "UnixStreamServer",
    ("unix", "threading"): "ThreadingUnixStreamServer",
    ("unix", "forking"): "ForkingUnixStreamServer",
    ("unix", "pool"): "ThreadPoolUnixStreamServer",
    ("unix", "prefork"): "PreforkUnixStreamServer",
    ("unixgram", "single"): "UnixDatagramServer",
    ("unixgram", "threading"): "ThreadingUnixDatagramServer",
    ("unixgram", "forking"): "ForkingUnixDatagramServer",
    ("unixgram", "pool"): "ThreadPoolUnixDatagramServer",
    ("unixgram", "prefork"): "PreforkUnixDatagramServer",
}


@dataclass(frozen=True)
class Profile:
    """What a person configured. `kind` is "server" (ours builds it) or "script" (the program builds its own servers).

    Addresses: `host` and `port` for tcp and udp, `path` for the Unix families (a leading "@" names an abstract socket).
    `attributes` are class attributes of the server (`allow_reuse_address`, ...) and `poll_interval`;
    `handler_attributes` those of the handler (`rbufsize`, `wbufsize`, `timeout`, `disable_nagle_algorithm`).
    `rules`, if there are any, answer in place of a handler (see rules.py).
    `tls_cert` and `tls_key` are PEM files (without the second, the key is in the first), `hardened` puts the hardened
    profile under the class. `slow_after` and `slow_accepting` are the seconds that a stage may last, in a worker and in
    the accepting thread, before it is told as slow; 0: for ever. `interpreter` "" means the one that runs Socketscope.
    """

    name: str
    kind: str = "server"
    server_class: str = "ThreadingTCPServer"
    host: str = "127.0.0.1"
    port: int = 0
    path: str = ""
    handler_file: str = ""
    handler_module: str = ""
    handler_class: str = ""
    rules: dict[str, Any] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    handler_attributes: dict[str, Any] = field(default_factory=dict)
    tls_cert: str = ""
    tls_key: str = ""
    hardened: bool = False
    slow_after: float = 1.0
    slow_accepting: float = 0.1
    script: str = ""
    module: str = ""
    arguments: tuple[str, ...] = ()
    directory: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    interpreter: str = ""
    on_save: str = "reload"
    """When the handler's file, or a module beside it, is saved: one of ON_SAVE. Programs are left alone."""
    example: str = ""
    """Name of the example this came from; its demo clients are started with it."""

    @property
    def family(self) -> str:
        """One of FAMILIES."""
        return next(family for (family, _), name in SERVER_CLASSES.items() if name == self.server_class)

    @property
    def concurrency(self) -> str:
        """One of CONCURRENCIES."""
        return next(how for (_, how), name in SERVER_CLASSES.items() if name == self.server_class)

    def to_json(self) -> dict[str, Any]:
        """A JSON object that `from_json` reads back."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Profile:
        """Read what `to_json` wrote. Raises ValueError with a sentence for an unknown or ill-typed member."""
        known = {f.name: f for f in dataclasses.fields(cls)}
        unknown = sorted(set(data) - set(known))
        if unknown:
            raise ValueError(f"A profile has no member {unknown[0]!r}.")
        values = dict(data)
        if "arguments" in values:
            values["arguments"] = tuple(values["arguments"])
        return cls(**values)
