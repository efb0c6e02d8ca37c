"""Workers, load and output: what they show of the selected server, and what they offer."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from app.heads import PanelHead
from app.panels.load import LoadPanel
from app.panels.output import OutputPanel
from app.panels.workers import WorkersPanel
from engine.hosting.profile import Profile
from tests.app.models.captures import SECOND, CaptureFile
from tests.app.stage import Stage

from .conftest import listening, tell


def test_a_single_threaded_server_offers_threading(qtbot: QtBot, stage: Stage, capture: CaptureFile) -> None:
    panel = WorkersPanel(stage.context)
    qtbot.addWidget(panel)
    panel.show()
    key = stage.workspace.add(Profile(name="slow", server_class="TCPServer"))
    stage.context.selection.select_server(key)
    tell(stage, listening(key, concurrency="single"))
    assert panel.single.isVisible()
    panel.threading_button.click()
    entry = stage.workspace.entry(key)
    assert entry is not None
    assert entry.profile.server_class == "ThreadingTCPServer"
    assert stage.orders()[-1] == "restart"
    tell(stage, listening(key))
    assert not panel.single.isVisible()


def test_load_names_its_server_and_greys_when_it_has_stopped(qtbot: QtBot, stage: Stage, capture: CaptureFile) -> None:
    panel = LoadPanel(stage.context)
    qtbot.addWidget(panel)
    panel.show()
    key = stage.workspace.add(Profile(name="echo"))
    run = capture.server()
    capture.load(9, server=run)
    titles: list[str] = []
    panel.title_changed.connect(titles.append)
    stage.context.selection.select_server(key)
    tell(stage, listening(key, run=run), at=20 * SECOND)
    assert titles[-1] == "Load · echo"
    assert panel._ended(stage.link.tick.server(key)) == ""
    capture.db.execute("UPDATE server SET stopped = ?", (15 * SECOND,))
    tell(stage, listening(key, run=run, state="stopped"), at=21 * SECOND)
    assert panel._ended(stage.link.tick.server(key)).startswith("stopped ")
    qtbot.waitUntil(lambda: titles[-1].startswith("Load · echo · stopped "), timeout=5000)


def test_heads_name_what_is_shown_from_the_start(qtbot: QtBot, stage: Stage, capture: CaptureFile) -> None:
    stage.context.view.set_frozen(True)
    load, workers = LoadPanel(stage.context), WorkersPanel(stage.context)
    qtbot.addWidget(load)
    qtbot.addWidget(workers)
    assert (workers.head_title, load.head_title) == ("Workers · last 10 s", "Load · all servers")
    stage.context.selection.select_server(stage.workspace.add(Profile(name="new")))
    assert load.head_title == "Load · new"
    head = PanelHead("Load")
    qtbot.addWidget(head)
    head.adopt(load)
    assert head._title.text() == "LOAD · new"


def test_load_of_a_server_that_never_ran_is_nobodys(qtbot: QtBot, stage: Stage, capture: CaptureFile) -> None:
    panel = LoadPanel(stage.context)
    qtbot.addWidget(panel)
    assert panel.runs() is None
    stage.context.selection.select_server(stage.workspace.add(Profile(name="new")))
    assert panel.runs() == ()


def test_output_is_searched_copied_and_narrowed(qtbot: QtBot, stage: Stage, capture: CaptureFile) -> None:
    panel = OutputPanel(stage.context)
    qtbot.addWidget(panel)
    panel.show()
    assert panel.empty.isVisible()
    one, two = capture.server("one"), capture.server("two")
    for at in range(40):
        capture.output(f"line {at}", server=one if at % 2 else two, at=at)
    capture.output("trouble \x1b[31m", server=two, stream=2, at=99)
    tell(stage, listening("k", run=two, name="two"))
    assert panel.model.rowCount() == 41
    panel.search.setText("LINE 7")
    panel.find_next()
    assert panel.table.currentIndex().row() == 7
    panel.search.setText("nowhere")
    panel.find_previous()
    assert panel.search.property("state") == "bad"
    panel.copy()
    stage.context.selection.select_server("k")
    panel.only.setChecked(True)
    assert panel.model.rowCount() == 21
    assert not panel.grab().isNull()
