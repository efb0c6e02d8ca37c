"""What a child that a server forked does before it serves: nothing, until somebody asks for it."""

from __future__ import annotations

from collections.abc import Callable

tasks: list[Callable[[], object]] = []
"""Called one after the other in each new child, in the thread that is left of its parent's. They raise nothing."""


def begin() -> None:
    """This process has just been forked to serve."""
    for task in tasks:
        task()
