"""The painted parts: geometry, clicks, keys, and that hostile text and both themes paint."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QHelpEvent, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QListView, QStyleOptionViewItem, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from app import theme as themes
from app.link.lull import Lull
from app.link.tick import ServerState, ServerStatus, Tick, Trouble
from app.models.load import Series
from app.models.servers import ServersModel
from app.models.workers import LanesModel
from app.widgets.lanes import LABEL, LanesView
from app.widgets.monotext import MonoText
from app.widgets.plot import LoadPlot, paint_sparkline, value_text
from app.widgets.servercard import HEIGHT, ServerDelegate, paint_state, shortened
from app.widgets.stagebar import Bar, StageLegend, paint_bars, words
from app.widgets.stagepaint import blocks, nice_scale, stage_colour
from app.widgets.waterfall import ROW, TOP, Waterfall
from engine.capture.records import StageRecord, State
from engine.hosting.profile import Profile
from engine.observe.stages import Stage
from tests.app.models.captures import MS, SECOND, CaptureFile

NOW = 60 * SECOND


@pytest.fixture(params=["dark", "light"])
def theme(request: pytest.FixtureRequest, qapp: object) -> Iterator[str]:
    themes.theme_source().set_mode(request.param)
    yield request.param
    themes.theme_source().set_mode("dark")


def shown(qtbot: QtBot, widget: QWidget, width: int = 400, height: int = 200) -> None:
    qtbot.addWidget(widget)
    widget.resize(width, height)
    widget.show()
    qtbot.waitExposed(widget)


def hover(widget: QWidget, place: QPoint) -> None:
    QApplication.sendEvent(widget, QHelpEvent(QEvent.Type.ToolTip, place, widget.mapToGlobal(place)))


# Stages


def stage(which: Stage, started: int, ended: int | None, cpu: int | None = None) -> StageRecord:
    return StageRecord(which, started, ended, cpu)


def test_blocks_are_whole_pixels_and_hide_nothing() -> None:
    stages = [
        stage(Stage.PROCESS_REQUEST, 0, 90),
        stage(Stage.GET_REQUEST, 0, 1),
        stage(Stage.VERIFY_REQUEST, 1, 2),
        stage(Stage.HANDLE, 10, 90, cpu=20),
        stage(Stage.SHUTDOWN_REQUEST, 90, 91),
    ]
    made = blocks(stages, 0, 1000, 1.0)
    assert [(b.stage, b.left, b.solid, b.right) for b in made] == [
        (Stage.GET_REQUEST, 0, 2, 2),
        (Stage.VERIFY_REQUEST, 2, 4, 4),
        (Stage.HANDLE, 10, 30, 90),
        (Stage.SHUTDOWN_REQUEST, 90, 92, 92),
    ]


def test_a_running_stage_goes_on_until_now_and_waits_unless_measured() -> None:
    made = blocks([stage(Stage.HANDLE, 0, None)], 0, 50, 1.0)
    assert (made[0].solid, made[0].right) == (0, 50)


@pytest.mark.parametrize(("ns", "scale"), [(1, 1), (3, 5), (5, 5), (6, 10), (70 * MS, 100 * MS), (101 * MS, 200 * MS)])
def test_scales_are_round(ns: int, scale: int) -> None:
    assert nice_scale(ns) == scale


def test_a_bar_has_the_stage_hues(capture: CaptureFile, theme: str) -> None:
    request = capture.request(lasts=100 * MS, stages=True)
    record = capture.reader().request(request)
    assert record is not None
    image = QImage(QSize(100, 22), QImage.Format.Format_RGB32)
    painter = QPainter(image)
    paint_bars(painter, [Bar(0, record)], 0, 100, 100 * MS, NOW)
    paint_bars(painter, [Bar(0, replace(record, closed=None), selected=True)], 0, 50, 10 * MS, NOW)
    painter.end()
    seen = {image.pixelColor(x, 12).name() for x in range(100)}
    current = themes.theme()
    assert current.stage(Stage.SHUTDOWN_REQUEST).name() in seen


def test_what_an_exception_costs_is_red(theme: str) -> None:
    assert stage_colour(Stage.HANDLE_ERROR) == themes.theme().error
    assert stage_colour(Stage.HANDLE) == themes.theme().stage(Stage.HANDLE)


@pytest.mark.parametrize(("state", "red"), [(State.ERROR, True), (State.RESET, False), (State.TIMED_OUT, False)])
def test_what_a_peers_leaving_costs_is_not(capture: CaptureFile, theme: str, state: State, red: bool) -> None:
    number = capture.request(lasts=100 * MS, state=state)
    capture.db.execute("INSERT INTO stage VALUES (?, ?, ?, ?, NULL)", (number, int(Stage.HANDLE_ERROR), 0, 90 * MS))
    record = capture.reader().request(number)
    assert record is not None
    image = QImage(QSize(100, 22), QImage.Format.Format_RGB32)
    painter = QPainter(image)
    paint_bars(painter, [Bar(0, record)], 0, 100, 100 * MS, NOW)
    painter.end()
    assert (image.pixelColor(20, 12) == themes.theme().error) is red


def test_collected_texts_look_like_drawn_ones(theme: str) -> None:
    """Texts that go out together are the same pixels as those painted one by one."""
    images = [QImage(QSize(200, 30), QImage.Format.Format_RGB32) for _ in range(2)]
    text, font = "127.0.0.1:41341 1\u2009234…", themes.mono()
    collected = MonoText(font)
    assert collected.knows(text)
    assert not collected.knows("\u6f22")
    for image in images:
        image.fill(themes.theme().panel)
    painter = QPainter(images[0])
    painter.setFont(font)
    painter.setPen(themes.theme().text)
    painter.drawText(5, 20, text)
    painter.end()
    painter = QPainter(images[1])
    collected.add(5, 20, text, themes.theme().text)
    collected.paint(painter)
    painter.end()
    assert images[0] == images[1]


def test_the_legend_names_all_stages(qtbot: QtBot, theme: str) -> None:
    legend = StageLegend()
    shown(qtbot, legend, 620, 20)
    assert len(words()) == len(themes.theme().stages) + 1
    assert not legend.grab().isNull()
    assert "waiting" in legend.accessibleDescription()


# Waterfall


@pytest.fixture
def waterfall(capture: CaptureFile, qtbot: QtBot) -> Waterfall:
    request = capture.request(opened=NOW - SECOND, lasts=SECOND, state=State.ERROR, error="E", stages=True)
    made = Waterfall()
    made.set_request(capture.reader().request(request), NOW, Stage.HANDLE)
    shown(qtbot, made, 500, 180)
    return made


def test_waterfall_is_chosen_by_mouse_and_keys(waterfall: Waterfall, qtbot: QtBot) -> None:
    said: list[object] = []
    waterfall.stage_chosen.connect(said.append)
    QTest.mouseClick(waterfall, Qt.MouseButton.LeftButton, pos=QPoint(60, TOP + 4 * ROW + 5))
    QTest.keyClick(waterfall, Qt.Key.Key_Down)
    QTest.keyClick(waterfall, Qt.Key.Key_Up)
    QTest.keyClick(waterfall, Qt.Key.Key_Up)
    assert said == [Stage.HANDLE, Stage.FINISH, Stage.HANDLE, Stage.SETUP]
    waterfall.select_stage(Stage.QUEUE)
    assert said[-1] is Stage.SETUP


def test_waterfall_tells_all_to_screen_readers(waterfall: Waterfall) -> None:
    told = waterfall.accessibleDescription()
    assert "handle: 660.00 ms, 200.00 ms on a CPU, 460.00 ms waiting, raised" in told
    hover(waterfall, QPoint(60, TOP + 5))


def test_waterfall_paints(waterfall: Waterfall, capture: CaptureFile, theme: str) -> None:
    waterfall.select_stage(Stage.HANDLE)
    assert not waterfall.grab().isNull()
    live = capture.request(opened=NOW - SECOND, lasts=None, state=State.RUNNING, stages=True)
    waterfall.set_request(capture.reader().request(live), NOW)
    assert not waterfall.grab().isNull()
    assert "still running" in waterfall.accessibleDescription()
    waterfall.set_empty_text("Select a request")
    waterfall.set_request(None)
    assert not waterfall.grab().isNull()


# Lanes


@pytest.fixture
def lanes(capture: CaptureFile, qtbot: QtBot) -> LanesView:
    for number, child, status in ((1, False, None), (2, True, 1)):
        worker = capture.worker(f"Thread-{number} <b>", thread=100 + number, child=child, ended=NOW, status=status)
        capture.request(worker=worker, opened=NOW - 5 * SECOND, lasts=2 * SECOND, stages=True)
        capture.request(worker=worker, opened=NOW - 2 * SECOND, lasts=SECOND, stages=True)
    model = LanesModel(capture.reader())
    model.refresh(NOW)
    made = LanesView(model)
    shown(qtbot, made, 400, 100)
    return made


def place(view: LanesView, seconds_ago: float, lane: int) -> QPoint:
    width = view.viewport().width() - LABEL - 12
    return QPoint(LABEL + round(width * (10 - seconds_ago) / 10), 6 + lane * 22 + 11)


def test_a_click_on_a_block_chooses_its_request(lanes: LanesView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(lanes.request_chosen) as told:
        QTest.mouseClick(lanes.viewport(), Qt.MouseButton.LeftButton, pos=place(lanes, 4.5, 0))
    assert told.args == [1]
    with qtbot.assertNotEmitted(lanes.request_chosen):
        QTest.mouseClick(lanes.viewport(), Qt.MouseButton.LeftButton, pos=place(lanes, 9.0, 0))


def test_blocks_are_reached_by_keys(lanes: LanesView) -> None:
    said: list[object] = []
    lanes.request_chosen.connect(said.append)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Down, Qt.Key.Key_Return):
        QTest.keyClick(lanes, key)
    assert said == [2, 1, 4, 4]


def test_lanes_paint_and_explain(lanes: LanesView, theme: str) -> None:
    lanes.select_request(1)
    hover(lanes.viewport(), place(lanes, 4.5, 1))
    image = lanes.viewport().grab().toImage()
    error = themes.theme().error
    reds = sum(image.pixelColor(x, y) == error for x in range(image.width()) for y in range(image.height()))
    assert reds > 4


def test_one_that_is_stuck_is_framed_and_explained(lanes: LanesView, theme: str) -> None:
    def framed() -> int:
        image, warn = lanes.viewport().grab().toImage(), themes.theme().warn
        return sum(image.pixelColor(x, y) == warn for x in range(image.width()) for y in range(image.height()))

    before = framed()
    lanes.set_stuck({1: "Waits for the lock TILL."})
    assert framed() > before + 50
    hover(lanes.viewport(), place(lanes, 4.5, 0))
    assert "Waits for the lock TILL." in QToolTip.text()


def test_a_selected_request_is_brought_into_sight(lanes: LanesView) -> None:
    lanes.resize(lanes.width(), 40)
    bar = lanes.verticalScrollBar()
    lanes.select_request(4)
    assert bar.value() > 0
    lanes.select_request(1)
    assert bar.value() == 0


def test_empty_lanes_say_why(qtbot: QtBot) -> None:
    view = LanesView(LanesModel())
    view.set_empty_text("No worker yet")
    shown(qtbot, view)
    assert not view.grab().isNull()


# Load


def test_values_as_people_read_them() -> None:
    assert [value_text(value, "") for value in (41.0, 0.0, 3.5)] == ["41", "0", "3.5"]
    assert value_text(None, "ms") == value_text(float("nan"), "") == "\u2013"
    assert value_text(88.2, "ms") == "88 ms"
    assert value_text(1_258_291.0, "bytes") == "1.2 MB/s"


def test_a_plot_draws_when_it_is_shown(qtbot: QtBot, theme: str) -> None:
    plot = LoadPlot(Lull(), "requests / s <b>")
    plot.set_colours(["handle"])
    plot.set_series([Series("rate", "rate", (-2.0, -1.0, 0.0), (1.0, 9.0, 3.0))])
    shown(qtbot, plot, 340, 77)
    qtbot.waitUntil(lambda: _drawn(plot, themes.theme().stages["handle"]) > 50, timeout=5000)
    assert plot.accessibleDescription() == "requests / s <b>: 3"
    plot.set_ended("stopped 14:05")
    assert plot.accessibleDescription().endswith("stopped 14:05")
    two = (float("nan"), 2.0, 3.0)
    plot.set_series([Series(key, "<i>" + key, (-2.0, -1.0, 0.0), two) for key in "abcde"])
    plot.set_series([])
    assert not plot.grab().isNull()


def _drawn(plot: LoadPlot, hue: QColor) -> int:
    """Pixels below the head that have about this colour."""
    image = plot.grab().toImage()
    return sum(_near(image.pixelColor(x, y), hue) for x in range(image.width()) for y in range(22, image.height()))


def _near(one: QColor, other: QColor) -> bool:
    return abs(one.red() - other.red()) + abs(one.green() - other.green()) + abs(one.blue() - other.blue()) < 120


def test_a_hidden_plot_rests(qtbot: QtBot) -> None:
    plot = LoadPlot(Lull(), "x")
    qtbot.addWidget(plot)
    plot.set_series([Series("a", "a", (0.0,), (1.0,))])
    assert plot.accessibleDescription() == ""


def test_sparklines_need_two_points(qapp: object) -> None:
    image = QImage(QSize(50, 12), QImage.Format.Format_RGB32)
    image.fill(0)
    painter = QPainter(image)
    paint_sparkline(painter, QRect(0, 0, 50, 12).toRectF(), (1.0,), QColor("red"))
    untouched = QImage(image)
    paint_sparkline(painter, QRect(0, 0, 50, 12).toRectF(), (1.0, 0.0, 2.0), QColor("red"))
    painter.end()
    assert untouched != image


# Server cards


def test_cards_paint_every_state_and_grow_for_a_failure(qtbot: QtBot, theme: str) -> None:
    model = ServersModel()
    model.set_profiles([(str(state), Profile(f"<b>{state}")) for state in ServerState])
    trouble = Trouble("port_in_use", "Port 9009 is used by python3 (pid 8123), " + "which stands in the way. " * 3)
    statuses = tuple(
        ServerStatus(str(s), str(s), state=s, address="0.0.0.0:9", error=trouble if s == "failed" else None, rate=3.0)
        for s in ServerState
    )
    model.refresh(Tick(1, SECOND, servers=statuses))
    view = QListView()
    delegate = ServerDelegate(view)
    view.setModel(model)
    view.setItemDelegate(delegate)
    view.setCurrentIndex(model.index(1))
    shown(qtbot, view, 226, 500)
    assert not view.grab().isNull()
    option = QStyleOptionViewItem()
    option.rect = QRect(0, 0, 226, 50)
    heights = [delegate.sizeHint(option, model.index(row)).height() for row in range(model.rowCount())]
    failed = list(ServerState).index(ServerState.FAILED)
    assert heights[failed] > HEIGHT + 30
    assert {height for row, height in enumerate(heights) if row != failed} == {HEIGHT}


def test_every_state_has_a_shape_of_its_own(qapp: object) -> None:
    pictures = []
    for state in ("stopped", "starting", "listening", "paused", "draining", "failed"):
        image = QImage(QSize(12, 12), QImage.Format.Format_RGB32)
        image.fill(QColor("white"))
        painter = QPainter(image)
        paint_state(painter, QRect(1, 1, 10, 10).toRectF(), state, themes.theme())
        painter.end()
        grey = image.convertToFormat(QImage.Format.Format_Mono)
        pictures.append(bytes(grey.constBits()))
    assert len(set(pictures)) == len(pictures)


def test_of_a_long_path_the_name_stays(qtbot: QtBot) -> None:
    metrics = QFontMetrics(themes.mono(11))
    path = "UNIX /run/user/1000/socketscope-1000/unix-control.sock"
    shown = shortened(path, metrics, metrics.horizontalAdvance("0" * 30))
    assert shown.startswith("UNIX /")
    assert shown.endswith("…/unix-control.sock")
    assert metrics.horizontalAdvance(shown) <= metrics.horizontalAdvance("0" * 30)
    assert shortened(path, metrics, 2000) == path
    assert "…" in shortened("a" * 90, metrics, 100)
