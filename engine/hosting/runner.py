"""Takes servers through their states: bind, start a host, hear of it, stop it, note how it ended."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

from ..capture.writer import CaptureWriter
from ..debug.deaths import Death
from .autopsy import close_requests
from .binding import bind, show_address
from .entries import Entry
from .errors import HostingError
from .hosts import HostProcess
from .joiners import Joiners
from .lines import LineDesk
from .loop import Loop
from .outcomes import crash, failed_start, final_answer
from .parts import Part
from .stopping import ask_to_end, release
from .story import Story
from .taking import Taker
from .versions import EVENTS as VERSION_EVENTS

IMPORT_PATIENCE = 10.0
BACK_OFF = 0.1
PAYLOAD_LIMIT = 1 << 20
LINE_LIMIT = 4096

Reply = Callable[[int, dict[str, Any]], None]


class Runner:
    """The one who starts and ends hosts. `changed` is called whenever a tick has something to tell."""

    def __init__(self, loop: Loop, writer: CaptureWriter, reply: Reply, changed: Callable[[], None]) -> None:
        self.entries: dict[str, Entry] = {}
        self.stack_answers: dict[int, Callable[[list[Any]], None]] = {}
        self.sample_answers: dict[int, Callable[[dict[str, Any]], None]] = {}
        self.live_answers: dict[int, Callable[[dict[str, Any]], None]] = {}
        """Who wants to know, by host, which requests it serves."""
        self._loop = loop
        self._writer = writer
        self._reply = reply
        self._changed = changed
        self.story = Story(writer)
        self.taker = Taker(loop, writer, self.story, changed)
        self.joiners = Joiners(loop, writer, self.story, self.taker, changed)
        self.lines = LineDesk(loop, writer, self.story, changed)
        self._numbers = 0
        self.gates_on = True
        """The master switch of all gates."""
        self.faults_on = True
        self.cost = 0
        """What the recorder of the last host to report says it costs a fact, ns."""
        self._removed: list[Entry] = []

    @property
    def busy(self) -> bool:
        """Whether any host lives, also one of a removed entry."""
        return any(entry.running for entry in (*self.entries.values(), *self._removed))

    def removed(self, entry: Entry) -> None:
        """Forget a server; its host, if it has one, is minded to its end."""
        del self.entries[entry.key]
        self._removed = [*(one for one in self._removed if one.running), entry]
        release(entry)
        self._changed()

    def kill_all(self) -> None:
        """The end of all hosts, at once."""
        for entry in (*self.entries.values(), *self._removed):
            if entry.host is not None:
                entry.host.kill()

    def keys_by_pid(self) -> dict[int, str]:
        """The servers of our own hosts, to tell who holds a port."""
        return {entry.host.pid: entry.profile.name for entry in self.entries.values() if entry.host is not None}

    def place_of(self, server: int) -> tuple[Entry, Part]:
        """The server of which this was a run, and what serves in its place now. Raises HostingError: it is gone."""
        for entry in self.entries.values():
            part = next((part for part in entry.parts.values() if server in part.ids), None)
            if part is not None or server in entry.ids:
                return entry, part or entry.own
        raise HostingError("not_found", "The server of this request is no longer there.")

    # Starting

    def start(self, entry: Entry) -> None:
        """Bind if need be, and start a host. Raises HostingError; then the entry has failed with that error."""
        entry.error = entry.warning = entry.stopped_reason = entry.cause = None
        try:
            self._bind(entry)
            self._launch(entry)
        except HostingError as error:
            release(entry)
            entry.state = "failed"
            entry.error = error.to_json()
            self.story.tell(entry.own.id, 0, f"failed: {error.sentence}")
            raise
        finally:
            self._changed()

    def _bind(self, entry: Entry) -> None:
        if entry.profile.kind == "script" or entry.listener is not None:
            return
        entry.listener = bind(entry.profile, self.keys_by_pid(), entry.address)
        entry.address = entry.listener.getsockname()

    def _launch(self, entry: Entry) -> None:
        self._numbers += 1
        host = HostProcess(
            self._numbers,
            entry.profile,
            entry.listener,
            PAYLOAD_LIMIT,
            entry.all_gates if self.gates_on else (),
            entry.all_faults if self.faults_on else (),
            self.lines.plan(entry),
        )
        entry.host = host
        entry.state = "starting"
        identity = self._add_run(entry, host)
        entry.ids.append(identity)
        entry.own.id = identity
        entry.own.started = host.started
        entry.parts = {}
        if entry.profile.kind != "script":
            entry.parts[1] = entry.own
            host.servers[1] = identity
        self._watch(entry, host)

    def _add_run(self, entry: Entry, host: HostProcess) -> int:
        profile = entry.profile
        is_script = profile.kind == "script"
        entry.own.address = "" if is_script else show_address(entry.address)
        return self._writer.add_server(
            profile.name,
            "script" if is_script else profile.server_class,
            "" if is_script else profile.family,
            entry.own.address,
            profile.handler_class or ("Rules" if profile.rules else ""),
            host.pid,
            host.started,
            profile.to_json(),
        )

    def _watch(self, entry: Entry, host: HostProcess) -> None:
        loop = self._loop
        loop.watch(host.control.fileno(), lambda: self._hear(entry, host))
        self.taker.watch(entry, host)
        self.lines.watch(entry, host)
        loop.watch(host.pidfd, lambda: self._ended(entry, host))
        loop.later(IMPORT_PATIENCE, lambda: self._still_importing(entry, host))

    def _still_importing(self, entry: Entry, host: HostProcess) -> None:
        if entry.host is host and entry.state == "starting":
            name = entry.profile.handler_file or entry.profile.handler_module
            sentence = f"Still importing {os.path.basename(name)} after {IMPORT_PATIENCE:.0f} s; stop it or wait."
            entry.warning = {"code": "importing", "sentence": sentence}
            self.story.tell(entry.own.id, host.pid, sentence)
            self._changed()

    # Hearing from the host

    def _hear(self, entry: Entry, host: HostProcess) -> None:
        try:
            for event in host.control.receive():
                self._on_event(entry, host, event)
        except (ValueError, TypeError, LookupError, AttributeError, OverflowError):
            # The user's code has written into our channel (DamagedFrame, or an event that makes no sense): there is no
            # talking to this host any more.
            entry.error = {"code": "channel_damaged", "sentence": "The program wrote into Socketscope's own channel."}
            host.kill()
            self._loop.unwatch(host.control.fileno())
        if host.control.ended:
            self._loop.unwatch(host.control.fileno())

    def _on_event(self, entry: Entry, host: HostProcess, event: dict[str, Any]) -> None:
        what = event.pop("event", "")
        if what == "listening" or (what == "loaded" and entry.profile.kind == "script"):
            self._on_listening(entry)
        elif what == "failed":
            entry.error = failed_start(event)
        elif what == "stacks":
            answer = self.stack_answers.pop(event.get("ticket", 0), None)
            if answer is not None:
                answer(event.get("stacks", []))
        elif what == "sampled":
            take = self.sample_answers.pop(event.pop("ticket", 0), None)
            if take is not None:
                take(event)
        elif what == "live":
            hear = self.live_answers.pop(host.number, None)
            if hear is not None:
                hear(event)
        elif what in ("paused", "released", "peer_gone"):
            entry.held.hear(event, what, host, self._writer)
        elif what in VERSION_EVENTS:
            self.story.tell(entry.own.id, host.pid, entry.version.hear(what, event, entry.own.id, self._writer))
        elif what == "saved" and entry.state == "listening":
            entry.restarting = True
            self.stop(entry, "the server was restarted, for its code was saved")
        elif what in ("lines_ready", "lines_failed"):
            self.lines.hear(entry, event)
        elif what == "joined":
            self.joiners.joined(entry, host, event)
        elif what == "cost":
            self.cost = int(event.get("ns", 0))
        elif what == "closed_request":
            self._reply(event.get("ticket", 0), {"ok": True, "done": bool(event.get("done"))})
        self._changed()

    def _on_listening(self, entry: Entry) -> None:
        if entry.state == "starting":
            entry.state = "listening"
            entry.warning = None
            answer = self._describe(entry)
            what = f"listening on {entry.own.address}" if entry.own.address else "the program runs"
            self.story.tell(entry.own.id, answer["pid"] or 0, f"{what} (pid {answer['pid']})")
            self._answer(entry, {"ok": True, **answer})

    def _describe(self, entry: Entry) -> dict[str, Any]:
        pid = entry.host.pid if entry.host is not None else None
        return {"key": entry.key, "id": entry.own.id, "address": entry.own.address, "pid": pid, "state": entry.state}

    def _answer(self, entry: Entry, answer: dict[str, Any]) -> None:
        tickets, entry.waiting = entry.waiting, []
        for ticket in tickets:
            self._reply(ticket, answer)

    # Stopping

    def stop(self, entry: Entry, cause: str = "the server was stopped") -> None:
        """Ask for an orderly end; after the grace it is no longer asked."""
        host = entry.host
        if host is None:
            return
        entry.cause = cause
        host.tell("release", stopping=True)
        self.lines.release(entry)
        ask_to_end(self._loop, entry, host)
        entry.state = "draining"
        if not entry.restarting:
            release(entry)
        self._changed()

    # Ends

    def _ended(self, entry: Entry, host: HostProcess) -> None:
        """The host is dead: take what it left, say how it ended, and go on as ordered."""
        self._loop.unwatch(host.pidfd)
        self.joiners.host_ended(host)
        code = host.wait()
        host.kill()
        self._hear(entry, host)
        self.taker.take_rest(entry, host)
        at = time.monotonic_ns()
        death = close_requests(self._writer, host, code, entry.cause, at)
        for identity in {entry.own.id, *host.servers.values()}:
            self._writer.server_stopped(identity, at)
        entry.close_all()
        entry.held.pauses.clear()
        entry.stuck.clear()
        self.lines.ended(entry, host)
        entry.host = None
        self._loop.unwatch(host.control.fileno())
        host.close()
        self._settle(entry, host.pid, code, death)
        self._changed()

    def _settle(self, entry: Entry, pid: int, code: int, death: Death) -> None:
        ended_by_itself = code == 0 and entry.error is None and entry.profile.kind == "script"
        if entry.cause is not None or ended_by_itself:
            entry.state, entry.error = "stopped", None
            entry.stopped_reason = entry.cause or "the program ended"
            self.story.tell(entry.own.id, pid, f"stopped: {entry.stopped_reason}")
        else:
            entry.state = "failed"
            entry.error = entry.error or crash(entry.profile, code, death, entry.own.id)
            self.story.tell(entry.own.id, pid, f"failed: {entry.error['sentence']}")
        entry.warning = None
        if entry.restarting:
            entry.restarting = False
            self._start_again(entry)
        elif entry.state == "failed" and entry.keep_alive and not entry.crashed_too_often():
            pause = BACK_OFF * 2 ** len(entry.crashes)
            self.story.tell(entry.own.id, pid, f"it is started again in {pause:.1f} s")
            self._loop.later(pause, lambda: self._start_again(entry) if entry.keep_alive else None)
        else:
            release(entry)
            self._answer(entry, final_answer(entry))

    def _start_again(self, entry: Entry) -> None:
        if entry.host is not None:
            return
        try:
            self.start(entry)
        except HostingError as error:
            self._answer(entry, {"ok": False, "error": error.to_json()})
