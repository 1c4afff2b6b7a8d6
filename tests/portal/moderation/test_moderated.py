"""What may be moderated: found by its topic, by the right people, in known states only."""

import pytest

from consultations.models import Comment, Thread
from portal.accounts.models import User
from portal.live.models import live_models
from portal.moderation.models import Moderated
from portal.moderation.models.moderated import TRANSITIONS, State

NOUNS = [model for model in live_models().values() if issubclass(model, Moderated)]


def test_an_item_is_found_by_its_topic_for_moderators_only(
    comment: Comment, moderator: User, siti: User
) -> None:
    assert Moderated.find(comment.topic, moderator) == comment
    assert Moderated.find(comment.topic, siti) is None


def test_other_topics_are_not_found(thread: Thread, moderator: User) -> None:
    for topic in (thread.topic, f"user:{moderator.pk}", "comment:999999", "nothing:1"):
        assert Moderated.find(topic, moderator) is None


def test_every_state_but_the_first_is_reached_by_a_decision() -> None:
    reached = {after for _before, after, _word in TRANSITIONS.values()}

    assert reached == {State.VISIBLE, State.HIDDEN}


@pytest.mark.parametrize("model", NOUNS)
def test_every_noun_says_what_a_moderator_needs(model: type[Moderated]) -> None:
    for name in (
        "rules_topic",
        "may_be_moderated_by",
        "authors",
        "lock_place",
        "moderation_changed",
    ):
        assert getattr(model, name) is not getattr(Moderated, name), name
    assert hasattr(model.objects, "moderated_by")


def test_an_excerpt_is_one_line_without_tags(comment: Comment, siti: User) -> None:
    comment.edit(by=siti, body="**Satu**\n\n" + "dua " * 200)

    assert comment.excerpt.startswith("Satu dua dua")
    assert len(comment.excerpt) == 200
