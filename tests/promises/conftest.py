"""What the proofs share, and the table that a run of them ends with."""

from pathlib import Path
from uuid import uuid4

import pytest

from consultations.models import Thread
from portal.accounts.models import User
from portal.doors.promises import PROMISES
from proposals.models import Proposal

HERE = Path(__file__).resolve().parent


@pytest.fixture
def proposal(thread: Thread, siti: User) -> Proposal:
    """A proposal of Siti that can be supported."""
    return Proposal.start(
        consultation=thread.consultation, author=siti, title="Rak sepeda di pasar",
        summary="Tempat parkir sepeda yang aman.", text="Kami mengusulkan rak sepeda.", key=uuid4(),
    )  # fmt: skip


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say of each promise whose tests ran whether all of them passed."""
    broken = {
        report.nodeid.partition("::")[0]
        for outcome in ("failed", "error")
        for report in terminalreporter.getreports(outcome)
    }
    passed = {
        report.nodeid.partition("::")[0]
        for report in terminalreporter.getreports("passed")
        if report.when == "call"
    }
    for promise in PROMISES:
        if promise.test in broken | passed:
            outcome = "BROKEN" if promise.test in broken else "holds"
            terminalreporter.write_line(f"{promise.number:>3}  {outcome:<7} {promise.name}")
