"""P12, P13: what a page and a vote cost when a discussion grows a thousandfold."""

import time

from django.db import connection

from bench import seed
from bench.cells.plan import Plan
from bench.verdict import Line, wrong
from consultations.models import Comment, Thread
from consultations.models.page import comments_of
from consultations.models.place import is_place
from portal.accounts.models import User

VOTES = 150


async def scale(plan: Plan) -> list[Line]:
    """Grow one discussion, then one comment's opinions."""
    largest = 100_000 if plan.quick else 1_000_000
    return [*pages(plan, largest), *votes(plan, largest)]


def pages(plan: Plan, largest: int) -> list[Line]:
    """Compare the buffers of the first and the last page, small and large."""
    thread = seed.thread(plan.town.consultation, plan.town.officer, "Tumbuh")
    person = User.objects.get(pk=plan.town.people[0])
    seed.fill(thread, 1, 1_000)
    seed.run("ANALYZE consultations_comment")
    small = buffers(thread, person, "")
    seed.fill(thread, 1_001, largest)
    seed.run("ANALYZE consultations_comment")
    oldest = thread.comments.order_by("-place")[51].place
    if not is_place(oldest):
        return [wrong("P12", "a page", f"{oldest} is no place")]
    first, last = buffers(thread, person, ""), buffers(thread, person, oldest)
    shown = {"first of 1,000": str(small), "first": str(first), "last": str(last)}
    what = f"buffers of a page among {largest:,} comments ÷ first page of 1,000"
    return [plan.judged(Line("P12", what, max(first, last) / small, 2.0, columns=shown))]


def buffers(thread: Thread, person: User, after: str) -> int:
    """Count the buffers of the page's own statement for a person, warm."""
    seen = comments_of(thread, person).after(after)[:51]
    sql, parameters = seen.query.sql_with_params()
    with connection.cursor() as cursor:
        for _warm in range(2):
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", parameters)
            plan = cursor.fetchone()[0][0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


def votes(plan: Plan, largest: int) -> list[Line]:
    """Compare an opinion on a comment with a thousand and with a million of them."""
    consultation = plan.town.consultation.pk
    seed.strangers(consultation, 1, largest)
    thread = seed.thread(plan.town.consultation, plan.town.officer, "Beban")
    seed.fill(thread, 1, 2)
    few, many = thread.comments.order_by("number")
    seed.opine(few.pk, consultation, 1_000)
    seed.opine(many.pk, consultation, largest)
    seed.settle()
    times: dict[int, float] = {few.pk: float("inf"), many.pk: float("inf")}
    for _round in range(3):
        for pk in (few.pk, many.pk):
            times[pk] = min(times[pk], timed(plan, pk))
    for comment in (few, many):
        comment.refresh_from_db()
        if sum(comment.counts) != comment.opinions.count():
            return [wrong("P13", "an opinion", f"{comment.counts}: the tally is wrong")]
    shown = {
        "1,000": f"{times[few.pk] * 1e3:.2f} ms",
        f"{largest:,}": f"{times[many.pk] * 1e3:.2f} ms",
    }
    what = f"an opinion among {largest:,} ÷ among 1,000, time in the verb"
    value = times[many.pk] / times[few.pk]
    return [plan.judged(Line("P13", what, value, 1.3, spread=1.0, columns=shown))]


def timed(plan: Plan, comment: int) -> float:
    """Let people change their opinion; the median seconds of one change."""
    people = list(User.objects.filter(pk__in=plan.town.people[:VOTES]))
    taken = []
    for value in (1, -1):
        for person in people:
            began = time.perf_counter()
            Comment.opine(comment, voter=person, value=value)
            taken.append(time.perf_counter() - began)
    return sorted(taken)[len(taken) // 2]
