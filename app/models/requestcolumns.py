"""The columns of the requests table."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from app.models.columns import RIGHT, Column, Moment
from app.models.connections import standing_sentence, standing_text
from app.models.connections import state_word as connection_word
from app.models.means import means_word
from app.models.places import place_text
from app.models.whereabouts import Whereabouts
from app.models.workernames import short_name
from app.text import QT_TRANSLATE_NOOP, clock, milliseconds, number, safe_text
from engine.capture.records import ConnectionRecord, PauseRecord, RequestRecord, StageRecord, State
from engine.observe.facts import Means
from engine.observe.stages import Stage

LONG_AGO = Moment(0, 0)
FAILED = frozenset({State.ERROR, State.KILLED})
"""States that are somebody's mistake; a reset or a time-out is the peer's way to go."""
CALM = frozenset({State.RESET, State.TIMED_OUT})
"""States that come with an exception which is no mistake: they are grey."""
CUT = frozenset({"ConnectionResetError", "ConnectionAbortedError"})
"""What a reset raises; anything else says that the peer had left in an orderly way."""
GONE = QT_TRANSLATE_NOOP("State", "closed by peer")
SLOW = QT_TRANSLATE_NOOP("State", "{state} · slow")


def lasted(record: RequestRecord, now: int) -> int:
    """From accept to close, or to now, without the time for which it was held at breakpoints, in ns."""
    return max(0, (now if record.closed is None else record.closed) - record.opened - record.paused(now))


def began(record: RequestRecord) -> int:
    """When the first stage started, which is a little before the request is known."""
    return min((stage.started for stage in record.stages), default=record.opened)


def bar_length(record: RequestRecord, now: int) -> int:
    """What its stage bar is long: from the first stage to the end of the last, without pauses, in ns."""
    held = began(record) + record.paused(now)
    if record.closed is None:
        return max(1, now - held)
    return max(1, max((stage.ended or record.closed for stage in record.stages), default=record.closed) - held)


def worked(stage: StageRecord, pauses: Sequence[PauseRecord], now: int) -> int:
    """For how long a stage ran, without what it was held for, in ns; `now` ends what goes on."""
    ended = now if stage.ended is None else stage.ended
    held = sum(
        max(0, min(ended, now if one.ended is None else one.ended) - max(stage.started, one.started)) for one in pauses
    )
    return max(0, ended - stage.started - held)


def _stage(record: RequestRecord, stage: Stage) -> StageRecord | None:
    return next((one for one in record.stages if one.stage is stage), None)


def _stage_time(record: RequestRecord, stage: Stage, now: int) -> int | None:
    found = _stage(record, stage)
    return None if found is None else worked(found, record.pauses, now)


def _cpu(record: RequestRecord) -> int | None:
    inner = (Stage.SETUP, Stage.HANDLE, Stage.FINISH)
    measured = [one.cpu for one in record.stages if one.cpu is not None and one.stage in inner]
    return sum(measured) if measured else None


def worker_text(record: RequestRecord) -> str:
    """T-12, pid 4711, Main."""
    return "" if record.worker is None else short_name(record.worker)


def state_text(record: RequestRecord, moment: Moment = LONG_AGO) -> str:
    """The state in words; a failure says what failed, and one that does not get on says why."""
    sign, state = touch_sign(record), _state_text(record, moment)
    if stuck := stuck_at(record, moment):
        state = f"⚠ {stuck.word} {max(0, moment.now - stuck.since) // 1_000_000_000} s"
    elif record.slow is not None:
        state = QCoreApplication.translate("State", SLOW).format(state=state)
    return f"{sign} {state}" if sign else state


def state_sentence(record: RequestRecord, moment: Moment) -> str:
    """What its state means, if there is more to say: why it does not get on, or whose turn it is."""
    if stuck := stuck_at(record, moment):
        return stuck.sentence
    if (standing := shown_connection(record)) is None:
        return ""
    return standing_sentence(standing, waits=record.state is State.WAITING)


def shown_connection(record: RequestRecord) -> ConnectionRecord | None:
    """The connection of a live request that nobody holds: what its state reads."""
    return record.connection if record.state.live and record.state is not State.PAUSED else None


def stuck_at(record: RequestRecord, moment: Moment) -> Whereabouts | None:
    """Why a request does not get on, if it does not."""
    return moment.stuck.get(record.id) if record.state.live and moment.stuck else None


def touch_sign(record: RequestRecord) -> str:
    """⚡ where a fault was injected, ‖ where only breakpoints acted, "" where nobody did."""
    if record.injected:
        return "⚡"
    return "‖" if record.touched and record.state is not State.PAUSED else ""


def touches_text(record: RequestRecord) -> str:
    """What was done to it, in words: "latency, split"."""
    return ", ".join(means_word(means) for means in Means.among(record.touched))


def _state_text(record: RequestRecord, moment: Moment) -> str:
    state = record.state
    if (standing := shown_connection(record)) is not None:
        return standing_text(standing, moment) if record.slow is None else connection_word(standing.state)
    if state in FAILED:
        return f"✕ {safe_text(record.error or state_word(state), 60)}"
    if state is State.PAUSED:
        return f"‖ {place_text(record.held) or record.stage.method}"
    if state is State.RESET and record.error is not None and record.error not in CUT:
        return QCoreApplication.translate("State", GONE)
    return state_word(state)


def state_word(state: State) -> str:
    """A state in the person's language."""
    return QCoreApplication.translate("State", _STATE_WORDS[state])


