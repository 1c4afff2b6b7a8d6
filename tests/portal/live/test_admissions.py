"""Rights asked for many at once: the same answers as each noun's gate gives to one."""

import pytest
from django.contrib.auth.models import AnonymousUser

from consultations.models import Thread
from portal.accounts.models import User
from portal.live.admission import Admission, NotAdmitted, admit_all, lost, visible_heads
from portal.live.models import live_models
from tests.live import login_session

pytestmark = pytest.mark.django_db


def test_what_a_visitor_sees_everybody_sees(
    thread: Thread, siti: User, officer: User, moderator: User
) -> None:
    seen = 0
    for word, model in live_models().items():
        everything = [f"{word}:{pk}" for pk in model.objects.values_list("pk", flat=True)]
        public = visible_heads(AnonymousUser(), everything)
        seen += len(public)

        for person in (siti, officer, moderator):
            assert public.items() <= visible_heads(person, everything).items()

    assert seen


def test_a_crowd_hears_what_each_would_hear_alone(
    thread: Thread, siti: User, budi: User, officer: User
) -> None:
    people = [siti, budi, officer]
    keys = ["", "a" * 32, *map(login_session, people)]
    topics = (thread.topic, "thread:999999999", *(person.topic for person in people))
    asked = [(key, (topic,)) for key in keys for topic in topics]

    together = admit_all(asked)

    assert list(map(described, together)) == [described(*admit_all([each])) for each in asked]
    assert [described(each) for each in together[-5:]] == [0, 4404, 4404, 4404, 0]
    assert [described(each) for each in together[:5]] == [0, 4404, 4401, 4401, 4401]


def test_a_lost_right_is_found_in_a_crowd(thread: Thread, siti: User, budi: User) -> None:
    asked = [(login_session(each), (thread.topic, each.topic)) for each in (siti, budi)]
    visitors = [each.visitor for each in admit_all(asked) if isinstance(each, Admission)]
    assert lost(visitors) == {}

    User.objects.filter(pk=siti.pk).update(is_active=False)
    budi.set_password("another one")
    budi.save()

    assert lost(visitors) == {visitors[0]: 4403, visitors[1]: 4401}


def described(answer: Admission | NotAdmitted) -> int:
    return answer.code if isinstance(answer, NotAdmitted) else 0
