"""Everything that can be done to a request has a word."""

from __future__ import annotations

import pytest

from app.models.means import means_word
from engine.observe.facts import Means


@pytest.mark.parametrize("means", Means)
def test_a_word(means: Means) -> None:
    assert means_word(means)
