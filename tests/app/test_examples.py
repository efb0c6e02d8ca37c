"""The examples: each file has its handler, and each profile can be read back."""

from __future__ import annotations

import pytest

from app.examples import EXAMPLES, FOLDER, Example, example, lesson, title
from app.icons import icon
from engine.hosting.handlers import find_handlers
from engine.hosting.profile import SERVER_CLASSES, Profile


@pytest.mark.parametrize("one", EXAMPLES, ids=lambda one: one.name)
def test_each_example_can_be_served(one: Example) -> None:
    assert one.handler in [handler.name for handler in find_handlers(str(one.path))]
    assert one.server_class in SERVER_CLASSES.values()
    assert Profile.from_json(one.profile().to_json()) == one.profile()
    assert one.talks
    assert not icon(one.icon).isNull()
    assert len(lesson(one)) < 90
    assert title(one)


def test_there_are_six_and_every_file_has_its_card() -> None:
    assert len(EXAMPLES) == 6
    assert {one.file for one in EXAMPLES} == {path.name for path in FOLDER.glob("*.py") if path.name != "__init__.py"}


def test_names_are_unique_and_found() -> None:
    assert all(example(one.name) is one for one in EXAMPLES)
    assert example("nothing") is None
