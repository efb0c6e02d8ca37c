"""What gates and faults do to a request, in words."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from app.text import QT_TRANSLATE_NOOP
from engine.observe.facts import Means


def means_word(means: Means) -> str:
    """What a gate or a fault did, in the person's language."""
    return QCoreApplication.translate("Means", _MEANS_WORDS[means])


_MEANS_WORDS = {
    Means.PAUSED: QT_TRANSLATE_NOOP("Means", "paused"),
    Means.EDITED: QT_TRANSLATE_NOOP("Means", "bytes edited"),
    Means.ANSWERED: QT_TRANSLATE_NOOP("Means", "answered by hand"),
    Means.DROPPED: QT_TRANSLATE_NOOP("Means", "dropped"),
    Means.RESET: QT_TRANSLATE_NOOP("Means", "reset by hand"),
    Means.REJECTED: QT_TRANSLATE_NOOP("Means", "rejected by hand"),
    Means.LATENCY: QT_TRANSLATE_NOOP("Means", "latency"),
    Means.BANDWIDTH: QT_TRANSLATE_NOOP("Means", "bandwidth"),
    Means.SPLIT: QT_TRANSLATE_NOOP("Means", "chunks split"),
    Means.MERGE: QT_TRANSLATE_NOOP("Means", "chunks merged"),
    Means.TRUNCATE: QT_TRANSLATE_NOOP("Means", "truncated"),
    Means.HALF_CLOSE: QT_TRANSLATE_NOOP("Means", "half-closed"),
    Means.RST: QT_TRANSLATE_NOOP("Means", "reset (RST)"),
    Means.LOSE: QT_TRANSLATE_NOOP("Means", "datagram lost"),
    Means.DUPLICATE: QT_TRANSLATE_NOOP("Means", "datagram duplicated"),
    Means.REORDER: QT_TRANSLATE_NOOP("Means", "datagram reordered"),
    Means.CORRUPT: QT_TRANSLATE_NOOP("Means", "bytes corrupted"),
    Means.ACCEPT_ERROR: QT_TRANSLATE_NOOP("Means", "accept failed"),
    Means.SHORT_WRITE: QT_TRANSLATE_NOOP("Means", "short write"),
}