_STATE_WORDS = {
    State.QUEUED: QT_TRANSLATE_NOOP("State", "queued"),
    State.RUNNING: QT_TRANSLATE_NOOP("State", "running"),
    State.WAITING: QT_TRANSLATE_NOOP("State", "waiting"),
    State.PAUSED: QT_TRANSLATE_NOOP("State", "paused"),
    State.DONE: QT_TRANSLATE_NOOP("State", "done"),
    State.REJECTED: QT_TRANSLATE_NOOP("State", "rejected"),
    State.ERROR: QT_TRANSLATE_NOOP("State", "error"),
    State.RESET: QT_TRANSLATE_NOOP("State", "reset"),
    State.TIMED_OUT: QT_TRANSLATE_NOOP("State", "timed out"),
    State.KILLED: QT_TRANSLATE_NOOP("State", "killed"),
}


def _ms(record: RequestRecord, stage: Stage, moment: Moment) -> str:
    return milliseconds(_stage_time(record, stage, moment.now))


COLUMNS: tuple[Column[RequestRecord], ...] = (
    Column(
        "id",
        QT_TRANSLATE_NOOP("RequestsModel", "#"),
        QT_TRANSLATE_NOOP("RequestsModel", "Number of the request in this capture"),
        60,
        lambda r, m: str(r.id),
        "id",
        RIGHT,
        mono=True,
    ),
    Column(
        "time",
        QT_TRANSLATE_NOOP("RequestsModel", "time"),
        QT_TRANSLATE_NOOP("RequestsModel", "When the server accepted it"),
        104,
        lambda r, m: clock(r.opened, m.wall_offset),
        "id",
        mono=True,
    ),
    Column(
        "server",
        QT_TRANSLATE_NOOP("RequestsModel", "server"),
        QT_TRANSLATE_NOOP("RequestsModel", "The server that accepted it"),
        110,
        lambda r, m: safe_text(r.server_name),
        "server",
        optional=True,
    ),
    Column(
        "transport",
        QT_TRANSLATE_NOOP("RequestsModel", "transport"),
        QT_TRANSLATE_NOOP("RequestsModel", "tcp, udp, unix (stream) or unixgram"),
        74,
        lambda r, m: safe_text(r.transport),
        "transport",
        mono=True,
        optional=True,
    ),
    Column(
        "peer",
        QT_TRANSLATE_NOOP("RequestsModel", "peer"),
        QT_TRANSLATE_NOOP("RequestsModel", "Address of the client; a Unix socket without a name has none"),
        126,
        lambda r, m: safe_text(r.peer) or "\u2013",
        "peer",
        mono=True,
    ),
    Column(
        "local",
        QT_TRANSLATE_NOOP("RequestsModel", "local"),
        QT_TRANSLATE_NOOP("RequestsModel", "Address on the server's side"),
        138,
        lambda r, m: safe_text(r.local),
        "local",
        mono=True,
        optional=True,
    ),
    Column(
        "worker",
        QT_TRANSLATE_NOOP("RequestsModel", "worker"),
        QT_TRANSLATE_NOOP("RequestsModel", "Thread, or forked process, that ran the handler"),
        84,
        lambda r, m: worker_text(r),
        "worker",
        mono=True,
    ),
    Column(
        "in",
        QT_TRANSLATE_NOOP("RequestsModel", "in"),
        QT_TRANSLATE_NOOP("RequestsModel", "Bytes received"),
        62,
        lambda r, m: number(r.bytes_in),
        "bytes_in",
        RIGHT,
        mono=True,
    ),
    Column(
        "out",
        QT_TRANSLATE_NOOP("RequestsModel", "out"),
        QT_TRANSLATE_NOOP("RequestsModel", "Bytes sent"),
        62,
        lambda r, m: number(r.bytes_out),
        "bytes_out",
        RIGHT,
        mono=True,
    ),
    Column(
        "ms",
        QT_TRANSLATE_NOOP("RequestsModel", "ms"),
        QT_TRANSLATE_NOOP("RequestsModel", "From accept to close without pauses, in milliseconds"),
        60,
        lambda r, m: milliseconds(lasted(r, m.now)),
        "duration",
        RIGHT,
        mono=True,
    ),
    Column(
        "queue",
        QT_TRANSLATE_NOOP("RequestsModel", "queue ms"),
        QT_TRANSLATE_NOOP("RequestsModel", "Wait from process_request to the worker's first instruction"),
        68,
        lambda r, m: _ms(r, Stage.QUEUE, m),
        "",
        RIGHT,
        mono=True,
        optional=True,
    ),
    Column(
        "handle",
        QT_TRANSLATE_NOOP("RequestsModel", "handle ms"),
        QT_TRANSLATE_NOOP("RequestsModel", "Time in the handler's handle()"),
        72,
        lambda r, m: _ms(r, Stage.HANDLE, m),
        "",
        RIGHT,
        mono=True,
        optional=True,
    ),
    Column(
        "cpu",
        QT_TRANSLATE_NOOP("RequestsModel", "cpu ms"),
        QT_TRANSLATE_NOOP("RequestsModel", "Time that setup, handle and finish were on a CPU"),
        64,
        lambda r, m: milliseconds(_cpu(r)),
        "",
        RIGHT,
        mono=True,
        optional=True,
    ),
    Column(
        "state",
        QT_TRANSLATE_NOOP("RequestsModel", "state"),
        QT_TRANSLATE_NOOP(
            "RequestsModel",
            "new (nobody works for it yet), active (its handler owes an answer), idle (it is the client's turn), "
            "paused, done, rejected by verify_request, error (the handler raised), reset by the peer, timed out, "
            "or killed; "
            "⚡ a fault acted on it, ‖ a breakpoint did",
        ),
        118,
        state_text,
        "state",
    ),
    Column(
        "error",
        QT_TRANSLATE_NOOP("RequestsModel", "message"),
        QT_TRANSLATE_NOOP("RequestsModel", "What the exception says, or how the worker died"),
        180,
        lambda r, m: safe_text(r.message or ""),
        "error",
        optional=True,
    ),
    Column(
        "stages",
        QT_TRANSLATE_NOOP("RequestsModel", "stages"),
        QT_TRANSLATE_NOOP(
            "RequestsModel",
            "How the time was spent, to one scale for all rows on screen: solid on a CPU, pale while waiting",
        ),
        160,
        lambda r, m: "",
    ),
)

BY_KEY = {column.key: position for position, column in enumerate(COLUMNS)}
