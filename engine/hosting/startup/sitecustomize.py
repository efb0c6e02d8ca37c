"""Run by each Python that a watched program starts: if it comes to make servers, these are recorded with the program's.

Nothing is loaded before somebody imports socketserver. This file must be readable by any Python 3.
"""

import os
import sys
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType

WANTED = "socketserver"
HERE = os.path.dirname(os.path.abspath(__file__))


class Lookout:
    """Waits for the first import of socketserver, joins, and answers with what has been put in its place."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> "ModuleSpec | None":
        """None for all modules but the one that is waited for, and where there is nobody to join."""
        if name != WANTED:
            return None
        sys.meta_path.remove(self)
        join()
        return ModuleSpec(name, self) if name in sys.modules else None  # type: ignore[arg-type]  # as far as it goes

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The module that is there already."""
        module = sys.modules[spec.name]
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """It has been executed; only its own specification, which has just been replaced, must return."""
        module.__spec__ = self._spec


def join() -> None:
    """Have servers of this process recorded. Whatever goes wrong, the program goes on without."""
    if sys.version_info < (3, 11) or "_socketscope" in sys.modules:
        return
    try:
        spec = spec_from_file_location("_socketscope_boot", os.path.join(os.path.dirname(HERE), "boot.py"))
        assert spec is not None
        assert spec.loader is not None
        boot = module_from_spec(spec)
        spec.loader.exec_module(boot)
        boot.load("hosting.joined").join()
    except Exception as error:
        sys.stderr.write("Socketscope does not see what process {} serves: {}\n".format(os.getpid(), error))  # noqa: UP032


def give_way() -> None:
    """Leave no trace on the path, and run the sitecustomize that would have been run without us, if there is one."""
    sys.path[:] = [place for place in sys.path if os.path.abspath(place) != HERE]
    own = sys.modules.pop("sitecustomize", None)
    try:
        import_module("sitecustomize")
    except ImportError as error:
        if error.name != "sitecustomize":
            raise
    finally:
        if own is not None:
            sys.modules.setdefault("sitecustomize", own)


sys.meta_path.insert(0, Lookout())
give_way()
