"""Servers that only broadcast: the bare protocol, Node's `ws`, the tutorial of Channels."""

import os
import sys
from contextlib import ExitStack

from bench.cells.plan import Plan
from bench.peers.install import NODE, PYTHON, node_peers, python_peers
from bench.site import ROOT, Server


def limit(plan: Plan, stack: ExitStack) -> Server | str:
    """Start the bare protocol."""
    return stack.enter_context(
        plan.site.start(
            "limit",
            lambda port: [sys.executable, "-m", "bench.limits.broadcast", "--port", str(port)],
        )
    )


def node_ws(plan: Plan, stack: ExitStack) -> Server | str:
    """Start Node, or say why not."""
    if reason := node_peers():
        return reason
    script = str(NODE / "ws.mjs")
    return stack.enter_context(plan.site.start("ws", lambda port: ["node", script, str(port)]))


def on_channels(plan: Plan, stack: ExitStack) -> Server | str:
    """Start a consumer that uses `group_send` over Valkey, or say why not."""
    if reason := python_peers():
        return reason
    return stack.enter_context(
        plan.site.uvicorn(
            "channels",
            "bench.reference.chat:application",
            DJANGO_SETTINGS_MODULE="bench.reference.channels_settings",
            PYTHONPATH=os.pathsep.join([str(ROOT), str(PYTHON)]),
        )
    )
