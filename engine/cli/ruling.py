"""The rules of a command line: read from a file, and explained in the help."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..hosting.rules import read_rules

RULES_HELP = r"""rules: a JSON file with what is answered without any code, the first that matches:
  {"each": "line", "rules": [
     {"match": "regex", "pattern": "^ADD (\\d+)", "answer": "OK \\1\\r\\n", "delay_ms": 50},
     {"match": "hex",   "pattern": "ff00",       "answer": "hex:00 01", "close": true},
     {"match": "any",   "answer": ["in turn\\n", "and again\\n"]}]}
  each is line or chunk; match is any, text, regex or hex; answers know \r \n \t \x41, and groups \1 \g<name>.
"""
LARGEST = 1 << 20


def load_rules(name: str) -> dict[str, Any]:
    """The document in a file. Raises ValueError with a sentence."""
    try:
        text = Path(name).read_bytes()
    except OSError as error:
        raise ValueError(f"The rules in {name} cannot be read: {(error.strerror or str(error)).lower()}.") from None
    if len(text) > LARGEST:
        raise ValueError(f"The rules in {name} are larger than {LARGEST >> 10} KiB.")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"The rules in {name} are not JSON: {error}.") from None
    read_rules(document)
    return dict(document)
