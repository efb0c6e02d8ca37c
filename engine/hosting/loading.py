"""Brings the user's code into a host: a handler class from a file or a module, or a whole program."""

from __future__ import annotations

import importlib
import importlib.util
import io
import os
import runpy
import sys
import traceback
from types import ModuleType, TracebackType
from typing import Any

from ..debug.values import message_of
from .profile import Profile

TRACEBACK_LIMIT = 20_000
_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


class LoadingError(Exception):
    """The user's code could not be loaded; `event` is what the supervisor is told."""

    def __init__(self, code: str, sentence: str, **extras: Any) -> None:
        super().__init__(sentence)
        self.event = {"event": "failed", "code": code, "sentence": sentence, **extras}


def load_code(profile: Profile, again: str = "") -> tuple[ModuleType, Any]:
    """The module and the handler class in it; `again` is the name under which the module was loaded before.

    Raises LoadingError whatever the user's code does, but for ending the process.
    """
    name = profile.handler_file or profile.handler_module
    try:
        if profile.handler_file:
            module = _from_file(profile.handler_file, again)
        else:
            module = _from_module(profile.handler_module)
    except BaseException as error:
        raise failure(error, name, "import_failed") from error
    handler: Any = module
    for part in profile.handler_class.split("."):
        handler = getattr(handler, part, None)
    if handler is None or not profile.handler_class:
        raise LoadingError("no_handler", _no_handler(profile.handler_class or "handler", name, module))
    for attribute, value in profile.handler_attributes.items():
        setattr(handler, attribute, value)
    return module, handler


def _no_handler(wanted: str, name: str, module: ModuleType) -> str:
    own = [
        str(key) for key, value in vars(module).items()
        if isinstance(value, type) and value.__module__ == module.__name__ and hasattr(value, "handle")
    ]  # fmt: skip
    short = os.path.basename(name)
    if own:
        return f"There is no {wanted} in {short}; choose {' or '.join(own[:10])}."
    return f"There is no {wanted} in {short}; write a class that derives from socketserver.BaseRequestHandler."


def _from_file(path: str, again: str = "") -> ModuleType:
    path = os.path.abspath(path)
    if not again:
        sys.path.insert(0, os.path.dirname(path))
    name = again or _module_name(path)
    spec = importlib.util.spec_from_file_location(name, path, loader=None)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} has no name that Python imports; it should end with .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    sys.argv[:] = [path]
    with io.open_code(path) as file:
        # Not from bytecode, which is told apart by seconds only: two versions may have been saved in one.
        source = file.read()
    exec(compile(source, path, "exec", dont_inherit=True), module.__dict__)
    return module


def _module_name(path: str) -> str:
    """The file's own name, unless that would hide another module."""
    stem = os.path.splitext(os.path.basename(path))[0]
    taken = not stem.isidentifier() or stem in sys.modules or stem in sys.stdlib_module_names
    return f"_handlers_{stem}" if taken else stem


def _from_module(name: str) -> ModuleType:
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    sys.argv[:] = [name]
    return importlib.import_module(name)


def run_program(profile: Profile) -> None:
    """Run a script or module as `python SCRIPT` or `python -m MODULE` would. Its exceptions come out as they are."""
    what = ["-m", profile.module] if profile.module else [profile.script]
    sys.orig_argv[:] = [sys.executable, *what, *profile.arguments]  # with these some programs start themselves again
    if profile.module:
        sys.argv[:] = [profile.module, *profile.arguments]
        sys.path.insert(0, os.getcwd())
        runpy.run_module(profile.module, run_name="__main__", alter_sys=True)
        return
    sys.argv[:] = [profile.script, *profile.arguments]
    if os.path.isdir(profile.script) or profile.script.endswith((".zip", ".pyz")):
        runpy.run_path(profile.script, run_name="__main__")
        return
    sys.path.insert(0, os.path.dirname(os.path.abspath(profile.script)))
    _run_script(profile.script)


def _run_script(path: str) -> None:
    """Run a file as `__main__`, and let it stay `__main__` for the threads and exit functions that it leaves behind."""
    with io.open_code(path) as file:
        code = compile(file.read(), path, "exec", dont_inherit=True)
    main = ModuleType("__main__")
    main.__dict__.update(__file__=path, __builtins__=sys.modules["builtins"], __cached__=None)
    sys.modules["__main__"] = main
    exec(code, main.__dict__)


def failure(error: BaseException, name: str, code: str) -> LoadingError:
    """What went wrong while the user's code was loaded, with the innermost line of his."""
    trimmed = _trimmed(error)
    short = os.path.basename(name) or name
    file, line = _place(error, name)
    where = f"{os.path.basename(file)}, line {line}" if line else short
    if isinstance(error, SyntaxError):
        code = "syntax_error" if code == "import_failed" else code
        said = error.msg
    elif isinstance(error, SystemExit):
        said = f"the program ended itself (SystemExit: {error.code!r:.100})"
    else:
        said = f"{type(error).__name__}: {message_of(error)[:300]}"
    text = "".join(traceback.format_exception(type(error), error, trimmed))[-TRACEBACK_LIMIT:]
    return LoadingError(code, f"{where}: {said}.", file=file, line=line, traceback=text)


def _trimmed(error: BaseException) -> TracebackType | None:
    """The traceback from the user's first frame on."""
    step = error.__traceback__
    while step is not None and _internal(step.tb_frame.f_code.co_filename):
        step = step.tb_next
    return step


def _internal(file: str) -> bool:
    return file.startswith((_OURS, "<frozen ")) or file == runpy.__file__


def _place(error: BaseException, name: str) -> tuple[str, int | None]:
    if isinstance(error, SyntaxError) and error.filename:
        return error.filename, error.lineno
    place: tuple[str, int | None] = (name, None)
    step = error.__traceback__
    while step is not None:
        file = step.tb_frame.f_code.co_filename
        if not _internal(file) and "importlib" not in file:
            place = (file, step.tb_lineno)
        step = step.tb_next
    return place
