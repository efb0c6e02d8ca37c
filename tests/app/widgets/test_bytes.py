"""Hex view and conversation: what is selected, copied, told, and how much is painted."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.models.conversation import Chunk, Conversation
from app.models.selection import ByteRange
from app.widgets.byterows import HexRows, RowPainter, TextRows
from app.widgets.bytesview import MARGIN, TOP
from app.widgets.conversation import ENCODINGS, MODES, ConversationView
from app.widgets.hexview import HexView, Mark
from engine.observe.facts import Piece

REQUEST = b"\0\0\0\x0ehello world!\r\n"
TALK = Conversation(
    0,
    (
        Chunk(1, True, 400_000, 0, 18, Piece.WHOLE, REQUEST),
        Chunk(2, False, 500_000, 0, 9, Piece.CUT, b"ok"),
        Chunk(3, True, 600_000, 18, 4, Piece.TRUNCATED, b"more"),
    ),
)


@pytest.fixture
def view(qtbot: QtBot) -> HexView:
    made = HexView()
    qtbot.addWidget(made)
    made.resize(640, 200)
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.fixture
def talk(qtbot: QtBot) -> ConversationView:
    made = ConversationView()
    qtbot.addWidget(made)
    made.resize(640, 300)
    made.set_conversation(TALK)
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.mark.parametrize("size", [1, 7, 8, 9, 16])
def test_every_byte_is_under_its_own_digits_and_its_own_sign(qapp: object, size: int) -> None:
    rows = HexRows(100)
    row = bytes(size)
    for byte in range(size):
        digits = rows.digits + 2 + byte * 3 + (byte >= 8)
        sign = rows.digits + 2 + 50 + byte
        assert rows.byte_at(row, (digits + 1) * rows.column) == byte
        assert rows.byte_at(row, (sign + 0.5) * rows.column) == byte
    assert rows.byte_at(row, 10_000) == size


def test_text_is_hit_by_cells(qapp: object) -> None:
    rows: RowPainter = TextRows("utf-8", "escapes")
    row = "a\r你b".encode()
    assert [rows.byte_at(row, (column + 0.5) * rows.column) for column in range(7)] == [0, 1, 1, 2, 2, 5, 6]


def test_select_and_copy(view: HexView, qtbot: QtBot) -> None:
    view.set_data(REQUEST, received=True, start=100)
    assert view.selected_bytes() == REQUEST
    with qtbot.assertNotEmitted(view.range_chosen):
        view.select(ByteRange(True, 104, 109))
    assert view.selected_bytes() == b"hello"
    assert view.selected() == ByteRange(True, 104, 109)
    view.copy("python")
    assert QGuiApplication.clipboard().text() == "b'hello'"
    view.select(None)
    assert view.selected() is None


def test_mouse_selects_bytes(view: HexView, qtbot: QtBot) -> None:
    view.set_data(bytes(range(64)), received=True)
    rows = HexRows(64)
    x = MARGIN + round((rows.digits + 2 + 1) * rows.column)
    y = TOP + rows.height // 2
    QTest.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(x, y))
    with qtbot.waitSignal(view.range_chosen) as told:
        QTest.mouseMove(view.viewport(), QPoint(x + round(6 * rows.column), y + rows.height))
    assert told.args == [ByteRange(True, 0, 19)]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ([(Qt.Key.Key_Right, False)], ByteRange(True, 1, 2)),
        ([(Qt.Key.Key_Right, False), (Qt.Key.Key_Right, True), (Qt.Key.Key_Right, True)], ByteRange(True, 1, 4)),
        ([(Qt.Key.Key_Down, False), (Qt.Key.Key_Left, True)], ByteRange(True, 15, 17)),
        ([(Qt.Key.Key_End, False)], ByteRange(True, 15, 16)),
        ([(Qt.Key.Key_Down, False), (Qt.Key.Key_Up, False), (Qt.Key.Key_Up, False)], ByteRange(True, 0, 1)),
        ([(Qt.Key.Key_PageDown, False)], ByteRange(True, 192, 193)),
    ],
)
def test_keys_move_and_extend(view: HexView, keys: list[tuple[Qt.Key, bool]], expected: ByteRange) -> None:
    view.set_data(bytes(1000), received=True)
    page = view.verticalScrollBar().pageStep()
    for key, shift in keys:
        QTest.keyClick(view, key, Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier)
    if keys[0][0] == Qt.Key.Key_PageDown:
        expected = ByteRange(True, page * 16, page * 16 + 1)
    assert view.selected() == expected


def test_all_and_ends_by_control(view: HexView) -> None:
    view.set_data(bytes(100), received=False)
    control = Qt.KeyboardModifier.ControlModifier
    QTest.keyClick(view, Qt.Key.Key_End, control)
    assert view.selected() == ByteRange(False, 99, 100)
    QTest.keyClick(view, Qt.Key.Key_A, control)
    assert view.selected() == ByteRange(False, 0, 100)
    QTest.keyClick(view, Qt.Key.Key_C, control)
    assert QGuiApplication.clipboard().text() == bytes(100).hex(" ")


def test_ten_megabytes_paint_only_what_is_on_screen(view: HexView, monkeypatch: pytest.MonkeyPatch) -> None:
    view.set_data(bytes(10_000_000), received=True)
    painted: list[int] = []
    monkeypatch.setattr(HexRows, "paint", lambda self, painter, left, top, place, row, picks: painted.append(place))
    view.verticalScrollBar().setValue(300_000)
    view.grab()
    assert 0 < len(set(painted)) < 40
    assert 299_999 * 16 <= min(painted) <= 300_000 * 16


def test_a_selection_far_away_is_scrolled_to(view: HexView) -> None:
    view.set_data(bytes(100_000), received=True)
    view.select(ByteRange(True, 90_000, 90_004))
    first = view.verticalScrollBar().value()
    assert first <= 90_000 // 16 < first + view.verticalScrollBar().pageStep()


def test_a_conversation_selects_in_either_direction(talk: ConversationView) -> None:
    talk.select(ByteRange(False, 0, 2))
    assert talk.selected_bytes() == b"ok"
    talk.select(ByteRange(True, 14, 20))
    assert talk.selected_bytes() == b"d!\r\nmo"


def test_arrow_down_crosses_into_the_next_chunk(talk: ConversationView, qtbot: QtBot) -> None:
    chunks: list[object] = []
    talk.chunk_chosen.connect(chunks.append)
    for _ in range(3):
        QTest.keyClick(talk, Qt.Key.Key_Down)
    assert chunks[-1] == 3
    assert talk.selected() == ByteRange(True, 18, 19)


def test_growing_keeps_the_selection_and_another_request_does_not(talk: ConversationView) -> None:
    talk.select(ByteRange(True, 0, 4))
    talk.set_conversation(Conversation(0, (*TALK.chunks, Chunk(4, True, 1, 22, 1, Piece.WHOLE, b"x"))))
    assert talk.selected() == ByteRange(True, 0, 4)
    talk.set_conversation(Conversation(0, (Chunk(9, False, 1, 0, 1, Piece.WHOLE, b"x"),)))
    assert talk.selected() is None


def test_more_is_asked_for_by_mouse_and_key(talk: ConversationView, qtbot: QtBot) -> None:
    talk.set_conversation(TALK, loaded_all=False)
    with qtbot.waitSignal(talk.more_requested):
        QTest.keyClick(talk, Qt.Key.Key_Return)
    lines = 4 + 4 + 3 + 1
    y = TOP + round((lines - 0.5) * HexRows(0).height)
    with qtbot.waitSignal(talk.more_requested):
        QTest.mouseClick(talk.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(40, y))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_it_paints_in_every_encoding(talk: ConversationView, mode: str, encoding: str) -> None:
    hostile = Chunk(4, True, 1, 22, 300, Piece.UNSEEN, bytes(range(256)) + "\u202e<b>你".encode())
    talk.set_mode(mode)
    talk.set_encoding(encoding)
    talk.set_conversation(Conversation(0, (*TALK.chunks, hostile)), loaded_all=False)
    talk.set_marks([Mark(True, 0, 4, "hdr"), Mark(True, 5, 6, "<img>")])
    talk.select(ByteRange(True, 2, 30))
    assert not talk.grab().isNull()


def test_notes_and_empty_texts_paint(talk: ConversationView, view: HexView) -> None:
    talk.set_note(False, "handler raised before its first write")
    talk.set_conversation(Conversation(0, TALK.chunks[:1]))
    assert not talk.grab().isNull()
    talk.set_note(False, "")
    talk.set_empty_text("Select a request")
    talk.set_conversation(Conversation(0, ()))
    assert not talk.grab().isNull()
    view.set_empty_text("0 bytes")
    assert not view.grab().isNull()
    assert view.selected_bytes() == b""
    QTest.keyClick(view, Qt.Key.Key_Down)
    assert view.selected() is None
