"""The bench: run the selected request again as it was or edited, often and from many, and keep what is right."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QSplitter, QVBoxLayout, QWidget

from app.context import Context
from app.link.tick import Tick
from app.panels.benchform import BenchForm
from app.panels.expectationlist import ExpectationList
from app.panels.live import LEAST_HEIGHT, LivePanel, row
from app.reruns import Bench, in_words
from app.text import duration, label, set_role, set_tip, tr
from engine.capture.reader import BadCapture
from engine.replay.playback import NotPlayable, read_playback


class BenchPanel(LivePanel):
    """What to send above, what came of it below it, and the expectations."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.setMinimumHeight(LEAST_HEIGHT)
        self._shown: int | None = None
        self.form = BenchForm()
        self.expectations = ExpectationList(context)
        above = QWidget()
        layout = QVBoxLayout(above)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.form, 1)
        layout.addWidget(self._make_outcome())
        split = QSplitter(Qt.Orientation.Vertical)
        split.setChildrenCollapsible(False)
        split.addWidget(above)
        split.addWidget(self.expectations)
        split.setSizes([270, 190])
        self.box.addWidget(split)
        self._connect()
        self.setFocusProxy(self.form.text)
        self._show_bench()

    def refresh(self, tick: Tick) -> None:
        self._show_request(self.context.selection.request)

    def change_capture(self) -> None:
        self._shown = None
        self.refresh_now()

    def _connect(self) -> None:
        context = self.context
        context.selection.request_changed.connect(lambda _request: self.refresh_now())
        context.reruns.benched.connect(self._show_bench)
        self.form.sent.connect(self._send)
        self.form.stopped.connect(context.reruns.stop)
        self.form.kept.connect(self._keep)

    def _show_request(self, request: int | None) -> None:
        """An answer that is looked at does not take the place of what is edited: its request stays."""
        pair = self.context.reruns.pair_of(request)
        origin = pair.old if pair is not None and pair.new == request and pair.old == self._shown else request
        if origin == self._shown and self.form.playback is not None:
            return
        self._shown = origin
        if origin is None:
            self.form.show_playback(None, tr("Select a request to run it again."))
            return
        try:
            self.form.show_playback(read_playback(self.context.link.reader, origin))
        except (NotPlayable, BadCapture) as error:
            self.form.show_playback(None, str(error))

    def _send(self) -> None:
        playback, form = self.form.playback, self.form
        if playback is not None:
            times, clients = form.times.value(), form.clients.value()
            self.context.reruns.order(
                playback.request,
                payloads=form.payloads,
                repeat=times,
                clients=clients,
                at_once=form.at_once.isChecked(),
                shows=times * clients == 1,
            )

    def _keep(self) -> None:
        """The answer that was captured is what is expected from now on."""
        playback = self.form.playback
        if playback is None:
            return
        reader = self.context.link.reader
        record = reader.request(playback.request)
        if record is None or not playback.whole:
            self.context.tell(tr("Not every byte of the answer was captured; it cannot be expected."))
            return
        made = self.context.expectations.add(record.server_name, playback)
        self.context.tell(tr("Saved: {name}.").format(name=made.name))

    def _make_outcome(self) -> QWidget:
        self.words = label(name=tr("What came of it"), role="dim", elide=True)
        self.times = label(name=tr("How long it took"), role="mono-dim", elide=True)
        self.odd_button = QPushButton(tr("Show a difference"))
        self.odd_button.clicked.connect(self._show_odd)
        self.last_button = QPushButton(tr("Show the last"))
        self.last_button.clicked.connect(self._show_last)
        part = QWidget()
        layout = QVBoxLayout(part)
        layout.setContentsMargins(12, 0, 12, 6)
        layout.setSpacing(2)
        layout.addLayout(row(self.words, None, self.odd_button, self.last_button))
        layout.addWidget(self.times)
        return part

    def _show_bench(self) -> None:
        bench = self.context.reruns.bench
        running = bench is not None and bench.running
        self.form.set_running(running)
        self.words.setText(in_words(bench) if bench is not None else "")
        if bench is not None:
            bad = bench.different or bench.failed or (bench.sentence and not bench.played)
            set_role(self.words, "warn" if bad else "ok" if bench.played else "dim")
        self.times.setText(_times(bench))
        for button, request, tip in (
            (self.odd_button, bench.odd if bench else None, tr("See the first answer that differs beside the old one")),
            (self.last_button, bench.last if bench else None, tr("See the last answer beside the old one")),
        ):
            button.setEnabled(request is not None)
            set_tip(button, tip if request is not None else tr("There is none"))

    def _show_odd(self) -> None:
        bench = self.context.reruns.bench
        if bench is not None and bench.odd is not None:
            self.context.reruns.show(bench.odd)

    def _show_last(self) -> None:
        bench = self.context.reruns.bench
        if bench is not None and bench.last is not None:
            self.context.reruns.show(bench.last)


def _times(bench: Bench | None) -> str:
    if bench is None or not bench.played:
        return ""
    mean = bench.total // bench.played
    if bench.played == 1:
        return tr("answered in {mean}").format(mean=duration(mean))
    return tr("answered in {mean} on average, {shortest} to {longest}").format(
        mean=duration(mean), shortest=duration(bench.shortest), longest=duration(bench.longest)
    )
