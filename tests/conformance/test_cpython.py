"""CPython's own tests of socketserver, and of what the standard library builds on it, pass on ours."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SUITES = ("test.test_socketserver",)
RELATED = ("test.test_httpservers", "test.test_xmlrpc", "test.test_docxmlrpc", "test.test_wsgiref")
VERSIONS = ("3.11", "3.12", "3.13", "3.14")


def _interpreters() -> list[str]:
    """The running interpreter, and one of each other version that is installed."""
    found = {f"{sys.version_info.major}.{sys.version_info.minor}": sys.executable}
    for version in VERSIONS:
        known = Path.home().glob(f".pyenv/versions/{version}.*/bin/python{version}")
        candidates = [shutil.which(f"python{version}"), *map(str, sorted(known))]
        for candidate in candidates:
            if candidate and version not in found and _has_tests(candidate):
                found[version] = candidate
    return list(found.values())


def _has_tests(interpreter: str) -> bool:
    command = [interpreter, "-c", "import test.test_socketserver"]
    return subprocess.run(command, capture_output=True, check=False, timeout=30).returncode == 0


def _run(interpreter: str, how: str, modules: tuple[str, ...], directory: Path) -> None:
    if not _has_tests(interpreter):
        pytest.skip(f"{interpreter} has no test package")
    environment = {**os.environ, "PYTHONWARNINGS": "ignore::DeprecationWarning", "PYTHONDONTWRITEBYTECODE": "1"}
    outcome = subprocess.run(
        [interpreter, str(HERE / "run_suite.py"), how, *modules],
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
        env=environment,
        cwd=directory,
    )
    assert outcome.returncode == 0, outcome.stdout[-2000:] + outcome.stderr[-6000:]


@pytest.mark.parametrize("how", ["plain", "watched"])
@pytest.mark.parametrize("interpreter", _interpreters())
def test_socketserver(interpreter: str, how: str, tmp_path: Path) -> None:
    _run(interpreter, how, SUITES, tmp_path)


@pytest.mark.parametrize("how", ["plain", "watched"])
def test_servers_built_on_it(how: str, tmp_path: Path) -> None:
    _run(sys.executable, how, RELATED, tmp_path)
