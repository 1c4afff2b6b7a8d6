"""P2: the page of a discussion, signed in and not, beside the obvious way; and by size."""

from contextlib import ExitStack

from bench import seed
from bench.cells.plan import Plan, beside
from bench.load.http import ask, get
from bench.measure import Meter, Round, Sample
from bench.site import Server
from bench.verdict import Line, wrong

CONNECTIONS = 4
WHAT = "thread page of 50 comments"


class WrongAnswer(AssertionError):
    """A contestant answered something else than it should."""


def asking(plan: Plan, server: Server, request: bytes, *, last: str, status: int = 200) -> Round:
    """Ask for one page again and again; every answer is that page, whole."""

    async def once(seconds: float) -> Sample:
        meter = Meter(plan.roots(server))
        answers = await ask(server.port, lambda: request, connections=CONNECTIONS, seconds=seconds)
        sample = meter.sample(answers.number, p50=sorted(answers.seconds)[answers.number // 2])
        if not answers.only(status) or last not in answers.last_body.decode():
            raise WrongAnswer(f"{server.name}: {answers.statuses}, {answers.last_body[:200]!r}")
        return sample

    return once


async def page(plan: Plan) -> list[Line]:
    """Compare the real page, with all middleware and CSRF, with the obvious one."""
    place = seed.thread(plan.town.consultation, plan.town.officer)
    seed.fill(place, 1, 5_000)
    for comment in place.comments.order_by("place")[:50]:
        seed.opine(comment.pk, place.consultation_id, 40)
    seed.settle()
    last = place.comments.order_by("place")[49].dom_id
    cookies = plan.cookies(plan.town.sessions[0])
    path = place.get_absolute_url()
    with ExitStack() as stack:
        ours = stack.enter_context(plan.site.serve())
        naive = stack.enter_context(
            plan.site.uvicorn(
                "naive",
                "bench.reference.stock:application",
                DJANGO_SETTINGS_MODULE="bench.reference.settings",
            )
        )
        mine = f'id="{last}"'
        rounds = {
            "Rembuk": asking(plan, ours, get(path, cookies=cookies), last=mine),
            "naive": asking(plan, naive, get(f"/threads/{place.pk}/", cookies=cookies), last=mine),
            "Rembuk, visitor": asking(plan, ours, get(path), last=mine),
            "naive, visitor": asking(plan, naive, get(f"/threads/{place.pk}/"), last=mine),
        }
        try:
            again = await again_of(path, ours.port)
            rounds["Rembuk, visitor again"] = asking(
                plan, ours, again, last="" if b"If-None" in again else mine,
                status=304 if b"If-None" in again else 200,
            )  # fmt: skip
            columns = await plan.take_turns(rounds)
        except WrongAnswer as answer:
            return [wrong("P2", WHAT, str(answer))]
    line = plan.ratio("P2", f"{WHAT}, signed in, CPU ÷ naive", columns, "Rembuk", "naive", 0.5)
    visitor = plan.ratio(
        "P2", f"{WHAT}, visitor, CPU ÷ naive", columns, "Rembuk, visitor", "naive, visitor", 0.5
    )
    repeated = plan.ratio(
        "P2", "the same again, visitor, CPU ÷ naive", columns,
        "Rembuk, visitor again", "naive, visitor", 0.25,
    )  # fmt: skip
    return [beside(line, columns, scale=1e3, unit="ms"), visitor, repeated]


async def again_of(path: str, port: int) -> bytes:
    """Ask as a browser does that has the page: with its validator when it was given one."""
    answers = await ask(port, lambda: get(path), connections=1, seconds=0.2)
    for line in answers.last_head.split(b"\r\n"):
        name, _colon, value = line.partition(b":")
        if name.lower() == b"etag":
            return get(path, more=f"If-None-Match: {value.strip().decode()}\r\n")
    return get(path)
