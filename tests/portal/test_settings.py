"""A site that people use does not start half configured; it says what to write."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
COMPLETE = {
    "PORTAL_DEBUG": "0",
    "PORTAL_SECRET_KEY": "only-for-tests-" * 4,
    "PORTAL_HOSTS": "rembuk.example",
    "PORTAL_MAIL_URL": "smtp+tls://user:password@mail.example:587",
}


def start(**changed: str) -> subprocess.CompletedProcess[str]:
    """Read the settings in a process of their own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
    return subprocess.run(
        [sys.executable, "-c", "import portal.settings as s; print(s.EMAIL_HOST, s.DEMO)"],
        cwd=ROOT,
        env=kept | COMPLETE | changed,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("name", ["PORTAL_SECRET_KEY", "PORTAL_HOSTS", "PORTAL_MAIL_URL"])
def test_production_names_the_setting_that_is_missing(name: str) -> None:
    started = start(**{name: ""})

    assert started.returncode != 0
    assert f"Set {name}:" in started.stderr


def test_production_starts_complete_and_without_the_demo() -> None:
    assert start().stdout.split() == ["mail.example", "False"]


def test_development_needs_none_of_them() -> None:
    started = start(PORTAL_DEBUG="1", PORTAL_MAIL_URL="smtp://localhost", PORTAL_SECRET_KEY="")

    assert started.returncode == 0, started.stderr
