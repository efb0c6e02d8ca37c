"""Handlers made of rules, and the rules that they answer by from now on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..debug.delays import Delays
from ..debug.reload import swap
from ..servers.handlers import BaseRequestHandler, StreamRequestHandler
from .control import Control
from .profile import Profile
from .rules import LINE, WINDOW, Rules, read_rules


class StreamAnswers(StreamRequestHandler):
    """Answers each line, or each chunk, of a connection."""

    rules: Rules
    delays: Delays

    def handle(self) -> None:
        for data in self._heard():
            found = self.rules.match(data)
            if found is None:
                continue
            rule, what = found
            self.delays.wait(rule.delay)
            self.wfile.write(rule.answer(what))
            self.wfile.flush()
            if rule.close:
                return

    def _heard(self) -> Iterator[bytes]:
        read = self.rfile.readline if self.rules.each == LINE else self.request.recv
        while data := read(WINDOW):
            yield data


class DatagramAnswers(BaseRequestHandler):
    """Answers a datagram."""

    rules: Rules
    delays: Delays

    def handle(self) -> None:
        data, sock = self.request
        found = self.rules.match(data)
        if found is not None and self.client_address:
            rule, what = found
            self.delays.wait(rule.delay)
            sock.sendto(rule.answer(what), self.client_address)


class Answering:
    """Of the one server of this host that has rules instead of a handler."""

    def __init__(self, profile: Profile, control: Control) -> None:
        self._profile = profile
        self._server: Any = None
        self._delays = Delays()
        control.on("rules", self._change)

    def handler(self, document: Any) -> type[BaseRequestHandler]:
        """A handler class that answers by these rules. Raises RulesError."""
        base = DatagramAnswers if self._profile.family in ("udp", "unixgram") else StreamAnswers
        members = {"rules": read_rules(document), "delays": self._delays, **self._profile.handler_attributes}
        return type("Rules", (base,), members)

    def begin(self, server: Any) -> None:
        """`server` serves with such a handler."""
        self._server = server

    def end(self) -> None:
        """Nobody waits with an answer any more: the server is to stop."""
        self._delays.end()

    def _change(self, order: dict[str, Any]) -> None:
        """Requests to come are answered by other rules."""
        if self._server is not None:
            swap(self._server, self.handler(order["rules"]))
