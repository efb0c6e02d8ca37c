"""What a FAILED fact's JSON says, in the columns of the table; it comes from a host and may be anything."""

from __future__ import annotations

import json

TYPE_LIMIT = 200
MESSAGE_LIMIT = 4096


def read_failure(data: bytes) -> tuple[str, str, str]:
    """Type, message and the JSON text itself."""
    text = data.decode("utf-8", "backslashreplace")
    try:
        detail = json.loads(text)
    except (ValueError, RecursionError):
        detail = None
    if not isinstance(detail, dict):
        return "Exception", text[:MESSAGE_LIMIT], "{}"
    return _text(detail.get("type"), TYPE_LIMIT) or "Exception", _text(detail.get("message"), MESSAGE_LIMIT), text


def _text(value: object, limit: int) -> str:
    # SQLite takes no lone surrogates, which JSON can spell.
    text = value if isinstance(value, str) else ""
    return text[:limit].encode("utf-8", "backslashreplace").decode("utf-8")
