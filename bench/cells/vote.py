"""P4, P5: opinions per second and what one costs, beside stock mounting, naive code and pgbench."""

import itertools
import random
import re
import shutil
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from urllib.parse import urlencode

from bench import seed
from bench.cells.page import WrongAnswer
from bench.cells.plan import Plan, beside
from bench.load.http import ask, post
from bench.measure import Column, Meter, Round, Sample
from bench.site import Server
from bench.verdict import Line, not_run, wrong
from consultations.models import Comment, Thread
from consultations.models.opinion import GIVE

CONNECTIONS = 16
ITEMS = 20_000
WRONG_TALLIES = """
    SELECT count(*) FROM consultations_comment c LEFT JOIN LATERAL (
        SELECT count(*) FILTER (WHERE value = 1) agree, count(*) FILTER (WHERE value = -1) no,
            count(*) FILTER (WHERE value = 0) pass
        FROM consultations_opinion o WHERE o.comment_id = c.id) n ON true
    WHERE c.thread_id = %(thread)s AND (c.agree_count, c.disagree_count, c.pass_count)
        IS DISTINCT FROM (n.agree, n.no, n.pass)
"""
Press = Callable[[], bytes]


def presses(plan: Plan, items: list[int], build: Callable[[int, int, str], bytes]) -> Press:
    """Let people press at random, always something new: a repeat would write nothing."""
    dice = random.Random(4)  # noqa: S311 (a load, not a secret)
    sessions = [plan.cookies(session) for session in plan.town.sessions]
    values = itertools.cycle((1, -1, 0))

    def press() -> bytes:
        return build(dice.choice(items), next(values), dice.choice(sessions))

    return press


def ours(thread: Thread) -> Callable[[int, int, str], bytes]:
    """Press a button as the page's script does."""
    path = f"/threads/{thread.pk}/opinions/"

    def build(comment: int, value: int, cookies: str) -> bytes:
        body = urlencode({"opinion": f"{comment}:{value}"})
        return post(
            path, body, cookies=cookies, token=seed.CSRF_SECRET, more="HX-Request: true\r\n"
        )

    return build


def naive(comment: int, value: int, cookies: str) -> bytes:
    """Press the button of the obvious site."""
    body = urlencode({"value": value})
    return post(f"/comments/{comment}/opinion/", body, cookies=cookies, token=seed.CSRF_SECRET)


