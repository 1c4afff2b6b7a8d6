"""Every house rule catches what it is there for, and says the mend."""

import pytest

from tests import rules_of_code as code
from tests import rules_of_pages as pages

LONG = "\n".join(f"    x{number} = {number}" for number in range(45))
PARTIAL = "{# One comment. Context: comment. Same for every viewer. #}"

BROKEN = [
    (code.named_after_a_noun, "portal/utils.py", "", "name the module after the noun"),
    (code.short_file, "portal/x.py", "x\n" * 301, "split it by noun (limit 300)"),
    (code.short_functions, "portal/x.py", f"def f():\n{LONG}", "name its second half (limit 40)"),
    (
        code.short_functions,
        "consultations/views/threads.py",
        "def show(request):\n" + LONG[:300],
        "name its second half (limit 20)",
    ),
    (
        code.models_without_http,
        "consultations/models/ballot.py",
        "from django.http import Http404",
        "the view takes the request",
    ),
    (code.imports_at_the_top, "portal/x.py", "def f():\n    import os", "a cycle of floors"),
    (code.imports_at_the_top, "portal/x.py", "if TYPE_CHECKING:\n    pass", "a cycle of floors"),
    (
        code.synchronous,
        "consultations/views/x.py",
        "async def show(request): ...",
        "async belongs to sockets",
    ),
    (code.environment_in_one_place, "portal/x.py", "os.environ['A']", "portal/settings.py"),
    (code.raw_sql_is_listed, "portal/x.py", "with connection.cursor() as c: ...", "with a reason"),
    (code.keyset_pages, "consultations/views/x.py", "rows.count()", "pages go by keyset"),
    (code.keyset_pages, "portal/doors/x.py", "rows[offset:offset + 20]", "pages go by keyset"),
    (code.exact_tally, "consultations/tally/x.py", "half = votes / 2", "Fractions only"),
    (code.exact_tally, "consultations/tally/x.py", "share = 0.5", "Fractions only"),
    (code.standard_library_only, "portal/services.py", "import psycopg", "anything is installed"),
    (code.standard_library_only, "bin/dev", "from django.conf import x", "anything is installed"),
    (
        code.one_time_of_the_past,
        "consultations/views/x.py",
        "from portal.demo import past",
        "things of the past",
    ),
    (pages.opens_with_its_context, "templates/_x.html", "<p></p>", "open with {# What it is."),
    (
        pages.same_for_every_viewer,
        "templates/_x.html",
        PARTIAL + "<p>{% if user.is_staff %}</p>",
        "lazily fetched partial",
    ),
    (pages.one_root, "templates/_x.html", PARTIAL + "<p></p><p></p>", "one root element"),
    (
        pages.carries_its_address,
        "templates/_x.html",
        PARTIAL + "<p></p>",
        "the root carries the dom_id",
    ),
    (
        pages.includes_say_what_they_need,
        "templates/x.html",
        '{% include "a/_b.html" with b=b %}',
        "end with only",
    ),
    (pages.nothing_inline, "templates/x.html", "<script>alert(1)</script>", "use data-*"),
    (pages.nothing_inline, "templates/x.html", '<p style="color: red">', "use data-*"),
    (pages.nothing_inline, "templates/x.html", '<p onclick="x()">', "use data-*"),
    (pages.nothing_inline, "templates/x.html", "{{ body|safe }}", "HtmlField"),
    (pages.everything_is_translated, "templates/x.html", "<p>Hello</p>", "blocktranslate"),
    (pages.everything_is_translated, "templates/x.html", '<p title="Hello">', "blocktranslate"),
    (pages.logical_style, "x.css", "a { margin-left: 1rem }", "inline-start"),
    (pages.logical_style, "x.css", "a { text-align: left }", "inline-start"),
    (pages.locked_without_addresses, "x.lock", "a @ https://x.example/a", "version and hash"),
    (pages.locked_without_addresses, "x.lock", "a==1.0\n", "version and hash"),
    (pages.locked_without_addresses, "x.json", '"version": "git+ssh://x"', "version and hash"),
]


@pytest.mark.parametrize(("rule", "path", "text", "mend"), BROKEN)
def test_a_broken_rule_says_the_mend(rule: code.Rule, path: str, text: str, mend: str) -> None:
    assert mend in "\n".join(rule(path, text))


WHOLE = [
    (code.exact_tally, "consultations/tally/x.py", "half = Fraction(votes, 2)"),
    (code.keyset_pages, "consultations/models/x.py", "rows.count()"),
    (code.synchronous, "portal/live/consumer.py", "async def opened(self): ..."),
    (pages.one_root, "templates/_x.html", PARTIAL + '<li id="{{ comment.dom_id }}"><br></li>'),
    (pages.carries_its_address, "templates/_x.html", PARTIAL + '<li id="{{ comment.dom_id }}">'),
    (pages.includes_say_what_they_need, "x.html", '{% include "a/_b.html" with b=b only %}'),
    (pages.nothing_inline, "x.html", '<script src="a.js" defer></script>'),
    (pages.everything_is_translated, "x.html", '<p>{% translate "Hello" %} · {{ name }}</p>'),
    (pages.everything_is_translated, "x.html", "{% blocktranslate %}Hello{% endblocktranslate %}"),
    (pages.logical_style, "x.css", "a { margin-inline-start: 1rem; border-block-end: 0 }"),
    (pages.locked_without_addresses, "x.lock", "a==1.0 \\\n    --hash=sha256:00\n"),
]


@pytest.mark.parametrize(("rule", "path", "text"), WHOLE)
def test_a_kept_rule_says_nothing(rule: code.Rule, path: str, text: str) -> None:
    assert not list(rule(path, text))
