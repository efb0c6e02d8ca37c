"""One thread is stopped at a line and stepped while others go on; without a session nothing is loaded."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

PROGRAM = """
import json, os, queue, socket, sys, threading
from engine.debug import lines
assert not {"debugpy", "pydevd"} & set(sys.modules)
ours, theirs = socket.socketpair()
ours.settimeout(10)
stream, out, asked = ours.makefile("rb"), queue.Queue(), iter(range(1, 99))

def work(n):
    x = n * 2
    return x
BREAK = work.__code__.co_firstlineno + 2

def ask(command, **arguments):
    number = next(asked)
    body = json.dumps({"seq": number, "type": "request", "command": command, "arguments": arguments}).encode()
    ours.sendall(b"Content-Length: %d\\r\\n\\r\\n" % len(body) + body)
    return until(lambda m: m.get("request_seq") == number).get("body")

def until(fits):
    while True:
        size = int(stream.readline().split(b":")[1])
        stream.readline()
        message = json.loads(stream.read(size))
        if fits(message):
            return message

def person():
    ask("initialize", adapterID="test", pathFormat="path")
    ask("attach", justMyCode=False, steppingResumesAllThreads=False, stopAllThreadsOnSuspend=False)
    ask("setBreakpoints", source={"path": __file__}, breakpoints=[{"line": BREAK, "condition": "n == 5"}])
    ask("configurationDone")
    for n in (4, 5, 6):
        threading.Thread(target=lambda n=n: out.put(work(n))).start()
    thread = until(lambda m: m.get("event") == "stopped")["body"]["threadId"]
    assert {out.get(timeout=10), out.get(timeout=10)} == {8, 12}
    frame = ask("stackTrace", threadId=thread)["stackFrames"][0]
    assert (frame["name"], frame["line"]) == ("work", BREAK), frame
    assert ask("evaluate", expression="x", frameId=frame["id"])["result"] == "10"
    ask("continue", threadId=thread, singleThread=True)
    assert out.get(timeout=10) == 10
    ask("disconnect", terminateDebuggee=False)
    print("stepped", flush=True)
    os._exit(0)

lines.attach(theirs, sys.argv[1])
sys.modules["pydevd"].TIMEOUT_SLOW = 60.0  # who is told to go on is woken, and does not wait until it looks
assert sys.path.count(sys.argv[1]) <= 1
client = threading.Thread(target=person)
client.is_pydev_daemon_thread = client.pydev_do_not_trace = True
client.start()
client.join()
"""


def test_one_thread_stops_and_others_go_on(tmp_path: Path) -> None:

    path = tmp_path / "program.py"
    path.write_text(f"import sys; sys.path.insert(0, {str(Path.cwd())!r})\n{PROGRAM}")
    command = [sys.executable, str(path), sysconfig.get_paths()["purelib"]]
    done = subprocess.run(command, capture_output=True, text=True, timeout=40, check=False)
    assert "stepped" in done.stdout, done.stderr


def test_without_debugpy_a_sentence_says_so() -> None:
    """As in an interpreter in which it is not installed."""
    code = (
        f"import sys; sys.path.insert(0, {str(Path.cwd())!r})\n"
        "import socket; from engine.debug import lines\n"
        "before = list(sys.path)\n"
        "try:\n    lines.attach(socket.socketpair()[0], '/nowhere')\n"
        "except lines.NoLineDebugger as error:\n    print(error)\n"
        "assert sys.path == before\n"
        "lines.detach()\n"
    )
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, timeout=40, check=False)
    assert "debugpy cannot be loaded in Python 3" in done.stdout, done.stderr
    assert done.stdout.count("\n") == 1
