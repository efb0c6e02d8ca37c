"""What can be said about a profile before anything is started."""

from __future__ import annotations

import os
from typing import Any

from .building import check_attributes, check_tls
from .errors import HostingError
from .handlers import HandlerFileError, find_handlers
from .profile import ON_SAVE, SERVER_CLASSES, Profile
from .rules import RulesError, read_rules

LONGEST = 86_400
"""Seconds that a stage may last without being told as slow, at most."""


def read_profile(data: object) -> Profile:
    """A profile from an order. Raises HostingError if it is none."""
    if not isinstance(data, dict):
        raise HostingError("bad_profile", "A profile is needed to start a server.")
    try:
        profile = Profile.from_json(data)
    except (ValueError, TypeError) as error:
        raise HostingError("bad_profile", f"This profile cannot be read: {error}") from None
    _check_types(profile)
    return profile


def check_profile(profile: Profile) -> None:
    """Raise HostingError with a sentence for what cannot work, as far as that can be told without trying."""
    if profile.kind == "script":
        _check_script(profile)
    else:
        _check_server(profile)


def _check_types(profile: Profile) -> None:
    texts = ("name", "kind", "server_class", "host", "path", "handler_file", "handler_module", "handler_class")
    more = ("script", "module", "directory", "interpreter", "tls_cert", "tls_key")
    for name in texts + more:
        value = getattr(profile, name)
        if not isinstance(value, str) or "\0" in value:
            raise HostingError("bad_profile", f"The profile's {name} must be text without NUL characters.")
    if type(profile.port) is not int:
        raise HostingError("port_out_of_range", f"{profile.port!r} is no port; choose one from 0 (any free) to 65535.")
    if not isinstance(profile.rules, dict):
        raise HostingError("bad_rules", "The profile's rules must be an object.")
    if type(profile.hardened) is not bool:
        raise HostingError("bad_profile", "The profile's hardened must be true or false.")
    if profile.on_save not in ON_SAVE:
        raise HostingError("bad_profile", f"The profile's on_save must be one of {', '.join(ON_SAVE)}.")
    for name in ("slow_after", "slow_accepting"):
        value = getattr(profile, name)
        if type(value) not in (int, float) or not 0 <= value <= LONGEST:
            raise HostingError("bad_profile", f"The profile's {name} must be seconds from 0 (never told) to {LONGEST}.")
    _check_environment(profile.environment)


def _check_environment(environment: Any) -> None:
    good = isinstance(environment, dict) and all(
        isinstance(name, str) and isinstance(value, str) and name and "=" not in name and "\0" not in name + value
        for name, value in environment.items()
    )
    if not good:
        raise HostingError("bad_profile", "Environment variables must be NAME=value.")


def _check_script(profile: Profile) -> None:
    if profile.module:
        return
    if not profile.script:
        raise HostingError("not_found", "No program was named; choose a Python file or a module.")
    path = os.path.join(profile.directory or os.getcwd(), profile.script)
    if not os.path.exists(path):
        raise HostingError("not_found", f"There is no file {profile.script}; choose another.")


def _check_server(profile: Profile) -> None:
    if profile.server_class not in SERVER_CLASSES.values():
        known = ", ".join(SERVER_CLASSES.values())
        raise HostingError("bad_profile", f"There is no server class {profile.server_class}; choose one of {known}.")
    if sentence := check_attributes(profile):
        raise HostingError("bad_attribute", sentence)
    if sentence := check_tls(profile):
        raise HostingError("bad_certificate", sentence)
    if profile.rules:
        check_rules(profile.rules)
    elif profile.handler_file:
        _check_handler_file(profile)
    elif not profile.handler_module:
        raise HostingError("no_handler", "No handler was chosen; choose a Python file and a handler class in it.")


def check_rules(document: object) -> None:
    """Raise HostingError with a sentence for rules that cannot be understood."""
    try:
        read_rules(document)
    except RulesError as error:
        raise HostingError("bad_rules", str(error), rule=error.rule) from None


def _check_handler_file(profile: Profile) -> None:
    name = os.path.basename(profile.handler_file)
    try:
        found = [handler.name for handler in find_handlers(profile.handler_file)]
    except HandlerFileError as error:
        raise HostingError(error.code, error.sentence, file=profile.handler_file, line=error.line) from None
    if not found and not profile.handler_class:
        sentence = f"There is no handler class in {name}; write one that derives from socketserver.BaseRequestHandler."
        raise HostingError("no_handler", sentence, handlers=[])
    if not profile.handler_class:
        raise HostingError("no_handler", f"Choose a handler of {name}: {', '.join(found)}.", handlers=found)
