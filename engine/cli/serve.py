"""`socketscope serve`: a server around a handler class of the user."""

from __future__ import annotations

import argparse
import ipaddress
import os
import sys
from functools import partial
from typing import Any

from ..hosting.binding import is_loopback
from ..hosting.building import HANDLER_ATTRIBUTES, SERVER_ATTRIBUTES
from ..hosting.profile import SERVER_CLASSES, Profile
from .dicing import make_faults
from .ruling import load_rules
from .session import OnServer, Session, run_session
from .terminal import BAD_INPUT, complain, safe, say, say_json

_WORDS = {"true": True, "false": False, "none": None}


class BadInputError(ValueError):
    """What was typed cannot be meant; the text is one sentence."""


def serve(options: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM."""
    try:
        profile = make_profile(options)
        faults = make_faults(options.fault, options.seed, profile.family)
    except ValueError as error:
        return complain(str(error), BAD_INPUT)
    output = sys.stderr if options.json else sys.stdout
    on_server = partial(announcer, as_json=options.json)
    return run_session(profile, options.record, output, on_server, faults)


def announcer(session: Session, *, as_json: bool) -> OnServer:
    """Says that a server listens, in a line for people or for programs; and to programs which requests are stuck."""
    if as_json:
        session.on_stuck = say_json

    def announce(server: dict[str, Any]) -> None:
        if as_json:
            say_json(
                {
                    "server": server["name"],
                    "address": server["address"],
                    "pid": server["pid"],
                    "capture": session.capture,
                }
            )
        else:
            say(f"listening on {safe(server['address'])}")

    return announce


def make_profile(options: argparse.Namespace) -> Profile:
    """The profile that the options describe. Raises BadInputError."""
    rules = _rules(options)
    file, module, handler = ("", "", "") if rules else target_of(options.target, "Handler")
    place = _bind(options.bind)
    server_class = options.server or ("ThreadingUnixStreamServer" if "path" in place else "ThreadingTCPServer")
    attributes, handler_attributes = _attributes(options.set)
    profile = Profile(
        name=options.name or handler or "rules",
        rules=rules,
        server_class=_check_class(server_class, place),
        handler_file=file,
        handler_module=module,
        handler_class=handler,
        attributes=attributes,
        handler_attributes=handler_attributes,
        tls_cert=os.path.abspath(options.tls_cert) if options.tls_cert else "",
        tls_key=os.path.abspath(options.tls_key) if options.tls_key else "",
        hardened=options.hardened,
        interpreter=options.python,
        on_save=options.on_save,
        slow_after=_seconds(options.slow),
        **place,
    )
    if "host" in place and not is_loopback(profile.host) and not options.expose and not _is_mistyped(profile.host):
        raise BadInputError(f"Other machines could reach {options.bind}; add --expose if that is what you want.")
    return profile


def _rules(options: argparse.Namespace) -> dict[str, Any]:
    if (options.target is None) is (options.rules is None):
        raise BadInputError("Say what answers: TARGET, as in file.py:Handler, or --rules FILE.json.")
    return load_rules(options.rules) if options.rules is not None else {}


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise BadInputError(f"{text!r} is no number of seconds; write --slow 0.5, say.") from None


def _is_mistyped(host: str) -> bool:
    """Digits and dots that are no address, which the supervisor will say: nobody could reach them."""
    try:
        ipaddress.ip_address(host or "0.0.0.0")
    except ValueError:
        return not host.strip("0123456789.-")
    return False


def target_of(text: str, wanted: str) -> tuple[str, str, str]:
    """File, module and class of `file.py:Handler` or `package.module:Handler`; `wanted` is the word for the class."""
    place, colon, handler = text.rpartition(":")
    if not colon or not place or not handler:
        what = "handler" if wanted == "Handler" else "server class"
        raise BadInputError(f"{text!r} names no {what}; write file.py:{wanted} or package.module:{wanted}.")
    if place.endswith(".py") or os.sep in place:
        return os.path.abspath(place), "", handler
    return "", place, handler


def _bind(text: str) -> dict[str, Any]:
    if text.startswith("unix:"):
        path = text.removeprefix("unix:")
        return {"path": path if path.startswith("@") or not path else os.path.abspath(path)}
    host, colon, port = text.rpartition(":")
    if not port.lstrip("-").isdigit():
        raise BadInputError(f"{text!r} is no address; write HOST:PORT, as in 127.0.0.1:0, or unix:PATH.")
    return {"host": host.strip("[]") if colon else "127.0.0.1", "port": int(port)}


def _check_class(name: str, place: dict[str, Any]) -> str:
    families = {known: family for (family, _), known in SERVER_CLASSES.items()}
    if name not in families:
        raise BadInputError(f"There is no server class {name}; choose one of {', '.join(families)}.")
    if families[name].startswith("unix") and "path" not in place:
        raise BadInputError(f"{name} listens at a path; add --bind unix:PATH.")
    if not families[name].startswith("unix") and "path" in place:
        raise BadInputError(f"{name} listens at a port; add --bind HOST:PORT, or choose a Unix server.")
    return name


def _attributes(settings: list[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Those of the server and those of the handler; `handler.timeout` is the handler's, `timeout` the server's."""
    server: dict[str, Any] = {}
    handler: dict[str, Any] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals:
            raise BadInputError(f"{setting!r} sets nothing; write NAME=VALUE, as in allow_reuse_address=true.")
        of_handler = name.startswith("handler.") or (name in HANDLER_ATTRIBUTES and name not in SERVER_ATTRIBUTES)
        (handler if of_handler else server)[name.removeprefix("handler.")] = _value(text)
    return server, handler


def _value(text: str) -> Any:
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
