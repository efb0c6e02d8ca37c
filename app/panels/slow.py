"""What the inspector says of stages that lasted too long, and where their worker was meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtWidgets import QLabel

from app.models.failures import read_frames
from app.models.whereabouts import Whereabouts
from app.text import duration, label, safe_text, set_role, set_tip, tr
from engine.capture.records import SlowRecord
from engine.debug.deaths import first_own
from engine.debug.locks import OURS
from engine.hosting.finding import places_of
from engine.observe.stages import Stage

FRAMES = 12
"""So many of the innermost are in the tip."""


def slow_label() -> QLabel:
    """An empty one."""
    made = label(name=tr("Stages that lasted too long"), role="warn-small", wrap=True)
    made.setContentsMargins(12, 4, 12, 4)
    made.hide()
    return made


def show_slow(target: QLabel, records: Sequence[SlowRecord]) -> None:
    """Say it in the label; hide it if there is nothing to say."""
    target.setText("\n".join(slow_sentence(one) for one in records))
    set_tip(target, "\n".join(stack_text(one) for one in records))
    grave = any(one.stage < Stage.QUEUE for one in records)
    set_role(target, "error-small" if grave else "warn-small")
    target.setVisible(bool(records))


def slow_sentence(record: SlowRecord) -> str:
    """`handle had lasted 1.2 s, longer than the allowed 1.0 s: sleeps, in time.sleep(3), at slow.py:12.`"""
    about = Whereabouts.from_json({**record.detail, **_place(record.detail)})
    lasted, allowed = duration(record.at - record.started), duration(record.allowed)
    words = tr("{stage} had lasted {lasted} when it was looked at; {allowed} are allowed. {what}")
    sentence = words.format(stage=record.stage.method, lasted=lasted, allowed=allowed, what=about.sentence)
    if about.place and about.place not in sentence:
        sentence += " " + tr("At {place}.").format(place=safe_text(about.place, 80))
    if record.stage < Stage.QUEUE:
        sentence += " " + tr("It ran where requests are accepted: nobody else was let in meanwhile.")
    return sentence


def stack_text(record: SlowRecord) -> str:
    """The worker's stack, the innermost last."""
    lines = [f"{safe_text(one.place, 80)}  {safe_text(one.function, 80)}" for one in read_frames(record.detail)]
    return "\n".join(lines[-FRAMES:])


def _place(detail: dict[str, Any]) -> dict[str, Any]:
    try:
        found = first_own(places_of(detail), OURS)
    except (LookupError, TypeError, ValueError):  # a host told nonsense
        found = None
    return {"file": found.file, "line": found.line, "function": found.function} if found is not None else {}
