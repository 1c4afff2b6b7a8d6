"""Work that nobody waits for: shortening logs, mending what readers see."""

import logging
from collections.abc import Callable, Iterable

from procrastinate.contrib.django import app

from proposals.models import Document

logger = logging.getLogger(__name__)


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="compact_texts", pass_context=False)
def compact_texts(timestamp: int) -> None:
    """Give long logs a new checkpoint; rows stay."""
    each_alone(Document.compact, Document.objects.with_long_tail().for_display())


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="mend_renderings", pass_context=False)
def mend_renderings(timestamp: int) -> None:
    """Render texts whose process died before it could."""
    each_alone(Document.render, Document.objects.behind_their_log().for_display())


def each_alone(verb: Callable[[Document], object], documents: Iterable[Document]) -> None:
    """What goes wrong with one text is logged; the others have their turn."""
    for document in documents:
        try:
            verb(document)
        except Exception:
            logger.exception("coedit: %s of text %s", verb.__name__, document.pk)
