"""Lets several people act at the same moment, each with a connection of their own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import close_old_connections


def together(*acts: Callable[[], Any], workers: int = 6) -> list[Any]:
    """Run all acts at once; gives what each returned or raised."""

    def alone(act: Callable[[], Any]) -> Any:
        try:
            return act()
        except Exception as mishap:  # noqa: BLE001  what went wrong is part of the outcome
            return mishap
        finally:
            close_old_connections()

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(alone, acts))
