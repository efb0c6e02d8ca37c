"""How a person has arranged the requests table's columns: to be saved, and read back without trust."""

from __future__ import annotations

import json
from typing import Any

from PySide6.QtWidgets import QHeaderView

from app.models.requestcolumns import BY_KEY, COLUMNS

LEAST_WIDTH = 24
MOST_WIDTH = 4000


def reset(header: QHeaderView) -> None:
    """The first arrangement."""
    for position, column in enumerate(COLUMNS):
        header.moveSection(header.visualIndex(position), position)
        header.resizeSection(position, column.width)
        header.setSectionHidden(position, column.optional)


def save(header: QHeaderView, order: tuple[str, bool]) -> str:
    """The arrangement as JSON."""
    keys = [COLUMNS[header.logicalIndex(place)].key for place in range(header.count())]
    shown = [key for key in keys if not header.isSectionHidden(BY_KEY[key])]
    state = {
        "order": keys,
        # The last one takes what is left: how wide it is now is the window's doing.
        "widths": {key: header.sectionSize(BY_KEY[key]) for key in shown[:-1]},
        "hidden": [key for key in keys if header.isSectionHidden(BY_KEY[key])],
        "sort": list(order),
    }
    return json.dumps(state)


def restore(header: QHeaderView, text: str) -> tuple[str, bool] | None:
    """Arrange as saved; returns what to sort by. Anything damaged or unknown is left as it is."""
    state = _object(text)
    keys = [key for key in _strings(state.get("order")) if key in BY_KEY]
    for place, key in enumerate(keys):
        header.moveSection(header.visualIndex(BY_KEY[key]), place)
    hidden = {key for key in _strings(state.get("hidden")) if key in BY_KEY}
    if isinstance(state.get("hidden"), list) and len(hidden) < len(COLUMNS):
        for key, position in BY_KEY.items():
            header.setSectionHidden(position, key in hidden)
    widths = state.get("widths")
    last = next((key for key in reversed(keys) if key not in hidden), None)
    for key, width in widths.items() if isinstance(widths, dict) else ():
        if key in BY_KEY and key != last and isinstance(width, int) and LEAST_WIDTH <= width <= MOST_WIDTH:
            header.resizeSection(BY_KEY[key], width)
    match state.get("sort"):
        case [str(key), bool(descending)] if key in BY_KEY and COLUMNS[BY_KEY[key]].order:
            return key, descending
    return None


def _object(text: str) -> dict[str, Any]:
    try:
        state = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return state if isinstance(state, dict) else {}


def _strings(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