def voting(plan: Plan, server: Server, press: Press, *, status: int) -> Round:
    """Vote for a while on 16 connections."""

    async def once(seconds: float) -> Sample:
        meter = Meter(plan.roots(server))
        answers = await ask(server.port, press, connections=CONNECTIONS, seconds=seconds)
        sample = meter.sample(answers.number, p95=sorted(answers.seconds)[-answers.number // 20])
        if not answers.only(status):
            raise WrongAnswer(f"{server.name}: {answers.statuses} {answers.last_body[:300]!r}")
        return sample

    return once


def with_pgbench(plan: Plan, items: list[int]) -> Round | None:
    """Let pgbench give the same statement, prepared, with nothing around it."""
    program = shutil.which("pgbench")
    if program is None:
        return None
    script = plan.site.folder / "vote.sql"
    statement = re.sub(r"%\((\w+)\)s", r":\1", GIVE)
    script.write_text(
        f"\\set comment random({min(items)}, {max(items)})\n"
        f"\\set person random({plan.town.people[0]}, {plan.town.people[-1]})\n"
        f"\\set value random(-1, 1)\n{' '.join(statement.split())};\n"
    )
    command = [program, "-n", "-M", "prepared", "-c", str(CONNECTIONS), "-j", "2"]
    command += ["-f", str(script), "-h", str(plan.site.places.sockets), "-U", "postgres", "bench"]

    async def once(seconds: float) -> Sample:
        meter = Meter(plan.site.services)
        done = subprocess.run(  # noqa: ASYNC221 (nothing else runs)
            [*command, "-T", str(max(1, round(seconds)))],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        found = re.search(r"actually processed: (\d+)", done.stdout)
        if found is None:
            raise WrongAnswer(f"pgbench: {done.stderr[-300:]}")
        return meter.sample(int(found[1]))

    return once


async def vote(plan: Plan) -> list[Line]:
    """Compare one process of the site with others, then a single item on two processes."""
    thread = seed.thread(plan.town.consultation, plan.town.officer, "Suara")
    seed.fill(thread, 1, 1_000 if plan.quick else ITEMS)
    seed.settle()
    items = list(thread.comments.values_list("pk", flat=True))
    try:
        columns, hot = await _columns(plan, thread, items)
    except WrongAnswer as answer:
        return [wrong("P4", "opinions", str(answer))]
    (differing,), *_rest = seed.run(WRONG_TALLIES, thread=thread.pk)
    if differing:
        return [wrong("P4", "opinions", f"{differing} tallies differ from the votes")]
    return [*_judge(plan, columns), _hot(plan, columns["Rembuk"], hot)]


async def _columns(
    plan: Plan, thread: Thread, items: list[int]
) -> tuple[dict[str, Column], Column]:
    with ExitStack() as stack:
        servers = {
            "Rembuk": stack.enter_context(plan.site.serve()),
            "stock ASGI": stack.enter_context(
                plan.site.uvicorn("stock", "bench.reference.stock:application")
            ),
            "naive": stack.enter_context(
                plan.site.uvicorn(
                    "naive",
                    "bench.reference.stock:application",
                    DJANGO_SETTINGS_MODULE="bench.reference.settings",
                )
            ),
        }
        mine = presses(plan, items, ours(thread))
        rounds = {
            "Rembuk": voting(plan, servers["Rembuk"], mine, status=200),
            "stock ASGI": voting(plan, servers["stock ASGI"], mine, status=200),
            "naive": voting(plan, servers["naive"], presses(plan, items, naive), status=302),
        }
        if (limit := with_pgbench(plan, items)) is not None:
            rounds["pgbench"] = limit
        columns = await plan.take_turns(rounds)
    with plan.site.serve("rembuk-2", workers=2) as two:
        one_item = presses(plan, items[:1], ours(thread))
        hot = await plan.take_turns({"hot": voting(plan, two, one_item, status=200)})
    return columns, hot["hot"]


def _judge(plan: Plan, columns: dict[str, Column]) -> list[Line]:
    against = plan.ratio("P4", "opinion, CPU ÷ stock ASGI", columns, "Rembuk", "stock ASGI", 0.67)
    rates = {name: f"{column.most():.0f}/s" for name, column in columns.items()}
    lines = [
        beside(replace(against, columns=rates), columns, scale=1e3, unit="ms"),
        plan.ratio("P4", "opinion, CPU ÷ naive", columns, "Rembuk", "naive", 0.67),
    ]
    if "pgbench" not in columns:
        return [*lines, not_run("P4", "opinions/s ÷ pgbench", "pgbench not installed")]
    value = columns["Rembuk"].most() / columns["pgbench"].most()
    spread = max(columns[name].spread("rate") for name in ("Rembuk", "pgbench"))
    what = "opinions/s ÷ pgbench, same statement"
    return [*lines, plan.judged(Line("P4", what, value, 0.05, at_least=True, spread=spread))]


def _hot(plan: Plan, spread_out: Column, hot: Column) -> Line:
    value = hot.most() / spread_out.most()
    spread = max(hot.spread("rate"), spread_out.spread("rate"))
    note = f"{hot.most():.0f}/s on one item, {Comment.objects.count():,} comments"
    what = "opinions/s on one item, 2 processes ÷ own P4"
    return plan.judged(Line("P5", what, value, 0.8, at_least=True, spread=spread, note=note))
