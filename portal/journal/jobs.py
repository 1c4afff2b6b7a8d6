"""Jobs of the journal: each may run twice, nothing depends on its hour."""

from procrastinate.contrib.django import app

from portal.journal.seal import seal


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="journal-seal", pass_context=False)
def seal_journal(timestamp: int) -> int:
    """Chain the lines written since the last run; gives how many."""
    return seal()
