"""Where live connections stand, in words; and how many stand where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from PySide6.QtCore import QCoreApplication

from app.models.columns import Moment
from app.text import QT_TRANSLATE_NOOP, age, number
from engine.capture.reader import CaptureReader, Servers
from engine.capture.records import ConnectionRecord
from engine.observe.connections import ConnectionState

AT_ONCE = 500
"""So many are looked at in one go; of more the counts are as old as it takes to have looked at all."""
STATES = (ConnectionState.NEW, ConnectionState.ACTIVE, ConnectionState.IDLE)
"""Of the live."""
LASTING = QT_TRANSLATE_NOOP("Connections", "{state} {age}")


WAITS = QT_TRANSLATE_NOOP("Connections", "Its worker waits for something.")


class ConnectionCounts:
    """Of some servers' live connections, by state."""

    def __init__(self) -> None:
        self.counts: Mapping[ConnectionState, int] = {}
        self._found: Counter[ConnectionState] = Counter()
        self._upto = 0

    def go_on(self, reader: CaptureReader, servers: Servers) -> bool:
        """Look at some more; when all have been looked at, which it tells, they are counted, and it begins anew."""
        some = reader.connections(servers, after=self._upto, limit=AT_ONCE)
        self._found.update(one.state for one in some)
        if len(some) == AT_ONCE:
            self._upto = some[-1].request
            return False
        self.counts = self._found
        self._found, self._upto = Counter(), 0
        return True


def counts_text(counts: Mapping[ConnectionState, int]) -> str:
    """`1 new, 3 idle`: those that there are."""
    return ", ".join(f"{number(counts[state])} {state_word(state)}" for state in STATES if counts.get(state))


def state_word(state: ConnectionState) -> str:
    """In the person's language."""
    return QCoreApplication.translate("Connections", _WORDS[state])


def standing_text(connection: ConnectionRecord, moment: Moment) -> str:
    """`idle 12 s`; what has begun within the last second is only named."""
    word, since = state_word(connection.state), age(moment.now - connection.since)
    return QCoreApplication.translate("Connections", LASTING).format(state=word, age=since) if since else word


def standing_sentence(connection: ConnectionRecord, *, waits: bool) -> str:
    """What the state means, and whether the worker sleeps although it is its turn."""
    sentence = QCoreApplication.translate("Connections", _SENTENCES[connection.state])
    if waits and connection.state is ConnectionState.ACTIVE:
        sentence += " " + QCoreApplication.translate("Connections", WAITS)
    return sentence


_WORDS = {
    ConnectionState.NEW: QT_TRANSLATE_NOOP("Connections", "new"),
    ConnectionState.ACTIVE: QT_TRANSLATE_NOOP("Connections", "active"),
    ConnectionState.IDLE: QT_TRANSLATE_NOOP("Connections", "idle"),
    ConnectionState.CLOSED: QT_TRANSLATE_NOOP("Connections", "closed"),
}
_SENTENCES = {
    ConnectionState.NEW: QT_TRANSLATE_NOOP("Connections", "Accepted, and nobody works for it yet."),
    ConnectionState.ACTIVE: QT_TRANSLATE_NOOP(
        "Connections", "Its handler runs, and has sent nothing since it began or the last bytes came."
    ),
    ConnectionState.IDLE: QT_TRANSLATE_NOOP(
        "Connections", "The handler has sent, and nothing has come since: it is the client's turn."
    ),
    ConnectionState.CLOSED: QT_TRANSLATE_NOOP("Connections", "It is over."),
}
