"""The orders that the supervisor obeys, one method each; what they return is the reply."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
from collections.abc import Callable, Mapping
from typing import Any

from ..capture.writer import CaptureWriter
from .binding import remove_stale
from .checks import check_profile, check_rules, read_profile
from .entries import Entry
from .errors import HostingError
from .faulting import read_faults
from .finding import Finder
from .gating import check_decision, read_gates
from .hosts import HostProcess
from .profile import ON_SAVE
from .runner import Runner
from .searches import Searches
from .stopping import release

Answer = dict[str, Any] | None
"""None: the answer comes later."""
Action = Callable[[int, dict[str, Any]], Answer]


class Orders:
    """Carries out orders. Raises HostingError where one cannot be obeyed."""

    def __init__(self, runner: Runner, writer: CaptureWriter, finder: Finder) -> None:
        self._runner = runner
        self._writer = writer
        self._searches = Searches(writer, finder)
        self._actions: dict[str, Action] = {
            "start": self._start,
            "stop": self._stop,
            "restart": self._restart,
            "remove": self._remove,
            "remove_stale": self._remove_stale,
            "close_request": self._close_request,
            "stacks": self._stacks,
            "where": self._where,
            "gates": self._gates,
            "gates_on": self._gates_on,
            "faults": self._faults,
            "faults_on": self._faults_on,
            "decide": self._decide,
            "halt": self._halt,
            "release": self._release,
            "clear": self._clear,
            "limits": self._limits,
            "on_save": self._on_save,
            "rules": self._rules,
        }
        self.late: Callable[[int, dict[str, Any]], None] = lambda ticket, answer: None

    def add(self, actions: Mapping[str, Action]) -> None:
        """Orders that others carry out."""
        self._actions.update(actions)

    def obey(self, order: dict[str, Any]) -> Answer:
        """Carry out one order."""
        action = self._actions.get(str(order.get("order")))
        if action is None:
            raise HostingError("bad_order", f"There is no order {order.get('order')!r}.")
        return action(int(order.get("ticket", 0)), order)

    def _entry(self, order: dict[str, Any]) -> Entry:
        key = str(order.get("key", ""))
        entry = self._runner.entries.get(key) or self._runner.entries.get(key.rpartition("/")[0])
        if entry is None:
            raise HostingError("not_found", f"There is no server {key}.")
        return entry

    def _start(self, ticket: int, order: dict[str, Any]) -> Answer:
        key = str(order["key"])
        entry = self._runner.entries.get(key)
        if entry is not None and entry.running:
            raise HostingError("running", f"{entry.profile.name} runs already; restart it instead.")
        entry = self._take_profile(key, order)
        if "faults" in order:
            entry.faults[0] = read_faults(order["faults"], 0, _transport(entry, 0))
        entry.address = None
        entry.keep_alive = bool(order.get("keep_alive"))
        entry.crashes.clear()
        self._runner.start(entry)
        entry.waiting.append(ticket)
        return None

    def _take_profile(self, key: str, order: dict[str, Any]) -> Entry:
        """The entry of this key with the order's profile. One with faults makes a failed entry, unless it runs."""
        profile = read_profile(order.get("profile"))
        entry = self._runner.entries.get(key)
        if entry is not None and entry.running:
            check_profile(profile)
        if entry is None:
            entry = self._runner.entries[key] = Entry(key, profile)
        entry.profile = profile
        if not entry.running:
            self._check(entry)
        return entry

    def _check(self, entry: Entry) -> None:
        try:
            check_profile(entry.profile)
        except HostingError as error:
            entry.state, entry.error = "failed", error.to_json()
            raise

    def _stop(self, ticket: int, order: dict[str, Any]) -> Answer:
        entry = self._entry(order)
        entry.restarting = entry.keep_alive = False
        if not entry.running:
            release(entry)  # which is kept while a crashed server waits to be started again
            if entry.state == "failed":
                entry.state, entry.error = "stopped", None
            return {"ok": True, "key": entry.key, "state": entry.state}
        entry.waiting.append(ticket)
        self._runner.stop(entry)
        return None

    def _restart(self, ticket: int, order: dict[str, Any]) -> Answer:
        if order.get("profile") is not None and str(order.get("key")) not in self._runner.entries:
            return self._start(ticket, order)
        entry = self._entry(order)
        if order.get("profile") is not None:
            before = entry.profile
            self._take_profile(entry.key, order)
            if _place(before) != _place(entry.profile):
                release(entry)
                entry.address = None
        entry.crashes.clear()
        if entry.running:
            entry.restarting = True
            self._runner.stop(entry, "the server was restarted")
        else:
            self._runner.start(entry)
        entry.waiting.append(ticket)
        return None

    def _remove(self, ticket: int, order: dict[str, Any]) -> Answer:
        entry = self._entry(order)
        entry.restarting = entry.keep_alive = False
        if entry.running:
            self._runner.stop(entry)
        self._runner.removed(entry)
        return {"ok": True}

    def _remove_stale(self, ticket: int, order: dict[str, Any]) -> Answer:
        remove_stale(str(order["path"]))
        return {"ok": True}

    def _close_request(self, ticket: int, order: dict[str, Any]) -> Answer:
        host, number = self._place_of(order)
        pid = self._worker_pid(host, int(order["request"]))
        if pid != host.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
            return {"ok": True, "done": True}
        host.tell("close_request", ticket=ticket, request=number, how=order.get("how", "close"))
        return None

    def _stacks(self, ticket: int, order: dict[str, Any]) -> Answer:
        """Where every thread of a server and of its children is."""
        host = self._entry(order).host
        if host is None:
            raise HostingError("not_running", "The server does not run.")
        self._searches.everything(host, lambda stacks: self.late(ticket, {"ok": True, "stacks": stacks}))
        return None

    def _where(self, ticket: int, order: dict[str, Any]) -> Answer:
        """Where the worker of one live request is."""
        host, _number = self._place_of(order)
        self._searches.one(host, int(order["request"]), lambda found: self.late(ticket, {"ok": True, "where": found}))
        return None

    def _place_of(self, order: dict[str, Any]) -> tuple[HostProcess, int]:
        """The host that serves a live request, and the request's own number there."""
        place = self._writer.locate(int(order["request"]))
        for entry in self._runner.entries.values():
            if entry.host is not None and place is not None and entry.host.number == place[0]:
                return entry.host, place[1]
        raise HostingError("not_found", "This request is over already.")

    def _gates(self, ticket: int, order: dict[str, Any]) -> Answer:
        entry = self._entry(order)
        part = self._part(entry, order)
        entry.gates[part] = read_gates(order.get("gates"), part)
        self._tell_gates(entry)
        return {"ok": True, "gates": len(entry.gates[part])}

    def _part(self, entry: Entry, order: dict[str, Any]) -> int:
        """Number of the host's server that an order is about; 0: all of the host's."""
        if order["key"] == entry.key:
            return 0
        part = next((one for one in entry.parts.values() if one.key == order["key"]), None)
        if part is not None and entry.host is not None:
            self._runner.joiners.check(entry.host, part.pid)
            return part.number
        return int(str(order["key"]).rpartition("/")[2])

    def _gates_on(self, ticket: int, order: dict[str, Any]) -> Answer:
        self._runner.gates_on = bool(order["on"])
        self._runner.lines.switch(self._runner.entries.values(), self._runner.gates_on)
        for entry in self._runner.entries.values():
            self._tell_gates(entry)
            if not self._runner.gates_on and entry.host is not None:
                entry.host.tell("release")
        return {"ok": True}

    def _tell_gates(self, entry: Entry) -> None:
        if entry.host is not None:
            entry.host.tell("gates", gates=entry.all_gates if self._runner.gates_on else [])

    def _faults(self, ticket: int, order: dict[str, Any]) -> Answer:
        entry = self._entry(order)
        part = self._part(entry, order)
        entry.faults[part] = read_faults(order.get("faults"), part, _transport(entry, part))
        self._tell_faults(entry)
        return {"ok": True, "faults": len(entry.faults[part])}

    def _faults_on(self, ticket: int, order: dict[str, Any]) -> Answer:
        self._runner.faults_on = bool(order["on"])
        for entry in self._runner.entries.values():
            self._tell_faults(entry)
        return {"ok": True}

    def _tell_faults(self, entry: Entry) -> None:
        if entry.host is not None:
            entry.host.tell("faults", faults=entry.all_faults if self._runner.faults_on else [])

    def _decide(self, ticket: int, order: dict[str, Any]) -> Answer:
        number = str(order["number"])
        entry = next((one for one in self._runner.entries.values() if number in one.held.pauses), None)
        if entry is None or entry.host is None:
            raise HostingError("not_found", "This request is held no longer.")
        check_decision(order)
        entry.host.tell("decide", **{name: order.get(name) for name in ("number", "deed", "data", "over")})
        return {"ok": True}

    def _halt(self, ticket: int, order: dict[str, Any]) -> Answer:
        host, number = self._place_of(order)
        host.tell("halt", request=number, pid=self._worker_pid(host, int(order["request"])))
        return {"ok": True}

    def _worker_pid(self, host: HostProcess, request: int) -> int:
        """The process that serves a live request: a forked child, else the host."""
        workers = {one.request: one.pid for one in self._writer.live(host.number) if one.pid}
        pid = workers.get(request, host.pid)
        self._runner.joiners.check(host, pid)
        return pid

    def _release(self, ticket: int, order: dict[str, Any]) -> Answer:
        entries = [self._entry(order)] if "key" in order else list(self._runner.entries.values())
        for entry in entries:
            if entry.host is not None:
                entry.host.tell("release")
        return {"ok": True}

    def _clear(self, ticket: int, order: dict[str, Any]) -> Answer:
        before = order.get("before")
        self._writer.clear(int(before) if before is not None else None)
        return {"ok": True}

    def _limits(self, ticket: int, order: dict[str, Any]) -> Answer:
        limits = self._writer.limits
        limits.requests = max(100, int(order.get("requests", limits.requests)))
        limits.bytes = max(1 << 20, int(order.get("bytes", limits.bytes)))
        return {"ok": True}

    def _on_save(self, ticket: int, order: dict[str, Any]) -> Answer:
        entry = self._entry(order)
        if order.get("how") not in ON_SAVE:
            raise HostingError("bad_order", f"On save a server may {', '.join(ON_SAVE)}.")
        entry.profile = dataclasses.replace(entry.profile, on_save=str(order["how"]))
        if entry.host is not None:
            entry.host.tell("on_save", how=order["how"])
        return {"ok": True}

    def _rules(self, ticket: int, order: dict[str, Any]) -> Answer:
        """Requests to come are answered by other rules."""
        entry = self._entry(order)
        check_rules(order.get("rules"))
        if not entry.profile.rules:
            raise HostingError("bad_order", f"{entry.profile.name} has a handler, no rules.")
        entry.profile = dataclasses.replace(entry.profile, rules=dict(order["rules"]))
        if entry.host is not None:
            entry.host.tell("rules", rules=entry.profile.rules)
        return {"ok": True}


def _transport(entry: Entry, part: int) -> str:
    """What the sockets of a server are, where that is known."""
    if entry.profile.kind != "script":
        return entry.profile.family
    return entry.parts[part].transport if part in entry.parts else ""


def _place(profile: Any) -> tuple[Any, ...]:
    return profile.family if profile.kind == "server" else "", profile.host, profile.port, profile.path
