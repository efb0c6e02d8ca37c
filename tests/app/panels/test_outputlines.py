"""The journal's notes among the lines of the capture."""

from __future__ import annotations

from app.models.output import OutputModel
from app.panels.outputlines import OutputLines
from engine.hosting.profile import Profile
from tests.app.models.captures import CaptureFile
from tests.app.stage import Stage


def shown(model: OutputModel) -> list[tuple[str, str]]:
    """Server and line of every row."""
    return [(model.index(row, 1).data(), model.index(row, 3).data()) for row in range(model.rowCount())]


def test_notes_stand_among_the_lines_once(stage: Stage, capture: CaptureFile) -> None:
    journal = stage.context.journal
    run = capture.server()
    capture.output("first", server=run)
    model = OutputModel(OutputLines(stage.link.reader, journal))
    model.refresh()
    journal.write("The supervisor has ended.")
    model.refresh()
    model.refresh()
    capture.output("second", server=run)
    model.refresh()
    assert [line for _, line in shown(model)] == ["first", "The supervisor has ended.", "second"]
    assert shown(model)[1][0] == "Socketscope"


def test_notes_are_narrowed_to_a_server(stage: Stage, capture: CaptureFile) -> None:
    journal = stage.context.journal
    one, other = (stage.workspace.add(Profile(name=name)) for name in ("one", "other"))
    journal.write("Port 9 is used.", one)
    journal.write("Port 10 is used.", other)
    lines = OutputLines(stage.link.reader, journal)
    lines.key = one
    assert shown(OutputModel(lines)) == [("one", "Port 9 is used.")]
    lines.key = ""
    assert len(shown(OutputModel(lines))) == 2
