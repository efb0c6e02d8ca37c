"""The headless commands: serve a handler, run a program, show or replay a capture, examine a server class."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

from ..hosting.profile import ON_SAVE
from .dicing import fault_help
from .doctor import doctor
from .replay import replay
from .ruling import RULES_HELP
from .run import run, split_program
from .serve import serve
from .show import show
from .terminal import BAD_INPUT, complain


def main(argv: Sequence[str]) -> int:
    """Carry out one of the commands of `parser`; returns the exit code (2 for bad input)."""
    words = list(argv)
    program: list[str] = []
    if words[:1] == ["run"]:
        words, program = split_program(words)
    options = parser().parse_args(words)
    options.program = program
    command: Callable[[argparse.Namespace], int] | None = getattr(options, "command", None)
    if command is None:
        return complain("Say what to do: serve, run, show, replay or doctor; --help explains each.", BAD_INPUT)
    return command(options)


def parser() -> argparse.ArgumentParser:
    """The parser of all of them."""
    made = argparse.ArgumentParser(prog="socketscope", description="Watch socket servers from the command line.")
    commands = made.add_subparsers(title="commands", metavar="serve | run | show | replay | doctor")
    _add_serve(commands)
    _add_run(commands)
    _add_show(commands)
    _add_replay(commands)
    _add_doctor(commands)
    return made


def _add_serve(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    made = commands.add_parser(
        "serve",
        help="serve with a handler class of yours",
        epilog=f"{RULES_HELP}\n{fault_help()}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.set_defaults(command=serve)
    made.add_argument("target", metavar="TARGET", nargs="?", help="file.py:Handler or package.module:Handler")
    made.add_argument("--rules", metavar="FILE.json", help="answer by rules instead of a handler; see below")
    made.add_argument("--server", metavar="CLASS", help="server class of socketserver (ThreadingTCPServer)")
    made.add_argument("--bind", metavar="ADDRESS", default="127.0.0.1:0", help="HOST:PORT or unix:PATH (127.0.0.1:0)")
    made.add_argument("--expose", action="store_true", help="confirm an address that other machines can reach")
    made.add_argument("--set", metavar="NAME=VALUE", action="append", default=[], help="a class attribute, repeatable")
    made.add_argument("--tls-cert", metavar="FILE", default="", help="speak TLS with this certificate (PEM)")
    made.add_argument("--tls-key", metavar="FILE", default="", help="its key, if that is not in the same file")
    made.add_argument("--hardened", action="store_true", help="long queue, no delays, patient goodbyes")
    _add_faults(made)
    made.add_argument("--on-save", choices=ON_SAVE, default="reload", help="when its file is saved (reload)")
    made.add_argument("--slow", metavar="SECONDS", default="1", help="tell of stages that last longer; 0: never (1)")
    made.add_argument("--name", default="", help="what to call the server (the handler's name)")
    made.add_argument("--python", metavar="PATH", default="", help="the interpreter to serve with")
    _add_output(made)


def _add_run(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    usage = "socketscope run [--record FILE] [--json] [--fault FAULT] SCRIPT ARGS ... | -m MODULE ARGS ..."
    made = commands.add_parser(
        "run",
        help="run a program and watch every server that it makes",
        usage=usage,
        epilog=fault_help(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.set_defaults(command=run)
    made.add_argument("--python", metavar="PATH", default="", help="the interpreter to run it with")
    _add_faults(made)
    _add_output(made)


def _add_faults(made: argparse.ArgumentParser) -> None:
    made.add_argument("--fault", metavar="FAULT", action="append", default=[], help="inject it, repeatable; see below")
    made.add_argument("--seed", metavar="N", default="0", help="of all dice of the faults: the same run again (0)")


def _add_output(made: argparse.ArgumentParser) -> None:
    made.add_argument("--record", metavar="FILE", help="keep the capture (name it .socketscope)")
    made.add_argument("--json", action="store_true", help="say what happens as JSON, one object a line")


def _add_show(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    made = commands.add_parser("show", help="list the requests of a capture")
    made.set_defaults(command=show)
    made.add_argument("capture", metavar="CAPTURE")
    made.add_argument("--json", action="store_true", help="one JSON object a request")
    made.add_argument("--summary", action="store_true", help="counters and percentiles of each stage, by server")
    made.add_argument("--bytes", action="store_true", help="with the bytes that were received and sent")
    made.add_argument(
        "--where", metavar="FILTER", default="", help="only some, as in: state:error server:echo bytes>1k"
    )


def _add_replay(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    made = commands.add_parser("replay", help="send the requests of a capture again and compare the answers")
    made.set_defaults(command=replay)
    made.add_argument("capture", metavar="CAPTURE", help="a capture, or a file of expectations (.json)")
    made.add_argument("--where", metavar="FILTER", default="", help="only some, as in: state:done server:echo")
    made.add_argument("--to", metavar="ADDRESS", default="", help="HOST:PORT or unix:PATH (where they came to)")
    made.add_argument("--at-once", action="store_true", help="without the pauses that the clients made")
    made.add_argument("--check", action="store_true", help="exit code 1 unless every answer is the same")
    made.add_argument("--patience", metavar="SECONDS", default="2", help="silence that is taken for the end (2)")
    made.add_argument("--anywhere", action="store_true", help="confirm an address that is another machine's")
    made.add_argument("--json", action="store_true", help="one JSON object a request")


def _add_doctor(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    made = commands.add_parser("doctor", help="examine a server class for the known weaknesses of socketserver")
    made.set_defaults(command=doctor)
    made.add_argument("target", metavar="TARGET", help="file.py:ServerClass or package.module:ServerClass")
    made.add_argument("--only", metavar="NAME", action="append", default=[], help="this check only, repeatable")
    made.add_argument("--hardened", action="store_true", help="examine engine.harden(ServerClass), limits set")
    made.add_argument("--tls", action="store_true", help="have it speak TLS, with a throw-away certificate")
    made.add_argument("--timeout", metavar="SECONDS", default="15", help="for each check (15)")
    made.add_argument("--json", action="store_true", help="one JSON object")
