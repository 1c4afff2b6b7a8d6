"""Labels of rows: complete, in the language of the page, with addresses that resolve."""

from django.urls import resolve
from django.utils import translation

from consultations.models.label import comment_words, consultation_words, thread_words


def test_labels_follow_the_language_of_the_page() -> None:
    for words in (comment_words, thread_words, consultation_words):
        with translation.override("en"):
            english = words()
        with translation.override("id"):
            indonesian = words()

        assert english.keys() == indonesian.keys()
        assert english["at"] == f"/en{indonesian['at']}"


def test_addresses_of_rows_lead_somewhere() -> None:
    with translation.override("id"):
        assert resolve(f"{comment_words()['at']}17/").view_name == "consultations:comment"
        assert resolve(f"{thread_words()['at']}17/").view_name == "consultations:thread"
        assert resolve(f"{consultation_words()['at']}x/").view_name == "consultations:show"
        hiding = resolve(f"{comment_words()['moderated_at']}17/hiding/")
        assert hiding.view_name == "moderation:hiding"
