"""The orders about clients: those that send what was typed, those that run requests again, those that check answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..capture.writer import CaptureWriter
from .entries import Entry
from .errors import HostingError
from .parts import Part
from .replays import AGAIN, CHECKING, ClientRuns
from .reruns import Reruns
from .runner import Runner

PLAYED = ("repeat", "clients", "at_once", "patience", "payloads")
"""What an order to run a request again may say of how; see replay/again.py."""
CHECKED = ("file", "names", "patience")
"""The like of an order to check answers; see replay/checking.py."""
Answer = dict[str, Any] | None


class ClientOrders:
    """Carries them out."""

    def __init__(self, runner: Runner, writer: CaptureWriter, clients: ClientRuns, reruns: Reruns) -> None:
        self._runner = runner
        self._writer = writer
        self._clients = clients
        self._reruns = reruns
        self.actions: dict[str, Callable[[int, dict[str, Any]], Answer]] = {
            "clients_start": self._start,
            "clients_stop": self._stop,
            "run_again": self._run_again,
            "check": self._check,
        }

    def _start(self, ticket: int, order: dict[str, Any]) -> Answer:
        wanted = {name: value for name, value in order.items() if name not in ("order", "ticket", "key", "label")}
        if "payloads" not in wanted:
            wanted["payloads"] = [str(wanted.pop("payload", ""))]
        if "key" in order:
            wanted |= _target(*self._named(str(order["key"])))
        else:
            wanted["address"] = address = parse_address(str(order["address"]))
            wanted.setdefault("transport", "unix" if isinstance(address, str) else "tcp")
        return {"ok": True, "clients": self._clients.start(wanted)}

    def _stop(self, ticket: int, order: dict[str, Any]) -> Answer:
        self._clients.stop(int(order["clients"]))
        return {"ok": True}

    def _run_again(self, ticket: int, order: dict[str, Any]) -> Answer:
        request = int(order["request"])
        server = self._writer.server_of(request)
        if server is None:
            raise HostingError("not_found", f"Request #{request} is no longer in the capture.")
        entry, part = self._runner.place_of(server)
        wanted = {name: order[name] for name in PLAYED if name in order} | _served(entry, part)
        self._writer.commit()
        number = self._clients.start(wanted | {"capture": str(self._writer.path), "request": request}, AGAIN)
        self._reruns.begin(number, request, part)
        return {"ok": True, "clients": number}

    def _check(self, ticket: int, order: dict[str, Any]) -> Answer:
        entry, part = self._named(str(order["key"]))
        wanted = {name: order[name] for name in CHECKED if name in order} | _served(entry, part)
        number = self._clients.start(wanted | {"server": part.name or entry.profile.name}, CHECKING)
        self._reruns.begin(number, 0, part)
        return {"ok": True, "clients": number}

    def _named(self, key: str) -> tuple[Entry, Part]:
        entry = self._runner.entries.get(key) or self._runner.entries.get(key.rpartition("/")[0])
        if entry is None:
            raise HostingError("not_found", f"There is no server {key}.")
        return entry, next((part for part in entry.parts.values() if part.key == key), entry.own)


def _served(entry: Entry, part: Part) -> dict[str, Any]:
    """Where it serves. Raises HostingError: it does not; while it is restarted its clients wait."""
    if entry.state != "listening" and entry.listener is None:
        raise HostingError("not_running", f"{entry.profile.name} does not run; start it first.")
    return {"tls": bool(entry.profile.tls_cert), **_target(entry, part)}


def _target(entry: Entry, part: Part) -> dict[str, Any]:
    return {"transport": part.transport or entry.profile.family, "address": parse_address(part.address)}


def parse_address(text: str) -> str | list[Any]:
    """Back from the text of an address: a path, or host and port where a client reaches it."""
    host, colon, port = text.rpartition(":")
    if not colon or "/" in text or text.startswith("@") or not port.isdigit():
        return text
    host = host.strip("[]")
    return [{"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), int(port)]
