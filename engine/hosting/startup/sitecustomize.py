"""Run by each Python that a watched program starts: if it comes to make servers, these are recorded with the program's.

Nothing is loaded before somebody imports socketserver. Any Python may read this file, down to the second.
"""

import os
import sys

WANTED = "socketserver"
HERE = os.path.dirname(os.path.abspath(__file__))


class Lookout:
    """Waits for the first import of socketserver, joins, and answers with what has been put in its place."""

    def find_spec(self, name, path=None, target=None):
        # type: (str, object, object) -> object
        """None for all modules but the one that is waited for, and where there is nobody to join."""
        if name != WANTED:
            return None
        from importlib.machinery import ModuleSpec

        sys.meta_path.remove(self)  # type: ignore[arg-type]  # as far as it goes
        join()
        return ModuleSpec(name, self) if name in sys.modules else None  # type: ignore[arg-type]

    def create_module(self, spec):
        # type: (object) -> object
        """The module that is there already."""
        module = sys.modules[WANTED]
        self._spec = module.__spec__
        return module

    def exec_module(self, module):
        # type: (object) -> None
        """It has been executed; only its own specification, which has just been replaced, must return."""
        module.__spec__ = self._spec  # type: ignore[attr-defined]


def join():
    # type: () -> None
    """Have servers of this process recorded. Whatever goes wrong, the program goes on without."""
    from importlib.util import module_from_spec, spec_from_file_location

    if "_socketscope" in sys.modules:
        return
    before, library = sys.path[:], os.path.dirname(os.__file__)
    sys.path[:] = [place for place in before if place.endswith(".zip") or place.startswith(library)]  # not the user's
    try:
        spec = spec_from_file_location("_socketscope_boot", os.path.join(os.path.dirname(HERE), "boot.py"))
        assert spec is not None
        assert spec.loader is not None
        boot = module_from_spec(spec)
        spec.loader.exec_module(boot)
        boot.load("hosting.joined").join()
    except Exception as error:
        try:  # noqa: SIM105  # some Pythons know no other way
            sys.stderr.write("Socketscope does not see what process {} serves: {}\n".format(os.getpid(), error))
        except (AttributeError, OSError, ValueError):
            pass  # there is nobody to tell
    finally:
        sys.path[:] = before


def give_way():
    # type: () -> None
    """Leave no trace on the path, and run the sitecustomize that would have been run without us, if there is one."""
    sys.path[:] = [place for place in sys.path if os.path.abspath(place) != HERE]
    own = sys.modules.pop("sitecustomize")
    try:
        __import__("sitecustomize")
    except ImportError as error:
        if getattr(error, "name", "sitecustomize") != "sitecustomize":
            raise
    finally:
        sys.modules.setdefault("sitecustomize", own)


if sys.version_info >= (3, 11):
    sys.meta_path.insert(0, Lookout())  # type: ignore[arg-type]
give_way()
