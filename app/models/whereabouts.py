"""Where a request's worker is now, in words: what it computes or waits for, and who holds what it wants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from PySide6.QtCore import QCoreApplication

from app.text import QT_TRANSLATE_NOOP, safe_text
from engine.debug.whereabouts import Doing

CALL_LIMIT = 80


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the lock that somebody waits for. `request` 0: no request's worker."""

    name: str
    request: int
    thread: int
    line: int


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """One worker. Made of what a host tells: every text is hostile."""

    request: int
    doing: Doing
    call: str
    kind: str
    name: str
    pid: int
    thread: int
    since: int
    """When it was last heard of, monotonic ns; 0 unknown."""
    file: str
    line: int
    function: str
    holders: tuple[Holder, ...]
    deadlock: tuple[int, ...] = ()
    """Requests that wait for each other's locks, itself among them."""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Whereabouts:
        """Read a member of a tick's `stuck`, of a `where` or of a `stacks` answer."""
        try:
            doing = Doing(str(data.get("doing")))
        except ValueError:
            doing = Doing.WAITING
        holders = tuple(_holder(one) for one in data.get("holders") or () if isinstance(one, Mapping))
        return cls(
            _number(data, "request"), doing, _text(data, "call"), _text(data, "kind"), _text(data, "name"),
            _number(data, "pid"), _number(data, "thread"), _number(data, "since"), _text(data, "file"),
            _number(data, "line"), _text(data, "function"), holders,
            tuple(one for one in data.get("deadlock") or () if isinstance(one, int)),
        )  # fmt: skip

    @property
    def place(self) -> str:
        """`length.py:31`, "" unknown."""
        return f"{PurePath(self.file).name}:{self.line}" if self.file else ""

    @property
    def sentence(self) -> str:
        """What it does, in the person's language."""
        words = QCoreApplication.translate("Whereabouts", _SENTENCES[self.doing])
        sentence = words.format(
            call=safe_text(self.awaited, CALL_LIMIT), place=safe_text(self.place, CALL_LIMIT) or "?"
        )
        return f"{sentence} {self._held_by()}".rstrip() if self.doing is Doing.LOCK else sentence

    @property
    def awaited(self) -> str:
        """The call as it is written, or what a `with` enters."""
        return self.call.removeprefix("with ") or self.function or "?"

    @property
    def stuck(self) -> bool:
        """Whether this is no way for a request to get on."""
        return self.doing in (Doing.LOCK, Doing.INTERPRETER, Doing.QUEUE)

    @property
    def word(self) -> str:
        """The same as one word, for a badge."""
        return QCoreApplication.translate("Whereabouts", _WORDS[self.doing])

    def _held_by(self) -> str:
        if self.deadlock:
            words = QT_TRANSLATE_NOOP("Whereabouts", "Deadlock: {requests} wait for each other's locks.")
            requests = ", ".join(f"#{number}" for number in self.deadlock)
            return QCoreApplication.translate("Whereabouts", words).format(requests=requests)
        if not self.holders:
            words = QT_TRANSLATE_NOOP("Whereabouts", "Nobody's stack shows who holds it.") if self.kind else ""
            return QCoreApplication.translate("Whereabouts", words) if words else ""
        first = self.holders[0]
        if first.thread == self.thread:
            words = QT_TRANSLATE_NOOP("Whereabouts", "It holds it itself, since line {line}.")
        elif first.request and first.line:
            words = QT_TRANSLATE_NOOP("Whereabouts", "Request #{request} holds it, since line {line}.")
        elif first.request:
            words = QT_TRANSLATE_NOOP("Whereabouts", "Request #{request} holds it.")
        elif first.line:
            words = QT_TRANSLATE_NOOP("Whereabouts", "{name} holds it, since line {line}.")
        else:
            words = QT_TRANSLATE_NOOP("Whereabouts", "{name} holds it.")
        translated = QCoreApplication.translate("Whereabouts", words)
        return translated.format(request=first.request, line=first.line, name=safe_text(first.name, 40))


_SENTENCES = {
    Doing.RUNNING: QT_TRANSLATE_NOOP("Whereabouts", "Computes, at {place}."),
    Doing.INTERPRETER: QT_TRANSLATE_NOOP(
        "Whereabouts", "Holds the interpreter lock, in C: no other thread of its process can run."
    ),
    Doing.STARVED: QT_TRANSLATE_NOOP("Whereabouts", "Cannot run: another thread holds the interpreter lock."),
    Doing.LOCK: QT_TRANSLATE_NOOP("Whereabouts", "Waits for the lock {call}."),
    Doing.SIGNAL: QT_TRANSLATE_NOOP("Whereabouts", "Waits for another thread, in {call}."),
    Doing.RECEIVE: QT_TRANSLATE_NOOP("Whereabouts", "Waits for bytes to come, in {call}."),
    Doing.SEND: QT_TRANSLATE_NOOP("Whereabouts", "Waits until bytes can be sent, in {call}."),
    Doing.ACCEPT: QT_TRANSLATE_NOOP("Whereabouts", "Waits for somebody to connect, in {call}."),
    Doing.SELECT: QT_TRANSLATE_NOOP("Whereabouts", "Waits until a socket is ready, in {call}."),
    Doing.SLEEP: QT_TRANSLATE_NOOP("Whereabouts", "Sleeps, in {call}."),
    Doing.CHILD: QT_TRANSLATE_NOOP("Whereabouts", "Waits for another process, in {call}."),
    Doing.HELD: QT_TRANSLATE_NOOP("Whereabouts", "Is held: by a breakpoint, or by a fault."),
    Doing.WAITING: QT_TRANSLATE_NOOP("Whereabouts", "Waits, in {call}."),
    Doing.QUEUE: QT_TRANSLATE_NOOP("Whereabouts", "Waits in the queue: every worker is busy."),
}
_WORDS = {
    **dict.fromkeys(Doing, QT_TRANSLATE_NOOP("Whereabouts", "waits")),
    Doing.RUNNING: QT_TRANSLATE_NOOP("Whereabouts", "busy"),
    Doing.INTERPRETER: QT_TRANSLATE_NOOP("Whereabouts", "hung"),
    Doing.LOCK: QT_TRANSLATE_NOOP("Whereabouts", "lock"),
    Doing.QUEUE: QT_TRANSLATE_NOOP("Whereabouts", "starves"),
}


def _holder(data: Mapping[str, Any]) -> Holder:
    return Holder(_text(data, "name"), _number(data, "request"), _number(data, "thread"), _number(data, "line"))


def _number(data: Mapping[str, Any], name: str) -> int:
    value = data.get(name)
    return value if isinstance(value, int) else 0


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""
