"""A property that gives way to an attribute of the same name, in a subclass or on an instance."""

from __future__ import annotations

from engine.servers.yielding import Yielding


class Plain:
    def _work_out(self) -> str:
        """Says whose it is."""
        return "ours"

    word = Yielding(_work_out)


class Taken(Plain):
    word = "theirs"


def test_worked_out_when_asked_for() -> None:
    assert Plain().word == "ours"
    assert Plain.word.__doc__ == "Says whose it is."


def test_a_subclass_s_attribute_counts() -> None:
    assert Taken().word == "theirs"


def test_an_instance_s_attribute_counts() -> None:
    one = Plain()
    one.word = "mine"
    assert one.word == "mine"
