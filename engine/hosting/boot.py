"""Run by its path in any interpreter: loads this package under a private name and becomes a host or the supervisor.

The names `engine` and `app` stay free for packages of the user. Arguments: the module to run, of this room or
as `room.module`, and the number of the inherited descriptor that it talks through.
"""

import sys
from types import ModuleType

PACKAGE = "_socketscope"
TOO_OLD = 97
"""Exit code of an interpreter that is too old; this file must be readable by it."""


def main() -> int:
    """Load the package and run what the arguments name."""
    import os

    room = os.path.dirname(os.path.abspath(__file__))
    if sys.path and os.path.abspath(sys.path[0] or ".") == room:
        del sys.path[0]  # or `import profile` would find ours
    if sys.version_info < (3, 11):  # noqa: UP036 - the interpreter is the user's choice
        sys.stderr.write("Socketscope needs Python 3.11 or later; this is {}.{}.\n".format(*sys.version_info))
        return TOO_OLD
    return int(load(sys.argv[1] if "." in sys.argv[1] else "hosting." + sys.argv[1]).main(int(sys.argv[2])))


def load(module: str) -> ModuleType:
    """A module of this package, which is loaded under its private name first."""
    import importlib.util
    import os

    folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    spec = importlib.util.spec_from_file_location(
        PACKAGE, os.path.join(folder, "__init__.py"), submodule_search_locations=[folder]
    )
    assert spec is not None
    assert spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = package
    spec.loader.exec_module(package)
    return importlib.import_module(PACKAGE + "." + module)


if __name__ == "__main__":
    raise SystemExit(main())
