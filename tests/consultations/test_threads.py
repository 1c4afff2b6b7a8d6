"""A discussion: posting, replying, keys, turns, what open pages hear."""

import pytest
from django.test import Client

from consultations.models import Comment, Consultation, Thread
from portal.accounts.models import User


def test_a_visitor_reads_a_thread(client: Client, thread: Thread, comment: Comment) -> None:
    page = client.get(f"/threads/{thread.pk}/")

    assert page.status_code == 200
    assert "Di sisi kiri saja." in page.content.decode()
