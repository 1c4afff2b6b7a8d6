"""Work that nobody waits for: shortening logs, mending what readers see."""

from procrastinate.contrib.django import app

from proposals.models import Document


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="compact_texts", pass_context=False)
def compact_texts(timestamp: int) -> None:
    """Give long logs a new checkpoint; rows stay."""
    for document in Document.objects.with_long_tail():
        document.compact()


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="mend_renderings", pass_context=False)
def mend_renderings(timestamp: int) -> None:
    """Render texts whose process died before it could."""
    for document in Document.objects.behind_their_log():
        document.render()
