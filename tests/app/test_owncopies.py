"""A person's own copy of an example: made once, kept as it was changed; done without where nothing can be written."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.examples import EXAMPLES
from app.owncopies import own_copy


def test_it_is_made_once_and_kept(tmp_path: Path) -> None:
    original = EXAMPLES[2].path
    copy = own_copy(original, tmp_path / "examples")
    assert copy == tmp_path / "examples" / original.name
    assert copy.read_bytes() == original.read_bytes()
    copy.write_text("mended = True\n")
    assert own_copy(original, tmp_path / "examples") == copy
    assert copy.read_text() == "mended = True\n"


def test_where_nothing_can_be_written(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").touch()
    original = EXAMPLES[0].path
    assert own_copy(original, tmp_path / "file") == original
    assert "could not be copied" in caplog.text
    caplog.clear()
