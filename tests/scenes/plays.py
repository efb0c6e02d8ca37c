"""The scenes, each a short play in the real window."""

from __future__ import annotations

import dataclasses
import socket
import struct
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtWidgets import QListView, QPushButton

from app.examples import FOLDER
from app.models.faults import FaultSetting
from app.models.gates import GateSetting
from app.models.linepoints import LineSetting
from app.panels.bench import BenchPanel
from app.panels.diff_tab import DiffTab
from app.panels.inspector import BYTES, CODE, EXCEPTION, STAGES
from engine.debug.kinds import BY_WORD
from engine.hosting.profile import Profile
from tests.scenes.theatre import Theatre, bound_client, peer_of, private_socket, taken_port


@dataclass(frozen=True)
class Scene:
    """One scene: what is played before the photograph."""

    number: int
    name: str
    play: Callable[[Theatre], None]


def welcome(here: Theatre) -> None:
    """First launch, empty workspace."""
    here.wait("six cards to run", lambda: len(run_buttons(here)) == 6)


def one_click(here: Theatre) -> None:
    """One click later: Echo runs, with its demo clients."""
    run_buttons(here)[0].click()
    here.wait_requests(8, "server:echo-threads state:done")


def row_to_bytes(here: Theatre) -> None:
    """A row, and its bytes."""
    one_click(here)
    here.look_at(BYTES)
    here.select(here.requests("server:echo-threads state:done")[-1].id)


def waterfall_and_lanes(here: Theatre) -> None:
    """Four clients, one of them slow."""
    key = here.window.context.desk.run_example("broken-length")
    address = here.wait_listening(key).address
    host, _, port = address.rpartition(":")
    here.wait_requests(6, "server:broken-length")
    with socket.create_connection((host, int(port))) as slow:
        slow.sendall(b"\x00\x00\x00\x0c")
        here.wait_requests(24, "server:broken-length state:done")
        slow.sendall(b"hello world!\r\n")
        slow.shutdown(socket.SHUT_WR)
        slow.recv(4096)
    here.look_at(STAGES)
    here.wait_requests(1, "server:broken-length state:done ms>300")
    here.select(here.requests("server:broken-length state:done ms>300")[-1].id)


def exception(here: Theatre) -> None:
    """The exception of "Broken length", and the bytes that caused it."""
    here.window.context.desk.run_example("broken-length")
    failed = here.wait_requests(2, "server:broken-length state:error")
    here.wait_requests(12, "server:broken-length state:done")
    here.select(failed[-1].id)
    here.look_at(EXCEPTION)


def paused(here: Theatre) -> None:
    """Paused at verify and at handle, while others still flow."""
    gates = here.window.context.gates
    key = here.window.context.desk.run_example("echo-threads")
    host, _, port = here.wait_listening(key).address.rpartition(":")
    clients = [bound_client(), bound_client()]
    gates.put(key, GateSetting(1, "verify_request", condition=peer_of(clients[0])))
    gates.put(key, GateSetting(2, "handle", condition=peer_of(clients[1]), patience=300))
    here.wait_requests(3, "server:echo-threads state:done")
    for client, said in zip(clients, (b"first line\r\n", b"second line\r\n"), strict=True):
        client.connect((host, int(port)))
        client.sendall(said)
    here.stay_open(clients)
    here.wait("two are paused", lambda: len([one for one in gates.paused if one.id]) == 2)
    here.wait_requests(12, "server:echo-threads state:done")
    here.window.run("perspective.debug")
    gates.choose(next(one.number for one in gates.paused if one.point == "handle"))
    here.select(next(one.id for one in gates.paused if one.point == "handle" and one.id is not None))


def forking(here: Theatre) -> None:
    """Four children: one has left with exit code 1, one is stuck."""
    file = str(Path(__file__).with_name("order_lines.py"))
    profile = Profile("orders", server_class="ForkingTCPServer", handler_file=file, handler_class="OrderHandler")
    key = here.serve(profile)
    host, _, port = here.wait_listening(key).address.rpartition(":")
    said = (b"buy 17\r\n", b"buy 4711 0815\r\n", b"buy " + b"1" * 40 + b"!\r\n", b"buy 3\r\n")
    for line in said:
        client = socket.create_connection((host, int(port)))
        here.stay_open([client])
        client.sendall(line)
    with socket.create_connection((host, int(port))) as leaving:
        leaving.sendall(b"leave\r\n")
        leaving.recv(1)
    here.wait_requests(1, "server:orders state:killed")
    link = here.window.context.link
    here.wait("one is stuck", lambda: any(one.about.get("line") for one in link.tick.stuck))
    here.look_at(STAGES)
    here.select(link.tick.stuck[0].request)
    view = here.find(QListView, "Stack")
    here.wait("its stack is shown", lambda: view.model().rowCount() > 0)


