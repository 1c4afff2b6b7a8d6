"""The commands of the project: they explain themselves, before anything is installed."""

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("setup", "dev", "test", "check", "portal")


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A clone on a machine where nothing was set up."""
    shutil.copytree(ROOT / "bin", tmp_path / "bin")
    (tmp_path / "portal").mkdir()
    for name in ("__init__.py", "services.py"):
        shutil.copy(ROOT / "portal" / name, tmp_path / "portal")
    return tmp_path


def script(name: str) -> ModuleType:
    loader = SourceFileLoader(f"bin_{name}", str(ROOT / "bin" / name))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", NAMES)
def test_it_explains_itself_on_a_bare_machine(bare: Path, name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-I", bare / "bin" / name, "--help"],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )

    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) > 2
    assert not (bare / ".venv").exists()
    assert os.access(ROOT / "bin" / name, os.X_OK)


def test_a_failing_step_ends_with_the_mend(bare: Path) -> None:
    (bare / "requirements-dev.lock").write_text("no-such-thing==1 --hash=sha256:00\n")
    (bare / ".venv" / "bin").mkdir(parents=True)
    (bare / ".venv" / "bin" / "python").symlink_to(sys.executable)

    done = subprocess.run(
        [sys.executable, bare / "bin" / "setup"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={"PATH": os.defpath, "PIP_NO_INDEX": "1"},
    )

    assert done.returncode == 1
    *_words, last = done.stderr.strip().splitlines()
    assert last == (
        "bin/setup: pip could not install requirements-dev.lock: "
        "look at the network, then bin/setup again."
    )


def test_a_port_that_is_taken_is_stepped_over(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        instead = script("dev").free_port(port)

    assert port < instead <= port + 50
    assert capsys.readouterr().out == f"  Port {port} is taken, using {instead}\n"


def test_production_commands_get_no_key_from_the_working_tree() -> None:
    insisting = script("portal").INSIST

    assert insisting == {"serve", "worker"}


def test_every_check_has_its_command() -> None:
    checks = script("check").all_checks()

    assert {"ruff", "format", "mypy", "floors", "djade", "djlint", "migrations"} < set(checks)
    assert {"words", "deploy", "scripts", "eslint"} < set(checks)
    for command in checks.values():
        assert command[0] == "node" or Path(command[0]).exists()


def test_ci_runs_the_checks_and_the_tests() -> None:
    text = (ROOT / ".ci" / "run").read_text()

    assert "bin/check" in text
    assert "bin/test" in text
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
