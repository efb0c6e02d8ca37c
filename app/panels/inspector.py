"""The inspector: bytes, stages, exception and code of the selected request, and how its answer has changed."""

from __future__ import annotations

from PySide6.QtWidgets import QTabWidget

from app.context import Context
from app.link.tick import Tick
from app.models.chunks import ChunksModel
from app.models.finding import found
from app.models.requestcolumns import touch_sign, touches_text, worker_text
from app.panels.bytes_tab import BytesTab
from app.panels.code_tab import CodeTab
from app.panels.diff_tab import DiffTab
from app.panels.exception_tab import ExceptionTab
from app.panels.live import LEAST_HEIGHT, LivePanel
from app.panels.stages_tab import StagesTab
from app.reruns import Pair
from app.text import safe_text, tr
from app.widgets.hexview import Mark
from app.widgets.tabtitle import TabTitle
from engine.capture.records import FailureRecord, InterferenceRecord, RequestRecord, SlowRecord, State
from engine.capture.waits import Waits
from engine.observe.causes import Cause

BYTES, STAGES, EXCEPTION, CODE, DIFF = range(5)
TABS = ("bytes", "stages", "exception", "code", "diff")
MOST_TOUCHES = 100


class InspectorPanel(LivePanel):
    """Five looks at one request. Only the one on screen is kept up to date."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, role="chrome")
        self.setMinimumHeight(LEAST_HEIGHT)
        self.setAccessibleName(tr("Inspector"))
        self._chunks = ChunksModel(context.link.reader, self)
        self._request: RequestRecord | None = None
        self._failure: FailureRecord | None = None
        self._touches: list[InterferenceRecord] = []
        self._slow: list[SlowRecord] = []
        self._waits: Waits | None = None
        self.bytes = BytesTab(context, self._chunks)
        self.stages = StagesTab(context)
        self.exception = ExceptionTab(context)
        self.code = CodeTab(context)
        self.diff = DiffTab(context)
        self._build_tabs()
        context.selection.request_changed.connect(self._on_request)
        context.selection.server_changed.connect(lambda _key: self._show(context.link.tick))
        context.view.filter_changed.connect(lambda _text: self._show(context.link.tick))
        context.view.details_wanted.connect(self._on_details_wanted)
        context.view.tab_wanted.connect(lambda name: self.tabs.setCurrentIndex(TABS.index(name)))
        context.lines.shown.connect(lambda: self.tabs.setCurrentIndex(CODE))
        context.lines.place_wanted.connect(self._on_place_wanted)
        context.reruns.answered.connect(self._on_answered)
        context.reruns.pair_changed.connect(self._show_diff)
        self.setFocusProxy(self.tabs.tabBar())
        self._on_request(context.selection.request)

    def refresh(self, tick: Tick) -> None:
        selected = self.context.selection.request
        if self.tabs.currentIndex() == CODE:
            self._show_code(tick)
        elif self.tabs.currentIndex() == EXCEPTION:
            self.exception.count_alike(tick.at)
        if selected is None or self._is_settled():
            return
        self._read(selected)
        self._show(tick)

    def _is_settled(self) -> bool:
        """Whether nothing more will come: it has closed, and if it failed the failure is here."""
        request = self._request
        return request is not None and not request.state.live and (self._failure is not None or not request.error)

    def change_capture(self) -> None:
        self._chunks.set_reader(self.context.link.reader)
        self._request = None

    def _build_tabs(self) -> None:
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.setAccessibleName(tr("Inspector"))
        self.tabs.tabBar().setDrawBase(False)
        self.tabs.tabBar().setAccessibleName(tr("Inspector's tabs"))
        self.tabs.addTab(self.bytes, tr("Bytes"))
        self.tabs.addTab(self.stages, tr("Stages"))
        self.tabs.addTab(self.exception, tr("Exception"))
        self.tabs.addTab(self.code, tr("Code"))
        self.tabs.addTab(self.diff, tr("Diff"))
        tips = (tr("What came in and went out"), tr("Where the time went"), tr("What the handler raised"),
                tr("The handler's file, or the line that failed"), tr("The answer beside an earlier one"))  # fmt: skip
        for index, tip in enumerate(tips):
            self.tabs.setTabToolTip(index, tip)
        self.who = TabTitle(self.tabs, tr("Selected request"))
        self.tabs.currentChanged.connect(self._on_tab)
        self.box.addWidget(self.tabs)

    def _on_request(self, request: int | None) -> None:
        self._request = self._failure = None
        self._touches, self._slow, self._waits = [], [], None
        self._chunks.set_request(request)
        if request is not None:
            self._read(request)
        self._show(self.context.link.tick)

    def _on_details_wanted(self) -> None:
        """Of a failed request people want the failure, of one that is stuck where; of another anything but these."""
        stuck = {one.request for one in self.context.link.tick.stuck}
        if self._failure is not None:
            self.tabs.setCurrentIndex(EXCEPTION)
        elif self._request is not None and self._request.id in stuck:
            self.tabs.setCurrentIndex(STAGES)
        elif self.tabs.currentIndex() == EXCEPTION:
            self.tabs.setCurrentIndex(BYTES)

    def _on_place_wanted(self, key: str, path: str, line: int) -> None:
        self.tabs.setCurrentIndex(CODE)
        self.code.show_place(key, path, line)

    def _on_answered(self, pair: Pair) -> None:
        """The person has run a request again, and wants to see what has become of the answer."""
        self.context.selection.select_request(pair.new)
        self._show_diff()

    def _show_diff(self) -> None:
        if self.tabs.currentIndex() == DIFF:
            self._show(self.context.link.tick)
        self.tabs.setCurrentIndex(DIFF)

    def _on_tab(self) -> None:
        self._show(self.context.link.tick)

    def _read(self, request: int) -> None:
        reader = self.context.link.reader
        self._request = reader.request(request)
        if self._request is not None and (self._request.error or self._request.state.word == "error"):
            self._failure = reader.failure(request)
        if self._request is not None and self._request.touched:
            self._touches = reader.interferences(request, MOST_TOUCHES)
        if self._request is not None and self._request.slow is not None:
            self._slow = reader.slow_stages(request)
        self._waits = reader.waits(self._request) if self._request is not None else None
        self._chunks.refresh()

    def _show(self, tick: Tick) -> None:
        request, failure = self._request, self._failure
        self.who.set_text(_title(request, self.context.selection.request, self._pair()))
        bug = failure is not None and failure.cause is Cause.BUG
        self.tabs.setTabText(EXCEPTION, tr("Exception ✕") if bug else tr("Exception"))
        shown = self.tabs.currentIndex()
        self.bytes.show_nothing(request is None)
        if shown == STAGES:
            self.stages.show_request(
                request, tick.at, failure.stage if failure else None, self._touches, self._slow, self._waits
            )
            return
        if shown == CODE:
            self._show_code(tick)
            return
        if shown == DIFF:
            self._show_answers()
            return
        self._show_failure(tick.at)
        if shown == BYTES:
            self.bytes.set_marks([*(self.exception.marks() if failure else []), *self._found()])
            self.bytes.set_note(_note(request, failure))

    def _found(self) -> list[Mark]:
        """What the filter asks for, where it stands."""
        places = found(self.context.view.filter, self._chunks.conversation)
        return [Mark(received, start, end, tr("found"), found=True) for received, start, end in places]

    def _show_answers(self) -> None:
        selected, pair = self.context.selection.request, self._pair()
        expectation = self.context.expectations.of_request(selected)
        if pair is None and expectation is not None and selected is not None:
            self.diff.show_expected(expectation, selected)
        else:
            self.diff.show_pair(pair)

    def _pair(self) -> Pair | None:
        return self.context.reruns.pair_of(self.context.selection.request)

    def _show_code(self, tick: Tick) -> None:
        self.code.show_request(self._request, self._failure, tick.at)

    def _show_failure(self, now: int) -> None:
        if self._request is not None and self._failure is not None:
            self.exception.show_failure(self._request, self._failure, self._chunks.conversation)
        else:
            self.exception.show_calm(self._request, now)


def _title(request: RequestRecord | None, selected: int | None, pair: Pair | None) -> str:
    if request is None:
        return tr("#{n} is no longer in the capture").format(n=selected) if selected else tr("Select a request")
    parts = [f"#{request.id}", safe_text(request.peer or tr("unnamed peer"), 80)]
    if request.worker is not None:
        parts.append(worker_text(request))
    if pair is not None and pair.new == request.id:
        parts.append(tr("compared with #{n}").format(n=pair.old))
    if request.touched:
        parts.append(f"{touch_sign(request)} {touches_text(request)}".strip())
    return " · ".join(parts)


def _note(request: RequestRecord | None, failure: FailureRecord | None) -> str:
    if request is None:
        return ""
    if request.state is State.KILLED:
        return tr("died before its first write")
    if failure is not None:
        return tr("handler raised before its first write")
    return tr("nothing sent so far") if request.state.live else tr("handler sent nothing")
