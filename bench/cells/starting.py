"""P15: how soon one process is ready, and what it weighs, beside bare Django."""

from bench.cells.plan import Plan
from bench.load.http import ask_all, get
from bench.measure import memory_of
from bench.verdict import Line, wrong


async def starting(plan: Plan) -> list[Line]:
    """Start it a few times; weigh it after some pages."""
    ready, weights = [], []
    for _each in range(2 if plan.quick else 4):
        with plan.site.serve() as server:
            ready.append(server.ready_after)
            answers = await ask_all(server.port, [get("/")] * 50, connections=4)
            if not answers.only(200):
                return [wrong("P15", "one process", str(answers.statuses))]
            weights.append(memory_of([server.pid]) / 1e6)
    with plan.site.uvicorn(
        "bare", "bench.reference.bare:application", DJANGO_SETTINGS_MODULE="bench.reference.bare"
    ) as bare:
        shown = {"bare Django": f"{memory_of([bare.pid]) / 1e6:.0f} MB, {bare.ready_after:.1f} s"}
    spread = max(ready) / min(ready)
    judge = plan.judged
    return [
        judge(Line("P15", "one process: MB PSS", min(weights), 100, spread=1.0, columns=shown)),
        judge(Line("P15", "one process: ready after, s", min(ready), 3, spread=spread)),
    ]
