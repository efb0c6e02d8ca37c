"""A capture to fill, and a reader of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.models.captures import CaptureFile


@pytest.fixture
def capture(tmp_path: Path) -> Iterator[CaptureFile]:
    with CaptureFile(tmp_path / "test.capture") as file:
        file.server()
        yield file
