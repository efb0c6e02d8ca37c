"""Files of rules are read, or told of in one sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.cli.ruling import LARGEST, RULES_HELP, load_rules
from engine.hosting.rules import read_rules


def test_the_example_of_the_help_can_be_read(tmp_path: Path) -> None:
    start = RULES_HELP.index("{")
    document, _ = json.JSONDecoder().raw_decode(RULES_HELP[start:])
    assert len(read_rules(document).rules) == 3
    file = tmp_path / "rules.json"
    file.write_text(json.dumps(document))
    assert load_rules(str(file)) == document


@pytest.mark.parametrize("text", [b"{", b"[" * 100_000, b"\xff", b" " * (LARGEST + 1), b"{}"])
def test_what_is_no_file_of_rules(text: bytes, tmp_path: Path) -> None:
    file = tmp_path / "rules.json"
    file.write_bytes(text)
    with pytest.raises(ValueError, match=r"\.$"):
        load_rules(str(file))