def lines(here: Theatre) -> None:
    """A thread stopped at a line and stepped to the next, while others still flow."""
    context = here.window.context
    key = context.desk.run_example("broken-length")
    host, _, port = here.wait_listening(key).address.rpartition(":")
    context.lines.put(key, LineSetting(handler_file(here, key), 21, condition="n == 5"))
    here.wait("the debugger is there", lambda: (state := context.lines.state(key)) is not None and state.attached)
    client = socket.create_connection((host, int(port)))
    here.stay_open([client])
    client.sendall(b"\x00\x00\x00\x05hello\r\n")
    here.wait("it stops", lambda: context.lines.stopped and context.lines.stopped[0].id)
    here.window.run("perspective.debug")
    context.lines.watch(key, "len(buf) == n")
    here.select(next(stop.id for stop in context.lines.stopped if stop.id is not None))
    context.lines.choose(context.lines.stopped[0])
    here.wait("its values are there", lambda: "self.rfile" in context.lines.frames.values())
    here.window.run("line.over")
    here.wait("the next line", lambda: context.lines.frames.chosen and context.lines.frames.chosen.line == 23)
    here.wait("its values are there", lambda: "self.rfile" in context.lines.frames.values())
    here.wait("the watch is there", lambda: context.lines.frames.watched)
    here.wait_requests(8, "server:broken-length state:done")


def handler_file(here: Theatre, key: str) -> str:
    """The file of a server's handler."""
    entry = here.window.context.workspace.entry(key)
    assert entry is not None
    return entry.profile.handler_file


def four_families(here: Theatre) -> None:
    """TCP, UDP, Unix stream and Unix datagram side by side, and a bind that failed."""
    desk = here.window.context.desk
    for name in ("echo-threads", "udp-clock", "unix-control"):
        here.wait_listening(desk.run_example(name))
    path = private_socket("events.sock")
    here.serve(
        Profile("events", server_class="ThreadingUnixDatagramServer", path=path,
                handler_file=str(FOLDER / "udp_clock.py"), handler_class="ClockHandler")
    )  # fmt: skip
    answer = private_socket("me.sock")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        client.bind(answer)
        for line in (b"time\n", b"date\n", b"what?\n"):
            client.sendto(line, path)
            client.recv(4096)
    with taken_port() as holder:
        echo = str(FOLDER / "echo.py")
        key = desk.add(
            Profile("taken", port=holder.getsockname()[1], handler_file=echo, handler_class="EchoHandler"), start=True
        )
        here.wait("the trouble is told", lambda: desk.trouble(key) is not None)
        here.wait_requests(3, "server:events")
        here.wait_requests(3, "server:unix-control")
        here.wait_requests(3, "server:udp-clock")
        desk.stop(here.window.context.workspace.entries[2].key)


MENDED = ("if len(buf) != n:", "if len(buf) not in (n, n - 2):")
"""The line of "Broken length" that does not let clients count the line end, and what a person makes of it."""


def fix_and_run_again(here: Theatre) -> None:
    """A failed request, its handler mended in an editor and saved, and the request run again."""
    exception(here)
    file = mend(here, *MENDED)
    key = here.window.context.workspace.entries[0].key
    here.wait("the code is reloaded", lambda: version_of(here, key) == 2)
    here.window.run("request.again")
    here.wait("the new answer is shown", lambda: here.find(DiffTab).verdict is not None)
    here.wait("it has closed", lambda: "Not finished" not in here.find(DiffTab).words.text())
    assert file.exists()


def run_again_equal(here: Theatre) -> None:
    """The mended request once more: the same answer, byte for byte."""
    fix_and_run_again(here)
    here.window.run("request.again")
    here.wait("the answers are equal", lambda: here.find(DiffTab).words.text().startswith("✓"))


def failed_reload(here: Theatre) -> None:
    """A request run again and answered as before; then a file that does not load: the old code is kept."""
    exception(here)
    done = here.requests("server:broken-length state:done")[0].id
    here.select(done)
    here.window.run("request.again")
    here.wait("the new answer is equal", lambda: here.find(DiffTab).words.text().startswith("✓"))
    mend(here, "if len(buf) != n:", "if len(buf) != n")
    key = here.window.context.workspace.entries[0].key
    here.wait("the reload has failed", lambda: here.window.context.desk.warning(key) is not None)
    here.look_at(CODE)


