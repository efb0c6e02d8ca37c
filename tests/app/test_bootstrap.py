"""The first start: what is wrong with a machine is one sentence; what is missing is installed once.

The installation itself is not done here: it takes a minute and the package index. `pip` is stood in for.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app import _bootstrap as bootstrap

ROOT = bootstrap.ROOT


def start(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The real command, in a process of its own, with only these variables."""
    kept = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    command = [sys.executable, "-m", "app", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=kept | environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_help_and_version_need_no_qt() -> None:
    code = "import sys; sys.argv[1:] = ['--version']; import runpy\ntry: runpy.run_module('app', run_name='__main__')\n"
    code += "except SystemExit: print('PySide6' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.split() == ["Socketscope", "0.1.0", "False"]
    assert "--demo" in start("--help").stdout


def test_the_version_is_the_projects() -> None:
    import tomllib

    from app import __version__

    assert tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"] == __version__


@pytest.mark.parametrize(
    "display", [{}, {"DISPLAY": ":9876"}, {"WAYLAND_DISPLAY": "none", "XDG_RUNTIME_DIR": "/nowhere"}]
)
def test_no_display_is_one_sentence(display: dict[str, str]) -> None:
    done = start(**display)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "apt install" in done.stderr


@pytest.fixture
def missing(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Libraries that this machine lacks."""
    lacking: set[str] = set()
    monkeypatch.setattr(bootstrap, "_loads", lambda library: library not in lacking)
    monkeypatch.delenv(bootstrap.OPT_OUT, raising=False)
    monkeypatch.setattr(bootstrap, "_is_complete", lambda _extras: True)
    return lacking


def test_all_missing_packages_are_in_one_line(
    missing: set[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    missing |= {"libGL.so.1", "libxcb-cursor.so.0"}
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.delenv("QT_QPA_PLATFORM")
    with pytest.raises(SystemExit) as ended:
        bootstrap.ensure(window=True)
    assert ended.value.code == 2
    sentence = "System packages are missing; install them with: apt install libgl1 libxcb-cursor0\n"
    assert capsys.readouterr().err == sentence


def test_offscreen_needs_no_screen_libraries(missing: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    missing |= set(bootstrap.X11_LIBRARIES)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    bootstrap.ensure(window=True)


def test_a_python_without_venv_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(bootstrap, "_has_venv", lambda: False)
    with pytest.raises(SystemExit):
        bootstrap._check_machine(venv=True, qt=False, window=False)
    assert capsys.readouterr().err.strip().endswith("apt install python3-venv")


def test_an_old_python_is_told(
    missing: set[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    with pytest.raises(SystemExit) as ended:
        bootstrap.ensure()
    assert ended.value.code == 2
    assert capsys.readouterr().err == "Socketscope needs Python 3.11 or later, and this is Python 3.9.\n"


@pytest.mark.parametrize("file", ["app/_bootstrap.py", "app/__init__.py", "app/__main__.py", "tests/__main__.py"])
def test_old_pythons_can_read_what_tells_them(file: str) -> None:
    ast.parse((ROOT / file).read_text("utf-8"), feature_version=(3, 8))


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A source tree without an environment, in which commands are noted instead of run."""
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(bootstrap, "STAMP", tmp_path / ".venv" / "socketscope.json")
    return tmp_path


def test_install_is_stamped_and_keeps_earlier_extras(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []

    def note(command: list[str], _sentence: str) -> None:
        ran.append(command)
        (checkout / ".venv").mkdir(exist_ok=True)

    monkeypatch.setattr(bootstrap, "_run", note)
    bootstrap._install(("test",))
    bootstrap._install(())
    assert [command[2] for command in ran] == ["venv", "pip", "venv", "pip"]
    assert ran[1][-2:] == ran[3][-2:] == ["--editable", ".[test]"]
    assert json.loads(bootstrap.STAMP.read_text())["extras"] == ["test"]
    assert bootstrap._is_stamped(())
    assert not bootstrap._is_stamped(("tls",))
    (checkout / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert not bootstrap._is_stamped(())


@pytest.mark.parametrize("content", ["", "[]", "{"])
def test_a_damaged_stamp_is_none(checkout: Path, content: str) -> None:
    (checkout / ".venv").mkdir()
    bootstrap.STAMP.write_text(content)
    assert bootstrap._stamp() == {}


def test_a_failed_installation_is_one_sentence(checkout: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        bootstrap._run([sys.executable, "-c", "raise SystemExit(1)"], "It could not be installed.")
    assert ended.value.code == 2
    assert capfd.readouterr().err == "It could not be installed.\n"


def test_an_environment_of_another_python_does_not_work(checkout: Path) -> None:
    assert bootstrap._works(Path(sys.executable))
    assert not bootstrap._works(checkout / "nothing")


def test_opting_out_leaves_everything_alone(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(bootstrap.OPT_OUT, "1")
    bootstrap.ensure(("test",), window=True)
    assert not (checkout / ".venv").exists()


def test_an_installed_program_needs_no_environment(
    missing: set[str], checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (checkout / "pyproject.toml").unlink()
    monkeypatch.setattr(bootstrap, "_is_complete", lambda _extras: False)
    bootstrap.ensure()