def bench(here: Theatre) -> None:
    """The replay perspective: an edited request run again by many, and what is expected after a reload."""
    exception(here)
    expectations = here.window.context.expectations
    done = here.requests("server:broken-length state:done")
    here.window.run("perspective.replay")
    for record in (done[0], here.requests("server:broken-length state:error")[-1]):
        here.select(record.id)
        here.wait("it can be sent", lambda: here.find(BenchPanel).form.playback is not None)
        here.find(BenchPanel).form.kept.emit()
    mend(here, *MENDED)
    here.wait(
        "both are checked", lambda: all(expectations.fared(one.name).passed is not None for one in expectations.all)
    )
    panel = here.find(BenchPanel)
    panel.form.times.setValue(20)
    panel.form.clients.setValue(4)
    panel.form.sent.emit()
    reruns = here.window.context.reruns
    here.wait("it has been run", lambda: reruns.bench is not None and not reruns.bench.running)
    here.wait("one is shown", lambda: panel.odd_button.isEnabled())
    panel.odd_button.click()


def mend(here: Theatre, old: str, new: str) -> Path:
    """Change the file of the first server as an editor does: another file takes its place."""
    file = Path(here.window.context.workspace.entries[0].profile.handler_file)
    other = file.with_suffix(".new")
    other.write_text(file.read_text().replace(old, new))
    other.replace(file)
    return file


def version_of(here: Theatre, key: str) -> int:
    """The version of its code that a server serves with."""
    status = here.status(key)
    return status.code.number if status is not None else 0


def faults(here: Theatre) -> None:
    """Latency 200 ms ± 50, 3-byte chunks, and a reset for every fifth; clients suffer, one click ends it."""
    injected = here.window.context.faults
    key = here.window.context.desk.run_example("echo-threads")
    here.wait_listening(key)
    here.wait_requests(5, "server:echo-threads state:done")
    injected.put(key, fault(1, "latency", time=0.2, jitter=0.05))
    injected.put(key, fault(2, "split", size=3))
    injected.put(key, dataclasses.replace(fault(3, "rst", at="end"), every=5, seed=7))
    here.wait_requests(12, "server:echo-threads touched:latency -touched:rst")
    here.wait_requests(2, "server:echo-threads touched:rst")
    here.window.run("perspective.debug")
    here.window.reveal("faults")
    here.select(here.requests("server:echo-threads touched:split -touched:rst")[-1].id)
    here.look_at(STAGES)


def fault(number: int, kind: str, **values: object) -> FaultSetting:
    """A fault for every request."""
    return FaultSetting(number, kind, BY_WORD[kind].defaults() | values)


def load(here: Theatre) -> None:
    """The load perspective of a server that has answered, failed and lost clients."""
    waterfall_and_lanes(here)
    host, _, port = here.window.context.link.tick.servers[0].address.rpartition(":")
    for _ in range(3):
        with socket.create_connection((host, int(port))) as client:
            client.sendall(b"\x00\x00")
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    here.wait_requests(3, "server:broken-length state:reset")
    here.window.run("perspective.load")


def slow_stage(here: Theatre) -> None:
    """A handler that lasted too long, and where its worker was; others wait in the accept queue meanwhile."""
    slow = str(FOLDER / "slow.py")
    key = here.serve(
        Profile("slow", server_class="TCPServer", handler_file=slow, handler_class="SlowHandler", slow_after=0.2)
    )
    host, _, port = here.wait_listening(key).address.rpartition(":")
    clients = [socket.create_connection((host, int(port))) for _ in range(7)]
    here.stay_open(clients)
    for client in clients:
        client.sendall(b"slow\n")
    found = here.wait_requests(1, "server:slow slow:*")
    here.look_at(STAGES)
    here.select(found[0].id)
    here.wait_requests(3, "server:slow state:done")


def run_buttons(here: Theatre) -> list[QPushButton]:
    """The Run buttons of the welcome page, in order."""
    return [button for button in here.window.findChildren(QPushButton) if button.text() == "Run"]


SCENES = (
    Scene(1, "welcome", welcome),
    Scene(2, "one-click-later", one_click),
    Scene(3, "row-to-bytes", row_to_bytes),
    Scene(4, "waterfall-and-lanes", waterfall_and_lanes),
    Scene(5, "exception", exception),
    Scene(6, "paused", paused),
    Scene(7, "fix-and-run-again", fix_and_run_again),
    Scene(8, "forking", forking),
    Scene(10, "four-families", four_families),
    Scene(11, "faults", faults),
    Scene(14, "load", load),
    Scene(15, "failed-reload", failed_reload),
    Scene(18, "slow-stage", slow_stage),
    Scene(16, "run-again-equal", run_again_equal),
    Scene(17, "bench", bench),
    Scene(24, "lines", lines),
)


def play_in_own_process(number: int, out: str) -> int:
    """One scene in a process of its own: nothing of one can help another."""
    return subprocess.run([sys.executable, "-m", "tests.scenes", out, "--only", str(number)], check=False).returncode
